"""What an image says of itself, and what it must not go on saying of its base."""

from __future__ import annotations

import ksimage
from ksimage.derivation import labels as label
from ksimage.derivation.labels import PatchId, Provenance, parse_patches

PATCHES = (PatchId("unquiet", "ab" * 32), PatchId("verbosity", "cd" * 32))
SAID = Provenance("v3.3.2", "harbor.lan/x/ks-installer:v3.3.2", PATCHES)


def test_patches_are_read_again() -> None:
    text = " ".join(map(str, PATCHES))
    assert parse_patches(text) == PATCHES
    assert parse_patches("nonsense a@sha256:b @sha512:c") == (PatchId("a", "b"),)
    assert parse_patches("") == ()


def test_nothing_is_said_of_a_base_that_has_no_name_or_digest() -> None:
    assert SAID.said("sha256:00")[label.BASE_DIGEST] == "sha256:00"
    said = Provenance("v3.3.2", "", PATCHES).said("")
    assert label.BASE_NAME not in said and label.BASE_DIGEST not in said
    assert said[label.VERSION] == ksimage.__version__


def test_claims_of_the_base_are_blanked() -> None:
    inherited = {
        "org.opencontainers.image.source": "https://example.com",
        "org.opencontainers.image.vendor": "",
        label.REPAIRED: "user",
        label.BASE_DIGEST: "sha256:11",
        "mine": "1",
    }
    made = label.made({label.VERSION: "1"}, {"own": "2"}, inherited)
    assert made == {
        "org.opencontainers.image.source": "",
        label.REPAIRED: "",
        label.BASE_DIGEST: "",
        label.VERSION: "1",
        "own": "2",
    }
    whole = {**inherited, **made}
    assert label.extra(whole, inherited) == {"own": "2"}
