"""Secrets that are known by their own shape, or by their position in a command line."""

from __future__ import annotations

import pytest

from ksimage.redact.text import sites

LINES = ["MIIEpAIBAAKCAQEA7x" + "Ab3/" * 11, "Qw9+" * 16, "zZ0="]
PEM = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *LINES, "-----END RSA PRIVATE KEY-----"])


def _left(text: str) -> str:
    out, at = [], 0
    for site in sites(text):
        out.append(text[at : site.start])
        at = max(at, site.end)
    return "".join([*out, text[at:]])


@pytest.mark.parametrize(
    "text",
    [
        PEM,
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\\\\n"),
        PEM.replace("RSA ", ""),
        PEM[:100],
        PEM[:100] + "\n\nPLAY RECAP ****",
        "PLAY\n" + PEM[60:],
        "PLAY\\n" + PEM[60:].replace("\n", "\\n"),
    ],
)
def test_private_keys_whole_and_cut(text: str) -> None:
    left = _left(text)
    assert not any(line[-20:] in left for line in LINES[:2])
    assert "Ab3/Ab3/" not in left
    if "PLAY" in text:
        assert "PLAY" in left


@pytest.mark.parametrize("name", ["CERTIFICATE", "PUBLIC KEY"])
def test_what_is_public_stays(name: str) -> None:
    text = PEM.replace("RSA PRIVATE KEY", name)
    assert sites(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrIn0.c2lnbmF0dXJl",
        "Bearer abcdefGHIJ0123456789",
        "redis://:hunter2@redis:6379",
        "https://me:hunter2@harbor.lan/x",
        "root:hunter2@tcp(mysql:3306)/db",
        "AKIAIOSFODNN7EXAMPL1",
        "ghp_0123456789abcdefghij",
        "kubeadm join --token abcdef.0123456789abcdef",
        "$6$saltsalt$hashhashhashhash",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0a1b2c3d-1111",
        "https://x/?X-Amz-Signature=0a1b2c3d4e5f",
        "IDENTIFIED BY 'hunter2'",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlF",
    ],
)
def test_known_shapes(text: str) -> None:
    assert sites(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://ks-apiserver.kubesphere-system.svc:80/oauth/authorize",
        "kubesphere/ks-installer:v3.3.2@sha256:0123456789abcdef",
        "mail me@example.com or ssh root@10.0.0.1:22",
        "uses basic authentication.",
        "4e1405aa-a09f-4527-9f76-c649e49ece3d",
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUR",
        "$1 $2 $HOME",
    ],
)
def test_harmless(text: str) -> None:
    assert sites(text) == []


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
        "docker login -u docker -p § login.lan",
        "docker login -u docker -p § login",
        '["docker", "login", "-u", "docker", "-p", "§", "login"]',
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
