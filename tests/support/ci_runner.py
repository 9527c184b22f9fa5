"""Runs the scripts of rendered CI files as their systems do: same shell, files and variables.

Only what the rendered files use is understood; anything else fails the test instead of being
passed over.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Ran:
    """What one job left behind."""

    name: str
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    folder: Path = Path()


class Failed(AssertionError):
    """A job's script ended with an error; the log tells."""


class GitHub:
    """A runner for one workflow, in a checked-out folder."""

    def __init__(
        self,
        checkout: Path,
        scratch: Path,
        secrets: Mapping[str, str],
        path: str,
        *,
        skip: frozenset[str] = frozenset(),
    ) -> None:
        """``path``: the PATH of the jobs; ``skip``: names of steps whose work is done already."""
        self.checkout, self.scratch, self.secrets = checkout, scratch, secrets
        self.path, self.skip = path, skip

    def workflow(self, text: str) -> list[Ran]:
        """Run ``plan``, then ``build`` for each entry of the matrix; [] entries skip it."""
        jobs = yaml.safe_load(text)["jobs"]
        plan = self.job("plan", jobs["plan"], {})
        needs = {f"needs.plan.outputs.{key}": value for key, value in plan.outputs.items()}
        build = jobs["build"]
        assert build["if"] == "needs.plan.outputs.count != '0'"
        if needs["needs.plan.outputs.count"] == "0":
            return [plan]
        text = self._fill(build["strategy"]["matrix"], needs)
        rows = json.loads(text)["include"]
        assert rows, "GitHub fails a job whose matrix is empty"
        return [plan] + [
            self.job("build", build, {**needs, **{f"matrix.{k}": v for k, v in row.items()}})
            for row in rows
        ]

    def job(self, name: str, job: Mapping[str, Any], context: dict[str, str]) -> Ran:
        """Run a job's steps."""
        title = self._fill(job.get("name", name), context)
        ran = self.steps(title, job["steps"], context)
        ran.outputs = {
            key: self._fill(value, context) for key, value in job.get("outputs", {}).items()
        }
        return ran

    def steps(self, name: str, steps: list[dict[str, Any]], context: dict[str, str]) -> Ran:
        """Run steps; outputs of those with an ``id`` are added to ``context``."""
        folder = self.scratch / re.sub(r"[^\w.-]", "_", name)
        folder.mkdir(parents=True)
        ran = Ran(name, folder=folder)
        for number, step in enumerate(steps):
            if "uses" in step:
                assert step["uses"].startswith("actions/checkout@")
                continue
            if step.get("name") in self.skip:
                continue
            output, summary = folder / f"output{number}", folder / f"summary{number}"
            search = folder / f"path{number}"
            for file in (output, summary, search):
                file.touch()
            environment = {
                "PATH": self.path,
                "HOME": str(folder),
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": str(self.checkout),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                "GITHUB_PATH": str(search),
                "RUNNER_TEMP": str(folder),
                **_offline_pip(),
                **{k: self._fill(str(v), context) for k, v in step.get("env", {}).items()},
            }
            script = folder / f"step{number}.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.checkout, env=environment, capture_output=True, text=True,
            )  # fmt: skip
            ran.log += done.stdout + done.stderr
            ran.summary += summary.read_text()
            if "id" in step:
                for key, value in read_outputs(output.read_text()).items():
                    context[f"steps.{step['id']}.outputs.{key}"] = value
            if done.returncode:
                raise Failed(f"{name}, exit code {done.returncode}:\n{ran.log}")
            for line in search.read_text().split():
                self.path = f"{line}:{self.path}"
        return ran

    def _fill(self, text: str, context: Mapping[str, str]) -> str:
        known = {**{f"secrets.{key}": value for key, value in self.secrets.items()}, **context}

        def value(match: re.Match[str]) -> str:
            name = re.sub(r"fromJSON\((.*)\)", r"\1", match[1])
            return known.get(name, "")  # GitHub: what does not exist is empty

        return _EXPRESSION.sub(value, text)


def read_outputs(text: str) -> dict[str, str]:
    """$GITHUB_OUTPUT as the runner reads it."""
    found: dict[str, str] = {}
    lines = text.split("\n")
    while lines:
        line = lines.pop(0)
        if "<<" in line.partition("=")[0]:
            name, _, delimiter = line.partition("<<")
            end = lines.index(delimiter)
            found[name] = "\n".join(lines[:end])
            del lines[: end + 1]
        elif "=" in line:
            name, _, found[name] = line.partition("=")
    return found


class GitLab:
    """A runner for one pipeline and the child pipeline that it writes."""

    def __init__(self, checkout: Path, variables: Mapping[str, str], path: str) -> None:
        self.checkout, self.variables, self.path = checkout, variables, path

    def pipeline(self, text: str) -> list[Ran]:
        """Run ``plan``, then every job of the pipeline that it wrote."""
        parent = yaml.safe_load(text)
        plan = self.job("plan", parent["plan"])
        (include,) = parent["build"]["trigger"]["include"]
        child = yaml.safe_load((plan.folder / include["artifact"]).read_text())
        jobs = {key: job for key, job in child.items() if key != "stages"}
        assert jobs, "GitLab refuses a pipeline without jobs"
        return [plan, *(self.job(name, job) for name, job in jobs.items())]

    def job(self, name: str, job: Mapping[str, Any]) -> Ran:
        """Run a job's script in the project's folder; its artifacts must be there afterwards."""
        own = {key: value.replace("$$", "$") for key, value in job.get("variables", {}).items()}
        environment = {
            "PATH": self.path,
            "HOME": str(self.checkout),
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_PROJECT_DIR": str(self.checkout),
            "CI_JOB_NAME": name,
            **self.variables,
            **own,
        }
        image = job.get("image")
        if image:
            environment["CI_JOB_IMAGE"] = image["name"]
        script = "set -eo pipefail\n" + "\n".join(job["script"])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.checkout, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        log = done.stdout + done.stderr
        if done.returncode:
            raise Failed(f"{name}, exit code {done.returncode}:\n{log}")
        for artifact in job.get("artifacts", {}).get("paths", []):
            assert (self.checkout / artifact).is_file(), f"{name} left no {artifact}"
        return Ran(name, log, folder=self.checkout)


def _offline_pip() -> dict[str, str]:
    """pip's settings of this process: where a test put the wheels."""
    return {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
