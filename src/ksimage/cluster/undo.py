"""Put back what a rollout changed, also where KubeKey has applied its own Deployment meanwhile.

Two patches: first image, pull policy and what was taken out, still as Recreate, so that no two
installers run side by side; when that pod runs, the strategy of before, and the record is gone.
Interrupted in between, the next undo goes on: the record is still there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster import patch, record
from ksimage.cluster.objects import text
from ksimage.cluster.rollout import Command, Goal, as_command
from ksimage.errors import RolloutNothingToUndo

if TYPE_CHECKING:
    from ksimage.cluster.installer import Installer
    from ksimage.cluster.record import Record


class Undo(NamedTuple):
    """What undoing takes.

    Attributes:
        made: the record of what is undone.
        restart: the command that puts the image back; None where it is back, or not ours.
        finish: the command that puts the strategy back and ends the record.
        image: what runs when it is done.
        notes: what is not as the rollout left it.
    """

    made: Record
    restart: Command | None
    finish: Command
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
    earlier = record.from_document(made.earlier)
    name = text(installer.container, "name")
    notes = []
    image, restart = installer.image, None
    if installer.image == made.after.image:
        image = made.before.image
        document = patch.put_back(installer.deployment, name, made, earlier.id if earlier else None)
        restart = as_command(document, "put the image of before back")
    elif installer.image == made.before.image:
        notes.append("the image of before is back already")
    else:
        notes.append(
            f"the Deployment asks for {installer.image}, which this tool did not set (KubeKey"
            " applied its own?): the image stays, the rest is put back"
        )
    return Undo(made, restart, finish(installer, made), image, tuple(notes))


def finish(installer: Installer, made: Record) -> Command:
    """The last command, for the Deployment as it is now."""
    earlier = record.from_document(made.earlier)
    annotation = earlier.annotation() if earlier else None
    document = patch.finished(installer.deployment, made, annotation)
    return as_command(document, "put the strategy of before back, and end the record")


def goal(undo: Undo) -> Goal:
    """What the pod of before looks like, for whoever waits for it."""
    earlier = record.from_document(undo.made.earlier)
    return Goal(earlier.id if earlier else "", undo.image, undo.made.id)
