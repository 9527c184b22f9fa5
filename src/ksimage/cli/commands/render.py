"""``ksimage render``: the build context as files, or a ConfigMap instead of any image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import command, option, patch_options, registry_options, settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ksimage.build.plan import Plan, PlatformPlan
    from ksimage.cli.output.terminal import Terminal


@command("render", help="Write the Dockerfile and its context, or a ConfigMap.")
@click.argument("what", metavar="RELEASE|IMAGE", shell_complete=completion.release_names)
@option(
    "Result",
    "-o",
    "--output-dir",
    "directory",
    metavar="DIR",
    required=True,
    help="Folder to write; it must not exist yet, or be empty.",
)
@option(
    "Result",
    "--as",
    "form",
    type=click.Choice(["dockerfile", "configmap"]),
    default="dockerfile",
    help="A build context, or a ConfigMap and a patch that mounts it over the hook: no image, no "
    "registry.  [default: dockerfile]",
)
@settings("Base image", "source", "platforms")
@patch_options
@settings("Result", "labels")
@registry_options
@click.pass_obj
def render(terminal: Terminal, /, what: str, directory: str, form: str, **values: Any) -> None:
    """Write what is needed to use the patched hook by other means.

    \b
    A Dockerfile and its context, for docker, BuildKit or buildah:
      ksimage render v3.3.2 --verbose --from harbor.lan/kubesphereio -o context
      docker build -t ks-installer:v3.3.2-debug context

    \b
    A ConfigMap and a Deployment patch, where there is neither builder nor registry:
      ksimage render v3.3.2 --verbose --from docker-archive:ks-installer.tar \\
          --as configmap -o hook
    """
    from ksimage.base import naming
    from ksimage.cli.input.session import Session

    plan = Session(terminal, values, login=[what] if naming.is_location(what) else []).plan(what)
    plan.source.close()
    chosen = plan.platforms[0]
    if len(plan.platforms) > 1 and form == "dockerfile":
        terminal.warning(
            f"a Dockerfile is for one platform: this one is for {chosen.image.platform}"
            " (--platform picks another)"
        )
    if len({platform.patched.after_sha256 for platform in plan.platforms}) > 1:
        terminal.warning(
            f"the platforms' hooks differ: this one is that of {chosen.image.platform}"
            " (--platform picks another)"
        )
    if form == "configmap":
        written = write_configmap(Path(directory), chosen)
    else:
        written = write_context(Path(directory), plan, chosen)
    for path in written:
        terminal.step(f"wrote    {path}")
    if form == "configmap":
        _advise(terminal, directory)
    terminal.result(directory, {"directory": directory, "files": [path.name for path in written]})


def write_context(directory: Path, plan: Plan, chosen: PlatformPlan) -> list[Path]:
    """Write Dockerfile and hook. Raises NotEmpty when the folder holds something already."""
    from ksimage.derivation.dockerfile import DOCKERFILE, context_name, require_no_triggers

    require_no_triggers(str(plan.location), chosen.image.config)
    file = chosen.recipe.file
    return _write(
        directory,
        (
            (DOCKERFILE, dockerfile(plan, chosen).encode(), 0o644),
            # No file of somebody's image becomes set-user-ID on this machine.
            (context_name(chosen.recipe), file.data, file.mode & 0o777),
        ),
    )


def write_configmap(directory: Path, chosen: PlatformPlan) -> list[Path]:
    """Write ConfigMap and patch. Raises NotEmpty when the folder holds something already."""
    from ksimage.cluster import configmap

    documents = (
        (configmap.CONFIGMAP_FILE, configmap.configmap(chosen)),
        (configmap.PATCH_FILE, configmap.deployment_patch(chosen)),
    )
    return _write(
        directory,
        [(name, configmap.to_yaml(document).encode(), 0o644) for name, document in documents],
    )


def _write(directory: Path, files: Iterable[tuple[str, bytes, int]]) -> list[Path]:
    from ksimage.errors import CannotWrite, NotEmpty

    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise NotEmpty(directory)
        paths = []
        for name, content, mode in files:
            path = directory / name
            path.write_bytes(content)
            path.chmod(mode)
            paths.append(path)
    except OSError as error:
        raise CannotWrite(directory, error) from error
    return paths


def _advise(terminal: Terminal, directory: str) -> None:
    from ksimage.cluster import configmap

    for warning in configmap.WARNINGS:
        terminal.warning(warning)
    terminal.step("next, on a machine with kubectl:")
    for line in configmap.commands(directory):
        terminal.step(f"  {line}")


def dockerfile(plan: Plan, chosen: PlatformPlan) -> str:
    """The Dockerfile's text, FROM pinned by digest where the base is in a registry."""
    from ksimage.derivation import dockerfile as engine

    reference = plan.location.reference
    digest = chosen.image.descriptor.digest
    base = f"{reference.name}@{digest}" if reference else f"{plan.repository}@{digest}"
    return engine.render(
        chosen.recipe, base=base, release=plan.release, platform=str(chosen.image.platform)
    )
