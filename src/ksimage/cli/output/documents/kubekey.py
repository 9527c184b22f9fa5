"""The document of ``ksimage kubekey``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.harbor.presence import Presence
    from ksimage.upstream.kubekey.advice import Way
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.model import Answers


def kubekey_document(
    config: Configuration, answers: Answers, ways: Sequence[Way], presence: Presence | None
) -> dict[str, object]:
    """What a kk will do with a configuration."""
    label, upgrade = answers.label, answers.upgrade
    return {
        "kubekey": {
            "config": config.place,
            "kk_version": str(answers.version),
            "rules_compared": answers.version.released,
            "label": {
                "text": label.text,
                "accepted": label.accepted,
                "release": label.release,
                "own_tag": label.own,
                "why": label.why,
            },
            "image": answers.image or None,
            "pull_policy": answers.rules.pull_policy,
            "push": {
                "what": answers.rules.push.name.lower(),
                "to": answers.pushed or None,
                "skipped_by": "--skip-push-images" if answers.pushes else None,
            },
            "projects": {"needed": list(answers.projects), "not_in_script": list(answers.missing)},
            "registry": presence
            and {
                "harbor": presence.harbor,
                "projects": dict(presence.projects),
                "digest": presence.digest,
            },
            "upgrade": {
                "from": upgrade.current or None,
                "to": list(upgrade.targets),
                "relabel_first": upgrade.relabel or None,
                "same_label": upgrade.again,
            },
            "sed": [
                {"line": change.line, "deleted": change.after is None, "because_of": change.pattern}
                for change in answers.changes
            ],
            "waits": {"seconds": answers.rules.patience, "pod_label": answers.rules.pod_label},
            "answers": [answer._asdict() for answer in answers.answers],
            "warnings": list(answers.warnings),
            "ways": [
                {"key": way.key, "title": way.title, "lines": list(way.lines)} for way in ways
            ],
        }
    }


def undo_document(path: str, restored: Sequence[str]) -> dict[str, object]:
    """What ``kubekey --undo`` put back."""
    return {"undo": {"path": path, "restored": list(restored)}}
