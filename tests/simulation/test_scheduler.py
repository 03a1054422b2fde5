"""
The loops and the network of the simulation keep what asyncio and TCP promise, and leave open what they leave open.
"""

import asyncio
from collections.abc import Callable

import pytest

from tests.simulation.network import Network
from tests.simulation.scheduler import SECOND, Scheduler


class Ear(asyncio.Protocol):
    """Notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.lost: list[Exception | None] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)


class Pair:
    """Two hosts, connected."""

    def __init__(self, seed: int) -> None:
        self.scheduler = Scheduler(seed)
        self.network = Network(self.scheduler)
        self.here, self.there = self.scheduler.loop("here"), self.scheduler.loop("there")
        self.ears: list[Ear] = []
        self.network.listen(self.there, self.ear)
        self.answer = self.here.within(lambda: self.network.dial(self.here, "there", self.ear))
        self.run(1)

    def ear(self) -> Ear:
        self.ears.append(Ear())
        return self.ears[-1]

    def run(self, seconds: float) -> None:
        self.scheduler.run(self.scheduler.now + round(seconds * SECOND))

    @property
    def mine(self) -> asyncio.Transport:
        transport, _ = self.answer.result()
        return transport

    @property
    def heard(self) -> bytes:
        return b"".join(self.ears[0].heard)


def noted(told: list[str], word: str) -> Callable[[], None]:
    return lambda: told.append(word)


def test_time_jumps_to_what_was_put_off() -> None:
    scheduler = Scheduler(1)
    loop, told = scheduler.loop("one"), list[float]()
    loop.call_later(3_600, lambda: told.append(loop.time()))
    cancelled = loop.call_later(1, lambda: told.append(0))
    cancelled.cancel()

    scheduler.run(7_200 * SECOND)

    assert told == [3_600]
    assert scheduler.now == 7_200 * SECOND


@pytest.mark.parametrize("seed", range(8))
def test_one_process_keeps_its_order(seed: int) -> None:
    scheduler = Scheduler(seed)
    one, other, told = scheduler.loop("one"), scheduler.loop("other"), list[str]()
    for number in range(8):
        one.call_soon(noted(told, f"one {number}"))
        other.call_soon(noted(told, f"other {number}"))

    scheduler.run(0)

    for name in ("one", "other"):
        assert [word for word in told if word.startswith(name)] == [f"{name} {number}" for number in range(8)]


def test_processes_interleave_as_the_seed_has_it() -> None:
    orders = set()
    for seed in range(20):
        scheduler = Scheduler(seed)
        told: list[str] = []
        for name in ("one", "other"):
            scheduler.loop(name).call_soon(noted(told, name))
        scheduler.run(0)
        orders.add(tuple(told))

    assert orders == {("one", "other"), ("other", "one")}


def test_a_frozen_process_does_later_what_it_would_have_done() -> None:
    scheduler = Scheduler(1)
    loop, told = scheduler.loop("one"), list[str]()
    loop.frozen = True
    loop.call_later(1, noted(told, "late"))
    scheduler.run(5 * SECOND)
    assert told == []

    loop.frozen = False
    scheduler.run(5 * SECOND)

    assert told == ["late"]


def test_a_killed_process_does_nothing_any_more() -> None:
    scheduler = Scheduler(1)
    loop, told = scheduler.loop("one"), list[str]()
    loop.call_soon(noted(told, "soon"))
    loop.call_later(1, noted(told, "later"))
    loop.die()
    loop.call_soon(noted(told, "afterwards"))

    scheduler.run(5 * SECOND)

    assert told == []


@pytest.mark.parametrize("seed", range(8))
def test_what_is_written_arrives_whole_and_in_order(seed: int) -> None:
    pair = Pair(seed)
    written = [bytes((number,)) * 9 for number in range(50)]
    for octets in written:
        pair.mine.write(octets)
        pair.run(0.001)
    pair.run(1)

    assert pair.heard == b"".join(written)


def test_what_a_cut_way_holds_up_arrives_once_it_is_mended() -> None:
    pair = Pair(1)
    pair.network.cut("here", "there")
    pair.mine.write(b"held up")
    pair.run(60)
    assert pair.heard == b""

    pair.network.mend("here", "there")
    pair.run(2)

    assert pair.heard == b"held up"


def test_a_killed_process_is_missed_at_once_and_one_without_power_is_not() -> None:
    for power, lost in ((False, 1), (True, 0)):
        pair = Pair(2)
        if power:
            pair.network.power_off("there")
        pair.there.die()
        pair.network.killed(pair.there)
        pair.run(60)

        assert len(pair.ears[1].lost) == lost


def test_whoever_did_not_learn_of_a_broken_connection_learns_when_he_writes() -> None:
    pair = Pair(3)
    pair.network.break_connections("there", "here", quietly=True)
    pair.run(60)
    assert [len(ear.lost) for ear in pair.ears] == [1, 0]

    pair.mine.write(b"is anybody there")
    pair.run(1)

    assert [len(ear.lost) for ear in pair.ears] == [1, 1]
