"""Secrets behind their names, in texts of all kinds."""

from __future__ import annotations

import pytest

from ksimage.redact.text import sites

HIDDEN = [
    ("password: hunter2", "hunter2"),
    ("a:\n  password: hun ter", "hun ter"),
    ("password: hunter2 # default", "hunter2"),
    ('"password": "a\\"b"', 'a\\"b'),
    ('{\\"password\\": \\"a b\\"}', "a b"),
    ("{'password': 'a\"b'}", 'a"b'),
    ("{name: a, password: hunter2, port: 1}", "hunter2"),
    ("export DB_PASSWORD=hunter2;", "hunter2"),
    ("?user=a&password=hunter2&ssl=1", "hunter2"),
    ("--set a.password=hunter2,b.host=x", "hunter2"),
    ("--password hunter2 --host x", "hunter2"),
    ("['--password', 'hunter2']", "hunter2"),
    ("--password \\\n  hunter2", "hunter2"),
    ("<password>hunter2</password>", "hunter2"),
    ('<a password="hunter2">', "hunter2"),
    ("Password:hunter2}", "hunter2"),
    ("password: |-\n  hunter2\nport: 1", "hunter2"),
    ("- name: DB_PASSWORD\n  value: hunter2", "hunter2"),
    ("密码：hunter2", "hunter2"),
    ("初始密码为 hunter2", "hunter2"),
    ("userPassword:: aHVudGVyMg==", "aHVudGVyMg=="),
    ("password => 'hunter2'", "hunter2"),
]
SHOWN = [
    "password: {{ password }}",
    "password: $PASSWORD",
    "password=$(cat file)",
    "password = get_password()",
    "password=self.password",
    "password: must be longer than this",
    "secretName: redis-secret",
    "token: ks-installer-token",
    "if password == '':",
    "enter password:",
    "--token --verbose",
    "<passphrase>leave empty if not used</passphrase>",
    "credentials: |\n  import a.b1\n  import c.d2\n  import e.f3\n  import g.h4\n",
    "密码不能为空",
    "name: DB_HOST\n  value: a1b2c3d4",
    "password: [redacted:0a1b2c]",
    "passwordPolicy: strict1A!",
]


@pytest.mark.parametrize(("text", "value"), HIDDEN)
def test_hidden(text: str, value: str) -> None:
    found = sites(text)
    assert [site.value for site in found] == [value]
    assert text[found[0].start : found[0].end] == value


@pytest.mark.parametrize("text", SHOWN)
def test_shown(text: str) -> None:
    assert sites(text) == []
