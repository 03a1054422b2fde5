"""
Who decides a login: the portal where it answers, the server itself where it does not, and never both about one.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.world import ManualTimer
from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.users import UserId
from watchword.domain.verification import (
    ActivityId,
    Allowed,
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
    VerificationRequest,
)
from watchword.kit.clock import NANOSECONDS, ManualClock
from watchword.ports.login import Ticket
from watchword.upstream.portal.requests import GRACE_SECONDS, Requests
from watchword.upstream.portal.verifier import FarVerifier
from watchword.wire.channel.messages import Asked, Decide, Gate, Gated

ACCEPTED = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="ad", by_directory=True)
HERE = Allowed(Reason.OFFLINE_CODE, ActivityId(b"a" * 16))


class Alone:
    """Lets everybody in."""

    def __init__(self) -> None:
        self.settled: list[PrimaryVerdict] = []
        self.decided = 0

    def gate(self, _request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        done(Ticket(name="alice", user=UserId(b"u" * 16), epoch=1, reserved=True, trace=()))

    def decide(
        self, _ticket: Ticket, _primary: PrimaryResult, _request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> None:
        self.decided += 1
        done(HERE)

    def settle(self, _ticket: Ticket, verdict: PrimaryVerdict, _request: VerificationRequest) -> None:
        self.settled.append(verdict)


class Line:
    """A server whose portal is away until it is connected."""

    def __init__(self) -> None:
        self.clock, self.timer, self.alone = ManualClock(), ManualTimer(), Alone()
        self.requests = Requests(clock=self.clock, timers=self.timer)
        self.away: list[VerificationRequest] = []
        self.verifier = FarVerifier(self.requests, clock=self.clock, away=self.away.append, alone=self.alone)
        self.sent: list[Asked] = []
        self.told: list[Any] = []

    def request(self) -> VerificationRequest:
        return VerificationRequest(
            application=ApplicationId(b"a" * 16),
            authentication_type=AuthenticationType.RADIUS,
            user_name="alice",
            client="192.0.2.1",
            source=None,
            address=None,
            proofs=(b"p" * 32,),
            received_at=0,
            deadline=self.clock.monotonic() + 20 * NANOSECONDS,
            code="123456",
        )

    def connect(self) -> None:
        self.requests.connected(self.sent.append, same_run=True)


@pytest.fixture
def line() -> Line:
    return Line()


def test_while_the_portal_is_away_the_server_decides(line: Line) -> None:
    request = line.request()
    line.verifier.gate(request, line.told.append)
    (ticket,) = line.told
    assert ticket.number == 0
    line.verifier.decide(ticket, ACCEPTED, request, line.told.append)
    assert (line.told[1], line.sent, line.away) == (HERE, [], [])


def test_where_the_portal_is_back_before_the_password_was_checked_it_decides(line: Line) -> None:
    request = line.request()
    line.verifier.gate(request, line.told.append)
    line.connect()
    waiting = line.verifier.decide(line.told[0], ACCEPTED, request, line.told.append)
    (gate,) = line.sent
    assert isinstance(gate, Gate)
    assert (line.alone.decided, line.alone.settled) == (0, [PrimaryVerdict.ACCEPTED])
    line.requests.told(Gated(id=gate.id, name="alice", user=b"u" * 16, epoch=1))
    assert isinstance(line.sent[1], Decide)
    waiting.cancel()
    assert len(line.told) == 1


def test_what_the_portal_may_have_decided_is_never_decided_here(line: Line) -> None:
    line.connect()
    request = line.request()
    line.verifier.gate(request, line.told.append)
    (gate,) = line.sent
    assert isinstance(gate, Gate)
    line.requests.told(Gated(id=gate.id, name="alice", user=b"u" * 16, epoch=1))
    line.verifier.decide(line.told[0], ACCEPTED, request, line.told.append)
    line.requests.broken()
    line.clock.advance(GRACE_SECONDS)
    line.timer.expire(line.clock.monotonic())
    assert line.told[1:] == [Denied(reason=Reason.PORTAL_AWAY)]
    assert (line.alone.decided, line.away) == (0, [request])


def test_a_first_half_that_the_portal_did_not_answer_is_begun_here(line: Line) -> None:
    line.connect()
    line.verifier.gate(line.request(), line.told.append)
    line.requests.away()
    (ticket,) = line.told
    assert ticket.number == 0


def test_who_decides_nothing_alone_denies_what_claims_to_be_begun_here(line: Line) -> None:
    far = FarVerifier(line.requests, clock=line.clock, away=line.away.append)
    ticket = Ticket(name="alice", user=None, epoch=0, reserved=True, trace=())
    far.decide(ticket, ACCEPTED, line.request(), line.told.append).cancel()
    assert line.told == [Denied(reason=Reason.ERROR)]
