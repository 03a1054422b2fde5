"""
Requests that have created something, as rows: `ports.repeats`.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from watchword.ports.repeats import Done, Remembered
from watchword.stores.api_tables import REQUESTS
from watchword.stores.statements import Statement

_THE_ONE: Final = (REQUESTS.c.owner == bindparam("by"), REQUESTS.c.name == bindparam("called"))
_FIND: Final = Statement(
    select(REQUESTS.c.request, REQUESTS.c.answer).where(*_THE_ONE, REQUESTS.c.expires_at > bindparam("now"))
)
_FORGET_OLD: Final = Statement(delete(REQUESTS).where(*_THE_ONE, REQUESTS.c.expires_at <= bindparam("now")))
_ADD: Final = Statement(insert(REQUESTS).prefix_with("OR IGNORE", dialect="sqlite"))
_ANSWER: Final = Statement(update(REQUESTS).where(*_THE_ONE).values(answer=bindparam("answered")))
_LATE: Final = Statement(
    select(REQUESTS.c.owner, REQUESTS.c.name)
    .where(REQUESTS.c.expires_at <= bindparam("now"))
    .order_by(REQUESTS.c.expires_at)
    .limit(bindparam("most"))
)
_FORGET: Final = Statement(delete(REQUESTS).where(*_THE_ONE))


class RequestReads:
    """Reads."""

    _connection: sqlite3.Connection

    def remembered(self, owner: bytes, name: bytes, *, now: int) -> Remembered | None:
        """Return what was done under a name, None where nothing was or it is long ago."""
        row = _FIND.one(self._connection, by=owner, called=name, now=now)
        return None if row is None else Remembered(request=row[0], answer=row[1])


class RequestChanges:
    """Changes."""

    _connection: sqlite3.Connection

    def remember(self, done: Done) -> bool:
        """Write down that something was done; False where the name is in use."""
        _FORGET_OLD.run(self._connection, by=done.owner, called=done.name, now=done.at)
        added = _ADD.change(
            self._connection,
            owner=done.owner,
            name=done.name,
            request=done.request,
            expires_at=done.expires_at,
            answer=None,
        )
        return added == 1

    def keep_answer(self, owner: bytes, name: bytes, answer: bytes) -> None:
        """Keep what was answered."""
        _ANSWER.run(self._connection, by=owner, called=name, answered=answer)


def forget(connection: sqlite3.Connection, *, now: int, limit: int) -> int:
    """Forget up to `limit` requests that are long ago, and return how many."""
    late = _LATE.all(connection, now=now, most=limit)
    for owner, name in late:
        _FORGET.run(connection, by=owner, called=name)
    return len(late)
