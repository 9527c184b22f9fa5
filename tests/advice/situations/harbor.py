"""A small Harbor: its logins, projects and rules."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.advice.situation import Words, image, place, situation
from tests.support import derived
from tests.support.harbor import ADMIN, ADMIN_PASSWORD, ROBOT, ROBOT_SECRET, FakeHarbor, Project
from tests.support.registry import docker_config

OTHER = {"/PROJECT/": "/open/", "TAG": "v3.3.2"}


def harbor(folder: Path, user: str = ROBOT, password: str = ROBOT_SECRET) -> FakeHarbor:
    """The Harbor with the project kubesphereio as it is at first, one open, and this login."""
    found: FakeHarbor = place.running
    found.read_only = False
    rights = {ROBOT: {"pull", "push"}}
    found.projects = {"kubesphereio": Project(True, rights), "open": Project(True, rights)}
    found.failed_logins.clear()
    docker_config(folder / "docker", found.address, user, password)
    place.env.setenv("DOCKER_CONFIG", str(folder / "docker"))
    place.login = (ADMIN, ADMIN_PASSWORD)
    image(folder)
    return found


def push(found: FakeHarbor, name: str = "kubesphereio/ks-installer:v3.3.2") -> Words:
    return ("push", "oci:image:v3.3.2", "--to", f"{found.address}/{name}")


@situation("login-failed", needs="harbor")
def wrong_password(folder: Path) -> Words:
    return push(harbor(folder, password="wrong"))


@situation("login-required", needs="harbor")
def no_login(folder: Path) -> Words:
    found = harbor(folder)
    (folder / "docker" / "config.json").write_text("{}")
    return push(found)


@situation("right-missing", "ask for the right", needs="harbor")
def may_not_push(folder: Path) -> Words:
    found = harbor(folder)
    found.projects["kubesphereio"].members = {ROBOT: {"pull"}}
    return push(found)


@situation("project-missing", needs="harbor", cured=True)
def no_project(folder: Path) -> Words:
    found = harbor(folder, ADMIN, ADMIN_PASSWORD)
    return push(found, "nowhere/ks-installer:v3.3.2")


@situation("project-not-created", "let an administrator create it", needs="harbor", places=OTHER)
def may_not_create(folder: Path) -> Words:
    return (*push(harbor(folder), "nowhere/ks-installer:v3.3.2"), "--create-project")


@situation("repository-without-project", needs="harbor", places=OTHER)
def without_project(folder: Path) -> Words:
    return push(harbor(folder), "ks-installer:v3.3.2")


@situation("proxy-cache-project", needs="harbor", places=OTHER)
def a_cache(folder: Path) -> Words:
    found = harbor(folder)
    found.projects["kubesphereio"].proxy_cache = True
    return push(found)


@situation("quota-exceeded", "raise it", needs="harbor")
def full(folder: Path) -> Words:
    found = harbor(folder)
    found.projects["kubesphereio"].full = True
    return push(found)


@situation("read-only-registry", "try again later", needs="harbor")
def read_only(folder: Path) -> Words:
    found = harbor(folder)
    found.read_only = True
    return push(found)


@situation("policy-violation", "ask the project's administrator", needs="harbor")
def not_scanned(folder: Path) -> Words:
    found = harbor(folder)
    name = pushed(folder, found)
    found.projects["kubesphereio"].policy = "current image without vulnerability scanning"
    return ("verify", name)


def pushed(folder: Path, found: FakeHarbor, tag: str = "v3.3.2") -> str:
    """The base in the Harbor; its name."""
    name = f"{found.address}/kubesphereio/ks-installer:{tag}"
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, name)
    return name


@situation("tag-immutable", "or change the rule", needs="harbor", places={"TAG": "other"})
def protected(folder: Path) -> Words:
    found = harbor(folder)
    pushed(folder, found, "v3.3.2-debug")
    found.projects["kubesphereio"].immutable = ["*-debug"]
    to = f"{found.address}/kubesphereio"
    return ("build", "v3.3.2", "--from", "oci:image", "--target", to, "--push", "--replace")
