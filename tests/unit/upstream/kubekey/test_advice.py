"""The commands that are printed: they fit kk, configuration and image."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ksimage.upstream.kubekey import advice, answers, config, labels, rules, versions
from ksimage.upstream.kubekey.advice import Given
from ksimage.upstream.kubekey.model import Circumstances

FOLDER = Path(__file__).parent / "configs"


def ways(name: str, kk: str, given: Given | None = None) -> dict[str, tuple[str, ...]]:
    found = config.parse((FOLDER / f"{name}.yaml").read_bytes(), "my config.yaml")
    result = answers.answer(found, Circumstances(versions.parse(kk)))
    return {way.key: way.lines for way in advice.ways(found, result, given or Given())}


def test_a_new_cluster() -> None:
    found = ways("harbor-airgap", "v3.0.13")
    project = "dockerhub.kubekey.local/kubesphereio"
    assert found["fresh"] == (
        f"ksimage build v3.3.2 --from {project} --push",
        "ksimage kubekey 'my config.yaml' --kk-version v3.0.13 --write"
        f" --image {project}/ks-installer:v3.3.2-debug",
        "kk create cluster -f 'my config.yaml' -a ARTIFACT",
        "ksimage watch    # in a second terminal",
        "kubectl -n kubesphere-system label cc ks-installer version=v3.3.2 --overwrite"
        "    # before kk upgrade",
    )
    assert list(found) == ["fresh", "same-tag", "waiting", "again", "no-kk"]


def test_the_artifact_is_the_base_before_anything_was_pushed() -> None:
    given = Given(artifact="/media/my art.tar.gz")
    (build, _, create, *_) = ways("harbor-airgap", "v3.0.13", given)["fresh"]
    assert build == (
        "ksimage build v3.3.2 --from 'kubekey:/media/my art.tar.gz' --push"
        " --target dockerhub.kubekey.local/kubesphereio"
    )
    assert create == "kk create cluster -f 'my config.yaml' -a '/media/my art.tar.gz'"


def test_the_same_tag() -> None:
    lines = ways("harbor-airgap", "v3.0.13")["same-tag"]
    assert lines[0].endswith("--push --tag v3.3.2 --replace")
    assert lines[1].endswith("-a ARTIFACT --skip-push-images")
    assert "rollout" in lines[2]
    assert lines[4] == (
        "ksimage build v3.3.2 --from kubekey:./kubekey --to kubekey:./kubekey --tag v3.3.2"
        " --replace"
    )
    assert not any("rollout" in line for line in ways("harbor-airgap", "v3.0.7")["same-tag"])


def test_kk_without_artifacts() -> None:
    found = ways("v1alpha1-rc-label", "v1.2.2")
    assert found["fresh"][0].endswith("--push --tag v3.2.1-rc.debug")
    assert found["fresh"][2] == "kk create cluster -f 'my config.yaml'"
    assert "again" not in found
    assert found["same-tag"][1] == found["fresh"][2]
    old = ways("multinode-v1alpha1-private", "v1.1.2")
    assert "fresh" not in old
    assert old["waiting"] == ("ksimage rollout IMAGE", "ksimage watch")


def test_without_a_registry() -> None:
    (line,) = ways("own-tag-no-registry", "v3.0.13")["fresh"]
    assert line.startswith("# set spec.registry.privateRegistry first")


def test_another_kk() -> None:
    found = ways("harbor-airgap", "v2.3.2")
    assert found == {"other-kk": ("# take kk v3.0.7 or later",)}
    assert ways("label-unknown", "v3.1.12") == {}
    assert ways("kubernetes-only", "v3.1.12") == {}
    # refused only for its suffix: this kk will do
    assert "fresh" in ways("v1alpha1-debug-label", "v1.2.2")


def test_the_given_image() -> None:
    found = ways("harbor-airgap", "v3.0.13", Given(image="r.lan/p/ks-installer:v3.3.2-x"))
    assert found["no-kk"][0] == "ksimage rollout r.lan/p/ks-installer:v3.3.2-x"


def test_a_hostile_configuration_writes_no_commands() -> None:
    text = (FOLDER / "harbor-airgap.yaml").read_text()
    evil = text.replace('"dockerhub.kubekey.local"', '"r.lan; touch /tmp/x $(id)"')
    found = config.parse(evil.encode(), "c'.yaml")
    result = answers.answer(found, Circumstances(versions.parse("v3.0.13")))
    for way in advice.ways(found, result, Given()):
        for line in way.lines:
            words = shlex.split(line, comments=True)
            assert not {";", "touch", "$(id)", "/tmp/x"} & set(words), line


@pytest.mark.parametrize("name", versions.RELEASED)
def test_the_own_tag_is_accepted_and_never_pushed(name: str) -> None:
    known = rules.of(versions.parse(name))
    for release in known.known:
        tag = advice.own_tag(known, release)
        if known.labels is rules.Labels.EXACT:
            assert tag == ""
            continue
        label = labels.judge(known, tag)
        assert (label.accepted, label.tag, label.release, label.own) == (True, tag, release, True)
        assert labels.semantic(tag)
