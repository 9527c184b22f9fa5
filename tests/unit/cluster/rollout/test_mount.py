"""A rendered folder is believed only as far as its own sums hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support import derived
from tests.support.program import ksimage
from tests.unit.cluster.objects_of import configuration, deployment, installer, state

from ksimage.cluster.rollout import mount as mounts
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.cluster.rollout.plan import Situation
from ksimage.errors import MountUnusable


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered")
    base = derived.base(folder / "base")
    words = ("render", "v3.3.2", "--from", base, "--as", "configmap", "-o", "hook")
    ksimage(*words, cwd=folder).ok()
    return folder / "hook"


def situation(**changes: Any) -> Situation:
    found = installer(deployment(), configuration())
    values: dict[str, Any] = {"nodes": (), "seen": state(), "left": Leftovers(), **changes}
    return Situation(found, **values)


def test_what_render_wrote_is_read(rendered: Path) -> None:
    mount = mounts.read(rendered)
    assert mount.release == "v3.3.2"
    assert "unquiet" in mount.patches
    assert mount.name.startswith("ksimage-hook-")
    assert str(mount.added).startswith("env KS_INSTALLER_VERBOSITY")


def test_the_hook_must_be_made_from_the_one_that_runs(rendered: Path) -> None:
    mount = mounts.read(rendered)
    fits = mounts.plan(mount, situation(seen=state(hook_sha256=mount.before)), "ns")
    assert fits.against == ()
    assert '"namespace":"ns"' in fits.commands[0].stdin
    other = mounts.plan(mount, situation(), "ns")
    assert "the hook was made from" in other.against[0]
    mounted = Leftovers(mounts=mount.added.mounts)
    assert mounts.plan(mount, situation(left=mounted), "ns").against == ()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("configmap.yaml", lambda d: d["data"].update({"installRunner.py": "rm -rf /"})),
        ("configmap.yaml", lambda d: d["data"].update({"another": "x"})),
        ("configmap.yaml", lambda d: d.update(kind="Secret")),
        ("configmap.yaml", lambda d: d["metadata"].update(name="else")),
        ("deployment-patch.yaml", lambda d: d.clear()),
        ("deployment-patch.yaml", lambda d: d["spec"]["template"]["spec"].pop("volumes")),
    ],
)
def test_anything_else_is_refused(rendered: Path, tmp_path: Path, name: str, change: Any) -> None:
    for path in rendered.iterdir():
        document = yaml.safe_load(path.read_text())
        if path.name == name:
            change(document)
        (tmp_path / path.name).write_text(yaml.safe_dump(document))
    with pytest.raises(MountUnusable):
        mounts.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "7", "!!python/object:os.system x"])
def test_what_is_no_yaml_of_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "configmap.yaml").write_text(text)
    (tmp_path / "deployment-patch.yaml").write_text(text)
    with pytest.raises(MountUnusable):
        mounts.read(tmp_path)


def test_nothing_but_our_parts_of_the_patch_is_taken(rendered: Path, tmp_path: Path) -> None:
    for path in rendered.iterdir():
        document = yaml.safe_load(path.read_text())
        if path.name == "deployment-patch.yaml":
            spec = document["spec"]["template"]["spec"]
            spec["hostNetwork"] = True
            spec["containers"][0]["command"] = ["evil"]
            spec["volumes"].append({"name": "root", "hostPath": {"path": "/"}})
        (tmp_path / path.name).write_text(yaml.safe_dump(document))
    mount = mounts.read(tmp_path)
    seen = state(hook_sha256=mount.before)
    sent = mounts.plan(mount, situation(seen=seen), "ns").commands[1].words[-1]
    for word in ("evil", "hostNetwork", "hostPath"):
        assert word not in sent
