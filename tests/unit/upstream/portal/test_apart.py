"""
What happened while no portal answered: counted, kept on disk, told until it was acknowledged, and changed no more then.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.fakes.world import ManualTimer
from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.verification import VerificationRequest
from watchword.kit.clock import ManualClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import SeededRandomness
from watchword.ports.spool import AwayRow
from watchword.upstream.portal import apart as module
from watchword.upstream.portal.apart import TOGETHER, Apart
from watchword.upstream.portal.requests import Requests
from watchword.wire.channel.messages import Asked, Noted, Report

REQUEST = VerificationRequest(
    application=ApplicationId(b"a" * 16),
    authentication_type=AuthenticationType.RADIUS,
    user_name="alice",
    client="192.0.2.1",
    source="198.51.100.7",
    address=None,
    proofs=(),
    received_at=0,
    deadline=0,
)


class Disk:
    """A spool, or a full disk."""

    def __init__(self) -> None:
        self.rows: list[AwayRow] = []
        self.is_full = False

    def load(self) -> list[AwayRow]:
        return list(self.rows)

    def keep(self, rows: Sequence[AwayRow]) -> None:
        if self.is_full:
            raise OSError
        self.rows = list(rows)


class Hands:
    """Does the work when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> Callable[[], None]:
        self.waiting.append((work, done))
        return lambda: None

    def run(self) -> None:
        while self.waiting:
            work, done = self.waiting.pop(0)
            done(work())


class Log:
    """Hears what is told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def tell(self, _key: object, words: str, **_fields: object) -> None:
        self.words.append(words)


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.disk, self.hands, self.log = Disk(), Hands(), Log()
        self.requests = Requests(clock=self.clock, timers=ManualTimer())
        self.sent: list[Asked] = []
        self.apart = self.started()

    def started(self) -> Apart:
        return Apart(
            self.disk,
            requests=self.requests,
            clock=self.clock,
            identifiers=Identifiers(clock=self.clock, randomness=SeededRandomness(1)),
            workers=self.hands,  # type: ignore[arg-type]
            log=self.log,  # type: ignore[arg-type]
        )

    def connect(self) -> None:
        self.requests.connected(self.sent.append, same_run=False)

    def second(self) -> None:
        self.clock.advance(1)
        self.apart.go_on()
        self.hands.run()

    def reports(self) -> list[Report]:
        return [one for one in self.sent if isinstance(one, Report)]

    def counts(self) -> list[int]:
        return [row.count for row in self.disk.rows]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_same_login_within_a_minute_is_one_row_with_a_count(desk: Desk) -> None:
    for _ in range(3):
        desk.apart.note(REQUEST)
    desk.apart.note(REQUEST._replace(source="203.0.113.9"))
    desk.hands.run()
    assert desk.counts() == [3, 1]

    desk.clock.advance(60)
    desk.apart.note(REQUEST)
    desk.hands.run()

    assert desk.counts() == [3, 1, 1]


def test_it_is_told_when_a_portal_answers_and_kept_until_that_is_acknowledged(desk: Desk) -> None:
    desk.apart.note(REQUEST)
    desk.second()
    assert desk.reports() == []
    desk.connect()
    desk.second()
    (report,) = desk.reports()
    (row,) = report.rows
    assert (row.user_name, row.count, row.source) == ("alice", 1, "198.51.100.7")
    desk.second()
    assert len(desk.reports()) == 1, "it is told once while the answer is on its way"

    desk.requests.told(Noted(id=report.id, durable=True))
    desk.second()

    assert desk.counts() == []
    assert len(desk.apart) == 0
    assert len(desk.reports()) == 1


def test_what_could_not_be_written_down_is_told_again_as_it_was(desk: Desk) -> None:
    desk.apart.note(REQUEST)
    desk.connect()
    desk.second()
    first = desk.reports()[0]
    desk.apart.note(REQUEST)
    desk.requests.told(Noted(id=first.id, durable=False))

    desk.second()

    told = desk.reports()[1].rows
    assert told[0] == first.rows[0], "what was told once does not change"
    assert [row.count for row in told] == [1, 1]


def test_the_next_run_tells_what_this_one_has_kept_under_the_same_key(desk: Desk) -> None:
    desk.apart.note(REQUEST)
    desk.hands.run()
    kept = desk.disk.rows[0].key
    desk.apart = desk.started()
    desk.connect()
    desk.second()

    assert [row.key for row in desk.reports()[0].rows] == [kept]


def test_on_a_full_disk_it_is_told_from_memory_and_kept_later(desk: Desk) -> None:
    desk.disk.is_full = True
    desk.apart.note(REQUEST)
    desk.hands.run()
    assert desk.log.words
    desk.disk.is_full = False

    desk.second()

    assert desk.counts() == [1]


def test_no_more_than_may_be_is_kept_and_the_log_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    for last in range(4):
        desk.apart.note(REQUEST._replace(source=f"198.51.100.{last}"))
    desk.apart.note(REQUEST._replace(source="198.51.100.0"))
    desk.hands.run()

    assert desk.counts() == [2, 1]
    assert desk.apart.dropped == 2
    assert len(desk.log.words) == 2


def test_much_is_told_in_parts(desk: Desk) -> None:
    for number in range(TOGETHER + 1):
        desk.apart.note(REQUEST._replace(user_name=f"user{number}" + "x" * 300, source=None))
    desk.connect()
    desk.second()
    first = desk.reports()[0]
    assert len(first.rows) == TOGETHER
    assert len(first.rows[0].user_name) == 253
    desk.requests.told(Noted(id=first.id, durable=True))
    desk.second()

    assert len(desk.reports()[1].rows) == 1
