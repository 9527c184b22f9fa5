"""What kk's ``sed`` does to the ClusterConfiguration before it applies it, simulated.

kk appends the document to /etc/kubernetes/addons/kubesphere.yaml and edits that file by patterns,
which hit whatever holds them: a line ``timezone: Asia/Shanghai`` goes because it holds ``zone``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.labels import Label
    from ksimage.upstream.kubekey.rules import Rules

_RUNTIMES = ("docker", "containerd", "crio")
_MIRROR_HOST = "registry.cn-beijing.aliyuncs.com"


class Edit(NamedTuple):
    """One ``sed`` expression.

    Attributes:
        pattern: lines that hold it are edited; "" means all lines.
        value: what stands behind the first colon afterwards; None: the line is deleted.
        old: the text that is replaced everywhere, for the one edit without a pattern.
    """

    pattern: str
    value: str | None
    old: str = ""

    def apply(self, line: str) -> str | None:
        """The line afterwards, without its end; None when it is deleted."""
        if self.old:
            return line.replace(self.old, self.value or "")
        if self.pattern not in line:
            return line
        if self.value is None:
            return None
        return re.sub(r":.*", lambda _: f": {self.value}", line)


class AlteredLine(NamedTuple):
    """A line that kk alters.

    Attributes:
        line: in the configuration file, from 1.
        before: the line.
        after: what becomes of it; None when it is deleted.
        pattern: the text in it that made kk do so.
        meant: whether its key is the one that kk means.
    """

    line: int
    before: str
    after: str | None
    pattern: str
    meant: bool


def of(rules: Rules, config: Configuration, label: Label, *, zone: str = "") -> list[Edit]:
    """The edits that kk makes, in its order. Addresses of hosts are shown as ``<addresses>``."""
    registry = config.registry
    external = rules.etcd_lines and config.etcd == "external"
    endpoints = [_endpoint(text) for text in config.endpoints] if external else []
    addresses = ",".join(host for _, host, _ in endpoints) or "<addresses of the etcd hosts>"
    edits = [Edit("endpointIps", addresses)]
    if any(scheme == "http" for scheme, _, _ in endpoints):
        edits.append(Edit("tlsEnable", "false"))
    if endpoints and endpoints[-1][2]:
        edits.append(Edit("", endpoints[-1][2], old="2379"))
    edits.append(Edit("local_registry", registry.host or None))
    if rules.override:
        edits.append(Edit("namespace_override", registry.override or None))
    if rules.zone_line:
        chinese = zone == "cn" or registry.host == _MIRROR_HOST
        edits.append(Edit("zone", "cn" if chinese and label.tag in rules.mirrored else None))
    runtime = config.runtime or "docker"
    if rules.runtime_line and runtime in _RUNTIMES:
        edits.append(Edit("containerruntime", runtime))
    return edits


def _endpoint(text: str) -> tuple[str, str, str]:
    """Scheme, host and port of an etcd endpoint, split as kk splits them."""
    scheme, _, rest = text.strip().partition("://")
    parts = rest.split(":")
    return scheme, parts[0], parts[1] if len(parts) > 1 else ""


def changes(
    rules: Rules, config: Configuration, label: Label, *, zone: str = ""
) -> tuple[AlteredLine, ...]:
    """The lines of the ClusterConfiguration that kk alters, unless it writes the same."""
    if config.installer is None:
        return ()
    edits = of(rules, config, label, zone=zone)
    document = config.installer.document
    found = []
    for number, line in enumerate(document.text.split("\n"), document.first):
        before = line.rstrip("\r")
        change = _changed(edits, number, before)
        if change is not None:
            found.append(change)
    return tuple(found)


def _changed(edits: list[Edit], number: int, before: str) -> AlteredLine | None:
    after: str | None = before
    cause = ""
    for edit in edits:
        if after is None:
            break
        result = edit.apply(after)
        if result != after:
            cause = edit.pattern or edit.old
            after = result
    if after == before:
        return None
    key = before.partition(":")[0].strip(" -#\t")
    return AlteredLine(number, before, after, cause, meant=cause in (key, "2379"))


def surprises(found: tuple[AlteredLine, ...]) -> list[str]:
    """Warnings about edits of lines that kk does not mean. Comments do not count."""
    warnings = []
    for change in found:
        if change.meant or change.before.lstrip().startswith("#"):
            continue
        what = "deletes" if change.after is None else "rewrites"
        warnings.append(
            f"kk {what} line {change.line} before it applies the configuration, because it holds"
            f" {change.pattern!r}: {change.before.strip()[:80]}"
        )
    return warnings
