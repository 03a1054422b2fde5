import pytest

from watchword.app import throttles as module
from watchword.app.throttles import FoundWrong, RecentlyWrong, Throttles, WrongKey
from watchword.domain.settings import ThrottleSettings
from watchword.domain.verification import PrimaryVerdict, Reason
from watchword.kit.clock import ManualClock

LIMITS = ThrottleSettings(free=3, longest_seconds=60)
KEY = (b"alice", "198.51.100.7")
ELSEWHERE = (b"alice", "203.0.113.9")
WRONG, RIGHT, AWAY = PrimaryVerdict.REJECTED, PrimaryVerdict.ACCEPTED, PrimaryVerdict.AWAY


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def throttles(clock: ManualClock) -> Throttles:
    return Throttles(clock=clock)


def tries(throttles: Throttles, verdict: PrimaryVerdict, *proofs: bytes, key: tuple[bytes, str] = KEY) -> list[bool]:
    admitted = []
    for proof in proofs:
        admitted.append(throttles.admit(key, proof, LIMITS))
        if admitted[-1]:
            throttles.settle(key, proof, verdict, LIMITS)
    return admitted


def test_a_few_wrong_passwords_are_free_and_then_each_waits_longer(throttles: Throttles, clock: ManualClock) -> None:
    assert tries(throttles, WRONG, b"1", b"2", b"3", b"4") == [True, True, True, False]
    for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.advance(seconds - 0.001)
        assert tries(throttles, WRONG, b"5") == [False]
        clock.advance(0.001)
        assert tries(throttles, WRONG, b"5") == [True]


def test_another_source_of_the_same_user_is_another_matter(throttles: Throttles) -> None:
    tries(throttles, WRONG, b"1", b"2", b"3")
    assert tries(throttles, WRONG, b"4") == [False]
    assert tries(throttles, WRONG, b"4", key=ELSEWHERE) == [True]


def test_a_right_one_forgives(throttles: Throttles) -> None:
    tries(throttles, WRONG, b"1", b"2")
    tries(throttles, RIGHT, b"right")
    assert tries(throttles, WRONG, b"1", b"2", b"3", b"4") == [True, True, True, False]


def test_a_directory_that_is_away_says_nothing_about_a_password(throttles: Throttles) -> None:
    tries(throttles, WRONG, b"1", b"2")
    assert tries(throttles, AWAY, *(b"%d" % number for number in range(20))) == [True] * 20
    assert tries(throttles, WRONG, b"3", b"4") == [True, False]


@pytest.mark.parametrize("verdict", [PrimaryVerdict.UNKNOWN, PrimaryVerdict.REFUSED, PrimaryVerdict.AMBIGUOUS])
def test_every_other_verdict_counts(throttles: Throttles, verdict: PrimaryVerdict) -> None:
    assert tries(throttles, verdict, b"1", b"2", b"3", b"4") == [True, True, True, False]


def test_no_more_are_tried_at_once_than_are_free(throttles: Throttles) -> None:
    assert [throttles.admit(KEY, b"%d" % number, LIMITS) for number in range(5)] == [True] * 3 + [False] * 2
    throttles.settle(KEY, b"0", WRONG, LIMITS)
    assert not throttles.admit(KEY, b"5", LIMITS)
    throttles.settle(KEY, b"1", AWAY, LIMITS)
    assert throttles.admit(KEY, b"5", LIMITS)


def test_one_password_is_one_attempt_however_many_packets_carry_it(throttles: Throttles) -> None:
    assert all(throttles.admit(KEY, b"same", LIMITS) for _ in range(50))
    assert throttles.admit(KEY, b"another", LIMITS)
    for _ in range(50):
        throttles.settle(KEY, b"same", WRONG, LIMITS)
    throttles.settle(KEY, b"another", WRONG, LIMITS)
    assert tries(throttles, WRONG, b"3", b"4") == [True, False]


def test_one_password_is_settled_by_its_last_packet(throttles: Throttles) -> None:
    for _ in range(2):
        throttles.admit(KEY, b"same", LIMITS)
    throttles.settle(KEY, b"same", WRONG, LIMITS)
    # It is under way still: the same one is admitted with it, and takes no place of another.
    assert throttles.admit(KEY, b"same", LIMITS)
    assert throttles.admit(KEY, b"2", LIMITS)
    assert throttles.admit(KEY, b"3", LIMITS)
    assert not throttles.admit(KEY, b"4", LIMITS)


def test_what_was_never_admitted_is_settled_without_harm(throttles: Throttles) -> None:
    throttles.settle(KEY, b"1", WRONG, LIMITS)
    throttles.settle(KEY, b"1", AWAY, LIMITS)
    assert [throttles.admit(KEY, b"%d" % number, LIMITS) for number in range(3)] == [True, True, False]


def test_what_nobody_touched_for_two_generations_is_forgotten(throttles: Throttles, clock: ManualClock) -> None:
    tries(throttles, WRONG, b"1", b"2")
    clock.advance(901)
    tries(throttles, WRONG, b"x", key=ELSEWHERE)
    # The entry is of the generation before, and is taken over.
    assert tries(throttles, WRONG, b"3", b"4") == [True, False]
    for _ in range(2):
        clock.advance(901)
        tries(throttles, WRONG, b"x", key=(b"bob", "203.0.113.9"))
    assert tries(throttles, WRONG, b"1", b"2", b"3", b"4") == [True, True, True, False]


def test_a_flood_of_names_fills_no_memory(
    throttles: Throttles, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_ENTRIES", 4)
    wrong = RecentlyWrong(clock=clock)
    tries(throttles, WRONG, b"1", b"2")
    wrong.remember(wrong_key(b"0"), FoundWrong(Reason.WRONG_PASSWORD))
    for number in range(5):
        tries(throttles, WRONG, b"x", key=(b"%d" % number, "203.0.113.9"))
        wrong.remember(wrong_key(b"%d" % (number + 1)), FoundWrong(Reason.WRONG_PASSWORD))
    # It is of the generation before the newest, and so is there still.
    assert tries(throttles, WRONG, b"3", b"4") == [True, False]
    assert wrong.found(wrong_key(b"0")) == FoundWrong(Reason.WRONG_PASSWORD)
    for number in range(10, 18):
        tries(throttles, WRONG, b"x", key=(b"%d" % number, "203.0.113.9"))
        wrong.remember(wrong_key(b"%d" % number), FoundWrong(Reason.WRONG_PASSWORD))
    assert tries(throttles, WRONG, b"1", b"2", b"3") == [True, True, True]
    assert wrong.found(wrong_key(b"0")) is None


def wrong_key(proof: bytes, epoch: int = 0, application: bytes = b"vpn") -> WrongKey:
    return KEY, epoch, application, proof


def test_a_wrong_password_is_known_for_ten_seconds_and_why(clock: ManualClock) -> None:
    wrong = RecentlyWrong(clock=clock)
    assert wrong.found(wrong_key(b"1")) is None
    wrong.remember(wrong_key(b"1"), FoundWrong(Reason.ACCOUNT_REFUSED))
    clock.advance(9.999)
    assert wrong.found(wrong_key(b"1")) == FoundWrong(Reason.ACCOUNT_REFUSED)
    clock.advance(0.001)
    assert wrong.found(wrong_key(b"1")) is None


@pytest.mark.parametrize("other", [wrong_key(b"2"), wrong_key(b"1", epoch=1), wrong_key(b"1", application=b"web")])
def test_another_password_epoch_or_application_was_not_wrong(clock: ManualClock, other: WrongKey) -> None:
    wrong = RecentlyWrong(clock=clock)
    wrong.remember(wrong_key(b"1"), FoundWrong(Reason.WRONG_PASSWORD))
    assert wrong.found(other) is None


def test_what_was_wrong_is_known_over_a_change_of_generations(clock: ManualClock) -> None:
    wrong = RecentlyWrong(clock=clock)
    wrong.remember(wrong_key(b"1"), FoundWrong(Reason.WRONG_PASSWORD))
    clock.advance(9)
    wrong.remember(wrong_key(b"2"), FoundWrong(Reason.WRONG_PASSWORD))
    clock.advance(2)
    wrong.remember(wrong_key(b"3"), FoundWrong(Reason.ACCOUNT_REFUSED))
    assert wrong.found(wrong_key(b"1")) is None
    assert wrong.found(wrong_key(b"2")) == FoundWrong(Reason.WRONG_PASSWORD)
    assert wrong.found(wrong_key(b"3")) == FoundWrong(Reason.ACCOUNT_REFUSED)
