"""
The single writer's work, one transaction at a time: a group of units, or one change.

In a group each unit stands on its own terms: a refused one writes nothing but its `otherwise`, one that fails by a bug
of ours writes nothing, and neither is its neighbours' business. Where the database itself fails, the whole group has
failed, and the next one starts from what the database then holds.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from watchword.kit.clock import Clock
from watchword.kit.identifiers import Identifiers
from watchword.kit.sealing import KeyRing
from watchword.ports.login import Committed, StoreAway, Unit
from watchword.ports.records import Changer
from watchword.stores.changer import SqlChanger, Touched
from watchword.stores.generation import Generation
from watchword.stores.journal import Journal
from watchword.stores.scribe import Scribe
from watchword.stores.units import Performer, needs_undoing

Result = TypeVar("Result")

OUR_FAULTS: Final = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
"""Errors of SQLite that one statement caused; all others are the database's own, and end its transaction."""


class Spoiled(Exception):  # noqa: N818 - it is a signal between two methods
    """A unit failed in a way that cannot be undone by itself."""


class Committer:
    """Commits. Used by one thread at a time."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        keys: KeyRing,
        clock: Clock,
        identifiers: Identifiers,
        generation: Generation,
    ) -> None:
        """Take up the chain where the database leaves it."""
        self.connection = connection
        self._keys = keys
        self._clock = clock
        self._generation = generation
        self.journal: Final = Journal(connection, keys)
        self.scribe: Final = Scribe(self.journal, identifiers)
        self.performer = Performer(connection, self.scribe)
        self._stale = False

    # --- units ----------------------------------------------------------------------------------------------------

    def commit(self, units: Sequence[Unit]) -> list[Committed]:
        """Commit a group and return what became of each unit. Nothing is raised."""
        try:
            self._begin()
            try:
                results = [self._carry_out(unit) for unit in units]
                self.journal.flush()
            except OUR_FAULTS as problem:
                raise Spoiled from problem
            self._end()
        except Spoiled:
            self._undo()
            return self._commit_carefully(units)
        except (sqlite3.Error, OSError):
            self._undo()
            return [Committed.FAILED] * len(units)
        except Exception:  # noqa: BLE001 - a bug in one unit must not deny the others
            self._undo()
            return self._commit_carefully(units)
        return results

    def _commit_carefully(self, units: Sequence[Unit]) -> list[Committed]:
        """Commit a group again in which one unit has a fault: each in a savepoint of its own."""
        try:
            self._begin()
            results = [self._carry_out_carefully(unit) for unit in units]
            self._end()
        except Exception:  # noqa: BLE001 - whatever it is, nobody passes by it, and the writer goes on
            self._undo()
            return [Committed.FAILED] * len(units)
        return results

    def _carry_out(self, unit: Unit) -> Committed:
        writes, journal = unit.writes, self.journal
        if writes and not self._taken(unit):
            for row in unit.refused():
                journal.activity(row)
            return Committed.REFUSED
        for row in unit.activity:
            journal.activity(row)
        for line in unit.audit:
            journal.audit(line)
        return Committed.TAKEN

    def _taken(self, unit: Unit) -> bool:
        if not needs_undoing(unit.writes):
            return self.performer.perform(unit.writes)
        mark = self.journal.mark()
        self.connection.execute("SAVEPOINT writes")
        taken = self.performer.perform(unit.writes)
        if not taken:
            self.connection.execute("ROLLBACK TO writes")
            self.journal.reset(mark)
        self.connection.execute("RELEASE writes")
        return taken

    def _carry_out_carefully(self, unit: Unit) -> Committed:
        self.connection.execute("SAVEPOINT unit")
        try:
            result = self._carry_out(unit)
            self.journal.flush()
        except Exception as problem:
            if isinstance(problem, sqlite3.Error) and not isinstance(problem, OUR_FAULTS):
                raise
            self.connection.execute("ROLLBACK TO unit")
            self.journal.rollback()
            result = Committed.FAILED
        self.connection.execute("RELEASE unit")
        return result

    # --- changes --------------------------------------------------------------------------------------------------

    def change(self, use_case: Callable[[Changer], Result]) -> tuple[Result, Touched]:
        """
        Run a use case in a transaction of its own, and return what it returned and touched.

        Whatever it raises ends the transaction and is raised again. Raises `StoreAway` where the database fails.
        """

        def work() -> tuple[Result, Touched]:
            changer = SqlChanger(self.connection, self._keys, self._clock, self.scribe)
            value = use_case(changer)
            changer.settle()
            return value, changer.touched

        return self.run(work)

    def run(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a transaction of its own, as `change` does."""
        try:
            self._begin()
            value = work()
            self.journal.flush()
            self._end()
        except (sqlite3.Error, OSError) as problem:
            self._undo()
            if isinstance(problem, OUR_FAULTS):
                raise
            raise StoreAway(str(problem)) from problem
        except BaseException:
            self._undo()
            raise
        return value

    # --- transactions ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._stale:
            self.journal.rollback()
            # SQLite writes nothing for an UPDATE that changes nothing. A later instant changes the head, so that the
            # next group proves that the disk takes it, whatever else the group writes.
            self.journal.at = max(self.journal.at + 1, self._clock.now())
            self._stale = False
        self.connection.execute("BEGIN IMMEDIATE")

    def _end(self) -> None:
        self.connection.execute("COMMIT")
        journal = self.journal
        self._generation.advance(origin=journal.origin, sequence=journal.sequence, digest=journal.digest, at=journal.at)

    def _undo(self) -> None:
        """Bring the connection back to where nothing is begun; the journal is read anew before the next transaction."""
        self._stale = True
        if self.connection.in_transaction:
            try:
                self.connection.execute("ROLLBACK")
            except sqlite3.Error:
                # SQLite has rolled back by itself, or will when the connection is next used.
                return
