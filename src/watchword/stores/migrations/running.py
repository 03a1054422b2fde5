"""
Runs migrations, each in one transaction with the row that says that it was run.

A process that is killed on the way leaves the version before or the one after, and the next start goes on from there.
SQLite's DDL is transactional; only Python's driver is not, unless transactions are begun by hand, as here.
"""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from watchword.stores.connections import connect


def migrate(path: Path) -> None:
    """Bring the database at `path` to the latest version. Raises `connections.Unusable`, sqlalchemy.exc.DBAPIError."""
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=StaticPool)
    event.listen(engine, "begin", _begin)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    # A table that is made anew under its old name must not take along the rows that refer to it.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
