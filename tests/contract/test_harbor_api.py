"""What ksimage asks of Harbor and what the tests' Harbor answers keep to Harbor's API description.

``harbor-v2.9.json`` lists, in a form of its own, the operations that are used: parameters, request
and answer fields with their types, statuses. With KSIMAGE_HARBOR_API it is compared with Harbor's
own description (``api/v2.0/swagger.yaml`` of its sources).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from tests.support import requires
from tests.support.blobs import MemorySource
from tests.support.harbor import ADMIN, ADMIN_PASSWORD, ApiCall, FakeHarbor

from ksimage.harbor import api
from ksimage.images import reference
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.target import RegistryTarget
from ksimage.locations.transfer import copy

CONTRACT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "harbor-v2.9.json").read_text(encoding="utf-8")
)
OPERATIONS: dict[str, Any] = CONTRACT["operations"]
KINDS: dict[str, Any] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}


@pytest.fixture
def calls(harbor: FakeHarbor) -> list[ApiCall]:
    """Everything that ksimage ever asks of the API, in one go."""
    options = RegistryOptions(username=ADMIN, password=ADMIN_PASSWORD)
    there = api.detect(harbor.address, options)
    assert there is not None
    assert there.ensure_project("new", public=True)
    assert not there.ensure_project("new", public=True)
    source = MemorySource()
    source.index = source.add_manifest(b"{}", b"layer")
    name = reference.parse(f"{harbor.address}/new/deep/ks-installer:v3.3.2")
    copy(source, RegistryTarget(name, options))
    view = there.look(name)
    assert view.artifact and view.pushes
    there.close()
    return harbor.calls


def operation_of(call: ApiCall) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The contract's operation for a call, and the values of its path parameters."""
    for name, operation in OPERATIONS.items():
        method, _, path = name.partition(" ")
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
        found = re.fullmatch(pattern, call.path)
        if method == call.method and found:
            return name, operation, found.groupdict()
    pytest.fail(f"{call.method} {call.path} is not in the contract")


def check(document: Any, fields: dict[str, Any], where: str) -> None:
    """Every field that is there has its type; the ``required`` ones are there."""
    for key, kind in fields.items():
        value = document.get(key.rstrip("!"))
        if key.endswith("!"):
            assert value is not None, f"{where}: {key} is missing"
        if value is None:
            continue
        if isinstance(kind, list):
            assert isinstance(value, list), f"{where}.{key}"
            for entry in value:
                check(entry, kind[0], f"{where}.{key}[]")
        elif isinstance(kind, dict):
            check(value, kind, f"{where}.{key}")
        else:
            assert isinstance(value, KINDS[kind]), f"{where}.{key} is {value!r}"


def test_every_operation_is_used(calls: list[ApiCall]) -> None:
    used = {operation_of(call)[0] for call in calls}
    assert used == set(OPERATIONS)


def test_requests_keep_to_the_contract(calls: list[ApiCall]) -> None:
    for call in calls:
        name, operation, path = operation_of(call)
        assert set(call.query) <= set(operation["query"]), name
        assert set(operation.get("required", [])) <= set(call.query), name
        if "body" in operation:
            assert set(call.body) <= {key.rstrip("!") for key in operation["body"]}, name
            check(call.body, operation["body"], name)
        else:
            assert call.body is None, name
        if "repository_name" in path:
            # "a/b -> a%252Fb"
            assert unquote(unquote(path["repository_name"])) == "deep/ks-installer"
            assert "%252F" in path["repository_name"]


def test_answers_of_the_tests_harbor_keep_to_the_contract(calls: list[ApiCall]) -> None:
    for call in calls:
        name, operation, _ = operation_of(call)
        assert str(call.status) in operation["statuses"], f"{name}: {call.status}"
        answer = operation.get("answer")
        if call.status >= 400:
            assert set(call.answer["errors"][0]) <= {"code", "message"}
        elif isinstance(answer, list):
            for entry in call.answer:
                check(entry, answer[0], name)
        elif isinstance(answer, dict):
            check(call.answer, answer, name)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """Harbor's own description."""
    path = requires.variable("KSIMAGE_HARBOR_API", "path of Harbor's api/v2.0/swagger.yaml")
    document: dict[str, Any] = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return document


def test_base_path(description: dict[str, Any]) -> None:
    assert description["basePath"] == CONTRACT["base_path"] == api.API


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_contract_is_harbors(description: dict[str, Any], name: str) -> None:
    method, _, path = name.partition(" ")
    theirs = description["paths"][path][method.lower()]
    ours = OPERATIONS[name]
    parameters = [_resolved(description, p) for p in theirs.get("parameters", [])]
    query = {p["name"]: p for p in parameters if p["in"] == "query"}
    assert set(ours["query"]) <= set(query)
    required = {name for name, p in query.items() if p.get("required")}
    assert required == set(ours.get("required", []))
    headers = {p["name"] for p in parameters if p["in"] == "header"}
    assert set(ours.get("headers", [])) <= headers
    # Harbor leaves some of the statuses out that every operation may have
    assert set(ours["statuses"]) - {"401", "403", "404"} <= set(theirs["responses"])
    for body in (p for p in parameters if p["in"] == "body"):
        _compare(description, body["schema"], ours["body"], name)
    if "answer" in ours:
        schema = _resolved(description, theirs["responses"]["200"])["schema"]
        _compare(description, schema, ours["answer"], name)


def _resolved(description: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = description
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        node = target
    return node


def _compare(description: dict[str, Any], schema: dict[str, Any], ours: Any, where: str) -> None:
    schema = _resolved(description, schema)
    if isinstance(ours, list):
        assert schema["type"] == "array", where
        _compare(description, schema["items"], ours[0], f"{where}[]")
    elif isinstance(ours, dict):
        for key, kind in ours.items():
            name = key.rstrip("!")
            assert name in schema["properties"], f"{where}: Harbor has no {name}"
            _compare(description, schema["properties"][name], kind, f"{where}.{name}")
    else:
        assert schema["type"] == ours, where
