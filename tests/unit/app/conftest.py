"""
An office for each test: administration on a store of its own, which does everything at once and in this thread.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.office import Office
from watchword.kit.clock import ManualClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import SeededRandomness
from watchword.stores.sqlite import SqliteStore


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock = ManualClock()
    store = SqliteStore.open(tmp_path / "data", clock=clock, randomness=SeededRandomness(1))
    try:
        identifiers = Identifiers(clock=clock, randomness=SeededRandomness(2))
        yield Office(store.records, store.upkeep, ledger=store.ledger, clock=clock, identifiers=identifiers)
    finally:
        store.close()
