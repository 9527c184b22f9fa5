"""The shipped patches on the real hooks of upstream's repository.

Needs a clone of kubesphere/ks-installer with all tags and branches: ``KS_INSTALLER_REPO=DIR``.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from tests.support import requires

from ksimage import resources
from ksimage.errors import PatchError, UnsupportedRelease
from ksimage.hook import matrix, proof
from ksimage.patching import apply, diff, series, unified
from ksimage.patching.model import Patch
from ksimage.upstream import releases
from ksimage.upstream.releases import HOOK_PATH, Release

SOURCE = "controller/installRunner.py"
TIPS = ("release-3.0", "release-3.1", "release-3.2", "release-3.3", "release-3.4")
SUPPORTED = releases.supported()
UNSUPPORTED = [release for release in releases.all_releases() if not release.supported]
SHIPPED = series.load(resources.path("patches"))
DEFAULTS = [patch for patch in SHIPPED if patch.default]


@cache
def repository() -> str:
    return requires.variable("KS_INSTALLER_REPO", "a clone of kubesphere/ks-installer")


@cache
def hook(revision: str) -> bytes:
    """The hook at a tag or branch; in a fresh clone only the checked-out branch is local."""
    for prefix in ("refs/tags/", "refs/heads/", "refs/remotes/origin/"):
        if revision == "master" and prefix != "refs/heads/":
            continue
        command = ["git", "-C", repository(), "show", f"{prefix}{revision}:{SOURCE}"]
        result = subprocess.run(command, capture_output=True)
        if result.returncode == 0:
            return result.stdout
    raise AssertionError(f"{repository()} has no {revision} with {SOURCE}")


@cache
def distinct() -> dict[str, str]:
    """sha256 -> first tag, of the distinct hooks of the supported tags."""
    found: dict[str, str] = {}
    for release in SUPPORTED:
        found.setdefault(hashlib.sha256(hook(release.tag)).hexdigest(), release.tag)
    return found


def chosen(release: Release) -> tuple[Patch, ...]:
    return series.select(SHIPPED, release=release).texts


def judged(command: list[str], base: bytes, patches: list[Path], folder: Path) -> bytes:
    """The hook after each patch file was given to another program."""
    target = folder / HOOK_PATH
    target.parent.mkdir(parents=True)
    target.write_bytes(base)
    for path in patches:
        result = subprocess.run(
            command, cwd=folder, input=path.read_bytes(), capture_output=True, env=ENVIRONMENT
        )
        assert result.returncode == 0, (path.name, result.stdout, result.stderr)
    left = [path.name for path in target.parent.iterdir()]
    assert left == [target.name], "a stray file would be a second hook"
    return target.read_bytes()


GNU = ["patch", "-p1", "-F0", "--no-backup-if-mismatch", "--force", "--forward", "--silent"]
GIT = ["git", "apply", "--whitespace=nowarn", "-"]
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_CONFIG_NOSYSTEM": "1",
}

by_tag = pytest.mark.parametrize("release", SUPPORTED, ids=lambda release: release.tag)


@pytest.mark.parametrize("release", releases.all_releases(), ids=lambda release: release.tag)
def test_table_matches_the_repository(release: Release) -> None:
    assert hashlib.sha256(hook(release.tag)).hexdigest() == release.sha256


def test_no_tag_is_missing_from_the_table() -> None:
    command = ["git", "-C", repository(), "tag"]
    tags = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    with_hook = {tag for tag in tags if _has_hook(tag)}
    branches = {"v2.1.0", "v2.1.1", "master"}
    assert with_hook - branches == {r.tag for r in releases.all_releases()} - branches


def _has_hook(tag: str) -> bool:
    command = ["git", "-C", repository(), "cat-file", "-e", f"refs/tags/{tag}:{SOURCE}"]
    return subprocess.run(command, capture_output=True).returncode == 0


@by_tag
def test_series_applies_parses_and_is_proven(release: Release) -> None:
    base = hook(release.tag)
    result = apply.apply_series(base, chosen(release), target=release.tag)
    ast.parse(result.after)
    proof.prove_hook(result.after, base=base, name=release.tag)
    assert len(re.findall(rb"ansible_runner\.run(?:_async)?\(", result.after)) == 6


@by_tag
def test_gnu_patch_and_git_give_the_same_bytes(release: Release, tmp_path: Path) -> None:
    requires.program("patch")
    requires.program("git")
    base = hook(release.tag)
    selected = series.select(SHIPPED, release=release)
    expected = apply.apply_series(base, selected.texts).after
    paths = [patch.path for patch in selected.patches]
    assert judged(GNU, base, paths, tmp_path / "gnu") == expected
    assert judged(GIT, base, paths, tmp_path / "git") == expected


@pytest.mark.parametrize("name", SHIPPED.names)
def test_each_patch_alone(name: str, tmp_path: Path) -> None:
    """On every distinct hook that its header allows; the judges agree there, too."""
    patch = SHIPPED.find(name)
    tried = 0
    for number, tag in enumerate(distinct().values()):
        if not patch.header.fits(releases.find(tag)):
            continue
        base = hook(tag)
        expected = apply.apply_patch(base, patch.patch, target=tag).data
        ast.parse(expected)
        assert judged(GNU, base, [patch.path], tmp_path / f"gnu{number}") == expected
        assert judged(GIT, base, [patch.path], tmp_path / f"git{number}") == expected
        tried += 1
    # The wait loop of v3.0 (one distinct hook among the tags) sleeps already.
    assert tried == (36 if name == "poll-interval" else 37)


@pytest.mark.parametrize("tag", ["v3.0.0", "v3.1.0", "v3.2.1", "v3.3.2", "v3.4.1"])
def test_every_order_gives_the_same_bytes(tag: str) -> None:
    """All orders of the default set. One release of each line: the places they touch are alike."""
    base, patches = hook(tag), chosen(releases.find(tag))
    expected = apply.apply_series(base, patches).after_sha256
    count = 0
    for order in itertools.permutations(patches):
        assert apply.apply_series(base, order).after_sha256 == expected, [p.name for p in order]
        count += 1
    assert count >= 120


def test_two_orders_give_the_same_bytes_on_every_hook() -> None:
    """And with the optional patches: forwards and backwards on each distinct hook."""
    for tag in distinct().values():
        release = releases.find(tag)
        patches = [patch.patch for patch in SHIPPED if patch.header.fits(release)]
        forwards = apply.apply_series(hook(tag), patches)
        backwards = apply.apply_series(hook(tag), patches[::-1])
        assert forwards.after_sha256 == backwards.after_sha256, tag
        proof.prove_hook(forwards.after, base=hook(tag), name=tag)


@by_tag
def test_twice_is_refused(release: Release) -> None:
    """An image that was patched before is never patched again."""
    patches = chosen(release)
    once = apply.apply_series(hook(release.tag), patches).after
    for patch in patches:
        with pytest.raises(PatchError):
            apply.apply_patch(once, patch)


@pytest.mark.parametrize("tip", TIPS)
def test_tips_of_the_release_branches(tip: str) -> None:
    base = hook(tip)
    release = releases.find(f"v{tip.removeprefix('release-')}.0")
    result = apply.apply_series(base, chosen(release), target=tip)
    proof.prove_hook(result.after, base=base, name=tip)


@pytest.mark.parametrize("release", UNSUPPORTED, ids=lambda release: release.tag)
def test_unsupported_hooks_are_refused_with_the_reason(release: Release) -> None:
    with pytest.raises(UnsupportedRelease) as caught:
        proof.require_supported(hook(release.tag), name=release.tag)
    assert caught.value.why == release.reason


@pytest.mark.parametrize(
    ("tag", "reason"), [("v2.1.0", "Python 2"), ("v2.1.1", "Python 2"), ("master", "rewrote")]
)
def test_they_are_recognised_by_what_they_are_too(tag: str, reason: str) -> None:
    """Not only by a digest in a table: a locally changed copy gets the reason as well."""
    with pytest.raises(UnsupportedRelease, match=tag) as caught:
        proof.require_supported(hook(tag) + b"# changed\n", name=tag)
    assert reason in caught.value.why


@pytest.mark.parametrize("tag", ["v3.0.0", "v3.3.2"])
def test_refresh_on_the_real_hook(tag: str) -> None:
    """A patch made to fit v3.0.0 has no offset there and does the same as before."""
    for patch in DEFAULTS:
        if not patch.header.fits(releases.find(tag)):
            continue
        result = diff.refresh(patch.path.read_bytes(), hook(tag), patch.name)
        again = apply.apply_patch(hook(tag), unified.parse(result.data, patch.name))
        assert again.offset == 0
        assert again.data == result.applied.data


def test_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """What ``patches check --all`` says, as numbers."""
    hooks = {tag: hook(tag) for tag in distinct().values()}
    rows = matrix.check(hooks, SHIPPED)
    assert len(rows) == 37
    assert all(row.good and row.pristine for row in rows)
    lines = []
    for number, patch in enumerate(SHIPPED):
        states = [row.cells[number].status for row in rows]
        offsets = sorted({row.cells[number].offset for row in rows})
        lines.append(
            f"{patch.name}: {states.count('applies') + states.count('offset')} of {len(rows)}"
            f" distinct hooks, {states.count('applies')} without offset,"
            f" {states.count('excluded')} excluded, offsets {offsets[0]} to {offsets[-1]}"
        )
    proven = sum(bool(row.result) for row in rows)
    lines.append(f"default series, with the proof: {proven} of {len(rows)}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert proven == 37
