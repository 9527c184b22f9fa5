"""Draw docs/images/before-after.svg: what the pod's log shows before and after, from real runs.

    python -m tests.support.log_picture        (needs ansible-runner; takes half a minute)

The miniature installer runs twice on real ansible-runner, as it is and patched, with a component
that waits and fails. What both print is drawn as two terminals; nothing is made up or left out but
by the terminals' height.
"""

from __future__ import annotations

import html
import re
import sys
import tempfile
from pathlib import Path

from tests.behaviour.environments import ENVIRONMENTS, prepare
from tests.behaviour.hooks import patched
from tests.behaviour.installation import Installation
from tests.support.program import MINIATURE_HOOK

PAGE = Path(__file__).parents[2] / "docs" / "images" / "before-after.svg"
COLUMNS = 84
BEFORE, AFTER = 17, 22  # rows
CELL, LINE = 7.25, 17  # pixels
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STYLES = (
    (re.compile(r"fatal:|FAILED!|failed=[1-9]|^\S+ failed|error"), "bad"),
    (re.compile(r"FAILED - RETRYING"), "wait"),
    (re.compile(r"changed:|ok:|successful"), "good"),
)


def shown(hook: bytes, folder: Path) -> list[str]:
    """What the hook prints, as the pod's log has it: the last lines of the parallel phase."""
    installation = Installation(
        folder,
        prepare(ENVIRONMENTS[0]),
        hook,
        environment={
            "KS_INSTALLER_VERBOSITY": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        },
    )
    for name in ("preinstall", "metrics_server", "common", "ks-core"):
        installation.playbook(name, [{"name": f"{name} | Preparing", "command": "true"}])
    installation.playbook(
        "monitoring",
        [
            {"name": "monitoring | Deploying prometheus", "command": "sleep 1"},
            {
                "name": "monitoring | Waiting for prometheus",
                "shell": "echo 'pod has unbound immediate PersistentVolumeClaims' >&2; exit 1",
                "register": "found",
                "until": "found.rc == 0",
                "retries": 2,
                "delay": 1,
            },
        ],
    )
    installation.playbook(
        "network", [{"name": "network | Choosing a network", "command": "sleep 2"}]
    )
    run = installation.run()
    lines = sorted([*run.stdout, *run.stderr], key=lambda line: line.at)
    texts = [_COLOUR.sub("", line.text).rstrip() for line in lines]
    return [text for text in texts if text]


def part(lines: list[str], first: str, rows: int) -> list[str]:
    """A screenful from the first line that matches."""
    start = next((n for n, line in enumerate(lines) if re.search(first, line)), 0)
    return lines[start : start + rows]


def terminal(title: str, lines: list[str], top: float) -> list[str]:
    """One window as SVG elements."""
    width, height = COLUMNS * CELL + 32, len(lines) * LINE + 48
    drawn = [
        f'<g transform="translate(0 {top})">',
        f'<rect class="window" width="{width:.0f}" height="{height}" rx="8"/>',
        f'<text class="title" x="16" y="22" xml:space="preserve">{html.escape(title)}</text>',
    ]
    for row, line in enumerate(lines):
        text = line if len(line) <= COLUMNS else line[: COLUMNS - 1] + "…"
        style = next((name for pattern, name in _STYLES if pattern.search(line)), "")
        label = re.match(r"\[[\w-]+\] ", text)
        spans = html.escape(text)
        if label:
            spans = f'<tspan class="label">{label[0]}</tspan>{html.escape(text[label.end() :])}'
        y = 46 + row * LINE
        drawn.append(f'<text class="{style}" x="16" y="{y}" xml:space="preserve">{spans}</text>')
    return [*drawn, "</g>"]


def picture(before: list[str], after: list[str]) -> str:
    """The whole page."""
    height = (len(before) + len(after)) * LINE + 2 * 48 + 16
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * CELL + 32:.0f}"'
            f' height="{height}" role="img" aria-label="The log of ks-installer before and after">',
            "<style>.window{fill:#15191f}text{font:12px ui-monospace,'DejaVu Sans Mono',monospace;"
            "fill:#d5dae0}.title{fill:#8b949e;font-weight:bold}.label{fill:#79b8ff}.bad{fill:#ff7b72}"
            ".wait{fill:#e3b341}.good{fill:#7ee787}</style>",
            *terminal("kubectl logs -f deploy/ks-installer      upstream's hook", before, 0),
            *terminal(
                "kubectl logs -f deploy/ks-installer      patched by ksimage",
                after,
                len(before) * LINE + 64,
            ),
            "</svg>\n",
        ]
    )


def main() -> None:
    hook = MINIATURE_HOOK.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        before = shown(hook, Path(folder) / "before")
        after = shown(patched(hook), Path(folder) / "after")
    PAGE.write_text(
        picture(
            part(before, "Start installing", BEFORE),
            part(after, r"TASK \[monitoring . Waiting", AFTER),
        )
    )
    print(PAGE.name, file=sys.stderr)


if __name__ == "__main__":
    main()
