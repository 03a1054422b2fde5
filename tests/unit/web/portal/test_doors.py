"""
Who comes through the door to a page, and who does not.
"""

from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.unit.web.asgi import Answer, ask
from watchword.app.administration import Actor
from watchword.domain.roles import Permission, Role
from watchword.ports.login import StoreAway
from watchword.web.portal.doors import Doors
from watchword.web.portal.forms import fields_of
from watchword.web.portal.visitor import Visitor

ORIGIN = "https://portal.example"
OURS = {"origin": ORIGIN, "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
VISITOR = Visitor(
    actor=Actor(name="ada", role=Role.AUDITOR),
    administrator=b"a" * 16,
    session=b"s" * 16,
    csrf="right",
    fresh=False,
    language="en",
    name="Ada",
)


async def page(visitor: Visitor, request: Request) -> Response:
    fields = await fields_of(request)
    assert not isinstance(fields, Response)
    return Response(f"{visitor.name} {fields.get('reason', '')}")


async def refuse(visitor: Visitor | None, _request: Request, sentence: str) -> Response:
    return Response(f"{'nobody' if visitor is None else visitor.name}: {sentence}", status_code=403)


class _App:
    """One door as an application."""

    def __init__(self, visitor: Visitor | None, **how: object) -> None:
        async def recognise(_request: Request) -> Visitor | None:
            return visitor

        doors = Doors(recognise=recognise, refuse=refuse, origin=ORIGIN)
        self._endpoint = doors.signed_in(page, **how)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._endpoint(Request(scope, receive))
        await response(scope, receive, send)


async def posted(app: _App, body: bytes = b"csrf=right", headers: dict[str, str | None] | None = None) -> Answer:
    named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    sent = {name: value for name, value in (OURS | named).items() if value is not None}
    return await ask(app, "/users/7", body, headers=sent)


async def test_whoever_is_signed_in_sees_the_page() -> None:
    answer = await ask(_App(VISITOR), "/users", method="GET")

    assert (answer.status, answer.body) == (200, b"Ada ")


async def test_whoever_is_not_is_sent_to_sign_in_and_comes_back() -> None:
    answer = await ask(_App(None), "/users", method="GET")

    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=/users")


async def test_a_change_with_the_token_of_the_session_is_done() -> None:
    answer = await posted(_App(VISITOR), b"csrf=right&reason=lost%20phone")

    assert (answer.status, answer.body) == (200, b"Ada lost phone")


async def test_a_script_shows_the_token_in_a_header() -> None:
    answer = await posted(
        _App(VISITOR), b'{"reason": "found"}', {"content_type": "application/json", "x_csrf_token": "right"}
    )

    assert (answer.status, answer.body) == (200, b"Ada found")


@pytest.mark.parametrize("body", [b"", b"csrf=", b"csrf=wrong", b"csrf=right&csrf=wrong", b"reason=x"])
async def test_a_change_without_the_token_is_refused(body: bytes) -> None:
    answer = await posted(_App(VISITOR), body)

    assert answer.status == 403
    assert answer.body.startswith(b"Ada: the form was of another session")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "https://evil.example", "sec_fetch_site": None},
        {"origin": "null", "sec_fetch_site": None},
        {"origin": "http://portal.example"},
        {"origin": "https://portal.example.evil.example"},
    ],
)
async def test_a_change_that_another_site_sends_is_refused_even_with_the_token(headers: dict[str, str | None]) -> None:
    answer = await posted(_App(VISITOR), headers=headers)

    assert (answer.status, answer.body) == (403, b"nobody: this was sent by a page of another site")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"},
        {"origin": None},
        {"origin": None, "sec_fetch_site": None},
        {"origin": "http://127.0.0.1:8080", "host": "127.0.0.1:8080"},
    ],
)
async def test_a_change_that_a_page_of_ours_sends_is_done(headers: dict[str, str | None]) -> None:
    assert (await posted(_App(VISITOR), headers=headers)).status == 200


async def test_a_role_that_may_not_is_told_so() -> None:
    answer = await ask(_App(VISITOR, permission=Permission.USER_WRITE), "/users", method="GET")

    assert answer.status == 403
    assert b"auditor may not do that (user:write)" in answer.body


async def test_a_role_that_may_sees_the_page() -> None:
    assert (await ask(_App(VISITOR, permission=Permission.USER_READ), "/users", method="GET")).status == 200


async def test_a_dangerous_act_takes_a_fresh_second_step() -> None:
    answer = await posted(_App(VISITOR, fresh=True))

    assert (answer.status, answer.headers["location"]) == (303, "/confirm?next=/users/7")


async def test_a_fresh_second_step_lets_through() -> None:
    assert (await posted(_App(replace(VISITOR, fresh=True), fresh=True))).status == 200


async def test_nobody_is_let_through_while_the_store_is_away() -> None:
    async def recognise(_request: Request) -> Visitor | None:
        raise StoreAway

    doors = Doors(recognise=recognise, refuse=refuse, origin=ORIGIN)

    answer = await ask(await doors.signed_in(page)(Request(_scope())), "/users")

    assert answer.status == 503


def _scope() -> Scope:
    return {"type": "http", "method": "GET", "path": "/users", "query_string": b"", "headers": []}
