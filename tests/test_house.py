"""The house keeps its shape: rooms, sizes, names. The arrows between rooms: import-linter."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
SOURCE = TOP / "src" / "ksimage"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "_data" not in path.parts)
ROOMS = sorted({path.parent for path in MODULES} - {SOURCE})

MIRRORED = ("cli", "locations/registry", "events", "redact", "timeline", "cluster", "bundle")
"""Rooms whose every module has a test file of its name."""


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_the_root_holds_entry_and_ground_only() -> None:
    loose = [path.name for path in SOURCE.glob("*.py")]
    assert len(loose) <= 8, loose


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_a_room_says_what_belongs_there_and_its_words(room: Path) -> None:
    doc = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
    assert len(doc) > 40
    assert re.search(r"\*[a-z ]+\*|[Ww]ords are", doc), "its words, and what they mean"


def test_no_file_is_too_long_to_hold_in_the_head() -> None:
    assert [name(p) for p in MODULES if len(p.read_text().splitlines()) > 300] == []


def test_no_room_is_too_large_to_know() -> None:
    lines: dict[Path, int] = defaultdict(int)
    for path in MODULES:
        lines[path.parent] += len(path.read_text().splitlines())
    assert {name(room): count for room, count in lines.items() if count > 2000} == {}


def test_modules_are_named_by_nouns() -> None:
    participle = re.compile(r"(?<!^)(ed|ing)$")
    known = {
        "feed",
        "listing",
        "meaning",
        "naming",
        "packing",
        "staging",
        "waiting",
    }  # nouns of the field
    known.add("unified")  # the name of a format of diffs
    words = [path for path in MODULES if participle.search(path.stem)]
    assert [name(p) for p in words if p.stem not in known] == []
    assert [name(r) for r in ROOMS if participle.search(r.name) and r.name != "patching"] == []


@pytest.mark.parametrize("room", MIRRORED)
def test_a_module_has_a_test_file_of_its_name(room: str) -> None:
    tests = TOP / "tests" / "unit"
    missing = [
        name(path)
        for path in MODULES
        if name(path).startswith(f"{room}/") and path.stem != "__init__"
        if not (tests / path.relative_to(SOURCE).parent / f"test_{path.stem}.py").exists()
    ]
    assert missing == []


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name(path))
    assert {cls: found for cls, found in places.items() if len(found) > 1} == {}


def test_any_is_rare_and_each_has_its_reason() -> None:
    """A reason is a comment on the line or on the one above."""
    found, bare = [], []
    for path in MODULES:
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            code, _, comment = line.partition("#")
            if re.search(r"\bAny\b(?! [a-z])", code) and not re.search(r"\bimport\b", code):
                place = f"{name(path)}:{number + 1}"
                found.append(place)
                if not comment and not lines[number - 1].lstrip().startswith("#"):
                    bare.append(place)
    assert len(found) <= 20, (len(found), found)
    assert bare == []
