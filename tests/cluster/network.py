"""A bridge for pods, and two rules in kube-proxy's stead for the API server's service address."""

from __future__ import annotations

import os
import subprocess

from tests.cluster.place import API_PORT, BRIDGE, NODE_ADDRESS, SERVICE_ADDRESS, SYSTEM_PATH

_CHAINS = (("PREROUTING", "-i", BRIDGE), ("OUTPUT",))
_RULE = (
    "-d", SERVICE_ADDRESS, "-p", "tcp", "--dport", "443",
    "-j", "DNAT", "--to-destination", f"127.0.0.1:{API_PORT}",
)  # fmt: skip


def up() -> None:
    """Make what is not there yet."""
    if not _done("ip", "link", "show", BRIDGE):
        _do("ip", "link", "add", BRIDGE, "type", "bridge")
    if f"{NODE_ADDRESS}/24" not in _run("ip", "addr", "show", BRIDGE).stdout:
        _do("ip", "addr", "add", f"{NODE_ADDRESS}/24", "dev", BRIDGE)
    _do("ip", "link", "set", BRIDGE, "up")
    _do("sysctl", "-qw", "net.ipv4.ip_forward=1", f"net.ipv4.conf.{BRIDGE}.route_localnet=1")
    for chain in _CHAINS:
        if not _done("iptables", "-t", "nat", "-C", *chain, *_RULE):
            _do("iptables", "-t", "nat", "-I", *chain, *_RULE)


def down() -> None:
    """Take all of it away."""
    for chain in _CHAINS:
        _run("iptables", "-t", "nat", "-D", *chain, *_RULE)
    _run("ip", "link", "del", BRIDGE)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _done(*command: str) -> bool:
    return _run(*command).returncode == 0


def _do(*command: str) -> None:
    done = _run(*command)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
