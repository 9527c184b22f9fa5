"""Push from every kind of place, and see with inspect that the very same image arrived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Base, Shape
from tests.support.engine import Engine
from tests.support.harbor import ROBOT, ROBOT_SECRET, FakeHarbor
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, Finished, ksimage
from tests.support.registry import PASSWORD, USER, RunningRegistry

from ksimage.locations import access, spec, transfer

pytestmark = pytest.mark.e2e

HOOK = MINIATURE_HOOK.read_bytes()
TAG = "v3.3.2-debug"


def convert(source: str, to: str) -> None:
    opened, target = access.open_source(spec.parse(source)), access.open_target(spec.parse(to))
    transfer.copy(opened, target)
    target.close()
    opened.close()


def inspect(name: str, folder: Path, env: dict[str, str | None] | None = None) -> dict[str, Any]:
    return ksimage("inspect", name, "--output", "json", cwd=folder, env=env).ok().document


class TestEveryPlace:
    @pytest.fixture
    def image(self, tmp_path: Path) -> str:
        """Digest of an index in the folder ``image``, under the name TAG."""
        both = [Recipe(hook=HOOK), Recipe(hook=HOOK, architecture="arm64")]
        return layout(tmp_path / "image", *both, ref=TAG)

    @pytest.mark.parametrize("kind", ["oci", "oci-archive", "registry"])
    def test_an_index_keeps_its_digest(
        self, registry: RunningRegistry, tmp_path: Path, image: str, kind: str
    ) -> None:
        place = {
            "oci": f"oci:{tmp_path}/image",
            "oci-archive": f"oci-archive:{tmp_path}/image.tar:{TAG}",
            "registry": f"{registry.address}/from/ks-installer:{TAG}",
        }[kind]
        if kind != "oci":
            convert(f"oci:{tmp_path}/image", place)
        to = f"{registry.address}/push-{kind}"
        pushed = ksimage("push", place, "--to", to, cwd=tmp_path).ok()
        name = f"{to}/ks-installer:{TAG}"
        assert pushed.reference == f"{name}@{image}"
        assert pushed.stderr.count("image ID sha256:") == 2
        found = inspect(name, tmp_path)
        assert found["digest"] == image
        shown = {platform["image_id"] for platform in found["platforms"]}
        assert all(f"image ID {image_id} (" in pushed.stderr for image_id in shown)
        again = ksimage("push", place, "--to", to, cwd=tmp_path).ok()
        assert again.reference == pushed.reference and "up to date" in again.stderr

    def test_a_docker_archive_keeps_its_image_id(
        self, registry: RunningRegistry, tmp_path: Path
    ) -> None:
        layout(tmp_path / "image", Recipe(hook=HOOK))
        archive = f"docker-archive:{tmp_path}/image.tar:kubesphere/ks-installer:{TAG}"
        convert(f"oci:{tmp_path}/image", archive)
        (before,) = inspect(archive, tmp_path)["platforms"]
        to = f"{registry.address}/push-docker-archive"
        # the archive's only name gives the tag
        place = f"docker-archive:{tmp_path}/image.tar"
        pushed = ksimage("push", place, "--to", to, "--output", "json", cwd=tmp_path).ok()
        result = pushed.document["result"]
        assert result["image_ids"] == {"linux/amd64": before["image_id"]}
        assert result["location"] == f"{to}/ks-installer:{TAG}"
        assert inspect(result["reference"], tmp_path)["platforms"][0] == before

    def test_one_platform(self, registry: RunningRegistry, tmp_path: Path, image: str) -> None:
        to = f"{registry.address}/push-one/ks-installer:one"
        command = ("push", f"oci:{tmp_path}/image", "--to", to, "--platform")
        ksimage(*command, "linux/arm64", cwd=tmp_path).ok()
        found = inspect(to, tmp_path)
        assert [platform["platform"] for platform in found["platforms"]] == ["linux/arm64"]
        assert found["digest"] == found["platforms"][0]["digest"] != image
        refused = ksimage(*command, "linux/s390x", cwd=tmp_path)
        assert refused.code == 4 and "--platform linux/amd64" in refused.stderr

    def test_which_tag(self, registry: RunningRegistry, tmp_path: Path, image: str) -> None:
        place, to = f"oci:{tmp_path}/image", f"{registry.address}/push-tag"
        named = ksimage("push", place, "--to", to, "--tag", "mine", cwd=tmp_path).ok()
        assert f"{to}/ks-installer:mine@" in named.reference
        twice = ksimage("push", place, "--to", f"{to}/x:a", "--tag", "b", cwd=tmp_path)
        assert twice.code == 2 and "name two things" in twice.stderr
        digest = f"{to}/ks-installer@{image}"
        none = ksimage("push", digest, "--to", f"{to}-2", cwd=tmp_path)
        assert none.code == 2 and "--tag TAG" in none.stderr
        nowhere = ksimage("push", place, cwd=tmp_path)
        assert nowhere.code == 2 and f"ksimage push {place} REGISTRY/PROJECT" in nowhere.stderr

    def test_kubekeys_opinion_of_the_tag(
        self, registry: RunningRegistry, tmp_path: Path, image: str
    ) -> None:
        to = f"{registry.address}/push-kk"
        place = f"oci:{tmp_path}/image"
        assert "KubeKey" not in ksimage("push", place, "--to", to, cwd=tmp_path).ok().stderr
        for tag, words in (
            ("v3.3.2", "pushes over the tag v3.3.2"),
            ("v3.3.2_debug", "cannot use the tag v3.3.2_debug"),
            ("v3.3.2-release", "newest"),
        ):
            told = ksimage("push", place, "--to", to, "--tag", tag, cwd=tmp_path).ok()
            assert words in told.stderr

    def test_the_engines_way_is_for_the_engine(self, tmp_path: Path, image: str) -> None:
        place = f"oci:{tmp_path}/image"
        to = ("--to", "localhost:1/p/ks-installer", "--through", "engine")
        refused = ksimage("push", place, *to, cwd=tmp_path)
        assert refused.code == 2 and "leave --through away" in refused.stderr


class TestEngine:
    @pytest.fixture
    def loaded(
        self, clean_engine: Engine, runnable_base: Callable[[Shape], Base]
    ) -> tuple[str, str]:
        """Name and ID of an image in the engine."""
        name = f"kubesphere/ks-installer:{TAG}"
        convert_in(clean_engine, runnable_base("chown").location, name)
        return name, clean_engine.docker("image", "inspect", "-f", "{{.Id}}", name)

    @pytest.fixture
    def run(
        self, clean_engine: Engine, engine_env: dict[str, str | None], tmp_path: Path
    ) -> Callable[..., Finished]:
        def run(*arguments: str, **env: str | None) -> Finished:
            return ksimage(*arguments, cwd=tmp_path, env={**engine_env, **env})

        return run

    def test_through_the_engine_by_default(
        self,
        clean_engine: Engine,
        registry: RunningRegistry,
        loaded: tuple[str, str],
        run: Callable[..., Finished],
        tmp_path: Path,
    ) -> None:
        name, image_id = loaded
        to = f"{registry.address}/push-engine/ks-installer:{TAG}"
        pushed = run("push", f"docker-daemon:{name}", "--to", to, "--output", "json").ok().document
        assert pushed["through"] == "engine"
        assert list(pushed["result"]["image_ids"].values()) == [image_id]
        assert inspect(to, tmp_path)["digest"] == pushed["result"]["digest"]
        # the target's name was only lent
        listed = clean_engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        assert name in listed and to not in listed
        registry.requests()
        again = run("push", f"docker-daemon:{name}", "--to", to).ok()
        assert "up to date" in again.stderr
        assert {request.method for request in registry.requests()} <= {"GET", "HEAD"}

    def test_directly(
        self,
        registry: RunningRegistry,
        loaded: tuple[str, str],
        run: Callable[..., Finished],
        tmp_path: Path,
    ) -> None:
        name, image_id = loaded
        to = f"{registry.address}/push-direct/ks-installer:{TAG}"
        command = ("push", f"docker-daemon:{name}", "--to", to, "--through", "direct")
        pushed = run(*command, "--output", "json").ok().document
        assert pushed["through"] == "direct" and pushed["result"]["bytes_sent"] > 1_000_000
        (platform,) = inspect(to, tmp_path)["platforms"]
        assert platform["image_id"] == image_id
        # either way finds that it is there already, though under another digest
        assert "up to date" in run(*command).ok().stderr
        assert "up to date" in run("push", f"docker-daemon:{name}", "--to", to).ok().stderr
        by_engine = f"{registry.address}/push-by-engine/ks-installer:{TAG}"
        run("push", f"docker-daemon:{name}", "--to", by_engine).ok()
        command = ("push", f"docker-daemon:{name}", "--to", by_engine, "--through", "direct")
        assert "up to date" in run(*command).ok().stderr

    def test_a_name_in_use_is_given_back(
        self,
        clean_engine: Engine,
        registry: RunningRegistry,
        loaded: tuple[str, str],
        run: Callable[..., Finished],
        tmp_path: Path,
    ) -> None:
        name, image_id = loaded
        to = f"{registry.address}/push-lent/ks-installer:{TAG}"
        layout(tmp_path / "other", Recipe(hook=HOOK))
        convert_in(clean_engine, f"oci:{tmp_path}/other", to)
        other = clean_engine.docker("image", "inspect", "-f", "{{.Id}}", to)
        run("push", f"docker-daemon:{name}", "--to", to).ok()
        assert clean_engine.docker("image", "inspect", "-f", "{{.Id}}", to) == other != image_id
        assert inspect(to, tmp_path)["platforms"][0]["image_id"] == image_id

    def test_an_occupied_tag_is_kept(
        self,
        registry: RunningRegistry,
        loaded: tuple[str, str],
        run: Callable[..., Finished],
        tmp_path: Path,
    ) -> None:
        name, image_id = loaded
        to = f"{registry.address}/push-keep/ks-installer:{TAG}"
        held = layout(tmp_path / "other", Recipe(hook=HOOK, architecture="arm64"))
        convert(f"oci:{tmp_path}/other", to)
        refused = run("push", f"docker-daemon:{name}", "--to", to)
        assert refused.code == 10 and "--replace" in refused.stderr
        assert inspect(to, tmp_path)["digest"] == held
        run("push", f"docker-daemon:{name}", "--to", to, "--replace").ok()
        found = inspect(to, tmp_path)
        assert found["platforms"][0]["image_id"] == image_id
        assert found["kept"] == {
            "name": f"{TAG}-orig",
            "digest": held,
            "holds": "a hook that neither upstream nor ksimage made",
        }

    def test_the_engine_gets_our_login(
        self,
        htpasswd_registry: RunningRegistry,
        loaded: tuple[str, str],
        run: Callable[..., Finished],
        tmp_path: Path,
    ) -> None:
        name, _ = loaded
        to = f"{htpasswd_registry.address}/push-login/ks-installer:{TAG}"
        login: dict[str, str | None] = {"KSIMAGE_USERNAME": USER, "KSIMAGE_PASSWORD": PASSWORD}
        pushed = run("push", f"docker-daemon:{name}", "--to", to, "-vv", **login).ok()
        assert PASSWORD not in pushed.stderr + pushed.stdout
        wrong = run(
            "push", f"docker-daemon:{name}", "--to", to, **{**login, "KSIMAGE_PASSWORD": "no"}
        )
        assert wrong.code == 9 and "docker login" in wrong.stderr

    @pytest.mark.parametrize(
        ("rule", "code", "words"),
        [
            ("right", 9, f"{ROBOT} may not push"),
            ("password", 9, f"does not accept the login of {ROBOT}"),
            ("nobody", 9, "docker login"),
            ("immutable", 10, "Tag Immutability"),
            ("read-only", 8, "is read-only at present"),
            ("quota", 8, "quota"),
            ("proxy", 8, "proxy cache"),
            ("project", 8, "--create-project"),
        ],
    )
    def test_harbors_refusals_through_the_engine(
        self,
        harbor: FakeHarbor,
        loaded: tuple[str, str],
        run: Callable[..., Finished],
        tmp_path: Path,
        rule: str,
        code: int,
        words: str,
    ) -> None:
        name, _ = loaded
        project = harbor.projects["kubesphereio"]
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        login: dict[str, str | None] = {
            "KSIMAGE_USERNAME": ROBOT,
            "KSIMAGE_PASSWORD": ROBOT_SECRET,
        }
        options: tuple[str, ...] = ()
        if rule == "right":
            project.members[ROBOT] = {"pull"}
        elif rule == "password":
            login["KSIMAGE_PASSWORD"] = "not-this-one"
        elif rule == "nobody":
            login = {}
        elif rule == "immutable":
            layout(tmp_path / "other", Recipe(hook=HOOK))
            ksimage("push", f"oci:{tmp_path}/other", "--to", to, cwd=tmp_path, env=login).ok()
            project.immutable, options = [TAG], ("--replace",)
        elif rule == "read-only":
            harbor.read_only = True
        elif rule == "quota":
            project.full = True
        elif rule == "proxy":
            project.proxy_cache = True
        else:
            del harbor.projects["kubesphereio"]
        refused = run("push", f"docker-daemon:{name}", "--to", to, *options, **login)
        assert words in refused.stderr
        assert refused.code == code
        assert ROBOT_SECRET not in refused.stderr

    def test_inspect_of_the_engine(
        self, loaded: tuple[str, str], run: Callable[..., Finished]
    ) -> None:
        name, image_id = loaded
        shown = run("inspect", f"docker-daemon:{name}").ok()
        assert f"image ID    {image_id}" in shown.stdout
        assert "/shell-operator start" in shown.stdout and "overwritten" not in shown.stdout


def convert_in(engine: Engine, source: str, name: str) -> None:
    """Load an image into the tests' engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", engine.host)
        convert(source, f"docker-daemon:{name}")
