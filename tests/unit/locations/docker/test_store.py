from __future__ import annotations

from contextlib import closing

import docker
import pytest

from ksimage.locations.docker import store


def test_an_engine_that_is_gone_takes_no_interrupts_place() -> None:
    with closing(docker.DockerClient(base_url="tcp://127.0.0.1:1", version="1.41")) as client:
        for last in (store.untag, store.remove_untagged):
            with pytest.raises(KeyboardInterrupt):
                try:
                    raise KeyboardInterrupt
                finally:
                    last(client, "x:y")
