"""A token service as the distribution's token specification has it, and certificates for tests.

Keys, certificates and RS256 signatures come from the ``openssl`` program.
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support import requires


def make_certificate(folder: Path, *names: str) -> tuple[Path, Path, Path]:
    """A private CA, and a certificate by it for ``names`` and 127.0.0.1: (CA, certificate, key)."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, ca_key = folder / "ca.crt", folder / "ca.key"
    certificate, key, request = folder / "server.crt", folder / "server.key", folder / "server.csr"
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName=DNS:{',DNS:'.join(names)},IP:127.0.0.1\n")
    _openssl("req", "-x509", *_NEW_KEY, "-keyout", ca_key, "-out", ca, "-subj", "/CN=test CA")
    _openssl("req", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={names[0]}")
    _openssl(
        *("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial"),
        *("-days", "2", "-extfile", extensions, "-out", certificate),
    )
    return ca, certificate, key


@dataclass(frozen=True)
class TokenRequest:
    """One request for a token."""

    method: str
    user: str | None
    scopes: tuple[str, ...]


class TokenService:
    """Signs tokens for a docker-registry. Rules are attributes, to be changed by tests.

    Attributes:
        users: user names and passwords.
        refresh_tokens: identity tokens and the users that they stand for.
        allowed: decides on each action: (user or None, repository, action) -> bool.
        lifetime: seconds that a token is good for.
        shape: makes the answer from the token; the default has all fields.
        harbor: answer a wrong password with an anonymous token, as Harbor does.
        asked: all requests so far.
    """

    issuer = "test issuer"
    service = "test registry"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate, self._key = folder / "token.crt", folder / "token.key"
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=token service"),
            *("-keyout", self._key, "-out", self.certificate),
        )
        self.users = {"robot$kubesphereio+ksimage": "s3cret:with:colons"}
        self.refresh_tokens: dict[str, str] = {}
        self.allowed: Callable[[str | None, str, str], bool] = lambda user, *_: user is not None
        self.lifetime = 300
        self.shape: Callable[[str], dict[str, object]] = self._full
        self.harbor = False
        self.asked: list[TokenRequest] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def realm(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/token"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sign(self, user: str | None, scopes: tuple[str, ...]) -> str:
        """A JSON Web Token with those of the rights that are allowed."""
        access = []
        for scope in scopes:
            _, name, actions = scope.split(":")
            granted = [a for a in actions.split(",") if self.allowed(user, name, a)]
            access.append({"type": "repository", "name": name, "actions": granted})
        now = int(time.time())
        der = subprocess.run(
            ["openssl", "x509", "-in", str(self.certificate), "-outform", "DER"],
            capture_output=True,
            check=True,
        ).stdout
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {
            "iss": self.issuer,
            "sub": user or "",
            "aud": self.service,
            "exp": now + self.lifetime,
            "nbf": now - 10,
            "iat": now,
            "jti": f"{time.time_ns()}",
            "access": access,
        }
        signed = f"{_encode(json.dumps(header).encode())}.{_encode(json.dumps(claims).encode())}"
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", str(self._key)],
            input=signed.encode(),
            capture_output=True,
            check=True,
        ).stdout
        return f"{signed}.{_encode(signature)}"

    def _full(self, token: str) -> dict[str, object]:
        return {"token": token, "access_token": token, "expires_in": self.lifetime}

    def answer(self, method: str, query: str, basic: str, form: str) -> tuple[int, object]:
        """Status and JSON document for a request."""
        if method == "POST":
            fields = parse_qs(form)
            scopes = tuple(fields.get("scope", [""])[0].split())
            user = self.refresh_tokens.get(fields.get("refresh_token", [""])[0])
            self.asked.append(TokenRequest(method, user, scopes))
            if user is None:
                return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "unknown token"}]}
        else:
            scopes = tuple(parse_qs(query).get("scope", []))
            user = None
            if basic.startswith("Basic "):
                name, _, password = base64.b64decode(basic[6:]).decode().partition(":")
                if self.users.get(name) == password:
                    user = name
                elif not self.harbor:
                    self.asked.append(TokenRequest(method, name, scopes))
                    return 401, {"errors": [{"code": "UNAUTHORIZED", "message": "wrong password"}]}
            self.asked.append(TokenRequest(method, user, scopes))
        return 200, self.shape(self.sign(user, scopes))

    def _handler(service) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._do()

            def do_POST(self) -> None:
                self._do()

            def _do(self) -> None:
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                basic = self.headers.get("Authorization") or ""
                status, document = service.answer(
                    self.command, urlsplit(self.path).query, basic, form
                )
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


_NEW_KEY = ("-newkey", "rsa:2048", "-nodes", "-sha256")


def _openssl(*arguments: object) -> None:
    program = requires.program("openssl")
    subprocess.run([program, *map(str, arguments)], capture_output=True, check=True)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
