"""Whose words are believed about what a layer holds: upstream's, and nobody else's."""

from __future__ import annotations

import pytest

from ksimage.hook.history import cannot_hold_hook, may_add_executable


@pytest.mark.parametrize(
    "text",
    [
        # the classic builder, and buildah, of which the hexadecimal digits are 64
        "/bin/sh -c #(nop) ADD dir:28ea3fc02a06 in /kubesphere/installer/roles ",
        f"/bin/sh -c #(nop) ADD dir:{'ab' * 32} in /kubesphere/results/env",
        "/bin/sh -c #(nop) ADD dir:28ea3fc02a06 in /kubesphere/playbooks ",
        "ADD roles /kubesphere/installer/roles # buildkit",
        "ADD env /kubesphere/results/env # buildkit",
        "ADD playbooks /kubesphere/playbooks # buildkit",
    ],
)
def test_upstreams_words(text: str) -> None:
    assert cannot_hold_hook(text)


@pytest.mark.parametrize(
    "text",
    [
        "/bin/sh -c #(nop) ADD multi:0b4b7d09a6fe in /hooks/kubesphere/ ",
        "ADD controller/* /hooks/kubesphere/ # buildkit",
        # another place, which a symbolic link may lead to the hook from
        "ADD custom.py /app/installRunner.py # buildkit",
        "/bin/sh -c #(nop) ADD file:5d673d25c1ab in /app/installRunner.py ",
        "COPY x /kubesphere/installer/roles/x # buildkit",
        # another source for the same place, or another instruction
        "ADD custom /kubesphere/playbooks # buildkit",
        "COPY roles /kubesphere/installer/roles # buildkit",
        "/bin/sh -c #(nop) COPY dir:28ea3fc02a06 in /kubesphere/playbooks ",
        "/bin/sh -c #(nop) ADD multi:28ea3fc02a06 in /kubesphere/playbooks ",
        # relative to a working directory, with options, several sources, a heredoc
        "COPY installRunner.py . # buildkit",
        "COPY --link roles /kubesphere/installer/roles # buildkit",
        "COPY --from=0 roles /kubesphere/installer/roles # buildkit",
        "COPY --chown=1002:1002 roles /kubesphere/installer/roles # buildkit",
        "ADD roles playbooks /kubesphere/playbooks # buildkit",
        'ADD ["roles", "/kubesphere/installer/roles"] # buildkit',
        "COPY <<EOF /kubesphere/playbooks # buildkit",
        "ADD roles /kubesphere/installer/roles /hooks # buildkit",
        "ADD roles /kubesphere/installer/roles # buildkit; ADD x /hooks # buildkit",
        "ADD roles /kubesphere/installer/roles/../../../hooks # buildkit",
        # whatever runs, other builders, nothing at all
        "RUN /bin/sh -c chown -R kubesphere /hooks # buildkit",
        "/bin/sh -c apk add bash",
        "ADD roles /kubesphere/installer/roles",
        "kaniko: ADD roles /kubesphere/installer/roles",
        "bazel build ...",
        "jib-maven-plugin:3.4.0",
        "buildah: ADD roles /kubesphere/installer/roles # buildkit",
        "store paths: ['/nix/store/x']",
        "",
        None,
    ],
)
def test_everything_else_is_read(text: str | None) -> None:
    assert not cannot_hold_hook(text)


@pytest.mark.parametrize(
    "text",
    [
        # of upstream's images, from the bottom up
        "/bin/sh -c #(nop) ADD file:5d673d25da3a14ce1f6cf in / ",
        "RUN /bin/sh -c apk --no-cache add jq && mkdir -p /hooks/kubesphere /kubesphere/config &&"
        "    adduser -D -g kubesphere -u 1002 kubesphere # buildkit",
        "RUN /bin/sh -c apk --no-cache add ca-certificates jq &&     mkdir /hooks # buildkit",
        "COPY /go/src/github.com/flant/shell-operator/shell-operator / # buildkit",
        "/bin/sh -c #(nop) ADD multi:0b4b7d09a6fe in /hooks/kubesphere/ ",
        "ADD controller/* /hooks/kubesphere/ # buildkit",
        "RUN /bin/sh -c chown -R kubesphere:kubesphere /shell-operator && chown -R "
        "kubesphere:kubesphere /hooks && chmod +x -R /hooks/kubesphere # buildkit",
        "ADD roles /kubesphere/installer/roles # buildkit",
        "WORKDIR /kubesphere",
    ],
)
def test_below_the_hook_upstreams_layers_are_not_read(text: str) -> None:
    assert not may_add_executable(text)


@pytest.mark.parametrize(
    "text",
    [
        "COPY more.sh /hooks/ # buildkit",
        "/bin/sh -c #(nop) COPY file:0b4b7d09a6fe in /hooks/more.sh ",
        "RUN /bin/sh -c mkdir -p /hooks/mine && cp x /hooks/mine # buildkit",
        "RUN /bin/sh -c cd /hooks/kubesphere && cp schedule.sh x.sh # buildkit",
        "RUN /bin/sh -c chmod +x -R /hooks/kubesphere/../mine # buildkit",
        "COPY more.sh . # buildkit",
        'COPY ["a b", "hook"] # buildkit',
        "bazel build ...",
        "jib-maven-plugin:3.4.0",
        "",
        None,
    ],
)
def test_below_the_hook_others_are(text: str | None) -> None:
    assert may_add_executable(text)
