"""
`watchword key`: keys of programs, and the keys under which secrets are sealed.
"""

from typing import Annotated

from cyclopts import Parameter

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.texts import when

Bypasses = Annotated[bool | None, Parameter(negative="--no-bypasses")]

app = family("key", "Keys of programs that use the API, and the keys under which secrets are sealed.")


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword key add --role help-desk --name ticket-system",
        "watchword key add --role auditor --expires-in 86400 --json | jq -r .key",
    ),
)
def add(
    *,
    role: str,
    expires_in: Whole | None = None,
    name: str | None = None,
    bypasses: Bypasses = None,
    session: Here,
) -> None:
    """
    Make a key for a program that uses the API. It is shown once.

    Args:
        role: owner, authentication-administrator, help-desk or auditor.
        expires_in: seconds for which it is good; without it until it is revoked.
        name: what the audit trail calls it.
        bypasses: whether it may make bypasses, where its role may; on the host yes, at a portal no.
    """
    done = session.perform("key.add", role=role, expires_in=expires_in, name=name, bypasses=bypasses)
    ends = f"until {when(done['expires_at'])}" if done["expires_at"] else "until it is revoked"
    session.done(done, f"{done['name']} may do what {done['role']} may, {ends}. Keep it now, it is not shown again:")
    if not session.as_json:
        session.line(done["key"])


@app.command(name="list", help_epilogue=examples("watchword key list"))
def listed(*, session: Here) -> None:
    """List the keys of programs, without themselves."""
    rows = session.perform("key.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("name", "role", "bypasses", "state", "made by", "expires", "last used", "id"),
        (
            (
                row["name"],
                row["role"],
                "yes" if row["bypasses"] else "no",
                row["state"],
                row["created_by"],
                when(row["expires_at"]) or "never",
                when(row["used_at"]) or "never",
                row["id"],
            )
            for row in rows
        ),
    )


@app.command(name="revoke", help_epilogue=examples("watchword key revoke 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"))
def revoke(key: str, /, *, session: Here) -> None:
    """
    Revoke a key of a program: its next request is refused.

    Args:
        key: its id.
    """
    done = session.perform("key.revoke", id=key)
    session.done(done, f"revoked {done['name']}")


@app.command(name="rotate", help_epilogue=examples("watchword key rotate"))
def rotate(*, session: Here) -> None:
    """Make a new sealing key, and seal everything under it. Keep a copy of the key file."""
    done = session.perform("key.rotate")
    rest = "" if done["finished"] else "; the rest follows while Watchword runs"
    session.done(
        done,
        f"key {done['version']} of {when(done['created_at'])} seals from now on,"
        f" and {done['resealed']} secrets were sealed anew{rest}",
    )
