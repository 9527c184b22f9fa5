"""The commands to type, by circumstances. They fit the kk, the configuration and the image."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from ksimage.upstream.kubekey import labels
from ksimage.upstream.kubekey.rules import TABLE, Current, Labels, Pushing

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.model import Answers
    from ksimage.upstream.kubekey.rules import Rules


class Way(NamedTuple):
    """What to do in one situation: ``key`` is for scripts, ``lines`` are commands and remarks."""

    key: str
    title: str
    lines: tuple[str, ...]


class Given(NamedTuple):
    """What the user named: ``--image`` and ``--artifact``, or ""."""

    image: str = ""
    artifact: str = ""


def own_tag(rules: Rules, release: str) -> str:
    """A tag for the patched image that this kk accepts as a label and never pushes; or ""."""
    if rules.labels is Labels.EXACT:
        return ""
    # kk v1.2 looks for alpha, rc or release in the text, and takes the last for its newest version.
    return f"{release}-rc.debug" if rules.labels is Labels.WORDS else f"{release}-debug"


def ways(config: Configuration, answers: Answers, given: Given) -> tuple[Way, ...]:
    """What to do in every situation that can be met with this kk, the likeliest first."""
    release = _release(config, answers)
    if not release:
        other = _other_kk(config)
        return (other,) if other else ()
    maker = _Maker(config, answers, given, release)
    found = [maker.fresh(), maker.same_tag(), maker.waiting(), maker.again(), maker.without_kk()]
    return tuple(way for way in found if way is not None)


def _release(config: Configuration, answers: Answers) -> str:
    """The release that the label means, even where this kk refuses the label; "" if it has none."""
    if answers.label.release or config.installer is None:
        return answers.label.release
    release = f"v{labels.generic(config.installer.label)}"
    return release if release in answers.rules.support else ""


def _other_kk(config: Configuration) -> Way | None:
    """Which kk to take instead, where another one knows the label's release."""
    release = f"v{labels.generic(config.installer.label)}" if config.installer else ""
    able = [first for first, rules in TABLE if release in rules.support]
    if not able:
        return None
    first = "v" + ".".join(map(str, able[0]))
    return Way("other-kk", f"this kk does not know {release}", (f"# take kk {first} or later",))


class _Maker:
    def __init__(self, config: Configuration, answers: Answers, given: Given, release: str) -> None:
        self.config = config
        self.answers = answers
        self.rules = answers.rules
        self.release = release
        self.file = shlex.quote(config.place)
        self.artifact = given.artifact
        self.tag = own_tag(self.rules, self.release)
        repository = answers.repository
        if config.registry.host and not repository:
            repository = f"{config.registry.host}/kubesphere/ks-installer"
        # Quoted: whoever wrote the configuration must not write the operator's shell.
        self.project = shlex.quote(repository.rpartition("/")[0]) if repository else ""
        self.original = shlex.quote(f"{repository}:{release}")
        image = given.image or (f"{repository}:{self.tag}" if self.tag else "")
        self.image = shlex.quote(image) if image else ""

    def create(self, flags: str = "") -> str:
        push = self.rules.push is not Pushing.NEVER
        artifact = f" -a {shlex.quote(self.artifact or 'ARTIFACT')}" if push else ""
        return f"kk create cluster -f {self.file}{artifact}{flags}"

    def source(self) -> str:
        if self.artifact and self.rules.push is Pushing.LAYOUT:
            return shlex.quote(f"kubekey:{self.artifact}")
        return self.project or "REGISTRY/PROJECT"

    def build(self, tag: str, more: str = "") -> str:
        target = f" --target {self.project}" if self.source() != self.project else ""
        usual = f" --tag {tag}" if tag != f"{self.release}-debug" else ""
        return f"ksimage build {self.release} --from {self.source()} --push{target}{usual}{more}"

    def fresh(self) -> Way | None:
        if not self.tag:
            return None
        title = "a new cluster: the patched image under a tag of its own"
        if not self.config.registry.host:
            line = "set spec.registry.privateRegistry first, to a registry that holds the images"
            return Way("fresh", title, (f"# {line}",))
        lines = [
            self.build(self.tag),
            f"ksimage kubekey {self.file} --kk-version {self.answers.version} --write"
            f" --image {self.image}",
            self.create(),
            "ksimage watch    # in a second terminal",
        ]
        if self.rules.current is Current.LABEL:
            lines.append(_relabel(self.release))
        return Way("fresh", title, tuple(lines))

    def same_tag(self) -> Way | None:
        if not self.config.registry.host:
            return None
        lines = [self.build(self.release, " --replace")]
        if self.rules.push is Pushing.NEVER:
            lines.append(self.create())
        else:
            lines.append(self.create(" --skip-push-images"))
        if self.rules.pull_policy != "Always":
            lines.append(
                f"ksimage rollout {self.original}    # where nodes ran that tag before: by digest"
            )
        if self.rules.push is Pushing.LAYOUT:
            lines += [
                "# or patch what kk pushes: the folder that it has unpacked beside itself",
                f"ksimage build {self.release} --from kubekey:./kubekey --to kubekey:./kubekey"
                f" --tag {self.release} --replace",
                self.create(),
            ]
        return Way("same-tag", f"the tag must stay {self.release}", tuple(lines))

    def waiting(self) -> Way:
        return Way(
            "waiting",
            'kk is at "Please wait for the installation to complete" already: leave it running',
            (f"ksimage rollout {self.image or 'IMAGE'}", "ksimage watch"),
        )

    def again(self) -> Way | None:
        if not self.rules.phases:
            return None
        line = f"kk alpha create phase kubesphere -f {self.file}    # pushes and pulls nothing"
        return Way("again", "only KubeSphere once more", (line,))

    def without_kk(self) -> Way:
        return Way(
            "no-kk",
            "a cluster that runs, without the machine that kk ran on",
            (f"ksimage rollout {self.image or 'IMAGE'}", "ksimage status"),
        )


def _relabel(release: str) -> str:
    return (
        f"kubectl -n kubesphere-system label cc ks-installer version={release} --overwrite"
        "    # before kk upgrade"
    )
