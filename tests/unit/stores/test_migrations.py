"""
Migrations: they make what a new database is made of, and a process that is killed among them loses nothing.
"""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from watchword.kit import sealing
from watchword.kit.randomness import SeededRandomness
from watchword.stores import migrations, schema
from watchword.stores.connections import connect
from watchword.stores.migrations.running import migrate

#: Lets one child after the other run the migrations and be killed before its n-th statement, until one comes through.
KILLED: Final = """
import os, signal, sys
from pathlib import Path
from watchword.stores import connections, migrations
from watchword.stores.migrations import running

folder = Path(sys.argv[1])
made = connections.connect

def run(path, left):
    def connect(path):
        connection = made(path)
        def count(_):
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        connection.set_trace_callback(count)
        return connection
    running.connect = connect
    running.migrate(path)

number = 0
while True:
    path = folder / f"{number}.db"
    child = os.fork()
    if not child:
        run(path, number)
        os._exit(0)
    ended = os.waitpid(child, 0)[1]
    if ended == 0:
        break
    assert ended == signal.SIGKILL, ended
    number += 1
print(number)
"""


INSERT_USER: Final = (
    "INSERT INTO users (id, username, name, removed_at, epoch, disabled, failures, locked_until, prompts,"
    " push_off_until, created_at) VALUES (?, ?, ?, ?, 0, 0, '[]', 0, '[]', 0, 0)"
)


def tables(path: Path) -> list[tuple[str, ...]]:
    """Return everything that makes up a database's schema, but for the way in which it was typed."""
    with closing(connect(path)) as connection:
        found = connection.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema").fetchall()
    return sorted((kind, name, table, re.sub(r"\s+", "", sql)) for kind, name, table, sql in found)


def made_at_once(path: Path) -> None:
    keys = sealing.create(path.with_name("keys"), randomness=SeededRandomness(1), now=0)
    with closing(connect(path)) as connection:
        schema.create(connection, keys, origin=bytes(16))


def test_a_new_database_is_what_the_migrations_make(tmp_path: Path) -> None:
    made_at_once(tmp_path / "new.db")
    migrate(tmp_path / "old.db")

    new, old = tables(tmp_path / "new.db"), tables(tmp_path / "old.db")
    assert [row[:3] for row in new] == [row[:3] for row in old]
    assert new == old
    with closing(connect(tmp_path / "old.db")) as connection:
        assert migrations.version_of(connection) == migrations.LATEST == migrations.KNOWN[-1]


def test_what_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    made_at_once(path)
    before = tables(path)

    migrate(path)

    assert tables(path) == before


def test_an_empty_database_has_no_version(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "empty.db")) as connection:
        assert migrations.version_of(connection) is None
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        assert migrations.version_of(connection) is None


def test_a_process_that_is_killed_leaves_one_version_or_the_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    number = int(done.stdout)
    assert number > len(schema.ddl())
    whole = tables(tmp_path / f"{number}.db")
    seen: dict[str, list[tuple[str, ...]]] = {}

    for each in range(number):
        path = tmp_path / f"{each}.db"
        with closing(connect(path)) as connection:
            found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
            version = migrations.version_of(connection)
        if version is None:
            assert found <= {"alembic_version"}, each
        else:
            # Every process that was killed at a version left the same of it.
            assert seen.setdefault(version, tables(path)) == tables(path), each
    assert set(seen) <= set(migrations.KNOWN)
    assert seen.get(migrations.LATEST, whole) == whole
    for each in (0, number // 2, number - 1):
        migrate(tmp_path / f"{each}.db")
        assert tables(tmp_path / f"{each}.db") == whole


def test_every_statement_may_be_the_last_of_making_a_database(tmp_path: Path) -> None:
    """A database is made in one transaction, so that whatever is killed on the way leaves an empty one."""
    keys = sealing.create(tmp_path / "keys", randomness=SeededRandomness(1), now=0)
    with closing(connect(tmp_path / "whole.db")) as connection:
        run: list[str] = []
        connection.set_trace_callback(run.append)
        schema.create(connection, keys, origin=bytes(16))
    assert (run[0], run[-1]) == ("BEGIN IMMEDIATE", "COMMIT")
    assert run.count("COMMIT") == 1

    for number in range(len(run)):
        path = tmp_path / f"{number}.db"
        with closing(connect(path)) as connection:
            stopping = _Stopping(connection, number)
            with pytest.raises(InterruptedError):
                schema.create(stopping, keys, origin=bytes(16))  # type: ignore[arg-type]
        with closing(connect(path)) as connection:
            assert migrations.version_of(connection) is None
            assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


class _Stopping:
    """A connection whose process ends before its n-th statement."""

    def __init__(self, connection: sqlite3.Connection, left: int) -> None:
        self._connection = connection
        self._left = left

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        self._left -= 1
        if self._left < 0:
            raise InterruptedError
        return self._connection.execute(sql, *values)  # type: ignore[arg-type]


def test_people_who_were_there_before_are_found_by_words_too(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate(path, to="0001")
    people = (
        ("alice@example.org", "Alice Miller", None),
        ("bob.stone@example.org", "", None),
        ("gone@example.org", "Gone", 1),
    )
    with closing(connect(path)) as connection:
        for number, (username, name, removed_at) in enumerate(people):
            connection.execute(
                INSERT_USER,
                (bytes([number]) * 16, username, name, removed_at),
            )
        connection.execute(
            "INSERT INTO methods (id, user_id, kind, last_step, drift, created_at) VALUES (?, ?, 'push', 0, 0, 0)",
            (b"m" * 16, bytes([1]) * 16),
        )

    migrate(path)

    with closing(connect(path)) as connection:
        words = connection.execute("SELECT word, user_id FROM name_words ORDER BY word").fetchall()
        bare = connection.execute("SELECT username FROM bare_users").fetchall()
    assert words == [("alice", bytes(16)), ("miller", bytes(16)), ("stone", bytes([1]) * 16)]
    assert bare == [("alice@example.org",)]
