"""
A form does what it asks for once, however often it is sent.
"""

import asyncio
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tests.unit.web.asgi import scope_of
from tests.unit.web.portal.rooms import visitor
from watchword.kit.clock import ManualClock
from watchword.web.portal.once import MOST, Once


class Work:
    """Counts how often it is done."""

    def __init__(self, status: int = 303) -> None:
        self.done = 0
        self.status = status
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> Response:
        self.done += 1
        if self.gate is not None:
            await self.gate.wait()
        return RedirectResponse(f"/{self.done}", status_code=self.status)


def sent(token: str = "one", path: str = "/add") -> Request:
    body = urlencode({"once": token}).encode()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope_of(path), receive)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def once(clock: ManualClock) -> Once:
    return Once(clock=clock)


async def test_the_same_form_has_the_first_answer(once: Once) -> None:
    work = Work()

    answers = [await once.answer(visitor(), sent(), work) for _ in range(3)]

    assert work.done == 1
    assert [answer.headers["location"] for answer in answers] == ["/1", "/1", "/1"]


async def test_one_that_comes_meanwhile_waits_for_the_first(once: Once) -> None:
    work = Work()
    work.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        both = [group.create_task(once.answer(visitor(), sent(), work)) for _ in range(2)]
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)
        work.gate.set()

    assert work.done == 1
    assert both[0].result() is both[1].result()


@pytest.mark.parametrize(
    "other",
    [
        (visitor(), sent("two")),
        (visitor(), sent(path="/elsewhere")),
        (visitor(session=b"t" * 16), sent()),
    ],
    ids=["form", "page", "session"],
)
async def test_another_is_done_for_itself(once: Once, other: tuple[object, Request]) -> None:
    work = Work()
    await once.answer(visitor(), sent(), work)

    await once.answer(other[0], other[1], work)  # type: ignore[arg-type]

    assert work.done == 2


@pytest.mark.parametrize("token", ["", "x" * 65])
async def test_without_a_token_nothing_is_kept(once: Once, token: str) -> None:
    work = Work()

    for _ in range(2):
        await once.answer(visitor(), sent(token), work)

    assert work.done == 2


async def test_a_bug_is_told_and_not_kept(once: Once) -> None:
    async def broken() -> Response:
        raise LookupError("a bug")

    work = Work()
    with pytest.raises(LookupError):
        await once.answer(visitor(), sent(), broken)

    await once.answer(visitor(), sent(), work)

    assert work.done == 1


@pytest.mark.parametrize(("status", "seconds"), [(303, 600), (200, 60)])
async def test_a_page_that_may_hold_a_secret_is_kept_a_minute(
    once: Once, clock: ManualClock, status: int, seconds: int
) -> None:
    work = Work(status)
    await once.answer(visitor(), sent(), work)
    clock.advance(seconds - 1)
    await once.answer(visitor(), sent(), work)
    assert work.done == 1

    clock.advance(2)
    await once.answer(visitor(), sent(), work)

    assert work.done == 2


async def test_what_is_kept_is_bounded(once: Once) -> None:
    work = Work()
    for number in range(MOST + 10):
        await once.answer(visitor(), sent(str(number)), work)

    assert len(once) <= MOST
