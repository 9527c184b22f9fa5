"""``ksimage collect``: everything about an installation in one file, without its secrets."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.cluster import cluster_options, kubectl_of
from ksimage.cli.input.options import command, number, option

if TYPE_CHECKING:
    from ksimage.bundle.material import Contents, Material
    from ksimage.bundle.writer import About, BundleFile
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.files.collection import Limits
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.redact.redactor import Redactor

SECTION = "Bundle"
UNREDACTED = "UNREDACTED"
_ENDINGS = (".tar.gz", ".tgz")


@command("collect", help="Put everything about an installation into one file to send.")
@click.argument("source", required=False, metavar="[POD|DIR]")
@option(SECTION, "-o, --out FILE", "Where to write.  [default: ksimage-bundle-TIME.tar.gz]")
@option(SECTION, "--force", "Replace FILE if it exists.")
@number(
    SECTION,
    "--max-size MIB",
    "Content of the pod's files at most; of longer files the end is taken.",
    512.0,
)
@number(SECTION, "--tail LINES", "Lines of each log at most.", 50_000)
@number(
    SECTION,
    "--timeout SECONDS",
    "How long a step may take; the pod's files five times as long.",
    60.0,
)
@option(
    SECTION,
    "--known-secret-file FILE",
    "Hide these values too, one a line, wherever they stand.",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@option(SECTION, "--no-redact", f"Hide nothing. The file's name then says {UNREDACTED}.")
@option(
    SECTION,
    "--redact-only OLD",
    "Collect nothing: write the bundle OLD again, with its secrets hidden.",
    type=click.Path(path_type=Path),
)
@cluster_options
def collect(
    terminal: Terminal,
    /,
    source: str | None,
    out: str | None,
    force: bool,
    max_size: float,
    tail: int,
    timeout: float,
    known_secret_file: Path | None,
    no_redact: bool,
    redact_only: Path | None,
    **values: object,
) -> None:
    """Collect results, logs, objects and versions of an installation, and hide what is secret.

    Without SOURCE the installer in the cluster is looked for. SOURCE may be one of its pods, or a
    folder of results (what a pod has in /kubesphere/results).

    \b
      ksimage collect -o bundle.tar.gz
      ksimage collect ./results -o bundle.tar.gz
      ksimage collect --redact-only old.tar.gz -o new.tar.gz
    """
    import ksimage
    from ksimage.bundle import archive, material, writer
    from ksimage.cluster.files.collection import Limits

    kubectl = kubectl_of(values)
    moment = time.time()
    if redact_only is not None and (source or no_redact):
        other = "SOURCE" if source else "--no-redact"
        raise click.UsageError(f"--redact-only and {other} exclude each other.")
    destination = _destination(out, moment, no_redact, redact_only, force)
    redactor = None if no_redact else _redactor(known_secret_file)

    def write(contents: Contents, described: str) -> BundleFile:
        about: About = {"ksimage": ksimage.__version__, "source": described}
        return writer.write(destination, contents, redactor, about, moment)

    if redact_only is not None:
        terminal.step(f"hiding secrets in {redact_only}")
        old = material.OldBundle(archive.open_bundle(redact_only))
        _present(terminal, write(old, old.source))
        return
    limits = Limits(int(max_size * (1 << 20)), tail, timeout)
    with material.Material() as found:
        described = _gather(terminal, kubectl, source or "", found, redactor, limits)
        terminal.step("hiding secrets and writing" if redactor else "writing")
        written = write(found, described)
    _present(terminal, written)


def _destination(
    out: str | None, moment: float, no_redact: bool, old: Path | None, force: bool
) -> Path:
    """Where to write. Raises FileExists."""
    from ksimage.errors import FileExists

    if out is None and old is not None:
        out = str(_marked(old, "redacted"))
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(moment))
    path = Path(out or f"ksimage-bundle-{stamp}.tar.gz")
    if no_redact and UNREDACTED not in path.name:
        path = _marked(path, UNREDACTED)
    if path.exists() and not force:
        raise FileExists([str(path)])
    return path


def _marked(path: Path, mark: str) -> Path:
    for ending in _ENDINGS:
        if path.name.endswith(ending):
            return path.with_name(f"{path.name.removesuffix(ending)}.{mark}{ending}")
    return path.with_name(f"{path.name}.{mark}.tar.gz")


def _redactor(known: Path | None) -> Redactor:
    """What hides secrets. Raises CannotRead."""
    from ksimage.cli.output import files
    from ksimage.redact.redactor import Redactor

    redactor = Redactor()
    text = files.read(known).decode("utf-8", "surrogateescape") if known else ""
    for line in text.splitlines():
        redactor.give(line)
    return redactor


def _gather(
    terminal: Terminal,
    kubectl: Kubectl,
    source: str,
    material: Material,
    redactor: Redactor | None,
    limits: Limits,
) -> str:
    """Fill ``material``; returns a description of where it is from. Raises NothingCollected."""
    from ksimage.cluster.files.collection import Collection
    from ksimage.errors import NothingCollected

    if "/" in source or (source and Path(source).is_dir()):
        described = _folder(terminal, source, material, limits)
    else:
        teach = redactor.learn_document if redactor else lambda _: None
        Collection(kubectl, material, limits, terminal.step, teach).run(source)
        described = f"namespace {kubectl.namespace}"
    if not len(material):
        raise NothingCollected(f"{what}: {why}" for what, why in material.missing())
    return described


def _folder(terminal: Terminal, source: str, material: Material, limits: Limits) -> str:
    """Take a results folder of this machine."""
    import sys

    from ksimage.cluster.files import packing
    from ksimage.cluster.files.collection import put
    from ksimage.errors import CannotRead

    folder = Path(source)
    if not folder.is_dir():
        raise CannotRead(folder, NotADirectoryError(20, "it is no folder"))
    terminal.step(f"reading {folder}")
    archive = material.file()
    packed = packing.fetch(
        (),
        archive,
        python=sys.executable,
        results=str(folder.resolve()),
        others={},
        limit=limits.size,
        seconds=5 * limits.seconds,
    )
    put(material, archive, packed)
    return f"folder {folder.name}"


def _present(terminal: Terminal, written: BundleFile) -> None:
    manifest = written.manifest
    for item in manifest["missing"]:
        terminal.warning(f"missing: {item['what']}: {item['why']}")
    count = len(manifest["files"])
    if manifest["redacted"]:
        told = f"{written.redactions} secrets hidden"
    else:
        told = "NOTHING HIDDEN: it holds passwords and keys; do not send it to a forum"
    terminal.success(f"{count} files, {written.size:,} bytes, {told}")
    document = {
        "bundle": str(written.path),
        "size": written.size,
        "sha256": written.sha256,
        "redacted": manifest["redacted"],
        "redactions": written.redactions,
        "files": count,
        "missing": manifest["missing"],
    }
    terminal.result(str(written.path), document)
