"""`ksimage status` for people, one screen, and for scripts, one document."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ksimage.cluster.image.registry import digest_of
from ksimage.cluster.status import verdict
from ksimage.objects import text
from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.cluster.state import Step
    from ksimage.cluster.status.overview import Status
    from ksimage.cluster.status.verdict import StatusVerdict

Row = tuple[str, str]
MAX_TEXT = 150
MAX_COMMAND = 2000  # it is to be typed: never half of one


def rows(status: Status, judged: StatusVerdict) -> list[Row]:
    """Labelled lines; what stands in several is labelled once. Hostile text is made harmless."""
    found = [
        *_image(status),
        *_pod(status),
        *_cluster(status),
        *_work(status),
        ("kk", f"marker {verdict.marker(status)}"),
        *_rollout(status),
        *(("PROBLEM", problem) for problem in judged.problems),
        *(("next", line) for line in judged.advice),
    ]
    shown: list[Row] = []
    last = ""
    for label, value in found:
        most = MAX_COMMAND if label == "next" else MAX_TEXT
        shown.append(("" if label == last else label, printable(value, most)))
        last = label
    return shown


def lines(status: Status, judged: StatusVerdict) -> list[str]:
    """The screen."""
    return [f"{label:<10} {value}" for label, value in rows(status, judged)]


def document(status: Status, judged: StatusVerdict) -> dict[str, object]:
    """Everything, as JSON. Keys stay; see docs/json.md."""
    pod, seen, identity = status.pod, status.seen, status.identity
    level = verdict.verbosity(status)
    return {
        "image": {
            "asked": status.installer.image,
            "image_id": pod.image_id if pod else None,
            "digest": digest_of(pod.image_id) if pod else None,
            "origin": identity.origin.value if identity else None,
            "holds": str(identity) if identity else None,
            "release": identity.release if identity else None,
            "patches": [patch.name for patch in identity.patches] if identity else [],
            "hook_sha256": seen.hook_sha256 if seen else None,
            "mounted_hook": bool(status.left.mounts),
            "tag": status.tag and {"name": status.tag.name, "digest": status.tag.held.digest},
        },
        "verbosity": {"level": level.level, "source": level.source},
        "pods": [
            {
                "name": one.name,
                "node": one.node,
                "phase": one.phase,
                "running": one.running,
                "restarts": one.restarts,
                "started": one.started,
                "container": one.boot,
            }
            for one in status.installer.pods
        ],
        "not_running": status.unseen or None,
        "cluster": {
            "label": status.installer.release,
            "version": text(status.installer.configuration, "status", "core", "version"),
            "components": [
                {"name": name, "enabled": enabled, "status": told}
                for name, enabled, told in verdict.components(status)
            ],
        },
        "busy": seen.busy if seen else None,
        "since": seen.busy_since if seen else None,
        "running": [playbook.name for playbook in seen.playbooks] if seen else [],
        "steps": [_step(step) for step in (seen.steps if seen else ())],
        "marker": {"time": seen.marker if seen else None, "sentence": verdict.marker(status)},
        "rollout": status.record and status.record.document(),
        "problems": list(judged.problems),
        "advice": list(judged.advice),
    }


def _step(step: Step) -> dict[str, object]:
    failure = step.failure and {"task": step.failure.task, "message": step.failure.message}
    return {**step._asdict(), "failure": failure}


def _image(status: Status) -> list[Row]:
    pod = status.pod
    found: list[Row] = [("image", status.installer.image)]
    if pod is not None and pod.image_id:
        digest = digest_of(pod.image_id)
        if digest not in status.installer.image:
            found.append(("image", f"the node runs {digest or pod.image_id}"))
    if status.left.mounts:
        found.append(("it is", "an image with a hook from a ConfigMap mounted over its own"))
    if status.identity is not None:
        known = status.held is not None or status.left.mounts
        unsure = "" if known or not status.seen else " (the registry did not answer in time)"
        found.append(("it is", f"{status.identity}{unsure}"))
    if status.tag is not None and pod is not None and pod.image_id:
        same = digest_of(pod.image_id) in status.tag.held.ids
        means = "still means this image" if same else f"means {status.tag.held.digest} now"
        found.append(("tag", f"{status.tag.name} {means}"))
    level = verdict.verbosity(status)
    value = level.source if level.level is None else f"{level.level}, from {level.source}"
    found.append(("verbosity", value))
    return found


def _pod(status: Status) -> list[Row]:
    found = []
    for pod in status.installer.pods:
        if pod.running:
            age = f" {duration(time.time() - pod.started)}" if pod.started else ""
            state = f"runs{age}"
        else:
            state = pod.waiting or pod.phase or "unknown"
        going = ", on its way out" if pod.deleting else ""
        again = f", restarted {pod.restarts} times" if pod.restarts else ""
        found.append(("pod", f"{pod.name} on {pod.node or 'no node'}: {state}{again}{going}"))
    return found or [("pod", "none")]


def _cluster(status: Status) -> list[Row]:
    configuration = status.installer.configuration
    if not configuration:
        return [("cluster", "there is no ClusterConfiguration: the installer waits for one")]
    version = text(configuration, "status", "core", "version")
    done = f"installed: {version}" if version else "no installation has come to its end"
    found = [("cluster", f"label {status.installer.release or 'none'}, {done}")]
    on = [
        f"{name} ({told or 'not yet'})"
        for name, enabled, told in verdict.components(status)
        if enabled
    ]
    return [*found, ("components", ", ".join(on))]


def _work(status: Status) -> list[Row]:
    seen = status.seen
    if seen is None:
        return [("doing", status.unseen)]
    found: list[Row] = []
    done = [step.component for step in seen.current if step.rc == 0]
    if done:
        found.append(("done", ", ".join(dict.fromkeys(done))))
    if seen.busy:
        since = seen.busy_since or min(playbook.since for playbook in seen.playbooks)
        found.append(("doing", f"an installation, for {duration(seen.now - since)}"))
        for playbook in seen.playbooks:
            tasks = [step.task for step in seen.current if step.rc is None and step.task]
            task = next((task for task in tasks if task.startswith(f"{playbook.name} |")), "")
            told = f": {task.partition('| ')[2]}" if task else ""
            found.append(
                ("doing", f"{playbook.name} for {duration(seen.now - playbook.since)}{told}")
            )
    elif seen.ended or seen.steps:
        found.append(("doing", "nothing: the last run has ended" if seen.ended else "nothing"))
    else:
        found.append(("doing", "nothing yet: no playbook has run in this container"))
    for step in seen.failed:
        failure = step.failure
        found.append(("failed", f"{step.component}: {failure.task if failure else step.task}"))
        if failure and failure.message:
            found.append(("failed", failure.message.splitlines()[-1]))
    return found


def _rollout(status: Status) -> list[Row]:
    made = status.record
    if made is None:
        return []
    return [("rollout", f"{made.at} by {made.by}, before: {made.before.image}")]


def duration(seconds: float) -> str:
    """``3 min 12 s``, ``2 h 5 min``."""
    total = max(0, int(seconds))
    minutes, rest = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
