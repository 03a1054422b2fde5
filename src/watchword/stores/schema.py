"""
Makes a new database, at once and whole, and seeds what every database has.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from watchword.domain.applications import DEFAULT_GROUP
from watchword.kit.sealing import KeyRing
from watchword.stores import (
    administrator_tables,
    api_tables,
    chain,
    finding_tables,
    history_tables,
    server_tables,
    tables,
    trail_tables,
)
from watchword.stores.migrations import LATEST
from watchword.stores.statements import Statement
from watchword.stores.tables import CHAINS, CONFIGURATION, GROUPS, KEY_VERSIONS, METADATA

ORIGIN_OCTETS: Final = 16

TABLES: Final = (tables, finding_tables, server_tables, administrator_tables, api_tables, history_tables, trail_tables)
"""The files whose tables every database has: that they are imported here puts them into `METADATA`."""

_ADD_CHAIN: Final = Statement(insert(CHAINS))
_ADD_GROUP: Final = Statement(insert(GROUPS))
_ADD_CONFIGURATION: Final = Statement(insert(CONFIGURATION))
_ADD_VERSION: Final = Statement(insert(KEY_VERSIONS).prefix_with("OR IGNORE", dialect="sqlite"))
_FORGET: Final = Statement(delete(KEY_VERSIONS).where(KEY_VERSIONS.c.version != bindparam("kept")))
_VERSIONS: Final = Statement(select(KEY_VERSIONS.c.version))

DEFAULT_GROUP_NAME: Final = "default"


def ddl() -> list[str]:
    """Return the statements that make every table and index."""
    dialect = sqlite.dialect()
    made = []
    for table in METADATA.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made.extend(
            str(CreateIndex(index).compile(dialect=dialect))
            for index in sorted(table.indexes, key=lambda index: str(index.name))
        )
    return made


def create(connection: sqlite3.Connection, keys: KeyRing, *, origin: bytes) -> None:
    """
    Make the tables and what every database has, in one transaction.

    Args:
        connection: to an empty database.
        keys: vouch for the head of the chain.
        origin: 16 random octets that no other database has.
    """
    digest = chain.first_digest(origin)
    connection.execute("BEGIN IMMEDIATE")
    for statement in ddl():
        connection.execute(statement)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS alembic_version ("
        "version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (LATEST,))
    _ADD_GROUP.run(connection, id=DEFAULT_GROUP, name=DEFAULT_GROUP_NAME)
    _ADD_CONFIGURATION.run(connection, id=1, version=1)
    remember_version(connection, keys.newest.version)
    _ADD_CHAIN.run(
        connection,
        chain=chain.LOCAL,
        origin=origin,
        sequence=0,
        digest=digest,
        at=0,
        key_version=keys.newest.version,
        seal=keys.checksum(chain.vouched(chain.LOCAL, origin, 0, digest), purpose=chain.HEAD),
    )
    connection.execute("COMMIT")


def remember_version(connection: sqlite3.Connection, version: int) -> None:
    """Write down that something may be sealed under a key from now on."""
    _ADD_VERSION.run(connection, version=version)


def forget_versions(connection: sqlite3.Connection, *, but: int) -> None:
    """Write down that nothing is sealed any more under any key but one."""
    _FORGET.run(connection, kept=but)


def remembered_versions(connection: sqlite3.Connection) -> list[int]:
    """Return the versions of keys under which something may be sealed."""
    return [version for (version,) in _VERSIONS.all(connection)]
