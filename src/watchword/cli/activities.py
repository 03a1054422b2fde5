"""
`watchword activity`: what happened.
"""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

from watchword.cli.families import Here, Whole, family
from watchword.cli.session import Session
from watchword.cli.texts import when

app = family(
    "activity",
    "What happened.",
    "watchword activity --limit 20",
    "watchword activity --user alice@example.org",
    "watchword activity --follow --json | jq -r .reason",
)

LIMIT: Final = 100
"""Rows that are listed where nobody says how many."""

_COLUMNS: Final = ("at", "user", "application", "source", "outcome", "reason", "id")


@app.default
def activity(*, user: str | None = None, limit: Whole | None = None, follow: bool = False, session: Here) -> None:
    """
    List what happened, newest first, or follow it as it happens.

    Args:
        user: of this user only, or of this name where it is nobody's.
        limit: how many rows; with --follow, how many of those that were before.
        follow: print what happens from now on, a line each, until Ctrl+C.
    """
    if follow:
        _follow(session, user, limit)
        return
    rows = _listed(session, user, LIMIT if limit is None else limit)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(session.terminal.stdout, _COLUMNS, map(_cells, rows))


def _listed(session: Session, user: str | None, limit: Whole) -> Iterable[Any]:
    return session.pages("activity.list", after="before", key="id", most=limit, user=user)


def _follow(session: Session, user: str | None, limit: Whole | None) -> None:
    before = [] if limit is None else [*_listed(session, user, limit)][::-1]
    for row in chain(before, session.performer.follow(user)):
        session.line(json.dumps(row)) if session.as_json else session.say("  ".join(_cells(row)))


def _cells(row: Any) -> tuple[str, ...]:
    times = f" ({row['count']} times)" if row["count"] > 1 else ""
    return (
        when(row["at"]),
        row["user"],
        row["application"] or "",
        row["source"] or "",
        row["outcome"] or row["kind"],
        row["reason"] + times,
        row["id"],
    )
