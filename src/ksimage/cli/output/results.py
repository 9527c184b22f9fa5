"""What a build leaves behind beside the image: lines on stderr, what to type next, files for CI, a
step summary.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.cli.output import files
from ksimage.cli.output.inspection import show_count
from ksimage.errors import CannotWrite
from ksimage.locations.spec import Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.outcome import Built, ReleaseOutcome
    from ksimage.cli.output.terminal import Terminal
    from ksimage.locations.spec import Location
    from ksimage.publish.publish import Published

STALE = (
    "nodes that have pulled this tag before go on running what it held then (KubeKey's Deployment"
    " has IfNotPresent): name the image by its digest, or give it a tag of its own"
)
HEADERS = ("release", "platforms", "state", "digest", "seconds", "bytes moved")


def show(terminal: Terminal, built: Built, seconds: float) -> None:
    """One build's proofs and result, on stderr."""
    published = built.published
    show_count(terminal, built.verdict)
    if built.smoke_test:
        terminal.success("installRunner.py --config prints what the base's prints")
    for platform, image_id in built.image_ids.items():
        terminal.detail(f"image ID {image_id} ({platform})")
    show_replaced(terminal, published)
    if published.replaced and published.location.reference:
        terminal.warning(STALE)
    written = f"{published.sent:,} bytes written"
    state = "up to date, nothing written" if published.up_to_date else written
    if built.destination.engine == "docker" and not published.up_to_date:
        # The engine does not tell how many bytes it moved.
        state = "pushed by the engine" if published.location.reference else "built and tagged"
    terminal.success(f"{state}, {seconds:.1f} s")


def show_replaced(terminal: Terminal, published: Published) -> None:
    """What the name held before, and where it is kept."""
    if published.kept:
        terminal.field("kept", f"{published.kept} (what the tag held before)")
    elif published.replaced:
        terminal.field("replaced", published.replaced)


def show_next(terminal: Terminal, published: Published) -> None:
    """What to type to get the result into the cluster."""
    terminal.step("next:")
    for line in next_steps(published.location, published.reference):
        terminal.step(f"  {terminal.complete(line, '')}")


def table(outcomes: Sequence[ReleaseOutcome]) -> list[tuple[str, ...]]:
    """The summary's cells."""
    return [
        (
            outcome.release,
            outcome.platforms,
            outcome.state.value,
            outcome.digest,
            f"{outcome.seconds:.1f}",
            f"{outcome.built.published.sent:,}" if outcome.built else "",
        )
        for outcome in outcomes
    ]


def report(terminal: Terminal, outcomes: Sequence[ReleaseOutcome]) -> None:
    """Tell the CI system: a table on the step's summary page, outputs for later jobs."""
    if not terminal.in_ci:
        return
    from ksimage.ci.escape import table as markdown

    for outcome in outcomes:
        if outcome.error is not None:
            terminal.ci.failed(outcome.error)
    terminal.ci.summary(
        "### ksimage build\n\n" + markdown(HEADERS, table(outcomes), codes=("digest",))
    )
    built = [outcome.built.published for outcome in outcomes if outcome.built]
    if built:
        outputs = {"references": "\n".join(published.reference for published in built)}
        if len(outcomes) == 1:
            outputs |= {"reference": built[0].reference, "digest": built[0].top.digest}
        terminal.ci.outputs(outputs)


class Files:
    """``--metadata-file`` and ``--image-refs``."""

    def __init__(self, metadata: str | None, references: str | None) -> None:
        self._metadata = metadata
        self._references = references

    def require_writable(self) -> None:
        """Find out before anything is built. Raises CannotWrite."""
        for path in filter(None, (self._metadata, self._references)):
            files.require_writable(Path(path))

    def write(self, outcomes: Sequence[ReleaseOutcome]) -> None:
        """Write both, as far as asked for. Raises CannotWrite."""
        if self._metadata:
            from ksimage.cli.output.documents import as_json
            from ksimage.cli.output.documents.builds import builds_document

            text = as_json(builds_document(outcomes), ascii_only=False)
            _write(self._metadata, text + "\n")
        if self._references:
            references = [
                outcome.built.published.reference for outcome in outcomes if outcome.built
            ]
            _write(self._references, "".join(f"{line}\n" for line in references))


def _write(path: str, text: str) -> None:
    try:
        files.write(path, text)
    except CannotWrite as error:
        error.advice = ["the images are made; for this file give another place: they are found"]
        raise


_PUSH = "ksimage push {location} REGISTRY/PROJECT"


def next_steps(location: Location, reference: str) -> list[str]:
    """One or two commands.

    Args:
        location: where the result is.
        reference: its name with the digest: nodes that have pulled the tag before keep to what they
            have (IfNotPresent), and by digest they cannot.
    """
    if location.transport is Transport.REGISTRY:
        return [f"ksimage rollout {reference}", "ksimage watch"]
    if location.transport is Transport.KUBEKEY:  # kk pushes it, if the label says so
        tag = location.ref.rpartition(":")[2]
        return [
            f"ksimage kubekey CONFIG --kk KK --write --image REGISTRY/PROJECT/ks-installer:{tag}",
            f"kk create cluster -f CONFIG -a {shlex.quote(location.path)}"
            if Path(location.path).is_file()
            else "kk create cluster -f CONFIG -a ARTIFACT",
        ]
    push = _PUSH.format(location=location)
    if location.transport is Transport.DOCKER_ARCHIVE:
        return [
            f"docker load -i {location.path}   (podman, nerdctl likewise)",
            f"ctr -n k8s.io images import {location.path}   (on a node with containerd)",
            push,
        ]
    return [push]
