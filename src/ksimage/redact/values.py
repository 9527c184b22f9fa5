"""Is a value worth hiding, and is it strong enough to be looked for everywhere?

A learned ``enabled`` would poison a whole bundle: only what nobody writes by chance is replaced
wherever it stands; anything weaker is replaced where its key stands, and nowhere else.
"""

from __future__ import annotations

import re
from typing import Final

MIN_STRONG: Final = 6
MAX_VALUE: Final = 16_384
"""Characters; longer values are hidden at their place, but not looked for elsewhere."""

TOKEN = re.compile(r"\[redacted:[0-9a-f]{6}\]")

_PLAIN = re.compile(
    r"""(?x) (?i: true | false | none | null | nil | yes | no | on | off | unset | undefined | omit
    | \d{1,4} | [*x•.\-]+ | changed | ok | opaque | string | str | bytes | required | optional
    | \{\{.* | \{%.* | \$(?!apr1\$|argon|y\$)[({]{0,2}\s?[A-Za-z_*@?!.].* | \$\d
    | <[^<>]*>[,.;]? | any | `.* | %\(?\w.* | %[sdvq] | @\S+@
    | password | passwd | pass | secret | token | username | user | key | value | hidden
    | VALUE_SPECIFIED_IN_NO_LOG_PARAMETER | \[redacted.* | basic | bearer | \{ | \[ | [|>][+-]?
    | \(.* | not | is | are | was | for | from | in | of | to | and | or | the | must | bytes\b.*
    )? | [A-Z]{2,}(?:_[A-Z]+)+ | \W{1,3} | [\w.-]*-secrets? """,
    re.DOTALL,
)
_IDENTIFIER = re.compile(
    r"""(?x) [a-z]+[0-9]? (?:[-_./:][a-z]+[0-9]?)* :?             # words, joined
    | _*[a-z]+(?:[A-Z][a-z]+)+                             # camelCase
    | (?:[A-Z][a-z]+)+                                     # CamelCase
    | [A-Z]+(?:_[A-Z]+)*                                   # CONSTANT
    | \.{0,2}/(?:[\w.{}-]+/)*[\w.{}-]* | (?:[a-z][a-z.-]*/)+[a-z.-]*   # a path
    | [&*\w.\[\]]+\(.* | \w+\[.*                           # a call, an index
    | [&*]?[A-Za-z]+(?:\.[A-Za-z]+)+[,{}]*                 # a field
    | v?\d+(?:\.\d+)+(?:-[\w.]+|:\d{2,5})?                # a version, an address
    | (?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d{2,5})?               # a host
    | \d{4}-\d\d-\d\d.*                                    # a date
    | [\w.-]+/[\w.-]+:[\w.-]+                              # an image
    """
)
_LONG_PATH = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_LONG_WORD = re.compile(r"[a-z]{20,}|[A-Z]{20,}")
_CLASSES = tuple(re.compile(part) for part in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


def plain(value: str) -> bool:
    """Nothing to hide: a switch, a small number, a template, a placeholder, a token of ours."""
    return _PLAIN.fullmatch(value) is not None or TOKEN.fullmatch(value) is not None


def identifier(value: str) -> bool:
    """What programs call things: words joined by dashes, camelCase, paths, versions, calls."""
    if "/" in value and _LONG_PATH.fullmatch(value) and _mixed(value):
        return False  # base64 has slashes
    return _IDENTIFIER.fullmatch(value) is not None


def strong(value: str) -> bool:
    """Whether ``value`` may be replaced wherever it is found.

    Eight characters of two classes, or letters and digits from six; no identifier, no sentence.
    """
    if not MIN_STRONG <= len(value) <= MAX_VALUE or plain(value) or TOKEN.search(value):
        return False
    if (
        identifier(value.rstrip(".,:;{}"))
        or len(value.split()) > 2
        or value.startswith(("http://", "https://"))
    ):
        return _LONG_WORD.fullmatch(value) is not None
    classes = sum(bool(part.search(value)) for part in _CLASSES)
    if len(value) >= 8 and (classes >= 2 or len(value) >= 20) and any(map(str.isalnum, value)):
        return True
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _mixed(value: str) -> bool:
    return all(part.search(value) for part in _CLASSES[:3])
