"""
`watchword server`: MFA servers, as the portal sees them; what is done on their own machines is in files of its own.
"""

from typing import Any

from watchword.cli.families import Here, examples, family
from watchword.cli.session import Session
from watchword.cli.texts import when

app = family("server", "MFA servers: they stand next to the VPNs and ask the portal for the second step.")
app.command(
    "watchword.cli.activating:activate",
    name="activate",
    help="Make this machine an MFA server of a portal.",
    help_epilogue=examples(
        "watchword server activate 'https://portal.example.org#sha256=5f0c...' --email server-k7m2p9@activation.invalid"
        " --data /var/lib/watchword-server",
    ),
)
app.command(
    "watchword.cli.running:serve",
    name="run",
    help="Serve as the MFA server that this machine was activated as.",
    help_epilogue=examples(
        "watchword server run --data /var/lib/watchword-server --radius 0.0.0.0:1812",
        "watchword server run --data server --radius 127.0.0.1:0 --json",
    ),
)
app.command(
    "watchword.cli.installing:install",
    name="install",
    help="Write a systemd unit that runs this machine's MFA server.",
    help_epilogue=examples(
        "watchword server install --data /var/lib/watchword-server --radius 0.0.0.0:1812",
        "watchword server install --data /var/lib/watchword-server --print",
    ),
)
app.command(
    "watchword.cli.downloading:download",
    name="download",
    help="Get the MFA server as one file, for a machine that has nothing but Python.",
    help_epilogue=examples(
        "watchword server download --data DIR --output /srv/files/",
        "watchword server download --portal https://portal.example.org",
    ),
)


@app.command(
    name="credentials",
    help_epilogue=examples(
        "watchword server credentials",
        "watchword server credentials --group berlin --address 192.0.2.0/24",
        "watchword server credentials --server berlin-1",
    ),
)
def credentials(
    *, group: str | None = None, address: str | None = None, server: str | None = None, session: Here
) -> None:
    """
    Make activation credentials: good once, for ten minutes. They are shown once.

    Args:
        group: the only replication group whose server may be activated with them.
        address: the only address or network that it may be activated from.
        server: a server that is known already and gets a new key by them.
    """
    made = session.perform("server.credentials", group=group, address=address, server=server)
    if session.as_json:
        session.document(made)
        return
    session.say(
        f"good once, until {when(made['expires_at'])}:",
        f"e-mail    {made['email']}",
        f"password  {made['password']}",
        f"URL       {made['url']}",
        *made["notes"],
    )
    session.say("on the server: `watchword server activate URL --email E --data DIR`, and then type the password")


@app.command(name="credentials-list", help_epilogue=examples("watchword server credentials-list"))
def credentials_list(*, session: Here) -> None:
    """List the activation credentials of the last day, without their passwords."""
    rows = session.perform("server.credentials-list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("e-mail", "for", "made by", "until", "state", "used by"),
        (
            (
                row["email"],
                row["server"] or row["group"] or "any group",
                row["created_by"],
                when(row["expires_at"]),
                row["state"],
                row["used_by"] or "",
            )
            for row in rows
        ),
    )


@app.command(
    name="credentials-withdraw",
    help_epilogue=examples("watchword server credentials-withdraw server-k7m2p9x4wz@activation.invalid"),
)
def credentials_withdraw(which: str, /, *, session: Here) -> None:
    """
    Withdraw activation credentials before they are used.

    Args:
        which: their e-mail or id.
    """
    done = session.perform("server.credentials-withdraw", credentials=which)
    session.done(done, f"withdrew {done['email']}")


@app.command(name="list", help_epilogue=examples("watchword server list"))
def listed(*, session: Here) -> None:
    """List the MFA servers: version, status, address, and when each was last heard."""
    rows = session.perform("server.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("server", "group", "version", "status", "ip", "last communication", "alarm"),
        (
            (
                row["name"],
                row["group"],
                row["version"],
                row["status"],
                row["ip"] or "",
                when(row["last_communication"]) or "never",
                row["alarm"] or "",
            )
            for row in rows
        ),
    )


@app.command(name="show", help_epilogue=examples("watchword server show berlin-1"))
def show(server: str, /, *, session: Here) -> None:
    """
    Show everything that is known of a server.

    Args:
        server: its name or id.
    """
    found = session.perform("server.show", server=server)
    if session.as_json:
        session.document(found)
        return
    row = found["server"]
    session.say(row["name"], *_lines(row), f"SHA-256 of its key   {found['key_sha256']}")


def _lines(row: Any) -> list[str]:
    """Return what is known of a server, a line each."""
    shown = {
        "group": row["group"],
        "status": row["status"],
        "version": row["version"],
        "address": f"{row['ip'] or 'none'}, as it says {row['reported_ip'] or 'nothing'}",
        "host name": row["host_name"],
        "last communication": when(row["last_communication"]) or "never",
        "clock": f"{row['clock_skew']:+.1f} s",
        "configuration": row["configuration"],
        "listeners": ", ".join(row["listeners"]) or "none",
        "load": row["load"],
        "synthetic login": when(row["last_synthetic_login"]) or "never",
        "activated": when(row["activated_at"]),
        "revoked": when(row["revoked_at"]),
        "key since": when(row["key_since"]),
        "alarm": row["alarm"] or "none",
        "what is wrong": ", ".join(row["troubles"]) or "nothing",
    }
    return [f"{name:<20} {value}" for name, value in shown.items() if value != ""]


@app.command(name="move", help_epilogue=examples("watchword server move berlin-1 --group potsdam"))
def move(server: str, /, *, group: str, session: Here) -> None:
    """
    Put a server into another replication group.

    Args:
        server: its name or id.
        group: the group that it is to be in.
    """
    _done(session, session.perform("server.move", server=server, group=group), f"is in the group {group} now")


@app.command(name="rename", help_epilogue=examples("watchword server rename srv042 --name berlin-1"))
def rename(server: str, /, *, name: str, session: Here) -> None:
    """
    Give a server another name.

    Args:
        server: its name or id.
        name: what it is to be called.
    """
    _done(session, session.perform("server.rename", server=server, name=name), "is what it is called now")


@app.command(name="renew", help_epilogue=examples("watchword server renew berlin-1"))
def renew(server: str, /, *, session: Here) -> None:
    """
    Have a server make itself a new key.

    Args:
        server: its name or id.
    """
    _done(session, session.perform("server.renew", server=server), "is asked for a new key")


@app.command(name="revoke", help_epilogue=examples("watchword server revoke berlin-1 --reason 'machine stolen'"))
def revoke(server: str, /, *, reason: str, session: Here) -> None:
    """
    Let a server's word count no more.

    Args:
        server: its name or id.
        reason: why; it is kept.
    """
    _done(session, session.perform("server.revoke", server=server, reason=reason), "is revoked")


@app.command(name="remove", help_epilogue=examples("watchword server remove berlin-1"))
def remove(server: str, /, *, session: Here) -> None:
    """
    Forget a server that was revoked; what happened there stays written.

    Args:
        server: its name or id.
    """
    _done(session, session.perform("server.remove", server=server), "is forgotten")


def _done(session: Session, done: Any, what: str) -> None:
    session.done(done, f"{done['name']} {what}")
