"""
`watchword user`: people.
"""

from typing import Any

from watchword.cli.families import Here, examples, family
from watchword.cli.texts import when, yes

app = family("user", "Users.")


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword user add alice@example.org --name 'Alice Example'",
        "watchword user add bob@example.org --alias EXAMPLE\\\\bob --password-stdin < password.txt",
    ),
)
def add(
    user: str,
    /,
    *,
    name: str | None = None,
    alias: tuple[str, ...] | None = None,
    password_stdin: bool = False,
    session: Here,
) -> None:
    """
    Add a user.

    Args:
        user: the canonical name, username@domain.
        name: how people call him.
        alias: a name that he goes by besides; may be given more than once.
        password_stdin: read a password from standard input, for applications that check passwords here.
    """
    password = session.secret("Password", again=True) if password_stdin else None
    done = session.perform("user.add", username=user, name=name, aliases=alias, password=password)
    session.done(done, f"added {done['username']}; `watchword method add {done['username']} totp` gives a second step")


@app.command(
    name="list", help_epilogue=examples("watchword user list", "watchword user list --json | jq -r '.[].username'")
)
def listed(*, session: Here) -> None:
    """List the users, by their names."""
    rows = session.pages("user.list", after="after", key="username")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("user", "name", "state"),
        ((row["username"], row["name"], _state(row)) for row in rows),
    )


def _state(row: Any) -> str:
    if row["blocked"] is not None:
        return f"blocked since {when(row['blocked']['at'])}: {row['blocked']['reason']}"
    return "disabled" if row["disabled"] else ""


@app.command(
    name="show", help_epilogue=examples("watchword user show alice@example.org", "watchword user show 'EXAMPLE\\alice'")
)
def show(user: str, /, *, session: Here) -> None:
    """
    Show a user, with methods, locks and bypasses.

    Args:
        user: any name that he goes by.
    """
    shown = session.perform("user.show", user=user)
    if session.as_json:
        session.document(shown)
        return
    from watchword.cli import drawing

    blocked = shown["blocked"]
    drawing.facts(
        session.terminal.stdout,
        (
            ("user", shown["username"]),
            ("name", shown["name"]),
            ("also", ", ".join(alias for alias in shown["aliases"] if alias != shown["username"])),
            ("id", shown["id"]),
            ("password here", yes(shown["password"])),
            ("blocked", "no" if blocked is None else f"since {when(blocked['at'])}: {blocked['reason']}"),
            ("disabled", yes(shown["disabled"])),
            ("locked until", when(shown["locked_until"]) or "not locked"),
            ("wrong second steps", shown["wrong_second_steps"]),
            ("no prompts until", when(shown["push_off_until"]) or "prompts are shown"),
            *(("method", f"{method['kind']}  {method['id']}") for method in shown["methods"]),
            *(("bypass", f"{bypass['id']} until {when(bypass['expires_at'])}") for bypass in shown["bypasses"]),
        ),
    )


@app.command(name="block", help_epilogue=examples("watchword user block alice@example.org --reason 'laptop stolen'"))
def block(user: str, /, *, reason: str, session: Here) -> None:
    """
    Block a user: he passes nowhere, and what is in progress for him ends at once.

    Args:
        user: any name that he goes by.
        reason: why; it is kept.
    """
    done = session.perform("user.block", user=user, reason=reason)
    session.done(done, f"blocked {done['username']}")


@app.command(name="unblock", help_epilogue=examples("watchword user unblock alice@example.org --reason 'laptop found'"))
def unblock(user: str, /, *, reason: str, session: Here) -> None:
    """
    End the block of a user.

    Args:
        user: any name that he goes by.
        reason: why; it is kept.
    """
    done = session.perform("user.unblock", user=user, reason=reason)
    session.done(done, f"unblocked {done['username']}")


@app.command(name="unlock", help_epilogue=examples("watchword user unlock alice@example.org"))
def unlock(user: str, /, *, session: Here) -> None:
    """
    Forget the wrong codes and refused prompts of a user, and the lock that came of them.

    Args:
        user: any name that he goes by.
    """
    done = session.perform("user.unlock", user=user)
    session.done(done, f"unlocked {done['username']}")


@app.command(
    name="password", help_epilogue=examples("watchword user password alice@example.org --password-stdin < password.txt")
)
def password(user: str, /, *, password_stdin: bool = False, session: Here) -> None:
    """
    Set the password of a user, for applications that check passwords here.

    Args:
        user: any name that he goes by.
        password_stdin: read it from standard input.
    """
    session.wants_secret(password_stdin, "--password-stdin")
    done = session.perform("user.password", user=user, password=session.secret("Password", again=True))
    session.done(done, f"set the password of {done['username']}")


@app.command(name="remove", help_epilogue=examples("watchword user remove alice@example.org"))
def remove(user: str, /, *, session: Here) -> None:
    """
    Remove a user with his methods and bypasses; what happened stays written.

    Args:
        user: any name that he goes by.
    """
    done = session.perform("user.remove", user=user)
    session.done(done, f"removed {done['username']}")
