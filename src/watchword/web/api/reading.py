"""
From a request to the arguments of an operation.

Path, query and body are put together into the one document that the catalogue reads.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from watchword.app import operations
from watchword.app.administration import Refusal, invalid
from watchword.app.documents import pointer
from watchword.app.manage.texts import shown
from watchword.domain.secrets import Secret
from watchword.web.api.paging import behind
from watchword.web.api.resources import LONGEST_PAGE, USUAL_PAGE, Resource
from watchword.web.bodies import body_of
from watchword.web.problems import problem, problem_of

LONGEST_BODY: Final = 1 << 20
"""Octets of a body: a bundle of certificate authorities fits."""

MOST_PARAMETERS: Final = 20

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What is asked for.

    Attributes:
        arguments: of the operation.
        filters: those that stand in the query, as texts.
        limit: rows of a page.
    """

    arguments: object
    filters: Mapping[str, str]
    limit: int


async def document_in(request: Request, *, most: int = LONGEST_BODY) -> tuple[bytes, dict[str, Any]] | Response:
    """Return the body of a request, as octets and as the JSON object that it holds; nothing is an empty object."""
    if request.headers.get("content-encoding", "identity") != "identity":
        return problem_of("unsupported-media-type", "a body is sent as it is, not compressed")
    body = await body_of(request, most=most)
    if isinstance(body, Response):
        return body
    if not body:
        return b"", {}
    if not is_json(request.headers.get("content-type", "")):
        return problem_of("unsupported-media-type")
    try:
        return body, msgspec.json.decode(body, type=dict[str, Any])
    except (ValueError, RecursionError):
        return problem(400, "the body is a JSON object in UTF-8")


def is_json(written: str) -> bool:
    """Tell whether a `Content-Type` is that of JSON in UTF-8."""
    kind, _, parameters = written.partition(";")
    said = {parameter.strip().lower() for parameter in parameters.split(";") if parameter.strip()}
    return kind.strip().lower() == _JSON and said <= {"charset=utf-8", 'charset="utf-8"'}


def accepts_json(written: str) -> bool:
    """Tell whether `Accept` admits JSON."""
    for part in written.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if kind in {"*/*", "application/*", _JSON} and not any(_never(parameter) for parameter in parameters):
            return True
    return False


def _never(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name == "q" and value.strip("0.") == ""


def query_of(request: Request) -> dict[str, str] | Refusal:
    """Return the parameters of a query, each at most once."""
    raw: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:
        return invalid(f"the query is at most {MOST_PARAMETERS} parameters, percent-encoded in UTF-8")
    found = dict(pairs)
    if len(found) < len(pairs):
        return invalid("each parameter of the query may be there once")
    return found


def asked(
    resource: Resource, in_path: Mapping[str, str], query: Mapping[str, str], body: Mapping[str, Any]
) -> Asked | Refusal:
    """Read what is asked for."""
    elsewhere = resource.elsewhere()
    known_query = () if resource.has_body or resource.method not in {"GET", "DELETE"} else elsewhere
    paging = () if resource.pages is None else ("cursor", "limit")
    for name in query:
        if name not in known_query and name not in paging:
            return unknown("parameter", name, (*known_query, *paging))
    # A name in the path says the same as an argument of that name, so the body may not say something else.
    for name in body:
        if name not in elsewhere or known_query:
            return unknown("field", name, elsewhere if resource.has_body else ())
    filters = {name: value for name, value in query.items() if name in known_query}
    document: dict[str, Any] = {**_octets(resource, body), **_typed(resource, filters)}
    document |= in_path if resource.pick is None else {}
    limit = _paged(resource, query, filters, document)
    if isinstance(limit, Refusal):
        return limit
    arguments = operations.read_arguments(resource.does, document)
    if isinstance(arguments, Refusal):
        return arguments
    return Asked(arguments=arguments, filters=filters, limit=limit)


def whole(written: str, *, most: int) -> int | None:
    """Return a number from 0 to `most` that a query holds, None where it is none."""
    if not (written.isascii() and written.isdigit() and len(written) <= len(str(most))):
        return None
    number = int(written)
    return number if number <= most else None


def unknown(what: str, name: str, known: tuple[str, ...]) -> Refusal:
    """Refuse what there is not: a parameter of a query or a field of a body."""
    words = f"there is no {what} {shown(name)!r} here; there is {', '.join(known) or 'none'}"
    return invalid(words, field=pointer(name))


def _paged(
    resource: Resource, query: Mapping[str, str], filters: Mapping[str, str], document: dict[str, Any]
) -> int | Refusal:
    """Add to a document where a page begins, and one row more than it has: that one tells whether there is a next."""
    if resource.pages is None:
        return 0
    written = query.get("limit", str(USUAL_PAGE))
    limit = whole(written, most=LONGEST_PAGE)
    if not limit:
        return invalid(f"limit is a whole number from 1 to {LONGEST_PAGE}", field="/limit")
    if "cursor" in query:
        key = behind(resource.name, filters, query["cursor"])
        if key is None:
            return invalid("that cursor is not one of this list with these filters; begin without one", field="/cursor")
        document[resource.pages.behind] = key
    document["limit"] = limit + 1
    return limit


@cache
def types_of(resource: Resource) -> Mapping[str, Any]:
    """Return the types of the arguments that stand in the query or in the body."""
    hints = get_type_hints(resource.does.arguments)
    return {name: hints[name] for name in resource.elsewhere()}


def _typed(resource: Resource, filters: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of a query as the values that they stand for; what cannot be read stays text."""
    return {name: _value(types_of(resource)[name], written) for name, written in filters.items()}


def _value(kind: Any, written: str) -> object:
    kinds = set(get_args(kind) or (kind,)) - {type(None)}
    if bool in kinds:
        return {"true": True, "false": False}.get(written, written)
    if kinds & {int, float}:
        try:
            return msgspec.json.decode(written, type=int | float)
        except ValueError:
            return written
    return written


def _octets(resource: Resource, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body in which secrets that are written as text are octets."""
    secret = {name for name, kind in types_of(resource).items() if kind is Secret or Secret in get_args(kind)}
    return {name: _secret(value) if name in secret else value for name, value in body.items()}


def _secret(value: object) -> object:
    return {"octets": base64.b64encode(value.encode()).decode()} if isinstance(value, str) else value
