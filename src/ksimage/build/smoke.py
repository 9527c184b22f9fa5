"""The hook tried out in the Docker Engine: run in an image and in its base, and compared.

For images that no engine built it costs a load of both, so it is done where the image goes there
anyway, or when asked for.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

from ksimage.base import images as bases
from ksimage.errors import PlatformNotFound, SmokeTestFailed
from ksimage.images.platform import matches
from ksimage.locations.docker import daemon, engine, store
from ksimage.locations.transfer import copy
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ksimage.images.platform import Platform
    from ksimage.locations.docker.engine import EngineClient
    from ksimage.locations.protocol import Source

T = TypeVar("T")
TIMEOUT = 120  # seconds; the hook imports ansible_runner and kubernetes, then prints


def run(image: Source, base: Source) -> str:
    """Run the hook with ``--config`` in both images; return what they print.

    Raises:
        EngineUnreachable: no engine. PlatformNotFound: the image has none of the engine's platform.
        SmokeTestFailed: it fails, or prints something else than the base's hook.
    """
    client = engine.connect("smoke test")
    platform = engine.platform_of(client)
    with ExitStack() as stack:
        ids = [stack.enter_context(loaded(client, source, platform)) for source in (image, base)]
        return compare(client, ids[0], ids[1])


@contextmanager
def loaded(client: EngineClient, source: Source, platform: str) -> Iterator[str]:
    """One platform of an image in the engine, by ID; under a name only meanwhile."""
    chosen = of_engine(
        source.name,
        {image.platform: image for image in bases.read_images(source).images},
        platform,
        "the hook can only be run on the engine's platform: leave the smoke test out",
    )
    name = f"ksimage.local/image:{chosen.manifest.config.digest[7:19]}"
    try:
        with closing(daemon.DaemonTarget(name, client=client)) as target:
            copy(source, target, top=chosen.descriptor)
        yield store.image_id(client, name)
    finally:
        store.untag(client, name)


def of_engine(name: str, found: Mapping[Platform, T], platform: str, advice: str) -> T:
    """What there is for the engine's platform. Raises PlatformNotFound."""
    for own, candidate in found.items():
        if matches(own, platform):
            return candidate
    present = [str(own) for own in found]
    raise PlatformNotFound(name, f"{platform} (the engine's)", present, advice=[advice])


def compare(client: EngineClient, image: str, base: str) -> str:
    """Run the hook with ``--config`` in both images, without network; return what they print.

    shell-operator calls every hook once like this at its start and stops on any failure
    (flant/shell-operator v1.0.0-beta.5, pkg/hook/hook_manager.go).

    Raises:
        SmokeTestFailed: it fails, perhaps in the base already, or prints something else there.
    """
    before = _config(client, base, of_base=True)
    after = _config(client, image)
    if before != after:
        raise SmokeTestFailed(
            image, f"it printed {after[:200]!r}, the base prints {before[:200]!r}"
        )
    return after


def _config(client: EngineClient, image: str, *, of_base: bool = False) -> str:
    """What ``installRunner.py --config`` prints in ``image``. Raises SmokeTestFailed."""
    import docker.errors

    options = {
        "command": ["--config"],
        "entrypoint": ["/" + HOOK_PATH],
        "network_disabled": True,
        "labels": {"io.ksimage.smoke-test": "true"},
    }
    try:
        with engine.container(client.api, image, **options) as container:
            client.api.start(container)
            status = client.api.wait(container, timeout=TIMEOUT)["StatusCode"]
            out = client.api.logs(container, stdout=True, stderr=False)
            if status == 0:
                return _text(out)
            err = client.api.logs(container, stdout=False, stderr=True, tail=20)
            reason = f"exit code {status}: {_text(err) or _text(out)}"
    except docker.errors.APIError as error:
        reason = f"the engine cannot run it: {error.explanation or error}"
    except OSError as error:  # requests' timeouts derive from it
        reason = f"no answer within {TIMEOUT} s ({error})"
    raise SmokeTestFailed(image, reason, of_base=of_base)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()
