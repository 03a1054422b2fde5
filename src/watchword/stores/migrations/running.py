"""
Runs migrations, each in one transaction with the row that says that it was run.

A process that is killed on the way leaves the version before or the one after, and the next start goes on from there.
SQLite's DDL is transactional; only Python's driver is not, unless transactions are begun by hand, as here.
"""

import sqlite3
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from watchword.stores.connections import Unusable, connect

SCRIPTS: Final = Path(__file__).parent


def migrate(path: Path, *, to: str = "head") -> None:
    """
    Bring the database at `path` to the latest version, or to one on the way there.

    Raises `Unusable`, and has then left it as it was.
    """
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=StaticPool)
    event.listen(engine, "begin", _begin)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except (SQLAlchemyError, CommandError) as problem:
        raise Unusable(f"the database {path} cannot be brought to this version: {problem}".splitlines()[0]) from problem
    finally:
        engine.dispose()


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    # A table that is made anew under its old name must not take along the rows that refer to it.
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
