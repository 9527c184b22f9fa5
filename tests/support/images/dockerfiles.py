"""The steps of upstream's two Dockerfiles, and what a hostile variant does to them."""

from __future__ import annotations

from dataclasses import replace

from tests.support.images.recipe import HOOK_PATH, KUBESPHERE, Recipe
from tests.support.images.steps import Entry, Step, directory


def _base_entries(recipe: Recipe) -> tuple[Entry, ...]:
    entries = [
        directory("bin"),
        directory("etc"),
        Entry("etc/passwd", b"root:x:0:0::/root:/bin/sh\nkubesphere:x:1002:1002::/home:/bin/sh\n"),
        Entry("etc/group", b"root:x:0:\nkubesphere:x:1002:\n"),
        directory("usr"),
        directory("usr/lib"),
        directory("tmp", mode=0o1777),
    ]
    if recipe.padding:
        entries.append(Entry("usr/lib/padding", padding=recipe.padding))
    return tuple(entries)


def _base_step(recipe: Recipe, created_by: str) -> Step:
    if recipe.rootfs is not None:
        return Step(created_by, tar=recipe.rootfs)
    return Step(created_by, _base_entries(recipe))


def _hook_entries(recipe: Recipe, owner: int) -> tuple[Entry, ...]:
    hook = Entry(HOOK_PATH, recipe.hook, recipe.hook_mode, owner, owner)
    schedule = Entry("hooks/kubesphere/schedule.sh", b"#!/bin/sh\n", 0o755, owner, owner)
    parents = (directory("hooks", owner=owner), directory("hooks/kubesphere", owner=owner))
    if recipe.variant == "no-hook":
        return (*parents, schedule)
    if recipe.variant == "symlink":
        hook = replace(hook, kind="symlink", link="../../etc/passwd", data=b"")
    elif recipe.variant == "hardlink":
        other = replace(hook, path="hooks/kubesphere/other.py")
        return (*parents, other, replace(hook, kind="hardlink", link=other.path, data=b""))
    elif recipe.variant == "directory":
        hook = replace(hook, kind="dir", data=b"")
    elif recipe.variant == "fifo":
        hook = replace(hook, kind="fifo", data=b"")
    return (*parents, hook, schedule)


def _added(recipe: Recipe, under: str, *defaults: Entry) -> tuple[Entry, ...]:
    own = tuple(entry for entry in recipe.files if entry.path.startswith(under))
    steps = under.split("/")
    above = ["/".join(steps[: n + 1]) for n in range(len(steps) - 1)]
    # those exist already, as the RUN left them, and ADD leaves them so
    parents = [*(directory(path, owner=recipe.owner) for path in above), directory(under)]
    if any(entry.path == under for entry in own):
        parents.pop()  # Docker loads no layer that has a path twice
    return (*parents, *(own or defaults))


def _data_steps(recipe: Recipe, template: str, comment: str) -> list[Step]:
    return [
        Step(
            template.format(what="roles", kind="dir", to="/kubesphere/installer/roles"),
            _added(
                recipe,
                "kubesphere/installer/roles",
                Entry("kubesphere/installer/roles/common.yaml", b"- debug:\n"),
            ),
            comment=comment,
        ),
        Step(
            template.format(what="env", kind="dir", to="/kubesphere/results/env"),
            _added(
                recipe,
                "kubesphere/results/env",
                Entry("kubesphere/results/env/cmdline", b"-e @/kubesphere/config/ks-config.json"),
            ),
            comment=comment,
        ),
        Step(
            template.format(what="playbooks", kind="dir", to="/kubesphere/playbooks"),
            _added(
                recipe,
                "kubesphere/playbooks",
                Entry("kubesphere/playbooks/preinstall.yaml", b"- hosts: localhost\n"),
            ),
            comment=comment,
        ),
    ]


def _chown_steps(recipe: Recipe) -> list[Step]:
    """``Dockerfile.complete``, built by BuildKit on python:3.10-alpine."""
    kit = "buildkit.dockerfile.v0"
    operator = Entry("shell-operator", recipe.operator, 0o755)
    mine = replace(operator, uid=KUBESPHERE, gid=KUBESPHERE)
    kubesphere = tuple(
        directory(path, owner=KUBESPHERE)
        for path in ("kubesphere", "kubesphere/installer", "kubesphere/results")
    )
    return [
        _base_step(recipe, "/bin/sh -c #(nop) ADD file:5d673d25da3a14ce1f6cf in / "),
        Step('/bin/sh -c #(nop)  CMD ["/bin/sh"]'),
        Step("ENV ARCH=amd64", comment=kit),
        Step(
            "RUN /bin/sh -c apk --no-cache add jq yq bash curl unzip openssl # buildkit",
            (directory("hooks"), directory("hooks/kubesphere"), directory("kubesphere")),
            comment=kit,
        ),
        Step(
            "COPY /go/src/github.com/flant/shell-operator/shell-operator / # buildkit",
            (operator,),
            comment=kit,
        ),
        Step(
            "ADD controller/* /hooks/kubesphere/ # buildkit",
            _hook_entries(
                recipe if recipe.variant == "no-hook" else replace(recipe, variant=""), 0
            ),
            comment=kit,
        ),
        Step(
            "RUN /bin/sh -c chown -R kubesphere:kubesphere /shell-operator &&     chown -R "
            "kubesphere:kubesphere /hooks &&     chown -R kubesphere:kubesphere /kubesphere &&"
            "     chmod +x -R /hooks/kubesphere # buildkit",
            # sorted, as engines write what a RUN changed
            (*_hook_entries(recipe, KUBESPHERE), *kubesphere, mine),
            comment=kit,
        ),
        Step("USER kubesphere", comment=kit),
        Step("ENV SHELL_OPERATOR_WORKING_DIR=/hooks", comment=kit),
        Step("ENV ANSIBLE_ROLES_PATH=/kubesphere/installer/roles", comment=kit),
        Step("WORKDIR /kubesphere", (), comment=kit),
        *_data_steps(recipe, "ADD {what} {to} # buildkit", kit),
        Step('ENTRYPOINT ["/shell-operator"]', comment=kit),
        Step('CMD ["start"]', comment=kit),
    ]


def _add_steps(recipe: Recipe) -> list[Step]:
    """``Dockerfile``, built by the classic builder on kubespheredev/shell-operator."""
    nop = "/bin/sh -c #(nop) "
    add = nop + "{kind}ADD {kind}:28ea3fc02a06a8aa31a11a5bd3e in {to} "
    operator = Entry("shell-operator", recipe.operator, 0o755)
    return [
        _base_step(recipe, nop + "ADD file:aad4290d27580cc1a094f in / "),
        Step(nop + ' CMD ["/bin/sh"]'),
        Step(
            nop + "COPY file:6f0ffb2ae3a7b1ae6cd81 in / ",
            (operator, directory("hooks"), directory("kubesphere")),
        ),
        Step(nop + ' ENTRYPOINT ["/shell-operator"]'),
        Step(nop + ' CMD ["start"]'),
        Step(nop + " ENV ANSIBLE_ROLES_PATH=/kubesphere/installer/roles"),
        Step(nop + "WORKDIR /kubesphere"),
        Step(
            nop + "ADD multi:0b4b7d09a6fe3d4a2d1 in /hooks/kubesphere/ ", _hook_entries(recipe, 0)
        ),
        *_data_steps(recipe, add.replace("{kind}ADD", "ADD"), ""),
        Step(nop + " USER kubesphere"),
    ]


def steps_of(recipe: Recipe) -> list[Step]:
    """A recipe's history, spoiled as its variant says."""
    steps = _chown_steps(recipe) if recipe.shape == "chown" else _add_steps(recipe)
    return _spoil(recipe, steps)


def _spoil(recipe: Recipe, steps: list[Step]) -> list[Step]:
    """Add the later layer of a hostile variant, or the lie."""
    hidden = {
        "whiteout": Entry("hooks/kubesphere/.wh.installRunner.py"),
        "whiteout-parent": Entry("hooks/.wh.kubesphere"),
        "opaque": Entry("hooks/kubesphere/.wh..wh..opq"),
        "parent-symlink": Entry("hooks/kubesphere", kind="symlink", link="/tmp"),
        "bomb": Entry("zeros", data=b""),
    }.get(recipe.variant)
    if recipe.variant == "lying-history":
        at = _hook_step(recipe, steps)
        lie = "ADD roles /kubesphere/installer/roles # buildkit"
        return [*steps[:at], replace(steps[at], created_by=lie), *steps[at + 1 :]]
    if recipe.variant == "many-layers":
        return [*steps, *(Step("RUN true", ()) for _ in range(600))]
    if hidden is None:
        return steps
    if recipe.variant == "bomb":
        hidden = replace(hidden, padding=-recipe.bomb)
    return [*steps, Step("RUN /bin/sh -c true # buildkit", (hidden,))]


def _hook_step(recipe: Recipe, steps: list[Step]) -> int:
    marker = "chown -R" if recipe.shape == "chown" else "in /hooks/kubesphere/"
    return next(number for number, step in enumerate(steps) if marker in step.created_by)


def hook_layer(recipe: Recipe) -> int:
    steps = recipe.steps()
    return sum(not step.empty for step in steps[: _hook_step(recipe, steps)])
