"""
Refusals of the transport, and refusals of operations.
"""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.unit.web.asgi import Faults, ask
from watchword.app.administration import Refusal, RefusalKind
from watchword.web.application import application
from watchword.web.problems import OF_REFUSAL, refused


async def hello(_request: Request) -> Response:
    return Response(b"hello")


async def breaks(_request: Request) -> Response:
    raise KeyError("s3cret")


async def test_what_is_not_there_is_a_problem() -> None:
    app = application([Route("/hello", hello)], fault=Faults())

    answer = await ask(app, "/hello/", method="GET")

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.document == {
        "type": "/problems/not-found",
        "title": "It is not there",
        "status": 404,
        "detail": "There is nothing here",
    }


async def test_another_method_is_a_problem_that_names_the_right_ones() -> None:
    app = application([Route("/hello", hello, methods=["POST"])], fault=Faults())

    answer = await ask(app, "/hello", method="GET")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.document["type"] == "/problems/method-not-allowed"


async def test_a_bug_is_a_problem_that_says_nothing_more() -> None:
    faults = Faults()
    app = application([Route("/breaks", breaks)], fault=faults)

    answer = await ask(app, "/breaks", method="GET")

    assert (answer.status, answer.document["type"]) == (500, "/problems/fault")
    assert b"s3cret" not in answer.body
    assert faults == ["web"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (RefusalKind.NOT_FOUND, 404),
        (RefusalKind.INVALID, 422),
        (RefusalKind.CONFLICT, 409),
        (RefusalKind.FORBIDDEN, 403),
        (RefusalKind.UNAVAILABLE, 503),
    ],
)
async def test_each_kind_of_refusal_has_its_status_and_its_type(kind: RefusalKind, status: int) -> None:
    answer = await ask(refused(Refusal("there is no such thing", kind)), "/")

    assert answer.status == status
    assert answer.document["type"] == f"/problems/{kind.value}"
    assert (answer.document["status"], answer.document["detail"]) == (status, "there is no such thing")


def test_every_kind_of_refusal_has_a_status() -> None:
    assert set(OF_REFUSAL) == set(RefusalKind)
