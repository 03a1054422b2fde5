"""
What forms and scripts bring.
"""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from tests.unit.web.asgi import scope_of
from watchword.web.portal.forms import LONGEST_FORM, all_of, fields_of

FORM = "application/x-www-form-urlencoded"


def request(body: bytes, kind: str = FORM) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope_of("/", headers={"content-type": kind}), receive)


async def test_fields_are_read_once_and_can_be_asked_for_again() -> None:
    asked = request(b"name=Ada+L.&note=&role=a&role=b%C3%BC")

    assert await fields_of(asked) == {"name": "Ada L.", "note": "", "role": "bü"}
    assert await fields_of(asked) == {"name": "Ada L.", "note": "", "role": "bü"}
    assert await all_of(asked, "role") == ["a", "bü"]


async def test_a_script_sends_an_object() -> None:
    assert await fields_of(request(b'{"code": "123456", "n": [1]}', "application/json; charset=utf-8")) == {
        "code": "123456",
        "n": [1],
    }


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=%ff", FORM, 400),
        ("a=ü".encode(), FORM, 400),
        (b"a=1&" * 300, FORM, 400),
        (b"[1]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"{}", "text/plain", 400),
        (b"a" * (LONGEST_FORM + 1), FORM, 413),
    ],
)
async def test_what_cannot_be_read_is_refused(body: bytes, kind: str, status: int) -> None:
    asked = request(body, kind)

    refused = await fields_of(asked)

    assert isinstance(refused, Response)
    assert refused.status_code == status
    assert await all_of(asked, "a") == []
