"""What most commands begin with: settings from flags, environment and file; registry options."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.base import naming
from ksimage.cli.input.advice import completer
from ksimage.cli.input.options import given
from ksimage.config.resolve import resolve
from ksimage.derivation import recipe
from ksimage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.build.plan import Plan, Soundness
    from ksimage.cli.output.terminal import Terminal
    from ksimage.config.settings import Settings
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.spec import Location
    from ksimage.locations.transfer import Progress
    from ksimage.patching.apply import Applied

MAX_PASSWORD = 64 << 10
"""Bytes; identity tokens of some registries have several thousand."""


class Invocation:
    """One run's settings and how it talks to registries."""

    def __init__(
        self,
        terminal: Terminal,
        values: Mapping[str, object],
        *,
        login: Sequence[str | None] = (),
        pushes: bool = False,
        **more: object,
    ) -> None:
        """Resolve the settings.

        Args:
            terminal: where messages go.
            values: the command's parameters.
            login: locations named on the command line; --username and --password-stdin are for
                the first that is a registry, and for no other host.
            pushes: where none is named, they are for the target rather than the source.
            more: settings by key that are no options of the command.

        Raises:
            ConfigError, UsageError.
        """
        self.terminal = terminal
        terminal.listen()
        terminal.complete = completer()
        flags = {**given(values), **more}
        if flags.get("password"):
            flags["password"] = _password_from_stdin()
        config = Path(terminal.config) if terminal.config else None
        self.settings: Settings = resolve(flags, os.environ, config, Path.cwd())
        terminal.hide(self.settings.username, self.settings.password)
        self.epoch = recipe.source_date_epoch()
        configured = [self.settings.target] if pushes else []
        self._login = next(
            filter(None, map(naming.registry_of, (*login, *configured, self.settings.source))), ""
        )

    def options(self, location: Location) -> RegistryOptions | None:
        """Registry options for a location; None for what is no registry."""
        if location.reference is None:
            return None
        from ksimage.locations.options import RegistryOptions

        settings = self.settings
        name = location.reference.registry
        host = settings.registry(name)
        # One login for one host: another registry must never see it.
        given = name == self._login
        return RegistryOptions(
            ca_file=host.ca_file,
            insecure=host.insecure,
            username=settings.username if given else None,
            password=settings.password if given else None,
        )

    def plan(
        self,
        what: str,
        *,
        shown: Progress | None = None,
        base_digest: str | None = None,
        soundness: Soundness = "require",
        prove: bool = True,
    ) -> Plan:
        """Plan a build of ``what``, show what is read (on ``shown``), say what was found out."""
        from ksimage.build import plan as planning
        from ksimage.cli.output.progress import reading

        with nullcontext(shown) if shown else reading(self.terminal) as display:
            found = planning.plan(
                what,
                self.settings,
                options=self.options,
                epoch=self.epoch,
                reading=display.advance,
                base_digest=base_digest,
                soundness=soundness,
                prove=prove,
            )
        platforms = ", ".join(str(plan.image.platform) for plan in found.platforms)
        say = self.terminal.field
        say("base", f"{found.location} {found.base.top.digest[:19]}… ({platforms})")
        for entry in found.base.excluded:
            say("left out", f"{entry} (--platform)")
        say("release", f"{found.release}, verbosity {self.settings.verbosity}")
        names = [_with_offsets(result) for result in found.platforms[0].patched.patches]
        say("patches", ", ".join(names))
        for note in found.notes:
            self.terminal.warning(note)
        return found


def _with_offsets(result: Applied) -> str:
    offsets = sorted(hunk.offset for hunk in result.hunks if hunk.offset)
    if not offsets:
        return result.patch.name
    shown = f"{offsets[0]:+d}"
    if offsets[-1] != offsets[0]:
        shown += f" to {offsets[-1]:+d}"
    return f"{result.patch.name} ({shown} lines)"


def _password_from_stdin() -> str:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "--password-stdin reads the password from a pipe, but stdin is a terminal",
            advice=["pass it like this: ksimage … --password-stdin < file"],
        )
    line = sys.stdin.buffer.readline(MAX_PASSWORD + 1)
    if len(line) > MAX_PASSWORD:
        raise UsageError(f"--password-stdin got more than {MAX_PASSWORD} bytes in its first line")
    try:
        password = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError("--password-stdin got a password that is not UTF-8") from None
    if not password:
        raise UsageError("--password-stdin got an empty password")
    return password
