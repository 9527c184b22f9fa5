"""Every proof fails when it must: a good image, spoiled in one place at a time."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import HOOK as UNPATCHABLE
from tests.support.images import ImageStore, Recipe, layout

from ksimage.build import make
from ksimage.build.plan import Plan
from ksimage.errors import DigestMismatch, HookNotFound, NotOurBuild, ProofFailed
from ksimage.hook.find import find_hook
from ksimage.images.digest import sha256
from ksimage.images.layer import store_gzip
from ksimage.images.mediatypes import OCI_LAYER_GZIP, OCI_MANIFEST
from ksimage.inspection import proofs
from ksimage.inspection.verdict import Expected, Verdict
from ksimage.locations.oci.layout import LayoutSource
from ksimage.upstream.releases import HOOK_PATH

MADE, RUNS, LOUD, LAYERS, CONFIG, OWNER, ALONE = (
    "made by ksimage",
    "it runs as upstream's image does",
    "hook is not quiet and passes the verbosity",
    "base layers are unchanged",
    "configuration is unchanged",
    "mode and owner are kept",
    "the added layer holds the hook and its two directories as the base has them",
)
Change = Callable[["Image"], None]


class Image:
    """A built image taken apart; what is changed is put together again by :meth:`save`."""

    def __init__(self, path: Path) -> None:
        self.store = ImageStore(path)
        top = LayoutSource(path, "v3.3.2-debug").top()
        self.manifest = self.store.json(top.digest)
        self.config = self.store.json(self.manifest["config"]["digest"])
        self.layer = tar_of(self.store.read(self.manifest["layers"][-1]["digest"]))
        self.folders, self.hook = self.layer[:-1], self.layer[-1]
        self.inner: dict[str, Any] = self.config["config"]
        self._changed = False

    def entries(self, *more: tuple[tarfile.TarInfo, bytes], **changes: Any) -> None:
        """The hook with other attributes, and more entries, as the topmost layer."""
        data = changes.pop("data", self.hook[1])
        info = tarfile.TarInfo(HOOK_PATH)
        for source in (self.hook[0], changes):
            known = source if isinstance(source, dict) else vars_of(source)
            for key, value in known.items():
                setattr(info, key, value)
        self.replace_layer([*self.folders, (info, data), *more])

    def replace_layer(self, entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for info, data in entries:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        packed = store_gzip(buffer.getvalue())
        digest, size = self.store.put(packed)
        self.manifest["layers"][-1].update(digest=digest, size=size)
        self.config["rootfs"]["diff_ids"][-1] = sha256(buffer.getvalue())

    def add_layer(self, path: str, data: bytes = b"x", created_by: str = "RUN x") -> None:
        """One more on top."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
        digest, size = self.store.put(store_gzip(buffer.getvalue()))
        self.manifest["layers"].append(
            {"mediaType": OCI_LAYER_GZIP, "digest": digest, "size": size}
        )
        self.config["rootfs"]["diff_ids"].append(sha256(buffer.getvalue()))
        self.config["history"].append({"created_by": created_by})

    def save(self) -> None:
        digest, size = self.store.put(json.dumps(self.config).encode())
        self.manifest["config"].update(digest=digest, size=size)
        digest, size = self.store.put(json.dumps(self.manifest).encode())
        entry = {"mediaType": OCI_MANIFEST, "digest": digest, "size": size}
        self.store.tag(entry, "v3.3.2-debug")


def vars_of(info: tarfile.TarInfo) -> dict[str, Any]:
    return {key: getattr(info, key) for key in ("mode", "uid", "gid", "mtime", "type")}


def tar_of(layer: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        found = []
        for member in archive.getmembers():
            content = archive.extractfile(member)
            found.append((member, content.read() if content else b""))
        return found


def entry(path: str, data: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(path)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def parents(**fields: Any) -> list[tuple[tarfile.TarInfo, bytes]]:
    fields = {"type": tarfile.DIRTYPE, "mode": 0o755, "uid": 1002, "gid": 1002, **fields}
    return [entry("hooks", **fields), entry("hooks/kubesphere", **fields)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plan, Path]]:
    folder = tmp_path_factory.mktemp("built")
    source = derived.base(folder / "base", Recipe(family="oci"))
    with derived.planned(source, verbosity=5) as plan:
        derived.publish_plan(plan, f"oci:{folder / 'out'}:v3.3.2-debug")
        yield plan, folder / "out"


@pytest.fixture
def good(built: tuple[Plan, Path], tmp_path: Path) -> tuple[Plan, Path]:
    """A finished image to spoil, with the plan it came from."""
    plan, path = built
    shutil.copytree(path, tmp_path / "out")
    return plan, tmp_path / "out"


def failures(verdict: Verdict) -> set[str]:
    return {
        proof.name
        for platform in verdict.platforms
        for proof in platform.proofs
        if proof.passed is False
    }


def proven(plan: Plan, path: Path, *, bare: bool = True) -> Verdict:
    expected = {
        p.image.platform.normal: Expected(p.image, p.hook, p.recipe) for p in plan.platforms
    }
    source = LayoutSource(path, "v3.3.2-debug")
    return proofs.verify(source, expected=expected, bare_layer=bare)


def proven_later(plan: Plan, path: Path) -> Verdict:
    """With the base, but without knowing what was built."""
    source = LayoutSource(path, "v3.3.2-debug")
    expected = {
        image.platform.normal: proofs.expect_base(plan.source, image) for image in plan.base.images
    }
    return proofs.verify(source, expected=expected)


def test_good(good: Any) -> None:
    plan, path = good
    for verdict in (proven(plan, path), proven_later(plan, path), proven(plan, path, bare=False)):
        assert verdict.verified is True and not verdict.failures
        (platform,) = verdict.platforms
        assert [proof.name for proof in platform.proofs] == [
            MADE, RUNS, LOUD, LAYERS, CONFIG, OWNER, ALONE,
        ]  # fmt: skip
        assert verdict.require() is verdict


def test_without_the_base(good: Any) -> None:
    _, path = good
    verdict = proofs.verify(LayoutSource(path, "v3.3.2-debug"))
    assert verdict.verified is None
    passed = {proof.name: proof.passed for proof in verdict.platforms[0].proofs}
    assert passed == {
        MADE: True,
        RUNS: True,
        LOUD: True,
        LAYERS: None,
        CONFIG: None,
        OWNER: None,
        ALONE: True,
    }


def spoil_hook(image: Image) -> None:
    image.entries(data=image.hook[1] + b"# more\n")


def quiet_hook(image: Image) -> None:
    data = image.hook[1].replace(b"quiet=False", b"quiet=True")
    assert data != image.hook[1]
    image.entries(data=data)


def label(name: str, value: str) -> Change:
    def change(image: Image) -> None:
        image.inner["Labels"][name] = value

    return change


def setting(name: str, value: Any) -> Change:
    def change(image: Image) -> None:
        assert image.inner.get(name) != value
        image.inner[name] = value

    return change


def env(*entries: str, drop: str = "") -> Change:
    def change(image: Image) -> None:
        kept = [e for e in image.inner["Env"] if not drop or not e.startswith(drop)]
        image.inner["Env"] = [*kept, *entries]

    return change


def config(name: str, value: Any) -> Change:
    def change(image: Image) -> None:
        image.config[name] = value

    return change


def swap_base_layers(image: Image) -> None:
    for items in (image.manifest["layers"], image.config["rootfs"]["diff_ids"]):
        items[0], items[1] = items[1], items[0]


def drop_base_layer(image: Image) -> None:
    image.manifest["layers"].pop(1)
    image.config["rootfs"]["diff_ids"].pop(1)


def other_blob_for_a_base_layer(image: Image) -> None:
    """The diff IDs lie: who believes them runs something else."""
    digest, size = image.store.put(store_gzip(bytes(1024)))
    image.manifest["layers"][1].update(digest=digest, size=size)


BOTH: list[tuple[str, Change, set[str]]] = [
    ("stray .orig", lambda i: i.entries(entry(HOOK_PATH + ".orig", b"x", mode=0o755)),
     {ALONE, RUNS}),
    ("stray below /hooks", lambda i: i.entries(entry("hooks/x.sh", b"x", mode=0o755)),
     {ALONE, RUNS}),
    ("whiteout", lambda i: i.entries(entry("kubesphere/.wh.playbooks")), {ALONE}),
    ("hook twice", lambda i: i.replace_layer([*i.layer, i.hook]), {ALONE}),
    ("no parents", lambda i: i.replace_layer([i.hook]), {ALONE}),
    ("one parent", lambda i: i.replace_layer(i.layer[1:]), {ALONE}),
    ("parent twice", lambda i: i.replace_layer([i.layer[0], *i.layer]), {ALONE}),
    ("mode", lambda i: i.entries(mode=0o777), {OWNER}),
    ("setuid", lambda i: i.entries(mode=0o4755), {OWNER}),
    ("uid", lambda i: i.entries(uid=0), {OWNER}),
    ("gid", lambda i: i.entries(gid=0), {OWNER}),
    ("capability", lambda i: i.entries(pax_headers={"SCHILY.xattr.security.capability": "x"}),
     {ALONE}),
    ("extra layer", lambda i: i.add_layer("tmp/x"), {LAYERS, ALONE}),
    ("base layers in another order", swap_base_layers, {LAYERS}),
    ("entrypoint", setting("Entrypoint", ["/bin/sh"]), {CONFIG, RUNS}),
    ("no entrypoint", setting("Entrypoint", None), {CONFIG, RUNS}),
    ("cmd", setting("Cmd", ["x"]), {CONFIG, RUNS}),
    ("user", setting("User", "root"), {CONFIG, RUNS}),
    ("workdir", setting("WorkingDir", "/tmp"), {CONFIG}),
    ("volume", setting("Volumes", {"/hooks": {}}), {CONFIG}),
    ("health check", setting("Healthcheck", {"Test": ["CMD", "x"]}), {CONFIG}),
    ("stop signal", setting("StopSignal", "SIGKILL"), {CONFIG}),
    ("stop timeout", setting("StopTimeout", 1), {CONFIG}),
    ("on build", setting("OnBuild", ["RUN x"]), {CONFIG}),
    ("shell", setting("Shell", ["/x"]), {CONFIG}),
    ("env changed", env("PATH=/evil", drop="PATH="), {CONFIG}),
    ("env lost", env(drop="ANSIBLE_ROLES_PATH="), {CONFIG, RUNS}),
    ("env added", env("LD_PRELOAD=/x.so"), {CONFIG}),
    ("env overridden", env("LANG=x"), {CONFIG}),
    ("architecture", config("architecture", "arm64"), {CONFIG}),
    ("os", config("os", "windows"), {CONFIG}),
    ("hook before", label("io.ksimage.hook.before", "0" * 64), {CONFIG}),
]  # fmt: skip

BUILD_ONLY: list[tuple[str, Change, set[str]]] = [
    ("verbosity", env("KS_INSTALLER_VERBOSITY=0", drop="KS_INSTALLER_VERBOSITY="), {CONFIG}),
    ("unbuffered", env(drop="PYTHONUNBUFFERED="), {CONFIG}),
    ("label of the base", label("maintainer", "somebody else"), {CONFIG}),
    ("label of the build", label("io.ksimage.patches", "other@sha256:00"), {CONFIG}),
    ("parents' time", lambda i: i.replace_layer([*parents(mtime=7), i.hook]), {ALONE}),
    ("blob of a base layer", other_blob_for_a_base_layer, {LAYERS}),
]


def cases(*tables: list[tuple[str, Change, set[str]]]) -> pytest.MarkDecorator:
    rows = [row for table in tables for row in table]
    return pytest.mark.parametrize(
        ("change", "expected"), [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


@cases(BOTH, BUILD_ONLY)
def test_spoiled(good: Any, change: Change, expected: set[str]) -> None:
    plan, path = good
    image = Image(path)
    change(image)
    image.save()
    try:
        verdict = proven(plan, path)
    except ProofFailed as error:
        assert "is missing" in error.why and expected == {CONFIG}  # another platform now
        return
    assert failures(verdict) == expected
    with pytest.raises(ProofFailed) as caught:
        verdict.require("nothing was tagged")
    assert caught.value.exit_code == 6
    assert len(caught.value.why.splitlines()) == len(expected)


@cases(BOTH)
def test_spoiled_later(good: Any, change: Change, expected: set[str]) -> None:
    """`ksimage verify --base` finds the same without knowing the recipe."""
    plan, path = good
    image = Image(path)
    change(image)
    image.save()
    verdict = proven_later(plan, path)
    if image.config["os"] == "windows" or image.config["architecture"] == "arm64":
        assert verdict.platforms[0].proofs[4].passed is None  # the base has no such platform
        return
    assert failures(verdict) == expected


class TestTheHook:
    def test_another_one_with_the_labels_of_this(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        spoil_hook(image)
        image.save()
        verdict = proven(plan, path)
        assert failures(verdict) == {MADE, LOUD}
        assert failures(proven_later(plan, path)) == {MADE}
        assert "tampered" in verdict.platforms[0].identity.origin.value

    def test_a_quiet_one_with_fitting_labels(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        quiet_hook(image)
        hook = tar_of(image.store.read(image.manifest["layers"][-1]["digest"]))[-1][1]
        image.inner["Labels"]["io.ksimage.hook.after"] = sha256(hook).removeprefix("sha256:")
        image.save()
        assert failures(proven_later(plan, path)) == {LOUD}

    def test_hidden_above_in_a_layer_that_history_rules_out(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        image.add_layer(HOOK_PATH, derived.HOOK, "COPY x /elsewhere # buildkit")
        image.save()
        verdict = proven(plan, path)
        assert MADE in failures(verdict) and LAYERS in failures(verdict)

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
    def test_no_file(self, good: Any, kind: bytes) -> None:
        plan, path = good
        image = Image(path)
        image.replace_layer([entry(HOOK_PATH, type=kind, linkname="/etc/passwd")])
        image.save()
        with pytest.raises(HookNotFound):
            proven(plan, path)

    def test_diff_id_of_the_added_layer(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        image.config["rootfs"]["diff_ids"][-1] = "sha256:" + "0" * 64
        image.save()
        with pytest.raises(DigestMismatch):
            proven(plan, path)

    def test_layer_that_is_not_the_top_one(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        drop_base_layer(image)
        image.save()
        assert LAYERS in failures(proven(plan, path))


class TestParents:
    """A Dockerfile's COPY records the directories above the hook, as they are."""

    def test_as_in_the_base(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        image.replace_layer([*parents(), image.hook])
        image.save()
        assert proven(plan, path, bare=False).verified
        assert proven_later(plan, path).verified

    @pytest.mark.parametrize(
        "fields",
        [
            {"mode": 0o777},
            {"uid": 0},
            {"gid": 0},
            {"mode": 0o2755},
            {"pax_headers": {"SCHILY.xattr.user.x": "y"}},
        ],
    )
    def test_changed(self, good: Any, fields: dict[str, int]) -> None:
        plan, path = good
        image = Image(path)
        image.replace_layer([*parents(**fields), image.hook])
        image.save()
        assert failures(proven(plan, path, bare=False)) == {ALONE}

    def test_other_directories(self, good: Any) -> None:
        plan, path = good
        image = Image(path)
        image.replace_layer([*image.layer, entry("kubesphere", type=tarfile.DIRTYPE, mode=0o755)])
        image.save()
        assert failures(proven(plan, path, bare=False)) == {ALONE}


class TestNotOurs:
    def test_pristine_or_foreign(self, tmp_path: Path) -> None:
        derived.base(tmp_path)
        verdict = proofs.verify(LayoutSource(tmp_path, "v3.3.2"))
        assert failures(verdict) == {MADE}
        assert len(verdict.platforms[0].proofs) == 1, "the others would say nothing"
        with pytest.raises(NotOurBuild) as caught:
            verdict.require_all()
        assert "fails" not in caught.value.message
        assert caught.value.exit_code == 6

    def test_all_proofs_when_it_was_to_be_ours(self, good: Any, tmp_path: Path) -> None:
        plan, _ = good
        layout(tmp_path / "x", Recipe(family="oci", hook=UNPATCHABLE), ref="v3.3.2-debug")
        assert failures(proven(plan, tmp_path / "x")) >= {MADE, LOUD, LAYERS, CONFIG, ALONE}


class TestPlatforms:
    def test_all_of_them(self, tmp_path: Path) -> None:
        recipes = [
            Recipe(), Recipe(architecture="arm64", variant_of_architecture="v8"),
            Recipe(architecture="arm", variant_of_architecture="v7"),
        ]  # fmt: skip
        source = derived.base(tmp_path / "base", *recipes)
        to = f"oci:{tmp_path / 'out'}:v3.3.2-debug"
        with derived.planned(source) as plan:
            derived.publish_plan(plan, to)
            verdict = proven_later(plan, tmp_path / "out")
            assert verdict.verified and len(verdict.platforms) == 3

            # Narrowed: the base has more platforms than what was built of it.
            with derived.planned(source, platforms=("linux/arm64",)) as narrow:
                derived.publish_plan(narrow, to, overwrite=True)
            assert proven_later(plan, tmp_path / "out").verified

            with pytest.raises(ProofFailed) as caught:
                proven(plan, tmp_path / "out")
            assert "linux/amd64 is missing" in caught.value.why.splitlines()

    def test_usual_variants_are_the_same_platform(self, tmp_path: Path) -> None:
        """An index says linux/arm64, the config linux/arm64/v8, the engine one of them."""
        source = derived.base(tmp_path / "base", Recipe(architecture="arm64"))
        with derived.planned(source) as plan:
            made = make.derived(plan, derived.destination("oci:nowhere").location)
            only = plan.platforms[0]
            other = only.image._replace(platform=only.image.platform._replace(variant="v8"))
            expected = {other.platform.normal: Expected(other, only.hook, only.recipe)}
            assert proofs.verify(made, expected=expected, bare_layer=True).verified

    def test_only_some_are_looked_at(self, tmp_path: Path) -> None:
        derived.base(tmp_path, Recipe(), Recipe(architecture="arm64"))
        verdict = proofs.verify(LayoutSource(tmp_path, "v3.3.2"), platforms=("linux/arm64",))
        assert [str(v.image.platform) for v in verdict.platforms] == ["linux/arm64"]


def test_base_is_read_once_a_platform(good: Any) -> None:
    plan, _ = good
    (image,) = plan.base.images
    expected = proofs.expect_base(plan.source, image)
    assert expected.recipe is None
    assert expected.base_hook == find_hook(plan.source, image, depth="parents")
