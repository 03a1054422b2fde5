"""
LoginCache: entries until their deadlines, by user, and never more than fit.
"""

import pytest

from tests.fakes.changes import replace
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId
from watchword.domain.caching import CacheEntry, CacheKey, RuleId
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId
from watchword.kit.clock import NANOSECONDS, ManualClock
from watchword.stores.memory import MemoryLoginCache

ALICE, BOB = UserId(bytes(15) + b"A"), UserId(bytes(15) + b"B")


def key(user: UserId = ALICE, address: str | None = None) -> CacheKey:
    return CacheKey(DEFAULT_GROUP, user, RuleId(bytes(16)), None, ApplicationId(bytes(16)), address)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> MemoryLoginCache:
    return MemoryLoginCache(clock, entries=3)


def entry(clock: ManualClock, seconds: float = 60) -> CacheEntry:
    return CacheEntry(
        rule_version=1,
        application_version=2,
        proof=b"p" * 32,
        epoch=3,
        created_at=clock.now(),
        expires_at=clock.now() + int(seconds * 1_000_000),
        deadline=clock.monotonic() + int(seconds * NANOSECONDS),
        origin=ActivityId(bytes(16)),
    )


def found(cache: MemoryLoginCache, wanted: CacheKey) -> CacheEntry | None:
    answers: list[CacheEntry | None] = []
    cache.find(wanted, answers.append)
    (answer,) = answers
    return answer


def test_an_entry_is_found_by_its_whole_key_until_its_deadline(cache: MemoryLoginCache, clock: ManualClock) -> None:
    kept = entry(clock)
    cache.put(key(), kept)

    assert found(cache, key()) == kept
    assert found(cache, key(BOB)) is None
    assert found(cache, key(address="192.0.2.1")) is None
    clock.advance(59.9)
    assert found(cache, key()) == kept
    clock.step(-86_400)
    clock.advance(0.1)
    assert found(cache, key()) is None
    assert cache.listed() == []


def test_uses_are_counted_and_extend_nothing(cache: MemoryLoginCache, clock: ManualClock) -> None:
    kept = entry(clock)
    cache.put(key(), kept)
    for _ in range(3):
        cache.hit(key())
    cache.hit(key(BOB))

    (listed,) = cache.listed()
    assert (listed.key, listed.entry, listed.hits) == (key(), kept, 3)
    clock.advance(60)
    assert cache.listed() == []


def test_a_later_success_replaces_an_entry_and_outlives_it(cache: MemoryLoginCache, clock: ManualClock) -> None:
    cache.put(key(), entry(clock, 10))
    later = replace(entry(clock, 60), epoch=4)
    cache.put(key(), later)
    clock.advance(10)
    cache.put(key(BOB), entry(clock))

    assert found(cache, key()) == later
    assert [listed.hits for listed in cache.listed()] == [0, 0]


def test_entries_are_purged_by_user_or_all(cache: MemoryLoginCache, clock: ManualClock) -> None:
    for wanted in (key(), key(address="192.0.2.1"), key(BOB)):
        cache.put(wanted, entry(clock))

    assert cache.purge(ALICE) == 2
    assert cache.purge(ALICE) == 0
    assert [listed.key for listed in cache.listed()] == [key(BOB)]
    cache.put(key(), entry(clock))
    assert cache.purge(None) == 2
    assert cache.listed() == []


def test_what_ended_is_not_counted_as_purged(cache: MemoryLoginCache, clock: ManualClock) -> None:
    cache.put(key(), entry(clock, 1))
    clock.advance(1)

    assert cache.purge(ALICE) == 0


def test_what_ends_first_makes_room(cache: MemoryLoginCache, clock: ManualClock) -> None:
    for number, seconds in enumerate((60, 10, 30, 20)):
        cache.put(key(address=str(number)), entry(clock, seconds))

    assert [listed.key.address for listed in cache.listed()] == ["0", "2", "3"]


def test_replaced_entries_take_no_room(clock: ManualClock) -> None:
    cache = MemoryLoginCache(clock, entries=100)
    for number in range(10_000):
        cache.put(key(), replace(entry(clock), epoch=number))

    (listed,) = cache.listed()
    assert listed.entry.epoch == 9_999
    assert cache.remembered <= 300
