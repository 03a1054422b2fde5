"""
`watchword audit`: the audit trail.
"""

from typing import Final

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.texts import when

app = family("audit", "The audit trail.")

LIMIT: Final = 100
"""Rows that are listed where nobody says how many."""


@app.command(
    name="list",
    help_epilogue=examples(
        "watchword audit list --user alice@example.org",
        "watchword audit list --event bypass --since 2026-11-01 --json",
        "watchword audit list --subject 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12",
    ),
)
def listed(
    *,
    user: str | None = None,
    actor: str | None = None,
    event: str | None = None,
    subject: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: Whole | None = None,
    session: Here,
) -> None:
    """
    List who did what, newest first.

    Args:
        user: what befell this user.
        actor: what this administrator did.
        event: of this kind, noun.verb, or everything that befell a noun.
        subject: what befell the thing with this id.
        since: not before this date, or date and time.
        until: before this date, or date and time.
        limit: how many rows.
    """
    rows = session.pages(
        "audit.list",
        after="before",
        key="id",
        most=LIMIT if limit is None else limit,
        user=user,
        actor=actor,
        event=event,
        subject=subject,
        since=since,
        until=until,
    )
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("at", "what", "event"),
        ((when(row["at"]), row["sentence"], row["event"]) for row in rows),
    )


@app.command(name="verify", help_epilogue=examples("watchword audit verify && echo whole"))
def verify(*, session: Here) -> int:
    """Walk the chain of everything that happened, and see that nothing was changed or taken out."""
    verified = session.perform("audit.verify")
    whole = verified["whole"]
    if session.as_json:
        session.document(verified)
    else:
        session.say(
            f"{verified['rows']} rows, and the chain is whole" if whole else f"the chain is broken: {verified['fault']}"
        )
    return 0 if whole else 1
