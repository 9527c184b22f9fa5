"""How an error is met: a folder, what stands around it, and a command that ends in the error."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.support import derived
from tests.support.images import Recipe
from tests.unit.cli.own_patches import patch

Words = tuple[str, ...]

PROJECT = "ADVICE_PROJECT"
"""The variable that names a registry's project, new for every line of advice."""


@dataclass
class Place:
    """What stands around a situation's folder, for its ``prepare``.

    Attributes:
        env: changes to the environment, undone after the test.
        running: what the situation needs (``needs``), started.
        login: user name and password that are right here.
    """

    env: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)
    running: Any = None
    login: tuple[str, str] = ("", "")


place = Place()


@dataclass(frozen=True)
class Situation:
    """How an error is met.

    Attributes:
        kind: the error's, as in JSON.
        prepare: fills a folder and gives the command to type there.
        sentences: lines of advice, by a part of them, that ask a person to do or decide something.
        places: what stands for the placeholders of the advice, here.
        name: of the situation itself.
        registry: whether it needs one: a project of its own, which PROJECT names.
        cured: whether the first command succeeds after a line of the advice.
        needs: the fixture that gives ``place.running``.
        edit: what somebody does in the folder who is told to edit a file.
        after: whether the advice is for what the error left, and the command is run before it.
    """

    kind: str
    prepare: Callable[[Path], Words]
    sentences: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    registry: bool = False
    cured: bool = False
    needs: str = ""
    edit: Callable[[Path], object] | None = None
    after: bool = False


SITUATIONS: list[Situation] = []
BUILD = ("build", "v3.3.2", "--from", "oci:image", "--to", "oci:out")
CHECK = ("check", "v3.3.2", "--from", "oci:image", "--target", "127.0.0.1:1/p")


def situation(
    kind: str,
    *sentences: str,
    places: Mapping[str, str] = MappingProxyType({}),
    registry: bool = False,
    cured: bool = False,
    needs: str = "",
    edit: Callable[[Path], object] | None = None,
    after: bool = False,
) -> Callable[[Callable[[Path], Words]], Callable[[Path], Words]]:
    """Register a function as the way into an error; ``places`` are the placeholders' values."""

    def register(prepare: Callable[[Path], Words]) -> Callable[[Path], Words]:
        name = prepare.__name__
        SITUATIONS.append(
            Situation(kind, prepare, sentences, places, name, registry, cured, needs, edit, after)
        )
        return prepare

    return register


def image(folder: Path, *recipes: Recipe, ref: str = "v3.3.2", name: str = "image") -> None:
    """A base that the shipped patches fit, as ``oci:image``."""
    derived.base(folder / name, *recipes, ref=ref)


def own(folder: Path, before: bytes, after: bytes, name: str = "own", more: str = "") -> None:
    """``own.patch``, made for the miniature hook."""
    (folder / f"{name}.patch").write_bytes(patch(name, before=before, after=after, more=more))


def stocked(folder: Path) -> str:
    """A project with the base in it."""
    image(folder)
    project = os.environ[PROJECT]
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, f"{project}/ks-installer:v3.3.2")
    return project


def known(name: str) -> None:
    """Let a host's name lead here, for this process alone."""
    real = socket.getaddrinfo

    def found(host: str, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host == name else host, *rest, **more)

    place.env.setattr(socket, "getaddrinfo", found)
    place.env.setenv("NO_PROXY", name)


def program(folder: Path, name: str, code: str) -> Path:
    """A program for a shell."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)
    return path
