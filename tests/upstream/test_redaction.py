"""Nothing but secrets is hidden in upstream's own files.

Needs a clone of kubesphere/ks-installer with all tags: ``KS_INSTALLER_REPO=DIR``. Each place that
the rules hide was looked at by a person once; ``REVIEWED`` has the hashes of what stands there.
"""

from __future__ import annotations

import hashlib
import subprocess
from functools import cache

import pytest
from tests.support import requires

from ksimage.redact.text import sites

TAGS = ("v3.0.0", "v3.1.1", "v3.2.1", "v3.3.2", "v3.4.1")
LEFT_OUT = (".tgz", ".gz", ".png", ".jpg", ".svg")

# Defaults (admin, changeme, P@88w0rd, the keys of minio and harbor), examples of AWS and of helm's
# charts, keys and certificates of webhooks, contents of Secrets.
REVIEWED = frozenset(
    {
        "497e9c79ab",
        "94c3d23c2b",
        "524f647760",
        "84254f82e1",
        "1a5d44a2dc",
        "d863d272af",
        "3c59a6b48f",
        "76208b0111",
        "97df3588b5",
        "825677efd2",
        "84983c60f7",
        "aa9c34cd6c",
        "1bc46a56f7",
        "ed07381f03",
        "fc94c4a688",
        "bd6886446a",
        "f5b11cda61",
        "a7b580d711",
        "72e32ee8ac",
        "b03ddf3ca2",
        "f3c3964ca8",
        "38d180985d",
        "73118d023c",
        "8c6976e5b5",
        "f030545d68",
        "057ba03d6c",
        "7099674bef",
        "94e6c6ac07",
        "c0f16fea3e",
        "a5569438cc",
        "8119ae95ab",
        "0f1141ab4d",
        "78314b11be",
        "b114b7afb1",
        "6a16971d1a",
    }
)


@cache
def files(tag: str) -> list[tuple[str, str]]:
    """(path, text) of the tag's text files."""
    folder = requires.variable("KS_INSTALLER_REPO", "a clone of kubesphere/ks-installer")
    listed = _git(folder, "ls-tree", "-r", "-z", tag).decode("utf-8", "surrogateescape")
    entries = [line.partition("\t") for line in listed.split("\0") if line]
    wanted = [(head.split()[2], path) for head, _, path in entries if not path.endswith(LEFT_OUT)]
    data = _git(folder, "cat-file", "--batch", data="\n".join(blob for blob, _ in wanted).encode())
    found, at = [], 0
    for _, path in wanted:
        end = data.index(b"\n", at)
        head = data[at:end].split()
        at = end + 1
        if head[1] == b"missing":
            continue
        text = data[at : at + int(head[2])].decode("utf-8", "surrogateescape")
        at += int(head[2]) + 1
        if "\0" not in text:
            found.append((path, text))
    return found


def _git(folder: str, *words: str, data: bytes = b"") -> bytes:
    command = ["git", "-C", folder, *words]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def hashed(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()[:10]


@pytest.mark.parametrize("tag", TAGS)
def test_nothing_else_is_hidden(tag: str) -> None:
    new = {
        f"{path}: {site.rule}: {site.value[:80]!r}"
        for path, text in files(tag)
        for site in sites(text)
        if hashed(site.value) not in REVIEWED
    }
    assert new == set()


@pytest.mark.parametrize("tag", TAGS)
def test_its_secrets_are_found(tag: str) -> None:
    found = {hashed(site.value) for _, text in files(tag) for site in sites(text)}
    assert len(found & REVIEWED) >= 10
