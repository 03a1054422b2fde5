"""
The OpenAPI document.
"""

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from tests.unit.web.api.desk import Desk
from watchword.web.api.openapi import document
from watchword.web.api.resources import ALL, PREFIX
from watchword.web.problems import KINDS

OPERATION = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def whole() -> Any:
    return json.loads(document())


def operations(whole: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, one) for path, methods in whole["paths"].items() for method, one in methods.items()]


async def test_everybody_may_have_it_and_has_it_made_once(desk: Desk) -> None:
    first = await desk.get("/openapi.json", role=None)
    second = await desk.get("/openapi.json", role=None, headers={"if-none-match": first.headers["etag"]})

    assert (first.status, first.headers["content-type"]) == (200, "application/json")
    assert first.document["openapi"] == "3.1.0"
    assert (second.status, second.body) == (304, b"")


def test_it_has_every_resource(whole: Any) -> None:
    described = {(path, method) for path, method, _ in operations(whole)}

    assert {(PREFIX + one.path, one.method.lower()) for one in ALL} <= described


def test_every_operation_is_told_in_words(whole: Any) -> None:
    for path, method, one in operations(whole):
        assert one["summary"].strip(), (path, method)
        assert one["description"].strip(), (path, method)
        assert "\n" not in one["summary"]
        assert set(one["tags"]) <= {tag["name"] for tag in whole["tags"]}
        assert {"401", "429", "500"} <= set(one["responses"]), (path, method)


def test_every_tag_is_told_in_words(whole: Any) -> None:
    for tag in whole["tags"]:
        assert tag["description"] != tag["name"]


def test_every_name_of_an_operation_is_its_own(whole: Any) -> None:
    names = [one["operationId"] for _, _, one in operations(whole)]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z]*", name) for name in names)


def test_every_reference_leads_somewhere(whole: Any) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                found = whole
                for part in node["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(whole)


def test_every_example_fits_its_schema(whole: Any) -> None:
    for path, method, one in operations(whole):
        for media in _media(one):
            if "schema" in media and "example" in media:
                schema = {**media["schema"], "components": whole["components"]}
                validator = jsonschema_rs.Draft202012Validator(schema)
                assert validator.is_valid(media["example"]), (
                    path,
                    method,
                    list(validator.iter_errors(media["example"])),
                )


def _media(one: Any) -> list[Any]:
    bodies = [one.get("requestBody", {}), *one["responses"].values()]
    return [*(media for body in bodies for media in body.get("content", {}).values()), *one.get("parameters", [])]


def test_every_kind_of_problem_is_listed(whole: Any) -> None:
    types = whole["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]

    assert types == [kind.type for kind in KINDS.values()]


def test_unknown_fields_are_refused_by_the_schema_too(whole: Any) -> None:
    bodies = [
        one["requestBody"]["content"]["application/json"]["schema"]
        for *_, one in operations(whole)
        if "requestBody" in one
    ]

    assert bodies
    for body in bodies:
        name = body.get("$ref", "").rpartition("/")[2]
        assert whole["components"]["schemas"].get(name, body)["additionalProperties"] is False


def test_a_key_is_shown_in_the_header(whole: Any) -> None:
    assert whole["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert whole["security"] == [{"key": []}]


def test_no_secret_stands_in_a_path_or_a_query(whole: Any) -> None:
    for path, method, one in operations(whole):
        for parameter in one.get("parameters", []):
            assert "Secret" not in str(parameter["schema"]), (path, method)
