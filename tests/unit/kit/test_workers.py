"""
A bounded number of threads, whose results arrive when the test fetches them.
"""

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from watchword.kit.workers import Workers


class Bench:
    """Two threads, two places to wait, and a gate that work can be kept at."""

    def __init__(self) -> None:
        self.arrived: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.faults: list[tuple[str, str]] = []
        self.gate = threading.Event()
        self.begun: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.results: list[object] = []
        self.workers = Workers(name="test", threads=2, waiting=2, wake=self.arrived.put, fault=self.fault)

    def fault(self, where: str) -> None:
        self.faults.append((where, threading.current_thread().name))

    def full(self) -> bool:
        return self.workers.full

    def keep(self, name: str) -> Callable[[], None]:
        """Submit work that says that it has begun and then waits for the gate."""

        def work() -> str:
            self.begun.put(name)
            self.gate.wait(30)
            return name

        return self.workers.submit(work, self.results.append)

    def settle(self, count: int) -> None:
        """Let results arrive."""
        for _ in range(count):
            self.arrived.get(timeout=30)()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.gate.set()
    bench.workers.close()


def test_work_is_done_on_a_thread_and_its_result_arrives_on_the_loops(bench: Bench) -> None:
    done_on: list[str] = []
    bench.workers.submit(lambda: threading.current_thread().name, lambda name: done_on.append(str(name)))
    assert done_on == []

    bench.settle(1)
    assert done_on == ["test-1"]
    assert threading.current_thread().name not in done_on


def test_no_more_than_its_threads_run_at_once_and_no_more_than_its_places_wait(bench: Bench) -> None:
    for name in "abcd":
        bench.keep(name)
    assert {bench.begun.get(timeout=30), bench.begun.get(timeout=30)} == {"a", "b"}
    assert bench.begun.empty()
    assert bench.full()

    bench.keep("over")
    assert bench.results == [None]

    bench.gate.set()
    bench.settle(4)
    assert sorted(str(result) for result in bench.results[1:]) == ["a", "b", "c", "d"]
    assert not bench.full()


def test_what_waited_is_done_in_order(bench: Bench) -> None:
    for name in "abcd":
        bench.keep(name)
    bench.gate.set()
    bench.settle(4)

    begun = [bench.begun.get(timeout=30) for _ in range(4)]
    assert set(begun[:2]) == {"a", "b"}


def test_threads_are_used_again(bench: Bench) -> None:
    names: list[object] = []
    for _ in range(5):
        bench.workers.submit(lambda: threading.current_thread().name, names.append)
        bench.settle(1)

    assert set(names) <= {"test-1", "test-2"}


def test_work_that_raises_is_reported_and_answered_with_nothing(bench: Bench) -> None:
    def work() -> str:
        raise LookupError

    bench.workers.submit(work, bench.results.append)
    bench.settle(1)
    assert bench.results == [None]
    assert bench.faults == [("worker", "test-1")]

    bench.workers.submit(lambda: "still there", bench.results.append)
    bench.settle(1)
    assert bench.results == [None, "still there"]


def test_what_is_called_off_while_it_waits_is_not_done_and_frees_its_place(bench: Bench) -> None:
    bench.keep("a")
    bench.keep("b")
    bench.begun.get(timeout=30)
    bench.begun.get(timeout=30)
    call_off = bench.keep("c")
    bench.keep("d")
    call_off()
    call_off()
    assert not bench.full()
    bench.keep("e")
    assert bench.full()

    bench.gate.set()
    bench.settle(4)
    assert sorted(str(result) for result in bench.results) == ["a", "b", "d", "e"]


def test_what_is_called_off_while_it_runs_is_not_answered(bench: Bench) -> None:
    call_off = bench.keep("a")
    bench.begun.get(timeout=30)
    call_off()
    bench.gate.set()
    bench.settle(1)

    assert bench.results == []
    assert not bench.full()


def test_calling_off_what_was_answered_changes_nothing(bench: Bench) -> None:
    call_off = bench.workers.submit(lambda: 1, bench.results.append)
    bench.settle(1)
    call_off()

    for name in "abcd":
        bench.keep(name)
    assert bench.full()


def test_closing_answers_what_waits_and_takes_nothing_more(bench: Bench) -> None:
    for name in "abcd":
        bench.keep(name)
    bench.begun.get(timeout=30)
    bench.begun.get(timeout=30)
    bench.workers.close()
    assert bench.results == [None, None]

    bench.workers.submit(lambda: 1, bench.results.append)
    assert bench.results == [None, None, None]

    bench.gate.set()
    bench.settle(2)
    assert sorted(str(result) for result in bench.results[3:]) == ["a", "b"]


def test_a_loop_that_has_ended_costs_no_thread() -> None:
    woken = threading.Event()

    def wake(_: Callable[[], None]) -> None:
        woken.set()
        raise RuntimeError("Event loop is closed")

    workers = Workers(name="orphan", threads=1, waiting=1, wake=wake, fault=lambda _: None)
    done = threading.Event()
    workers.submit(lambda: 1, lambda _: None)
    assert woken.wait(30)
    workers.submit(done.set, lambda _: None)
    assert done.wait(30)
    workers.close()
