"""Bases with a hook that the shipped patches fit, and builds of them in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ksimage.build import make
from ksimage.build import plan as planning
from ksimage.build.outcome import Destination
from ksimage.build.plan import Plan
from ksimage.config.settings import Settings
from ksimage.locations import access, spec
from ksimage.locations.protocol import Source
from ksimage.publish.publish import Published, publish
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK

HOOK = MINIATURE_HOOK.read_bytes()


def base(path: Path, *recipes: Recipe, ref: str = "v3.3.2", attestations: bool = False) -> str:
    """A layout of these recipes with the miniature hook; its location."""
    chosen = recipes or (Recipe(),)
    layout(path, *(replace(r, hook=HOOK) for r in chosen), ref=ref, attestations=attestations)
    return f"oci:{path}"


_PLANS = ("epoch", "platforms", "base_digest", "soundness", "statement")


@contextmanager
def planned(source: str, what: str = "v3.3.2", **options: Any) -> Iterator[Plan]:
    """A plan over ``source``; options are settings, or those of ``build.plan``."""
    own = {key: options.pop(key) for key in _PLANS if key in options}
    found = planning.plan(what, Settings(source=source, **options), options=lambda _: None, **own)
    try:
        yield found
    finally:
        found.source.close()


def destination(text: str) -> Destination:
    return Destination("direct", spec.parse(text), "the test says so")


def publish_plan(plan: Plan, to: str, **options: Any) -> Published:
    """Make, prove and publish with the direct engine."""
    return make.make(plan, destination(to), **options).published


def opened(text: str) -> Source:
    return access.open_source(spec.parse(text))


def copied(source: Source, to: str, **options: Any) -> Published:
    return publish(source, spec.parse(to), **options)
