"""What ``kk upgrade`` does in a cluster that was installed with a given label."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.upstream.kubekey import labels
from ksimage.upstream.kubekey.rules import Current

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.labels import Label
    from ksimage.upstream.kubekey.rules import Rules


class Upgrade(NamedTuple):
    """What an upgrade would start from, and where it could lead.

    Attributes:
        current: the version that kk takes for the running one; "" when it panics at the label.
        targets: releases that this kk upgrades it to.
        again: what an upgrade with the same configuration does.
        relabel: the label to set first, or "".
        text: all of it in a sentence.
    """

    current: str
    targets: tuple[str, ...]
    again: str
    relabel: str
    text: str


def of(rules: Rules, label: Label) -> Upgrade:
    """What an upgrade does after an installation with this label; ks-console has the release."""
    reads_label = rules.current is Current.LABEL or (
        rules.current is Current.CONSOLE_OR_LABEL and label.release == "v3.1.0"
    )
    if not reads_label:
        return _from(rules, label, label.release, "")
    if not labels.semantic(label.text):
        text = f"kk upgrade panics at the label {label.text!r}: set it to a release first"
        return Upgrade("", (), "panics", label.release, text)
    if rules.current is Current.LABEL and not _from_v3_1(label.text):
        return _from(rules, label, label.release, "")
    relabel = label.release if label.text != label.release else ""
    return _from(rules, label, label.text, relabel)


def _from_v3_1(text: str) -> bool:
    """kk's ``AtLeast("v3.1.0")``; a pre-release of v3.1.0 is less."""
    numbers = tuple(int(part) for part in labels.generic(text).split("."))
    prerelease = "-" in text.partition("+")[0]
    return numbers > (3, 1, 0) or (numbers == (3, 1, 0) and not prerelease)


def _from(rules: Rules, label: Label, current: str, relabel: str) -> Upgrade:
    origin = relabel or current
    targets = tuple(
        name
        for name, support in rules.support.items()
        if origin in support.upgrades and name != origin
    )
    again = _again(rules, label, current)
    wanted = " or ".join(targets) or "no release that this kk knows"
    if relabel:
        text = (
            f"kk upgrade knows no way from {current}; set the label back to {relabel} first, then"
            f" it upgrades to {wanted}"
        )
    else:
        text = f"kk upgrade starts from {current or 'an unknown version'} and leads to {wanted}"
    return Upgrade(current, targets, again, relabel, f"{text}; with the same label {again}")


def _again(rules: Rules, label: Label, current: str) -> str:
    support = rules.support.get(label.release)
    if rules.skips_equal and label.tag == current:
        return "it deploys nothing"
    if support is None or current not in support.upgrades:
        return "it is refused"
    return "it deploys it again"
