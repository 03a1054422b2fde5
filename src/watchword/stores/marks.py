"""
How far upkeep has come along the chain: a mark moves in the transaction of what was derived up to it.

It moves only from where it was read, so that whatever was derived twice is written once.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from watchword.stores.history_tables import MARKS
from watchword.stores.statements import Statement

COUNTS: Final = "counts"
TERMS: Final = "terms"
AUDIT: Final = "audit"
"""The names of the marks."""

_READ: Final = Statement(select(MARKS.c.position, MARKS.c.at).where(MARKS.c.name == bindparam("mark")))
_BEGIN: Final = Statement(insert(MARKS).prefix_with("OR IGNORE", dialect="sqlite"))
_MOVE: Final = Statement(
    update(MARKS)
    .where(MARKS.c.name == bindparam("mark"), MARKS.c.position == bindparam("read"))
    .values(position=bindparam("reached"), at=bindparam("reached_at"))
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The last position that was read, -1 before the first, and the instant of its row."""

    position: int = -1
    at: int = 0


def read(connection: sqlite3.Connection, name: str) -> Mark:
    """Return where a mark stands."""
    row = _READ.one(connection, mark=name)
    return Mark() if row is None else Mark(*row)


def move(connection: sqlite3.Connection, name: str, *, start: Mark, end: Mark) -> bool:
    """Move a mark from where it was read; False where it is elsewhere by now."""
    _BEGIN.run(connection, name=name, position=Mark().position, at=Mark().at)
    return _MOVE.change(connection, mark=name, read=start.position, reached=end.position, reached_at=end.at) == 1
