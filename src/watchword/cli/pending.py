"""
`watchword pending`: logins that wait.
"""

from watchword.cli.families import Here, family
from watchword.cli.texts import when

app = family(
    "pending", "Logins that wait for a second step.", "watchword pending", "watchword pending --user alice@example.org"
)


@app.default
def pending(*, user: str | None = None, session: Here) -> None:
    """
    List the logins that wait for a second step, the oldest first.

    Args:
        user: of this user only.
    """
    rows = session.perform("pending", user=user)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("user", "application", "source", "since", "", "id"),
        (
            (
                row["user"],
                row["application"],
                row["source"],
                when(row["since"]),
                "from two places at once" if row["contended"] else "",
                row["id"],
            )
            for row in rows
        ),
    )
