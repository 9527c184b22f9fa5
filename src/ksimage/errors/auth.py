"""9: authentication and authorization."""

from __future__ import annotations

from ksimage.errors.base import KsimageError


class AuthError(KsimageError):
    """A registry wants other credentials, or the account lacks a right."""

    exit_code = 9


class InsecureLogin(AuthError):
    """A login would have to travel unencrypted, or to a place that has no claim to it."""

    def __init__(self, host: str, realm: str, reason: str) -> None:
        self.message = f"{host} wants the login sent to {realm}: {reason}"
        self.why = "a token service is used over HTTPS, or on the registry's own plain-HTTP host"
        self.advice = ["correct the registry's realm setting (Harbor: external_url, hostname)"]


class LoginFailed(AuthError):
    """Wrong user name or password."""

    def __init__(self, host: str, username: str, origin: str) -> None:
        self.message = f"{host} does not accept the login of {username or 'this token'}"
        self.why = f"wrong user name or password; it came from {origin}"
        self.advice = [
            f"log in anew: docker login {host}  (or podman login, skopeo login)",
            "or for this run: --username USER --password-stdin  (quote robot names: 'robot$name')",
        ]


class LoginRequired(AuthError):
    """The registry wants a login and there is none."""

    def __init__(self, host: str, name: str, action: str, words: str = "") -> None:
        self.message = f"{host} does not let an anonymous client {action} {name}"
        self.why = words or "it is private, or does not exist, and no login for it was found"
        self.advice = [
            f"docker login {host}  (or podman login, skopeo login)",
            "or for this run: --username USER --password-stdin",
        ]


class PasswordNeeded(AuthError):
    """The login is a token, or nameless, and the registry takes user name and password only."""

    def __init__(self, host: str, origin: str, *, token: bool) -> None:
        self.message = f"the login for {host} cannot be sent: it " + (
            "is an identity token" if token else "has no user name"
        )
        self.why = f"the registry takes user name and password only; the login came from {origin}"
        self.advice = [
            f"log in anew: docker login {host}  (or podman login, skopeo login)",
            "or for this run: --username USER --password-stdin",
        ]


class ProjectNotCreated(AuthError):
    """The login is good, but may not create projects in Harbor."""

    def __init__(self, host: str, project: str, username: str, words: str) -> None:
        self.message = (
            f"{username or 'this login'} may not create the project {project!r} on {host}"
        )
        self.why = words or "the login itself was accepted"
        self.advice = [
            "let an administrator create it: Harbor > Projects > New Project",
            f"or push to a project that is there: --to {host}/PROJECT/ks-installer:TAG",
        ]


class RightMissing(AuthError):
    """The login is good, but may not do this."""

    def __init__(self, host: str, name: str, action: str, username: str, words: str = "") -> None:
        self.message = f"{username or 'this login'} may not {action} {name} on {host}"
        self.why = words or "the login itself was accepted"
        self.advice = [
            f"ask for the right to {action} (Harbor: project > Members, or a robot account)",
            "or use another login: --username USER --password-stdin",
        ]
