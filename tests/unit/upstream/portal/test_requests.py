"""
Requests: asked again where that is safe, answered once, never after their deadline, and with None where nobody answers.
"""

import pytest

from tests.fakes.world import ManualTimer
from watchword.kit.clock import NANOSECONDS, ManualClock
from watchword.upstream.portal import requests as module
from watchword.upstream.portal.requests import GRACE_SECONDS, Reply, Requests
from watchword.wire.channel.messages import Asked, Cancel, Lost, Noted, Salt


class Desk:
    """Requests, what they send and what they are answered."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.timer = ManualTimer()
        self.requests = Requests(clock=self.clock, timers=self.timer)
        self.sent: list[Asked] = []
        self.left: list[int] = []
        self.answers: dict[int, list[Reply | None]] = {}

    def ask(self, *, seconds: float = 10, anew: bool = True) -> int:
        number = self.requests.number()
        self.answers[number] = []

        def make(left: int) -> Asked:
            self.left.append(left)
            return Salt(id=number, user=None)

        deadline = self.clock.monotonic() + int(seconds * NANOSECONDS)
        self.requests.ask(number, make, self.answers[number].append, deadline=deadline, anew=anew)
        return number

    def connect(self, *, same_run: bool = True) -> None:
        self.requests.connected(self.sent.append, same_run=same_run)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.timer.expire(self.clock.monotonic())


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.connect()
    return made


def test_an_answer_reaches_whoever_asked_once(desk: Desk) -> None:
    number = desk.ask()
    assert desk.sent == [Salt(id=number, user=None)]

    desk.requests.told(Lost(id=number))
    desk.requests.told(Lost(id=number))
    desk.pass_time(60)

    assert desk.answers[number] == [Lost(id=number)]
    assert len(desk.requests) == 0


def test_nobody_answers_before_the_first_connection() -> None:
    desk = Desk()
    number = desk.ask()

    assert desk.answers[number] == [None]
    assert desk.requests.is_away


def test_what_was_asked_is_asked_again_of_the_same_portal(desk: Desk) -> None:
    once, anew = desk.ask(anew=False), desk.ask(anew=True)
    desk.requests.broken()
    desk.pass_time(1)
    desk.sent.clear()

    desk.connect(same_run=True)

    assert [message.id for message in desk.sent] == [once, anew]  # type: ignore[union-attr]
    assert desk.left[-1] == 9 * NANOSECONDS


def test_of_a_portal_that_was_started_anew_only_what_is_safe_is_asked(desk: Desk) -> None:
    once, anew = desk.ask(anew=False), desk.ask(anew=True)
    desk.requests.broken()
    desk.sent.clear()

    desk.connect(same_run=False)

    assert [message.id for message in desk.sent] == [anew]  # type: ignore[union-attr]
    assert (desk.answers[once], desk.answers[anew]) == ([None], [])


def test_what_is_asked_while_the_connection_is_broken_waits_for_the_next(desk: Desk) -> None:
    desk.requests.broken()
    number = desk.ask()
    assert (desk.sent, desk.answers[number]) == ([], [])

    desk.connect()

    assert desk.sent == [Salt(id=number, user=None)]


def test_after_a_few_seconds_the_portal_is_away(desk: Desk) -> None:
    before = desk.ask()
    desk.requests.broken()
    desk.pass_time(GRACE_SECONDS - 0.1)
    assert not desk.requests.is_away

    desk.pass_time(0.1)
    after = desk.ask()

    assert (desk.answers[before], desk.answers[after]) == ([None], [None])


def test_a_connection_in_time_ends_the_grace(desk: Desk) -> None:
    desk.requests.broken()
    desk.connect()
    desk.pass_time(GRACE_SECONDS + 1)

    assert not desk.requests.is_away


def test_it_can_be_away_at_once(desk: Desk) -> None:
    number = desk.ask()

    desk.requests.away()

    assert desk.answers[number] == [None]
    assert desk.requests.is_away


def test_nothing_is_answered_after_its_deadline(desk: Desk) -> None:
    number, late = desk.ask(seconds=1), desk.ask(seconds=0)
    assert desk.answers[late] == [None]
    desk.sent.clear()

    desk.pass_time(1)
    desk.requests.told(Noted(id=number, durable=True))

    assert desk.answers[number] == [None]
    assert desk.sent == [Cancel(id=number)]


def test_what_is_cancelled_is_answered_no_more(desk: Desk) -> None:
    number = desk.ask()
    desk.sent.clear()
    desk.requests.cancel(number)
    desk.requests.cancel(number)
    desk.requests.told(Lost(id=number))
    desk.pass_time(60)

    assert desk.answers[number] == []
    assert desk.sent == [Cancel(id=number)]


def test_while_the_connection_is_broken_cancelling_and_deadlines_say_nothing(desk: Desk) -> None:
    cancelled, late = desk.ask(), desk.ask(seconds=1)
    desk.requests.broken()
    desk.sent.clear()
    desk.requests.cancel(cancelled)
    desk.pass_time(1)

    assert (desk.answers[late], desk.sent) == ([None], [])


def test_no_more_wait_than_may(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IN_FLIGHT", 2)
    desk.ask()
    desk.ask()

    number = desk.ask()

    assert desk.answers[number] == [Lost(id=number)]
    assert len(desk.sent) == 2
