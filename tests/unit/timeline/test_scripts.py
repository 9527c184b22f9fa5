"""The page's JavaScript: readable source, checked without a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support import requires

from ksimage import resources
from ksimage.timeline.page import script

FOLDER = resources.path("templates/timeline")
FILES = sorted(FOLDER.glob("*.js"))
TOP = Path(__file__).parents[3]


def test_there_are_scripts() -> None:
    assert len(FILES) > 10


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_short_and_says_what_it_is_for(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert len(lines) <= 300
    assert lines[0].startswith("// ")
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_is_imported_is_exported(file: Path) -> None:
    text = file.read_text()
    imports = re.findall(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', text, re.MULTILINE)
    assert len(imports) == len(re.findall(r"^\s*import\b", text, re.MULTILINE))
    for names, module in imports:
        source = (FOLDER / f"{module}.js").read_text()
        exported = set(re.findall(r"^export (?:function|const) ([\w$]+)", source, re.MULTILINE))
        assert {name.strip() for name in names.split(",")} <= exported, module


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_text_is_never_parsed_as_html_or_code(file: Path) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc"
    assert not re.search(ways, file.read_text())
    assert not re.search(
        r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(", file.read_text()
    )


def test_every_file_is_part_of_the_page() -> None:
    text = script(FOLDER)
    for file in FILES:
        assert f"const {file.stem}_js = " in text
    assert "import " not in re.sub(r"//.*", "", text)


def test_every_element_that_scripts_ask_for_is_in_the_page() -> None:
    page = (FOLDER / "page.html.j2").read_text()
    for file in FILES:
        for name in re.findall(r'\$\("([\w-]+)"\)', file.read_text()):
            assert f'id="{name}"' in page, f"{file.name}: {name}"


def test_node_can_read_it(tmp_path: Path) -> None:
    node = requires.program("node")
    for name, text in [
        ("page.js", script(FOLDER)),
        *((f.stem + ".mjs", f.read_text()) for f in FILES),
    ]:
        (tmp_path / name).write_text(text)
        checked = subprocess.run([node, "--check", tmp_path / name], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


def test_the_linter_has_nothing_to_say() -> None:
    """With eslint of npm (``npm install --no-save eslint``), by the repository's own rules."""
    local = TOP / "node_modules" / ".bin" / "eslint"
    linter = str(local) if local.exists() else shutil.which("eslint")
    if linter is None:
        pytest.skip("eslint is not installed (npm install --no-save eslint)")
    checked = subprocess.run(
        [linter, "templates/timeline"], cwd=TOP, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
