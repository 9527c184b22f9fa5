"""Harbor's refusals, as users meet them: in words, with the next command, and its own exit code."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.harbor import ADMIN, ADMIN_PASSWORD, ROBOT, ROBOT_SECRET, FakeHarbor, Project
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, Finished, ksimage
from tests.support.registry import RunningRegistry

pytestmark = pytest.mark.e2e

TAG = "v3.3.2-debug"
AS_ROBOT: dict[str, str | None] = {"KSIMAGE_USERNAME": ROBOT, "KSIMAGE_PASSWORD": ROBOT_SECRET}
AS_ADMIN: dict[str, str | None] = {"KSIMAGE_USERNAME": ADMIN, "KSIMAGE_PASSWORD": ADMIN_PASSWORD}

Run = Callable[..., Finished]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs ksimage; no secret may ever show."""
    layout(tmp_path / "image", Recipe(hook=MINIATURE_HOOK.read_bytes()), ref=TAG)
    home = tmp_path / "home"
    home.mkdir()

    def run(*arguments: str, env: dict[str, str | None] = AS_ROBOT) -> Finished:
        done = ksimage(*arguments, cwd=tmp_path, env={"HOME": str(home), **env})
        assert ROBOT_SECRET not in done.stdout + done.stderr
        assert ADMIN_PASSWORD not in done.stdout + done.stderr
        return done

    return run


class TestRefusals:
    def push(self, run: Run, to: str, *more: str, **details: dict[str, str | None]) -> Finished:
        return run("push", "oci:image", "--to", to, *more, **details)

    def test_project_missing(self, harbor: FakeHarbor, run: Run) -> None:
        told = self.push(run, f"{harbor.address}/nope/ks-installer")
        assert told.code == 8 and told.stdout == ""
        assert "has no project 'nope'" in told.stderr and "--create-project" in told.stderr

    def test_right_missing(self, harbor: FakeHarbor, run: Run) -> None:
        harbor.projects["kubesphereio"].members[ROBOT] = {"pull"}
        told = self.push(run, f"{harbor.address}/kubesphereio")
        assert told.code == 9
        assert f"{ROBOT} may not push" in told.stderr and "project > Members" in told.stderr

    def test_wrong_password_is_told_from_a_missing_right(
        self, harbor: FakeHarbor, run: Run
    ) -> None:
        wrong = {**AS_ROBOT, "KSIMAGE_PASSWORD": "not-this-one"}
        told = self.push(run, f"{harbor.address}/kubesphereio", env=wrong)
        assert told.code == 9
        assert "does not accept the login" in told.stderr and "may not push" not in told.stderr

    def test_nobody(self, harbor: FakeHarbor, run: Run) -> None:
        told = self.push(run, f"{harbor.address}/kubesphereio", env={})
        assert told.code == 9
        assert f"docker login {harbor.address}" in told.stderr

    def test_immutable_tag_that_holds_the_same_is_up_to_date(
        self, harbor: FakeHarbor, run: Run
    ) -> None:
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        first = self.push(run, to).ok()
        harbor.projects["kubesphereio"].immutable = [TAG]
        again = self.push(run, to).ok()
        assert "up to date" in again.stderr and again.reference == first.reference

    def test_immutable_tag(self, harbor: FakeHarbor, run: Run, tmp_path: Path) -> None:
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        first = self.push(run, to).ok()
        harbor.projects["kubesphereio"].immutable = [TAG]
        layout(tmp_path / "other", Recipe(architecture="arm64"))
        told = run("push", "oci:other", "--to", to, "--replace")
        assert told.code == 10
        assert "Tag Immutability" in told.stderr and "--tag TAG" in told.stderr
        assert run("inspect", to, "--output", "json").ok().document["digest"] in first.reference

    @pytest.mark.parametrize(
        ("rule", "words"),
        [
            ("quota", "Project Quotas"),
            ("read-only", "read-only at present"),
            ("proxy", "push to another project"),
        ],
    )
    def test_forbidden(self, harbor: FakeHarbor, run: Run, rule: str, words: str) -> None:
        harbor.read_only = rule == "read-only"
        harbor.projects["kubesphereio"].full = rule == "quota"
        harbor.projects["kubesphereio"].proxy_cache = rule == "proxy"
        told = self.push(run, f"{harbor.address}/kubesphereio")
        assert told.code == 8 and words in told.stderr
        assert harbor.stored == []

    def test_repository_without_project(self, harbor: FakeHarbor, run: Run) -> None:
        to = f"{harbor.address}/ks-installer:{TAG}"
        told = self.push(run, to)
        assert told.code == 8 and "HOST/PROJECT/REPOSITORY" in told.stderr
        told = self.push(run, to, "--create-project", env=AS_ADMIN)
        assert told.code == 8 and "HOST/PROJECT/REPOSITORY" in told.stderr
        assert "ks-installer" not in harbor.projects

    def test_policy(self, harbor: FakeHarbor, run: Run) -> None:
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        self.push(run, to).ok()
        harbor.projects["kubesphereio"].policy = "current image with 9 vulnerabilities"
        told = run("inspect", to)
        assert told.code == 8
        assert "9 vulnerabilities" in told.stderr and "project > Configuration" in told.stderr

    def test_as_json(self, harbor: FakeHarbor, run: Run) -> None:
        told = self.push(run, f"{harbor.address}/nope/ks-installer", "--output", "json")
        error = told.document["error"]
        assert (error["kind"], error["exit_code"]) == ("project-missing", 8)

    def test_wrong_password_costs_one_failed_login(self, harbor: FakeHarbor, run: Run) -> None:
        """Nothing else is said before it, and the right one is taken right afterwards."""
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        self.push(run, to).ok()
        told = self.push(run, to, env={**AS_ROBOT, "KSIMAGE_PASSWORD": "not-this-one"})
        assert told.code == 9 and told.stdout == ""
        assert told.stderr.startswith("error: ") or "warning" not in told.stderr
        assert harbor.failed_logins == [ROBOT]
        assert "up to date" in self.push(run, to).ok().stderr

    def test_immutable_tag_leaves_nothing_behind(
        self, harbor: FakeHarbor, run: Run, tmp_path: Path
    ) -> None:
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        self.push(run, to).ok()
        harbor.projects["kubesphereio"].immutable = [TAG]
        layout(tmp_path / "other", Recipe(), Recipe(architecture="arm64"))
        harbor.seen.clear()
        assert run("push", "oci:other", "--to", to, "--replace").code == 10
        assert {method for method, _, _ in harbor.seen} == {"GET", "HEAD"}
        assert len(harbor.stored) == 1

    def test_push_behind_a_policy_is_a_push(self, harbor: FakeHarbor, run: Run) -> None:
        """It was taken; the reference is printed, and later runs know what the tag holds."""
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        harbor.projects["kubesphereio"].policy = "The image is not signed by cosign."
        harbor.policy_after_push = True
        done = self.push(run, to).ok()
        assert done.reference.startswith(f"{to}@sha256:")
        assert "pulls of it are refused until it is signed or scanned" in done.stderr
        again = self.push(run, to).ok()
        assert again.reference == done.reference and "up to date" in again.stderr

    def test_check_knows_what_a_policy_withholds(
        self, harbor: FakeHarbor, run: Run, tmp_path: Path
    ) -> None:
        """It is said, and the fleet does not fail for it."""
        to = f"{harbor.address}/kubesphereio"
        run("build", "v3.3.2", "--from", "oci:image", "--to", to).ok()
        harbor.projects["kubesphereio"].policy = "The image is not signed by cosign."
        told = run("check", "v3.3.2", "--from", "oci:image", "--target", to)
        assert told.code == 0 and "withheld" in told.stdout + told.stderr

    def test_pushing_again_brings_a_lost_blob_back(
        self, harbor: FakeHarbor, run: Run, tmp_path: Path
    ) -> None:
        to = f"{harbor.address}/kubesphereio/ks-installer:{TAG}"
        self.push(run, to).ok()
        layers = (harbor.registry.data / "docker/registry/v2/repositories").rglob("_layers")
        lost = min((next(iter(layers)) / "sha256").iterdir())
        shutil.rmtree(lost)
        again = self.push(run, to).ok()
        assert "had lost 1 blobs: sent again" in again.stderr
        assert lost.exists()

    def test_robot_mounts_across_projects(
        self, harbor: FakeHarbor, run: Run, tmp_path: Path
    ) -> None:
        """Although the source's name sorts before the target's."""
        harbor.projects["aaa"] = Project(True, {ADMIN: {"pull", "push"}})
        base = f"{harbor.address}/aaa/ks-installer:{TAG}"
        run("push", "oci:image", "--to", base, env=AS_ADMIN).ok()
        to = f"{harbor.address}/kubesphereio"
        done = run("push", base, "--to", to, "-v").ok()
        assert "their bytes are sent" not in done.stderr
        assert not [path for method, path, _ in harbor.seen if method == "PATCH"]

    def test_refused_mount_is_explained_once(
        self, harbor: FakeHarbor, run: Run, tmp_path: Path
    ) -> None:
        harbor.projects["aaa"] = Project(True, {ADMIN: {"pull", "push"}})
        base = f"{harbor.address}/aaa/ks-installer:{TAG}"
        run("push", "oci:image", "--to", base, env=AS_ADMIN).ok()
        harbor.no_mounts = True
        done = run("push", base, "--to", f"{harbor.address}/kubesphereio").ok()
        line = "into kubesphereio/ks-installer (unauthorized to access repository: aaa/ks-installer"
        assert done.stderr.count(line) == 1


class TestCreateProject:
    def test_read_only_is_told_as_such(self, harbor: FakeHarbor, run: Run) -> None:
        harbor.read_only = True
        to = f"{harbor.address}/new"
        told = run("push", "oci:image", "--to", to, "--create-project", env=AS_ADMIN)
        assert told.code == 8 and "read-only at present" in told.stderr

    def test_harbor_that_is_down_is_told_as_such(self, run: Run) -> None:
        to = "127.0.0.1:9/new/ks-installer:v1"
        told = run("push", "oci:image", "--to", to, "--create-project", env=AS_ADMIN)
        assert told.code == 8 and "cannot reach 127.0.0.1:9" in told.stderr
        assert "does not answer like a Harbor" not in told.stderr

    @pytest.mark.parametrize("flag", ["--create-project", "--create-project=public"])
    def test_public(self, harbor: FakeHarbor, run: Run, flag: str) -> None:
        to = f"{harbor.address}/new"
        done = run("push", flag, "oci:image", "--to", to, env=AS_ADMIN).ok()
        assert "created the public project new" in done.stderr
        assert harbor.projects["new"].public
        assert done.reference.startswith(f"{to}/ks-installer:{TAG}@sha256:")

    def test_private(self, harbor: FakeHarbor, run: Run) -> None:
        to = f"{harbor.address}/new"
        run("push", "oci:image", "--to", to, "--create-project=private", env=AS_ADMIN).ok()
        assert not harbor.projects["new"].public
        # there already: nothing is changed
        again = run("push", "oci:image", "--to", to, "--create-project", env=AS_ADMIN).ok()
        assert "the project new exists" in again.stderr and not harbor.projects["new"].public

    def test_not_for_everybody(self, harbor: FakeHarbor, run: Run) -> None:
        told = run("push", "oci:image", "--to", f"{harbor.address}/new", "--create-project")
        assert told.code == 9
        assert "may not create the project 'new'" in told.stderr
        assert "Projects > New Project" in told.stderr

    def test_a_plain_registry_needs_none(self, registry: RunningRegistry, run: Run) -> None:
        to = f"{registry.address}/no-harbor"
        done = run("push", "oci:image", "--to", to, "--create-project", env={}).ok()
        assert "does not answer like a Harbor" in done.stderr

    def test_build_creates_it_as_well(self, harbor: FakeHarbor, run: Run) -> None:
        to = f"{harbor.address}/new/ks-installer"
        command = ("build", "oci:image", "--to", f"{to}:v3.3.2-ours")
        missing = run(*command, env=AS_ADMIN)
        assert missing.code == 8 and "--create-project" in missing.stderr
        dry = run(*command, "--create-project", "--dry-run", env=AS_ADMIN).ok()
        assert "new" not in harbor.projects and dry.code == 0
        built = run(*command, "--create-project", env=AS_ADMIN).ok()
        assert built.reference.startswith(f"{to}:v3.3.2-ours@sha256:")


def test_did_kubekey_overwrite_my_tag(harbor: FakeHarbor, run: Run) -> None:
    """The whole story: pushed by KubeKey, replaced by ksimage, pushed by KubeKey again."""
    harbor.projects["kubesphereio"] = Project(True, {ROBOT: {"pull", "push", "log"}})
    harbor.users["kk"] = "KubeKey1"
    harbor.projects["kubesphereio"].members["kk"] = {"pull", "push"}
    as_kk: dict[str, str | None] = {"KSIMAGE_USERNAME": "kk", "KSIMAGE_PASSWORD": "KubeKey1"}
    name = f"{harbor.address}/kubesphereio/ks-installer:v3.3.2"

    run("push", "oci:image", "--to", name, env=as_kk).ok()
    first = run("inspect", name).ok().stdout
    assert "unknown" in first and "there is no v3.3.2-orig" in first

    run("build", name, "--to", name, "--replace").ok()
    ours = run("inspect", name).ok().stdout
    assert "no          v3.3.2 holds what ksimage built" in ours

    run("push", "oci:image", "--to", name, "--replace", env=as_kk).ok()
    back = run("inspect", name, "--output", "json").ok().document["overwritten"]
    assert back["answer"] == "yes"
    assert any(fact.startswith("v3.3.2 was last pushed by kk at ") for fact in back["facts"])
    assert any(fact.startswith(f"before that by {ROBOT} at ") for fact in back["facts"])
