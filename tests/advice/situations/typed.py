"""What was typed, and the settings."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, image, situation
from tests.support.images import Recipe


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
