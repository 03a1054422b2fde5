"""
`watchword user`: people.
"""

from typing import Any, Literal

from watchword.cli.families import Here, Whole, examples, family
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


Standing = Literal["blocked", "disabled", "locked", "without-method"]


@app.command(
    name="list",
    help_epilogue=examples(
        "watchword user list",
        "watchword user list --standing without-method",
        "watchword user list --json | jq -r '.[].username'",
    ),
)
def listed(*, standing: Standing | None = None, session: Here) -> None:
    """
    List the users, by their names.

    Args:
        standing: only those who stand so.
    """
    rows = session.pages("user.list", after="after", key="username", standing=standing)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("user", "name", "state"),
        ((row["username"], row["name"], _state(row)) for row in rows),
    )


@app.command(
    name="search", help_epilogue=examples("watchword user search 'anna m'", "watchword user search 'EXAMPLE\\an'")
)
def search(wanted: str, /, *, limit: Whole | None = None, session: Here) -> None:
    r"""
    Find users by the beginning of a name that they go by, or of words of their display names.

    Args:
        wanted: what is known: username@domain, DOMAIN\name, a short name, words.
        limit: how many are shown at most.
    """
    found = session.perform("user.search", wanted=wanted, limit=limit)
    if session.as_json:
        session.document(found)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("user", "name", "found by", "state"),
        ((row["username"], row["name"], row["matched"], _state(row)) for row in found["users"]),
    )
    if found["more"]:
        session.say("there are more; write more of the name")


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


@app.command(
    name="disable", help_epilogue=examples("watchword user disable alice@example.org --reason 'on leave until May'")
)
def disable(user: str, /, *, reason: str, session: Here) -> None:
    """
    Disable a user who is not to sign in for the time being.

    Args:
        user: any name that he goes by.
        reason: why; it is kept.
    """
    done = session.perform("user.disable", user=user, reason=reason)
    session.done(done, f"disabled {done['username']}")


@app.command(
    name="enable", help_epilogue=examples("watchword user enable alice@example.org --reason 'back from leave'")
)
def enable(user: str, /, *, reason: str, session: Here) -> None:
    """
    Let a user who was disabled sign in again.

    Args:
        user: any name that he goes by.
        reason: why; it is kept.
    """
    done = session.perform("user.enable", user=user, reason=reason)
    session.done(done, f"enabled {done['username']}")


@app.command(name="rename", help_epilogue=examples("watchword user rename alice@example.org --name 'Alice Miller'"))
def rename(user: str, /, *, name: str, session: Here) -> None:
    """
    Change how people call a user; the names that he signs in by stay.

    Args:
        user: any name that he goes by.
        name: how people call him from now on.
    """
    done = session.perform("user.rename", user=user, name=name)
    session.done(done, f"{done['username']} has another display name")


@app.command(name="alias-add", help_epilogue=examples("watchword user alias-add alice@example.org amiller"))
def alias_add(user: str, alias: str, /, *, session: Here) -> None:
    """
    Let a user go by one more name.

    Args:
        user: any name that he goes by.
        alias: the name; nobody else may go by it.
    """
    done = session.perform("user.alias-add", user=user, alias=alias)
    session.done(done, f"{done['username']} goes by one name more")


@app.command(name="alias-remove", help_epilogue=examples("watchword user alias-remove alice@example.org amiller"))
def alias_remove(user: str, alias: str, /, *, session: Here) -> None:
    """
    Let a user go by a name no more, and end what came by it.

    Args:
        user: any name that he goes by.
        alias: the name.
    """
    done = session.perform("user.alias-remove", user=user, alias=alias)
    session.done(done, f"{done['username']} goes by one name less")


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
