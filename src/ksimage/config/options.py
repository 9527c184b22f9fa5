"""The one table of settings: key, variable, flag, default, one line of help.

The command line takes its help from here, the loader its keys, the JSON Schema its descriptions;
``docs/configuration.md`` is checked against it. Importing it costs nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CONFIG_NAME: Final = "ksimage.yaml"
CONFIG_VARIABLE: Final = "KSIMAGE_CONFIG"


class Option(NamedTuple):
    """One setting.

    Attributes:
        key: its dotted name in ksimage.yaml, in ``Settings.origins`` and in the flags that
            ``resolve`` takes.
        kind: how its text is read; the name of a function in ``config/values.py`` for single
            values, ``...-list`` or ``...-map`` for several.
        flag: the command line's spelling, "" when there is none.
        default: the default as it is documented.
        help: one line.
        in_file: False for what has no place in ksimage.yaml.
        hidden: True for what is never shown.
    """

    key: str
    kind: str
    flag: str
    default: str
    help: str
    in_file: bool = True
    hidden: bool = False

    @property
    def variable(self) -> str:
        """The environment variable: ``patches.dir`` -> ``KSIMAGE_PATCHES_DIR``."""
        return "KSIMAGE_" + self.key.upper().replace(".", "_")


OPTIONS: Final = (
    Option(
        "source",
        "source",
        "--from",
        "docker.io/kubesphere",
        "where the base images are: a registry's project or repository, docker-daemon:, oci:DIR, "
        "oci-archive:FILE or docker-archive:FILE",
    ),
    Option(
        "target",
        "target",
        "--target",
        "the source, when it is a registry that was named",
        "registry project or repository that --push sends to",
    ),
    Option(
        "releases",
        "release-list",
        "",
        "none",
        "releases that build --all, check and matrix work on: names and ranges",
    ),
    Option(
        "platforms",
        "platform-list",
        "--platform",
        "all that the base has",
        "platforms to patch, such as linux/amd64; arm64, linux/arm64 and linux/arm64/v8 are one",
    ),
    Option(
        "patches.with",
        "patch-list",
        "--with",
        "none",
        "optional patches of the series to apply too",
    ),
    Option(
        "patches.without",
        "patch-list",
        "--without",
        "none",
        "patches of the default series to leave out",
    ),
    Option(
        "patches.dir",
        "path",
        "--patch-dir",
        "none",
        "folder with a patch series of your own",
    ),
    Option(
        "patches.mode",
        "mode",
        "--patch-mode",
        "append",
        "whether the own series follows the shipped one (append) or takes its place (replace)",
    ),
    Option(
        "patches.files",
        "path-list",
        "--patch",
        "none",
        "single patch files, applied last",
    ),
    Option(
        "verbosity",
        "verbosity",
        "--verbose",
        "0",
        "the image's default of KS_INSTALLER_VERBOSITY, 0 to 5, and 5 for the flag alone; from 1 "
        "on the installer's log holds tokens and the admin password",
    ),
    Option(
        "tag",
        "tag_template",
        "--tag",
        "{release}-debug",
        "tag of the patched image; {release}, {verbosity} and {digest8} (of the base) are "
        "filled in",
    ),
    Option(
        "labels",
        "label-map",
        "--label",
        "none",
        "labels to add to the image",
    ),
    Option(
        "engine",
        "engine",
        "--engine",
        "auto",
        "auto, docker (Docker Engine) or direct (no daemon)",
    ),
    Option(
        "jobs",
        "jobs",
        "--jobs",
        "4",
        "images or blobs worked on at once, 1 to 32",
    ),
    Option(
        "registries",
        "registry-map",
        "",
        "none",
        "options by registry host: ca_file, insecure",
    ),
    Option(
        "ca_file",
        "path",
        "--ca-file",
        "none",
        "CA certificates (PEM) trusted for every registry of this run",
        in_file=False,
    ),
    Option(
        "insecure",
        "boolean",
        "--insecure",
        "false",
        "accept any certificate, and plain HTTP, from every registry of this run",
        in_file=False,
    ),
    Option(
        "username",
        "credential",
        "--username",
        "none",
        "account at the registry; without it the credentials of docker login are used",
        in_file=False,
    ),
    Option(
        "password",
        "credential",
        "--password-stdin",
        "none",
        "its password or token; by pipe or by variable, never an argument or in a file",
        in_file=False,
        hidden=True,
    ),
)

BY_KEY: Final = {option.key: option for option in OPTIONS}
"""The same table by key."""


def variable(key: str) -> str:
    """The environment variable of a setting. Raises KeyError for an unknown key."""
    return BY_KEY[key].variable
