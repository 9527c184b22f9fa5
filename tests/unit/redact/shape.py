"""A shape in which secrets stand in a bundle."""

from __future__ import annotations

import base64
import json
from typing import NamedTuple

from ksimage.redact.redactor import Redactor

EVENT = "results/monitoring/monitoring/job_events/214-d2f7a1c4.json"
LOG = "logs/ks-installer.log"


class Shape(NamedTuple):
    """Files of one bundle, and what must not be found in any of them afterwards."""

    name: str
    files: dict[str, str]
    secrets: list[str]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def event(**res: object) -> str:
    """A failed task's event, as ansible-runner writes it."""
    stdout = "\x1b[0;31mfatal: [localhost]: FAILED! => " + json.dumps(res) + "\x1b[0m"
    event = {
        "uuid": "d2f7a1c4-0c0f-4bb1-9d63-8a3a5f1b7e10",
        "counter": 214,
        "stdout": stdout,
        "event": "runner_on_failed",
        "created": "2026-11-22T08:05:06.551269",
        "event_data": {"task": "Monitoring | Deploying", "host": "localhost", "res": res},
    }
    return json.dumps(event)


def redacted(shape: Shape) -> dict[str, bytes]:
    """The shape's files after both passes."""
    redactor = Redactor()
    for text in shape.files.values():
        redactor.learn([text.encode()])
    return {path: b"".join(redactor.redact([text.encode()])) for path, text in shape.files.items()}


def survivors(shape: Shape) -> list[str]:
    """The secrets that are still to be read."""
    files = redacted(shape).values()
    return [secret for secret in shape.secrets if any(secret.encode() in text for text in files)]
