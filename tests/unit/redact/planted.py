"""Secrets of known kinds, planted in files as an installation leaves them: the set that rules are tuned to.

What is measured, and not tuned to, stands in ``held_out``.
"""

# ruff: noqa: E501

from __future__ import annotations

import json

from tests.unit.redact.shape import EVENT, LOG, Shape, b64, event

_JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IlBsIn0.eyJpc3MiOiJrdWJlcm5ldGVzIn0.UGxhbnRlZFNpZ25hdHVyZV9hYmNkZWY"
_PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEpAIBAAKCAQEAplantedKEYplantedKEYplantedKEY12\n"
    "plantedSecondLine0123456789plantedSecondLine0123\n"
    "-----END RSA PRIVATE KEY-----\n"
)
_PEM_LINES = _PEM.split("\n")[1:3]
_CONFIG = "config/ks-config.json"


def _known(password: str, **where: str) -> dict[str, str]:
    """A bundle whose configuration holds ``password``, and other files."""
    spec = {"spec": {"common": {"redis": {"password": password}}}}
    return {_CONFIG: json.dumps(spec), **where}


PLANTED = [
    Shape(
        "keys of the ClusterConfiguration",
        {
            _CONFIG: json.dumps(
                {
                    "spec": {
                        "authentication": {"jwtSecret": "jwt-Planted0Secret0Of0Cluster"},
                        "common": {
                            "es": {"basicAuth": {"enabled": True, "password": "Es-Pl4nted!pw"}},
                            "openldap": {"adminPassword": "ldapPl4nted"},
                        },
                    }
                }
            ),
            LOG: "es said Es-Pl4nted!pw, ldap said ldapPl4nted, token jwt-Planted0Secret0Of0Cluster\n",
        },
        ["jwt-Planted0Secret0Of0Cluster", "Es-Pl4nted!pw", "ldapPl4nted"],
    ),
    Shape(
        "from-literal",
        {
            EVENT: event(
                cmd="kubectl create secret generic s --from-literal=token=tokPlanted123456789"
            )
        },
        ["tokPlanted123456789"],
    ),
    Shape(
        "JWT in a header",
        {EVENT: event(cmd=f'curl -H "Authorization: Bearer {_JWT}" https://x')},
        [_JWT],
    ),
    Shape(
        "opaque bearer token",
        {EVENT: event(stdout="HTTP 401 for Bearer opaquePlantedTok3nABCDEF0123")},
        ["opaquePlantedTok3nABCDEF0123"],
    ),
    Shape(
        "private key: raw, in JSON, in JSON in JSON, as a list of lines",
        {
            LOG: "x\n" + _PEM,
            EVENT: event(
                stdout=_PEM, stderr=json.dumps({"k": _PEM}), stdout_lines=_PEM.splitlines()
            ),
        },
        _PEM_LINES,
    ),
    Shape(
        "private key, cut in the middle of a line",
        {LOG: _PEM[:110] + "\n\nPLAY RECAP *****\n"},
        ["plantedKEYplantedKEY12"],
    ),
    Shape(
        "the end of a private key, escaped",
        {LOG: json.dumps("..." + _PEM[40:])},
        ["plantedSecondLine0123456789plantedSecondLine0123"],
    ),
    Shape(
        "kubeconfig",
        {
            LOG: "users:\n- name: a\n  user:\n    client-key-data: "
            + b64(_PEM)
            + "\n    token: kcTokenPlanted99\n"
        },
        [b64(_PEM), "kcTokenPlanted99"],
    ),
    Shape(
        "base64 of a key, wrapped",
        {LOG: "\n".join(b64(_PEM)[at : at + 64] for at in range(0, len(b64(_PEM)), 64))},
        [b64(_PEM)[:64], b64(_PEM)[64:128]],
    ),
    Shape(
        "a Secret in YAML, and its value decoded elsewhere",
        {
            "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: redis-secret}\ndata:\n"
            f"  auth: {b64('Redis#Pl4nted/pw')}\n  thing: {b64('blobPlantedValue7')}\n",
            EVENT: event(stdout="value is blobPlantedValue7, auth Redis#Pl4nted/pw"),
        },
        [b64("blobPlantedValue7"), "blobPlantedValue7", "Redis#Pl4nted/pw"],
    ),
    Shape(
        "a Secret in YAML, sorted as kubectl prints it, within an event",
        {
            EVENT: event(
                stdout=f"apiVersion: v1\ndata:\n  ca.crt: {b64('public')}\n  x: {b64('innerPl4nted')}\nkind: Secret\n"
            )
        },
        [b64("innerPl4nted")],
    ),
    Shape(
        "base64 of a document with a known value",
        _known(
            "Redis#Pl4nted/pw+x", **{LOG: b64('{"redis":{"password":"Redis#Pl4nted/pw+x"},"a":1}')}
        ),
        [b64('{"redis":{"password":"Redis#Pl4nted/pw+x"},"a":1}')],
    ),
    Shape(
        "a known value, quoted for a URL and in XML",
        _known(
            "R<dis&Pl4nted/x",
            **{LOG: "redis://:R%3Cdis%26Pl4nted%2Fx@r <a>R&lt;dis&amp;Pl4nted/x</a>"},
        ),
        ["R%3Cdis%26Pl4nted%2Fx", "R&lt;dis&amp;Pl4nted/x"],
    ),
    Shape(
        "a known value with a quote, in Go's and Python's ways",
        _known('P&8w0rd"x', **{LOG: '{"a":"P\\u00268w0rd\\"x"} {\'a\': \'P&8w0rd"x\'}'}),
        ['P\\u00268w0rd\\"x', 'P&8w0rd"x'],
    ),
    Shape(
        "environment of ansible-runner's command",
        {
            "results/ks-core/ks-core/command": json.dumps(
                {
                    "command": ["ansible-playbook"],
                    "env": {
                        "ES_PASSWORD": "Env-Pl4nted-pw-9",
                        "HTTPS_PROXY": "http://u:pr0xyPl4nted@proxy:3128",
                    },
                }
            )
        },
        ["Env-Pl4nted-pw-9", "pr0xyPl4nted"],
    ),
    Shape(
        "environment in YAML",
        {LOG: "env:\n- name: REDIS_PASSWORD\n  value: yamlPl4nted\n- name: HOST\n  value: redis\n"},
        ["yamlPl4nted"],
    ),
    Shape(
        "mysql -p",
        {EVENT: event(cmd='mysql -h m -uroot -pmy5qlPl4nted -e "select 1"')},
        ["my5qlPl4nted"],
    ),
    Shape(
        "redis-cli -a",
        {EVENT: event(cmd="redis-cli -h r -a r3disCliPl4nted ping")},
        ["r3disCliPl4nted"],
    ),
    Shape(
        "ldapsearch -w",
        {EVENT: event(cmd="ldapsearch -x -D cn=admin -w ld4pCliPl4nted -b dc=x")},
        ["ld4pCliPl4nted"],
    ),
    Shape(
        "curl -u",
        {EVENT: event(cmd="curl -s -u elastic:cur1Pl4nted http://es:9200")},
        ["cur1Pl4nted"],
    ),
    Shape(
        "logins",
        {
            EVENT: event(
                cmd="helm registry login h -u admin -p helmPl4nted9; docker login -u a --password d0ckerPl4nted x"
            )
        },
        ["helmPl4nted9", "d0ckerPl4nted"],
    ),
    Shape(
        "argument list",
        {EVENT: event(cmd=["etcdctl", "--password", "argvPl4nted", "--token=t0kenPl4nted-9"])},
        ["argvPl4nted", "t0kenPl4nted-9"],
    ),
    Shape(
        "argument list in a text",
        {LOG: '{"args": ["login", "--docker-password", "argt3xtPlanted", "-q"]}\nx'},
        ["argt3xtPlanted"],
    ),
    Shape(
        "AWS keys",
        {
            LOG: "AWS_ACCESS_KEY_ID=AKIAPLANTEDPLANTED12\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiPlantedKEYab\n"
        },
        ["AKIAPLANTEDPLANTED12", "wJalrXUtnFEMI/K7MDENG/bPxRfiPlantedKEYab"],
    ),
    Shape(
        "the console's first password",
        {
            "playbooks/kubesphere_running": 'Console: http://1.2.3.4:30880\nAccount: admin\nPassword: P@88w0rd"x\n',
            EVENT: event(stdout='set P@88w0rd"x for admin'),
        },
        ['P@88w0rd"x', json.dumps('P@88w0rd"x')[1:-1]],
    ),
    Shape(
        "docker's auth",
        {
            "docker.json": json.dumps(
                {"auths": {"harbor.lan": {"auth": b64("admin:Harb0rPl4nted")}}}
            ),
            EVENT: event(stdout="login with Harb0rPl4nted"),
        },
        [b64("admin:Harb0rPl4nted"), "Harb0rPl4nted"],
    ),
    Shape(
        "a loop's item",
        {
            EVENT: event(
                item={"name": "x", "password": "itemPl4nted77"},
                _ansible_item_label="password=itemPl4nted77",
            )
        },
        ["itemPl4nted77"],
    ),
    Shape("a weak password at its key", {"a.yaml": "a:\n  password: s3cR\n"}, ["s3cR"]),
    Shape("a weak password in JSON", {"a.json": '{"a": {"password": "letmein"}}'}, ["letmein"]),
    Shape(
        "escaped JSON in a text",
        {
            EVENT: event(
                stdout='{\\"minio\\": {\\"accessKey\\": \\"openpitrixPl4\\", \\"secretKey\\": \\"minioPl4ntedSecret\\"}}'
            )
        },
        ["minioPl4ntedSecret"],
    ),
    Shape(
        "PostgreSQL's file of passwords",
        {
            LOG: "db.lan:5432:*:grafana:pgPl4nted-1\n*:*:*:postgres:pgPl4nted-2\n10.0.0.9:15432:app:app:pgPl4nted-3\n",
            EVENT: event(
                cmd="echo 'db:6543:app:app:pgPl4nted-4' >> ~/.pgpass; chmod 600 ~/.pgpass"
            ),
            "a.txt": "content: 'db.lan:5432:gitea:gitea:pgPl4nted-5'\ndb.lan:5432:a:b:pgPl4nted-6",
        },
        [f"pgPl4nted-{number}" for number in range(1, 7)],
    ),
    Shape(
        "LDIF and redis.conf",
        {
            EVENT: event(
                stdout=f"rootpw {{SSHA}}pl4ntedHashAAAA\nuserPassword:: {b64('ldifPl4nted1')}\nrequirepass confPl4nted55"
            )
        },
        ["{SSHA}pl4ntedHashAAAA", b64("ldifPl4nted1"), "confPl4nted55"],
    ),
    Shape(
        "hashes of passwords",
        {
            LOG: "root:$6$pl4ntedSalt$pl4ntedHashOfRoot0123456789:19000:0:\nuser:$2b$12$pl4ntedBcrypt0123456789ABCDEFGHIJ\n"
        },
        ["pl4ntedHashOfRoot0123456789", "pl4ntedBcrypt0123456789ABCDEFGHIJ"],
    ),
    Shape(
        "Python's way of printing, and a JSON patch",
        {
            LOG: "[monitoring] {'password': 'reprPl4nted', 'username': 'elastic'}\nkubectl patch user admin -p '{\"spec\":{\"password\":\"patchPl4nted3\"}}'\n"
        },
        ["reprPl4nted", "patchPl4nted3"],
    ),
    Shape(
        "XML, attributes and elements",
        {LOG: '<server username="a" password="xmlPl4nted1"><token>xmlPl4nted22</token></server>\n'},
        ["xmlPl4nted1", "xmlPl4nted22"],
    ),
    Shape(
        "cookie", {LOG: "set-cookie: grafana_session=c00kiePlanted; Path=/\n"}, ["c00kiePlanted"]
    ),
    Shape(
        "Chinese",
        {LOG: "管理员密码: zhPl4nted#1\n默认口令：口令Pl4nted\n"},
        ["zhPl4nted#1", "口令Pl4nted"],
    ),
    Shape(
        "Chinese, escaped",
        {"a.json": json.dumps({"msg": "数据库密码：zhPl4nted#2 请修改"})},
        ["zhPl4nted#2"],
    ),
    Shape(
        "weak value in a Secret's decoded document",
        {
            "cluster/secret.json": json.dumps(
                {"kind": "Secret", "data": {"config.yaml": b64("db:\n  password: deepPl4nted8\n")}}
            ),
            LOG: "connecting with deepPl4nted8\n",
        },
        ["deepPl4nted8"],
    ),
]
