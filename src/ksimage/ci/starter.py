"""The files that ``ksimage init`` writes: a commented ksimage.yaml, and a CI system's workflow."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import ksimage
from ksimage import resources
from ksimage.ci.detect import System
from ksimage.errors import CannotWrite, FileExists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.config.settings import Settings

CHECKOUT: Final = {"version": "v7.0.1", "sha": "3d3c42e5aac5ba805825da76410c181273ba90b1"}
"""The one foreign action that the GitHub workflow uses, pinned by commit."""
EXAMPLE_SOURCE: Final = "harbor.example.com/kubesphereio"
WHEELS: Final = ".github/wheels"
"""Where the GitHub workflow takes ksimage from, unless it is told otherwise."""
DEFAULT_RUNNER: Final = "ubuntu-24.04"
WORKFLOWS: Final = {
    System.GITHUB: (PurePosixPath(".github/workflows/ksimage.yml"), "ci/github.yml.j2"),
    System.GITLAB: (PurePosixPath(".gitlab-ci.yml"), "ci/gitlab.yml.j2"),
}


def files(
    settings: Settings,
    system: System = System.PLAIN,
    *,
    runner: str = DEFAULT_RUNNER,
    image: str = "",
    requirement: str = "",
    action: str = "",
    branch: str = "main",
) -> dict[PurePosixPath, str]:
    """The starter files' texts by path.

    Args:
        settings: what was given by flags and variables goes into ksimage.yaml.
        system: PLAIN for ksimage.yaml alone.
        runner: label of the GitHub runner.
        image: image of ksimage for GitLab's jobs; by default in the target's registry.
        requirement: what pip installs on GitHub's runner; by default this very version, from wheels
            that lie beside the workflow and from nowhere else: the name in an index is anybody's.
        action: ksimage's own action at a commit, instead: ``OWNER/ksimage@COMMIT``.
        branch: pushes to it start the GitHub workflow.
    """
    source = settings.source if str(settings.origins["source"]) != "default" else EXAMPLE_SOURCE
    target = settings.target or EXAMPLE_SOURCE
    found = {
        PurePosixPath("ksimage.yaml"): _render(
            "ksimage.yaml.j2",
            {
                "source": source,
                "target": target,
                "releases": [choice.pattern for choice in settings.releases] or ["v3.3.2"],
                "verbosity": settings.verbosity,
                "tag": settings.tag,
            },
        )
    }
    if system in WORKFLOWS:
        path, template = WORKFLOWS[system]
        registry = target.partition("/")[0]
        values = {
            "checkout": CHECKOUT,
            "cron": _cron(target),
            "branch": branch,
            "runner": runner,
            "requirement": requirement or f"ksimage=={ksimage.__version__}",
            "beside": "" if requirement else WHEELS,
            "action": action,
            "image": image or f"{registry}/tools/ksimage:{ksimage.__version__}",
        }
        found[path] = _render(template, values)
    return found


def write(found: Mapping[PurePosixPath, str], folder: Path, *, force: bool = False) -> list[Path]:
    """Write the files below ``folder``. Nothing is written when one of them exists.

    Raises:
        FileExists: a file is there already, and ``force`` is not given.
        CannotWrite: the system refuses.
    """
    paths = {folder / relative: text for relative, text in found.items()}
    existing = [path for path in paths if path.exists() or path.is_symlink()]
    if existing and not force:
        raise FileExists([str(path) for path in existing])
    for path, text in paths.items():
        _write(path, text)
    return list(paths)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CannotWrite(path, error) from error


def _cron(target: str) -> str:
    """Weekly on Monday night, at a minute of its own: full hours are crowded on hosted runners."""
    return f"{zlib.crc32(target.encode()) % 50 + 7} 3 * * 1"


def _render(name: str, values: Mapping[str, object]) -> str:
    """Render with delimiters that neither GitHub's expressions nor a shell use."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(resources.path("templates")),
        undefined=StrictUndefined,
        autoescape=False,  # YAML, not HTML; every text goes through `scalar`
        variable_start_string="[=",
        variable_end_string="=]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        keep_trailing_newline=True,
    )
    environment.filters["scalar"] = _scalar
    return environment.get_template(name).render(values)


def _scalar(text: str) -> str:
    """A YAML scalar: plain where no reader could take it for anything but text, else quoted."""
    plain = re.fullmatch(r"[a-z][a-z0-9]*(?:[./:-][a-z0-9]+)+", text)
    return text if plain else json.dumps(text, ensure_ascii=False)
