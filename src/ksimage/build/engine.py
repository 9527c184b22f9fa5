"""The builder of the Docker Engine: a Dockerfile, a clean context, and the hook tried out.

The classic builder is all that is needed, so every engine since 17.09 (``COPY --chown``) will do.
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from ksimage.derivation import dockerfile
from ksimage.errors import BuildFailed, SmokeTestFailed
from ksimage.images.documents import mapping
from ksimage.locations.docker import engine
from ksimage.upstream.releases import HOOK_PATH

if TYPE_CHECKING:
    from ksimage.derivation.recipe import Recipe
    from ksimage.locations.docker.engine import EngineClient

log = logging.getLogger("ksimage.docker")

SMOKE_TIMEOUT = 120  # seconds; the hook imports ansible_runner and kubernetes, then prints


def build(client: EngineClient, recipe: Recipe, *, base: str, release: str, platform: str) -> str:
    """Build without a tag and return the image ID (``sha256:…``).

    Args:
        client: a connected ``docker.DockerClient``.
        recipe: what to add.
        base: reference with digest, or image ID, for FROM.
        release, platform: for the Dockerfile's comment.

    Raises:
        BuildFailed: with the end of the build log.
    """
    import docker.errors

    text = dockerfile.render(recipe, base=base, release=release, platform=platform)
    context = io.BytesIO(dockerfile.context_tar(recipe, text))
    lines: list[str] = []
    built = ""
    try:
        stream = client.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=dockerfile.DOCKERFILE,
            rm=True,
            forcerm=True,
            decode=True,
        )
        for event in stream:
            if "error" in event:
                raise BuildFailed(str(event["error"]).strip(), lines)
            text = str(event.get("stream") or event.get("status") or "").rstrip()
            if text:
                lines.append(text)
                log.info("%s", text)
            built = str(mapping(event, "aux").get("ID", built))
    except docker.errors.APIError as error:
        raise BuildFailed(str(error.explanation or error), lines) from error
    if not built:
        raise BuildFailed("the engine reported no image ID", lines)
    return built


def smoke_test(client: EngineClient, image: str, base: str) -> str:
    """Run the hook with ``--config`` in both images, without network; return what they print.

    shell-operator calls every hook once like this at its start and stops on any failure
    (flant/shell-operator v1.0.0-beta.5, pkg/hook/hook_manager.go).

    Raises:
        SmokeTestFailed: it fails, perhaps in the base already, or prints something else there.
    """
    before = hook_config(client, base, of_base=True)
    after = hook_config(client, image)
    if before != after:
        raise SmokeTestFailed(
            image, f"it printed {after[:200]!r}, the base prints {before[:200]!r}"
        )
    return after


def hook_config(client: EngineClient, image: str, *, of_base: bool = False) -> str:
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
            status = client.api.wait(container, timeout=SMOKE_TIMEOUT)["StatusCode"]
            out = client.api.logs(container, stdout=True, stderr=False)
            if status == 0:
                return _text(out)
            err = client.api.logs(container, stdout=False, stderr=True, tail=20)
            reason = f"exit code {status}: {_text(err) or _text(out)}"
    except docker.errors.APIError as error:
        reason = f"the engine cannot run it: {error.explanation or error}"
    except OSError as error:  # requests' timeouts derive from it
        reason = f"no answer within {SMOKE_TIMEOUT} s ({error})"
    raise SmokeTestFailed(image, reason, of_base=of_base)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()
