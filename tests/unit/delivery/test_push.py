"""
Devices that listen, look and wait; time passes when the test says so.
"""

import asyncio
from collections.abc import Coroutine
from typing import Final, TypeVar

import pytest

from watchword.delivery import push
from watchword.delivery.push import MOST_POLLS_OF_A_DEVICE, LongPolls, Poll
from watchword.domain.methods import MethodId
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationId
from watchword.kit.clock import ManualClock
from watchword.kit.timers import Timers
from watchword.ports.login import PushDelivery, Ring
from watchword.ports.polls import Polls

Result = TypeVar("Result")

PHONE: Final = MethodId(b"p" * 16)
TABLET: Final = MethodId(b"t" * 16)


def ring(*devices: MethodId) -> Ring:
    return Ring(verification=VerificationId(b"v" * 16), user=UserId(b"u" * 16), devices=devices)


class Bench:
    """Long polls whose time stands still."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timers = Timers(clock=self.clock, later=lambda _, __: None, fault=self.fault)
        self.polls = LongPolls(clock=self.clock, timers=self.timers)

    def fault(self, where: str) -> None:
        pytest.fail(where)

    def listen(self, device: MethodId = PHONE) -> Poll:
        poll = self.polls.listen(device)
        assert poll is not None
        return poll

    def advance(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            self.clock.advance(0.05)
            self.timers.turn()


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def started(waiting: Coroutine[object, object, Result]) -> asyncio.Task[Result]:
    """Let a wait begin."""
    task = asyncio.get_running_loop().create_task(waiting)
    await turn()
    return task


async def turn() -> None:
    """Let everything run that can."""
    loop = asyncio.get_running_loop()
    for _ in range(3):
        passed = loop.create_future()
        loop.call_soon(passed.set_result, None)
        await passed


def test_it_is_what_logins_ring_and_what_the_web_waits_on(bench: Bench) -> None:
    rings: PushDelivery = bench.polls
    waits: Polls = bench.polls

    with bench.listen():
        rings.ring(ring(PHONE))
        assert waits.listen(PHONE) is not None


@pytest.mark.parametrize("call", ["ring", "quiet"])
async def test_a_device_that_waits_is_woken(bench: Bench, call: str) -> None:
    with bench.listen() as poll:
        waiting = await started(poll.wait(25))
        assert not waiting.done()

        getattr(bench.polls, call)(ring(TABLET, PHONE))
        assert await waiting


async def test_what_happens_between_the_look_and_the_wait_is_not_lost(bench: Bench) -> None:
    with bench.listen() as poll:
        bench.polls.ring(ring(PHONE))
        assert await poll.wait(25)


async def test_a_change_is_told_once(bench: Bench) -> None:
    with bench.listen() as poll:
        bench.polls.ring(ring(PHONE))
        bench.polls.quiet(ring(PHONE))
        assert await poll.wait(25)

        waiting = await started(poll.wait(25))
        assert not waiting.done()
        bench.polls.ring(ring(PHONE))
        bench.polls.ring(ring(PHONE))
        assert await waiting


async def test_nobody_else_is_woken(bench: Bench) -> None:
    with bench.listen() as phone, bench.listen(TABLET) as tablet:
        waiting = await started(phone.wait(25))
        bench.polls.ring(ring(TABLET))
        assert await tablet.wait(25)
        await turn()
        assert not waiting.done()
        waiting.cancel()


async def test_where_nothing_changes_the_wait_ends_in_its_time(bench: Bench) -> None:
    with bench.listen() as poll:
        waiting = await started(poll.wait(25))
        bench.advance(24.9)
        await turn()
        assert not waiting.done()

        bench.advance(0.2)
        assert await waiting is False

        bench.polls.ring(ring(PHONE))
        assert await poll.wait(25)


async def test_a_wait_that_is_cancelled_leaves_nothing_behind(bench: Bench) -> None:
    async def handler() -> None:
        with bench.listen() as poll:
            await poll.wait(25)

    handling = await started(handler())
    assert len(bench.polls) == 1
    handling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handling

    assert len(bench.polls) == 0
    assert len(bench.timers) == 0
    bench.polls.ring(ring(PHONE))


async def test_a_wait_that_is_over_leaves_no_timer_behind(bench: Bench) -> None:
    with bench.listen() as poll:
        waiting = await started(poll.wait(25))
        assert len(bench.timers) == 1
        bench.polls.ring(ring(PHONE))
        await waiting

    assert len(bench.timers) == 0
    assert len(bench.polls) == 0


def test_who_does_not_listen_is_not_remembered(bench: Bench) -> None:
    for number in range(1_000):
        bench.polls.ring(ring(MethodId(number.to_bytes(16, "big"))))
        with bench.listen(MethodId(number.to_bytes(16, "big"))):
            pass

    assert len(bench.polls) == 0
    assert vars(bench.polls)["_listening"] == {}


async def test_a_device_that_polls_once_more_than_it_may_ends_its_oldest_poll(bench: Bench) -> None:
    polls = [bench.listen() for _ in range(MOST_POLLS_OF_A_DEVICE)]
    waiting = await started(polls[0].wait(25))
    newest = bench.listen()

    assert await waiting is False
    assert await polls[0].wait(25) is False
    assert len(bench.polls) == MOST_POLLS_OF_A_DEVICE

    bench.polls.ring(ring(PHONE))
    assert await newest.wait(25)
    assert await polls[1].wait(25)
    with polls[0]:
        pass
    assert len(bench.polls) == MOST_POLLS_OF_A_DEVICE


def test_more_than_may_listen_are_told_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "MOST_POLLS", 3)
    polls = [bench.listen(MethodId(number.to_bytes(16, "big"))) for number in range(3)]
    assert bench.polls.listen(PHONE) is None

    with polls[0]:
        pass
    assert bench.polls.listen(PHONE) is not None


async def test_closing_ends_every_wait_and_lets_nobody_listen(bench: Bench) -> None:
    with bench.listen() as phone, bench.listen(TABLET) as tablet:
        waiting = await started(phone.wait(25))
        bench.polls.close()

        assert await waiting is False
        assert await tablet.wait(25) is False
        assert bench.polls.listen(PHONE) is None


async def test_a_change_just_before_closing_is_still_told(bench: Bench) -> None:
    with bench.listen() as poll:
        bench.polls.ring(ring(PHONE))
        bench.polls.close()
        assert await poll.wait(25)
