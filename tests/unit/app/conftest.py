"""
An office for each test: administration on a store of its own, which does everything at once and in this thread.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.office import Office
from watchword.kit.clock import ManualClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import SeededRandomness
from watchword.stores.sqlite import SqliteStore

#: Nothing here is about the disk: where there is a file system in memory a store opens five times as fast.
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of its own is made there


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return the office's data folder."""
    with tempfile.TemporaryDirectory(prefix="watchword-", dir=MEMORY if MEMORY.is_dir() else None) as made:
        yield Path(made) / "data"


@pytest.fixture
def office(folder: Path) -> Iterator[Office]:
    """Return the office."""
    clock = ManualClock()
    store = SqliteStore.open(folder, clock=clock, randomness=SeededRandomness(1))
    try:
        identifiers = Identifiers(clock=clock, randomness=SeededRandomness(2))
        yield Office(store.records, store.upkeep, ledger=store.ledger, clock=clock, identifiers=identifiers)
    finally:
        store.close()
