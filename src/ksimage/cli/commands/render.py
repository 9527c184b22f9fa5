"""``ksimage render``: the build context as files, or a ConfigMap instead of any image."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input import completion
from ksimage.cli.input.options import (
    command,
    option,
    patch_options,
    registry_options,
    repair_option,
    settings,
)

if TYPE_CHECKING:
    from ksimage.build.plan import Plan, Soundness
    from ksimage.cli.output.terminal import Terminal
    from ksimage.cluster.configmap import MountedHook


@command("render", help="Write the Dockerfile and its context, or a ConfigMap.")
@click.argument("what", metavar="RELEASE|IMAGE", shell_complete=completion.release_names)
@option(
    "Result",
    "-o, --output-dir DIR",
    "Folder to write; it must not exist yet, or be empty.",
    "directory",
    required=True,
)
@option(
    "Result",
    "--as",
    "A build context, or a ConfigMap and a patch that mounts it over the hook: no image, no "
    "registry.  [default: dockerfile]",
    "form",
    type=click.Choice(["dockerfile", "configmap"]),
    default="dockerfile",
)
@settings("Base image", "source", "platforms")
@repair_option
@patch_options
@settings("Result", "labels")
@registry_options
def render(
    terminal: Terminal, /, what: str, directory: str, form: str, repair: bool, **values: object
) -> None:
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
    from ksimage.build import context
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.files import fill

    # A ConfigMap changes no image: what is wrong with it was so before.
    soundness: Soundness = "ignore" if form == "configmap" else "repair" if repair else "require"
    plan = Invocation(terminal, values, login=[what]).plan(what, soundness=soundness)
    hook: MountedHook | None = None
    with closing(plan.source):
        if form == "configmap":
            from ksimage.cluster.configmap import mounted

            hook = mounted(plan, plan.platforms[0])
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
    written = fill(Path(directory), _configmap(hook) if hook else context.files(plan, chosen))
    for path in written:
        terminal.step(f"wrote    {path}")
    if hook:
        _advise(terminal, directory, hook)
    else:
        _advise_build(terminal, directory, plan)
    terminal.result(directory, {"directory": directory, "files": [path.name for path in written]})


def _advise_build(terminal: Terminal, directory: str, plan: Plan) -> None:
    """What to type, so that FROM finds the base."""
    import shlex

    from ksimage.build import context

    terminal.step("next:")
    for line in context.loading(plan, plan.platforms[0]):
        terminal.step(f"  {line}")
    terminal.step(f"  docker build -t {plan.repository}:{plan.tag} {shlex.quote(directory)}")


def _configmap(hook: MountedHook) -> list[tuple[str, bytes, int]]:
    from ksimage.cluster import configmap

    documents = (
        (configmap.CONFIGMAP_FILE, configmap.configmap(hook)),
        (configmap.PATCH_FILE, configmap.deployment_patch(hook)),
        (configmap.REMOVAL_FILE, configmap.removal_patch(hook)),
    )
    return [(name, configmap.to_yaml(document).encode(), 0o644) for name, document in documents]


def _advise(terminal: Terminal, directory: str, hook: MountedHook) -> None:
    from ksimage.cluster import configmap, guard

    for warning in configmap.WARNINGS:
        terminal.warning(warning)
    if not hook.guarded:
        terminal.warning(configmap.UNGUARDED.format(mark=guard.MARK))
    import shlex

    terminal.step("next:")
    terminal.step(f"  ksimage rollout --configmap {shlex.quote(directory)}")
    terminal.step("or with kubectl alone:")
    for line in configmap.commands(directory):
        terminal.step(f"  {line}")
    terminal.step("to remove it, and before every upgrade:")
    for line in configmap.removal_commands(directory, hook):
        terminal.step(f"  {line}")
