"""What a status comes to: what is wrong, what it means, what to type next. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster.image.registry import digest_of
from ksimage.cluster.rollout.plan import cluster_release, under_way
from ksimage.derivation.recipe import VERBOSITY_VARIABLE
from ksimage.errors import BadReference
from ksimage.images import reference as references
from ksimage.inspection.identity import Origin
from ksimage.objects import at, mapping, text

if TYPE_CHECKING:
    from ksimage.cluster.status.overview import Status


class StatusVerdict(NamedTuple):
    """``problems`` in the order of their weight; ``advice`` is what to type next."""

    problems: tuple[str, ...]
    advice: tuple[str, ...]


class Verbosity(NamedTuple):
    """The level in force and where it comes from; None and why where there is none."""

    level: int | None
    source: str


def judge(status: Status) -> StatusVerdict:
    """What is wrong, and what to type next."""
    problems = [*_running(status), *_image(status), *_installation(status)]
    return StatusVerdict(tuple(problems), tuple(_advice(status, problems)))


def verbosity(status: Status) -> Verbosity:
    """As the patched hook decides: spec.debug.verbosity, else the container's environment."""
    if status.identity is not None and status.identity.origin is Origin.PRISTINE:
        return Verbosity(None, "upstream's hook is quiet, whatever is set")
    if status.identity is not None and not status.ours:
        return Verbosity(None, "not known: the hook is not a build of ksimage")
    spec = at(status.installer.configuration, "spec", "debug", "verbosity")
    level = _level(spec)
    if level is not None:
        return Verbosity(level, "spec.debug.verbosity of the ClusterConfiguration")
    if status.seen is None:
        return Verbosity(None, "not known while no container runs")
    value = status.seen.env.get(VERBOSITY_VARIABLE)
    level = _level(value)
    if level is None:
        return Verbosity(0, f"{VERBOSITY_VARIABLE} is not set")
    own = status.held is not None and status.held.verbosity == value
    where = "the image" if own else "the Deployment or the image"
    return Verbosity(level, f"{VERBOSITY_VARIABLE} of {where}")


def marker(status: Status) -> str:
    """KubeKey's marker, and whether it tells the truth."""
    if status.seen is None:
        return "not known"
    if status.seen.marker is None:
        return "not there: kk waits, or gives up after two hours"
    if status.failed:
        names = ", ".join(step.component for step in status.failed)
        return f"there, and not true: kk says Welcome although {names} failed"
    if status.seen.busy:
        return "there, of an earlier run: kk would say Welcome at once, though one runs now"
    return "there, and true"


def _running(status: Status) -> list[str]:
    problems = []
    if status.seen is None:
        problems.append(status.unseen)
    if status.second:
        names = ", ".join(pod.name for pod in status.second)
        problems.append(f"two installers run at once: {names} as well")
    if status.seen is not None and status.seen.stray:
        problems.append(f"a second hook: shell-operator runs {', '.join(status.seen.stray)} too")
    other = under_way(status.installer, "")
    if other:
        problems.append(other)
    pod = status.pod
    if pod is not None and pod.image != status.installer.image and not other:
        problems.append(f"the pod runs {pod.image}, the Deployment asks for another image")
    return problems


def _image(status: Status) -> list[str]:
    problems = []
    pod = status.pod
    if status.identity is not None and status.identity.origin is Origin.TAMPERED:
        problems.append(f"the hook was changed: {status.identity}")
    digest = digest_of(pod.image_id) if pod else ""
    if status.tag and digest and digest not in status.tag.held.ids:
        problems.append(
            f"the node runs a stale copy: {status.tag.name} is {status.tag.held.digest} in the"
            " registry now"
        )
    if status.left.foreign:
        problems.append(f"mounted over the hook: {', '.join(status.left.foreign)}")
    record = status.record
    if record is not None and status.installer.image != record.after.image:
        problems.append(f"the rollout of {record.at} was undone by somebody (kk's apply?)")
    return problems


def _installation(status: Status) -> list[str]:
    if status.seen is None or status.seen.busy:
        return []
    return [f"{step.component} failed" for step in status.failed]


def _advice(status: Status, problems: list[str]) -> list[str]:
    seen = status.seen
    if seen is None:
        return ["kubectl -n kubesphere-system describe pod -l 'app in (ks-install,ks-installer)'"]
    another = any("stale copy" in problem or "was undone" in problem for problem in problems)
    if seen.busy:
        return ["ksimage watch", *(["when it has ended: ksimage rollout"] * another)]
    advice = []
    if another:
        advice.append("ksimage rollout")
    elif not status.ours:
        release = cluster_release(status.installer) or "RELEASE"
        base = _source(status.installer.image)
        advice += [f"ksimage build {release} --verbose{base} --push", "ksimage rollout"]
    for step in status.failed[:1]:
        advice += ["ksimage collect", f"ksimage rollout --component {step.component}"]
    return advice


def _source(image: str) -> str:
    """`--from` the repository that the cluster pulls from: the base is there, and the result."""
    try:
        found = references.parse(image)
    except BadReference:
        return ""
    own = found.registry != references.DEFAULT_REGISTRY and found.name.endswith("/ks-installer")
    return f" --from {found.name}" if own else ""


def _level(value: object) -> int | None:
    """0 to 5, as the patched hook reads it; None for what it takes for nothing."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return max(0, min(5, int(value)))
    except (ValueError, OverflowError):
        return None


def components(status: Status) -> list[tuple[str, bool, str]]:
    """Components of the ClusterConfiguration: name, whether it is enabled, what its status says."""
    told = at(status.installer.configuration, "status")
    names = {
        name: bool(at(part, "enabled"))
        for name, part in mapping(status.installer.configuration, "spec").items()
        if isinstance(part, dict) and "enabled" in part
    }
    names.setdefault("monitoring", True)
    return [(name, on, text(told, name, "status")) for name, on in sorted(names.items())]
