"""Put back what a rollout changed, also where KubeKey has applied its own Deployment meanwhile.

Two patches: first image, pull policy and what was taken out, still as Recreate, so that no two
installers run side by side; when that pod runs, the strategy of before, and the record is gone.
Interrupted in between, the next undo goes on: the record is still there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster.rollout import configuration, leftovers, patch, record
from ksimage.cluster.rollout.mount import removal
from ksimage.cluster.rollout.plan import Goal
from ksimage.errors import RolloutNothingToUndo
from ksimage.objects import text

if TYPE_CHECKING:
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.kubectl import Command
    from ksimage.cluster.rollout.record import Record


class Undo(NamedTuple):
    """What undoing takes.

    Attributes:
        made: the record of what is undone.
        restart: the command that puts the image back; None where it is back, or not ours.
        finish: the command that puts the strategy back and ends the record.
        level: puts the verbosity back; run at once after ``restart``, for one run instead of two.
        removal: of the ConfigMap of a mounted hook.
        image: what runs when it is done.
        notes: what is not as the rollout left it.
    """

    made: Record
    restart: Command | None
    finish: Command
    level: Command | None
    removal: Command | None
    image: str
    notes: tuple[str, ...]


def plan(installer: Installer, where: str) -> Undo:
    """Plan it. Nothing is read or written.

    Args:
        where: the Deployment's name for people.

    Raises:
        RolloutNothingToUndo
    """
    made = record.read(installer)
    if made is None:
        raise RolloutNothingToUndo(where)
    notes = []
    image, first = installer.image, None
    mounted = leftovers.find(installer.deployment, installer.container).mounts
    if installer.image == made.after.image:
        image, first = made.before.image, restart(installer, made)
    elif installer.image == made.before.image:
        notes.append("the image of before is back already")
    else:
        notes.append(
            f"the Deployment asks for {installer.image}, which this tool did not set (KubeKey"
            " applied its own?): the image stays, the rest is put back"
        )
    if first is None and mounted and made.added.mounts:
        first = restart(installer, made)
    name = leftovers.configmap_name(made.added)
    return Undo(
        made,
        first,
        finish(installer, made),
        configuration.undo_verbosity(installer),
        removal(name) if name else None,
        image,
        tuple(notes),
    )


def restart(installer: Installer, made: Record) -> Command:
    """The first command, for the Deployment as it is now: an image of somebody else's stays."""
    if installer.image != made.after.image:
        made = made._replace(before=made.before._replace(image=installer.image, policy=""))
    earlier = record.from_document(made.earlier)
    name = text(installer.container, "name")
    document = patch.put_back(installer.deployment, name, made, earlier.id if earlier else None)
    return patch.as_command(document, "put the image of before back")


def verbosity_alone(installer: Installer) -> Command | None:
    """Where nothing but the verbosity was changed: what puts that back."""
    return None if record.read(installer) else configuration.undo_verbosity(installer)


def restart_again(installer: Installer, made: Record) -> Command | None:
    """The first command once more; None where the image of before is back."""
    return None if installer.image == made.before.image else restart(installer, made)


def finish_again(installer: Installer, made: Record) -> Command | None:
    """The last command once more; None where the record has ended."""
    present = record.read(installer)
    return finish(installer, made) if present and present.id == made.id else None


def finish(installer: Installer, made: Record) -> Command:
    """The last command, for the Deployment as it is now."""
    earlier = record.from_document(made.earlier)
    annotation = earlier.annotation() if earlier else None
    document = patch.finished(installer.deployment, made, annotation)
    return patch.as_command(document, "put the strategy of before back, and end the record")


def goal(undo: Undo) -> Goal:
    """What the pod of before looks like, for whoever waits for it."""
    earlier = record.from_document(undo.made.earlier)
    return Goal(earlier.id if earlier else "", undo.image, undo.made.id)
