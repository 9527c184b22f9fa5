"""Render the Dockerfile and its build context from a recipe.

The context is exactly the files named: the Dockerfile and the patched hook, as a dictionary or as
a tar stream. Whatever lies in the working directory stays out.
"""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
from typing import TYPE_CHECKING

import ksimage
from ksimage import resources
from ksimage.errors import UnsupportedImage, UsageError
from ksimage.images import config as image_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.derivation.recipe import Recipe
    from ksimage.images.documents import JsonObject

DOCKERFILE = "Dockerfile"


def render(recipe: Recipe, *, base: str, release: str, platform: str) -> str:
    """The Dockerfile's text.

    Args:
        recipe: what to add.
        base: the pinned base for FROM.
        release, platform: for the comment at the top.

    Raises:
        UsageError: a text that a Dockerfile cannot hold.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(
            [resources.path("templates"), resources.path("Dockerfile.tmpl").parent]
        ),
        undefined=StrictUndefined,
        autoescape=False,  # no HTML; values go through `quoted`
        keep_trailing_newline=False,
    )
    environment.filters["quoted"] = quoted
    text = environment.get_template("Dockerfile.tmpl").render(
        base=_line(base),
        release=_line(release),
        platform=_line(platform),
        version=ksimage.__version__,
        file=recipe.file,
        context_name=context_name(recipe),
        env=recipe.env,
        settings=_settings(recipe.settings),
        labels=recipe.labels,
    )
    # Not splitlines(): it also splits where Dockerfiles do not, so that a label's value with a
    # U+2028 in it would begin an instruction of its own.
    return "\n".join(line.rstrip(" ") for line in text.split("\n")) + "\n"


def _settings(settings: Mapping[str, object]) -> list[str]:
    """Instructions for the run settings of a repaired base. ENTRYPOINT clears CMD: it is first."""
    words = {"Entrypoint": "ENTRYPOINT", "Cmd": "CMD", "User": "USER", "WorkingDir": "WORKDIR"}
    return [
        f"{word} {json.dumps(settings[key]) if isinstance(settings[key], list) else settings[key]}"
        for key, word in words.items()
        if key in settings
    ]


def require_no_triggers(name: str, config: JsonObject) -> None:
    """Refuse a base whose ONBUILD instructions every builder would run for this Dockerfile.

    Args:
        name: the base, for messages.
        config: its parsed config.

    Raises:
        UnsupportedImage
    """
    triggers = image_config.settings(config).get("OnBuild")
    if triggers:
        raise UnsupportedImage(
            name,
            f"it has ONBUILD instructions, which a build would run: {str(triggers)[:120]}",
            advice=["without a Dockerfile nothing is run: --engine direct"],
        )


def context_name(recipe: Recipe) -> str:
    """The hook's name within the context."""
    return posixpath.basename(recipe.file.path)


def context_tar(recipe: Recipe, dockerfile: str) -> bytes:
    """The context as a tar archive: the Dockerfile, and the hook with the mode it is to have."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        files = (
            (DOCKERFILE, dockerfile.encode(), 0o644),
            (context_name(recipe), recipe.file.data, recipe.file.mode),
        )
        for name, content, mode in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = len(content), mode, recipe.file.mtime
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def quoted(value: str) -> str:
    """A Dockerfile word in double quotes: nothing is expanded, nothing ends it early.

    Raises:
        UsageError: control characters, which a Dockerfile cannot hold.
    """
    value = _line(value)
    for character in ("\\", '"', "$"):
        value = value.replace(character, "\\" + character)
    return f'"{value}"'


def _line(value: str) -> str:
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        raise UsageError(
            f"{value[:60]!r} cannot stand in a Dockerfile",
            why="it holds a line break or another control character",
            advice=["--engine direct needs no Dockerfile"],
        )
    return value
