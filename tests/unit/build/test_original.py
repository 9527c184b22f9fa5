"""Building over the base's own tag, again and again: KubeKey deploys that tag and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import ImageStore, Recipe

from ksimage.errors import BasePatched

ENDS = {"oci": Recipe(family="oci"), "docker": Recipe()}


@pytest.mark.parametrize("family", ENDS)
@pytest.mark.parametrize("platforms", [1, 2])
def test_again_and_again(tmp_path: Path, family: str, platforms: int) -> None:
    one = ENDS[family]
    recipes = [one, Recipe(family=one.family, architecture="arm64")][:platforms]
    source = derived.base(tmp_path, *recipes)
    to = f"{source}:v3.3.2"
    with derived.planned(source) as plan:
        first = derived.publish_plan(plan, to, overwrite=True)
    assert first.kept == f"{to}-orig"
    with derived.planned(source) as plan:
        assert str(plan.location) == f"{to}-orig"
        again = derived.publish_plan(plan, to)
    assert again.up_to_date and again.top.digest == first.top.digest
    with derived.planned(source, verbosity=5) as plan:
        third = derived.publish_plan(plan, to, overwrite=True)
    assert (third.kept, third.replaced) == (None, first.top.digest)


def test_pushed_over_in_between(tmp_path: Path) -> None:
    """The first original is not the base of what is built of the second."""
    source = derived.base(tmp_path)
    to = f"{source}:v3.3.2"
    with derived.planned(source) as plan:
        derived.publish_plan(plan, to, overwrite=True)
    store = ImageStore(tmp_path)
    pushed = store.tag(store.image(Recipe(hook=derived.HOOK, labels={"by": "kk"})), "v3.3.2")
    with derived.planned(source) as plan:
        assert plan.base.top.digest == pushed
        done = derived.publish_plan(plan, to, overwrite=True)
    assert done.kept == f"{to}-orig-2"
    with derived.planned(source) as plan:
        assert plan.base.top.digest == pushed
        assert derived.publish_plan(plan, to).up_to_date


def test_a_build_under_another_tag_is_what_it_is(tmp_path: Path) -> None:
    """Who names one as the base means it."""
    source = derived.base(tmp_path)
    with derived.planned(source) as plan:
        derived.publish_plan(plan, f"{source}:v3.3.2-debug")
    with pytest.raises(BasePatched), derived.planned(source, f"{source}:v3.3.2-debug"):
        pytest.fail("it was not taken as the base")
