"""docs/json.md against the program: every document has the keys that are written there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived, kubekey
from tests.support.images import Recipe
from tests.support.program import REPOSITORY, ksimage
from tests.support.registry import RunningRegistry
from tests.support.story import Story

PAGE = (REPOSITORY / "docs" / "json.md").read_text()
DOCUMENTED = {
    name: json.loads(text)
    for name, text in re.findall(r"<!-- (.+?) -->\n```json\n(.+?)```", PAGE, re.DOTALL)
}
# Maps whose keys are data: platforms, patches, settings.
MAPS = {"image_ids", "offsets", "settings"}
OPTIONAL = {"offset", "kind", "reason"}
CONFIG = REPOSITORY / "tests/unit/upstream/kubekey/configs/harbor-airgap.yaml"


def differences(written: Any, documented: Any, where: str = "") -> list[str]:
    """Keys that only one side has; what is null on either side has no keys to compare."""
    if isinstance(written, dict) and isinstance(documented, dict):
        if where.rpartition(".")[2] in MAPS:
            return differences([*written.values()], [*documented.values()], where)
        if not documented or not written:
            return []
        odd = [f"{where}.{key}" for key in (written.keys() ^ documented.keys()) - OPTIONAL]
        for key in written.keys() & documented.keys():
            odd += differences(written[key], documented[key], f"{where}.{key}")
        return odd
    if isinstance(written, list) and isinstance(documented, list):
        example = documented[0] if documented else None
        found = {text for one in written for text in differences(one, example, f"{where}[]")}
        return sorted(found)
    return []


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    recipes = (Recipe(), Recipe(architecture="arm64"))
    return derived.base(tmp_path_factory.mktemp("base") / "image", *recipes)


@pytest.fixture(scope="module")
def built(base: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    cwd = tmp_path_factory.mktemp("built")
    to = f"oci:{cwd / 'out'}:v3.3.2-debug"
    ksimage("build", "v3.3.2", "--from", base, "--to", to, cwd=cwd).ok()
    return to


def document(*arguments: str, cwd: Path, code: int = 0) -> dict[str, Any]:
    finished = ksimage(*arguments, "--output", "json", cwd=cwd)
    assert finished.code == code, finished.stderr
    return finished.document


def compare(name: str, written: dict[str, Any]) -> None:
    documented = DOCUMENTED[name]
    assert written["schema"] == documented["schema"]
    assert differences(written, documented) == []


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("error", "build v3.3.9", 4),
        ("build", "build v3.3.2 --verbose --from BASE --to oci:out", 0),
        ("build --dry-run", "build v3.3.2 --verbose --from BASE --dry-run", 0),
        ("builds", "build v3.3.2 v3.4.1 --from BASE --to oci:out", 0),
        ("verify", "verify BUILT", 20),
        ("verify", "verify BUILT --base BASE", 0),
        ("verify", "verify BASE", 6),
        ("diff", "diff v3.3.2 --from BASE", 0),
        ("render", "render v3.3.2 --from BASE -o context", 0),
        ("render", "render v3.3.2 --from BASE -o hook --as configmap", 0),
        ("inspect", "inspect BUILT", 0),
        ("inspect", "inspect BASE", 0),
        ("kubekey", "kubekey CONFIG --kk-version v3.0.13", 0),
        ("kubekey", "kubekey CONFIG --kk-version v1.2.2", 0),
        ("patches list", "patches list", 0),
        ("patches show", "patches show unquiet", 0),
        ("patches check", "patches check --release v3.3.2 --from BASE", 0),
        ("patches new",
         "patches new mine --release v3.3.2 --from BASE --edited hook.py --description x", 0),
        ("releases", "releases", 0),
        ("matrix", "matrix v3.3.2 --from BASE --target harbor.lan/x", 0),
        ("reproduce", "reproduce BUILT --base BASE", 0),
        ("timeline", "timeline RESULTS", 0),
        ("timeline of two", "timeline RESULTS RESULTS", 0),
        ("init", "init", 0),
        ("config", "config", 0),
        ("version", "version", 0),
        ("collect", "collect RESULTS -o bundle.tar.gz", 0),
    ],
)  # fmt: skip
def test_keys(base: str, built: str, tmp_path: Path, name: str, arguments: str, code: int) -> None:
    (tmp_path / "hook.py").write_bytes(derived.HOOK + b"# more\n")
    if "RESULTS" in arguments:
        Story(tmp_path / "results")
        (tmp_path / "results/common/common/job_events/999-x.json").write_text("{")
    places = {"BASE": base, "BUILT": built, "RESULTS": "./results", "CONFIG": str(CONFIG)}
    words = [places.get(word, word) for word in arguments.split()]
    compare(name, document(*words, cwd=tmp_path, code=code))


def test_refreshed_patch(base: str, tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_bytes(derived.HOOK + b"# more\n")
    hooks = ("--release", "v3.3.2", "--from", base)
    edited = ("--edited", "hook.py", "--description", "x")
    ksimage("patches", "new", "mine", *hooks, *edited, cwd=tmp_path).ok()
    compare("patches refresh", document("patches", "refresh", "mine.patch", *hooks, cwd=tmp_path))


def test_registry_documents(
    base: str, built: str, tmp_path: Path, registry: RunningRegistry
) -> None:
    project = f"{registry.address}/json"
    pushed = document("push", built, "--to", project, cwd=tmp_path)
    compare("push", pushed)
    compare("inspect", document("inspect", pushed["result"]["location"], cwd=tmp_path))
    where = ("--from", base, "--target", project)
    checked = document("check", "v3.3.2", *where, cwd=tmp_path, code=0)
    compare("check", checked)


def test_what_was_put_back_in_kks_folder(tmp_path: Path) -> None:
    kubekey.folder(tmp_path / "kubekey")
    place = "kubekey:kubekey"
    build = ("build", "v3.3.2", "--from", place, "--to", place, "--tag", "v3.3.2", "--replace")
    ksimage(*build, cwd=tmp_path).ok()
    compare("kubekey --undo", document("kubekey", "--undo", "kubekey", cwd=tmp_path))


def test_several_with_a_failure_among_them(base: str, tmp_path: Path) -> None:
    finished = ksimage(
        "build", "v3.3.2", "v2.1.1", "--from", base, "--to", "oci:out", "--output", "json",
        cwd=tmp_path,
    )  # fmt: skip
    assert finished.code != 0
    compare("builds" if "builds" in finished.document else "error", finished.document)


def test_every_example_is_compared() -> None:
    (mark,) = test_keys.pytestmark  # type: ignore[attr-defined]
    compared = {case[0] for case in mark.args[1]}
    others = {"patches refresh", "push", "check", "kubekey --undo"}
    clusters = {"rollout", "status"}  # tests/e2e/test_cluster_documents.py
    assert set(DOCUMENTED) == compared | others | clusters


def test_comparison_finds_what_differs() -> None:
    """The test of the test."""
    documented = {"a": [{"b": 1}], "image_ids": {"x": "y"}}
    assert differences({"a": [{"b": 1}], "image_ids": {"z": ""}}, documented) == []
    assert differences({"a": [{"b": 1}, {"c": 1}], "image_ids": {}}, documented) == [
        ".a[].b", ".a[].c",
    ]  # fmt: skip
    assert differences({"a": []}, documented) == [".image_ids"]


def test_words_are_those_of_the_program() -> None:
    from ksimage.build import outcome, staleness
    from ksimage.hook import matrix as patches
    from ksimage.inspection import identity as image_identity

    words = {
        state.value
        for kind in (outcome.Ending, staleness.Staleness, image_identity.Origin)
        for state in kind
    }
    words |= {patches.APPLIES, patches.OFFSET, patches.EXCLUDED, patches.REFUSED}
    for word in words:
        assert f"`{word}`" in PAGE, word
