"""kk's own functions, compiled and run, as the judge of labels and repositories.

Cut out of the source of each release and built with stubs for what surrounds them. Needs Go, a
clone of kubesphere/kubekey (``KUBEKEY_REPO=DIR``) and one of kubernetes/apimachinery, in whose
version package kk parses labels (``APIMACHINERY=DIR``; kubernetes' staging folder will do).
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import requires
from tests.upstream.test_kubekey import fact, function, package

from ksimage.upstream.kubekey import image, labels, rules, versions
from ksimage.upstream.kubekey.image import Registry

# One of each different source: v1 has another function, v2.2.2 is the first that pads labels.
V1 = ("v1.0.0", "v1.1.0", "v1.1.1", "v1.2.0", "v1.2.1")
LATER = ("v2.0.0", "v2.1.0", "v2.2.2", "v2.3.0", "v3.0.7", "v3.0.8", "v3.0.13", "v3.1.12")

MAIN = """
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	versionutil "example.org/version"
)

var _ = regexp.MustCompile
var _ = versionutil.ParseGeneric
var _ = strings.Contains

type Registry struct{ PrivateRegistry, NamespaceOverride string }
type Spec struct {
	Registry   Registry
	KubeSphere struct{ Version string }
}
type KubeConf struct{ Cluster *Spec }
type KsInstaller struct{ Version string }

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var q struct{ Version, Host, Override, Zone string }
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		os.Setenv("KKZONE", q.Zone)
		answer, _ := json.Marshal(ask(q.Version, q.Host, q.Override))
		fmt.Println(string(answer))
	}
}
"""

ASK_LATER = """
func ask(version, host, override string) map[string]interface{} {
	_, stable := StabledVersionSupport(version)
	_, latest := LatestRelease(version)
	_, dev := DevRelease(version)
	_, err := versionutil.ParseSemantic(version)
	spec := &Spec{Registry: Registry{host, override}}
	spec.KubeSphere.Version = PAD(version)
	return map[string]interface{}{
		"accepted": stable || latest || dev, "tag": spec.KubeSphere.Version,
		"repo": MirrorRepo(&KubeConf{spec}), "semantic": err == nil,
	}
}
"""

ASK_V1 = """
type data map[string]string

func render(_ int, d data) (string, error) { return d["Repo"], nil }

const KubeSphereTempl = 0

func ask(version, host, override string) map[string]interface{} {
	repo, _ := GenerateKubeSphereYaml(host, version)
	return map[string]interface{}{"repo": repo}
}
"""


def _program(tag: str, folder: Path) -> str:
    """Build kk's functions of one release; returns the program."""
    requires.variable("KUBEKEY_REPO", "a clone of kubesphere/kubekey")
    machinery = requires.variable("APIMACHINERY", "a clone of kubernetes/apimachinery")
    go = requires.program("go")
    version = folder / "version"
    version.mkdir()
    shutil.copy(Path(machinery) / "pkg/util/version/version.go", version)
    (version / "go.mod").write_text("module example.org/version\n")
    (folder / "go.mod").write_text(
        "module example.org/kk\n\nrequire example.org/version v0.0.0\n"
        "replace example.org/version => ./version\n"
    )
    (folder / "main.go").write_text(MAIN + (_v1(tag) if tag in V1 else _later(tag)))
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GO111MODULE": "on"}
    command = [go, "build", "-o", "kk", "."]
    made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return str(folder / "kk")


def _later(tag: str) -> str:
    enum = package(tag, "version/kubesphere/version_enum.go")
    enum = enum[enum.index("type Version int") :]
    installers = "\n".join(
        f"var KsV{digits} = &KsInstaller{{V{digits}.String()}}"
        for digits in sorted(set(re.findall(r"KsV(\d+),", enum)))
    )
    repo = function(fact(tag, "image"), "MirrorRepo").replace("kubesphere.", "")
    repo = repo.replace("common.", "")
    loader = fact(tag, "label")
    pad = "func PAD(version string) string { return version }"
    if "func normalizedBuildVersion" in loader:
        line = re.search(r"kubeReleaseRegex = regexp.*", loader)
        assert line
        pad = f"var {line.group()}\n" + function(loader, "normalizedBuildVersion")
        pad = pad.replace("normalizedBuildVersion", "PAD")
    return "\n".join((enum, installers, repo, pad, ASK_LATER))


def _v1(tag: str) -> str:
    code = fact(tag, "image")
    body = function(code, "GenerateKubeSphereYaml")
    body = body.replace("util.Render", "render").replace("util.Data", "data")
    table = re.search(r"mirrorVersionList = map\[string\]bool\{.*?\}", code, re.DOTALL)
    return "\n".join((body, f"var {table.group()}" if table else "", ASK_V1))


def ask(program: str, questions: list[dict[str, str]]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    result = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {tag: _program(tag, tmp_path_factory.mktemp(tag)) for tag in (*V1, *LATER)}


VERSIONS = [
    *(f"{v}{number}{suffix}" for v, number, suffix in itertools.product(
        ("v", ""),
        ("2.1.1", "3.0.0", "3.1.0", "3.1.1", "3.2.0", "3.2.1", "3.3.0", "3.3.1", "3.3.2", "3.4.0",
         "3.4.1", "3.5.0", "3.3", "3.3.2.1", "03.3.2", "3.03.2", "3.3.02", "4.1.2"),
        ("", "-debug", "-ksimage.1", "-rc.1", "-alpha.0", "-patch.01", "_x", "+b", "-release.1",
         ".x", "-", " ", "-a..b"),
    )),
    "latest", "master", "nightly-20220801", "release-3.3", "main", "v", "x3.3.2", "\tv3.3.2",
    "v99999999999999999999.0.0", "v3.3.2-0", "v3.3.2-00",
]  # fmt: skip


def compare(tag: str, program: str, questions: list[dict[str, str]]) -> None:
    found = rules.of(versions.parse(tag))
    for question, answer in zip(questions, ask(program, questions), strict=True):
        label = labels.judge(found, question["Version"])
        if tag not in V1:
            assert labels.semantic(question["Version"]) == answer["semantic"], question
            assert label.accepted == answer["accepted"], (question, label)
            assert not label.accepted or label.tag == answer["tag"], (question, label)
        if not label.accepted:
            continue
        registry = Registry(question["Host"], question["Override"])
        ours = image.repository(found, registry, label, zone=question["Zone"])
        assert ours == f"{answer['repo']}/ks-installer", (question, label)


@pytest.mark.parametrize("tag", [*V1, *LATER])
def test_every_combination(tag: str, programs: dict[str, str]) -> None:
    questions = [
        {"Version": version, "Host": host, "Override": override, "Zone": zone}
        for version in VERSIONS
        for host, override, zone in itertools.product(
            ("", "harbor.lan", "r.lan:5000/a"), ("", "kubesphereio"), ("", "cn")
        )
    ]
    compare(tag, programs[tag], questions)


@given(
    st.sampled_from(LATER),
    st.lists(st.text("v0123.34-+_ab\t release", max_size=14), min_size=1, max_size=40),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text(programs: dict[str, str], tag: str, texts: list[str]) -> None:
    questions = [
        {"Version": text, "Host": "", "Override": "", "Zone": ""} for text in texts if text
    ]
    compare(tag, programs[tag], questions)
