"""
Bodies of requests: bounded in size and time.
"""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from tests.unit.web.asgi import Faults, ask, scope_of
from watchword.web import bodies
from watchword.web.application import application
from watchword.web.bodies import body_of


def echoing(most: int) -> ASGIApp:
    async def echo(request: Request) -> Response:
        body = await body_of(request, most=most)
        return body if isinstance(body, Response) else Response(body)

    return application([Route("/", echo, methods=["POST"])], fault=Faults())


async def test_a_body_comes_in_pieces() -> None:
    answer = await ask(echoing(6), "/", [b"abc", b"", b"def"])

    assert (answer.status, answer.body) == (200, b"abcdef")


async def test_a_body_past_the_bound_is_not_read_to_its_end() -> None:
    pieces = [b"abc", b"defg", b"never read"]

    answer = await ask(echoing(6), "/", pieces)

    assert answer.status == 413


async def test_who_goes_away_in_the_middle_gets_nothing_done() -> None:
    answer = await ask(echoing(6), "/", [b"abc"], ends=False)

    assert answer.status == 400


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0)
    request = Request(scope_of("/"), receive=_never)

    body = await body_of(request, most=6)

    assert isinstance(body, Response)
    assert body.status_code == 408


async def _never() -> Message:
    message: Message = await asyncio.get_running_loop().create_future()
    return message
