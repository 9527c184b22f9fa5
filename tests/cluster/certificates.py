"""A CA for a month, the certificates of each component, and their kubeconfigs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cluster.place import API_PORT, NODE, NODE_ADDRESS, SERVICE_ADDRESS

_CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "cm": "/CN=system:kube-controller-manager",
    "sched": "/CN=system:kube-scheduler",
}
_API_NAMES = (
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,"
    f"IP:127.0.0.1,IP:{SERVICE_ADDRESS},IP:{NODE_ADDRESS}"
)
_NODE_NAMES = f"DNS:{NODE},IP:{NODE_ADDRESS},IP:127.0.0.1"

_KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters:
- {{name: c, cluster: {{server: "https://127.0.0.1:{port}", certificate-authority: {ca}}}}}
users: [{{name: u, user: {{client-certificate: {name}.crt, client-key: {name}.key}}}}]
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
current-context: c
"""


def make(keys: Path) -> None:
    """Make what is not there yet."""
    last = keys / "kubelet.kubeconfig"
    if last.exists():
        return
    _openssl(
        keys, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30", "/CN=ca"
    )
    for name, subject in _CLIENTS.items():
        client(keys, name, subject)
    certificate(keys, "apiserver", "/CN=kube-apiserver", _API_NAMES)
    client(keys, "kubelet", f"/O=system:nodes/CN=system:node:{NODE}", _NODE_NAMES)
    _openssl(keys, "genrsa -out sa.key 2048")
    _openssl(keys, "rsa -in sa.key -pubout -out sa.pub")


def client(keys: Path, name: str, subject: str, names: str = "") -> Path:
    """A client certificate and the kubeconfig that uses it; the kubeconfig's path."""
    certificate(keys, name, subject, names)
    path = keys / f"{name}.kubeconfig"
    prefix = str(keys / name)
    path.write_text(_KUBECONFIG.format(port=API_PORT, ca=keys / "ca.crt", name=prefix))
    return path


def certificate(keys: Path, name: str, subject: str, names: str = "") -> None:
    """A key and a certificate of the CA."""
    _openssl(keys, f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr", subject)
    lines = ["keyUsage=digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth,clientAuth"]
    if names:
        lines.append(f"subjectAltName={names}")
    (keys / f"{name}.ext").write_text("\n".join(lines) + "\n")
    signing = "-CA ca.crt -CAkey ca.key -CAcreateserial -days 30"
    _openssl(keys, f"x509 -req -in {name}.csr {signing} -extfile {name}.ext -out {name}.crt")


def _openssl(keys: Path, command: str, subject: str = "") -> None:
    words = ["openssl", *command.split(), *(["-subj", subject] if subject else [])]
    subprocess.run(words, cwd=keys, check=True, capture_output=True)
