"""
Connections to SQLite, every one with the same promises: durable when committed, strict about references, distrustful.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final

NAME: Final = "watchword.db"

BUSY_MILLISECONDS: Final = 5_000
"""How long one connection waits for another; there is one writer, so only a checkpoint is ever in the way."""

STATEMENTS: Final = 256
"""Prepared statements that a connection keeps: more than there are."""

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",
)

_BROKEN: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})


class Unusable(Exception):  # noqa: N818 - it is a state of the world that a person must mend
    """The database cannot be used. The message is one sentence for an administrator."""


def connect(path: Path, *, reads_only: bool = False) -> sqlite3.Connection:
    """
    Open a database, made empty where there is none.

    Transactions are begun by whoever needs one; the connection may be handed to another thread, and is used by one at
    a time. Raises `Unusable`.
    """
    try:
        if not reads_only:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS)
    except OSError as problem:
        raise Unusable(f"the database {path} cannot be opened: {problem.strerror}") from None
    except sqlite3.Error as problem:
        raise Unusable(f"the database {path} cannot be opened: {problem}") from None
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if reads_only:
            connection.execute("PRAGMA query_only = ON")
            return connection
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    except sqlite3.Error as problem:
        connection.close()
        raise Unusable(sentence(path, problem)) from None
    if mode != "wal":
        connection.close()
        raise Unusable(f"the database {path} cannot have a write-ahead log there: put the data folder on a local disk")
    return connection


def sentence(path: Path, problem: sqlite3.Error) -> str:
    """Return what is wrong with a database, and what to do, in one sentence."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code in _BROKEN:
        return f"the database {path} is damaged or is no database: put a copy of it back ({problem})"
    return f"the database {path} cannot be used: {problem}"
