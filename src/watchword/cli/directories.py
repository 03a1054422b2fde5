"""
`watchword directory`: where passwords are checked.
"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from watchword.cli.families import Here, Real, Whole, examples, family
from watchword.cli.session import Refused
from watchword.cli.texts import number

app = family("directory", "Where passwords are checked.")

Type = Literal["ldap", "radius"]


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword directory add ad --type ldap --url ldaps://dc1.example.org --base DC=example,DC=org \\",
        "    --bind-dn CN=watchword,CN=Users,DC=example,DC=org --bind-password-stdin < password.txt",
        "watchword directory add old --type radius --url radius://192.0.2.8:1812 --secret-stdin < secret.txt",
    ),
)
def add(  # noqa: PLR0913 - one for each option
    name: str,
    /,
    *,
    type_: Annotated[Type, Parameter(name="--type")],
    url: str,
    base: str | None = None,
    bind_dn: str | None = None,
    bind_password_stdin: bool = False,
    user_filter: str | None = None,
    start_tls: bool = False,
    ca: Path | None = None,
    secret_stdin: bool = False,
    timeout: Real | None = None,
    tries: Whole | None = None,
    session: Here,
) -> None:
    """
    Add a directory.

    Args:
        name: what people call it.
        type_: what it speaks.
        url: ldap[s]://HOST[:PORT] or radius://HOST:PORT.
        base: where users are searched.
        bind_dn: who searches.
        bind_password_stdin: read his password from standard input.
        user_filter: how users are found.
        start_tls: encrypt an ldap:// connection.
        ca: PEM file of the authorities that its certificate may come from, in place of the system's.
        secret_stdin: read the secret shared with a RADIUS server from standard input.
        timeout: seconds for a check, or for each try at a RADIUS server.
        tries: how often a RADIUS server is asked.
    """
    if type_ == "radius":
        session.wants_secret(secret_stdin, "--secret-stdin")
    if bind_dn is not None:
        session.wants_secret(bind_password_stdin, "--bind-password-stdin")
    with_bind = bind_password_stdin or bind_dn is not None
    done = session.perform(
        "directory.add",
        name=name,
        type=type_,
        url=url,
        base=base,
        bind_dn=bind_dn,
        bind_password=session.secret("Password of the one who searches") if with_bind else None,
        user_filter=user_filter,
        start_tls=start_tls,
        ca=None if ca is None else _pem(ca),
        secret=session.secret("Shared secret") if secret_stdin or type_ == "radius" else None,
        timeout=timeout,
        tries=tries,
    )
    session.done(
        done, f"added {done['name']}; `watchword directory test {done['name']!r} USER` checks a password there"
    )


def _pem(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"--ca: {file} cannot be read as PEM: {error}") from error


@app.command(name="list", help_epilogue=examples("watchword directory list"))
def listed(*, session: Here) -> None:
    """List the directories."""
    rows = session.perform("directory.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("directory", "url", "base", "timeout", "used by"),
        (
            (
                row["name"],
                f"{row['url']} (StartTLS)" if row["start_tls"] else row["url"],
                row["base"],
                f"{number(row['timeout'])} s",
                ", ".join(row["applications"]),
            )
            for row in rows
        ),
    )


@app.command(
    name="test", help_epilogue=examples("watchword directory test ad alice@example.org --password-stdin < password.txt")
)
def check(name: str, user: str, /, *, password_stdin: bool = False, session: Here) -> int:
    """
    Check a password at a directory. It counts there as any other try does.

    Args:
        name: the directory.
        user: whose password, as it would be typed.
        password_stdin: read the password from standard input.
    """
    session.wants_secret(password_stdin, "--password-stdin")
    tested = session.perform("directory.test", name=name, user=user, password=session.secret("Password"))
    if session.as_json:
        session.document(tested)
    else:
        details = (tested["detail"],) if tested["detail"] else ()
        session.say(f"{tested['sentence']} ({number(tested['seconds'])} s)", *details)
    return 0 if tested["verdict"] == "accepted" else 1


@app.command(name="remove", help_epilogue=examples("watchword directory remove old"))
def remove(name: str, /, *, session: Here) -> None:
    """
    Remove a directory that no application uses any more.

    Args:
        name: the directory.
    """
    done = session.perform("directory.remove", name=name)
    session.done(done, f"removed {done['name']}")
