import pytest

from tests.fakes.changes import replace
from tests.fakes.world import ManualTimer
from watchword.app import pending as module
from watchword.app.pending import MOST_OF_A_USER, Around, Ended, Pending, PendingLogin
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType
from watchword.domain.joining import LoginKey, Standing
from watchword.domain.users import UserId
from watchword.domain.verification import (
    ActivityId,
    OutcomeKind,
    Reason,
    VerificationEvent,
    VerificationId,
    VerificationRequest,
    VerificationState,
)
from watchword.kit.clock import NANOSECONDS, ManualClock

ALICE, BOB = UserId(b"alice"), UserId(b"bob")
VPN = ApplicationId(b"vpn")
REQUEST = VerificationRequest(
    application=VPN,
    authentication_type=AuthenticationType.RADIUS,
    user_name="alice",
    client="192.0.2.1",
    source="198.51.100.7",
    address=None,
    proofs=(b"proof",),
    received_at=0,
    deadline=0,
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def timer() -> ManualTimer:
    return ManualTimer()


@pytest.fixture
def pending(clock: ManualClock, timer: ManualTimer) -> Pending:
    return Pending(clock=clock, timer=timer)


def key(name: str = "a", *, user: UserId = ALICE) -> LoginKey:
    return LoginKey(DEFAULT_GROUP, user, VPN, name, b"proof", None)


def login(
    name: str, *, user: UserId = ALICE, keys: tuple[LoginKey, ...] | None = None, **fields: object
) -> PendingLogin:
    made = PendingLogin(
        id=VerificationId(name.encode()),
        user=user,
        keys=(key(name, user=user),) if keys is None else keys,
        leader=REQUEST,
        attributes=(),
        epoch=0,
        number=None,
        nonce=b"",
        since=0,
        began=0,
        deadline=50 * NANOSECONDS,
        challenged=False,
    )
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def begun(pending: Pending, *logins: PendingLogin) -> list[PendingLogin]:
    expired: list[PendingLogin] = []
    for one in logins:
        pending.begin(one, expired.append)
    return expired


def test_a_verification_is_found_by_itself_by_its_login_and_by_its_user(pending: Pending) -> None:
    one, other = login("a", keys=(key("a"), key("older"))), login("b", user=BOB)
    begun(pending, one, other)
    assert len(pending) == 2
    assert pending.get(one.id) is one
    assert pending.same((key("a"),)) is pending.same((key("older"),)) is one
    assert pending.same((key("nobody's"), key("a"))) is one
    assert pending.same((key("b"),)) is None
    assert pending.same(()) is None
    assert pending.of(ALICE) == (one,)
    assert pending.shown(ALICE) is one
    assert set(pending.all()) == {one, other}
    assert not one.contended


def test_what_is_dropped_is_found_no_more_and_does_not_expire(pending: Pending, timer: ManualTimer) -> None:
    one, other = login("a"), login("b")
    expired = begun(pending, one, other)
    pending.drop(one)
    pending.drop(one)
    assert pending.get(one.id) is None
    assert pending.same(one.keys) is None
    assert pending.of(ALICE) == (other,)
    assert pending.shown(ALICE) is other
    pending.drop(other)
    assert pending.of(ALICE) == ()
    assert pending.shown(ALICE) is None
    assert len(pending) == 0
    assert timer.next() is None
    assert not expired


def test_it_expires_at_its_deadline(pending: Pending, timer: ManualTimer) -> None:
    one = login("a")
    expired = begun(pending, one)
    assert timer.next() == one.deadline
    timer.expire(one.deadline - 1)
    assert not expired
    timer.expire(one.deadline)
    assert expired == [one]


def test_two_of_a_user_contend_and_go_on_contending(pending: Pending) -> None:
    one, other, bobs = login("a"), login("b"), login("c", user=BOB)
    begun(pending, one, bobs, other)
    assert [one.contended, other.contended, bobs.contended] == [True, True, False]
    pending.drop(other)
    assert one.contended


def test_a_login_that_gets_none_contends_too_and_says_so_once(pending: Pending) -> None:
    one, bobs = login("a"), login("b", user=BOB)
    begun(pending, one, bobs)
    assert not pending.contend(UserId(b"carol"))
    assert pending.contend(ALICE)
    assert one.contended
    assert not bobs.contended
    assert not pending.contend(ALICE)


def test_there_is_room_for_so_many_and_for_few_of_a_user(pending: Pending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PENDING", MOST_OF_A_USER + 1)
    for number in range(MOST_OF_A_USER):
        assert not pending.crowded(ALICE)
        begun(pending, login(f"{number}"))
    assert pending.crowded(ALICE)
    assert not pending.crowded(BOB)
    assert not pending.full()
    begun(pending, login("b", user=BOB))
    assert pending.full()


def test_a_number_tells_which_one_is_meant(pending: Pending) -> None:
    one, other, third = login("a", number="17"), login("b", number="71"), login("c")
    begun(pending, one, other, third, login("d", user=BOB, number="42"))
    assert pending.numbered(ALICE, "17") is one
    assert pending.numbered(ALICE, "71") is other
    for typed in ("42", "1", "", "017", "17 ", "\ud800", "１７"):  # noqa: RUF001 - digits that are none
        assert pending.numbered(ALICE, typed) is None
    assert pending.number_taken(ALICE, "17")
    assert not pending.number_taken(ALICE, "42")
    assert not pending.number_taken(UserId(b"carol"), "17")


def test_what_has_ended_stays_as_it_ended() -> None:
    one = login("a")
    assert one.end(VerificationEvent.APPROVE)
    assert not one.end(VerificationEvent.DENY)
    assert (one.state, one.reason) == (VerificationState.ALLOWED, Reason.PUSH)


ENDED = Ended(OutcomeKind.ALLOWED, Reason.CODE, ActivityId(b"row"), (), 3, 0)


def remembered(pending: Pending, clock: ManualClock, name: str = "a") -> Ended:
    ended = replace(ENDED, at=clock.monotonic())
    pending.remember((key(name), key(f"older {name}")), ended)
    return ended


def test_an_outcome_is_shared_for_ten_seconds_in_the_same_epoch(pending: Pending, clock: ManualClock) -> None:
    assert pending.ended((key(),), 3) is None
    ended = remembered(pending, clock)
    assert pending.ended((key("x"), key("older a")), 3) is ended
    assert pending.ended((key(),), 2) is None
    assert pending.ended((key(),), 4) is None
    assert pending.ended((key("b"),), 3) is None
    assert pending.ended((), 3) is None
    clock.advance(9.999)
    assert pending.ended((key(),), 3) is ended
    clock.advance(0.001)
    assert pending.ended((key(),), 3) is None


def test_an_outcome_is_known_over_a_change_of_generations_and_then_gone(pending: Pending, clock: ManualClock) -> None:
    remembered(pending, clock)
    clock.advance(9)
    second = remembered(pending, clock, "b")
    clock.advance(2)
    remembered(pending, clock, "c")
    assert pending.ended((key("a"),), 3) is None
    assert pending.ended((key("b"),), 3) is second
    clock.advance(8.5)
    assert pending.ended((key("b"),), 3) is None
    newer = remembered(pending, clock, "b")
    assert pending.ended((key("b"),), 3) is newer


def test_how_the_same_login_stands(pending: Pending, clock: ManualClock) -> None:
    keys = (key(),)
    assert pending.around(ALICE, keys, 3) == Around(None, Standing.NONE, contended=False)
    remembered(pending, clock)
    assert pending.around(ALICE, keys, 3) == Around(None, Standing.ENDED, contended=False)
    assert pending.around(ALICE, keys, 4) == Around(None, Standing.NONE, contended=False)
    one, other = login("a"), login("b", challenged=True)
    begun(pending, one)
    assert pending.around(ALICE, keys, 3) == Around(one, Standing.WAITING, contended=False)
    assert pending.around(ALICE, (key("b"),), 3) == Around(None, Standing.NONE, contended=True)
    assert pending.around(BOB, (key(user=BOB),), 3) == Around(None, Standing.NONE, contended=False)
    begun(pending, other)
    assert pending.around(ALICE, keys, 3) == Around(one, Standing.WAITING, contended=True)
    assert pending.around(ALICE, (key("b"),), 3) == Around(other, Standing.AT_CHALLENGE, contended=True)
    pending.drop(one)
    assert pending.around(ALICE, keys, 3) == Around(None, Standing.ENDED, contended=True)


def test_whoever_looks_on_is_told_when_a_login_begins_to_wait_is_contended_and_waits_no_more(pending: Pending) -> None:
    told: list[int] = []
    pending.on_change(lambda: told.append(len(pending)))

    begun(pending, one := login("a"))
    assert told == [1]
    assert pending.contend(ALICE)
    assert not pending.contend(ALICE)
    assert told == [1, 1]
    pending.drop(one)
    pending.drop(one)
    assert told == [1, 1, 0]
