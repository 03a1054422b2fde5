"""
Keys of programs as rows, each found by its digest.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from watchword.domain.administrators import ApiKey, ApiKeyId
from watchword.domain.roles import Role
from watchword.stores.administrator_tables import API_KEYS
from watchword.stores.statements import Row, Statement

_KEY_COLUMNS: Final = (
    API_KEYS.c.id,
    API_KEYS.c.name,
    API_KEYS.c.role,
    API_KEYS.c.created_by,
    API_KEYS.c.created_at,
    API_KEYS.c.expires_at,
    API_KEYS.c.revoked_at,
    API_KEYS.c.used_at,
    API_KEYS.c.bypasses,
)
_KEY: Final = Statement(select(*_KEY_COLUMNS).where(API_KEYS.c.digest == bindparam("wanted")))
_KEYS: Final = Statement(select(*_KEY_COLUMNS).order_by(API_KEYS.c.id.desc()))
_ADD_KEY: Final = Statement(insert(API_KEYS))
_REVOKE: Final = Statement(
    update(API_KEYS)
    .where(API_KEYS.c.id == bindparam("key"), API_KEYS.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_SEE_KEY: Final = Statement(update(API_KEYS).where(API_KEYS.c.id == bindparam("key")).values(used_at=bindparam("at")))


def _key_of(row: Row) -> ApiKey:
    identifier, name, role, created_by, created_at, expires_at, revoked_at, used_at, bypasses = row
    return ApiKey(
        id=ApiKeyId(identifier),
        name=name,
        role=Role(role),
        created_by=created_by,
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
        used_at=used_at,
        bypasses=bool(bypasses),
    )


def api_key(connection: sqlite3.Connection, digest: bytes) -> ApiKey | None:
    """Find a key."""
    row = _KEY.one(connection, wanted=digest)
    return None if row is None else _key_of(row)


def api_keys(connection: sqlite3.Connection) -> list[ApiKey]:
    """Return every key, the newest first."""
    return [_key_of(row) for row in _KEYS.all(connection)]


def add_api_key(connection: sqlite3.Connection, key: ApiKey, digest: bytes) -> None:
    """Add a key."""
    _ADD_KEY.run(
        connection,
        id=key.id,
        digest=digest,
        name=key.name,
        role=key.role.value,
        created_by=key.created_by,
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        used_at=key.used_at,
        bypasses=key.bypasses,
    )


def revoke_api_key(connection: sqlite3.Connection, key: ApiKeyId, *, at: int) -> bool:
    """Revoke a key."""
    return _REVOKE.change(connection, key=key, at=at) == 1


def see_api_key(connection: sqlite3.Connection, key: ApiKeyId, *, at: int) -> None:
    """Remember that a key was used."""
    _SEE_KEY.run(connection, key=key, at=at)
