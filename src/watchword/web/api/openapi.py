"""
The OpenAPI 3.1 document of everything under `/api/v1`, made from the table of resources and the types of the catalogue.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import fields
from importlib.metadata import version
from typing import Any, Final, get_type_hints

import msgspec

from watchword.app.manage.following import ActivityWanted
from watchword.web.api import verifications_described
from watchword.web.api.examples import EXAMPLES
from watchword.web.api.exporting import EXPORTS, Export
from watchword.web.api.exporting import MEDIA_TYPE as MEDIA_TYPE_CSV
from watchword.web.api.reading import types_of
from watchword.web.api.repeating import LONGEST_NAME
from watchword.web.api.resources import (
    ALL,
    LONGEST_PAGE,
    PREFIX,
    USUAL_PAGE,
    WITH_BODY,
    Resource,
    guards,
    must_have_seen,
)
from watchword.web.api.schemas import components, described, reference, schema_of
from watchword.web.api.streaming import STREAM
from watchword.web.problems import KINDS, MEDIA_TYPE

JSON: Final = "application/json"

_ABOUT: Final = """\
Everything that can be administered, and verifications for applications of type `api`.

Send an API key (`watchword key add --role ROLE`) as `Authorization: Bearer KEY`. Its role decides what it may do.
Lists are gone through by `next`; changes of what has an `ETag` need `If-Match`; creations may carry an
`Idempotency-Key`; every refusal is a problem document (RFC 9457) whose `type` is one of a closed list. Secrets are
text, or octets in base64."""

_ALWAYS: Final = (400, 401, 403, 406, 429, 500, 503)
"""What every request with a key may end with."""

_TAGS: Final[Mapping[str, str]] = {
    "users": "People, by any name that they go by.",
    "methods": "Second steps of users.",
    "applications": "What asks: VPNs, and whatever else.",
    "application-observations": "How applications ask, as the listeners of this process have seen it.",
    "application-presets": "What is known of the products that ask: time-outs, and the text to paste into each.",
    "directories": "Where passwords are checked.",
    "bypasses": "One login without the second step.",
    "caching-rules": "When a second step is not asked for again.",
    "groups": "Replication groups.",
    "servers": "MFA servers.",
    "server-download": "The MFA server as one file, made when it is first asked for.",
    "activation-credentials": "What makes an MFA server known, once.",
    "settings": "Settings of the organisation.",
    "activity": "What happened.",
    "verifications": "Second steps for applications of type `api`.",
    "pending": "Logins that wait for a second step.",
    "what-if": "What would happen to a login.",
    "try": "A login as a VPN would send it.",
    "audit": "The audit trail.",
    "administrators": "Those who administer. No program makes or changes any: that is for people.",
    "sessions": "Where administrators are signed in.",
    "api-keys": "Keys of programs. No program makes any: that is for people.",
    "sealing-keys": "Keys under which secrets are sealed.",
    "doctor": "What is not as it should be.",
}


def document() -> bytes:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for resource in ALL:
        paths.setdefault(PREFIX + resource.path, {})[resource.method.lower()] = _operation(resource)
    paths[PREFIX + STREAM] = {"get": _stream()}
    paths |= {PREFIX + one.resource.path: {"get": _export(one)} for one in EXPORTS}
    paths |= verifications_described.paths()
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Watchword",
                "version": version("watchword"),
                "summary": "Multi-factor authentication",
                "description": _ABOUT,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
            "servers": [{"url": "/"}],
            "tags": [{"name": name, "description": _TAGS.get(name, name)} for name in _tags()],
            "security": [{"key": []}],
            "paths": paths,
            "components": {
                "schemas": {**components(), **verifications_described.schemas(), "Problem": _problem()},
                "responses": {str(status): _response_of(status) for status in _statuses()},
                "headers": _HEADERS,
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "description": "An API key; its role decides."},
                    verifications_described.SCHEME: {
                        "type": "http",
                        "scheme": "basic",
                        "description": "Name and secret of an application of type `api`.",
                    },
                },
            },
        }
    )


def _tags() -> list[str]:
    return [*dict.fromkeys(resource.tag for resource in ALL), "verifications"]


# --- problems ---------------------------------------------------------------------------------------------------------


def _statuses() -> list[int]:
    return sorted({kind.status for kind in KINDS.values()})


def _problem() -> dict[str, Any]:
    types = [kind.type for kind in KINDS.values()]
    return {
        "title": "Problem",
        "description": "A refusal (RFC 9457). Its type is the path of a page that says what to do.",
        "type": "object",
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "enum": types},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "permission": {"type": "string", "description": "What the role lacks."},
            "reference": {"type": "string", "description": "What a bug is found by in the log."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON pointer to the value (RFC 6901)."},
                        "detail": {"type": "string"},
                    },
                    "required": ["pointer", "detail"],
                },
            },
        },
        "required": ["type", "title", "status", "detail"],
    }


def _response_of(status: int) -> dict[str, Any]:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    examples = {
        kind.name: {
            "value": {"type": kind.type, "title": kind.title, "status": status, "detail": kind.title},
            "summary": kind.advice,
        }
        for kind in kinds
    }
    described: dict[str, Any] = {
        "description": "; or ".join(kind.title for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": reference("Problem"), "examples": examples}},
    }
    named = {401: "WWW-Authenticate", 405: "Allow", 429: "Retry-After"}.get(status)
    if named is not None:
        described["headers"] = {named: {"$ref": f"#/components/headers/{named}"}}
    return described


_HEADERS: Final[Mapping[str, Any]] = {
    "WWW-Authenticate": {"description": "How to show who asks.", "required": True, "schema": {"type": "string"}},
    "Allow": {"description": "The methods of this path.", "required": True, "schema": {"type": "string"}},
    "Retry-After": {
        "description": "In how many seconds to try again.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "ETag": {"description": "The version that this is.", "required": True, "schema": {"type": "string"}},
    "Location": {"description": "Where it is.", "schema": {"type": "string", "format": "uri-reference"}},
    "Link": {"description": "The next page.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What the key has left.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "What the key may ask for.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {"description": "Whether this is a first answer again.", "schema": {"type": "string"}},
}


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


# --- operations -------------------------------------------------------------------------------------------------------


def _operation(resource: Resource) -> dict[str, Any]:
    summary, description = _words(resource)
    operation: dict[str, Any] = {
        "operationId": resource.name,
        "tags": [resource.tag],
        "summary": summary,
        "description": f"{description} Needs the permission `{resource.does.permission.value}`.".strip(),
        "responses": _responses(resource),
    }
    parameters = [*_in_path(resource), *_in_query(resource), *_in_headers(resource)]
    if parameters:
        operation["parameters"] = parameters
    if resource.has_body:
        body = _body(resource)
        media = {"schema": body, "example": _example(resource, EXAMPLES[resource.operation].asked)}
        operation["requestBody"] = {"required": bool(body.get("required")), "content": {JSON: media}}
    return operation


def _words(resource: Resource) -> tuple[str, str]:
    if resource.pick is not None:
        noun = {"directories": "directory"}.get(resource.tag, resource.tag.removesuffix("s").replace("-", " "))
        return f"Show one {noun}.", ""
    said = inspect.getdoc(resource.does.handler) or ""
    summary, _, rest = said.partition("\n\n")
    first, dot, more = " ".join(summary.split()).partition(".")
    about = components()[resource.does.arguments.__name__].get("description", "")
    return first + dot, " ".join(part for part in (more.strip(), " ".join(rest.split()), about) if part)


def _example(resource: Resource, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name in resource.elsewhere()}


def _in_path(resource: Resource) -> Iterable[dict[str, Any]]:
    properties = components()[resource.does.arguments.__name__].get("properties", {})
    asked = EXAMPLES[resource.operation].asked
    for name in resource.in_path():
        example = asked.get(name) or EXAMPLES[resource.operation].row(resource.pick or name)
        schema = {"type": "string", "minLength": 1}
        described = properties.get(name, {}).get("description")
        more = {} if described is None else {"description": described}
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example, **more}


def _in_query(resource: Resource) -> Iterable[dict[str, Any]]:
    if not resource.has_body and resource.method in {"GET", "DELETE"}:
        schema = components()[resource.does.arguments.__name__]
        asked = EXAMPLES[resource.operation].asked
        for name in types_of(resource):
            described: dict[str, Any] = {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "schema": _plain(schema["properties"][name]),
            }
            yield described | ({"example": asked[name]} if name in asked else {})
    if resource.pages is not None:
        limit = {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": USUAL_PAGE}
        yield {"name": "limit", "in": "query", "description": "Rows of a page.", "schema": limit}
        about = "Where to go on: from `next` of the page before, with the same filters."
        yield {"name": "cursor", "in": "query", "description": about, "schema": {"type": "string"}}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: one that is not there is how null is said."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    one = {name: value for name, value in schema.items() if name not in {"anyOf", "default"}}
    default = {} if schema.get("default") is None else {"default": schema["default"]}
    return {**one, **(kinds[0] if kinds else {}), **default}


def _in_headers(resource: Resource) -> Iterable[dict[str, Any]]:
    if resource.creates:
        schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": "^[!-~]+$"}
        about = "A name for this request, which is then done once however often it is sent within a day."
        yield {"name": "Idempotency-Key", "in": "header", "description": about, "schema": schema}
    if guards(resource) is not None:
        about = "The `ETag` of the version that you have seen, or `*`."
        needed = must_have_seen(resource)
        schema = {"type": "string", "minLength": 1}
        yield {
            "name": "If-Match",
            "in": "header",
            "required": needed,
            "description": about,
            "schema": schema,
            "example": "*",
        }
    if resource.method == "GET":
        about = "The `ETag` of what you have: where it is still that, the answer is 304."
        yield {"name": "If-None-Match", "in": "header", "description": about, "schema": {"type": "string"}}


def _body(resource: Resource) -> dict[str, Any]:
    """Return the schema of a body: the type of the arguments, without what stands in the path."""
    whole = components()[resource.does.arguments.__name__]
    names = [name for name in get_type_hints(resource.does.arguments) if name in resource.elsewhere()]
    required = [name for name in whole.get("required", ()) if name in names]
    return {
        "title": f"{resource.name[0].upper()}{resource.name[1:]}",
        "type": "object",
        "properties": {name: whole["properties"][name] for name in names},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _responses(resource: Resource) -> dict[str, Any]:
    schema = schema_of(resource.result)
    shown = EXAMPLES[resource.operation].shown
    if resource.lists:
        schema = {
            "type": "object",
            "properties": {"items": {"type": "array", "items": schema}, "next": {"type": ["string", "null"]}},
            "required": ["items", "next"],
        }
        shown = {"items": shown, "next": None}
    elif resource.pick is not None:
        shown = shown[0]
    headers = ["RateLimit", "RateLimit-Policy"]
    headers += ["ETag"] if resource.method == "GET" else []
    headers += ["Link"] if resource.pages is not None else []
    headers += ["Location", "Idempotency-Replayed"] if resource.creates else []
    done = {
        "description": "It was done." if resource.method != "GET" else "It is shown.",
        "headers": _headers(*headers),
        "content": {JSON: {"schema": schema, "example": shown}},
    }
    responses: dict[str, Any] = {str(resource.status): done}
    if resource.method == "GET":
        responses["304"] = {"description": "It is what you have.", "headers": _headers("ETag")}
    for status in sorted({*_ALWAYS, *_possible(resource)}):
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return responses


def _possible(resource: Resource) -> Iterable[int]:
    yield 422
    yield from () if resource.lists and resource.method == "GET" and not resource.elsewhere() else (404,)
    if resource.method in WITH_BODY:
        yield from (408, 409, 413, 415)
    elif resource.elsewhere() or resource.in_path():
        yield 409
    if guards(resource) is not None:
        yield 412
    if must_have_seen(resource):
        yield 428


def _export(export: Export) -> dict[str, Any]:
    resource = export.resource
    about = "A CSV file with a header (RFC 4180), newest first. A cell that would run as a formula begins with `'`."
    columns = ",".join(field.name for field in fields(export.row))
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in (*_ALWAYS, 404, 409, 422)}
    return {
        "operationId": resource.name,
        "tags": [resource.tag],
        "summary": "Export what filters leave, as a CSV file.",
        "description": f"{about} Needs the permission `{resource.does.permission.value}`.",
        "parameters": [one for one in _in_query(resource) if one["name"] in export.filters()],
        "responses": {
            "200": {
                "description": "The whole list, streamed.",
                "content": {MEDIA_TYPE_CSV: {"schema": {"type": "string"}, "example": f"{columns}\r\n"}},
            },
            **refusals,
        },
    }


def _stream() -> dict[str, Any]:
    row = EXAMPLES["activity.list"].shown[0]
    about = "Server-sent events, or with `Accept: application/x-ndjson` a JSON object a line; it ends only with you."
    filters = described([ActivityWanted])[ActivityWanted.__name__]["properties"]
    wanted = {"user": {"description": "Of this user only.", "type": "string"}, **filters}
    content = {
        "text/event-stream": {"schema": {"type": "string"}},
        "application/x-ndjson": {"schema": reference("ActivityRow"), "example": row},
    }
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in (*_ALWAYS, 422)}
    return {
        "operationId": "activityFollow",
        "tags": ["activity"],
        "summary": "Follow what happens.",
        "description": f"{about} Needs the permission `activity:read`.",
        "parameters": [{"name": name, "in": "query", "schema": _plain(schema)} for name, schema in wanted.items()],
        "responses": {"200": {"description": "What happens from now on.", "content": content}, **refusals},
    }
