from __future__ import annotations

from ksimage.timeline import phases


def test_the_installers_folders_have_their_phases() -> None:
    folders = ("preinstall", "metrics_server", "common", "ks-core", "ks-config-early", "ks-config",
               "result-info")  # fmt: skip
    assert [phases.of(folder) for folder in folders] == [
        phase for phase in phases.ORDER if phase not in (phases.PARALLEL, "after")
    ]
    assert phases.of("ks-migration") == phases.of("telemetry") == "after"


def test_any_other_is_a_component() -> None:
    assert phases.of("monitoring") == phases.of("../../x") == phases.PARALLEL
