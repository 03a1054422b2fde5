"""
Users as decisions read them: one person by one key, whole.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, select

from watchword.domain.applications import ApplicationId, GroupId
from watchword.domain.bypass import Bypass, BypassId
from watchword.domain.lockout import Failures, Prompts
from watchword.domain.users import Block, Person, User, UserId
from watchword.kit.sealing import KeyRing
from watchword.stores.bodies import failures_of, instants_of
from watchword.stores.methods import methods_of
from watchword.stores.statements import Row, Statement, constant
from watchword.stores.tables import BYPASSES, NAMES, USERS

USER_COLUMNS: Final = (
    USERS.c.id,
    USERS.c.username,
    USERS.c.name,
    USERS.c.epoch,
    USERS.c.disabled,
    USERS.c.blocked_at,
    USERS.c.block_reason,
    USERS.c.directory_id,
)
_PERSON: Final = Statement(
    select(*USER_COLUMNS, USERS.c.failures, USERS.c.locked_until, USERS.c.prompts, USERS.c.push_off_until).where(
        USERS.c.id == bindparam("user"), USERS.c.removed_at.is_(None)
    ),
    "user",
)
_BYPASSES: Final = Statement(
    select(
        BYPASSES.c.id,
        BYPASSES.c.group_id,
        BYPASSES.c.application_id,
        BYPASSES.c.created_at,
        BYPASSES.c.expires_at,
    ).where(
        BYPASSES.c.user_id == bindparam("user"),
        BYPASSES.c.state == constant("active"),
        BYPASSES.c.expires_at > bindparam("now"),
    ),
    "user",
    "now",
)
_NAMED: Final = Statement(select(NAMES.c.user_id).where(NAMES.c.name == bindparam("name")).limit(2))
_OWNER: Final = Statement(
    select(USERS.c.id).where(USERS.c.directory_id == bindparam("directory"), USERS.c.directory_id.is_not(None))
)
_PASSWORD: Final = Statement(
    select(USERS.c.password).where(USERS.c.id == bindparam("user"), USERS.c.removed_at.is_(None))
)


def user_of(row: Row) -> User:
    """Return the user of a row that starts with `USER_COLUMNS`."""
    identifier, username, name, epoch, disabled, blocked_at, block_reason, directory_id = row[: len(USER_COLUMNS)]
    return User(
        id=UserId(identifier),
        username=username,
        name=name,
        epoch=epoch,
        disabled=bool(disabled),
        block=None if blocked_at is None else Block(at=blocked_at, reason=block_reason or ""),
        directory_id=directory_id,
    )


def load_person(connection: sqlite3.Connection, keys: KeyRing, user: UserId, *, now: int) -> Person | None:
    """
    Load a user who was not removed, None where there is none.

    Everything is read by key; `connection` is inside a transaction, so that it fits together. Raises sqlite3.Error,
    `SealBroken`, `Unreadable`, ValueError.
    """
    found = _PERSON.rows(connection, user)
    if not found:
        return None
    row = found[0]
    failures, locked_until, prompts, push_off_until = row[len(USER_COLUMNS) :]
    return Person(
        user=user_of(row),
        methods=methods_of(connection, keys, user),
        failures=Failures(recent=failures_of(failures), locked_until=locked_until),
        prompts=Prompts(refused=instants_of(prompts), off_until=push_off_until),
        bypasses=tuple(
            Bypass(
                id=BypassId(identifier),
                group=None if group is None else GroupId(group),
                application=None if application is None else ApplicationId(application),
                created_at=created_at,
                expires_at=expires_at,
            )
            for identifier, group, application, created_at, expires_at in _BYPASSES.rows(connection, user, now)
        ),
    )


def named(connection: sqlite3.Connection, name: str) -> tuple[UserId, ...]:
    """Return whom a folded name means: nobody, one, or the first two of several."""
    return tuple([UserId(user) for (user,) in _NAMED.all(connection, name=name)])


def owner(connection: sqlite3.Connection, directory_id: bytes) -> UserId | None:
    """Return the user who bears a directory's identifier."""
    row = _OWNER.one(connection, directory=directory_id)
    return None if row is None else UserId(row[0])


def password_hash(connection: sqlite3.Connection, user: UserId) -> str | None:
    """Return a user's argon2id hash, None where he has no local password."""
    row = _PASSWORD.one(connection, user=user)
    return None if row is None else row[0]
