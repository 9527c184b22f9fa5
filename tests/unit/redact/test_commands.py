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
        "mysql --host mysql-svc -p§",
        "docker run mysql mysql -p§",
        "docker login helm.lan -u docker -p §",
        "docker run docker:20 docker login -u login -p § harbor.lan",
        "db.lan:5432:*:grafana:§",
        '{"broken": "x\\ndb.lan:5432:a:b:§',
        "echo db.lan:7777:*:app:§ > /root/.pgpass",
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
        "postgres:x:5432:5432:PostgreSQL-14:/var/lib:/bin/bash",
        "main.yaml:5432:foo:bar:baz",
        "dial tcp 10.0.0.1:5432: connect: connection refused",
        "http://db.lan:5432/a:b:c",
        "chmod 600 ~/.pgpass; date +%H:%M:%S:%N:%s",
    ],
)
def test_shown(text: str) -> None:
    assert sites(text) == []
