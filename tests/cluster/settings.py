"""The configuration files of registry, network, containerd and kubelet."""

from __future__ import annotations

import json

from tests.cluster.place import BRIDGE, NODE_ADDRESS, PAUSE, REGISTRY, Place

_REGISTRY = """\
version: 0.1
log: {{level: info}}
storage: {{filesystem: {{rootdirectory: {place.data}/registry}}, delete: {{enabled: true}}}}
http: {{addr: "{registry}", secret: of-no-value}}
"""
_HOSTS = """\
server = "http://{registry}"
[host."http://{registry}"]
  capabilities = ["pull", "resolve"]
"""
# restrict_oom_score_adj: without CAP_SYS_RESOURCE containers would not start otherwise
_CONTAINERD = """\
version = 2
root = "{place.data}/containerd"
state = "{place.run}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{place.containerd}"
[debug]
  address = "{place.run}/containerd-debug.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "{place.run}/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{place.settings}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{place.settings}/certs.d"
"""
_KUBELET = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {node}
port: 11250
healthzBindAddress: 127.0.0.1
healthzPort: 11248
cgroupDriver: cgroupfs
cgroupRoot: /
failSwapOn: false
authentication:
  anonymous: {{enabled: false}}
  webhook: {{enabled: true}}
  x509: {{clientCAFile: {place.keys}/ca.crt}}
authorization: {{mode: Webhook}}
tlsCertFile: {place.keys}/kubelet.crt
tlsPrivateKeyFile: {place.keys}/kubelet.key
clusterDomain: cluster.local
evictionHard: {{memory.available: "100Mi"}}
imageGCHighThresholdPercent: 99
imageGCLowThresholdPercent: 98
enforceNodeAllocatable: []
makeIPTablesUtilChains: false
maxPods: 60
nodeStatusMaxImages: -1
"""


def write(place: Place) -> None:
    """Write all of them."""
    folder = place.settings
    hosts = folder / "certs.d" / REGISTRY
    hosts.mkdir(parents=True, exist_ok=True)
    values = {"place": place, "registry": REGISTRY, "pause": PAUSE, "node": NODE_ADDRESS}
    (folder / "registry.yml").write_text(_REGISTRY.format(**values))
    (hosts / "hosts.toml").write_text(_HOSTS.format(**values))
    (folder / "containerd.toml").write_text(_CONTAINERD.format(**values))
    (folder / "kubelet.yaml").write_text(_KUBELET.format(**values))
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps(_network(place)))


def _network(place: Place) -> dict[str, object]:
    addresses = {"subnet": "10.244.77.0/24", "rangeStart": "10.244.77.10"}
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": str(place.data / "cni"),
            "ranges": [[addresses]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    return {"cniVersion": "0.4.0", "name": "c77", "plugins": [bridge]}
