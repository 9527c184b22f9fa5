"""Versions of kk, from flags and from binaries."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksimage.errors import KubekeyBinaryFailed, KubekeyVersionUnknown, KubekeyWithoutInstaller
from ksimage.upstream.kubekey import rules, versions
from ksimage.upstream.kubekey.versions import RELEASED, from_output, parse


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.0.13", "v3.0.13"),
        (" 3.0.13\n", "v3.0.13"),
        ("3.0", "v3.0.13"),
        ("v1.2", "v1.2.2"),
        ("v3.1.0-alpha.5", "v3.1.0-alpha.5"),
        ("v3.2.0", "v3.2.0"),
    ],
)
def test_parse(text: str, version: str) -> None:
    assert str(parse(text)) == version


@pytest.mark.parametrize("text", ["", "3", "kk", "v3.0.13.1", "v0.9.0", "3.9", "v3.0.x", "９.1.0"])
def test_no_version(text: str) -> None:
    with pytest.raises(KubekeyVersionUnknown):
        parse(text)


@pytest.mark.parametrize("text", ["v4.0.0", "4.0", "v4.0.6-alpha.5", "v12.0.0"])
def test_kk_4(text: str) -> None:
    with pytest.raises(KubekeyWithoutInstaller) as caught:
        parse(text)
    assert "has no ks-installer" in caught.value.message


def test_releases() -> None:
    assert len(RELEASED) == len(set(RELEASED)) == 48
    assert all(parse(name).released for name in RELEASED)
    assert not parse("v3.1.0-rc.0").released
    assert str(versions.LATEST) == RELEASED[-1]


def test_every_version_has_rules() -> None:
    assert rules.of(parse("v3.0.7")).pull_policy == "Always"
    assert rules.of(parse("v3.0.8-rc.0")).pull_policy == "IfNotPresent"
    assert rules.of(parse("v3.9.9")) == rules.of(versions.LATEST)
    assert [first for first, _ in rules.TABLE] == sorted(first for first, _ in rules.TABLE)


# What the binaries of these versions print (kubekey version/version.go and cmd/…/version).
OUTPUTS = [
    (
        'kk version: &version.Info{Major:"3", Minor:"0", GitVersion:"v3.0.13", GitCommit:"ac75d3e",'
        ' GitTreeState:"clean", BuildDate:"2023-11-01", GoVersion:"go1.19.2", Compiler:"gc"}\n',
        "v3.0.13",
    ),
    ('version.BuildInfo{Version:"v1.2.1", GitCommit:"", GoVersion:"go1.16.10"}\n', "v1.2.1"),
    ('{\n  "kk": {\n    "major": "2",\n    "gitVersion": "v2.3.0"\n  }\n}\n', "v2.3.0"),
    ("kk:\n  gitVersion: v3.1.8\n  goVersion: go1.22\n", "v3.1.8"),
    ("v2.0.1\n", "v2.0.1"),
]


@pytest.mark.parametrize(("text", "version"), OUTPUTS)
def test_output(text: str, version: str) -> None:
    assert str(from_output(text)) == version


class TestBinary:
    def program(self, folder: Path, script: str) -> str:
        path = folder / "kk"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    def test_answer(self, tmp_path: Path) -> None:
        script = f"[ \"$*\" = version ] && cat <<'END'\n{OUTPUTS[0][0]}END"
        assert str(versions.of_binary(self.program(tmp_path, script))) == "v3.0.13"

    @pytest.mark.parametrize(
        ("script", "reason"),
        [
            ("echo hello", "it printed 'hello'"),
            ("exit 1", "it printed 'nothing'"),
            ("yes | head -c 300000", "it printed 'y'"),
            ("printf '\\377\\033[2J'", "it printed"),
        ],
    )
    def test_no_answer(self, tmp_path: Path, script: str, reason: str) -> None:
        with pytest.raises(KubekeyBinaryFailed, match=reason):
            versions.of_binary(self.program(tmp_path, script))

    def test_one_that_hangs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(versions, "PATIENCE", 0.2)
        with pytest.raises(KubekeyBinaryFailed, match="no answer"):
            versions.of_binary(self.program(tmp_path, "exec sleep 60"))

    def test_none(self, tmp_path: Path) -> None:
        with pytest.raises(KubekeyBinaryFailed, match="no such program"):
            versions.of_binary(str(tmp_path / "kk"))
        (tmp_path / "kk").write_text("v3.0.13")
        (tmp_path / "kk").chmod(0o755)
        with pytest.raises(KubekeyBinaryFailed):
            versions.of_binary(str(tmp_path / "kk"))

    def test_kk_4(self, tmp_path: Path) -> None:
        with pytest.raises(KubekeyWithoutInstaller):
            versions.of_binary(self.program(tmp_path, "echo v4.0.1"))
