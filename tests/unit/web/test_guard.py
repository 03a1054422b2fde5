"""
What holds for every answer.
"""

from typing import Final

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.unit.web.asgi import Faults, ask
from watchword.web.guard import Guard

CONTENT_SECURITY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def guarded(response: Response | Exception, faults: Faults) -> Guard:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(response, Exception):
            raise response
        await response(scope, receive, send)

    return Guard(app, fault=faults)


async def test_every_answer_keeps_browsers_careful() -> None:
    answer = await ask(guarded(Response(b"hello"), Faults()), "/")

    assert answer.body == b"hello"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


async def test_what_says_itself_how_long_it_is_kept_is_kept_so_long() -> None:
    answer = await ask(guarded(Response(headers={"cache-control": "max-age=60"}), Faults()), "/")

    assert answer.headers["cache-control"] == "max-age=60"


@pytest.mark.parametrize(("scheme", "strict"), [("https", "max-age=31536000"), ("http", None)])
async def test_who_came_by_tls_is_told_to_come_by_nothing_else(scheme: str, strict: str | None) -> None:
    answer = await ask(guarded(Response(), Faults()), "/", scheme=scheme)

    assert answer.headers.get("strict-transport-security") == strict


async def test_a_bug_is_told_to_the_operator_and_not_to_whoever_asked() -> None:
    faults = Faults()

    answer = await ask(guarded(KeyError("s3cret"), faults), "/")

    assert faults == ["web"]
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY
    assert b"s3cret" not in answer.body


async def test_a_bug_in_the_middle_of_an_answer_adds_nothing_to_it() -> None:
    faults = Faults()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError

    answer = await ask(Guard(app, fault=faults), "/")

    assert (answer.status, answer.body, answer.complete) == (200, b"half", False)
    assert faults == ["web"]
