"""What the documents say is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ksimage.cli.app import COMMANDS
from tests.support import command_pages, exit_code_page
from tests.support.command_pages import commands, options

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text()
CHINESE = (TOP / "README.zh-CN.md").read_text()


def test_the_page_of_commands_is_up_to_date() -> None:
    assert command_pages.PAGE.read_text() == command_pages.page(), "run: make docs"


def test_the_page_of_exit_codes_is_up_to_date() -> None:
    assert exit_code_page.PAGE.read_text() == exit_code_page.page(), "run: make docs"


def test_every_kind_of_error_has_a_code_and_a_sentence() -> None:
    found = list(exit_code_page.errors())
    assert len({exit_code_page.kind(error) for error in found}) == len(found)
    for error in found:
        assert 2 <= error.exit_code < 64, error
        assert len(exit_code_page.summary(error)) > 10, error


def test_every_command_and_option_is_on_it() -> None:
    page = command_pages.PAGE.read_text()
    for name, command in commands():
        section = page.partition(f"# {name}\n")[2].partition("\n#")[0]
        assert section, name
        for option in options(command):
            for spelling in (*option.opts, *option.secondary_opts):
                assert f"`{spelling}" in section or f", {spelling}" in section, (name, spelling)
            assert option.help, (name, option.opts)


@pytest.mark.parametrize("readme", [README, CHINESE], ids=["README.md", "README.zh-CN.md"])
def test_the_table_of_commands_is_the_programs(readme: str) -> None:
    rows = re.findall(r"^\| `ksimage ([a-z-]+)` \| (.+) \|$", readme, re.MULTILINE)
    assert [name for name, _ in rows] == list(COMMANDS)
    if readme is README:
        assert dict(rows) == {name: text for name, (_, text) in COMMANDS.items()}


def test_help_lines_are_the_commands_own() -> None:
    for name, command in commands():
        top = name.removeprefix("ksimage ")
        if top in COMMANDS:
            assert command.short_help == COMMANDS[top][1], name


@pytest.mark.parametrize(
    "document", sorted(TOP.glob("*.md")) + sorted((TOP / "docs").glob("*.md")), ids=lambda p: p.name
)
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target or not path:
            continue
        found = document.parent / path
        assert found.exists(), f"{document.name}: {target}"
        if anchor and found.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor in anchors, f"{document.name}: {target}"


@pytest.mark.parametrize("name", ["make demo", "make test"])
def test_the_two_commands_are_in_the_makefile(name: str) -> None:
    assert f"\n{name.partition(' ')[2]}:" in (TOP / "Makefile").read_text()
    assert name in README
    assert name in CHINESE


def test_options_in_the_readme_exist() -> None:
    known = {
        spelling
        for _, command in commands()
        for param in command.params
        for spelling in (*param.opts, *param.secondary_opts)
    } | {"--help", "--version"}
    blocks = "\n".join(re.findall(r"```(?:console|sh)\n(.*?)```", README, re.DOTALL))
    used = {
        word.partition("=")[0]
        for line in re.sub(r"\\\n", " ", blocks).splitlines()
        if re.match(r"(\$ )?ksimage ", line)
        for word in line.split()
        if word.startswith("--")
    }
    assert used
    assert used <= known


def test_tests_named_by_the_page_on_kubekey_exist() -> None:
    page = (TOP / "docs" / "kubekey.md").read_text()
    named = set(re.findall(r"`((?:test_|Test)\w+)`", page))
    sources = "".join(path.read_text() for path in (TOP / "tests").rglob("test_*.py"))
    missing = {
        name for name in named if f"def {name}(" not in sources and f"class {name}" not in sources
    }
    assert len(named) > 8
    assert not missing


def _blocks(text: str) -> list[str]:
    """The commands of console blocks: what follows the $, without comments."""
    found = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    lines = [line for block in found for line in block.splitlines() if line.startswith("$ ")]
    return [line.partition("  #")[0].rstrip() for line in lines]


def _firsts(text: str) -> list[list[str]]:
    """Of each table, the code in its first column."""
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [re.findall(r"^\| (`[^`]+`) \|", table, re.MULTILINE) for table in tables]


def test_both_readmes_tell_the_same() -> None:
    """Same sections in number, same commands, same tables, same links, in the same order."""
    assert _blocks(CHINESE) == _blocks(README)
    assert _firsts(CHINESE) == _firsts(README)
    for pattern in (r"^## ", r"^```", r"^    make "):
        counts = [len(re.findall(pattern, text, re.MULTILINE)) for text in (README, CHINESE)]
        assert counts[0] == counts[1], pattern
    links = [re.findall(r"\]\(([^)]+)\)", text) for text in (README, CHINESE)]
    other = {"README.md", "README.zh-CN.md"}
    assert [x for x in links[0] if x not in other] == [x for x in links[1] if x not in other]
    rows = [len(re.findall(r"^\|", text, re.MULTILINE)) for text in (README, CHINESE)]
    assert rows[0] == rows[1]


def test_replace_says_the_same_of_archives_wherever_it_is_told() -> None:
    from ksimage.errors import TagOccupied

    sentence = "replaced whole, and nothing of it is kept"
    (advice, *_) = TagOccupied("oci-archive:a.tar", "sha256:x", "it", "").advice
    page = " ".join(command_pages.PAGE.read_text().split())
    for text in (" ".join(README.split()), page, advice):
        assert sentence in text
    assert "其中的内容不保留" in CHINESE


def test_the_bound_on_a_layer_is_documented() -> None:
    from ksimage.images import compression

    for text in (README, CHINESE):
        assert compression.VARIABLE in text
        assert f"{compression.BOUND >> 30} GiB" in text
