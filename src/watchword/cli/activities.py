"""
`watchword activity`: what happened.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.session import Session, Usage
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


Outcome = Literal["allowed", "denied", "challenged", "dropped"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are wanted."""

    user: str | None = None
    """Of this user only, or of this name where it is nobody's."""
    application: str | None = None
    """At this application only."""
    outcome: Outcome | None = None
    """That ended so."""
    reason: str | None = None
    """For this reason."""
    source: str | None = None
    """From this address or station."""
    server: str | None = None
    """At this MFA server."""


@app.default
def activity(
    *,
    wanted: Annotated[Wanted | None, Parameter(name="*")] = None,
    since: str | None = None,
    until: str | None = None,
    limit: Whole | None = None,
    follow: bool = False,
    session: Here,
) -> None:
    """
    List what happened, newest first, or follow it as it happens.

    Args:
        wanted: which rows.
        since: not before this date, or date and time.
        until: before this date, or date and time.
        limit: how many rows; with --follow, how many of those that were before.
        follow: print what happens from now on, a line each, until Ctrl+C.
    """
    filters = {name: value for name, value in asdict(wanted or Wanted()).items() if value is not None}
    times = {name: value for name, value in (("since", since), ("until", until)) if value is not None}
    if follow:
        _follow(session, filters, times, limit)
        return
    rows = _listed(session, filters | times, LIMIT if limit is None else limit)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(session.terminal.stdout, _COLUMNS, map(_cells, rows))


@app.command(
    name="search",
    help_epilogue=examples(
        "watchword activity search --reason fraud", "watchword activity search --user alice --before ID --json"
    ),
)
def search(
    *,
    wanted: Annotated[Wanted | None, Parameter(name="*")] = None,
    since: str | None = None,
    until: str | None = None,
    before: str | None = None,
    after: str | None = None,
    limit: Whole | None = None,
    session: Here,
) -> None:
    """
    Find a page of what happened, newest first, and by what to ask for the pages beside it.

    Args:
        wanted: which rows.
        since: not before this date, or date and time.
        until: before this date, or date and time.
        before: older than the row with this id.
        after: newer than the row with this id.
        limit: how many rows.
    """
    found = session.perform(
        "activity.search",
        **asdict(wanted or Wanted()),
        since=since,
        until=until,
        before=before,
        after=after,
        limit=limit,
    )
    if session.as_json:
        session.document(found)
        return
    from watchword.cli import drawing

    drawing.table(session.terminal.stdout, _COLUMNS, map(_cells, found["rows"]))
    if found["before"] is not None:
        session.say(f"older ones: --before {found['before']}")


@app.command(
    name="statistics",
    help_epilogue=examples(
        "watchword activity statistics", "watchword activity statistics --span hour --application vpn --json"
    ),
)
def statistics(
    *,
    span: Literal["hour", "day"] | None = None,
    since: str | None = None,
    until: str | None = None,
    application: str | None = None,
    session: Here,
) -> None:
    """
    Show how logins ended, which prompts were saved, and how long phones took to answer.

    Args:
        span: what is counted together.
        since: from this date, or date and time.
        until: before this date, or date and time.
        application: at this application only.
    """
    shown = session.perform("activity.statistics", span=span, since=since, until=until, application=application)
    if session.as_json:
        session.document(shown)
        return
    from watchword.cli import drawing

    out = session.terminal.stdout
    drawing.table(
        out,
        ("from", "outcome", "reason", "logins"),
        ((when(row["start"]), row["outcome"], row["reason"], row["count"]) for row in shown["logins"]),
    )
    drawing.table(
        out,
        ("from", "saved by rules", "saved by joining"),
        ((when(row["start"]), row["by_rules"], row["by_joining"]) for row in shown["saved"]),
    )
    drawing.table(
        out,
        ("from", "answers", "half within", "90 % within", "99 % within"),
        (
            (when(row["start"]), row["count"], *(f"{row[key]:g} s" for key in ("p50", "p90", "p99")))
            for row in shown["answers"]
        ),
    )


def _listed(session: Session, filters: Mapping[str, str], limit: Whole) -> Iterable[Any]:
    return session.pages("activity.list", after="before", key="id", most=limit, **filters)


def _follow(session: Session, filters: Mapping[str, str], times: Mapping[str, str], limit: Whole | None) -> None:
    if times and limit is None:
        raise Usage("--since and --until need --limit with --follow: what happens from now on is after both")
    before = [] if limit is None else [*_listed(session, {**filters, **times}, limit)][::-1]
    for row in chain(before, session.performer.follow(filters)):
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
