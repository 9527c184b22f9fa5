"""``ksimage render``: the build context as files, for any builder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli import completion
from ksimage.cli.options import Option, command, settings

if TYPE_CHECKING:
    from ksimage.build import Plan, PlatformPlan
    from ksimage.cli.terminal import Terminal


@command("render", help="Write the Dockerfile and its context, for any builder.")
@click.argument("what", metavar="RELEASE|IMAGE", shell_complete=completion.release_names)
@click.option(
    "-o",
    "--output-dir",
    "directory",
    cls=Option,
    section="Result",
    metavar="DIR",
    required=True,
    help="Folder to write; it must not exist yet, or be empty.",
)
@settings("Base image", "source", "platforms")
@settings("Patches", "verbosity", "patches.with", "patches.without", "patches.files")
@settings("Patches", "patches.dir", "patches.mode")
@settings("Result", "labels")
@settings("Registry", "ca_file", "insecure", "username", "password")
@click.pass_obj
def render(terminal: Terminal, /, what: str, directory: str, **values: Any) -> None:
    """Write the Dockerfile and the patched hook into a folder, for docker, BuildKit or buildah.

    \b
      ksimage render v3.3.2 --verbose --from harbor.lan/kubesphereio -o context
      docker build -t ks-installer:v3.3.2-debug context
    """
    from ksimage.cli.session import Session

    plan = Session(terminal, values).plan(what)
    plan.source.close()
    chosen = plan.platforms[0]
    if len(plan.platforms) > 1:
        terminal.warning(
            f"a Dockerfile is for one platform: this one is for {chosen.image.platform}"
            " (--platform picks another)"
        )
    written = write_context(Path(directory), plan, chosen)
    for path in written:
        terminal.step(f"wrote    {path}")
    terminal.result(directory, {"directory": directory, "files": [path.name for path in written]})


def write_context(directory: Path, plan: Plan, chosen: PlatformPlan) -> list[Path]:
    """Write Dockerfile and hook. Raises FileError when the folder holds something already."""
    from ksimage.engines.dockerfile import DOCKERFILE, context_name
    from ksimage.errors import FileError

    files = (
        (DOCKERFILE, dockerfile(plan, chosen).encode(), 0o644),
        (context_name(chosen.recipe), chosen.recipe.file.data, chosen.recipe.file.mode),
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise FileError(
                f"{directory} is not empty",
                why="whatever lies in a build context can end up in an image",
                advice=["give a new folder: -o DIR"],
            )
        paths = []
        for name, content, mode in files:
            path = directory / name
            path.write_bytes(content)
            path.chmod(mode)
            paths.append(path)
    except OSError as error:
        raise FileError(f"cannot write {directory}", why=error.strerror or str(error)) from error
    return paths


def dockerfile(plan: Plan, chosen: PlatformPlan) -> str:
    """The Dockerfile's text, FROM pinned by digest where the base is in a registry."""
    from ksimage.engines import dockerfile as engine

    reference = plan.location.reference
    digest = chosen.image.descriptor.digest
    base = f"{reference.name}@{digest}" if reference else f"{plan.repository}@{digest}"
    return engine.render(
        chosen.recipe, base=base, release=plan.release, platform=str(chosen.image.platform)
    )
