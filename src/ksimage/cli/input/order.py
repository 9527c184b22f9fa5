"""What a run is told: which releases or images, and what holds for all of them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.outcome import Built, Destination
    from ksimage.build.plan import Plan, Soundness
    from ksimage.build.staleness import Finding
    from ksimage.cli.input.invocation import Invocation
    from ksimage.config.settings import Settings
    from ksimage.locations.spec import Location
    from ksimage.locations.transfer import Progress


class Work(NamedTuple):
    """One build: a release or image, and the digest that its base is pinned to, or None."""

    what: str
    base: str | None = None


class Order(NamedTuple):
    """What was asked of every build of this run; the flags, as they were given."""

    run: Invocation
    to: str | None
    push: bool
    replace: bool
    create_project: str | None = None
    smoke_test: bool | None = None
    repair: bool = False

    def require_destination(self, wanted: Sequence[Work]) -> None:
        """Refuse, before any base is read, what has no destination. Raises UsageError."""
        from ksimage.build import destination

        names = [item.what for item in wanted]
        destination.require(names, self.run.settings, to=self.to, push=self.push)

    def plan(self, work: Work, reading: Progress | None = None) -> tuple[Plan, Destination]:
        """Plan one build and decide where it goes. The caller closes the plan's source."""
        from ksimage.build import destination

        soundness: Soundness = "repair" if self.repair else "require"
        plan = self.run.plan(work.what, base_digest=work.base, shown=reading, soundness=soundness)
        try:
            chosen = destination.choose(plan, self.run.settings, to=self.to, push=self.push)
        except BaseException:
            plan.source.close()
            raise
        terminal = self.run.terminal
        if self.to or self.push or chosen.engine == "docker":
            terminal.detail(f"engine   {chosen.engine}: {chosen.why}")
        else:  # a file that nobody asked for
            terminal.field("engine", f"{chosen.engine}: {chosen.why}")
        terminal.field("result", str(chosen.location))
        return plan, chosen

    def make(self, work: Work, progress: Progress, reading: Progress | None = None) -> Built:
        """Plan and carry out one build; ``reading`` shows the base's layers."""
        from ksimage.build import make

        plan, destination = self.plan(work, reading)
        with closing(plan.source):
            ensure_project(self.run, destination.location, self.create_project)
            return make.make(
                plan,
                destination,
                options=self.run.options(destination.location),
                overwrite=self.replace,
                jobs=self.run.settings.jobs,
                progress=progress,
                smoke_test=self.smoke_test,
            )


def work(what: Sequence[str], everything: bool, settings: Settings) -> list[Work]:
    """What is to be worked on: the arguments, or everything that ksimage.yaml lists.

    Raises:
        UsageError: neither or both. UnknownRelease, UnsupportedRelease, FileWithoutTransport: no
            release. BadReference, UnknownTransport: an image that is none.
    """
    from ksimage.config.selection import expand

    if everything and what:
        raise UsageError("--all and names were both given", advice=["leave one of them out"])
    pinned = {chosen.release: chosen.base for chosen in expand(settings.releases)}
    if everything:
        if not pinned:
            raise UsageError(
                "no release was named, and none is listed in ksimage.yaml",
                advice=['add to it:  releases: [v3.3.2, ">=3.4,<3.5"]'],
            )
        return [Work(release, base) for release, base in pinned.items()]
    if not what:
        raise UsageError(
            "nothing to build was named",
            advice=["ksimage build v3.3.2", "ksimage build --all  (what ksimage.yaml lists)"],
        )
    return [Work(name, pinned.get(name)) for name in dict.fromkeys(map(_checked, what))]


def _checked(name: str) -> str:
    """Upstream's spelling of a release, or an image that has a name; before any is built."""
    from ksimage.base import lookup, naming
    from ksimage.locations import spec

    if naming.is_location(name):
        spec.parse(name)
        return name
    return lookup.release_of(name)


def require_distinct(order: Order) -> None:
    """Refuse what would put one build in the place of another. Raises UsageError."""
    from ksimage.base import naming

    to, tag = order.to, order.run.settings.tag
    if to and to.startswith(("oci-archive:", "docker-archive:")):
        raise UsageError(
            f"several images cannot go into one file, {to}",
            advice=["--to oci:DIR holds several", "or leave --to out: one file for each"],
        )
    if to and naming.is_named(to):
        raise UsageError(f"several images cannot all be {to}", advice=["leave the tag out of --to"])
    if "{release}" not in tag and "{digest8}" not in tag:
        raise UsageError(
            f"several images cannot all have the tag {tag!r}", advice=["--tag '{release}-debug'"]
        )


def releases(run: Invocation, names: Sequence[str]) -> list[Work]:
    """The named releases, or all that are configured.

    Raises:
        UnknownRelease, UnsupportedRelease, UsageError.
    """
    from ksimage.base import naming

    return work([naming.release_tag(name) for name in names], not names, run.settings)


def check_releases(run: Invocation, names: Sequence[str]) -> list[Finding]:
    """Check the named releases, or all that are configured, some at once.

    Raises:
        UnknownRelease, UnsupportedRelease, UsageError.
    """
    from ksimage.build import staleness

    wanted = releases(run, names)
    if run.settings.target is None:
        raise UsageError(
            "there is nowhere to look for the images",
            why="neither --target nor --from names a registry of yours",
            advice=["--target harbor.lan/kubesphereio"],
        )
    return staleness.check_all(
        wanted, run.settings, options=run.options, target=run.settings.target
    )


def ensure_project(run: Invocation, location: Location, visibility: str | None) -> None:
    """Do what ``--create-project`` asks for. Raises AuthError, RegistryError, BadReference."""
    if visibility is None or location.reference is None:
        return
    from ksimage.harbor import api

    told = api.ensure(location.reference, run.options(location), public=visibility == "public")
    run.terminal.step(f"project  {told}")
