"""Options that lead to a cluster: in, and out again for the next command."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from ksimage.cli.input.cluster import cluster_options, kubectl_of, typed
from ksimage.cluster.kubectl import Kubectl, KubectlOptions


def _parsed(*words: str) -> Kubectl:
    found: list[Kubectl] = []

    @click.command
    @cluster_options
    def probe(**values: object) -> None:
        found.append(kubectl_of(values))
        assert values == {}

    result = CliRunner().invoke(probe, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return found[0]


def test_without_options_it_is_kubectls_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KSIMAGE_KUBECTL", raising=False)
    assert _parsed().options == KubectlOptions()
    assert typed(_parsed()) == []


def test_what_was_typed_leads_another_command_there() -> None:
    words = ["--kubeconfig", "/a b", "--context", "c", "-n", "ns", "--kubectl", "k"]
    once = _parsed(*words, "--request-timeout", "7.5")
    assert once.options == KubectlOptions("k", "/a b", "c", "ns", 7.5)
    assert typed(once) == words


def test_the_program_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KSIMAGE_KUBECTL", "/opt/kubectl")
    assert _parsed().options.program == "/opt/kubectl"
