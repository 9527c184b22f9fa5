"""From a registry to the same registry: ksimage against the pipelines that people write.

One image of the published shape, 300 MB in a local registry and 800 MB unpacked. Timed are whole
processes, from the base's name to the pushed tag:

    ksimage          build v3.3.2 --verbose --push
    docker           pull, build (a Dockerfile that copies the patched hook), push
    skopeo + umoci   copy, unpack, patch, repack, copy
    crane            export | patch | append

The peers get the patched hook for nothing: no series, no proof. Each run begins cold: nothing of
the base in the engine, in the folder or in ksimage's cache; only "again" may use what the run
before it has left.

    python benchmarks/same_registry.py          KS_INSTALLER_REPO=CLONE uses upstream's own hook,
                                                without which ksimage reads more layers
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from common import (
    MEBIBYTE,
    Published,
    RunningRegistry,
    folder,
    hook,
    ksimage,
    medians,
    peer,
    push,
    registry,
    run,
    say,
    table,
)
from tests.support.images import HOOK_PATH, ImageStore
from tests.support.relay import Relay

PROGRAMS = 11
HOOK_LAYER = 4
REPOSITORY = "kubesphereio/ks-installer"
OURS = "ksimage build --push"


def main() -> None:
    with folder() as place, registry(place / "registry") as running:
        say("making the image")
        store = ImageStore(place / "base")
        image = Published(hook=hook(), programs=PROGRAMS)
        store.tag(store.image(image), "v3.3.2")
        push(store, "v3.3.2", f"{running.address}/{REPOSITORY}:v3.3.2")
        table(*times(running, place))
        print()
        table(*traffic(running, store, place))


def times(running: RunningRegistry, place: Path) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Wall time of each way, and its ratio to ksimage's."""
    name = f"{running.address}/{REPOSITORY}"
    cache = f"{place}/cache"
    build(name, 0, place, cache)
    ways: dict[str, Once] = {
        OURS: lambda number: build(name, number, place),
        "ksimage, again": lambda _: build(name, 0, place, cache),
    }
    with contextlib.ExitStack() as stack:
        for title, way in (
            ("docker pull, build, push", docker),
            ("skopeo + umoci", skopeo_umoci),
            ("crane export | append", crane),
        ):
            once = stack.enter_context(way(name, place))
            if once is not None:
                ways[title] = once
        taken = medians(ways)
    rows = [
        (title, f"{seconds:.2f}", f"{seconds / taken[OURS]:.1f}")
        for title, seconds in taken.items()
    ]
    return ("same registry, 300 MB", "seconds", "ratio"), rows


def build(name: str, number: int, place: Path, cache: str = "off") -> float:
    source, tag = f"--from={name.rpartition('/')[0]}", f"--tag={{release}}-bench{number}"
    arguments = ("build", "v3.3.2", "--verbose", source, "--push", tag)
    return ksimage(*arguments, cwd=place, cache=cache, epoch=number).wall


def traffic(
    running: RunningRegistry, store: ImageStore, place: Path
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Requests and bytes of a first and a second run, through a relay that counts them."""
    (entry,) = json.loads((store.path / "index.json").read_text())["manifests"]
    manifest = store.json(entry["digest"])
    # what must move: the manifest, the config and the layer with the hook; the first two also anew
    least = (
        2 * (entry["size"] + manifest["config"]["size"]) + manifest["layers"][HOOK_LAYER]["size"]
    )
    relay = Relay(running.port)
    rows = []
    try:
        for title, cache in (
            ("first run", "off"),
            ("second run, nothing remembered", "off"),
            ("first run, remembering", f"{place}/remembered"),
            ("second run, remembering", f"{place}/remembered"),
        ):
            before = relay.sent + relay.received
            running.requests()
            build(f"{relay.address}/{REPOSITORY}", 100 + len(rows) // 2, place, cache)
            seen = running.requests()
            moved = relay.sent + relay.received - before
            writes = sum(request.method not in ("GET", "HEAD") for request in seen)
            part = f"{moved / least:.3f}"
            rows.append((title, str(len(seen)), str(writes), f"{moved / MEBIBYTE:.2f}", part))
    finally:
        relay.stop()
    return ("traffic", "requests", "writing", "MiB moved", "of the least possible"), rows


Once = Callable[[int], float]


@contextlib.contextmanager
def docker(name: str, place: Path) -> Iterator[Once | None]:
    """An engine of our own, without the base before each run."""
    import pytest
    from tests.support.engine import running_engine

    if peer("docker") is None or peer("dockerd") is None:
        yield None
        return
    stack = contextlib.ExitStack()
    try:
        started = stack.enter_context(running_engine())
    except pytest.skip.Exception as reason:
        say(f"skipped: docker: {reason}")
        yield None
        return
    context = place / "context"
    context.mkdir()
    (context / "installRunner.py").write_bytes(patched())
    (context / "installRunner.py").chmod(0o755)
    (context / "Dockerfile").write_text(
        f"FROM {name}:v3.3.2\nCOPY --chown=1002:1002 installRunner.py /{HOOK_PATH}\n"
    )

    def once(number: int) -> float:
        started.docker("system", "prune", "--all", "--force")
        tag = f"{name}:docker{number}"
        began = time.monotonic()
        started.docker("pull", "--quiet", f"{name}:v3.3.2")
        started.docker("build", "--quiet", f"--tag={tag}", str(context))
        started.docker("push", "--quiet", tag)
        return time.monotonic() - began

    with stack:
        yield once


@contextlib.contextmanager
def skopeo_umoci(name: str, place: Path) -> Iterator[Once | None]:
    skopeo, umoci = peer("skopeo"), peer("umoci")
    if skopeo is None or umoci is None:
        yield None
        return
    work = place / "umoci"

    def once(number: int) -> float:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        layout, bundle = f"{work}/layout", work / "bundle"
        began = time.monotonic()
        run(skopeo, "--insecure-policy", "copy", "--src-tls-verify=false",
            f"docker://{name}:v3.3.2", f"oci:{layout}:base")  # fmt: skip
        run(umoci, "unpack", f"--image={layout}:base", str(bundle))
        (bundle / "rootfs" / HOOK_PATH).write_bytes(patched())
        run(umoci, "repack", f"--image={layout}:patched", str(bundle))
        run(skopeo, "--insecure-policy", "copy", "--dest-tls-verify=false",
            f"oci:{layout}:patched", f"docker://{name}:umoci{number}")  # fmt: skip
        return time.monotonic() - began

    yield once


@contextlib.contextmanager
def crane(name: str, place: Path) -> Iterator[Once | None]:
    program = peer("crane")
    if program is None:
        yield None
        return
    work = place / "crane"

    def once(number: int) -> float:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        script = (
            f"crane export --insecure {name}:v3.3.2 - | tar -xf - {HOOK_PATH} && "
            f"cp {place}/patched.py {HOOK_PATH} && tar -cf layer.tar {HOOK_PATH} && "
            f"crane append --insecure --base {name}:v3.3.2 --new_layer layer.tar "
            f"--new_tag {name}:crane{number}"
        )
        (place / "patched.py").write_bytes(patched())
        began = time.monotonic()
        run("sh", "-c", f"cd {work} && {script}")
        return time.monotonic() - began

    yield once


def patched() -> bytes:
    """What `sed` makes of the hook."""
    return hook().replace(b"quiet=True", b"quiet=False")


if __name__ == "__main__":
    main()
