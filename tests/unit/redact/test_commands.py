"""Secrets that command lines hold by position."""

from __future__ import annotations

import pytest

from ksimage.redact.text import sites


@pytest.mark.parametrize(
    "text",
    [
        "mysql -h db -uroot -p§ -e 'select 1'",
        "redis-cli -h r -a § ping",
        "ldapadd -x -D cn=admin -w § -f x",
        "curl -k -u elastic:§ https://es",
        "docker login -u admin -p § harbor.lan",
        "skopeo copy --src-creds ci:§ docker://a docker://b",
        "sshpass -p § ssh root@h",
        "echo root:§ | chpasswd",
        "echo '§' | passwd --stdin root",
        "htpasswd -b -c file admin §",
        "openssl enc -k pass:§",
        "mc config host add m http://minio:9000 access §",
        "kubectl create secret generic s --from-literal=key=§",
        "kubectl create secret generic s --from-literal 'key=§'",
        "requirepass §",
        "sentinel auth-pass mymaster §",
        "user default on >§ ~* +@all",
        "machine h login me password §",
        "Set-Cookie: session=§",
        "ETCDCTL_USER=root:§ etcdctl get /",
    ],
)
def test_hidden(text: str) -> None:
    value = "x7Kp-pear2"
    found = sites(text.replace("§", value))
    assert found
    assert all(value in site.value for site in found)


@pytest.mark.parametrize(
    "text",
    [
        "mysql -h db -P 3306",
        "tar -p -x",
        "kubectl get pods -w -o wide",
        "curl -k https://es:9200/_cat",
        "docker login harbor.lan",
        "## requirepass & masterauth conf params",
        "name: cookie:\ndescription: hash of a cookie",
        "mkdir -p /kubesphere/results1",
    ],
)
def test_shown(text: str) -> None:
    assert sites(text) == []
