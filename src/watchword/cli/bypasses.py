"""
`watchword bypass`: one login without the second step.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.session import Session
from watchword.cli.texts import when, yes

app = family("bypass", "One-time bypasses: one login without the second step.")


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword bypass add alice@example.org --seconds 300 --reason 'phone at home'",
        "watchword bypass add alice@example.org --seconds 300 --reason 'phone at home' --application vpn",
    ),
)
def add(
    user: str,
    /,
    *,
    reason: str,
    seconds: Whole | None = None,
    group: str | None = None,
    application: str | None = None,
    let_through: str | None = None,
    session: Here,
) -> None:
    """
    Let a user pass once with the password alone. A bypass decides nothing that already waits.

    Args:
        user: any name that he goes by.
        reason: why; it is kept.
        seconds: how long he may use it.
        group: the replication group where it is good, or all.
        application: the one application where it is good.
        let_through: id of the waiting login that is to be let through by it at once; `watchword pending` shows it.
    """
    added = session.perform(
        "bypass.add",
        user=user,
        reason=reason,
        seconds=seconds,
        group=group,
        application=application,
        let_through=let_through,
    )
    if session.as_json:
        session.document(added)
        return
    session.say(
        f"one login without the second step, until {when(added['expires_at'])} ({added['id']})", *added["notes"]
    )
    if added["let_through"] is not None:
        session.say(f"the waiting login was let through: {yes(added['let_through'])}")
    if added["pending"]:
        session.say("waiting, and not decided by this bypass:")
        _waiting(session, added["pending"])


def _waiting(session: Session, rows: Iterable[Any]) -> None:
    for row in rows:
        session.say(f"  {row['id']}  {row['application']} from {row['source'] or 'nowhere known'} {when(row['since'])}")


State = Literal["active", "used", "expired", "cancelled", "superseded"]


@app.command(name="choices", help_epilogue=examples("watchword bypass choices"))
def choices(*, session: Here) -> None:
    """Tell what there is to choose from when a bypass is made: seconds, replication groups, applications."""
    found = session.perform("bypass.choices")
    if session.as_json:
        session.document(found)
        return
    session.say(
        f"seconds: 1 to {found['longest']}, {found['default']} where none are named",
        f"groups: {', '.join(found['groups'])}",
        f"applications: {', '.join(found['applications']) or 'none yet'}",
    )


@app.command(
    name="list",
    help_epilogue=examples(
        "watchword bypass list",
        "watchword bypass list --all --csv > bypasses.csv",
        "watchword bypass list --created-by olga@example.org --since 2026-11-01",
    ),
)
def listed(
    *,
    all_: Annotated[bool, Parameter(name="--all")] = False,
    user: str | None = None,
    created_by: str | None = None,
    state: State | None = None,
    since: str | None = None,
    until: str | None = None,
    csv: bool = False,
    session: Here,
) -> None:
    """
    List the active bypasses, or every one that there ever was.

    Args:
        all_: those that are used or ended too.
        user: for this user only.
        created_by: made by this administrator only.
        state: that stand or ended so.
        since: not made before this date, or date and time.
        until: made before this date, or date and time.
        csv: print CSV for a spreadsheet.
    """
    rows = session.pages(
        "bypass.list",
        after="before",
        key="id",
        all=all_,
        user=user,
        created_by=created_by,
        state=state,
        since=since,
        until=until,
    )
    if csv:
        from watchword.app.manage.report import BypassRow, as_csv

        session.terminal.stdout.writelines(as_csv(BypassRow(**row) for row in rows))
        return
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("id", "user", "where", "reason", "made by", "made", "until", "state", "used"),
        (
            (
                row["id"],
                row["user"],
                row["application"] or f"group {row['group']}",
                row["reason"],
                row["created_by"],
                when(row["created_at"]),
                when(row["expires_at"]),
                row["state"],
                _used(row),
            )
            for row in rows
        ),
    )


def _used(row: Any) -> str:
    if row["used_at_application"] is None:
        return when(row["ended_at"])
    return f"{when(row['ended_at'])} at {row['used_at_application']} from {row['used_from'] or 'nowhere known'}"


@app.command(
    name="cancel",
    help_epilogue=examples("watchword bypass cancel 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12 --reason 'phone found'"),
)
def cancel(bypass: str, /, *, reason: str, session: Here) -> None:
    """
    End a bypass before it is used.

    Args:
        bypass: its id.
        reason: why; it is kept.
    """
    done = session.perform("bypass.cancel", id=bypass, reason=reason)
    session.done(done, f"cancelled the bypass of {done['user']}")
