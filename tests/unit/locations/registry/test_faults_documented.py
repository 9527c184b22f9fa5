"""``docs/faults.md`` names tests: every one exists, and every test of faults is named."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
DOCUMENT = (ROOT / "docs" / "faults.md").read_text()
NAMED = set(re.findall(r"`(test_\w+)`", DOCUMENT))

# tests of ordinary behaviour that stand beside those of faults
ORDINARY = {
    "test_a_reader_that_stops_leaves_nothing_open",
    "test_ca_file",
    "test_empty_blob_needs_no_request",
    "test_head_says_what_the_tag_holds",
    "test_jitter_shortens_the_wait_by_up_to_half",
    "test_kubekeys_cas_never_count_for_docker_io",
    "test_missing_image",
    "test_no_such_tag",
    "test_offset_is_asked_for",
    "test_pieces",
    "test_places_of_cas",
    "test_present_blob_is_looked_at_once",
    "test_proxy_from_the_environment",
    "test_range_goes_along",
    "test_real_index_keeps_its_type",
    "test_ready_token_of_a_credentials_file",
    "test_same_repository_needs_no_request",
    "test_tag_is_written_and_looked_at_again",
    "test_top_takes_one_request",
    "test_two_platforms_that_share_a_layer_send_it_once",
    "test_unverified_by_name",
}


def _tests(folder: str) -> set[str]:
    files = (ROOT / "tests" / folder).rglob("test_*.py")
    return {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }


def test_every_test_that_the_table_names_exists() -> None:
    assert NAMED - _tests("faults") - _tests("unit/locations/registry") == set()


def test_every_test_of_a_fault_is_in_the_table() -> None:
    assert _tests("faults") - NAMED == ORDINARY


def test_every_row_names_a_test() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ")]
    assert len(rows) > 60
    assert [row for row in rows if "`test_" not in row and not row.startswith("| fault ")] == []
