r"""Thirty-two shapes of secrets that the rules of ``ksimage.redact`` were never tuned to.

They were written, and committed, before the first rule. Nobody edits a rule because of a shape here:
whoever wants a shape caught adds one *like* it to ``planted.py`` and works with that. The first
figure, and the present one, stand in docs/bundles.md. A shape is a small bundle of its own, so no
shape is helped by what another one teaches.
"""

# ruff: noqa: E501

from __future__ import annotations

import json

from tests.unit.redact.held_out_events import IN_EVENTS
from tests.unit.redact.shape import LOG, Shape, b64

_KEY_BODY = (
    "MIIEowIBAAKCAQEAx3N9vQkE2pLr7dYw5cTfK1bHn8JZqUo4sVgMiR6eXaBtC0Wj\n"
    "hP5uFyD9lGzOmS2nEkI7vTqA8rQx4WcJbN1pZ6LsKfUgYdH3oMtVeXiR0aPjC5wB"
)

HELD_OUT = [
    *IN_EVENTS,
    Shape(
        "Jenkins credentials.xml",
        {
            "results/devops/credentials.xml": "<com.cloudbees.plugins.credentials>\n"
            "  <id>harbor</id><username>robot$ci</username>\n"
            "  <password>{AQAAABAAAAAgm0x7Rk2WvT8pQeYfLJ}</password>\n"
            "  <secret>9fKe2LmPq8RtVw</secret>\n</com.cloudbees.plugins.credentials>\n"
        },
        ["AQAAABAAAAAgm0x7Rk2WvT8pQeYfLJ", "9fKe2LmPq8RtVw"],
    ),
    Shape(
        "Set-Cookie and Cookie of a session",
        {
            LOG: "< HTTP/1.1 200 OK\n< Set-Cookie: sid=8f2c1d90ab7e4c55b1; Path=/; HttpOnly\n"
            "> Cookie: JSESSIONID.4a=node0r7k2x9qv1m8p; lang=zh\n"
        },
        ["8f2c1d90ab7e4c55b1", "node0r7k2x9qv1m8p"],
    ),
    Shape(
        "webhooks of WeCom, DingTalk, Feishu, Slack",
        {
            "cluster/notification.yaml": "receivers:\n"
            "- https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7a3b-4bc4-97a0-0ec2sifa5aaa\n"
            "- https://oapi.dingtalk.com/robot/send?access_token=566cc69da782ec33e42541b09b08551f\n"
            "- https://open.feishu.cn/open-apis/bot/v2/hook/7f3d2c1b-88e4-4a07-b2aa-c1d9e0f3a6b5\n"
            "- https://hooks.slack.com/services/T02ABCDEF/B03GHIJKL/x8Kd2LmQ9vRt5WyZ1aBc3EfG\n"
        },
        [
            "693a91f6-7a3b-4bc4-97a0-0ec2sifa5aaa",
            "566cc69da782ec33e42541b09b08551f",
            "7f3d2c1b-88e4-4a07-b2aa-c1d9e0f3a6b5",
            "x8Kd2LmQ9vRt5WyZ1aBc3EfG",
        ],
    ),
    Shape(
        "private key cut off before its end",
        {LOG: f"stderr: -----BEGIN EC PRIVATE KEY-----\n{_KEY_BODY}"},
        _KEY_BODY.split("\n"),
    ),
    Shape(
        "private key whose beginning was cut off",
        {LOG: f"...\n{_KEY_BODY}\n-----END RSA PRIVATE KEY-----\nPLAY RECAP\n"},
        _KEY_BODY.split("\n"),
    ),
    Shape(
        "Chinese labels",
        {
            LOG: "登录地址: http://192.168.0.2:30880\n用户名：admin\n密码：Kube@云2023x\n"
            '初始口令 = qjT49-harbor\n数据库密码为 "Db#2022_root"\n'
        },
        ["Kube@云2023x", "qjT49-harbor", "Db#2022_root"],
    ),
    Shape(
        "Go's mysql DSN and JDBC",
        {
            LOG: "dial root:Lp0-xwK93@tcp(mysql.kubesphere-system.svc:3306)/devops?parseTime=true\n"
            "jdbc:mysql://mysql:3306/sonar?user=sonar&password=uV7kd-Jm2&useSSL=false\n"
        },
        ["Lp0-xwK93", "uV7kd-Jm2"],
    ),
    Shape(
        "htpasswd and shadow lines",
        {
            LOG: "admin:$apr1$kQ7dR2vX$9sT0mZyPf3LwA1bC5dE6f/\n"
            "registry:$2y$05$Wq3eR7tYuIoPaSdFgHjKlOeZxCvBnM1234567890abcdefghijk\n"
            "root:$6$Vt5hQ0aL$kLmN8pQrStUvWxYz0123456789abcdefABCDEFGHIJKLMNOPqrstuv:19300:0:99999:7:::\n"
        },
        [
            "9sT0mZyPf3LwA1bC5dE6f/",
            "Wq3eR7tYuIoPaSdFgHjKlOeZxCvBnM1234567890abcdefghijk",
            "kLmN8pQrStUvWxYz0123456789abcdefABCDEFGHIJKLMNOPqrstuv",
        ],
    ),
    Shape(
        ".dockerconfigjson of a pull secret, and its password later",
        {
            "cluster/secrets.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n"
            "  kind: Secret\n  type: kubernetes.io/dockerconfigjson\n  data:\n"
            "    .dockerconfigjson: "
            + b64(
                json.dumps({"auths": {"dockerhub.kubekey.local": {"auth": b64("ci:T4ngerine!9")}}})
            )
            + "\n",
            LOG: "unauthorized: ci / T4ngerine!9 refused\n",
        },
        [
            "T4ngerine!9",
            b64(
                json.dumps({"auths": {"dockerhub.kubekey.local": {"auth": b64("ci:T4ngerine!9")}}})
            ),
        ],
    ),
    Shape(
        "a service account's token in kubectl describe",
        {
            "cluster/describe.txt": "Name:  ks-installer-token-x7k2p\nType:  kubernetes.io/service-account-token\n"
            "\nData\n====\nca.crt:     1066 bytes\nnamespace:  17 bytes\ntoken:      "
            "eyJhbGciOiJSUzI1NiIsImtpZCI6Ik4ifQ.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0."
            "Q0d7Zr1mKp9vXw2YtB5sL8nJ4hG6fD3aE\n"
        },
        ["Q0d7Zr1mKp9vXw2YtB5sL8nJ4hG6fD3aE", "eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0"],
    ),
    Shape(
        "kubeadm join",
        {
            LOG: "  kubeadm join lb.kubesphere.local:6443 --token 7k2pqx.0v9d8s7f6g5h4j3k \\\n"
            "    --control-plane --certificate-key "
            "f4a1c0d3e2b5968778695a4b3c2d1e0ff4a1c0d3e2b5968778695a4b3c2d1e0f\n"
        },
        [
            "7k2pqx.0v9d8s7f6g5h4j3k",
            "f4a1c0d3e2b5968778695a4b3c2d1e0ff4a1c0d3e2b5968778695a4b3c2d1e0f",
        ],
    ),
    Shape(
        "LDAP identity provider of KubeSphere",
        {
            "cluster/clusterconfiguration.yaml": "spec:\n  authentication:\n    oauthOptions:\n"
            "      identityProviders:\n      - name: ldap\n        type: LDAPIdentityProvider\n"
            "        provider:\n          host: ldap.corp.cn:389\n"
            "          managerDN: uid=svc,dc=corp\n          managerPassword: 2Wsx#edc7\n"
            "      - name: gitee\n        provider:\n          clientID: a1b2c3\n"
            "          clientSecret: 5e884898da28047151d0e56f8dc62927\n"
        },
        ["2Wsx#edc7", "5e884898da28047151d0e56f8dc62927"],
    ),
    Shape(
        "bindpw of sssd and nslcd",
        {
            LOG: "uri ldap://openldap\nbinddn cn=admin,dc=kubesphere,dc=io\nbindpw qZ81_mango\n"
            "ldap_default_authtok = Yt6-pear-Uk\n"
        },
        ["qZ81_mango", "Yt6-pear-Uk"],
    ),
    Shape(
        "environment of a pod, as the API gives it",
        {
            "cluster/pods.json": json.dumps(
                {
                    "kind": "PodList",
                    "items": [
                        {
                            "spec": {
                                "containers": [
                                    {
                                        "env": [
                                            {"name": "MINIO_ROOT_USER", "value": "ks-minio"},
                                            {
                                                "name": "MINIO_ROOT_PASSWORD",
                                                "value": "M1nt+leaf/42",
                                            },
                                            {"name": "PGPASS", "value": "o8Hyena_tr"},
                                        ]
                                    }
                                ]
                            }
                        }
                    ],
                }
            ),
            LOG: "mc: <ERROR> ks-minio:M1nt+leaf/42 rejected\n",
        },
        ["M1nt+leaf/42", "o8Hyena_tr"],
    ),
    Shape(
        "ansible inventory of KubeKey's days",
        {
            "inventory/hosts.ini": "node1 ansible_host=10.0.0.11 ansible_user=root ansible_ssh_pass=Ji8-lychee "
            'ansible_become_pass="K0-rambutan 4"\n'
        },
        ["Ji8-lychee", "K0-rambutan 4"],
    ),
    Shape(
        "KubeKey's hosts, in flow style",
        {
            "config-sample.yaml": "spec:\n  hosts:\n"
            '  - {name: node1, address: 10.0.0.11, user: ubuntu, password: "Qcloud@123x"}\n'
            "  registry:\n    auths:\n      dockerhub.kubekey.local: "
            "{username: admin, password: Harbor12345, skipTLSVerify: true}\n"
        },
        ["Qcloud@123x", "Harbor12345"],
    ),
    Shape(
        "netrc and pgpass",
        {
            LOG: "machine harbor.lan login robot password 7gP-olive-x1\n"
            "postgres:5432:sonar:sonar:eK4_walnut\n"
        },
        ["7gP-olive-x1", "eK4_walnut"],
    ),
    Shape(
        "redis ACL and sentinel auth",
        {LOG: "user default on >hT6-melon-2 ~* +@all\nsentinel auth-pass mymaster Nf3-cherry-8\n"},
        ["hT6-melon-2", "Nf3-cherry-8"],
    ),
    Shape(
        "a Go struct printed with %+v",
        {
            LOG: "options: &{Host:redis.kubesphere-system.svc Port:6379 Password:Wm5-papaya-k DB:0} "
            "ldap: {ManagerDN:cn=admin ManagerPassword:Ub8-apricot GroupSearchBase:}\n"
        },
        ["Wm5-papaya-k", "Ub8-apricot"],
    ),
    Shape(
        "tokens of GitHub, GitLab, Vault, npm",
        {
            LOG: "cloning https://github.com with ghp_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX\n"
            "glpat-x7Kd2LmQ9vRt5WyZ1aBc / hvs.CAESIJ8kLmN0pQrStUvWxYz1234 / "
            "//registry.npmjs.org/:_authToken=npm_9aB8cD7eF6gH5iJ4kL3mN2oP1qR0sT9uV8wX\n"
        },
        [
            "ghp_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX",
            "glpat-x7Kd2LmQ9vRt5WyZ1aBc",
            "hvs.CAESIJ8kLmN0pQrStUvWxYz1234",
            "npm_9aB8cD7eF6gH5iJ4kL3mN2oP1qR0sT9uV8wX",
        ],
    ),
    Shape(
        "signed URLs of S3 and OSS",
        {
            LOG: "GET https://s3.pek3b.qingstor.com/b/o?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature="
            "d0c9b8a7f6e5d4c3b2a190817263544536271809fedcba9876543210aabbccdd&X-Amz-Expires=600\n"
            "GET https://b.oss-cn-beijing.aliyuncs.com/o?OSSAccessKeyId=STS.NUabc&Signature=pQ2%2Fr7Yk9vLmXw3Zt0%3D\n"
        },
        [
            "d0c9b8a7f6e5d4c3b2a190817263544536271809fedcba9876543210aabbccdd",
            "pQ2%2Fr7Yk9vLmXw3Zt0%3D",
        ],
    ),
    Shape(
        "a YAML block below a secret's key",
        {
            "cluster/values.yaml": "jenkins:\n  adminPassword: |-\n    Sg1-coconut-w\n  port: 8080\n"
            "grafana:\n  admin:\n    password: >\n      Lr4-date-palm9\n"
        },
        ["Sg1-coconut-w", "Lr4-date-palm9"],
    ),
    Shape(
        "TOML of containerd",
        {
            "nodes/config.toml": '[plugins."io.containerd.grpc.v1.cri".registry.configs."harbor.lan".auth]\n'
            '  username = "admin"\n  password = "Oy6-sorrel_1"\n'
            f'  auth = "{b64("pull:Hm2-basil_77")}"\n'
        },
        ["Oy6-sorrel_1", b64("pull:Hm2-basil_77")],
    ),
    Shape(
        "kubectl create secret docker-registry, in a Python list's repr",
        {
            LOG: "cmd: ['kubectl', 'create', 'secret', 'docker-registry', 'r', '--docker-server=harbor.lan', "
            "'--docker-username=ci', '--docker-password=Ek9-thyme-55', '-n', 'kubesphere-system']\n"
        },
        ["Ek9-thyme-55"],
    ),
]
