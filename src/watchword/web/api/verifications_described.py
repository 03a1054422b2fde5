"""
How the OpenAPI document tells of verifications.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from watchword.web.api.asking import LONGEST_WAIT, VerificationAnswered, VerificationAsked
from watchword.web.api.resources import PREFIX
from watchword.web.api.schemas import described, reference
from watchword.web.api.verifications import EVENTS, ONE, PATH

SCHEME: Final = "application"

_JSON: Final = "application/json"
_HANDLE: Final = "u3Yk0b1x2p8mQ5vT7cRzW4nJ6sLd9aFg"
_ASKED: Final = {
    "user": "alice@example.org",
    "application": {"name": "shop", "secret": "hY0vT3kq8n1ZpW7cRb5uXw=="},
    "password": "correct horse battery",
    "source": "198.51.100.7",
}
_ALLOWED: Final = {
    "outcome": "allowed",
    "reason": "push",
    "activity": "0190b2f4-9a01-7d44-b2c3-5e6f708192a3",
    "url": None,
    "state": None,
    "number": None,
}
_URL: Final = f"{PREFIX}{PATH}/{_HANDLE}"
_PENDING: Final = {**_ALLOWED, "outcome": "pending", "reason": None, "activity": None, "url": _URL}
_CHALLENGED: Final = {**_ALLOWED, "outcome": "challenged", "reason": "challenge", "state": "Zm9v", "number": "47"}

_ABOUT: Final = """\
An application of type `api` (`watchword application add NAME --type api --secret-stdin`) asks whether a user may pass.
It is decided as a login over RADIUS is: primary authentication as the application says, a typed code, caching rules,
one-time bypasses, joining with the same login that is in progress, locks, the deadline of the application. Where a
phone is asked the answer is `pending` with a `url` to wait on. Nothing but `allowed` lets anybody pass."""

_LOOK: Final = """\
At once, with `wait` by long poll, or with `Accept: text/event-stream` by server-sent events, the last of which is the
outcome. An outcome can be fetched for a minute, by the application that has asked."""


def schemas() -> Mapping[str, Any]:
    """Return the schemas by their names."""
    found = dict(described([VerificationAsked, VerificationAnswered]))
    for name in (VerificationAsked.__name__, "ApplicationCredentials"):
        found[name] = {**found[name], "additionalProperties": False}
    return found


def paths() -> Mapping[str, Any]:
    """Return the paths."""
    return {PREFIX + PATH: {"post": _ask()}, PREFIX + ONE: {"get": _look(), "delete": _cancel()}}


def _refusals(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _answer(description: str, **examples: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: {"value": example} for name, example in examples.items()}
    content = {_JSON: {"schema": reference(VerificationAnswered.__name__), "examples": named}}
    return {
        "description": description,
        "headers": {
            name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy", "Location")
        },
        "content": content,
    }


def _ask() -> dict[str, Any]:
    media = {"schema": reference(VerificationAsked.__name__), "example": _ASKED}
    return {
        "operationId": "verificationAsk",
        "tags": ["verifications"],
        "summary": "Ask whether a user may pass.",
        "description": _ABOUT,
        "security": [{SCHEME: []}, {}],
        "requestBody": {"required": True, "content": {_JSON: media}},
        "responses": {
            "200": _answer("How it ended.", allowed=_ALLOWED, challenged=_CHALLENGED),
            "202": _answer("It is pending; wait at `url`.", pending=_PENDING),
            **_refusals((400, 401, 408, 413, 415, 422, 429, 500, 503)),
        },
    }


def _handle() -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1}
    return {"name": "id", "in": "path", "required": True, "schema": schema, "example": _HANDLE}


def _look() -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0}
    wait = {"name": "wait", "in": "query", "description": "Seconds to wait for the outcome.", "schema": schema}
    answer = _answer("How it stands.", pending=_PENDING, allowed=_ALLOWED)
    answer["content"][EVENTS] = {"schema": {"type": "string"}}
    return {
        "operationId": "verificationShow",
        "tags": ["verifications"],
        "summary": "Wait for the outcome of a verification.",
        "description": _LOOK,
        "security": [{SCHEME: []}],
        "parameters": [_handle(), wait],
        "responses": {"200": answer, **_refusals((401, 404, 406, 422, 429, 500, 503))},
    }


def _cancel() -> dict[str, Any]:
    return {
        "operationId": "verificationCancel",
        "tags": ["verifications"],
        "summary": "Cancel a verification.",
        "description": "The application wants no answer any more. Whoever else waits for the same prompt gets his.",
        "security": [{SCHEME: []}],
        "parameters": [_handle()],
        "responses": {
            "204": {"description": "It is forgotten."},
            **_refusals((401, 404, 429, 500, 503)),
        },
    }
