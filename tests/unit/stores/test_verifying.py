"""
The chain: whoever changes, adds, moves or removes a row is found, and so is whoever cuts off its end.
"""
# ruff: noqa: S608 - what is put into statements is the name of one of two tables.

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.folder import Folder, value_of
from watchword.domain.verification import Reason
from watchword.kit.clock import MICROSECONDS
from watchword.ports.login import Committed, StoreAway
from watchword.ports.upkeep import ChainVerdict
from watchword.stores import chain
from watchword.stores.sqlite import SqliteStore
from watchword.stores.verifying import Begun, Walk, verify

ROWS = 12


@pytest.fixture
def written(folder: Folder) -> Folder:
    """Write rows of both kinds, in several groups."""
    for number in range(ROWS // 3):
        detail = str(number)
        folder.commit(activity=(folder.row(detail=detail), folder.row(detail=detail)), audit=(folder.audit(),))
    verdict = folder.verify()
    assert (verdict.whole, verdict.rows, verdict.fault) == (True, ROWS, "")
    return folder


def test_the_digest_is_what_the_page_says() -> None:
    origin, body = b"o" * 16, b"body"
    first = hashlib.sha256(b"watchword chain" + origin).digest()

    assert chain.first_digest(origin) == first
    expected = hashlib.sha256(first + b"\x02" + (7).to_bytes(8, "big") + body).digest()
    assert chain.link(first, chain.Kind.AUDIT, chain.position(chain.LOCAL, 7), body) == expected


@given(st.integers(0, 2**15 - 1), st.integers(0, 2**48 - 1))
def test_positions_keep_chains_apart_and_sequences_in_order(number: int, sequence: int) -> None:
    place = chain.position(number, sequence)

    assert chain.sequence_of(place) == sequence
    assert 0 <= place < 2**63
    assert place < chain.position(number, sequence + 1) <= chain.position(number + 1, 0)


def test_a_reader_of_the_page_can_prove_the_chain(written: Folder) -> None:
    """What the module says is enough to walk the chain with nothing but a hash."""
    ((origin, sequence, head),) = written.sql("SELECT origin, sequence, digest FROM chains")
    digest = hashlib.sha256(b"watchword chain" + origin).digest()
    rows = written.sql(
        "SELECT position, 1, body FROM activity UNION ALL SELECT position, 2, body FROM audit ORDER BY 1"
    )
    for position, table, body in rows:
        digest = hashlib.sha256(digest + bytes([table]) + position.to_bytes(8, "big") + body).digest()
        assert msgspec.msgpack.encode(msgspec.msgpack.decode(body)) == body
    assert (rows[-1][0], digest) == (sequence, head)


def changed_body(folder: Folder, table: str, position: int) -> None:
    """Let a row say something else, in a body that can be read."""
    ((body,),) = folder.sql(f"SELECT body FROM {table} WHERE position = ?", position)
    fields = msgspec.msgpack.decode(body)
    fields[5] = Reason.PUSH.value if table == "activity" else "another"
    folder.sql(f"UPDATE {table} SET body = ? WHERE position = ?", msgspec.msgpack.encode(fields), position)


def places(folder: Folder) -> list[tuple[str, int]]:
    found = folder.sql("SELECT 'activity', position FROM activity UNION ALL SELECT 'audit', position FROM audit")
    return sorted(found, key=lambda row: row[1])


@pytest.mark.parametrize("number", range(ROWS))
def test_whatever_is_done_to_a_row_is_found(written: Folder, number: int) -> None:
    table, position = places(written)[number]
    before = written.sql(f"SELECT position, digest, id, body FROM {table} WHERE position = ?", position)[0]
    changes: dict[str, Callable[[], object]] = {
        "body": lambda: changed_body(written, table, position),
        "digest": lambda: written.sql(f"UPDATE {table} SET digest = randomblob(32) WHERE position = ?", position),
        "identifier": lambda: written.sql(f"UPDATE {table} SET id = randomblob(16) WHERE position = ?", position),
        "garbage": lambda: written.sql(f"UPDATE {table} SET body = x'c1' WHERE position = ?", position),
        "removed": lambda: None,
        "moved": lambda: written.sql(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", position + 10_000, *before[1:]),
    }
    for name, change in changes.items():
        if name in ("removed", "moved"):
            written.sql(f"DELETE FROM {table} WHERE position = ?", position)
        change()
        verdict = written.verify()
        assert not verdict.whole, name
        assert verdict.fault.isprintable()
        written.sql(f"DELETE FROM {table} WHERE position IN (?, ?)", position, position + 10_000)
        written.sql(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", *before)
    assert written.verify().whole


def test_rows_that_change_places_are_found(written: Folder) -> None:
    written.sql("UPDATE activity SET position = 1000 WHERE position = 1")
    written.sql("UPDATE activity SET position = 1 WHERE position = 2")
    written.sql("UPDATE activity SET position = 2 WHERE position = 1000")

    assert written.verify().fault == "row 1 was changed, or stands in another's place"


def test_a_row_that_changes_its_table_is_found(written: Folder) -> None:
    written.sql("INSERT INTO audit SELECT * FROM activity WHERE position = 1")
    written.sql("DELETE FROM activity WHERE position = 1")

    assert not written.verify().whole


def test_a_row_that_was_added_is_found(written: Folder) -> None:
    written.sql(
        "INSERT INTO activity SELECT ?, randomblob(32), randomblob(16), body FROM activity WHERE position = 1",
        ROWS + 1,
    )

    assert not written.verify().whole


@pytest.mark.parametrize("number", range(1, ROWS + 1))
def test_an_end_that_was_cut_off_is_found(written: Folder, number: int) -> None:
    for table in ("activity", "audit"):
        written.sql(f"DELETE FROM {table} WHERE position > ?", ROWS - number)

    assert written.verify().fault == (
        f"rows are missing at the end: the last is {ROWS - number}, and {ROWS} were written"
    )


def recompute(folder: Folder) -> None:
    """Count every digest anew, as whoever holds the database alone would, and set the head to the last."""
    ((origin,),) = folder.sql("SELECT origin FROM chains")
    digest, last = chain.first_digest(origin), 0
    for table, position in places(folder):
        ((body,),) = folder.sql(f"SELECT body FROM {table} WHERE position = ?", position)
        digest = chain.link(digest, 1 if table == "activity" else 2, position, body)
        folder.sql(f"UPDATE {table} SET digest = ? WHERE position = ?", digest, position)
        last = position
    folder.sql("UPDATE chains SET sequence = ?, digest = ?", last, digest)


def test_whoever_counts_the_chain_anew_lacks_the_key(written: Folder) -> None:
    changed_body(written, "activity", 2)
    recompute(written)

    assert not written.verify().whole
    verdict = verify(written.store.records.readers.run, Walk(written.store.keys, None))
    assert verdict.fault == "the head of the chain was not written by Watchword"


def test_a_last_row_that_was_written_anew_does_not_fit_the_head(written: Folder) -> None:
    table, position = places(written)[-1]
    head = written.sql("SELECT sequence, digest FROM chains")[0]
    changed_body(written, table, position)
    recompute(written)
    written.sql("UPDATE chains SET sequence = ?, digest = ?", *head)

    verdict = verify(written.store.records.readers.run, Walk(written.store.keys, None))
    assert verdict.fault == f"row {ROWS} is not the one that was written last"


def test_a_head_that_was_forged_stays_forged(written: Folder) -> None:
    """Going on writing must not launder what somebody else wrote."""
    changed_body(written, "activity", 2)
    recompute(written)
    (written.directory / "generation").unlink()
    written.reopen()

    assert written.commit() is Committed.TAKEN
    assert written.verify().fault == "the head of the chain was not written by Watchword"
    written.reopen()
    assert written.commit() is Committed.TAKEN
    assert not written.verify().whole


def test_an_older_database_under_a_running_process_is_found(written: Folder) -> None:
    (sequence,) = written.sql("SELECT sequence, digest, at, key_version, seal FROM chains")
    for _ in range(3):
        written.commit()
    for table in ("activity", "audit"):
        written.sql(f"DELETE FROM {table} WHERE position > ?", ROWS)
    written.sql("UPDATE chains SET sequence = ?, digest = ?, at = ?, key_version = ?, seal = ?", *sequence)

    assert written.verify().fault == (
        f"rows are missing at the end: DIR/generation knows of {ROWS + 3}, and there are {ROWS}"
    )


def test_another_databases_generation_is_found(written: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other", seed=50)
    other.commit()
    other.store.close()
    (written.directory / "generation").write_bytes((other.directory / "generation").read_bytes())

    assert written.verify().fault == "DIR/generation belongs to another database"


def test_an_end_that_was_written_anew_is_found(written: Folder) -> None:
    generation = (written.directory / "generation").read_bytes()
    (before,) = written.sql("SELECT sequence, digest, at, key_version, seal FROM chains")
    written.commit(activity=(written.row(detail="one"), written.row(detail="end")))
    later = (written.directory / "generation").read_bytes()
    written.sql("DELETE FROM activity WHERE position > ?", ROWS)
    written.sql("UPDATE chains SET sequence = ?, digest = ?, at = ?, key_version = ?, seal = ?", *before)
    (written.directory / "generation").write_bytes(generation)
    written.reopen()
    written.commit(activity=(written.row(detail="another"), written.row(detail="end")))
    written.commit()
    assert written.verify().whole
    (written.directory / "generation").write_bytes(later)

    assert "is not the one that was written last before the database was replaced" in written.verify().fault


# --- checkpoints


@pytest.fixture
def retired(written: Folder) -> Folder:
    """Retire the first rows."""
    now = written.clock.now()
    assert value_of(written.store.upkeep.retire(before=now + 1, now=now, limit=5)) == 5
    verdict = written.verify()
    assert (verdict.whole, verdict.rows) == (True, ROWS - 5)
    return written


def test_a_checkpoint_that_was_forged_is_found(retired: Folder) -> None:
    ((digest,),) = retired.sql("SELECT digest FROM audit WHERE position = 6")
    retired.sql("DELETE FROM audit WHERE position = 6")
    retired.sql("UPDATE checkpoints SET sequence = 6, digest = ?", digest)

    assert retired.verify().fault == "the checkpoint at 6 was not written by Watchword"


def test_a_checkpoint_that_was_removed_is_found(retired: Folder) -> None:
    retired.sql("DELETE FROM checkpoints")

    assert retired.verify().fault == "row 1 is missing: the next one is 6"


def test_a_row_that_was_slipped_in_before_the_checkpoint_is_found(retired: Folder) -> None:
    retired.sql("INSERT INTO audit SELECT 3, digest, randomblob(16), body FROM audit LIMIT 1")

    assert retired.verify().fault == "there are rows before the checkpoint at 5"


def test_a_walk_that_retention_overtakes_goes_on_from_the_checkpoint(written: Folder) -> None:
    store: SqliteStore = written.store
    walk = Walk(store.keys, None, step=2)
    assert store.records.readers.run(walk.go_on) is None
    now = written.clock.now()

    assert value_of(store.upkeep.retire(before=now + 1, now=now, limit=7)) == 7

    verdict = verify(store.records.readers.run, walk)
    assert (verdict.whole, verdict.rows) == (True, 2 + ROWS - 7)


@pytest.mark.parametrize("step", [1, 2, 3, ROWS - 1, ROWS, ROWS + 1])
def test_the_size_of_a_step_is_nobodys_business(written: Folder, step: int) -> None:
    readers = written.store.records.readers

    assert verify(readers.run, Walk(written.store.keys, None, step=step)).rows == ROWS
    written.sql("UPDATE activity SET id = randomblob(16) WHERE position = ?", ROWS - 2)
    verdict = verify(readers.run, Walk(written.store.keys, None, step=step))
    assert (verdict.whole, verdict.rows) == (False, ROWS - 3)


def test_an_empty_chain_is_whole(folder: Folder) -> None:
    assert (folder.verify().whole, folder.verify().rows) == (True, 0)
    folder.clock.advance(5 * MICROSECONDS)
    assert value_of(folder.store.upkeep.retire(before=folder.clock.now(), now=folder.clock.now(), limit=5)) == 0
    assert folder.verify().rows == 0


def test_a_walk_that_goes_on_by_itself_tells_how_far_it_is_and_how_it_ended(written: Folder) -> None:
    upkeep = written.store.upkeep
    assert upkeep.walk() is None

    upkeep.begin_walk(at=7, by="olga")
    walk = upkeep.walk()

    assert walk is not None
    assert (walk.begun_at, walk.by, walk.rows, walk.of) == (7, "olga", ROWS, ROWS)
    assert walk.verdict == written.verify()


def test_what_cannot_be_read_to_its_end_is_not_whole(written: Folder) -> None:
    def run(_work: object) -> object:
        raise StoreAway("the disk is gone")

    begun = Begun(run, Walk(written.store.keys, None), at=7, by="olga")  # type: ignore[arg-type]
    assert begun.goes_on
    begun.to_the_end()

    assert begun.shown().verdict == ChainVerdict(whole=False, rows=0, fault="the rows could not be read to their end")
    assert not begun.goes_on


def test_a_second_walk_does_not_begin_while_one_goes_on(written: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    upkeep, records = written.store.upkeep, written.store.records
    held: list[Callable[[], object]] = []
    monkeypatch.setattr(records, "examine", held.append)

    upkeep.begin_walk(at=7, by="olga")
    upkeep.begin_walk(at=8, by="dora")
    first = upkeep.walk()

    assert first is not None
    assert (first.by, first.verdict, len(held)) == ("olga", None, 1)
    held[0]()
    upkeep.begin_walk(at=9, by="dora")
    second = upkeep.walk()
    assert second is not None
    assert (second.by, len(held)) == ("dora", 2)
