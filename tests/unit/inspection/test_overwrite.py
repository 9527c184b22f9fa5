"""Was the tag overwritten: the answer from a tag's surroundings, with the facts behind it."""

from __future__ import annotations

import pytest

from ksimage.harbor.view import Artifact, Push, Tag, View
from ksimage.inspection.identity import Origin
from ksimage.inspection.overwrite import Judgement, Kept, MovedBack, judge

DIGEST, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
EARLY, LATE = "2024-05-01T10:00:00.000Z", "2024-05-02T10:00:00.000Z"
PRISTINE, OURS, TAMPERED, FOREIGN = (
    Origin.PRISTINE,
    Origin.KSIMAGE,
    Origin.TAMPERED,
    Origin.FOREIGN,
)


def view(since: str | None = None, *pushes: Push, digest: str = DIGEST) -> View:
    tags = (Tag("v3.3.2", since, False),) if since else ()
    return View("v2.5.3", False, True, False, Artifact(digest, EARLY, tags), pushes or None)


def orig(pushed: str | None = None, digest: str = DIGEST) -> Kept:
    return Kept("v3.3.2-orig", digest, "upstream's pristine hook of v3.3.2", pushed)


def ask(*origins: Origin | None, **known: object) -> Judgement:
    return judge("v3.3.2", DIGEST, origins, **known)  # type: ignore[arg-type]


def test_a_digest_cannot_be_overwritten() -> None:
    assert judge(None, DIGEST, [PRISTINE], kept=orig()).answer is MovedBack.NO


@pytest.mark.parametrize("kept", [None, orig(), orig(LATE), orig(digest=OTHER)])
def test_no_while_it_holds_our_build(kept: Kept | None) -> None:
    told = ask(OURS, OURS, kept=kept, view=view(EARLY))
    assert told.answer is MovedBack.NO and "what ksimage built" in told.sentence


def test_unknown_without_any_trace() -> None:
    told = ask(PRISTINE)
    assert told.answer is MovedBack.UNKNOWN and "nothing shows" in told.sentence
    assert any("there is no v3.3.2-orig" in fact for fact in told.facts)


def test_likely_when_only_the_kept_tag_speaks() -> None:
    told = ask(PRISTINE, PRISTINE, kept=orig())
    assert told.answer is MovedBack.LIKELY and "v3.3.2-orig exists" in told.sentence
    assert "v3.3.2-orig holds the same image" in told.facts


def test_yes_when_the_tag_moved_after_the_original_was_kept() -> None:
    told = ask(PRISTINE, kept=orig(EARLY), view=view(LATE))
    assert told.answer is MovedBack.YES
    assert LATE in told.sentence and EARLY in told.sentence


def test_no_when_replacing_never_came_to_its_end() -> None:
    told = ask(PRISTINE, kept=orig(LATE), view=view(EARLY))
    assert told.answer is MovedBack.NO and "was not moved then" in told.sentence


def test_times_of_another_artifact_do_not_count() -> None:
    told = ask(PRISTINE, kept=orig(EARLY), view=view(LATE, digest=OTHER))
    assert told.answer is MovedBack.LIKELY
    assert not any(LATE in fact for fact in told.facts)


def test_original_of_unknown_make_is_back() -> None:
    told = ask(FOREIGN, kept=orig(EARLY), view=view(LATE))
    assert told.answer is MovedBack.YES and "the original image" in told.sentence


@pytest.mark.parametrize(
    ("origins", "words"),
    [
        ((FOREIGN,), "neither upstream nor ksimage"),
        ((None,), "neither upstream nor ksimage"),
        ((PRISTINE, FOREIGN), "neither upstream nor ksimage"),
        ((OURS, PRISTINE), "some of its platforms"),
        ((TAMPERED, PRISTINE), "another hook"),
    ],
)
def test_unknown_for_mixtures(origins: tuple[Origin | None, ...], words: str) -> None:
    told = ask(*origins, kept=orig(EARLY, OTHER), view=view(LATE))
    assert told.answer is MovedBack.UNKNOWN and words in told.sentence
    assert f"v3.3.2-orig holds {OTHER}, upstream's pristine hook of v3.3.2" in told.facts


def test_facts_name_pushers_and_kubekey() -> None:
    pushes = (Push("kk", LATE, "artifact"), Push("admin", EARLY, "tag"))
    told = ask(PRISTINE, view=view(LATE, *pushes), kubekey_names=["v3.3.2-amd64", "v3.3.2-arm64"])
    assert told.facts[:5] == (
        "KubeKey pushes v3.3.2 whenever it runs with an artifact that holds v3.3.2",
        "its images are tagged v3.3.2-amd64, v3.3.2-arm64 as well, as KubeKey does",
        f"v3.3.2 has held this image since {LATE}",
        f"v3.3.2 was last pushed by kk at {LATE}",
        f"before that by admin at {EARLY}",
    )


@pytest.mark.parametrize("tag", ["v3.3.2-amd64", "v3.3.2-arm64", "v3.3.2-arm-v7"])
def test_kubekey_pushes_the_tags_of_single_platforms(tag: str) -> None:
    fact = judge(tag, DIGEST, [OURS]).facts[0]
    assert fact == f"KubeKey pushes {tag} whenever it runs with an artifact that holds v3.3.2"


def test_kubekey_leaves_other_tags_alone() -> None:
    told = judge("v3.3.2-debug", DIGEST, [OURS])
    assert told.facts[0] == "KubeKey does not push the tag v3.3.2-debug by itself"
