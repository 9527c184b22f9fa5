"""The image that is to be rolled out: what it is, before anything in the cluster is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.base import images as base_images
from ksimage.derivation import recipe
from ksimage.errors import BadReference, ImageNotFound, KsimageError, UsageError
from ksimage.hook.find import find_hook
from ksimage.images import config as image_config
from ksimage.images import reference as references
from ksimage.inspection import identity as image_identity
from ksimage.inspection import proofs
from ksimage.inspection.identity import Origin
from ksimage.locations import access
from ksimage.locations.spec import Location, Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.images.reference import Reference
    from ksimage.inspection.verdict import Verdict
    from ksimage.locations.options import OptionsFor

_KEPT = "-orig"  # what a tag held before `--replace`
MOST_TAGS = 40  # that are looked at for a build of ours


class Candidate(NamedTuple):
    """An image in a registry.

    Attributes:
        reference: where it is, without a digest.
        digest: of the index, or of the manifest where it is no index.
        ids: all digests by which a node may report it: index, manifests and configs.
        hooks: sha256 of the hooks of its platforms.
        platforms: ``linux/amd64``, …, without the usual variants.
        release: upstream's release that it was made from; ``unknown`` when it is none.
        about: what it is, in words.
        patches: names.
        verbosity: default of KS_INSTALLER_VERBOSITY; None where the image sets none.
        doubts: why it should not be rolled out; empty for a proven build.
    """

    reference: Reference
    digest: str
    ids: frozenset[str]
    hooks: frozenset[str]
    platforms: tuple[str, ...]
    release: str
    about: str
    patches: tuple[str, ...]
    verbosity: str | None
    doubts: tuple[str, ...]

    @property
    def pinned(self) -> str:
        """Name and digest, as the Deployment gets it: no tag, which nodes would not look at."""
        return f"{self.reference.name}@{self.digest}"


def examine(location: Location, options: OptionsFor) -> Candidate:
    """Read an image and prove what can be proven of it alone.

    Raises:
        UsageError: it is in no registry, so that no node could pull it.
        ImageNotFound, HookNotFound, MalformedImage, RegistryError, AuthError.
    """
    if location.reference is None:
        raise UsageError(
            f"{location} is in no registry: no node could pull it",
            advice=[f"ksimage push {location} --to harbor.lan/kubesphereio"],
        )
    source = access.open_source(location, options=options(location))
    try:
        # What else is executable below /hooks is looked at in the pod, not in gigabytes of layers.
        verdict = proofs.verify(source, whole=False)
        images = base_images.read_images(source)
    finally:
        source.close()
    configs = [image_config.environment(image.config) for image in images.images]
    identities = [platform.identity for platform in verdict.platforms]
    first = identities[0]
    return Candidate(
        reference=references.parse(location.reference.name),
        digest=verdict.digest,
        ids=frozenset(
            {verdict.digest}
            | {image.descriptor.digest for image in images.images}
            | {image.manifest.config.digest for image in images.images}
        ),
        hooks=frozenset(identity.hook_sha256 for identity in identities),
        platforms=tuple(image.platform.normal for image in images.images),
        release=first.release,
        about=str(first),
        patches=tuple(patch.name for patch in first.patches),
        verbosity=configs[0].get(recipe.VERBOSITY_VARIABLE),
        doubts=_doubts(verdict),
    )


def beside(running: str, tag: str) -> Location:
    """A tag of the repository of the image that runs. Raises UsageError, BadReference."""
    return Location(Transport.REGISTRY, reference=_repository(running).with_tag(tag))


def newest(running: str, release: str, options: OptionsFor) -> Location:
    """The build of ours for ``release`` in the repository of the image that runs.

    Args:
        running: the Deployment's image.
        release: the cluster's; empty when it is not known, then any is taken.

    Raises:
        ImageNotFound: there is none.
        UsageError: there are several, and none has the usual name.
    """
    where = _repository(running)
    found: dict[str, str] = {}
    for tag in _tags(where, release, options):
        place = Location(Transport.REGISTRY, reference=where.with_tag(tag))
        about = _ours(place, options)
        if about and (not release or about[0] == release):
            found[tag] = about[1]
    if not found:
        raise ImageNotFound(
            f"{where.name}:…",
            why=f"no tag beside the running image holds a build of ksimage for {release or 'it'}",
            advice=[f"ksimage build {release or 'RELEASE'} --verbose --from {where.name} --push"],
        )
    usual = f"{release}-debug"
    if len(set(found.values())) > 1 and usual not in found:
        raise UsageError(
            f"{where.name} holds several builds of ksimage: name one",
            advice=[f"ksimage rollout {where.name}:{tag}" for tag in sorted(found)],
        )
    tag = usual if usual in found else min(found)
    return Location(Transport.REGISTRY, reference=where.with_tag(tag))


def same_config(image_id: str, candidate: Candidate, options: OptionsFor) -> bool:
    """Whether the name that a node reports has the candidate's config, by asking the registry.

    containerd reports any known name of a config. Only the candidate's own registry is asked.
    """
    try:
        named = references.parse(image_id.partition("://")[2] or image_id)
    except BadReference:
        return False
    if named.registry != candidate.reference.registry or not named.digest:
        return False
    place = Location(Transport.REGISTRY, reference=named)
    source = access.open_source(place, options=options(place))
    try:
        images = base_images.read_images(source).images
    except KsimageError:
        return False
    finally:
        source.close()
    return any(image.manifest.config.digest in candidate.ids for image in images)


def _repository(image: str) -> Reference:
    try:
        return references.parse(references.parse(image).name)
    except BadReference as error:
        raise UsageError(
            f"the Deployment's image is no reference: {image!r}",
            advice=["name the image to roll out: ksimage rollout IMAGE"],
        ) from error


def _tags(where: Reference, release: str, options: OptionsFor) -> Sequence[str]:
    from ksimage.locations.registry.session import session_for

    place = Location(Transport.REGISTRY, reference=where.with_tag("x"))
    tags = session_for(where.registry, options(place)).client(where.repository).tags()
    wanted = [tag for tag in tags if tag.startswith(release) and not tag.endswith(_KEPT)]
    return sorted(wanted, key=lambda tag: (not tag.endswith("-debug"), tag))[:MOST_TAGS]


def _ours(place: Location, options: OptionsFor) -> tuple[str, str] | None:
    """Release and digest of a build of ours; None for everything else."""
    source = access.open_source(place, options=options(place))
    try:
        images = base_images.read_images(source)
        first = images.images[0]
        identity = image_identity.identify(first, find_hook(source, first))
    except KsimageError:
        return None
    finally:
        source.close()
    return (identity.release, images.top.digest) if identity.origin is Origin.KSIMAGE else None


def _doubts(verdict: Verdict) -> tuple[str, ...]:
    hooks = {platform.identity.release for platform in verdict.platforms}
    doubts = list(verdict.failures)
    if len(hooks) > 1:
        doubts.append(f"its platforms are of different releases: {', '.join(sorted(hooks))}")
    return tuple(doubts)
