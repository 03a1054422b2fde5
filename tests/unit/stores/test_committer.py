"""
The single writer's work where something fails: a unit by a bug of ours, or the disk under all of them.
"""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.contract.folder import Folder, value_of
from watchword.domain.events import Activity
from watchword.domain.lockout import Failures
from watchword.domain.methods import MethodId, Totp
from watchword.domain.verification import ActivityId, Reason
from watchword.ports.login import Committed, SetFailures, SpendStep, StoreAway, Unit, Write
from watchword.ports.records import Changer
from watchword.stores.committer import Committer

TAKEN, REFUSED, FAILED = Committed.TAKEN, Committed.REFUSED, Committed.FAILED


class NoWrite:
    """Something that no writer knows."""


def same_row(folder: Folder, good: Unit) -> Unit:
    return folder.unit(activity=good.activity)


def unknown_write(folder: Folder, _: Unit) -> Unit:
    return folder.unit(cast(Write, NoWrite()))


def half_of_a_character(folder: Folder, _: Unit) -> Unit:
    return folder.unit(activity=(folder.row(user_name="\ud800"),))


def number_too_large(folder: Folder, _: Unit) -> Unit:
    return folder.unit(SpendStep(method=folder.totp(folder.user("bob@example.org")), step=2**63, drift=0))


def value_of_no_kind(folder: Folder, _: Unit) -> Unit:
    method = folder.totp(folder.user("bob@example.org"))
    return folder.unit(
        SpendStep(method=method, step=5, drift=0), SetFailures(user=cast(Any, object()), failures=Failures(), bump=True)
    )


FAULTS: list[Callable[[Folder, Unit], Unit]] = [
    same_row,
    unknown_write,
    half_of_a_character,
    number_too_large,
    value_of_no_kind,
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", [0, 3, 5])
def test_a_unit_with_a_fault_is_not_its_neighbours_business(
    folder: Folder, fault: Callable[[Folder, Unit], Unit], place: int
) -> None:
    user = folder.user()
    method = folder.totp(user)
    before = folder.unit()
    assert folder.group([before]) == [TAKEN]
    units = [folder.unit(SpendStep(method=method, step=step, drift=0)) for step in (1, 2, 2, 3, 4)]
    units.insert(place, fault(folder, before))

    results = folder.group(units)

    expected = [TAKEN, TAKEN, REFUSED, TAKEN, TAKEN]
    expected.insert(place, FAILED)
    assert results == expected
    del units[place], results[place]
    expected_rows = [(unit.activity[0].id, result is TAKEN) for unit, result in zip(units, results, strict=True)]
    rows = [(row.id, row.reason is Reason.CODE) for row in reversed(folder.activity())]
    assert rows == [(before.activity[0].id, True), *expected_rows]
    assert folder.verify().whole
    for person in folder.read(lambda reader: reader.users(after="", limit=9)):
        steps = [method.detail for method in folder.load(person.id).methods]
        assert [step.last_step for step in steps if isinstance(step, Totp)] == ([4] if person.id == user else [-1])
    assert folder.commit() is TAKEN
    folder.reopen()
    assert folder.verify().whole
    assert folder.store.restored is None


# --- the database fails


class Failing:
    """A connection that fails as a test wants it to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.at = ""
        self.code = sqlite3.SQLITE_FULL
        self.loses = True

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self._fail(sql)
        return self._connection.execute(sql, *values)

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self._fail(sql)
        return self._connection.executemany(sql, *values)

    def _fail(self, sql: str) -> None:
        if self.at and sql.startswith(self.at):
            if self.loses and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            problem = sqlite3.OperationalError("database or disk is full")
            problem.sqlite_errorcode = self.code
            raise problem

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
def failing(folder: Folder) -> Failing:
    """Put a connection that fails under the committer."""
    committer: Committer = folder.store.ledger.committer
    failing = Failing(committer.connection)
    for part in (committer, committer.journal, committer.performer):
        part.connection = cast(sqlite3.Connection, failing)
    return failing


def run_out_of_room(folder: Folder, changer: Changer) -> None:
    """Change something in each table that a login writes."""
    changer.audit(folder.audit())
    committer: Committer = folder.store.ledger.committer
    committer.journal.activity(folder.row())
    committer.performer.perform((SpendStep(method=MethodId(bytes(16)), step=1, drift=0),))


@pytest.mark.parametrize("at", ["BEGIN", "UPDATE methods", "INSERT INTO activity", "UPDATE chains", "COMMIT"])
@pytest.mark.parametrize("loses", [True, False])
def test_where_the_database_fails_the_whole_group_does_and_the_next_does_not(
    folder: Folder, failing: Failing, at: str, *, loses: bool
) -> None:
    user = folder.user()
    method = folder.totp(user)
    assert folder.commit(SpendStep(method=method, step=1, drift=0)) is TAKEN
    told: list[Activity] = []
    folder.store.records.follow(told.append)
    failing.at, failing.loses = at, loses

    units = [folder.unit(SpendStep(method=method, step=step, drift=0)) for step in (2, 3)]
    units = [unit for unit in units for _ in range(9)]
    assert folder.group(units) == [FAILED] * 18
    assert folder.commit(SpendStep(method=method, step=2, drift=0)) is FAILED
    with pytest.raises(StoreAway, match="database or disk is full"):
        folder.change(lambda changer: run_out_of_room(folder, changer))
    assert told == []

    failing.at = ""
    assert folder.commit(SpendStep(method=method, step=2, drift=0)) is TAKEN
    assert folder.change(lambda changer: changer.bump_epoch(user)) is None
    assert len(folder.activity()) == 2
    assert folder.verify().whole
    (token,) = [method.detail for method in folder.load(user).methods]
    assert isinstance(token, Totp)
    assert token.last_step == 2


@pytest.mark.parametrize("at", ["UPDATE chains", "COMMIT"])
def test_a_unit_of_nothing_tells_whether_anything_can_be_written(folder: Folder, failing: Failing, at: str) -> None:
    nothing = Unit(writes=(), activity=())
    assert folder.group([nothing]) == [TAKEN]

    failing.at = at

    assert folder.group([nothing]) == [FAILED]
    failing.at = ""
    assert folder.group([nothing]) == [TAKEN]


def test_after_a_failure_a_unit_of_nothing_reaches_the_disk(folder: Folder, failing: Failing) -> None:
    log = folder.directory / "watchword.db-wal"
    failing.at = "COMMIT"
    assert folder.commit() is FAILED
    failing.at = ""
    before = log.stat().st_size

    assert folder.group([Unit(writes=(), activity=())]) == [TAKEN]

    assert log.stat().st_size > before
    assert folder.verify().whole


def test_where_the_generation_cannot_be_written_nobody_passes(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    method = folder.totp(folder.user())

    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pwrite", broken)
    assert folder.commit(SpendStep(method=method, step=1, drift=0)) is FAILED
    with pytest.raises(StoreAway):
        folder.change(lambda changer: changer.audit(folder.audit()))
    monkeypatch.undo()

    # The step was spent all the same: what is unknown is denied, and is not given back.
    assert folder.commit(SpendStep(method=method, step=1, drift=0)) is REFUSED
    assert folder.verify().whole


def test_a_use_case_that_raises_changes_nothing(folder: Folder) -> None:
    user = folder.user()

    def use_case(changer: Changer) -> None:
        changer.bump_epoch(user)
        changer.audit(folder.audit())
        raise LookupError("not today")

    with pytest.raises(LookupError, match="not today"):
        folder.change(use_case)

    assert folder.load(user).user.epoch == 0
    assert folder.audited() == []
    assert folder.commit() is TAKEN
    assert folder.verify().whole


def test_a_reference_to_nothing_is_a_bug_and_not_the_databases(folder: Folder) -> None:
    folder.sql("INSERT INTO users SELECT randomblob(16), 'x', '', 0, 0, NULL, NULL, NULL, NULL, '[]', 0, '[]', 0, 0, 1")

    with pytest.raises(sqlite3.IntegrityError):
        folder.add_bypass(folder.bypass(cast(Any, bytes(16))))

    assert folder.commit() is TAKEN


def test_a_row_that_cannot_be_read_fails_the_group_and_not_the_writer(folder: Folder, failing: Failing) -> None:
    folder.commit()
    folder.sql("UPDATE activity SET body = x'c1'")
    failing.at = "COMMIT"
    assert folder.commit() is FAILED
    failing.at = ""

    assert folder.commit() is FAILED


# --- the disk is full


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Mount a small file system, which only root can."""
    if os.geteuid() != 0:
        pytest.skip("not root: no small file system can be mounted")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", tmp_path], check=False)
    if mounted.returncode:
        pytest.skip("no small file system can be mounted here")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def full_then_free(folder: Folder, fill: Callable[[], object], free: Callable[[], object]) -> None:
    """Log in until the disk is full, and again once there is room."""
    method = folder.totp(folder.user())
    row = folder.row(detail="x" * 2_000)
    fill()
    results = []
    for step in range(2_000):
        unit = folder.unit(SpendStep(method=method, step=step, drift=0), activity=(new_id(folder, row),))
        results += folder.group([unit])
        if results[-1] is FAILED:
            break
    assert results[-1] is FAILED
    assert set(results[:-1]) == {TAKEN}
    assert folder.commit(SpendStep(method=method, step=5_000, drift=0), activity=(new_id(folder, row),)) is FAILED

    free()

    assert folder.commit(SpendStep(method=method, step=5_000, drift=0)) is TAKEN
    assert len(folder.activity(limit=5_000)) == len(results)
    verdict = folder.verify()
    assert (verdict.whole, verdict.rows) == (True, len(results))
    assert folder.reopen().restored is None
    assert value_of(folder.store.upkeep.faults()) == []


def new_id(folder: Folder, row: Activity) -> Activity:
    return folder.row(detail=row.detail, id=ActivityId(folder.new()))


def test_a_full_disk_denies_until_there_is_room(small: Path) -> None:
    folder = Folder(small / "data")
    try:
        full_then_free(
            folder,
            fill=lambda: (small / "ballast").write_bytes(bytes(800_000)),
            free=(small / "ballast").unlink,
        )
    finally:
        folder.store.close()


def test_a_full_database_denies_until_there_is_room(folder: Folder) -> None:
    """The same without being root: SQLite's own limit of pages."""
    connection = folder.store.ledger.committer.connection
    ((pages,),) = folder.sql("PRAGMA page_count")

    full_then_free(
        folder,
        fill=lambda: connection.execute(f"PRAGMA max_page_count = {pages + 50}"),
        free=lambda: connection.execute("PRAGMA max_page_count = 1000000"),
    )
