"""
`watchword rule`: when a second step is not asked for again.
"""

from typing import Annotated, Literal

from cyclopts import Parameter

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.session import Usage
from watchword.cli.texts import when

app = family("rule", "Caching rules: when a second step is not asked for again.")

Type = Literal["user", "application", "ip"]
AuthenticationType = Literal["radius", "ldap", "http", "api"]


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword rule add --type ip --seconds 28800 --application vpn", "watchword rule add --type user --seconds 60"
    ),
)
def add(
    *,
    type_: Annotated[Type, Parameter(name="--type")],
    seconds: Whole,
    authentication_type: AuthenticationType | None = None,
    application: str | None = None,
    session: Here,
) -> None:
    """
    Add a caching rule; it holds from the next login on.

    Args:
        type_: what must be the same: the user; also the application; or also the address that he comes from.
        seconds: how long after a second step none is asked for.
        authentication_type: the one way of asking that it is for.
        application: the one application that it is for.
    """
    done = session.perform(
        "rule.add", type=type_, seconds=seconds, authentication_type=authentication_type, application=application
    )
    session.done(done, f"added the rule {done['id']}")


@app.command(name="list", help_epilogue=examples("watchword rule list"))
def listed(*, session: Here) -> None:
    """List the rules, in the order in which they decide."""
    rows = session.perform("rule.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("id", "type", "seconds", "asked by", "application", "hits", ""),
        (
            (
                row["id"],
                row["type"],
                row["seconds"],
                row["authentication_type"] or "any",
                row["application"] or "any",
                row["hits"],
                "" if row["enabled"] else "off",
            )
            for row in rows
        ),
    )


@app.command(
    name="change",
    help_epilogue=examples(
        "watchword rule change 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12 --seconds 3600",
        "watchword rule change 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12 --off",
    ),
)
def change(rule: str, /, *, seconds: Whole | None = None, on: bool = False, off: bool = False, session: Here) -> None:
    """
    Change a rule; nothing is honoured any more that was remembered under what it was before.

    Args:
        rule: its id.
        seconds: how long after a second step none is asked for.
        on: let it decide again.
        off: let it decide no more.
    """
    if on and off:
        raise Usage("a rule is on or off, not both")
    done = session.perform("rule.change", id=rule, seconds=seconds, enabled=on if on or off else None)
    session.done(done, f"the rule {done['id']} is {'on' if done['enabled'] else 'off'}, {done['seconds']} seconds")


@app.command(
    name="foresee",
    help_epilogue=examples(
        "watchword rule foresee --type ip --seconds 28800 --application vpn",
        "watchword rule foresee --rule 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12 --seconds 600",
    ),
)
def foresee(
    *,
    type_: Annotated[Type | None, Parameter(name="--type")] = None,
    seconds: Whole | None = None,
    authentication_type: AuthenticationType | None = None,
    application: str | None = None,
    rule: str | None = None,
    days: Whole | None = None,
    session: Here,
) -> None:
    """
    Tell what a rule would have done over the last days, before it is added or changed.

    Args:
        type_: what must be the same.
        seconds: how long after a second step none is asked for.
        authentication_type: the one way of asking that it is for.
        application: the one application that it is for.
        rule: id of a rule that is there, instead of its type.
        days: how far to look back.
    """
    found = session.perform(
        "rule.foresee",
        id=rule,
        type=type_,
        seconds=seconds,
        authentication_type=authentication_type,
        application=application,
        days=days,
    )
    if session.as_json:
        session.document(found)
        return
    session.say(
        f"of {found['prompts']} prompts since {when(found['since'])} it would have saved {found['saved']},"
        f" for {found['users']} users",
        *found["risks"],
    )


@app.command(
    name="entries", help_epilogue=examples("watchword rule entries", "watchword rule entries --user alice@example.org")
)
def entries(*, user: str | None = None, session: Here) -> None:
    """
    List the logins that are remembered now.

    Args:
        user: of this user only.
    """
    rows = session.perform("rule.entries", user=user)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("user", "application", "source", "since", "until", "hits", "rule"),
        (
            (
                row["user"],
                row["application"],
                row["source"],
                when(row["created_at"]),
                when(row["expires_at"]),
                row["hits"],
                row["rule"],
            )
            for row in rows
        ),
    )


@app.command(
    name="purge", help_epilogue=examples("watchword rule purge", "watchword rule purge --user alice@example.org")
)
def purge(*, user: str | None = None, session: Here) -> None:
    """
    Forget the logins that are remembered.

    Args:
        user: of this user only.
    """
    done = session.perform("rule.purge", user=user)
    session.done(done, f"forgot {done['purged']}")


@app.command(name="remove", help_epilogue=examples("watchword rule remove 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"))
def remove(rule: str, /, *, session: Here) -> None:
    """
    Remove a rule; nothing is honoured under it any more.

    Args:
        rule: its id.
    """
    done = session.perform("rule.remove", id=rule)
    session.done(done, f"removed the rule {done['id']}")
