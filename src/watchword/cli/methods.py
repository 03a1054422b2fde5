"""
`watchword method`: second steps.
"""

from typing import Any, Literal

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.session import Session
from watchword.cli.texts import when

app = family("method", "Second steps of users: tokens, phones, printed codes.")

Kind = Literal["totp", "hotp", "push", "backup-codes"]
Algorithm = Literal["sha1", "sha256", "sha512"]


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword method add alice@example.org totp",
        "watchword method add alice@example.org push",
        "watchword method add alice@example.org backup-codes",
        "watchword method add alice@example.org hotp --digits 8 --algorithm sha256",
    ),
)
def add(
    user: str,
    kind: Kind,
    /,
    *,
    algorithm: Algorithm | None = None,
    digits: Whole | None = None,
    period: Whole | None = None,
    counter: Whole | None = None,
    session: Here,
) -> None:
    """
    Give a user a second step. What is shown then is shown once.

    Args:
        user: any name that he goes by.
        kind: what it is.
        algorithm: of a token; some apps take sha1 only.
        digits: of a token's codes, 6 or 8; some apps take 6 only.
        period: seconds for which a code of a totp token is shown.
        counter: what an hotp token counts from.
    """
    added = session.perform(
        "method.add", user=user, type=kind, algorithm=algorithm, digits=digits, period=period, counter=counter
    )
    if session.as_json:
        session.document(added)
    elif "codes" in added:
        session.say("printed codes, each good once; older ones are void:", *added["codes"])
    elif "pairing_url" in added:
        session.say(
            f"pair a device within the next minutes, until {when(added['expires_at'])}, with",
            added["pairing_url"],
            "in a terminal: watchword authenticator pair URL --state FILE",
        )
        _picture(session, added["pairing_url"])
    else:
        session.say("scan this with an authenticator app, or type the secret into it:", added["uri"], added["secret"])
        _picture(session, added["uri"])


def _picture(session: Session, text: str) -> None:
    """Draw a code that a phone can scan, where somebody can hold one before it."""
    if session.terminal.drawn:
        import segno

        segno.make(text, micro=False).terminal(session.terminal.stdout, compact=True)


@app.command(name="list", help_epilogue=examples("watchword method list alice@example.org"))
def listed(user: str, /, *, session: Here) -> None:
    """
    List the second steps of a user.

    Args:
        user: any name that he goes by.
    """
    rows = session.perform("method.list", user=user)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(session.terminal.stdout, ("id", "kind", ""), ((row["id"], row["kind"], _words(row)) for row in rows))


def _words(row: Any) -> str:
    if row["paired"] is not None:
        return "paired" if row["paired"] else "waits for its device"
    if row["codes_left"] is not None:
        return f"{row['codes_left']} left"
    known = (row["algorithm"], f"{row['digits']} digits", None if row["period"] is None else f"{row['period']} s")
    return ", ".join(str(one) for one in (*known, None if row["used"] else "never used") if one is not None)


@app.command(
    name="remove",
    help_epilogue=examples("watchword method remove alice@example.org 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"),
)
def remove(user: str, method: str, /, *, session: Here) -> None:
    """
    Take a second step away from a user.

    Args:
        user: any name that he goes by.
        method: its id, as `watchword method list` shows it.
    """
    done = session.perform("method.remove", user=user, id=method)
    session.done(done, f"removed the method of {done['username']}")
