"""Bases that no installer would run in: refused, and with --repair made whole, provably."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import Entry, ImageStore, Recipe, Step, docker_archive
from tests.support.program import ksimage

from ksimage.build import reproduce
from ksimage.config.settings import Settings
from ksimage.errors import BaseBroken, ProofFailed
from ksimage.inspection import proofs
from ksimage.locations import spec
from ksimage.locations.oci.layout import LayoutSource

COMMITTED = {"Entrypoint": ["sh"], "Cmd": None, "User": "", "WorkingDir": ""}
"""What `docker commit` of a container started with --entrypoint sh and -u 0 has."""


class Broken(Recipe):
    """The usual image, with other run settings or one more layer."""

    changes: dict[str, Any] = COMMITTED
    more: tuple[Step, ...] = ()

    def config(self) -> dict[str, Any]:
        return {**super().config(), **self.changes}

    def steps(self) -> list[Step]:
        return [*super().steps(), *self.more]


def committed(path: Path, **fields: Any) -> str:
    recipes = [Broken(architecture=name, **fields) for name in ("amd64", "arm64")]
    return derived.base(path, *recipes)


def test_refused_with_all_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(BaseBroken) as caught, derived.planned(committed(tmp_path / "base")):
        pass
    lines = caught.value.why.splitlines()
    assert [line.split()[1] for line in lines] == ["entrypoint", "user", "working"]
    assert "--repair" in caught.value.advice[0]
    assert caught.value.exit_code == 11


def test_the_advice_leads_to_an_image_that_is_proven(tmp_path: Path) -> None:
    source = committed(tmp_path / "base", hook_mode=0o644)
    build = ("build", "v3.3.2", "--from", source, "--to", "oci:out", "--output", "json")
    refused = ksimage(*build, cwd=tmp_path)
    assert refused.code == 11 and refused.document["error"]["kind"] == "base-broken"
    made = ksimage(*build, "--repair", cwd=tmp_path).ok()
    assert "repaired: its entrypoint" in made.stderr
    labels = _config(tmp_path / "out")["config"]["Labels"]
    assert labels["io.ksimage.repaired"] == "entrypoint user workdir mode"

    verified = ksimage(
        "verify", "oci:out:v3.3.2-debug", "--base", f"{source}:v3.3.2", cwd=tmp_path
    ).ok()
    assert "repaired: entrypoint, user, workdir, mode" in verified.stderr
    inspected = ksimage("inspect", "oci:out:v3.3.2-debug", "--output", "json", cwd=tmp_path).ok()
    for platform in inspected.document["platforms"]:
        assert (platform["entrypoint"], platform["cmd"]) == (["/shell-operator"], ["start"])
        assert platform["user"] == "kubesphere"
        assert platform["run_settings_lost"] == []


def test_without_the_label_the_difference_is_a_failed_proof(tmp_path: Path) -> None:
    source = committed(tmp_path / "base")
    with derived.planned(source, soundness="repair") as plan:
        told = [
            p.recipe._replace(
                labels={k: v for k, v in p.recipe.labels.items() if "repair" not in k}
            )
            for p in plan.platforms
        ]
        platforms = tuple(p._replace(recipe=r) for p, r in zip(plan.platforms, told, strict=True))
        with pytest.raises(ProofFailed):
            derived.publish_plan(plan._replace(platforms=platforms), f"oci:{tmp_path / 'out'}:x")


def test_reproduced_from_its_labels(tmp_path: Path) -> None:
    source = committed(tmp_path / "base")
    to = f"oci:{tmp_path / 'out'}:v3.3.2-debug"
    with derived.planned(source, soundness="repair") as plan:
        derived.publish_plan(plan, to)
    found = reproduce.reproduce(
        spec.parse(to),
        Settings(),
        options=lambda _: None,
        base_location=spec.parse(f"{source}:v3.3.2"),
    )
    assert found, found.differences


def test_a_sound_base_is_left_alone(tmp_path: Path) -> None:
    source = derived.base(tmp_path)
    with derived.planned(source) as plain, derived.planned(source, soundness="repair") as repaired:
        assert plain.platforms[0].recipe == repaired.platforms[0].recipe


@pytest.mark.parametrize("soundness", ["require", "repair"])
def test_what_no_repair_helps_against(tmp_path: Path, soundness: str) -> None:
    class Second(Broken):
        changes: dict[str, Any] = {}  # noqa: RUF012
        more = (Step("ADD x /app # buildkit", (Entry("hooks/second.sh", b"", 0o755),)),)

    source = derived.base(tmp_path / "base", Second())
    with pytest.raises(BaseBroken) as caught, derived.planned(source, soundness=soundness):
        pass
    assert "/hooks/second.sh" in caught.value.why
    assert not any("--repair" in line for line in caught.value.advice)


def test_a_second_hook_below_is_seen_where_the_history_names_its_place(tmp_path: Path) -> None:
    class Below(Broken):
        changes: dict[str, Any] = {}  # noqa: RUF012

        def steps(self) -> list[Step]:
            more = Step("COPY x /hooks/ # buildkit", (Entry("hooks/second.sh", b"", 0o755),))
            first, *rest = super().steps()
            return [first, more, *rest]

    source = derived.base(tmp_path / "base", Below())
    with pytest.raises(BaseBroken) as caught, derived.planned(source):
        pass
    assert "/hooks/second.sh" in caught.value.why


def test_the_proof_says_how_many_layers_were_looked_into(tmp_path: Path) -> None:
    source = derived.base(tmp_path / "base")
    words = ("build", "v3.3.2", "--from", source, "--to", "oci:out", "-v")
    done = ksimage(*words, cwd=tmp_path).ok()
    assert re.search(r"no other executable below /hooks in the \d+ of \d+ layers", done.stderr)
    told = ksimage("verify", "oci:out:v3.3.2-debug", "--base", source, "-v", cwd=tmp_path).ok()
    assert "no other executable below /hooks in any layer" in told.stderr


def test_verify_finds_a_second_hook_wherever_it_is(tmp_path: Path) -> None:
    """Below the layer that a build reads to; `verify` reads on."""

    class Below(Broken):
        changes: dict[str, Any] = {}  # noqa: RUF012

        def steps(self) -> list[Step]:
            return [Step("ADD x /", (Entry("hooks/second.sh", b"", 0o755),)), *super().steps()]

    source = derived.base(tmp_path / "base", Below())
    with derived.planned(source) as plan:
        derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:v3.3.2-debug")
    verdict = proofs.verify(LayoutSource(tmp_path / "out", "v3.3.2-debug"))
    assert any("second.sh" in text for text in verdict.failures)


def test_diff_shows_what_the_patches_do_all_the_same(tmp_path: Path) -> None:
    source = committed(tmp_path / "base")
    assert "+" in ksimage("diff", "v3.3.2", "--from", source, cwd=tmp_path).ok().stdout


def test_rendered_with_what_is_given_back(tmp_path: Path) -> None:
    source = committed(tmp_path / "base")
    ksimage(
        "render", "v3.3.2", "--from", source, "--platform", "linux/amd64", "--repair",
        "-o", "context", cwd=tmp_path,
    ).ok()  # fmt: skip
    lines = (tmp_path / "context" / "Dockerfile").read_text().splitlines()
    assert lines[2:6] == [
        'ENTRYPOINT ["/shell-operator"]', 'CMD ["start"]', "USER kubesphere", "WORKDIR /kubesphere",
    ]  # fmt: skip


def test_no_base_digest_where_the_base_has_no_manifest(tmp_path: Path) -> None:
    """What `docker save` writes has none; the one that is made up to read it names nothing."""
    derived.base(tmp_path / "base")
    top = LayoutSource(tmp_path / "base", "v3.3.2").top()
    docker_archive(ImageStore(tmp_path / "base"), top.digest, tmp_path / "base.tar")
    for source, named in ((f"docker-archive:{tmp_path}/base.tar", False), ("oci:base", True)):
        location = f"oci:{tmp_path}/base" if named else source
        with derived.planned(location) as plan:
            said = {**plan.platforms[0].recipe.labels, **plan.index_annotations()}
            assert ("org.opencontainers.image.base.digest" in said) is named


def _config(path: Path) -> dict[str, Any]:
    store = ImageStore(path)
    index = store.json(LayoutSource(path, "v3.3.2-debug").top().digest)
    return store.json(store.json(index["manifests"][0]["digest"])["config"]["digest"])
