"""Logins from where docker and podman keep them.

Formats: ``config.json`` of docker (``auths``, ``credHelpers``, ``credsStore``) and ``auth.json`` of
containers tools. Entries are chosen as those programs choose them (docker/cli ``cli/config``,
containers/image ``pkg/docker/config``), which ``tests/e2e/test_credentials.py`` compares with them:

* the name of the host, as it is written, before any URL form of it;
* ``harbor.lan/kubesphereio``, the most specific first (containers tools);
* ``https://harbor.lan/path/``; docker also takes a path without the scheme for its host.

A file that is there but broken is an error, never a silent anonymity.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.errors import CredentialsFileBroken
from ksimage.images.reference import DEFAULT_REGISTRY
from ksimage.locations.registry.auth.credentials import HELPER_NAME, Credentials, ask_helper

if TYPE_CHECKING:
    from ksimage.images.documents import JsonObject, JsonView
    from ksimage.locations.options import RegistryOptions

MAX_FILE = 4 << 20
PER_USER = "/run/containers"
"""Where containers tools keep logins of a user without XDG_RUNTIME_DIR, as with ``sudo podman``."""

HUB_KEY = "https://index.docker.io/v1/"
_HUB_NAMES = (DEFAULT_REGISTRY, "index.docker.io", "registry-1.docker.io")
_FIELDS = ("auth", "username", "password", "identitytoken", "registrytoken")

log = logging.getLogger(__name__)


def find_credentials(
    host: str,
    repository: str,
    options: RegistryOptions,
    environ: Mapping[str, str] | None = None,
) -> Credentials | None:
    """The login for a repository, or None. Which one was taken is logged, without secrets.

    Raises:
        CredentialsFileBroken, CredentialHelperFailed.
    """
    found = None
    if options.username is not None:
        found = Credentials("the command line", options.username, options.password or "")
    else:
        for path in files(os.environ if environ is None else environ):
            found = _from_file(path, host, repository)
            if found is not None:
                break
    if found is None:
        log.info("%s: no login found, going on anonymously", host)
    else:
        who = found.username or "a token"
        key = f", entry {found.key}" if found.key else ""
        log.info("%s: login %s from %s%s", host, who, found.origin, key)
    return found


def files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The files to look into, most explicit first.

    REGISTRY_AUTH_FILE alone when it is set, as with podman; else DOCKER_CONFIG, the auth.json files
    of containers tools and docker's own.

    Raises:
        CredentialsFileBroken: REGISTRY_AUTH_FILE names nothing, or a file that is there is none.
    """
    named = environ.get("REGISTRY_AUTH_FILE")
    if named:
        if not _present(Path(named)):
            raise CredentialsFileBroken(
                named,
                "REGISTRY_AUTH_FILE names it, and it is not there",
                mend="do without it: unset REGISTRY_AUTH_FILE",
            )
        yield Path(named)
        return
    home = Path(environ.get("HOME") or Path.home())
    docker = environ.get("DOCKER_CONFIG")
    candidates = [Path(docker) / "config.json"] if docker else []
    if docker and os.path.isfile(docker):  # noqa: PTH113 - raises nothing
        raise CredentialsFileBroken(
            docker,
            "DOCKER_CONFIG names it, and wants its folder",
            mend=f"export DOCKER_CONFIG={shlex.quote(str(Path(docker).parent))}",
        )
    if docker and not os.path.lexists(docker):  # no logins, as for docker itself
        log.info("DOCKER_CONFIG names the folder %s, which does not exist", docker)
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    config = environ.get("XDG_CONFIG_HOME", "")
    if Path(runtime).is_absolute():
        candidates.append(Path(runtime) / "containers/auth.json")
    elif not runtime:
        candidates.append(Path(PER_USER) / str(os.getuid()) / "auth.json")
    base = Path(config) if Path(config).is_absolute() else home / ".config"
    candidates.append(base / "containers/auth.json")
    if not docker:
        candidates += [home / ".docker/config.json", home / ".dockercfg"]
    for path in candidates:
        if _present(path):
            yield path


def _present(path: Path) -> bool:
    """Whether there is a file; /dev/null, as an empty one, included."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):  # HOME=/dev/null is an idiom, too
        return False
    except OSError as error:
        raise CredentialsFileBroken(str(path), _words(error)) from error
    if stat.S_ISDIR(found.st_mode):
        raise CredentialsFileBroken(
            str(path), "it is a folder: docker makes one when -v mounts a file that is not there"
        )
    if not stat.S_ISREG(found.st_mode) and not path.samefile(os.devnull):
        raise CredentialsFileBroken(str(path), "it is no regular file")
    return True


def _words(error: OSError) -> str:
    return (error.strerror or "unreadable").lower()


def _from_file(path: Path, host: str, repository: str) -> Credentials | None:
    document = _load(path)
    legacy = path.name == ".dockercfg"
    if legacy:
        document = {"auths": document}
    chosen = _table(path, document, "credHelpers")
    names = _names(host)
    for name in names:
        if name in chosen:
            asked = _ask(path, chosen[name], names[0])
            return replace(asked, key=name) if asked else None
    store = document.get("credsStore")
    if store and (found := _ask(path, store, names[0])):
        return found
    auths = _table(path, document, "auths")
    key = _key(auths, host, repository, docker=legacy or path.name == "config.json")
    found = _entry(path, key, auths[key]) if key is not None else None
    return replace(found, key=key or "") if found else None


def _names(host: str) -> tuple[str, ...]:
    """What a host is filed under; docker's own name for it first."""
    return (HUB_KEY, *_HUB_NAMES) if host == DEFAULT_REGISTRY else (host,)


def _key(auths: JsonView, host: str, repository: str, *, docker: bool) -> str | None:
    """The entry for a repository. One that is empty ends the search as well: it is no login."""
    names = _names(host) if docker else _names(host)[-3:]
    space = repository
    while space:
        if f"{host}/{space}" in auths:
            return f"{host}/{space}"
        space = space.rpartition("/")[0]
    for name in names:
        if name in auths:
            return name
    for key in auths:
        bare = key.removeprefix("https://").removeprefix("http://")
        if (bare != key or docker) and bare.partition("/")[0] in names:
            return key
    return None


def _load(path: Path) -> JsonObject:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise CredentialsFileBroken(str(path), _words(error)) from error
    if len(data) > MAX_FILE:
        raise CredentialsFileBroken(str(path), f"it is larger than {MAX_FILE} bytes")
    if not data.strip():
        return {}
    try:
        document = json.loads(data)
    except json.JSONDecodeError as error:
        # not the error itself: its repr and `doc` hold the file
        reason = f"no JSON: {error.msg} in line {error.lineno} column {error.colno}"
        raise CredentialsFileBroken(str(path), reason) from None
    except (UnicodeDecodeError, RecursionError):
        raise CredentialsFileBroken(str(path), "no JSON") from None
    if not isinstance(document, dict):
        raise CredentialsFileBroken(str(path), "the JSON document is no object")
    return document


def _table(path: Path, document: JsonView, key: str) -> JsonObject:
    table = document.get(key)
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise CredentialsFileBroken(str(path), f"{key} is no object")
    return table


def _ask(path: Path, name: object, server: str) -> Credentials | None:
    if not isinstance(name, str) or not HELPER_NAME.fullmatch(name):
        raise CredentialsFileBroken(str(path), f"{str(name)[:40]!r} is no name of a helper")
    return ask_helper(name, server, str(path))


def _entry(path: Path, key: str, entry: object) -> Credentials | None:
    if entry is None:
        return None
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(name) or "", str) for name in _FIELDS
    ):
        raise CredentialsFileBroken(str(path), f"the entry {key} is malformed")
    auth, username, secret, identity, ready = (entry.get(name) or "" for name in _FIELDS)
    if auth:
        username, secret = _decode(path, key, auth)
    found = Credentials(str(path), username, secret, identity, ready)
    if found.basic or found.identity_token or found.registry_token:
        return found
    return None  # docker leaves empty entries beside a credsStore


def _decode(path: Path, key: str, auth: str) -> tuple[str, str]:
    try:
        username, colon, secret = base64.b64decode(auth, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        colon = username = secret = ""
    if not colon:
        raise CredentialsFileBroken(
            str(path), f"auth of the entry {key} is not base64 of user:password"
        )
    return username, secret.strip("\0")
