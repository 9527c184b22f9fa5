"""One job per release, in the form that each CI system starts jobs from.

An empty matrix needs care everywhere: GitHub fails a job whose matrix is empty, so ``count`` goes
with it for the job's ``if:``; GitLab refuses a child pipeline without jobs, so it gets one that
says that nothing is to be done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ksimage.ci.detect import System
from ksimage.ci.escape import disarmed_json

SCHEMA: Final = "ksimage.matrix/v1"
KEEP: Final = "30 days"


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        release: the release to build, as ``ksimage build`` takes it.
        tag: the tag it will have.
        image: the whole reference that it will be pushed to; empty without a target.
        reason: why it is to be built, for people: ``base moved``, ``not built yet``, or empty.
    """

    release: str
    tag: str
    image: str = ""
    reason: str = ""


def github(jobs: Sequence[Job]) -> str:
    """One line of JSON for ``strategy.matrix: ${{ fromJSON(...) }}``. ASCII only."""
    document = {"include": [_object(job) for job in jobs]}
    return disarmed_json(json.dumps(document, separators=(",", ":")))


def github_outputs(jobs: Sequence[Job]) -> dict[str, str]:
    """Outputs of the step: ``matrix``, and ``count`` for the next job's ``if:``."""
    return {"matrix": github(jobs), "count": str(len(jobs))}


def document(jobs: Sequence[Job]) -> str:
    """One JSON document, versioned."""
    document = {"schema": SCHEMA, "releases": [_object(job) for job in jobs]}
    return disarmed_json(json.dumps(document, indent=2))


def gitlab(jobs: Sequence[Job], environ: Mapping[str, str]) -> str:
    """A child pipeline that needs nothing beside itself.

    Args:
        jobs: the jobs.
        environ: the planning job's; its image (CI_JOB_IMAGE) and its runner's tags
            (CI_RUNNER_TAGS) are the jobs' as well.
    """
    import yaml

    image = environ.get("CI_JOB_IMAGE", "")
    common: dict[str, object] = {}
    if image:
        # ksimage's own image starts ksimage; GitLab wants to start a shell.
        common["image"] = {"name": _dollars(image), "entrypoint": [""]}
    tags = _runner_tags(environ.get("CI_RUNNER_TAGS", ""))
    if tags:
        common["tags"] = tags
    # Without rules a job of a child pipeline does not run for a merge request.
    common["rules"] = [{"when": "on_success"}]
    pipeline: dict[str, object] = {"stages": ["build"]}
    for job in jobs:
        pipeline[f"ksimage {job.release}"] = _job(job, common)
    if not jobs:
        pipeline["ksimage up to date"] = {
            "stage": "build",
            **common,
            "variables": {"GIT_STRATEGY": "none"},
            "script": ["echo 'Every image is up to date.'"],
        }
    # Through JSON, so that nothing is the same object twice: PyYAML would write an anchor for it.
    text = yaml.safe_dump(json.loads(json.dumps(pipeline)), sort_keys=False, width=1000)
    return f"# Written by ksimage matrix; {len(jobs)} to build.\n{text}"


def render(jobs: Sequence[Job], system: System, environ: Mapping[str, str]) -> str:
    """The matrix for a system; PLAIN is the JSON document."""
    if system is System.GITHUB:
        return github(jobs)
    if system is System.GITLAB:
        return gitlab(jobs, environ)
    return document(jobs)


def _job(job: Job, common: Mapping[str, object]) -> dict[str, object]:
    return {
        "stage": "build",
        **common,
        # By variable, not in the script's text: a shell never reads a name as code.
        "variables": {"RELEASE": _dollars(job.release)},
        "script": [
            'ksimage build "$RELEASE" --push --replace'
            " --metadata-file metadata.json --image-refs image-refs.txt"
        ],
        "artifacts": {"paths": ["metadata.json", "image-refs.txt"], "expire_in": KEEP},
    }


def _object(job: Job) -> dict[str, str]:
    return {"release": job.release, "tag": job.tag, "image": job.image, "reason": job.reason}


def _dollars(text: str) -> str:
    """GitLab expands ``$NAME`` in variables and image names; ``$$`` is a dollar."""
    return text.replace("$", "$$")


def _runner_tags(text: str) -> list[str]:
    """GitLab 17 writes a JSON list, older ones separate by commas."""
    try:
        tags = json.loads(text or "[]")
    except ValueError:
        tags = [tag.strip() for tag in text.split(",")]
    return [str(tag) for tag in tags if tag] if isinstance(tags, list) else []
