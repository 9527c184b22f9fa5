"""Secrets that are known by their own shape (keys, tokens, hashes, webhooks, URLs with logins), or by
their position in a command line (``mysql -pX``, ``curl -u me:X``)."""

# ruff: noqa: E501 - a pattern is read in one piece

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.redact.site import Site, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_B64 = r"[A-Za-z0-9+/]"
_URLSAFE = r"[A-Za-z0-9_-]"
_GAP = r"(?:\s|\\+[nrt])"
"""White space, or an escaped line end at any depth."""

_ARGUMENT = r"(?:\\*[\"'])?(?P<v>[^\s\"'\\|;]{1,200})"
_SAME = r"[^\n|;&]"
"""Whatever may stand between a command and its option: the same command."""
_MYSQL = r"\b(?:mysql|mariadb)\w*\b"
_LDAP = r"\b(?:ldap(?:search|add|modify|delete|passwd|whoami|compare)|slappasswd)\b"
_NO_PASSWORD_YET = rf"(?![\s\"'](?:-p|--password)\b){_SAME}"
"""In ``docker login -u docker -p SECRET login`` the second docker begins nothing."""
_REGISTRY_LOGIN = rf"\b(?:docker|podman|nerdctl|helm|crictl|skopeo|buildah|oras)\b(?:{_NO_PASSWORD_YET}){{0,60}}?\blogin(?![\w.-])"
_REDIS = r"\bredis-cli\b"
_CURL = r"\b(?:curl|wget)\b"
_OPENSSL = r"\bopenssl\s+passwd\b"


def _then(command: str, most: int) -> str:
    """``command``, and up to ``most`` characters of it that do not begin the same one anew.

    Without the latter, a line that is full of a command's name takes the square of its length.
    """
    return rf"{command}(?:(?!{command}){_SAME}){{0,{most}}}?"


RULES: Final = (
    rule("jwt", "eyj", rf"(?<!{_URLSAFE})(?P<v>eyJ{_URLSAFE}{{8,}}\.{_URLSAFE}{{8,}}(?:\.{_URLSAFE}{{4,}})?)", 0, 16_384),
    rule("bearer", "bearer|basic", r"\b(?:bearer|basic)(?:[ \t]+|%20)(?P<v>[A-Za-z0-9._~+/-]{10,}={0,2})", sure=False),
    rule("dsn", "@tcp(|@unix(|@udp(", r"(?<![\w.-])[\w.-]{1,60}:(?P<v>[^\s\"'\\@]{1,100})@(?:tcp|udp|unix)\(", 170, 8),
    rule("aws", "akia|asia|ltai|akid", r"(?<![A-Za-z0-9])(?P<v>(?:AKIA|ASIA|LTAI|AKID)[A-Za-z0-9]{12,32})(?![A-Za-z0-9])", 0, 60),
    rule("token", "ghp_|gho_|ghs_|ghu_|github_pat_|glpat-|gldt-|glrt-|npm_|pypi-|xoxb-|xoxp-|xoxa-|hvs.|hvb.|sk-",
         r"(?<![\w.-])(?P<v>(?:gh[posu]_|github_pat_|gl(?:pat|dt|rt)-|npm_|pypi-|xox[bpa]-|hv[sb]\.|sk-)[A-Za-z0-9_-]{16,})", 0, 200),
    rule("kubeadm", "kubeadm|bootstrap|token", r"(?<![\w.-])(?P<v>(?-i:(?=[a-z.]{0,22}[0-9])[a-z0-9]{6}\.[a-z0-9]{16}))(?![\w.-])", 160, 400),
    rule("hash", "$1$|$5$|$6$|$y$|$apr1$|$2a$|$2b$|$2y$|$argon2|{ssha|{sha}|{crypt}|{pbkdf2|{bcrypt}",
         r"(?P<v>(?:\$(?:[156y]|apr1|2[aby]|argon2\w*)\$|\{(?:SSHA\d*|SHA|CRYPT|PBKDF2[\w-]*|bcrypt)\})[A-Za-z0-9./+=,$-]{8,})", 0, 300),
    rule("webhook", "send?key=|send?access_token=|feishu|slack|webhooks",
         r"(?:send\?key=|send\?access_token=|/hook/|/services/\w+/\w+/|/webhooks/\d{15,}/)(?P<v>[\w-]{8,})", 1, 160),
    rule("signed url", "signature=|-credential=|security-token=|sig=", r"[?&](?:[\w-]*-)?(?:signature|credential|security-token|sig)=(?P<v>[^\s&\"'\\<>]{8,})", 40, 500),
    rule("identified by", "identified", r"identified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?\\*['\"](?P<v>[^'\"\\\n]{1,200})", 0, 300),
    rule("base64 key", "ls0tls1crudjti", rf"(?P<v>LS0tLS1CRUdJTi(?:BSU0|BFQy|BQUk|BFTk|BPUE|BEU0){_B64}{{10,}}(?:{_GAP}+{_B64}{{16,}})*(?:{_GAP}+{_B64}{{2,}})?={{0,2}})", 0, 65_536),
    # in command lines
    rule("from-literal", "--from-literal", rf"--from-literal(?:=|\s+|\\*[\"']\s*,\s*\\*[\"'])(?:\\*[\"'])?[\w.-]+={_ARGUMENT}"),
    rule("mysql", "mysql|mariadb", rf"{_then(_MYSQL, 160)}[\s\"']-p(?P<v>[^\s\"'\\]{{2,200}})"),
    rule("redis", "redis-cli", rf"{_then(_REDIS, 160)}[\s\"'](?:-a|--pass)(?:\s+|\\*[\"']\s*,\s*){_ARGUMENT}"),
    rule("ldap", "ldap|slappasswd", rf"{_then(_LDAP, 200)}[\s\"']-[wsa]\s*(?:\\*[\"']\s*,\s*)?{_ARGUMENT}"),
    rule("http login", "curl|wget", rf"{_then(_CURL, 300)}[\s\"'](?:-u|--user|--proxy-user|-U|-a)[ =]*(?:\\*[\"']\s*,\s*)?(?:\\*[\"'])?[^\s:\"'\\]{{1,60}}:(?P<v>[^\s\"'\\]{{1,200}})"),
    rule("login", "login", rf"{_then(_REGISTRY_LOGIN, 160)}[\s\"'](?:-p|--password)(?:[\s=]+|\\*[\"']\s*,\s*){_ARGUMENT}", 80, 300),
    rule("creds", "creds|--user", r"[\s\"'](?:--(?:src-|dest-)?creds|--user|-u)(?:[\s=]+|\\*[\"']\s*,\s*)(?:\\*[\"'])?[\w.@$-]{1,60}:(?P<v>[^\s\"'\\/]{3,200})", 20, 300, sure=False),
    rule("etcdctl", "etcdctl", r"\betcdctl_user=[\w-]{1,60}:(?P<v>[^\s\"'\\]{1,200})", 0, 200),
    rule("sshpass", "sshpass", rf"\bsshpass\b(?:\s+-v)?\s+-p\s*{_ARGUMENT}"),
    rule("chpasswd", "chpasswd", r"(?:echo|printf)\s+(?:-\w\s+)?(?:\\*[\"'])?[\w.-]{1,40}:(?P<v>[^\s\"'\\|]{1,100})(?:\\+n)?(?:\\*[\"'])?\s*\|\s*(?:sudo\s+)?chpasswd", 160, 10),
    rule("passwd", "passwd", r"(?:echo|printf)\s+(?:-\w\s+)?(?:\\*[\"'])?(?P<v>[^\s\"'\\|$]{1,100})(?:\\*[\"'])?\s*\|\s*(?:sudo\s+)?passwd\b", 160, 10),
    rule("htpasswd", "htpasswd", rf"\bhtpasswd\s+(?:-\w+\s+)*-\w*b\w*\s+(?:-\w+\s+)*(?:[^\s\"'\\-]\S*\s+){{1,2}}{_ARGUMENT}"),
    rule("openssl", "openssl", rf"{_then(_OPENSSL, 80)}\s(?:-\w+\s+)*(?P<v>[^\s\"'\\-][^\s\"'\\]{{2,100}})", sure=False),
    rule("pass:", "pass:", r"(?<!\w)pass:(?P<v>[^\s\"'\\]{1,100})", 0, 120),
    rule("minio", "alias set|host add", rf"\bmc\s+(?:-\S+\s+){{0,5}}(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+{_ARGUMENT}", 60),
    rule("redis acl", "+@|~*", r"\buser\s+\w+\s+on\b[^\n\"'\\]{0,80}?\s>(?P<v>[^\s\"'\\]{1,200})", 160, 200),
    rule("config line", "requirepass|masterauth|rootpw|bindpw|auth-pass",
         r"(?:^|\n|\\n)[ \t]*(?:sentinel\s+)?(?:requirepass|masterauth|rootpw|bindpw|auth-pass\s+(?:\{\{.{1,80}?\}\}|\S+))"
         r"[ \t]+(?:\\*[\"'])?(?P<v>[^\s\"'\\]{1,200})(?=[\"'\\\s]|\Z)", 60),
    rule("pgpass", "5432:|5433:|6432:|:*:|pgpass",
         r"(?:(?<=\\n)|(?<![\w.*:/@\\-]))(?:\*|[a-z0-9][\w.-]{0,100}):(?:\*|\d{2,5})(?::(?:\*|[\w.-]{1,63})){2}"
         r":(?P<v>(?:[^\s:\"'\\]|\\{1,2}[:\\]){4,200})(?=[\"'\\\s]|\Z)", 300, 500, sure=False),
    rule("netrc", "login", r"\blogin\s+\S{1,60}\s+password\s+(?P<v>\S{1,200})", 10),
    rule("set-cookie", "cookie:", r"cookie:[ \t]*(?P<v>[\w.-]{1,100}=[^\n\r\"'\\]{4,4000})", 0, 4100),
)  # fmt: skip

_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(
    rf"(?:{_GAP}|[A-Za-z0-9+/=]|(?:Proc-Type|DEK-Info|Version|Comment): [^\n\\]{{1,80}})*"
)
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")
_LAST_LINE = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_WORD = re.compile(rf"{_GAP}*(?P<line>[A-Za-z0-9+/=]*)")
_KEY_CHARACTERS: Final = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n\\"
)
_SPLIT = re.compile(rf"{_GAP}+")
_LONGEST_KEY: Final = 32_768

URL_TRIGGER: Final = "@"
SCHEME: Final = "://"
_LOGIN = re.compile(r"://[^\s/:@\"'\\<>]{0,100}:(?P<v>[^\s/\"'\\<>]{1,200})@")
_MAX_ENDS: Final = 4
"""Signs of @ at which a password may end, beside the last."""

PEM_TRIGGER: Final = "private key"


def url(text: str, at: int) -> Iterator[Site]:
    """The password in the URL whose scheme ends at ``at``: up to each @, for it may have one."""
    found = _LOGIN.match(text, at)
    if found is None:
        return
    start, last = found.span("v")
    end = start
    for _ in range(_MAX_ENDS):
        end = text.find("@", end + 1, last)
        if end < 0:
            break
        yield Site(start, end, "url", text[start:end])
    yield Site(start, last, "url", found["v"])


def pem(text: str, at: int) -> Iterator[Site]:
    """The private key around the words at ``at``, whole, cut at its end, or at its beginning."""
    begin = _BEGIN.match(text, max(0, text.rfind("-----", max(0, at - 50), at)))
    if begin is None:
        yield from _headless(text, at)
        return
    body = _BODY.match(text, begin.end(), begin.end() + _LONGEST_KEY)
    if body is None or not body[0].strip():
        return
    start, end = body.span()
    # What follows a cut key ("\n\nPLAY RECAP") is not part of it.
    cut = not text.startswith("-----END", end)
    if cut:
        lines = list(_KEY_LINE.finditer(text, start, end))
        if not lines:
            return
        end = lines[-1].end()
    yield Site(start, end, "private key", body[0][: end - start])


def _headless(text: str, at: int) -> Iterator[Site]:
    """Lines of base64 before an END whose BEGIN was cut off."""
    dashes = text.rfind("-----END", max(0, at - 40), at)
    first = dashes
    while first > max(0, dashes - _LONGEST_KEY) and text[first - 1] in _KEY_CHARACTERS:
        first -= 1
    start = dashes
    for word in reversed(list(_WORD.finditer(text, first, max(first, dashes)))):
        if not word["line"]:
            continue
        last_line = start == dashes and _LAST_LINE.fullmatch(word["line"])
        if not last_line and not _KEY_LINE.fullmatch(word["line"]):
            break
        start = word.start("line")
    if start < dashes and text[first - 5 : first] != "-----":
        yield Site(start, dashes, "private key", text[start:dashes])


def key_lines(value: str) -> list[str]:
    """The lines of a private key, each of which betrays a part of it."""
    return [line for line in _SPLIT.split(value) if len(line) >= 40 and _KEY_LINE.fullmatch(line)]
