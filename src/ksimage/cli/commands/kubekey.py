"""``ksimage kubekey``: what kk will do with a configuration, and how to make it do the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.cluster import cluster_options
from ksimage.cli.input.options import command, option, registry_options

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.kubectl import Kubectl
    from ksimage.harbor.presence import Presence
    from ksimage.upstream.kubekey.model import Answers, Circumstances
    from ksimage.upstream.kubekey.versions import KkVersion


@command("kubekey", help="Tell what KubeKey will do with a configuration, and set it right.")
@click.argument("config_file", metavar="[CONFIG]", required=False)
@option("KubeKey", "--kk-version VERSION", "Version of kk that will be run: v1.0 to v3.1.")
@option("KubeKey", "--kk PATH", "Ask this kk binary for its version.", "program")
@option(
    "KubeKey",
    "--zone ZONE",
    "Value of KKZONE when kk runs.  [env: KKZONE]",
    envvar="KKZONE",
    default="",
)
@option(
    "KubeKey",
    "--artifact PATH",
    "Artifact (.tar.gz), or the folder that kk unpacked: which namespace and names are in it.",
)
@option(
    "KubeKey",
    "--ask-registry",
    "Ask privateRegistry which of the projects are there, and what the tag holds.",
)
@option(
    "Change",
    "--image REFERENCE",
    "Image that kk is to deploy: sets label, privateRegistry and namespaceOverride.",
)
@option(
    "Change",
    "--verbosity LEVEL",
    "Verbosity of the patched installer: sets spec.debug.verbosity.",
    type=click.IntRange(0, 5),
)
@option(
    "Change",
    "--write",
    "Write the changes into CONFIG; the old file stays as CONFIG.orig.  [default: only show]",
)
@option(
    "Change",
    "--undo PATH",
    "Put back what `build --to kubekey:PATH` replaced in an unpacked folder or an artifact.",
)
@option(
    "Cluster",
    "--watch",
    "Then wait for the installer that kk deploys, and watch the installation.",
    "follow",
)
@cluster_options
@registry_options
def kubekey(
    terminal: Terminal,
    /,
    config_file: str | None,
    kk_version: str | None,
    program: str | None,
    zone: str,
    artifact: str | None,
    ask_registry: bool,
    image: str | None,
    verbosity: int | None,
    write: bool,
    undo: str | None,
    follow: bool,
    **values: object,
) -> None:
    """Tell which image KubeKey (kk) deploys with a configuration, whether it pushes over the tag,
    what an upgrade does, what its sed edits, and what to type in which circumstances.

    \b
      ksimage kubekey config-sample.yaml --kk-version v3.0.13
      ksimage kubekey config-sample.yaml --kk ./kk --write \\
          --image harbor.lan/kubesphereio/ks-installer:v3.3.2-debug
      ksimage kubekey config-sample.yaml --kk ./kk --watch
      ksimage kubekey --undo ./kubekey
    """
    from ksimage.cli.input.cluster import kubectl_of
    from ksimage.cli.output import files
    from ksimage.cli.output import kubekey as output
    from ksimage.errors import UsageError
    from ksimage.upstream.kubekey import answers as answering
    from ksimage.upstream.kubekey import config as configs
    from ksimage.upstream.kubekey import rules, target
    from ksimage.upstream.kubekey.advice import Given
    from ksimage.upstream.kubekey.file.documents import MAX_BYTES

    kubectl = kubectl_of(values)
    if undo is not None:
        if config_file or write or image:
            raise UsageError("--undo stands alone", why="it is about images, not a configuration")
        _undo(terminal, undo)
        return
    if config_file is None:
        raise UsageError("which configuration?", advice=["ksimage kubekey config-sample.yaml"])
    if write and image is None and verbosity is None:
        raise UsageError("--write needs something to write", advice=["--image REFERENCE"])
    version = _version(kk_version, program)
    path = Path(config_file)
    data = files.read(path, MAX_BYTES + 1)
    config = configs.parse(data, str(path))
    circumstances = _circumstances(version, zone, artifact)
    name = _plain(image)
    if image is not None or verbosity is not None:
        new = target.write(data, config, rules.of(version), name or None, verbosity)
        _change(terminal, path, data, new, write=write)
        config = configs.parse(new, str(path))
    answers = answering.answer(config, circumstances)
    presence = _ask(terminal, answers, values) if ask_registry else None
    output.show(terminal, config, answers, Given(name, artifact or ""), presence)
    if follow:
        _watch(terminal, kubectl)


def _watch(terminal: Terminal, kubectl: Kubectl) -> None:
    from ksimage.cli.input.cluster import typed
    from ksimage.cli.input.source import open_source
    from ksimage.cli.input.viewer import await_installer, view
    from ksimage.cli.output.watch.session import Watching

    await_installer(kubectl, terminal)
    view(Watching(open_source("", kubectl), terminal, None, None, typed(kubectl)), terminal)


def _ask(terminal: Terminal, answers: Answers, values: dict[str, object]) -> Presence | None:
    """What the registry says; None where kk deploys from no registry of one's own."""
    from ksimage.cli.input.invocation import Invocation
    from ksimage.harbor import presence
    from ksimage.locations import spec

    if not answers.hosted or not answers.image:
        terminal.warning("--ask-registry: kk deploys nothing from a registry of yours")
        return None
    run = Invocation(terminal, values, login=[answers.image])
    location = spec.parse(answers.image)
    if location.reference is None:
        return None
    return presence.look(location.reference, answers.projects, run.options(location))


def _version(text: str | None, program: str | None) -> KkVersion:
    from ksimage.errors import KubekeyVersionNeeded, UsageError
    from ksimage.upstream.kubekey import versions

    if text and program:
        raise UsageError("--kk-version and --kk were both given", why="each names a version")
    if text:
        return versions.parse(text)
    if program:
        return versions.of_binary(program)
    raise KubekeyVersionNeeded


def _circumstances(version: KkVersion, zone: str, artifact: str | None) -> Circumstances:
    from ksimage.upstream.kubekey.model import Circumstances

    if artifact is None:
        return Circumstances(version, zone)
    from ksimage.locations.kubekey.source import installers

    found = installers(Path(artifact))
    spaces = {name.group.namespace for name in found}
    space = spaces.pop() if len(spaces) == 1 else ""
    return Circumstances(version, zone, space, tuple(str(name) for name in found))


def _plain(image: str | None) -> str:
    """The image's name without a digest: kk has no place for one."""
    from ksimage.images import reference

    if image is None:
        return ""
    return str(reference.parse(image.removeprefix("docker://"))._replace(digest=None))


def _change(terminal: Terminal, path: Path, data: bytes, new: bytes, *, write: bool) -> None:
    """Show what changes, and write it if asked to."""
    from ksimage.cli.output.kubekey import difference

    if new == data:
        terminal.success(f"{path} says so already")
        return
    for line in difference(str(path), data, new):
        terminal.step(line)
    if write:
        from ksimage.locations.files import staging

        kept = staging.replace(path, new)
        terminal.success(f"wrote {path}; what it held is {kept}")
    else:
        terminal.step("not written: add --write")


def _undo(terminal: Terminal, path: str) -> None:
    from ksimage.cli.output.documents.kubekey import undo_document
    from ksimage.locations.kubekey.folder import undo

    restored = undo(Path(path))
    for name in restored:
        terminal.success(f"restored {name}")
    terminal.result("\n".join(restored), undo_document(path, restored))
