"""Options that commands share, and help that is grouped by subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import click

from ksimage.cli.output.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    F = TypeVar("F", bound=Callable[..., object])

GLOBAL = "Global options"

_BARE = {"--verbose": ("5", r"\d+"), "--create-project": ("public", "public|private")}
"""Options whose value may be left out: what it then is, and what is one, behind a blank."""


class Option(click.Option):
    """An option that belongs to a section of the help."""

    # Any: as Click's own decorators hand them on; Click's constructor checks them.
    def __init__(self, names: Sequence[str], section: str = "Options", **details: Any) -> None:
        super().__init__(names, **details)
        self.section = section


class SectionedCommand(click.Command):
    """A command with sections in its help, global options, and ``--verbose[=LEVEL]``."""

    # Any: as above.
    def __init__(self, **details: Any) -> None:
        super().__init__(**details)
        self.params.extend(_global_params())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Click's optional option values would swallow the argument after a bare --verbose.
        end = args.index("--") if "--" in args else len(args)
        known = {name for param in self.params for name in param.opts}
        for at, word in enumerate(args[:end]):
            if word not in _BARE or word not in known:
                continue
            usual, value = _BARE[word]
            following = args[at + 1] if at + 1 < end else ""
            if re.fullmatch(value, following):
                from ksimage.errors import BadOption

                raise BadOption(word, "its value stands behind =", [f"{word}={following}"])
            args[at] = f"{word}={usual}"
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                sections.setdefault(getattr(param, "section", GLOBAL), []).append(record)
        last = sections.pop(GLOBAL, [])
        for title, records in {**sections, GLOBAL: last}.items():
            with formatter.section(title):
                formatter.write_dl(records)


def _store(ctx: click.Context, param: click.Parameter, value: object) -> None:
    # What comes from the environment is in force already, and must not undo a flag given before
    # the command's name.
    terminal = ctx.ensure_object(Terminal)
    if value is not None and ctx.get_parameter_source(param.name or "") == _COMMANDLINE:
        terminal.configure(param.name or "", value)


_COMMANDLINE = click.core.ParameterSource.COMMANDLINE


def option(
    section: str, declaration: str, text: str, name: str = "", **details: object
) -> Callable[[F], F]:
    """``click.option``, in a section of the help.

    Args:
        declaration: names and value as the help shows them: ``-o, --out FILE``. What has neither a
            value, nor a type, nor an opposite (``--this/--no-this``) is a flag.
        text: the help.
        name: of the parameter, where it is not that of the option.
    """
    names, details = _declared(declaration, text, name, details)
    return click.option(*names, cls=Option, section=section, **details)


def _declared(
    declaration: str, text: str, name: str, details: dict[str, object]
) -> tuple[list[str], dict[str, object]]:
    words = declaration.replace(",", "").split()
    names = [word for word in words if word.startswith("-")]
    if len(names) < len(words):
        details = {"metavar": words[-1], **details}
    elif "/" not in declaration and not {"type", "metavar", "count"} & details.keys():
        details = {"is_flag": True, **details}
    return [*names, *([name] if name else [])], {"help": text, **details}


def number(
    section: str, declaration: str, text: str, default: float, name: str = "", least: float = 1
) -> Callable[[F], F]:
    """An option for a number, whole where ``default`` is, which the help then tells."""
    whole = isinstance(default, int)
    within = click.IntRange(min=int(least)) if whole else click.FloatRange(min=least)
    text = f"{text}  [default: {default:g}]"
    return option(section, declaration, text, name, type=within, default=default)


def _global_params() -> list[click.Option]:
    def made(declaration: str, text: str, name: str = "", **details: object) -> click.Option:
        names, details = _declared(declaration, text, name, details)
        details |= {"expose_value": False, "callback": _store, "is_eager": True}
        return Option(names, GLOBAL, **details)

    return [
        made(
            "--config FILE",
            "Read FILE instead of the nearest ksimage.yaml.  [env: KSIMAGE_CONFIG]",
        ),
        made(
            "-v", "Say more: steps and credentials' sources; -vv also requests.", "more", count=True
        ),
        made("-q", "Say less: only warnings; -qq only errors.", "less", count=True),
        made(
            "--output",
            "Form of the result on stdout.  [env: KSIMAGE_OUTPUT; default: text]",
            type=click.Choice(["text", "json"]),
            envvar="KSIMAGE_OUTPUT",
        ),
        made(
            "--color/--no-color",
            "Colours on or off.  [env: FORCE_COLOR, NO_COLOR; default: on a terminal]",
            "color",
            default=None,
        ),
    ]


def global_options(function: F) -> F:
    """Add the global options to a group, whose commands have them as well."""
    params: list[click.Option] = getattr(function, "__click_params__", [])
    function.__click_params__ = [*params, *reversed(_global_params())]  # type: ignore[attr-defined]
    return function


def command(name: str, help: str) -> Callable[[Callable[..., object]], click.Command]:  # noqa: A002
    """A command, given the terminal; its line of help stands in ``app.COMMANDS`` as well."""

    def decorate(function: Callable[..., object]) -> click.Command:
        made = click.command(name, cls=SectionedCommand, short_help=help)
        return made(click.pass_obj(function))

    return decorate


_TYPES: dict[str, dict[str, object]] = {
    "verbosity": {"metavar": "[=LEVEL]"},
    "engine": {"type": click.Choice(["auto", "docker", "direct"])},
    "mode": {"type": click.Choice(["append", "replace"])},
    "boolean": {"default": None},
    "jobs": {"type": int, "metavar": "N"},
    "tag_template": {"metavar": "TAG"},
    "path": {"metavar": "PATH"},
    "path-list": {"multiple": True, "metavar": "FILE"},
    "patch-list": {"multiple": True, "metavar": "NAME"},
    "platform-list": {"multiple": True, "metavar": "OS/ARCH"},
    "label-map": {"multiple": True, "metavar": "KEY=VALUE"},
    "source": {"metavar": "LOCATION"},
    "target": {"metavar": "REPOSITORY"},
    "credential": {"metavar": "NAME"},
    "secret": {"default": None},
}


def setting(key: str, section: str) -> Callable[[F], F]:
    """The option of one setting of ``config/settings.py``; its value is passed on by ``key``.

    The parameter's name is the key with underscores; :func:`given` collects them again.
    """
    from ksimage.cli.input import completion
    from ksimage.config.settings import BY_KEY  # late: `ksimage --help` has no use for it

    row = BY_KEY[key]
    default = "" if row.default == "none" or row.kind == "secret" else f"; default: {row.default}"
    text = "read the registry password or token from stdin" if row.kind == "secret" else row.help
    details = dict(_TYPES[row.kind])
    if row.kind in completion.BY_KIND:
        details["shell_complete"] = completion.BY_KIND[row.kind]
    text = f"{text[0].upper()}{text[1:]}.  [env: {row.variable}{default}]"
    return option(section, row.flag, text, parameter(key), **details)


def settings(section: str, *keys: str) -> Callable[[F], F]:
    """Several settings' options in one section, in this order."""

    def decorate(function: F) -> F:
        for key in reversed(keys):
            function = setting(key, section)(function)
        return function

    return decorate


def registry_options(function: F) -> F:
    """How to reach registries, and as whom."""
    return settings("Registry", "ca_file", "insecure", "username", "password")(function)


repair_option = option(
    "Base image",
    "--repair",
    "Give a broken base the entrypoint, command, user, working directory, environment and "
    "hook mode that upstream's image of the release has.",
)

create_project_option = option(
    "Result",
    "--create-project [=private]",
    "Create the Harbor project first unless it exists: public (as KubeKey's nodes pull"
    " without a login), or private.",
    type=click.Choice(["public", "private"]),
)

replace_option = option(
    "Result",
    "--replace",
    "Replace what the name holds, and keep that as <tag>-orig. An archive is replaced whole,"
    " and nothing of it is kept.",
)


def platform_option(
    section: str, text: str, name: str = "platform", *, multiple: bool = False
) -> Callable[[F], F]:
    """``--platform`` of a command that does not take it from the settings, checked as they are."""
    from ksimage.cli.input.completion import platforms

    details = {"shell_complete": platforms, "callback": _checked_platform, "multiple": multiple}
    return option(section, "--platform OS/ARCH", text, name, **details)


def _checked_platform(ctx: click.Context, param: click.Parameter, value: object) -> object:
    from ksimage.config import values
    from ksimage.errors import BadOption

    try:
        for text in value if isinstance(value, tuple) else (value,) if value else ():
            values.platform(str(text))
    except values.Refused as refused:
        raise BadOption("--platform", refused.reason) from None
    return value


def patch_options(function: F) -> F:
    """Which patches are applied, and with which verbosity."""
    keys = ("verbosity", "patches.with", "patches.without", "patches.files")
    return settings("Patches", *keys, "patches.dir", "patches.mode")(function)


def parameter(key: str) -> str:
    """The Python name of a setting's parameter."""
    return "set_" + key.replace(".", "_")


def given(values: Mapping[str, object]) -> dict[str, object]:
    """The settings among a command's parameters, by key, as ``config.resolve`` takes them."""
    from ksimage.config.settings import BY_KEY

    return {
        key: values[parameter(key)]
        for key in BY_KEY
        if parameter(key) in values and values[parameter(key)] not in (None, ())
    }
