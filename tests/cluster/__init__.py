"""A real Kubernetes of one node for the tests: `build` once, then `up` and `down`.

Control plane and kubelet are Kubernetes 1.20.2 (the age of KubeSphere 3.x) from Debian's own source
package; etcd, containerd, runc and the registry are Debian's programs. Everything lies in one
folder outside the clone: ``KSIMAGE_CLUSTER``, by default ``~/.cache/ksimage-cluster``.
"""
