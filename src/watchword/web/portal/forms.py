"""
What a page's form or script sends: fields of a form, or a JSON object, read once and bounded.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from watchword.web.bodies import body_of
from watchword.web.problems import problem

LONGEST_FORM: Final = 1 << 20
"""Octets of a form: a bundle of certificate authorities fits."""

MOST_FIELDS: Final = 200

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"

Fields = Mapping[str, Any]
"""Texts by their names; from a script's JSON, whatever that holds."""


async def fields_of(request: Request) -> Fields | Response:
    """
    Return what a request brings, or its refusal. It may be asked for again and again.

    Of a field that comes twice the last counts; `all_of` has every one.
    """
    read = await _read(request)
    return read if isinstance(read, Response) else dict(read)


async def all_of(request: Request, name: str) -> list[Any]:
    """Return every value that a request brings under one name, such as those of a list of check boxes."""
    read = await _read(request)
    return [] if isinstance(read, Response) else [value for key, value in read if key == name]


async def _read(request: Request) -> list[tuple[str, Any]] | Response:
    kept: list[tuple[str, Any]] | Response | None = getattr(request.state, "fields", None)
    if kept is None:
        body = await body_of(request, most=LONGEST_FORM)
        kept = body if isinstance(body, Response) else _parsed(request, body)
        request.state.fields = kept
    return kept


def _parsed(request: Request, body: bytes) -> list[tuple[str, Any]] | Response:
    kind = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    try:
        if kind == _FORM:
            return list(
                parse_qsl(
                    body.decode("ascii"),
                    keep_blank_values=True,
                    encoding="utf-8",
                    errors="strict",
                    max_num_fields=MOST_FIELDS,
                )
            )
        if kind == _JSON:
            return list(msgspec.json.decode(body, type=dict[str, Any]).items())
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return problem(400)
    return problem(400)
