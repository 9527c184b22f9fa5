"""Configurations as text: how kk splits them, and what hostile ones must not do."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksimage.errors import KubekeyConfigBroken, KubekeyConfigNotEditable
from ksimage.upstream.kubekey import advice, answers, config, rules, target, versions
from ksimage.upstream.kubekey.file import documents
from ksimage.upstream.kubekey.file.documents import at, entry, split, text_at
from ksimage.upstream.kubekey.model import Circumstances

CLUSTER = b"kind: Cluster\n"


def refused(data: bytes) -> str:
    with pytest.raises(KubekeyConfigBroken) as caught:
        config.parse(data, "c.yaml")
    assert caught.value.exit_code == 19
    return caught.value.message


def test_documents_end_where_kk_ends_them() -> None:
    data = b"---\n---  \t\na: 1\n---\nb: 2\n--- # no end\nc: 3\n---\n\n"
    found = split(data, "c.yaml")
    assert [(d.first, text_at(d.root, "a") or text_at(d.root, "b")) for d in found] == [
        (3, "1"),
        (5, "2"),
        (9, ""),
    ]
    assert [d.hidden for d in found] == [0, 6, 0]


def test_windows_ends_and_a_byte_order_mark() -> None:
    found = config.parse(
        b"\xef\xbb\xbfkind: Cluster\r\nspec:\r\n  registry:\r\n    privateRegistry: r.lan\r\n"
        b"---\r\nkind: ClusterConfiguration\r\n",
        "c.yaml",
    )
    assert found.registry.host == "r.lan"
    assert found.cluster and found.installer
    assert (found.cluster.first, found.installer.document.first) == (1, 6)


@pytest.mark.parametrize(
    ("line", "value"),
    [("a: b\t# c", "b"), ("a:\tb", "b"), ('a: "b"\t', "b"), ("a: [b]\t\t# [\t]", "")],
)
def test_tabs_behind_a_value_are_blanks(line: str, value: str) -> None:
    (found,) = split(f"{line}\nz: 1\n".encode(), "c.yaml")
    assert text_at(found.root, "a") == value
    assert found.text == f"{line}\nz: 1\n"


def test_tabs_that_indent_are_refused_with_the_line() -> None:
    assert refused(CLUSTER + b"spec:\n\ta: 1\n") == "c.yaml:3: a tab cannot indent in YAML"


def test_what_is_refused() -> None:
    assert "byte 0xff is not UTF-8" in refused(CLUSTER + b"a: \xff\n")
    assert refused(CLUSTER + b"a: [1\n").startswith("c.yaml:3: is not YAML")
    assert "larger than 4 MiB" in refused(b"#" * (documents.MAX_BYTES + 1))
    assert "no document of kind Cluster" in refused(b"a: 1\n")
    assert "no document of kind Cluster" in refused(b"")
    assert "no document of kind Cluster" in refused(b"- kind: Cluster\n")
    assert "not YAML" in refused(CLUSTER + b"a: \x01\n")


class TestBombs:
    def test_deep(self) -> None:
        assert "nested too deeply" in refused(b"a: " + b"[" * 100_000)

    def test_wide(self) -> None:
        assert "too many values" in refused(b"a: [" + b"1," * (documents.MAX_EVENTS + 1) + b"]\n")

    def test_laughs(self) -> None:
        """Nine levels of nine aliases: 3 GB for who expands them."""
        lines = ["a0: &a0 [lol]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
        text = "kind: Cluster\n" + "\n".join(lines) + "\nspec: {registry: {privateRegistry: r}}\n"
        assert config.parse(text.encode(), "c.yaml").registry.host == "r"

    def test_merges(self) -> None:
        lines = ["a0: &a0 {x: 1}"]
        lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10)]
        text = "kind: Cluster\n" + "\n".join(lines) + "\nspec: {<<: *a9}\n"
        (found,) = split(text.encode(), "c.yaml")
        assert text_at(found.root, "spec", "x") == "1"
        assert text_at(found.root, "spec", "y") == ""

    def test_loops(self) -> None:
        (found,) = split(b"a: &a\n  b: *a\n  <<: *a\n", "c.yaml")
        assert at(found.root, "a", "b", "b", "b", "nothing") is None


def test_the_last_of_two_keys_counts_and_is_told() -> None:
    (found,) = split(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", "c.yaml")
    assert text_at(found.root, "a") == "3"
    assert text_at(found.root, "b", "c") == "2"
    assert sorted(found.twice) == ["a", "c"]


def test_a_key_of_its_own_wins_over_merged_ones() -> None:
    (found,) = split(b"d: &d {a: 1, b: 1}\ne: {<<: *d, a: 2}\n", "c.yaml")
    assert text_at(found.root, "e", "a") == "2"
    assert text_at(found.root, "e", "b") == "1"
    assert entry(None, "a") is None


def test_a_null_is_no_text() -> None:
    (found,) = split(b"a:\nb: ~\nc: null\nd: 'null'\n", "c.yaml")
    assert [text_at(found.root, name) for name in "abcd"] == ["", "", "", "null"]


def test_logins_are_never_kept(tmp_path: object) -> None:
    found = config.parse(
        b"kind: Cluster\nspec:\n  registry:\n    privateRegistry: r.lan\n    auths:\n"
        b"      r.lan: {username: admin, password: hunter2pass}\n",
        "c.yaml",
    )
    shown = {name: value for name, value in found._asdict().items() if "document" not in name}
    shown.pop("cluster")
    assert "hunter2pass" not in repr(shown)


def test_nothing_runs(tmp_path: object) -> None:
    """Tags of Python objects are text like any other; nobody constructs them."""
    data = b"kind: Cluster\nx: !!python/object/apply:os.system ['false']\n"
    assert config.parse(data, "c.yaml").cluster is not None
    assert subprocess.run(["true"]).returncode == 0


PIECES = [
    "kind: Cluster\n", "kind: ClusterConfiguration\n", "metadata:\n", "  labels:\n", "spec:\n",
    "    version: ", "v3.3.2", "---\n", "--- #\n", "...\n", "- ", "? ", ": ", "&a ", "*a", "<<: ",
    "{", "}", "[", "]", "!!x ", "'", '"', "|\n", ">\n", "#", "\t", "\r\n", "\n", " ",
    "%YAML 1.2\n", "é",    "\u2028", "\x85", "\0", "\ufeff", "~", "null", "3.3",
]  # fmt: skip


WHOLE = """kind: Cluster
spec:
  registry:
    privateRegistry: "old.lan"
    auths: {}
  kubernetes: {version: v1.22.12}
---
kind: ClusterConfiguration
metadata:
  name: ks-installer
  labels:
    version: v3.3.2
spec:
  zone: ""
  debug:
    verbosity: 1
"""


@given(
    st.sampled_from(["", WHOLE]),
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.sampled_from(PIECES)), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str, inserted: list[tuple[int, str]]) -> None:
    for place, piece in inserted:
        text = text[:place] + piece + text[place:]
    try:
        found = config.parse(text.encode(), "c.yaml")
    except KubekeyConfigBroken:
        return
    for version in ("v1.0.0", "v3.1.12"):
        result = answers.answer(found, Circumstances(versions.parse(version)))
        advice.ways(found, result, advice.Given())
    for image in ("r.lan/a/ks-installer:v3.3.2-debug", None):
        try:
            new = target.write(text.encode(), found, rules.of(versions.LATEST), image, 3)
        except (KubekeyConfigBroken, KubekeyConfigNotEditable):
            continue
        again = config.parse(new, "c.yaml")
        assert again.installer is not None
        assert again.installer.verbosity == "3"
        assert image is None or again.installer.label == "v3.3.2-debug"
