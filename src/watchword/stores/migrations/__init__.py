"""
Migrations: how an older database becomes one of this version.

A new database is made from `stores.tables` at once and is of the latest version; a test shows that the migrations make
the same. Alembic is imported only where something is to be done (design.md section 11).
"""

import sqlite3
from typing import Final

LATEST: Final = "0008"
"""The version that `stores.tables` describes."""

KNOWN: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Every version that this program can bring to the latest, the latest last."""


def version_of(connection: sqlite3.Connection) -> str | None:
    """Return the version of a database, None where nothing was ever made in it."""
    table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'alembic_version'"
    if connection.execute(table).fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])
