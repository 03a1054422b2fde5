"""
Local passwords at a server: hashed here with what the portal names, and right only where the portal says so.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.fakes.world import ManualTimer
from watchword.domain.applications import Application, ApplicationId
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit import passwords
from watchword.kit.clock import NANOSECONDS, ManualClock
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.portal.passwords import FarPasswords
from watchword.upstream.portal.requests import Requests
from watchword.wire.channel.messages import Asked, Check, Checked, Lost, Salt, Salted

USER = UserId(b"u" * 16)
SALT = bytes(range(16))
SALTED = Salted(id=1, salt=SALT, memory=8, passes=1, lanes=1, octets=32)


class Hands:
    """Does work at once, or has none free."""

    def __init__(self) -> None:
        self.full = False

    def submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> Callable[[], None]:
        try:
            made = work()
        except Exception:  # noqa: BLE001 - as `kit.workers` does
            made = None
        done(made)
        return lambda: None


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.requests = Requests(clock=self.clock, timers=ManualTimer())
        self.sent: list[Asked] = []
        self.requests.connected(self.sent.append, same_run=False)
        self.hands = Hands()
        self.proof: bytes | None = b"proof"
        self.far = FarPasswords(self.requests, proof=lambda _attempt: self.proof, workers=self.hands)  # type: ignore[arg-type]
        self.results: list[PrimaryResult] = []

    def check(self, password: bytes = b"correct horse") -> None:
        attempt = PrimaryAttempt(
            application=Application(id=ApplicationId(b"a" * 16), name="vpn"),
            user_name="alice",
            user=USER,
            password=Secret(password),
            client="192.0.2.1",
            source=None,
            deadline=self.clock.monotonic() + NANOSECONDS,
        )
        self.far.check(attempt, self.results.append)

    @property
    def verdict(self) -> PrimaryVerdict:
        (result,) = self.results
        return result.verdict


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("verdict", [PrimaryVerdict.ACCEPTED, PrimaryVerdict.REJECTED])
def test_a_password_is_hashed_here_and_compared_there(desk: Desk, verdict: PrimaryVerdict) -> None:
    desk.check()
    assert desk.sent == [Salt(id=1, user=USER)]
    desk.requests.told(SALTED)
    check = desk.sent[-1]
    assert isinstance(check, Check)
    recipe = passwords.Recipe(salt=SALT, memory=8, passes=1, lanes=1, octets=32)
    assert (check.user, check.proof, check.digest) == (USER, b"proof", passwords.made(b"correct horse", recipe))
    assert b"correct horse" not in msgspec.msgpack.encode(desk.sent)

    desk.requests.told(Checked(id=check.id, verdict=verdict.value))

    assert desk.verdict is verdict


@pytest.mark.parametrize("answer", [Lost(id=1), msgspec.structs.replace(SALTED, memory=1 << 30)])
def test_without_something_to_hash_with_nothing_is_said(desk: Desk, answer: Lost | Salted) -> None:
    desk.check()
    desk.requests.told(answer)

    assert desk.verdict is PrimaryVerdict.AWAY


def test_what_cannot_be_hashed_is_away(desk: Desk) -> None:
    desk.check()
    desk.requests.told(msgspec.structs.replace(SALTED, lanes=8))

    assert desk.verdict is PrimaryVerdict.AWAY


def test_with_every_hand_full_it_is_away(desk: Desk) -> None:
    desk.check()
    desk.hands.full = True
    desk.requests.told(SALTED)

    assert desk.verdict is PrimaryVerdict.AWAY


@pytest.mark.parametrize("words", ["perhaps", "away", ""])
def test_whatever_the_portal_does_not_say_clearly_is_away(desk: Desk, words: str) -> None:
    desk.check()
    desk.requests.told(SALTED)
    desk.requests.told(Checked(id=2, verdict=words))

    assert desk.verdict is PrimaryVerdict.AWAY


def test_without_a_portal_it_is_away(desk: Desk) -> None:
    desk.requests.away()
    desk.check()

    assert desk.verdict is PrimaryVerdict.AWAY


def test_a_server_that_was_revoked_while_it_hashed_says_so(desk: Desk) -> None:
    desk.check()
    desk.proof = None
    desk.requests.told(SALTED)

    assert desk.verdict is PrimaryVerdict.AWAY
    assert len(desk.sent) == 1
