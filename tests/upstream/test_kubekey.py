"""The table of kk's rules against kk's own source, at every released tag.

Needs a clone of kubesphere/kubekey with all tags: ``KUBEKEY_REPO=DIR`` (a bare one will do).
"""

from __future__ import annotations

import re
import subprocess
from functools import cache

import pytest
from tests.support import requires

from ksimage.upstream.kubekey import rules, sources, versions
from ksimage.upstream.kubekey.rules import Current, Labels, Project, Pushing, Rules
from ksimage.upstream.kubekey.versions import RELEASED, KkVersion

by_tag = pytest.mark.parametrize("tag", RELEASED)


@cache
def git(*arguments: str) -> str | None:
    folder = requires.variable("KUBEKEY_REPO", "a clone of kubesphere/kubekey")
    result = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True)
    return result.stdout if result.returncode == 0 else None


def text(tag: str, path: str) -> str:
    found = git("show", f"{tag}:{path}")
    assert found is not None, f"{tag} has no {path}"
    return found


def package(tag: str, path: str) -> str:
    return text(tag, f"{'cmd/kk/pkg' if versions.parse(tag).major >= 3 else 'pkg'}/{path}")


def fact(tag: str, name: str) -> str:
    return text(tag, sources.place(name, versions.parse(tag))[0])


def function(code: str, name: str) -> str:
    """From the head of a Go function to the end of it: gofmt puts that brace in column one."""
    match = re.search(rf"^func (?:\([^)]*\) )?{name}\(.*?^}}$", code, re.DOTALL | re.MULTILINE)
    assert match, name
    return match.group()


def of(tag: str) -> tuple[KkVersion, Rules]:
    version = versions.parse(tag)
    return version, rules.of(version)


def test_every_release_is_in_the_list() -> None:
    tags = git("tag") or ""
    assert {tag for tag in tags.split() if re.fullmatch(r"v[123]\.\d+\.\d+", tag)} == set(RELEASED)


@by_tag
@pytest.mark.parametrize("name", sources.FACTS)
def test_the_places_that_are_cited_exist(tag: str, name: str) -> None:
    path, symbol = sources.place(name, versions.parse(tag))
    assert re.search(rf"\b{symbol}\b", text(tag, path)), (path, symbol)


@by_tag
def test_accepted_labels(tag: str) -> None:
    _, found = of(tag)
    code = fact(tag, "label")
    if found.labels is Labels.SUFFIXES:
        enum = package(tag, "version/kubesphere/version_enum.go")
        assert re.findall(r'return "(v[\d.]+)"', enum) == list(found.known)
        assert ("normalizedBuildVersion(clusterCfg.Spec.KubeSphere.Version)" in code) == found.pads
        dev = function(enum, "DevRelease")
        assert re.findall(r'"(.*?)"', dev) == ["nightly-", "latest", "master", "release", "v%s"]
        assert "versionutil.ParseGeneric(version)" in dev
        return
    parse = function(code, "ParseCfg")
    switch = parse[parse.index('switch labels["version"]') : parse.index("if ksEnabled")]
    assert set(re.findall(r'case "(v[\d.]+)"', switch)) == set(found.known)
    words = re.findall(r'strings.Contains\(labels\["version"\].\(string\), "(\w+)"\)', switch)
    assert words == (["alpha", "rc", "release"] if found.labels is Labels.WORDS else [])


@by_tag
def test_support_and_upgrades(tag: str) -> None:
    version, found = of(tag)
    seen: dict[str, tuple[set[str], set[str]]] = {}
    if version.major == 1:
        code = fact(tag, "upgrade")
        table = code[code.index("var versionCheck") : code.index("\n}\n")]
        for name, body in re.findall(
            r'^\t"(v[\d.]+)": \{(.*?)^\t\},', table, re.DOTALL | re.MULTILINE
        ):
            ks, k8s = (
                re.search(r'"ks": \{(.*?)\}', body, re.DOTALL),
                re.search(r'"k8s": \{(.*?)\}', body, re.DOTALL),
            )
            assert ks and k8s
            seen[name] = (
                set(re.findall(r'"(v[\d.]+)": true', k8s.group(1))),
                set(re.findall(r'"(v[\d.]+)": true', ks.group(1))),
            )
    else:
        code = package(tag, "version/kubesphere/ks_installer.go")
        for name, body in re.findall(
            r"^var KsV(\d+) = &KsInstaller\{(.*?)^\}", code, re.DOTALL | re.MULTILINE
        ):
            k8s, ks = body.split("UpgradeSupportVersions")
            seen["v" + ".".join(name)] = (
                set(re.findall(r'"(v1\.\d+)"', k8s)),
                {"v" + ".".join(digits) for digits in re.findall(r"V(\d+)\.String", ks)},
            )
    ours = {
        name: ({f"v1.{n}" for n in range(s.oldest, s.newest + 1)}, set(s.upgrades))
        for name, s in found.support.items()
    }
    assert ours == seen


@by_tag
def test_pull_policy_and_pods(tag: str) -> None:
    _, found = of(tag)
    code = fact(tag, "policy")
    assert re.findall(r"imagePullPolicy: (\w+)", code) == [found.pull_policy]
    assert set(re.findall(r"\bapp: (ks-install\w*)", code)) == {found.pod_label}
    assert f"-l app={found.pod_label} " in fact(tag, "wait")


@by_tag
def test_repository(tag: str) -> None:
    version, found = of(tag)
    code = function(fact(tag, "image"), sources.place("image", version)[1])
    assert ("namespaceOverride" in code) == found.override
    assert ('"KKZONE") == "cn"' in code) == found.zone_line
    if found.zone_line:
        branch = code[code.index("KKZONE") : code.index("kubesphereio")]
        assert ("if repo" not in branch) == found.zone_wins
    if version.major == 1:
        mirror = set(re.findall(r'"(v3[\d.]+)": true', fact(tag, "image"))) or set(
            re.findall(r'version == "(v3[\d.]+)" && os', code)
        )
        assert mirror == set(found.mirrored)
        words = re.findall(r'strings.(?:Contains|HasPrefix)\(version, "(.+?)"\)', code)
        assert words == (
            ["latest", "nightly-", "alpha", "rc", "release"]
            if found.runtime_line
            else ["latest", "nightly-"]
            if found.zone_line
            else ["latest"]
        )
        return
    enum = package(tag, "version/kubesphere/version_enum.go")
    table = enum[enum.index("CNSource") : enum.index("func (v Version)")]
    assert ["v" + ".".join(d) for d in re.findall(r"V(\d+)\.String", table)] == list(found.mirrored)


@by_tag
def test_push(tag: str) -> None:
    version, found = of(tag)
    flags = fact(tag, "flags")
    assert ("images.PushModule{" in flags) == (found.push is Pushing.TARS)
    assert ("images.CopyImagesToRegistryModule{Skip: skipPushImages}" in flags) == (
        found.push is Pushing.LAYOUT
    )
    if found.push is not Pushing.NEVER:
        folder = "cmd/kk/cmd" if version.major >= 3 else "cmd/ctl"
        assert '"skip-push-images"' in text(tag, f"{folder}/create/cluster.go")
        assert "noArtifact" in flags
        for other in ("upgrade_cluster.go", "add_nodes.go"):
            assert "images.CopyImages" not in package(tag, f"pipelines/{other}")
    if found.push is not Pushing.LAYOUT:
        return
    code = fact(tag, "push")
    body = code[code.index("type CopyImagesToRegistry") :]
    assert ("parseImageFullName(ref)" in body) == found.full_refs
    assert ('strings.Split(ref, ":")' in body) == (not found.full_refs)
    copied = re.findall(r"destName := .*?, (\S+)\)\n", body)
    assert (copied[0] == "uniqueImage") == found.list_first
    override = re.search(r"NamespaceOverride: +(\S+),", body)
    assert override
    assert (override.group(1) == '""') == (found.project is not Project.OVERRIDE)
    assert ("NamespaceRewrite:" in body) == (found.project is Project.REWRITE)


@by_tag
def test_upgrade_starts_from(tag: str) -> None:
    _, found = of(tag)
    code = fact(tag, "upgrade")
    assert "get deploy -n  kubesphere-system ks-console" in code
    reads_label = "get ClusterConfiguration ks-installer" in code
    assert ('ersionStr == "v3.1.0"' in code) == (found.current is Current.CONSOLE_OR_LABEL)
    assert ('AtLeast(versionutil.MustParseSemantic("v3.1.0"))' in code) == (
        found.current is Current.LABEL
    )
    assert reads_label or found.current is Current.CONSOLE
    assert ("if currentKsVersion != desiredVersion" in code) == found.skips_equal


@by_tag
def test_edits_and_waiting(tag: str) -> None:
    version, found = of(tag)
    code = fact(tag, "edits")
    assert ("'/zone/d'" in code) == found.zone_line
    assert ("/containerruntime/s" in code) == found.runtime_line
    assert ("/tlsEnable/s" in code) == ("s/2379/" in code) == found.etcd_lines
    assert ("/namespace_override/" in code) == found.override
    assert re.search(r"/endpointIps/s/\\+:\.\*/\\+: %s/g", code)
    wait = function(fact(tag, "wait"), "CheckKubeSphereStatus")
    tries = re.search(r"for i := (\d+); i > 0; i--", wait)
    assert ("time.Sleep(10 * time.Second)" in wait) == (found.poll == 10)
    if version.major == 1:
        assert tries
        assert int(tries.group(1)) * 10 == found.patience
    else:
        assert tries is None
        limit = package(tag, "core/task/const.go")
        minutes = re.search(r"DefaultTimeout\s*=\s*(\d+)$", limit, re.MULTILINE)
        assert minutes
        assert int(minutes.group(1)) * 60 == found.patience
        assert "time.Minute" in package(tag, "core/task/remote_task.go")
    parse = fact(tag, "label")
    assert (
        bool(re.search(r"^\t+_ = exec.Command.*sed -i", parse, re.MULTILINE)) == found.rewrites_file
    )


@by_tag
def test_phases_and_harbor(tag: str) -> None:
    version, found = of(tag)
    folder = "cmd/kk/cmd" if version.major >= 3 else "cmd/ctl"
    phase = git("cat-file", "-e", f"{tag}:{folder}/create/phase/kubesphere.go")
    assert (phase is not None) == found.phases
    if found.harbor:
        apis = "cmd/kk/apis" if version.major >= 3 else "apis"
        code = text(tag, f"{apis}/kubekey/v1alpha2/default.go")
        match = re.search(r'DefaultHarborVersion\s*=\s*"v([\d.]+)"', code)
        assert match
        assert match.group(1) == found.harbor


@pytest.mark.parametrize("tag", ["v4.0.0", "v4.0.5"])
def test_kk_4_has_no_installer(tag: str) -> None:
    assert git("cat-file", "-e", f"{tag}:go.mod") is not None, f"no {tag}"
    assert git("grep", "-l", "-i", "ks-installer", tag, "--", "*.go", "*.yaml", "*.tmpl") is None
