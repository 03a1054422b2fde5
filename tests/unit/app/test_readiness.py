import pytest

from tests.fakes.memory_store import MemoryStore
from watchword.app.readiness import WatchedLedger
from watchword.ports.login import Committed, SpendState, Unit

UNIT = Unit(writes=(), activity=())
REFUSED = Unit(writes=(SpendState(digest=b"unknown"),), activity=())


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def watched(store: MemoryStore) -> WatchedLedger:
    return WatchedLedger(store)


def test_whoever_commits_is_told_what_became_of_it(store: MemoryStore, watched: WatchedLedger) -> None:
    told: list[Committed] = []
    watched.commit(UNIT, told.append)
    watched.commit(REFUSED, told.append)
    store.broken = True
    watched.commit(UNIT, told.append)
    assert told == [Committed.TAKEN, Committed.REFUSED, Committed.FAILED]
    assert store.committed == [UNIT]


def test_only_a_commit_that_failed_says_that_nothing_can_be_written(store: MemoryStore, watched: WatchedLedger) -> None:
    assert watched.can_write()
    watched.commit(REFUSED, lambda _: None)
    assert watched.can_write()
    store.broken = True
    seen: list[bool] = []
    watched.commit(UNIT, lambda _: seen.append(watched.can_write()))
    assert seen == [False]
    store.broken = False
    watched.commit(UNIT, lambda _: None)
    assert watched.can_write()


def test_it_is_tried_again_only_where_it_failed_and_once_at_a_time(store: MemoryStore, watched: WatchedLedger) -> None:
    watched.try_again()
    assert not store.committed
    store.broken = True
    watched.commit(UNIT, lambda _: None)
    store.hold = True
    watched.try_again()
    watched.try_again()
    assert len(store.queue) == 1
    store.run()
    assert not watched.can_write()
    store.broken = False
    watched.try_again()
    store.run()
    assert watched.can_write()
    watched.try_again()
    assert not store.queue
