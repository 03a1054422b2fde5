"""
The message that the next page shows: for one session, once, and never longer than a cookie.
"""

from dataclasses import replace
from http.cookies import SimpleCookie

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.unit.web.asgi import scope_of
from tests.unit.web.portal.rooms import visitor
from watchword.web.portal import flash
from watchword.web.portal.flash import Flash


def left(message: Flash) -> str:
    response = Response()
    flash.leave(response, visitor(), message, secure=False)
    return SimpleCookie(response.headers["set-cookie"])["watchword-told"].value


def asked(value: str) -> Request:
    return Request(scope_of("/", headers={"cookie": f"watchword-told={value}"}))


def test_it_arrives_as_it_was_left() -> None:
    message = Flash(message="Grüße <b>", tone="warn")

    assert flash.take(asked(left(message)), visitor(), secure=False) == message


def test_nobody_else_can_put_words_on_a_page() -> None:
    value = left(Flash(message="Call 555-0100"))

    assert flash.take(asked(value), replace(visitor(), csrf="another session's"), secure=False) is None


@pytest.mark.parametrize("value", ["", "x", "é", "AAAA", "!" * 40, "A" * 3_000])
def test_what_is_no_message_is_none(value: str) -> None:
    assert flash.take(asked(value), visitor(), secure=False) is None


def test_a_long_one_is_cut() -> None:
    value = left(Flash(message="é" * 5_000))

    taken = flash.take(asked(value), visitor(), secure=False)
    assert len(value) < 3_000
    assert taken is not None
    assert taken.message.endswith("…")


def test_by_tls_no_other_host_can_set_it() -> None:
    response = Response()

    flash.leave(response, visitor(), Flash(message="done"), secure=True)

    assert response.headers["set-cookie"].startswith("__Host-watchword-told=")
    assert {"secure", "httponly"} <= {part.strip().lower() for part in response.headers["set-cookie"].split(";")}
