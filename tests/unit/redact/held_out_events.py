"""The shapes of ``held_out`` that stand in events of failed tasks."""

# ruff: noqa: E501

from __future__ import annotations

import json

from tests.unit.redact.shape import EVENT, Shape, b64, event

IN_EVENTS = [
    Shape(
        "argv as a JSON list",
        {
            EVENT: event(
                cmd=["helm", "upgrade", "--username", "admin", "--password", "Vq7-tulip-Oak", "ks"]
            )
        },
        ["Vq7-tulip-Oak"],
    ),
    Shape(
        "curl -u glued, and a known value in base64",
        {
            EVENT: event(
                cmd="curl -sSk -XPUT -uelastic:Gr4pe-7vine https://es:9200/_template",
                stdout="> Authorization: Basic " + b64("elastic:Gr4pe-7vine"),
            )
        },
        ["Gr4pe-7vine", b64("elastic:Gr4pe-7vine")],
    ),
    Shape(
        "mc alias set",
        {
            EVENT: event(
                cmd="mc alias set ks http://minio:9000 openpitrixminioaccesskey Zx0-fig-93kd"
            )
        },
        ["Zx0-fig-93kd"],
    ),
    Shape(
        "IDENTIFIED BY",
        {
            EVENT: event(
                stderr="ERROR 1396 (HY000) at line 1: CREATE USER 'ks'@'%' IDENTIFIED BY 'wR5!plum' failed\n"
                "ALTER USER root IDENTIFIED WITH mysql_native_password BY 'tQ2-quince7';"
            )
        },
        ["wR5!plum", "tQ2-quince7"],
    ),
    Shape(
        "sshpass and chpasswd",
        {
            EVENT: event(
                cmd="sshpass -p 'Xk3-durian' ssh root@10.0.0.12 uptime; echo 'root:Bv9-guava' | chpasswd"
            )
        },
        ["Xk3-durian", "Bv9-guava"],
    ),
    Shape(
        "an ansible diff of a template",
        {
            EVENT: event(
                diff={
                    "before": "alertmanager:\n  smtp_auth_password: ''\n",
                    "after": "alertmanager:\n  smtp_auth_password: 'Jd7-nectar'\n",
                },
                stdout="--- before\n+++ after\n-  smtp_auth_password: ''\n+  smtp_auth_password: 'Jd7-nectar'\n",
            )
        },
        ["Jd7-nectar"],
    ),
    Shape(
        "etcd and kubeconfig by --set and environment prefix",
        {
            EVENT: event(
                cmd="ETCDCTL_USER=root:Yf7-clove9 etcdctl get / ; PGPASSWORD=Ta3-saffron psql -h pg ; "
                "helm upgrade --set minio.secretKey=Ic5-ginger2,minio.accessKey=ks --set-string "
                "global.redis.password=Pn8-nutmeg ks ./ks"
            )
        },
        ["Yf7-clove9", "Ta3-saffron", "Ic5-ginger2", "Pn8-nutmeg"],
    ),
    Shape(
        "a value of the ClusterConfiguration, escaped twice, URL-quoted, and inside a base64 document",
        {
            "cluster/clusterconfiguration.json": json.dumps(
                {"spec": {"common": {"es": {"basicAuth": {"password": 'Ax"9\\anise&x'}}}}}
            ),
            EVENT: event(
                stdout=json.dumps({"conf": json.dumps({"pw": 'Ax"9\\anise&x'})}),
                stderr="http://elastic:Ax%229%5Canise%26x@es:9200/",
                warnings='raw Ax"9\\anise&x here',
                msg=b64('{"elasticsearch":{"p":"Ax\\"9\\\\anise&x"},"n":1}'),
            ),
        },
        [
            json.dumps('Ax"9\\anise&x')[1:-1],
            "Ax%229%5Canise%26x",
            b64('{"elasticsearch":{"p":"Ax\\"9\\\\anise&x"},"n":1}'),
        ],
    ),
]
