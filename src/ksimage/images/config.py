"""Image configs (OCI image-spec config.md; Docker's are a superset): bounds and derivation."""

from __future__ import annotations

import calendar
import re
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import MalformedImage
from ksimage.images.digest import DIGEST
from ksimage.images.documents import JsonObject, JsonView, encode, exact, load_json
from ksimage.images.manifest import MAX_CONFIG
from ksimage.objects import at, items, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Docker's records of the container that the image was committed from: they speak of another image.
_OF_THE_BUILD = ("container", "container_config", "parent", "id")
_KEYS = frozenset(
    {"created", "os", "architecture", "variant", "os.version", "config", "rootfs", "history"}
)
_ROOTFS_KEYS = frozenset({"type", "diff_ids"})

RUN_KEYS = frozenset(
    {
        "ArgsEscaped", "Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels",
        "NetworkDisabled", "OnBuild", "OpenStdin", "Shell", "StdinOnce", "StopSignal",
        "StopTimeout", "Tty", "User", "Volumes", "WorkingDir",
    }
)  # fmt: skip
"""What of ``config.config`` has an effect on how an image runs."""

_CHANGES_NO_FILES = re.compile(
    r"(?:/bin/sh -c #\(nop\)\s+)?(?:ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER"
    r"|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\b"
)


class Change(NamedTuple):
    """What a derived config adds to its base.

    ``settings`` replace the base's run settings; ``created`` is RFC 3339, ``created_by`` the text
    of the one history entry.
    """

    diff_id: str
    env: Mapping[str, str]
    labels: Mapping[str, str]
    created: str
    created_by: str
    settings: Mapping[str, object] = MappingProxyType({})


def parse(name: str, data: bytes, layers: int) -> JsonObject:
    """A config whose parts that are used here have the right types.

    Args:
        name: for messages.
        data: the JSON document.
        layers: how many layers the manifest has; ``rootfs.diff_ids`` must agree.

    Raises:
        MalformedImage
    """
    config = load_json(name, data, MAX_CONFIG)
    rootfs = config.get("rootfs")
    for part, keys in ((config, _KEYS), (rootfs, _ROOTFS_KEYS), (config.get("config"), RUN_KEYS)):
        if isinstance(part, dict):
            exact(name, part, keys)
    ids = at(rootfs, "diff_ids")
    if not isinstance(ids, list) or not all(
        isinstance(i, str) and DIGEST.fullmatch(i) for i in ids
    ):
        raise MalformedImage(name, "the config has no rootfs.diff_ids")
    if len(ids) != layers:
        raise MalformedImage(name, f"{layers} layers, but {len(ids)} diff IDs in the config")
    entries = config.get("history")
    if entries is not None and (
        not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries)
    ):
        raise MalformedImage(name, "the config's history is no list of objects")
    inner = config.get("config")
    if inner is not None and not isinstance(inner, dict):
        raise MalformedImage(name, "the config's config is no object")
    settings = inner or {}
    env = settings.get("Env")
    if env is not None and not (isinstance(env, list) and all(isinstance(e, str) for e in env)):
        raise MalformedImage(name, "the config's Env is no list of strings")
    labels = settings.get("Labels")
    if labels is not None and not (
        isinstance(labels, dict) and all(isinstance(v, str) for v in labels.values())
    ):
        raise MalformedImage(name, "the config's Labels are no map of strings")
    return config


def settings(config: JsonView) -> JsonView:
    """The run-time part of a parsed config (entrypoint, user, env ...)."""
    return mapping(config, "config")


def environment(config: JsonView) -> dict[str, str]:
    """Env as a map, the last of equal names winning."""
    return dict(entry.partition("=")[::2] for entry in _env(settings(config)))


def labels(config: JsonView) -> dict[str, str]:
    """The labels; empty when there are none."""
    found = mapping(settings(config), "Labels")
    return {name: value for name, value in found.items() if isinstance(value, str)}


def diff_ids(config: JsonView) -> list[str]:
    """What the layers hold, bottom up, however they are compressed: sha256 digests."""
    found = items(mapping(config, "rootfs"), "diff_ids")
    return [diff_id for diff_id in found if isinstance(diff_id, str)]


def history(config: JsonView) -> list[JsonObject]:
    """Its entries, bottom up; empty when there is none."""
    return [entry for entry in items(config, "history") if isinstance(entry, dict)]


def _env(settings: JsonView) -> list[str]:
    return [entry for entry in items(settings, "Env") if isinstance(entry, str)]


def layer_history(config: JsonView) -> Sequence[str | None]:
    """``created_by`` for each layer, bottom up; None where the history does not tell.

    Empty when the history's layer entries are not as many as the diff IDs: it cannot be trusted.
    buildah without --layers puts all of a Dockerfile's changes into one layer and gives it the text
    of the last instruction; the others stand before it as ``empty_layer``.
    """
    texts: list[str | None] = []
    squashed = False
    for entry in history(config):
        text = entry.get("created_by")
        text = text if isinstance(text, str) else ""
        if entry.get("empty_layer"):
            squashed = squashed or not _CHANGES_NO_FILES.match(text)
        else:
            texts.append(None if squashed else text or None)
            squashed = False
    return texts if len(texts) == len(diff_ids(config)) else ()


def derive(base: JsonView, change: Change) -> bytes:
    """The config of the derived image: one layer, one history entry, env and labels more."""
    config = {key: value for key, value in base.items() if key not in _OF_THE_BUILD}
    config["created"] = change.created
    inner = {**settings(base), **change.settings}
    env = [e for e in _env(inner) if e.partition("=")[0] not in change.env]
    inner["Env"] = env + [f"{name}={value}" for name, value in change.env.items()]
    inner["Labels"] = {**labels(base), **change.labels}
    config["config"] = inner
    config["rootfs"] = {
        **mapping(base, "rootfs"),
        "diff_ids": [*diff_ids(base), change.diff_id],
    }
    if layer_history(base) or not diff_ids(base):
        # Without a consistent history one more entry would not make it so.
        entry = {"created": change.created, "created_by": change.created_by}
        config["history"] = [*history(base), entry]
    return encode(config)


_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


def created(config: JsonView) -> tuple[int, str]:
    """The config's ``created`` in seconds since the epoch, and as it is written (RFC 3339).

    The epoch itself when it is missing or nonsense; seconds are never before it.
    """
    text = config.get("created")
    match = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return 0, timestamp(0)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60):
        return 0, timestamp(0)
    if year < 1970:
        return 0, match[0]  # tools that have no time write the year 1
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    if match[7]:
        offset = int(match[8]) * 3600 + int(match[9]) * 60
        seconds += -offset if match[7] == "+" else offset
    return max(0, seconds), match[0]


def timestamp(seconds: int) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
