import pytest

from watchword.app.verify.turns import MOST_QUEUED, Turns
from watchword.domain.users import UserId

ALICE, BOB = UserId(b"alice"), UserId(b"bob")


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def ran() -> list[str]:
    return []


def test_whoever_comes_first_runs_at_once_and_the_next_after_him(turns: Turns, ran: list[str]) -> None:
    for name in ("a", "b", "c"):
        assert turns.take(ALICE, lambda name=name: ran.append(name))  # type: ignore[misc]
    assert ran == ["a"]
    turns.give(ALICE)
    assert ran == ["a", "b"]
    turns.give(ALICE)
    assert ran == ["a", "b", "c"]
    turns.give(ALICE)
    turns.take(ALICE, lambda: ran.append("d"))
    assert ran == ["a", "b", "c", "d"]


def test_nobody_waits_for_another_user(turns: Turns, ran: list[str]) -> None:
    turns.take(ALICE, lambda: ran.append("a"))
    turns.take(BOB, lambda: ran.append("b"))
    assert ran == ["a", "b"]
    turns.give(BOB)
    turns.take(ALICE, lambda: ran.append("c"))
    assert ran == ["a", "b"]


def test_a_turn_may_be_given_back_at_once(turns: Turns, ran: list[str]) -> None:
    def quick() -> None:
        ran.append("quick")
        turns.give(ALICE)

    turns.take(ALICE, quick)
    turns.take(ALICE, quick)
    assert ran == ["quick", "quick"]


def test_whoever_takes_a_turn_in_his_own_waits_for_it(turns: Turns, ran: list[str]) -> None:
    def nested() -> None:
        turns.take(ALICE, lambda: ran.append("inner"))
        ran.append("outer")

    turns.take(ALICE, nested)
    assert ran == ["outer"]
    turns.give(ALICE)
    assert ran == ["outer", "inner"]


def test_so_many_may_wait_and_a_release_always(turns: Turns, ran: list[str]) -> None:
    turns.take(ALICE, lambda: None)
    assert all(turns.take(ALICE, lambda: ran.append("queued")) for _ in range(MOST_QUEUED))
    assert not turns.take(ALICE, lambda: ran.append("never"))
    assert turns.take(ALICE, lambda: ran.append("release"), most=None)
    assert not turns.take(ALICE, lambda: ran.append("never"))
    assert turns.take(BOB, lambda: ran.append("bob"))
    for _ in range(MOST_QUEUED + 1):
        turns.give(ALICE)
    assert ran == ["bob"] + ["queued"] * MOST_QUEUED + ["release"]


def test_a_long_queue_of_quick_decisions_does_not_end_the_stack(turns: Turns, ran: list[str]) -> None:
    def quick() -> None:
        ran.append("quick")
        turns.give(ALICE)

    turns.take(ALICE, lambda: None)
    for _ in range(100_000):
        turns.take(ALICE, quick, most=None)
    turns.give(ALICE)
    assert len(ran) == 100_000
    turns.take(ALICE, lambda: ran.append("free"))
    assert ran[-1] == "free"


def test_a_slow_one_among_quick_ones_is_waited_for(turns: Turns, ran: list[str]) -> None:
    def quick() -> None:
        ran.append("quick")
        turns.give(ALICE)

    turns.take(ALICE, lambda: None)
    for run in (quick, lambda: ran.append("slow"), quick, quick):
        turns.take(ALICE, run)
    turns.give(ALICE)
    assert ran == ["quick", "slow"]
    turns.give(ALICE)
    assert ran == ["quick", "slow", "quick", "quick"]
    assert turns.take(ALICE, lambda: ran.append("free"))
    assert ran[-1] == "free"


def test_one_that_raises_after_it_gave_its_turn_back_keeps_it_from_nobody(turns: Turns, ran: list[str]) -> None:
    def broken() -> None:
        turns.give(ALICE)
        raise RuntimeError

    turns.take(ALICE, lambda: None)
    turns.take(ALICE, broken)
    turns.take(ALICE, lambda: ran.append("next"))
    with pytest.raises(RuntimeError):
        turns.give(ALICE)
    assert ran == ["next"]


def test_one_that_raises_before_still_holds_it(turns: Turns, ran: list[str]) -> None:
    def broken() -> None:
        raise RuntimeError

    turns.take(ALICE, lambda: None)
    turns.take(ALICE, broken)
    turns.take(ALICE, lambda: ran.append("next"))
    with pytest.raises(RuntimeError):
        turns.give(ALICE)
    assert not ran
    turns.give(ALICE)
    assert ran == ["next"]
