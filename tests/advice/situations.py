"""For each error a folder and a command that end in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ksimage import resources
from ksimage.config.settings import PatchSettings
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE
from tests.unit.cli.own_patches import CHATTY, HOOK, patch, series

Words = tuple[str, ...]

PROJECT = "ADVICE_PROJECT"
"""The variable that names a registry's project, new for every line of advice."""


@dataclass(frozen=True)
class Situation:
    """How an error is met.

    Attributes:
        kind: the error's, as in JSON.
        prepare: fills a folder and gives the command to type there.
        sentences: lines of advice, by a part of them, that ask a person to do or decide something.
        places: what stands for the placeholders of the advice, here.
        name: of the situation itself.
        registry: whether it needs one: a project of its own, which PROJECT names.
        cured: whether the first command succeeds after a line of the advice.
    """

    kind: str
    prepare: Callable[[Path], Words]
    sentences: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    registry: bool = False
    cured: bool = False


SITUATIONS: list[Situation] = []
BUILD = ("build", "v3.3.2", "--from", "oci:image", "--to", "oci:out")
CHECK = ("check", "v3.3.2", "--from", "oci:image", "--target", "127.0.0.1:1/p")


def situation(
    kind: str,
    *sentences: str,
    places: Mapping[str, str] = MappingProxyType({}),
    registry: bool = False,
    cured: bool = False,
) -> Callable[[Callable[[Path], Words]], Callable[[Path], Words]]:
    """Register a function as the way into an error; ``places`` are the placeholders' values."""

    def register(prepare: Callable[[Path], Words]) -> Callable[[Path], Words]:
        SITUATIONS.append(
            Situation(kind, prepare, sentences, places, prepare.__name__, registry, cured)
        )
        return prepare

    return register


def image(folder: Path, *recipes: Recipe, ref: str = "v3.3.2", name: str = "image") -> None:
    """A base that the shipped patches fit, as ``oci:image``."""
    derived.base(folder / name, *recipes, ref=ref)


# --- usage: what was typed ---------------------------------------------------------------------


@situation("bad-option")
def verbosity_behind_a_blank(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--verbose", "3")


@situation("bad-option")
def misspelt_mode(folder: Path) -> Words:
    return ("config", "--tag", "{realease}-x")


@situation("bad-reference", "a registry:", "elsewhere:")
def upper_case(folder: Path) -> Words:
    return ("verify", "harbor.lan/Kubesphereio/ks-installer:v3.3.2")


@situation("file-without-transport")
def a_file_to_read(folder: Path) -> Words:
    image(folder)
    (folder / "a.tar").write_bytes(b"")
    return ("verify", "a.tar")


@situation("file-without-transport")
def a_file_to_write(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--to", "x.tar")


@situation("login-incomplete", "--password-stdin <", "or KSIMAGE_PASSWORD")
def no_user(folder: Path) -> Words:
    return ("verify", "127.0.0.1:1/x/y:z", "--username", "me")


@situation("platform-needed", places={"FILE": "out.tar"})
def several_into_one(folder: Path) -> Words:
    image(folder, Recipe(), Recipe(architecture="arm64"))
    return ("build", "v3.3.2", "--from", "oci:image", "--to", "docker-archive:out.tar")


@situation("unknown-transport", "transports:", "anything else:")
def misspelt_transport(folder: Path) -> Words:
    return ("verify", "docker-deamon:x/y:z")


@situation("bad-option")
def misspelt_transport_of_a_setting(folder: Path) -> Words:
    return ("build", "v3.3.2", "--from", "docker-deamon:x/y", "--to", "oci:out")


@situation("usage-error")
def unknown_option(folder: Path) -> Words:
    return ("build", "v3.3.2", "--pusch")


@situation("usage-error", "leave one of them out")
def all_and_names(folder: Path) -> Words:
    return ("build", "v3.3.2", "--all")


@situation("usage-error", "add to it:")
def all_of_nothing(folder: Path) -> Words:
    return ("build", "--all")


@situation("usage-error")
def nothing_named(folder: Path) -> Words:
    image(folder)
    (folder / "ksimage.yaml").write_text("releases: [v3.3.2]\nsource: 'oci:image'\n")
    return ("build",)


@situation("usage-error", places={"harbor.lan": "127.0.0.1:1"})
def push_to_nowhere(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--push")


@situation("usage-error", places={"REGISTRY/PROJECT": "127.0.0.1:1/p"})
def push_without_destination(folder: Path) -> Words:
    image(folder)
    return ("push", "oci:image")


@situation("usage-error", places={"harbor.lan": "127.0.0.1:1"})
def check_without_target(folder: Path) -> Words:
    image(folder)
    return ("check", "v3.3.2", "--from", "oci:image")


@situation("usage-error", "or leave --to out", places={"DIR": "out"})
def several_into_one_file(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "v3.3.1", "--from", "oci:image", "--to", "oci-archive:a.tar")


@situation("usage-error", "leave the tag out")
def several_under_one_name(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "v3.3.1", "--from", "oci:image", "--to", "oci:out:x")


@situation("usage-error")
def several_with_one_tag(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "v3.3.1", "--from", "oci:image", "--to", "oci:out", "--tag", "x")


@situation("usage-error", "name one release")
def several_dry(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "v3.3.1", "--from", "oci:image", "--dry-run")


@situation("usage-error", places={"DIR": "."})
def patches_of_no_release(folder: Path) -> Words:
    image(folder)
    return ("patches", "check", "--from", "oci:image")


# --- settings ------------------------------------------------------------------------------------


@situation("config-faults", "every key:")
def faulty_file(folder: Path) -> Words:
    (folder / "ksimage.yaml").write_text("sorce: x\n")
    return ("config",)


@situation("config-misnamed")
def misnamed_file(folder: Path) -> Words:
    (folder / "ksimage.yml").write_text("jobs: 2\n")
    return ("config",)


@situation("config-not-found")
def missing_file(folder: Path) -> Words:
    return ("config", "--config", "none.yaml")


# --- what is there -----------------------------------------------------------------------------


@situation("unknown-release", places={"REGISTRY/ks-installer:TAG": "oci:image:v3.3.2"})
def misspelt_release(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.3", "--from", "oci:image", "--to", "oci:out")


@situation("unsupported-release", "supported:")
def too_old(folder: Path) -> Words:
    return ("build", "v2.1.1", "--from", "oci:image", "--to", "oci:out")


@situation("ambiguous-image", "name one:", "  oci:image:")
def two_images(folder: Path) -> Words:
    image(folder, ref="a")
    image(folder, Recipe(labels={"x": "y"}), ref="b")
    return ("verify", "oci:image")


@situation("platform-not-found")
def no_such_platform(folder: Path) -> Words:
    image(folder, Recipe(), Recipe(architecture="arm64"))
    return (*BUILD, "--platform", "linux/s390x")


@situation("clone-unusable", "it must be a clone")
def no_clone(folder: Path) -> Words:
    return ("patches", "check", "--release", "v3.3.2", "--clone", ".")


@situation("hook-not-found")
def no_hook(folder: Path) -> Words:
    layout(folder / "image", Recipe(variant="no-hook"))
    return BUILD


@situation("base-moved", "then pin the new digest")
def pinned_otherwise(folder: Path) -> Words:
    image(folder)
    digest = "sha256:" + "0" * 64
    (folder / "ksimage.yaml").write_text(f"releases: [{{release: v3.3.2, base: '{digest}'}}]\n")
    return BUILD


@situation("image-not-found")
def missing_tag(folder: Path) -> Words:
    image(folder)
    return ("verify", "oci:image:v9")


HERE = {
    "harbor.lan/kubesphereio": "oci:image",
    "docker-archive:ks-installer.tar": "oci:image",
    "oci:kubekey/images": "oci:image",
}


@situation("upstream-withdrawn", places=HERE)
def upstream_is_gone(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--to", "oci:out")


# --- patches and hooks -------------------------------------------------------------------------


def own(folder: Path, before: bytes, after: bytes, name: str = "own") -> None:
    """``own.patch``, made for the miniature hook."""
    (folder / f"{name}.patch").write_bytes(patch(name, before=before, after=after))


@situation("unknown-patch")
def misspelt_patch(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--without", "poll-intervall")


@situation("config-faults", "every key:")
def wanted_and_not(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--with", "early-config", "--without", "early-config")


@situation("hook-still-quiet", "an image without")
def without_unquiet(folder: Path) -> Words:
    image(folder)
    only = [f"--without={name}" for name in ("unquiet", "labelled-output", "keep-output")]
    return (*BUILD, *only)


@situation("patch-name-taken", "rename your patch file")
def two_of_a_name(folder: Path) -> Words:
    image(folder)
    own(folder, HOOK, CHATTY, "unquiet")
    return (*BUILD, "--patch", "unquiet.patch")


@situation("series-missing", "one patch file name a line")
def folder_without_series(folder: Path) -> Words:
    (folder / "mine").mkdir()
    return ("patches", "list", "--patch-dir", "mine")


@situation("series-entry-missing", "restore the file")
def entry_of_nothing(folder: Path) -> Words:
    series(folder / "mine", "a")
    (folder / "mine" / "a.patch").unlink()
    return ("patches", "list", "--patch-dir", "mine")


@situation("series-stray-patch", "series.optional", "or move the file")
def stray(folder: Path) -> Words:
    series(folder / "mine", "a")
    (folder / "mine" / "b.patch").write_bytes(patch("b"))
    return ("patches", "list", "--patch-dir", "mine")


@situation("patch-excluded", "build without it")
def excluded(folder: Path) -> Words:
    image(folder)
    (folder / "own.patch").write_bytes(patch("own", more="X-Ksimage-Releases: <3.0\n"))
    return (*BUILD, "--patch", "own.patch")


@situation("patches-refused")
def refused_everywhere(folder: Path) -> Words:
    image(folder)
    other = HOOK.replace(b"level=logging.INFO", b"level=NO")
    series(folder / "mine", "a", before=other, after=CHATTY)
    return ("patches", "check", "--release", "v3.3.2", "--from", "oci:image", "--patch-dir", "mine")


# --- files and names ---------------------------------------------------------------------------


@situation("file-exists")
def settings_are_there(folder: Path) -> Words:
    (folder / "ksimage.yaml").write_text("jobs: 2\n")
    return ("init",)


@situation("not-empty", places={"DIR": "new"})
def context_is_not_empty(folder: Path) -> Words:
    image(folder)
    return ("render", "v3.3.2", "--from", "oci:image", "-o", "image")


@situation("not-ours", "give another path")
def no_layout(folder: Path) -> Words:
    image(folder)
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("x")
    return BUILD


@situation("tag-occupied", places={"TAG": "other"})
def occupied(folder: Path) -> Words:
    image(folder)
    shutil.copytree(MINIATURE, folder / "out")
    index = folder / "out" / "index.json"
    index.write_text(index.read_text().replace('"v3.3.2"', '"v3.3.2-debug"'))
    return BUILD


@situation("cannot-write", "nothing was replaced")
def cannot_write(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--metadata-file", "none/file.json")


# --- an engine that is not there ----------------------------------------------------------------


@situation("engine-unreachable", "another engine:", places={"FILE": "out.tar"})
def no_engine(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--engine", "docker")


@situation("engine-unreachable", "another engine:", places={"FILE": "out.tar"})
def no_engine_to_hold_the_result(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--to", "docker-daemon:x")


# --- answers ------------------------------------------------------------------------------------


@situation("cannot-reproduce", places={"LOCATION": "oci:image"})
def base_in_no_registry(folder: Path) -> Words:
    image(folder)
    with derived.planned(f"oci:{folder}/image") as plan:
        derived.publish_plan(plan, f"oci:{folder}/out")
    return ("reproduce", "oci:out")


@situation("cannot-reproduce", places={"FILE": "own.patch", "DIR": "mine"})
def built_with_a_patch_of_ones_own(folder: Path) -> Words:
    image(folder)
    series(folder / "mine", "own")
    (folder / "own.patch").write_bytes(patch("own"))
    own_patch = PatchSettings(files=(folder / "own.patch",))
    with derived.planned(f"oci:{folder}/image", patches=own_patch) as plan:
        derived.publish_plan(plan, f"oci:{folder}/out")
    return ("reproduce", "oci:out", "--base", "oci:image")


# --- a registry -----------------------------------------------------------------------------------


def stocked(folder: Path) -> str:
    """A project with the base in it."""
    image(folder)
    project = os.environ[PROJECT]
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, f"{project}/ks-installer:v3.3.2")
    return project


@situation("outdated", registry=True, cured=True)
def not_built_yet(folder: Path) -> Words:
    return ("check", "v3.3.2", "--from", stocked(folder))


@situation("outdated", registry=True, cured=True)
def not_built_yet_from_one_image(folder: Path) -> Words:
    """With a whole reference as the base, its own tag was looked at instead of the result's."""
    return ("check", "v3.3.2", "--from", f"{stocked(folder)}/ks-installer:v3.3.2")


@situation("outdated", registry=True, cured=True)
def built_with_another_verbosity(folder: Path) -> Words:
    project = stocked(folder)
    with derived.planned(project, verbosity=1) as plan:
        derived.publish_plan(plan, f"{project}/ks-installer:v3.3.2-debug")
    return ("check", "v3.3.2", "--from", project, "--verbose=3")


@situation("outdated", registry=True, cured=True)
def overwritten(folder: Path) -> Words:
    project = stocked(folder)
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, f"{project}/ks-installer:v3.3.2-debug")
    return ("check", "--from", project, "v3.3.2")


@situation("tag-occupied", registry=True, places={"TAG": "other"})
def occupied_in_a_registry(folder: Path) -> Words:
    project = stocked(folder)
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, f"{project}/ks-installer:v3.3.2-debug")
    return ("build", "v3.3.2", "--from", project, "--push")


@situation("builds-failed", "the others are done", registry=True)
def one_of_two_fails(folder: Path) -> Words:
    return ("build", "v3.3.2", "v3.4.1", "--from", stocked(folder), "--push")


# --- bases and builds that are not what they must be ---------------------------------------------


class Committed(Recipe):
    """What `docker commit` makes of a container that was started with another entrypoint."""

    def config(self) -> dict[str, Any]:
        return {**super().config(), "Entrypoint": ["sh"], "User": ""}


@situation("base-broken", places={"LOCATION": "oci:good"}, cured=False)
def a_committed_container(folder: Path) -> Words:
    image(folder, Committed())
    image(folder, name="good")
    return BUILD


@situation("not-our-build")
def upstreams_image(folder: Path) -> Words:
    image(folder)
    return ("verify", "oci:image:v3.3.2")


@situation("proofs-missing", places={"LOCATION": "oci:image"})
def without_the_base(folder: Path) -> Words:
    image(folder)
    with derived.planned("oci:image") as plan:
        derived.publish_plan(plan, "oci:out:v3.3.2-debug")
    return ("verify", "oci:out:v3.3.2-debug")


@situation("shipped-patch", "make your own of it:", "and build with it:")
def a_patch_of_ksimages_own(folder: Path) -> Words:
    image(folder)
    path = str(resources.path("patches") / "unquiet.patch")
    return ("patches", "refresh", path, "--release", "v3.3.2", "--from", "oci:image")


@situation("patches-failed")
def a_hook_with_all_of_it_already(folder: Path) -> Words:
    image(folder)
    with derived.planned("oci:image") as plan:
        whole = plan.platforms[0].patched.after
    layout(folder / "image", Recipe(hook=whole))
    return BUILD
