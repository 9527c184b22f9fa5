"""What the registry holds: the image that runs, what a tag means now, and the one to roll out.

Of the first two, manifests and configs alone are read: no layers.
"""

from __future__ import annotations

from contextlib import closing
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
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet
    from ksimage.images.reference import Reference
    from ksimage.inspection.verdict import Verdict
    from ksimage.locations.options import OptionsFor


class Held(NamedTuple):
    """What the registry holds under a digest.

    Attributes:
        digest: of the index or manifest.
        ids: of index, manifests and configs.
        labels: of the first platform's config.
        verbosity: default of KS_INSTALLER_VERBOSITY; None where the image sets none.
    """

    digest: str
    ids: frozenset[str]
    labels: Mapping[str, str]
    verbosity: str | None


class TagMeaning(NamedTuple):
    """What a tag means in the registry now."""

    name: str
    held: Held


def digest_of(image_id: str) -> str:
    """The digest in what a node reports: ``REPO@sha256:…``, ``docker-pullable://…``, ``sha256:…``.

    Host and repository mean nothing: containerd reports any known name of the same config.
    """
    tail = image_id.rpartition("@")[2].rpartition("//")[2]
    return tail if tail.startswith("sha256:") else ""


def hold(image_id: str, image: str, options: OptionsFor) -> Held | None:
    """The running image, by the digest that the node reports and the repository that was asked for.

    The node may report another name of the same config, so the Deployment's repository is asked
    first; None when neither names anything.

    Raises:
        KsimageError: the registry cannot be asked.
    """
    digest = digest_of(image_id)
    for name in (image, image_id.rpartition("//")[2]):
        try:
            parsed = references.parse(name)
        except BadReference:
            continue
        if digest:
            parsed = references.parse(parsed.name).with_digest(digest)
        if parsed.tag or parsed.digest:
            return _hold(parsed, options)
    return None


def look_at_tag(image: str, options: OptionsFor) -> TagMeaning | None:
    """What the Deployment's tag means now; None where it names none.

    Raises:
        KsimageError: the registry cannot be asked.
    """
    try:
        parsed = references.parse(image)
    except BadReference:
        return None
    if not parsed.tag or parsed.digest:
        return None
    return TagMeaning(parsed.tag, _hold(parsed, options))


def _hold(reference: Reference, options: OptionsFor) -> Held:
    found = _read(reference, options)
    first = found.images[0].config
    return Held(
        found.top.digest,
        _ids(found),
        image_config.labels(first),
        image_config.environment(first).get(recipe.VERBOSITY_VARIABLE),
    )


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
    with closing(access.open_source(location, options=options(location))) as source:
        # What else is executable below /hooks is looked at in the pod, not in gigabytes of layers.
        verdict = proofs.verify(source, whole=False)
        images = base_images.read_images(source)
    configs = [image_config.environment(image.config) for image in images.images]
    identities = [platform.identity for platform in verdict.platforms]
    first = identities[0]
    return Candidate(
        reference=references.parse(location.reference.name),
        digest=verdict.digest,
        ids=_ids(images),
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
    return _at(_repository(running).with_tag(tag))


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
        about = _ours(_at(where.with_tag(tag)), options)
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
    return _at(where.with_tag(tag))


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
    try:
        images = _read(named, options).images
    except KsimageError:
        return False
    return any(image.manifest.config.digest in candidate.ids for image in images)


def _at(reference: Reference) -> Location:
    return Location(Transport.REGISTRY, reference=reference)


def _read(reference: Reference, options: OptionsFor) -> ImageSet:
    place = _at(reference)
    with closing(access.open_source(place, options=options(place))) as source:
        return base_images.read_images(source)


def _ids(found: ImageSet) -> frozenset[str]:
    """All digests by which a node may report it: index, manifests and configs."""
    ids = {found.top.digest}
    for image in found.images:
        ids |= {image.descriptor.digest, image.manifest.config.digest}
    return frozenset(ids)


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

    tags = (
        session_for(where.registry, options(_at(where.with_tag("x"))))
        .client(where.repository)
        .tags()
    )
    wanted = [tag for tag in tags if tag.startswith(release) and not tag.endswith(_KEPT)]
    return sorted(wanted, key=lambda tag: (not tag.endswith("-debug"), tag))[:MOST_TAGS]


def _ours(place: Location, options: OptionsFor) -> tuple[str, str] | None:
    """Release and digest of a build of ours; None for everything else."""
    try:
        with closing(access.open_source(place, options=options(place))) as source:
            images = base_images.read_images(source)
            first = images.images[0]
            identity = image_identity.identify(first, find_hook(source, first))
    except KsimageError:
        return None
    return (identity.release, images.top.digest) if identity.origin is Origin.KSIMAGE else None


def _doubts(verdict: Verdict) -> tuple[str, ...]:
    hooks = {platform.identity.release for platform in verdict.platforms}
    doubts = list(verdict.failures)
    if len(hooks) > 1:
        doubts.append(f"its platforms are of different releases: {', '.join(sorted(hooks))}")
    return tuple(doubts)
