"""
`watchword admin` and `watchword session`: those who administer, and where they are signed in.
"""

from typing import Any

from watchword.cli.families import Here, examples, family
from watchword.cli.texts import when

app = family("admin", "Administrators of the portal.")
sessions_app = family("session", "Sessions of administrators.")


@app.command(
    name="invite",
    help_epilogue=examples(
        "watchword admin invite dora --role help-desk --display 'Dora Desk' --user dora@example.org",
        "watchword admin invite olga --role owner --json | jq -r .url",
    ),
)
def invite(name: str, /, *, role: str, display: str | None = None, user: str | None = None, session: Here) -> None:
    """
    Make somebody an administrator. The link that is printed is good once, for a day.

    Args:
        name: what he signs in with.
        role: owner, authentication-administrator, help-desk or auditor.
        display: how he is called.
        user: the user that he is, so that he gives himself no bypass.
    """
    _link(session, session.perform("admin.invite", name=name, role=role, display=display, user=user))


@app.command(name="link", help_epilogue=examples("watchword admin link olga"))
def link(name: str, /, *, session: Here) -> None:
    """
    Let an administrator choose anew what he signs in with: for one who has lost it. Only on the host.

    Args:
        name: what he signs in with.
    """
    _link(session, session.perform("admin.link", name=name))


def _link(session: Here, done: Any) -> None:
    session.done(
        done,
        f"{done['name']} becomes {done['role']} by this link, once, until {when(done['expires_at'])};"
        " it is not shown again:",
    )
    if not session.as_json:
        session.line(done["url"])


@app.command(name="list", help_epilogue=examples("watchword admin list"))
def listed(*, session: Here) -> None:
    """List the administrators."""
    rows = session.perform("admin.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("name", "called", "role", "state", "second steps", "user", "last seen"),
        (
            (
                row["name"],
                row["display"],
                row["role"],
                row["state"],
                ", ".join((*(["code"] if row["totp"] else []), *(["passkey"] * row["passkeys"]))),
                row["user"] or "",
                when(row["last_seen_at"]),
            )
            for row in rows
        ),
    )


@app.command(
    name="change",
    help_epilogue=examples(
        "watchword admin change dora --role auditor", "watchword admin change dora --user dora@example.org"
    ),
)
def change(
    name: str,
    /,
    *,
    role: str | None = None,
    display: str | None = None,
    user: str | None = None,
    session: Here,
) -> None:
    """
    Change what an administrator is. With another role his sessions end.

    Args:
        name: what he signs in with.
        role: owner, authentication-administrator, help-desk or auditor.
        display: how he is called.
        user: the user that he is; an empty text for none.
    """
    done = session.perform("admin.change", name=name, role=role, display=display, user=user)
    session.done(done, f"{done['name']} is {done['role']}")


@app.command(name="disable", help_epilogue=examples("watchword admin disable dora"))
def disable(name: str, /, *, session: Here) -> None:
    """
    Let an administrator in no more; his sessions end.

    Args:
        name: what he signs in with.
    """
    done = session.perform("admin.disable", name=name)
    session.done(done, f"disabled {done['name']}")


@app.command(name="enable", help_epilogue=examples("watchword admin enable dora"))
def enable(name: str, /, *, session: Here) -> None:
    """
    Let an administrator in again.

    Args:
        name: what he signs in with.
    """
    done = session.perform("admin.enable", name=name)
    session.done(done, f"enabled {done['name']}")


@app.command(name="unlock", help_epilogue=examples("watchword admin unlock olga"))
def unlock(name: str, /, *, session: Here) -> None:
    """
    Forget the wrong codes of an administrator, and the lock that came of them.

    Args:
        name: what he signs in with.
    """
    done = session.perform("admin.unlock", name=name)
    session.done(done, f"unlocked {done['name']}")


@app.command(name="remove", help_epilogue=examples("watchword admin remove dora"))
def remove(name: str, /, *, session: Here) -> None:
    """
    Remove an administrator; what he did stays written.

    Args:
        name: what he signs in with.
    """
    done = session.perform("admin.remove", name=name)
    session.done(done, f"removed {done['name']}")


@sessions_app.command(name="list", help_epilogue=examples("watchword session list", "watchword session list --of olga"))
def sessions(*, of: str | None = None, session: Here) -> None:
    """
    List who is signed in, and from where.

    Args:
        of: the name of one administrator.
    """
    rows = session.perform("session.list", administrator=of)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("administrator", "from", "browser", "since", "last seen", "id"),
        (
            (
                row["administrator"],
                row["source"],
                row["agent"],
                when(row["created_at"]),
                when(row["seen_at"]),
                row["id"],
            )
            for row in rows
        ),
    )


@sessions_app.command(name="end", help_epilogue=examples("watchword session end 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"))
def end(identifier: str, /, *, session: Here) -> None:
    """
    End a session: its next request is nobody's.

    Args:
        identifier: its id.
    """
    session.done(session.perform("session.end", id=identifier), "ended")


@sessions_app.command(name="end-all", help_epilogue=examples("watchword session end-all olga"))
def end_all(administrator: str, /, *, session: Here) -> None:
    """
    End every session of an administrator.

    Args:
        administrator: what he signs in with.
    """
    done = session.perform("session.end-all", administrator=administrator)
    session.done(done, f"ended {done['ended']}")
