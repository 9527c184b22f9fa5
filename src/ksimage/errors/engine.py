"""7: the container engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class EngineError(KsimageError):
    """The Docker Engine is missing or refused."""

    exit_code = 7


class BuildFailed(EngineError):
    """The builder stopped. The end of its log is in ``why``."""

    def __init__(self, reason: str, log: Sequence[str]) -> None:
        self.message = f"the Docker Engine could not build the image: {reason}"
        self.why = "\n".join(log[-15:])
        self.advice = ["without the engine: add --engine direct"]


class EnginePushFailed(EngineError):
    """The Docker Engine could not push: it has trust and proxies of its own."""

    def __init__(self, name: str, reason: str) -> None:
        host = name.partition("/")[0]
        untrusted = "x509" in reason or "certificate" in reason
        plain = "HTTP response to HTTPS" in reason
        self.message = f"the Docker Engine could not push {name}"
        self.why = reason
        self.advice = [
            *([f"on the engine's machine: /etc/docker/certs.d/{host}/ca.crt"] * untrusted),
            *([f'in its daemon.json: "insecure-registries": ["{host}"]'] * plain),
            "or send it from here: --through direct  (build: --engine direct)",
        ]


class EngineRefused(EngineError):
    """The Docker Engine answered with an error."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"the Docker Engine would not {what}", why=reason)


Wanted = Literal["", "build", "image", "result", "smoke test"]
"""What an engine was for: to build, for an image that it holds or is to hold, to run a hook."""

_WITHOUT_ENGINE: dict[Wanted, str] = {
    "build": "without one: --engine direct --to oci-archive:FILE",
    "image": "or save the image where the engine is (docker save -o FILE NAME), and use the file:"
    " docker-archive:FILE",
    "result": "without one: --to oci-archive:FILE",
    "smoke test": "without one: no smoke test (build: --no-smoke-test)",
}


class EngineUnreachable(EngineError):
    """No Docker Engine answers."""

    def __init__(self, host: str, reason: str, wanted: Wanted = "") -> None:
        advice = ["docker version"]
        if "permission" in reason.lower():
            advice.append("sudo usermod -aG docker $USER, then log in again")
        self.message = f"no Docker Engine answers at {host}"
        self.why = reason
        self.advice = [
            *advice,
            "another engine: DOCKER_HOST=unix:///run/user/1000/docker.sock",
            *([_WITHOUT_ENGINE[wanted]] if wanted else []),
        ]


class SmokeTestFailed(EngineError):
    """The hook does not start in the derived image, or in its base."""

    def __init__(self, image: str, reason: str, *, of_base: bool = False) -> None:
        message = f"the hook's own smoke test (installRunner.py --config) failed in {image}"
        if of_base:
            message = f"the base's own hook does not start (installRunner.py --config): {image}"
        self.message = message
        self.why = reason
        self.advice = [
            "it is so without any patch: take another base"
            if of_base
            else "the image was not tagged; what the patches change: ksimage diff",
            "go on without this test: --no-smoke-test  (verify: leave --smoke-test out)",
        ]
