"""Configurations of shapes that people use, and what every kk does with each of them.

The answers lie beside them, for ranges of versions that agree. ``KSIMAGE_UPDATE=1`` writes them
anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from ksimage.upstream.kubekey import answers, config, versions
from ksimage.upstream.kubekey.config import Configuration
from ksimage.upstream.kubekey.model import Circumstances

FOLDER = Path(__file__).parent / "configs"
CONFIGS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ZONES = {"aliyun": "cn", "multinode-v1alpha1-private": "cn"}
NAMESPACES = {"namespace-rewrite": "kubesphere", "registry-path": "kubesphereio"}


@cache
def parsed(name: str) -> Configuration:
    path = FOLDER / f"{name}.yaml"
    return config.parse(path.read_bytes(), path.name)


def told(name: str, version: str) -> dict[str, list[str]]:
    """The answers by subject, in a form that shows whether anything changed."""
    circumstances = Circumstances(
        versions.parse(version), ZONES.get(name, ""), NAMESPACES.get(name, "")
    )
    result = answers.answer(parsed(name), circumstances)
    subjects = {statement.key: [statement.text] for statement in result.answers}
    del subjects["wait"], subjects["pull"]  # they depend on the version alone
    subjects["edits"] = [
        f"{change.line}: {change.before.strip()} -> {(change.after or 'gone').strip()}"
        for change in result.changes
    ]
    subjects["warnings"] = list(result.warnings)
    return {
        key: [line.replace(f"kk {version}", "kk") for line in lines] or ["none"]
        for key, lines in subjects.items()
    }


def golden(name: str) -> str:
    """By subject, the versions that agree and what they do."""
    of_version = {version: told(name, version) for version in versions.RELEASED}
    keys = dict.fromkeys(key for subjects in of_version.values() for key in subjects)
    parts = []
    for key in keys:
        parts.append(f"{key}\n")
        for lines, group in groupby(of_version, key=lambda v: of_version[v].get(key, ["nothing"])):
            agreeing = list(group)
            until = f" to {agreeing[-1]}" if len(agreeing) > 1 else ""
            parts += [f"  {agreeing[0]}{until}\n", *(f"    {line}\n" for line in lines)]
    return "".join(parts)


@pytest.mark.parametrize("name", CONFIGS)
def test_answers(name: str) -> None:
    path = FOLDER / f"{name}.txt"
    found = golden(name)
    if os.environ.get("KSIMAGE_UPDATE") == "1":
        path.write_text(found)
    assert found == path.read_text()


def test_there_are_many() -> None:
    assert len(CONFIGS) >= 25
