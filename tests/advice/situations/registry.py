"""A registry that plays a script, or is not there."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from tests.advice.situation import Words, image, known, place, situation
from tests.faults.scripted import Reply, Request

TYPE = "application/vnd.docker.distribution.manifest.v2+json"
HOST = "harbor.test"
ANY = "p/r/manifests/.*"


def script(*, method: str = "GET", path: str = ANY, reply: Reply, times: int | None = None) -> str:
    """A script with one step for reading; the image's name."""
    place.running.steps.clear()
    place.running.on(method, path, reply, times=times)
    return f"{place.running.address}/p/r:v1"


def challenge(words: str) -> Reply:
    return Reply(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}', {"WWW-Authenticate": words})


def logins(folder: Path, **entry: str) -> None:
    """A file with one login for the scripted registry."""
    place.env.setenv("DOCKER_CONFIG", str(folder))
    (folder / "config.json").write_text(json.dumps({"auths": {place.running.address: entry}}))


def basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@situation("gave-up", needs="script")
def busy(folder: Path) -> Words:
    name = script(reply=Reply(429, b"", {"Retry-After": "3600"}), times=1)
    place.running.on("GET", ANY, 404, times=None)
    return ("verify", name)


@situation("registry-refused", needs="script")
def method_not_allowed(folder: Path) -> Words:
    return ("verify", script(reply=Reply(409, b'{"errors":[{"message":"no"}]}')))


@situation("registry-unreachable")
def nobody_there(folder: Path) -> Words:
    return ("verify", "127.0.0.1:1/p/r:v1")


@situation("unusable-answer", needs="script")
def a_web_page(folder: Path) -> Words:
    return ("verify", script(reply=Reply(200, b"<html>", {"Content-Type": "text/html"})))


@situation("redirect-refused", "use the registry by the name", needs="script")
def sent_away(folder: Path) -> Words:
    reply = Reply(307, b"", {"Location": "ftp://127.0.0.1/x"})
    return ("verify", script(reply=reply))


@situation("token-service-refused", "is the registry's realm set right?", needs="script")
def token_service_says_no(folder: Path) -> Words:
    realm = f"http://{place.running.address}/v2/token"
    name = script(reply=challenge(f'Bearer realm="{realm}",service="s"'))
    place.running.on("GET", "token", 418, times=None)
    place.running.on("GET", "", 401, times=None)
    return ("verify", name)


@situation("token-service-unusable", "or correct the registry's realm", needs="script")
def token_service_is_down(folder: Path) -> Words:
    return ("verify", script(reply=challenge('Bearer realm="http://127.0.0.1:1/t",service="s"')))


@situation("insecure-login", "correct the registry's realm", needs="script")
def login_in_clear(folder: Path) -> Words:
    logins(folder, auth=basic("me", "secret"))
    return ("verify", script(reply=challenge('Bearer realm="http://192.0.2.1/t",service="s"')))


@situation("password-needed", needs="script")
def a_token_for_a_password(folder: Path) -> Words:
    logins(folder, identitytoken="x" * 20)
    place.login = ("me", "secret")
    name = script(reply=Reply(404))
    step = place.running.steps.pop()
    right = f"Basic {basic('me', 'secret')}"
    place.running.on(
        "GET", ".*", challenge('Basic realm="x"'), times=None,
        when=lambda request: request.headers.get("Authorization") != right,
    )  # fmt: skip
    place.running.on("GET", "", 200, times=None)
    place.running.steps.append(step)
    return ("verify", name)


@situation("not-tls", needs="registry")
def plain_http_elsewhere(folder: Path) -> Words:
    port = place.running.port
    known(HOST)
    return ("verify", f"{HOST}:{port}/x/y:z")


@situation("certificate-refused", "or install it:", "reads:", needs="tls_registry")
def private_ca(folder: Path) -> Words:
    (folder / "ca.crt").write_bytes(place.running.ca.read_bytes())
    return ("verify", f"{place.running.address}/x/y:z")


@situation("tag-not-shown", needs="script")
def taken_and_not_shown(folder: Path) -> Words:
    image(folder)
    place.env.setattr("ksimage.locations.registry.target.LATE", (0.01,))
    place.running.steps.clear()
    on = place.running.on

    def there(request: Request) -> Reply:
        blob = folder / "image" / "blobs" / "sha256" / request.path.rpartition(":")[2]
        return Reply(200, b"", {"Content-Length": str(blob.stat().st_size)})

    on("HEAD", "p/ks-installer/blobs/.*", there, times=None)

    def late(request: Request) -> Reply:
        if len(place.running.asked("PUT", tag)) < before + 2:
            return Reply(404)
        data = place.running.asked("PUT", tag)[-1]
        digest = f"sha256:{hashlib.sha256(data.body).hexdigest()}"
        kind = data.headers["Content-Type"]
        return Reply(200, data.body, {"Content-Type": kind, "Docker-Content-Digest": digest})

    tag = "p/ks-installer/manifests/v3.3.2"
    before = len(place.running.asked("PUT", tag))
    on("HEAD", tag, late, times=None)
    on("GET", tag, late, times=None)
    on("PUT", "p/ks-installer/manifests/.*", 201, times=None)
    return ("push", "oci:image:v3.3.2", "--to", f"{place.running.address}/p/ks-installer:v3.3.2")
