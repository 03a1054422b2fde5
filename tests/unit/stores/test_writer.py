"""
The writer thread: groups form while it commits, everybody is told once and in order, and a disk that hangs denies.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.contract.folder import Folder, committed
from watchword.domain.configuration import Configuration
from watchword.domain.events import Activity
from watchword.domain.methods import Totp
from watchword.domain.users import Person
from watchword.ports.login import Committed, SpendStep, StoreAway, Unit
from watchword.ports.records import Changer, Reader
from watchword.stores import writer
from watchword.stores.committer import Committer

TAKEN, REFUSED, FAILED = Committed.TAKEN, Committed.REFUSED, Committed.FAILED


class Gate:
    """Holds the writer before its next group, and notes how large each was."""

    def __init__(self, folder: Folder) -> None:
        self.groups: list[int] = []
        self.threads: set[str] = set()
        self._may = threading.Event()
        self._may.set()
        self._arrived = threading.Event()
        self._commit = folder.store.ledger.committer.commit
        folder.store.ledger.committer.commit = self.commit  # type: ignore[method-assign]

    def commit(self, units: Any) -> list[Committed]:
        self.threads.add(threading.current_thread().name)
        self._arrived.set()
        assert self._may.wait(30)
        self.groups.append(len(units))
        return self._commit(units)

    def shut(self) -> None:
        self._may.clear()
        self._arrived.clear()

    async def reached(self) -> None:
        """Wait until the writer stands at the gate."""
        assert await asyncio.to_thread(self._arrived.wait, 30)

    def open(self) -> None:
        self._may.set()


@pytest.fixture
def gate(folder: Folder) -> Gate:
    return Gate(folder)


async def results_of(folder: Folder, units: list[Unit]) -> list[Committed]:
    return list(await asyncio.gather(*(committed(folder.store, unit) for unit in units)))


async def test_what_comes_while_it_commits_is_the_next_group(folder: Folder, gate: Gate) -> None:
    sizes: list[int] = []
    folder.store.on_group(sizes.append)
    folder.store.start(asyncio.get_running_loop())
    gate.shut()
    first = asyncio.gather(committed(folder.store, folder.unit()))
    await gate.reached()
    others = asyncio.gather(*(committed(folder.store, folder.unit()) for _ in range(writer.GROUP + 44)))
    await asyncio.to_thread(lambda: None)
    assert folder.store.ledger.waiting == writer.GROUP + 45

    gate.open()

    assert {*await first, *await others} == {TAKEN}
    assert gate.groups == sizes == [1, writer.GROUP, 44]
    assert gate.threads == {"watchword-writer"}
    assert folder.store.ledger.waiting == 0


async def test_everybody_is_told_on_the_loop_in_order_and_once(folder: Folder) -> None:
    folder.store.start(asyncio.get_running_loop())
    told: list[tuple[int, Committed, str]] = []
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(number: int) -> Callable[[Committed], None]:
        def tell(result: Committed) -> None:
            told.append((number, result, threading.current_thread().name))
            if number == 99:
                over.set_result(None)

        return tell

    for number in range(100):
        folder.store.ledger.commit(folder.unit(), done(number))
    assert told == []
    await over

    name = threading.current_thread().name
    assert told == [(number, TAKEN, name) for number in range(100)]


async def test_a_change_stands_in_the_queue_like_everybody(folder: Folder, gate: Gate) -> None:
    folder.store.start(asyncio.get_running_loop())
    gate.shut()
    waiting: list[Awaitable[Any]] = []
    for number in range(4):
        done: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        folder.store.ledger.commit(folder.unit(), done.set_result)
        waiting.append(done)
        if number == 1:
            await gate.reached()
            waiting.append(folder.store.records.change(lambda changer: changer.audit(folder.audit())))
    gate.open()
    await asyncio.gather(*waiting)

    assert folder.sql("SELECT position FROM audit") == [(3,)]


async def test_whoever_is_told_reads_what_was_committed(folder: Folder) -> None:
    user = folder.user()
    method = folder.totp(user)
    folder.store.start(asyncio.get_running_loop())
    folder.load(user)
    seen: list[tuple[Committed, int]] = []
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def done(result: Committed) -> None:
        (token,) = [method.detail for method in folder.load(user).methods]
        assert isinstance(token, Totp)
        seen.append((result, token.last_step))
        if len(seen) == 3:
            over.set_result(None)

    for step in (5, 4, 6):
        folder.store.ledger.commit(folder.unit(SpendStep(method=method, step=step, drift=0)), done)
    await over

    assert [result for result, _ in seen] == [TAKEN, REFUSED, TAKEN]
    assert all(step >= (5 if result is TAKEN else 0) for result, step in seen)
    assert seen[-1] == (TAKEN, 6)


async def test_a_waiter_that_fails_is_not_its_neighbours_business(folder: Folder) -> None:
    loop = asyncio.get_running_loop()
    faults: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: faults.append(context))
    folder.store.start(loop)

    def follower(_: Activity) -> None:
        raise RuntimeError("a follower's bug")

    def waiter(_: Committed) -> None:
        raise RuntimeError("a waiter's bug")

    folder.store.records.follow(follower)
    folder.store.ledger.commit(folder.unit(), waiter)

    assert await committed(folder.store, folder.unit()) is TAKEN
    assert {str(fault["exception"]) for fault in faults} == {"a follower's bug", "a waiter's bug"}


async def test_more_than_may_wait_is_denied_at_once(
    folder: Folder, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "WAITING", 10)
    folder.store.start(asyncio.get_running_loop())
    gate.shut()
    waiting = [committed(folder.store, folder.unit()) for _ in range(10)]
    tasks = asyncio.gather(*waiting)
    await gate.reached()
    denied: list[Committed] = []
    for _ in range(5):
        folder.store.ledger.commit(folder.unit(), denied.append)
    assert denied == [FAILED] * 5

    gate.open()

    assert set(await tasks) == {TAKEN}
    assert await committed(folder.store, folder.unit()) is TAKEN
    assert folder.sql("SELECT count(*) FROM activity") == [(11,)]


async def test_closing_finishes_and_answers_what_was_asked_for(folder: Folder) -> None:
    folder.store.start(asyncio.get_running_loop())
    results: list[Committed] = []
    for _ in range(600):
        folder.store.ledger.commit(folder.unit(), results.append)
    change = folder.store.records.change(lambda changer: changer.audit(folder.audit()))

    folder.store.close()

    assert results == [TAKEN] * 600
    await change
    folder.store.ledger.commit(folder.unit(), results.append)
    assert results[-1] is FAILED
    with pytest.raises(StoreAway, match="closed"):
        await folder.store.records.change(lambda _: None)
    folder.store = folder.opened()
    assert folder.verify().rows == 601


async def test_a_disk_that_hangs_denies_and_is_good_again_afterwards(folder: Folder, gate: Gate) -> None:
    loop = asyncio.get_running_loop()
    user = folder.user()
    method = folder.totp(user)
    folder.store.start(loop)
    timers: list[Callable[[], None]] = []
    hold = loop.call_later

    def call_later(delay: float, callback: Callable[..., Any], *args: Any) -> Any:
        if delay == writer.STUCK_SECONDS:
            timers.append(lambda: callback(*args))
            return None
        return hold(delay, callback, *args)

    loop.call_later = call_later  # type: ignore[method-assign,assignment]
    gate.shut()
    results: list[Committed] = []
    unit = folder.unit(SpendStep(method=method, step=5, drift=0))
    folder.store.ledger.commit(unit, results.append)
    change = folder.store.records.change(lambda changer: changer.bump_epoch(user))
    await gate.reached()
    folder.load(user)

    timers.pop()()

    assert results == [FAILED]
    with pytest.raises(StoreAway, match="does not answer"):
        await change
    gate.open()
    assert await committed(folder.store, folder.unit(SpendStep(method=method, step=5, drift=0))) is REFUSED
    assert results == [FAILED]
    person = folder.load(user)
    (token,) = [method.detail for method in person.methods]
    assert isinstance(token, Totp)
    assert (token.last_step, person.user.epoch) == (5, 2)
    # The watch goes on as long as anything waits, and denies nothing that moves.
    gate.shut()
    slow = asyncio.gather(committed(folder.store, folder.unit()))
    await gate.reached()
    timers.pop()()
    gate.open()
    assert set(await slow) == {TAKEN}


async def test_a_watch_without_anybody_waiting_ends(folder: Folder) -> None:
    loop = asyncio.get_running_loop()
    timers: list[Callable[[], None]] = []
    loop.call_later = lambda _, callback, *args: timers.append(lambda: callback(*args))  # type: ignore[method-assign,assignment]
    folder.store.start(loop)
    assert await committed(folder.store, folder.unit()) is TAKEN
    assert len(timers) == 1

    timers.pop()()

    assert timers == []
    assert await committed(folder.store, folder.unit()) is TAKEN
    assert len(timers) == 1


# --- administration on the loop


async def test_use_cases_run_off_the_loop_and_are_awaited(folder: Folder) -> None:
    folder.user()
    folder.store.start(asyncio.get_running_loop())
    here = threading.current_thread().name

    def read(reader: Reader) -> tuple[str, object]:
        return threading.current_thread().name, reader.resolve("alice")

    def change(changer: Changer) -> str:
        changer.set_setting("lock.failures", 4)
        return threading.current_thread().name

    told: list[tuple[str, Configuration]] = []
    folder.store.records.on_configuration(lambda new: told.append((threading.current_thread().name, new)))
    reading, found = await folder.store.records.read(read)
    changing = await folder.store.records.change(change)

    assert reading.startswith("watchword-reader")
    assert changing == "watchword-writer"
    assert isinstance(found, Person)
    assert [(name, new.settings.lock.failures) for name, new in told] == [(here, 4)]
    assert (await folder.store.upkeep.verify_chain()).whole


async def test_what_a_use_case_raises_comes_back(folder: Folder) -> None:
    folder.store.start(asyncio.get_running_loop())

    def fail(_: object) -> None:
        raise LookupError("not today")

    with pytest.raises(LookupError, match="not today"):
        await folder.store.records.change(fail)
    with pytest.raises(LookupError, match="not today"):
        await folder.store.records.read(fail)
    assert await committed(folder.store, folder.unit()) is TAKEN


async def test_a_change_that_nobody_waits_for_any_more_is_made_all_the_same(folder: Folder, gate: Gate) -> None:
    user = folder.user()
    folder.store.start(asyncio.get_running_loop())
    gate.shut()
    unit = asyncio.gather(committed(folder.store, folder.unit()))
    await gate.reached()
    change = folder.store.records.change(lambda changer: changer.bump_epoch(user))
    assert isinstance(change, asyncio.Future)
    change.cancel()
    gate.open()
    await unit
    await folder.store.records.change(lambda _: None)

    assert folder.load(user).user.epoch == 1


async def test_readers_see_one_state_and_write_nothing(folder: Folder) -> None:
    folder.store.start(asyncio.get_running_loop())
    readers = folder.store.records.readers

    def write() -> None:
        readers.run(lambda connection: connection.execute("DELETE FROM users"))

    with pytest.raises(StoreAway, match="readonly"):
        await asyncio.to_thread(write)


async def test_a_thread_that_meets_a_bug_of_its_own_goes_on(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.store.start(asyncio.get_running_loop())
    broken = Committer.commit

    def bug(*_: object) -> list[Committed]:
        raise AssertionError("a bug")

    monkeypatch.setattr(Committer, "commit", bug)
    assert await committed(folder.store, folder.unit()) is FAILED
    monkeypatch.setattr(Committer, "commit", broken)
    assert await committed(folder.store, folder.unit()) is TAKEN


async def test_a_walk_along_the_chain_holds_up_nobody_who_closes(folder: Folder) -> None:
    folder.commit()
    folder.store.start(asyncio.get_running_loop())
    looked, closing = threading.Event(), threading.Event()
    readers = folder.store.records.readers

    def walk() -> None:
        while True:
            readers.run(lambda connection: connection.execute("SELECT 1"))
            looked.set()
            assert closing.wait(30)

    walking = folder.store.records.examine(walk)
    await asyncio.to_thread(looked.wait, 30)
    asyncio.get_running_loop().run_in_executor(None, closing.set)

    folder.store.close()

    with pytest.raises(StoreAway, match="closed"):
        await walking
