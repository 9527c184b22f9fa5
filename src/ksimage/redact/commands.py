"""Secrets that stand in command lines by position: ``mysql -pX``, ``curl -u me:X``."""

# ruff: noqa: E501 - a pattern is read in one piece

from __future__ import annotations

from typing import Final

from ksimage.redact.site import rule

_WORD = r"(?:\\*[\"'])?(?P<v>[^\s\"'\\|;]{1,200})"
_SAME = r"[^\n|;&]"
"""Whatever may stand between a command and its option: the same command."""
_MYSQL = r"\b(?:mysql|mariadb)\w*\b"
_LDAP = r"\b(?:ldap(?:search|add|modify|delete|passwd|whoami|compare)|slappasswd)\b"
_LOGIN = rf"\b(?:docker|podman|nerdctl|helm|crictl|skopeo|buildah|oras)\b{_SAME}{{0,60}}?\blogin\b"
_REDIS = r"\bredis-cli\b"
_CURL = r"\b(?:curl|wget)\b"
_OPENSSL = r"\bopenssl\s+passwd\b"


def _then(command: str, most: int) -> str:
    """``command``, and up to ``most`` characters of it that do not begin the same one anew.

    Without the latter, a line that is full of a command's name takes the square of its length.
    """
    return rf"{command}(?:(?!{command}){_SAME}){{0,{most}}}?"


RULES: Final = (
    rule("from-literal", "--from-literal", rf"--from-literal(?:=|\s+|\\*[\"']\s*,\s*\\*[\"'])(?:\\*[\"'])?[\w.-]+={_WORD}"),
    rule("mysql", "mysql|mariadb", rf"{_then(_MYSQL, 160)}[\s\"']-p(?P<v>[^\s\"'\\]{{2,200}})"),
    rule("redis", "redis-cli", rf"{_then(_REDIS, 160)}[\s\"'](?:-a|--pass)(?:\s+|\\*[\"']\s*,\s*){_WORD}"),
    rule("ldap", "ldap|slappasswd", rf"{_then(_LDAP, 200)}[\s\"']-[wsa]\s*(?:\\*[\"']\s*,\s*)?{_WORD}"),
    rule("http login", "curl|wget", rf"{_then(_CURL, 300)}[\s\"'](?:-u|--user|--proxy-user|-U|-a)[ =]*(?:\\*[\"']\s*,\s*)?(?:\\*[\"'])?[^\s:\"'\\]{{1,60}}:(?P<v>[^\s\"'\\]{{1,200}})"),
    rule("login", "login", rf"{_then(_LOGIN, 160)}[\s\"'](?:-p|--password)(?:[\s=]+|\\*[\"']\s*,\s*){_WORD}", 80, 300),
    rule("creds", "creds|--user", r"[\s\"'](?:--(?:src-|dest-)?creds|--user|-u)(?:[\s=]+|\\*[\"']\s*,\s*)(?:\\*[\"'])?[\w.@$-]{1,60}:(?P<v>[^\s\"'\\/]{3,200})", 20, 300, sure=False),
    rule("etcdctl", "etcdctl", r"\betcdctl_user=[\w-]{1,60}:(?P<v>[^\s\"'\\]{1,200})", 0, 200),
    rule("sshpass", "sshpass", rf"\bsshpass\b(?:\s+-v)?\s+-p\s*{_WORD}"),
    rule("chpasswd", "chpasswd", r"(?:echo|printf)\s+(?:-\w\s+)?(?:\\*[\"'])?[\w.-]{1,40}:(?P<v>[^\s\"'\\|]{1,100})(?:\\+n)?(?:\\*[\"'])?\s*\|\s*(?:sudo\s+)?chpasswd", 160, 10),
    rule("passwd", "passwd", r"(?:echo|printf)\s+(?:-\w\s+)?(?:\\*[\"'])?(?P<v>[^\s\"'\\|$]{1,100})(?:\\*[\"'])?\s*\|\s*(?:sudo\s+)?passwd\b", 160, 10),
    rule("htpasswd", "htpasswd", rf"\bhtpasswd\s+(?:-\w+\s+)*-\w*b\w*\s+(?:-\w+\s+)*(?:[^\s\"'\\-]\S*\s+){{1,2}}{_WORD}"),
    rule("openssl", "openssl", rf"{_then(_OPENSSL, 80)}\s(?:-\w+\s+)*(?P<v>[^\s\"'\\-][^\s\"'\\]{{2,100}})", sure=False),
    rule("pass:", "pass:", r"(?<!\w)pass:(?P<v>[^\s\"'\\]{1,100})", 0, 120),
    rule("minio", "alias set|host add", rf"\bmc\s+(?:-\S+\s+){{0,5}}(?:alias\s+set|config\s+host\s+add)\s+\S+\s+\S+\s+\S+\s+{_WORD}", 60),
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
