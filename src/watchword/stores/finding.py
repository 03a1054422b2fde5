"""
Finds people: `ports.finding.FindsPeople` on one connection, and what keeps that quick.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import ColumnElement, bindparam, delete, exists, func, insert, literal_column, select

from watchword.domain.searching import matches, words_of
from watchword.domain.users import User, UserId
from watchword.ports.finding import Match, Matches, Standing
from watchword.stores.finding_tables import BARE_USERS, NAME_WORDS
from watchword.stores.persons import USER_COLUMNS, user_of
from watchword.stores.statements import ONE, Row, Statement
from watchword.stores.tables import METHODS, NAMES, USERS

LOOKED_AT: Final = 2_000
"""Rows that one search looks at: some milliseconds."""

_BEHIND: Final = "\U0010ffff"
"""Sorts behind every character that a name or word may have."""

_THERE: Final = USERS.c.removed_at.is_(None)
_NEVER: Final[ColumnElement[int]] = literal_column("0")
_NAMED_LIKE: Final = Statement(
    select(*USER_COLUMNS, NAMES.c.name.label("matched"))
    .join_from(NAMES, USERS, NAMES.c.user_id == USERS.c.id)
    .where(NAMES.c.name >= bindparam("first"), NAMES.c.name < bindparam("behind"))
    .order_by(NAMES.c.name)
    .limit(bindparam("most"))
)
_in_reach: Final = (NAME_WORDS.c.word >= bindparam("first"), NAME_WORDS.c.word < bindparam("behind"))
_WORDED: Final = Statement(
    select(*USER_COLUMNS, NAME_WORDS.c.word)
    .join_from(NAME_WORDS, USERS, NAME_WORDS.c.user_id == USERS.c.id)
    .where(*_in_reach)
    .order_by(NAME_WORDS.c.word, NAME_WORDS.c.user_id)
    .limit(bindparam("most"))
)
_COMMON: Final = Statement(
    select(func.count()).select_from(select(ONE).where(*_in_reach).limit(bindparam("most")).subquery("some"))
)
_listed: Final = (select(*USER_COLUMNS).where(USERS.c.username > bindparam("after")).order_by(USERS.c.username)).limit(
    bindparam("most")
)
_STANDING: Final = {
    Standing.BLOCKED: Statement(
        _listed.where(USERS.c.blocked_at.is_not(None), _THERE).with_hint(USERS, "INDEXED BY ix_users_blocked")
    ),
    Standing.DISABLED: Statement(
        _listed.where(USERS.c.disabled, _THERE).with_hint(USERS, "INDEXED BY ix_users_disabled")
    ),
    Standing.LOCKED: Statement(
        _listed.where(USERS.c.locked_until > _NEVER, USERS.c.locked_until > bindparam("now"), _THERE).with_hint(
            USERS, "INDEXED BY ix_users_locked"
        )
    ),
    Standing.WITHOUT_METHOD: Statement(
        select(*USER_COLUMNS)
        .join_from(BARE_USERS, USERS, BARE_USERS.c.user_id == USERS.c.id)
        .where(BARE_USERS.c.username > bindparam("after"))
        .order_by(BARE_USERS.c.username)
        .limit(bindparam("most"))
    ),
}
_BLOCKED, _DISABLED, _LOCKED, _BARE = (_STANDING[standing] for standing in Standing)
_ADD_WORD: Final = Statement(insert(NAME_WORDS).prefix_with("OR IGNORE", dialect="sqlite"), "word", "user_id")
_REMOVE_WORD: Final = Statement(
    delete(NAME_WORDS).where(NAME_WORDS.c.word == bindparam("word"), NAME_WORDS.c.user_id == bindparam("user")),
    "word",
    "user",
)
_has_method: Final = exists().where(METHODS.c.user_id == bindparam("user"))
_IS_BARE: Final = Statement(
    insert(BARE_USERS)
    .prefix_with("OR IGNORE", dialect="sqlite")
    .from_select(
        ["username", "user_id"],
        select(USERS.c.username, USERS.c.id).where(USERS.c.id == bindparam("user"), _THERE, ~_has_method),
    )
)
_gone: Final = exists().where(USERS.c.id == bindparam("user"), USERS.c.removed_at.is_not(None))
_IS_NOT_BARE: Final = Statement(
    delete(BARE_USERS).where(BARE_USERS.c.user_id == bindparam("user"), _has_method | _gone)
)


def add_words(connection: sqlite3.Connection, user: UserId, username: str, name: str) -> None:
    """Let a user be found by his words."""
    connection.executemany(_ADD_WORD.sql, [(word, user) for word in words_of(username, name)])


def remove_words(connection: sqlite3.Connection, user: UserId, username: str, name: str) -> None:
    """Let a user be found by his words no more."""
    connection.executemany(_REMOVE_WORD.sql, [(word, user) for word in words_of(username, name)])


def note_methods(connection: sqlite3.Connection, user: UserId) -> None:
    """Write down whether a user has a method, after a change of that or of him."""
    _IS_BARE.run(connection, user=user)
    _IS_NOT_BARE.run(connection, user=user)


class SqlFindsPeople:
    """Finds people."""

    _connection: sqlite3.Connection

    def named_like(self, beginning: str, *, limit: int) -> Matches:
        """Find users by the folded beginning of any name that they go by, in the order of these names."""
        rows = _NAMED_LIKE.run(self._connection, first=beginning, behind=beginning + _BEHIND, most=LOOKED_AT)
        return _first_of(rows, limit=limit)

    def worded(self, words: Sequence[str], *, limit: int) -> Matches:
        """Find users by folded words, each of which begins a word of the display name or user name."""
        if not words:
            return Matches(found=(), complete=True)
        wanted = tuple(words)
        first = min(wanted, key=self._common)
        rows = _WORDED.run(self._connection, first=first, behind=first + _BEHIND, most=LOOKED_AT)
        return _first_of(rows, limit=limit, words=wanted)

    def _common(self, word: str) -> int:
        row = _COMMON.one(self._connection, first=word, behind=word + _BEHIND, most=LOOKED_AT)
        # A word that nobody is listed under may be the beginning of user names, which `named_like` finds.
        return LOOKED_AT + 1 if row is None or not row[0] else int(row[0])

    def standing(self, standing: Standing, *, after: str, now: int, limit: int) -> list[User]:
        """Return users who stand so at `now`, in the order of their names, those after `after`."""
        at = {"now": now} if standing is Standing.LOCKED else {}
        return [user_of(row) for row in _STANDING[standing].run(self._connection, after=after, most=limit, **at)]


def _first_of(rows: Iterable[Row], *, limit: int, words: tuple[str, ...] = ()) -> Matches:
    """Return the first users of rows, each once and only those who have all of `words`."""
    found: dict[UserId, Match] = {}
    looked_at = 0
    for row in rows:
        looked_at += 1
        user = user_of(row)
        if user.id in found or not matches(words, user.username, user.name):
            continue
        if len(found) == limit:
            return Matches(found=tuple(found.values()), complete=False)
        found[user.id] = Match(user=user, matched=row[len(USER_COLUMNS)])
    return Matches(found=tuple(found.values()), complete=looked_at < LOOKED_AT)
