"""Files and variables with settings, logins and certificates."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import Words, image, place, program, situation
from tests.support.registry import PASSWORD, USER


@situation("config-error")
def no_number_of_seconds(folder: Path) -> Words:
    image(folder)
    place.env.setenv("SOURCE_DATE_EPOCH", "yesterday")
    program(folder, "git", "echo 1600000000")
    place.env.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return ("verify", "oci:image")


@situation("certificate-file-broken")
def no_certificate(folder: Path) -> Words:
    (folder / "ca.crt").write_text("no certificate\n")
    return ("verify", "harbor.test/x/y:z", "--ca-file", "ca.crt")


@situation("certificate-file-broken")
def missing_certificate(folder: Path) -> Words:
    return ("verify", "harbor.test/x/y:z", "--ca-file", "ca.crt")


@situation("config-unreadable")
def settings_are_a_folder(folder: Path) -> Words:
    (folder / "ksimage.yaml").mkdir()
    return ("config",)


@situation("credential-helper-failed", needs="htpasswd_registry")
def helper_fails(folder: Path) -> Words:
    program(folder, "docker-credential-x", "echo locked; exit 1")
    place.env.setenv("PATH", f"{folder}:/usr/bin:/bin")
    place.env.setenv("DOCKER_CONFIG", str(folder))
    place.login = (USER, PASSWORD)
    host = place.running.address
    (folder / "config.json").write_text(f'{{"credHelpers": {{"{host}": "x"}}}}')
    return ("verify", f"{host}/x/y:z")


@situation("credentials-file-broken", needs="htpasswd_registry")
def damaged_logins(folder: Path) -> Words:
    place.env.setenv("DOCKER_CONFIG", str(folder))
    place.login = (USER, PASSWORD)
    (folder / "config.json").write_text('{"auths": ')
    return ("verify", f"{place.running.address}/x/y:z")


@situation("credentials-file-broken", needs="htpasswd_registry")
def missing_logins(folder: Path) -> Words:
    place.env.setenv("REGISTRY_AUTH_FILE", str(folder / "auth.json"))
    place.login = (USER, PASSWORD)
    return ("verify", f"{place.running.address}/x/y:z")


@situation("credentials-file-broken", needs="htpasswd_registry")
def logins_in_a_folder(folder: Path) -> Words:
    (folder / "config.json").mkdir()
    place.env.setenv("DOCKER_CONFIG", str(folder))
    place.login = (USER, PASSWORD)
    return ("verify", f"{place.running.address}/x/y:z")


@situation("credentials-file-broken", needs="htpasswd_registry")
def logins_in_a_file_for_a_folder(folder: Path) -> Words:
    (folder / "config.json").write_text("{}")
    place.env.setenv("DOCKER_CONFIG", str(folder / "config.json"))
    place.login = (USER, PASSWORD)
    return ("verify", f"{place.running.address}/x/y:z")


@situation("proxy-unusable", places={"HOST:PORT": "127.0.0.1:1"})
def no_url_of_a_proxy(folder: Path) -> Words:
    place.env.setenv("HTTPS_PROXY", "proxy lan")
    return ("verify", "harbor.test/x/y:z")


@situation("system-refused")
def folder_was_removed(folder: Path) -> Words:
    (folder / "gone").mkdir()
    place.env.chdir(folder / "gone")
    (folder / "gone").rmdir()
    return ("config",)
