"""
`watchword application`: what asks.
"""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from watchword.cli.families import Here, Whole, examples, family
from watchword.cli.session import Refused, Session, Usage
from watchword.cli.texts import yes

app = family("application", "What asks: VPNs and other RADIUS clients.")

Type = Literal["radius", "ldap", "http", "api"]
Away = Literal["deny", "codes"]
Challenge = Annotated[bool | None, Parameter(negative="--no-challenge")]
UserMatch = Annotated[bool | None, Parameter(negative="--no-user-match")]
MessageAuthenticator = Annotated[bool | None, Parameter(negative="--no-message-authenticator")]


@app.command(
    name="add",
    help_epilogue=examples(
        "watchword application add vpn --type radius --client 192.0.2.7 --secret-stdin < secret.txt",
        "watchword application add vpn --client 192.0.2.0/28 --primary ad --challenge --make-secret",
        "watchword application add shop --type api --client 192.0.2.50 --secret-stdin < secret.txt",
    ),
)
def add(  # noqa: PLR0913 - one for each option
    name: str,
    /,
    *,
    client: tuple[str, ...] = (),
    type_: Annotated[Type, Parameter(name="--type")] = "radius",
    secret_stdin: bool = False,
    make_secret: bool = False,
    primary: str | None = None,
    challenge: Challenge = None,
    deadline: Whole | None = None,
    user_match: UserMatch = None,
    message_authenticator: MessageAuthenticator = None,
    portal_away: Away | None = None,
    allow_wide: bool = False,
    session: Here,
) -> None:
    """
    Add an application.

    Args:
        name: what people call it.
        client: an address or network (CIDR) that it asks from; may be given more than once. With --type api none is
            any.
        type_: how it asks.
        secret_stdin: read the secret that it shares with us from standard input.
        make_secret: make one here, and show it once.
        primary: where passwords are checked: local (here), asserted (the application has done it), or names of
            directories in their order, with commas between.
        challenge: whether it can ask its user a second question.
        deadline: seconds after which it must have an answer.
        user_match: whether users must be known here.
        message_authenticator: whether its requests must carry Message-Authenticator.
        portal_away: what an MFA server does while it reaches no portal: deny everything, or take codes of tokens for 15
            minutes, each once at that server.
        allow_wide: take a network wider than /16 or /48.
    """
    if type_ != "api" and not client:
        raise Usage("parameter --client requires an argument: the address or network that the application asks from")
    secret = _secret(session, "Shared secret", given=secret_stdin, make=make_secret)
    done = session.perform(
        "application.add",
        name=name,
        clients=client,
        type=type_,
        secret=secret,
        primary=primary,
        challenge=challenge,
        deadline=deadline,
        user_match=user_match,
        message_authenticator=message_authenticator,
        portal_away=portal_away,
        allow_wide=allow_wide,
    )
    more = "" if type_ == "api" else f"; `watchword try {done['name']!r} USER` sends a login as it would"
    session.done(done, f"added {done['name']}{more}{_shown(done)}")


def _secret(session: Session, what: str, *, given: bool, make: bool) -> Any:
    """Return the secret that was given, None for one that is to be made. Raises `Usage` where it is both or neither."""
    if make and given:
        raise Usage("--make-secret and --secret-stdin exclude each other")
    if make:
        return None
    session.wants_secret(given, "--secret-stdin or --make-secret")
    return session.secret(what)


def _shown(done: Any) -> str:
    return f"; its secret, shown this once: {done['secret']}" if done["secret"] else ""


@app.command(
    name="presets",
    help_epilogue=examples(
        "watchword application presets", "watchword application presets --of fortigate --server 192.0.2.1 --port 1812"
    ),
)
def presets(*, of: str | None = None, server: str | None = None, port: Whole | None = None, session: Here) -> None:
    """
    Show what is known of systems that ask: how long they wait, what they can show, what to write into their settings.

    Args:
        of: the short name of the one whose configuration and advice is to be shown.
        server: address of this server, as that system reaches it.
        port: port of RADIUS.
    """
    rows = session.perform("application.presets", server=server, port=port)
    if session.as_json:
        session.document(rows)
        return
    if of is None:
        from watchword.cli import drawing

        drawing.table(
            session.terminal.stdout,
            ("of", "system", "deadline", "as it comes"),
            ((row["id"], row["name"], row["deadline"], row["usual"]) for row in rows),
        )
        return
    row = next((row for row in rows if row["id"] == of), None)
    if row is None:
        raise Refused(f"nothing is known of {of}; `watchword application presets` lists what is")
    session.say(f"{row['name']}: deadline {row['deadline']} s", *row["advice"])
    session.terminal.stdout.writelines(f"{line}\n" for line in ("", *row["configuration"]))


@app.command(name="list", help_epilogue=examples("watchword application list"))
def listed(*, session: Here) -> None:
    """List the applications."""
    rows = session.perform("application.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("application", "asks by", "from", "passwords", "challenge", "deadline", "user match", ""),
        (
            (
                row["name"],
                row["authentication_type"],
                _from(row),
                row["primary"],
                yes(row["challenge"]),
                f"{row['deadline']} s",
                yes(row["user_match"]),
                "" if row["enabled"] else "off",
            )
            for row in rows
        ),
    )


@app.command(name="show", help_epilogue=examples("watchword application show vpn"))
def show(name: str, /, *, session: Here) -> None:
    """
    Show an application, and how it asks.

    Args:
        name: the application, by its name or id.
    """
    row = session.perform("application.show", name=name)
    if session.as_json:
        session.document(row)
        return
    session.say(
        row["name"] if row["enabled"] else f"{row['name']} (off)",
        f"asks by {row['authentication_type']} from {_from(row) or 'nowhere'}",
        f"passwords: {row['primary']}",
        f"challenge: {yes(row['challenge'])}",
        f"deadline: {row['deadline']} s",
        f"user match: {yes(row['user_match'])}",
        f"portal away: {row['portal_away']}",
    )


@app.command(
    name="observed", help_epilogue=examples("watchword application observed", "watchword application observed vpn")
)
def observed(name: str | None = None, /, *, session: Here) -> None:
    """
    Show how applications ask: when they did last, with which secret, and what of it was dropped.

    Args:
        name: the one that is meant, by its name or id; all where none is named.
    """
    rows = session.perform("application.observed", name=name)
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("application", "network", "last request", "secret", "without Message-Authenticator", "other secret", "other"),
        (
            (
                row["name"],
                client["network"],
                client["at"] or "",
                {None: "", True: "newer", False: "older"}[client["newer_secret"]],
                str(client["without_authenticator"] + client["unsigned_proxy_state"]),
                str(client["bad_authenticator"]),
                str(client["dropped"]),
            )
            for row in rows
            for client in row["clients"]
        ),
    )


def _from(row: Any) -> str:
    if row["api"] is None:
        return ", ".join(_client(client) for client in row["clients"])
    remark = " (two secrets)" if row["api"]["secrets"] > 1 else ""
    return (", ".join(row["api"]["networks"]) or "anywhere") + remark


def _client(client: Any) -> str:
    remarks = (
        () if client["message_authenticator"] else ("no Message-Authenticator",),
        ("two secrets",) if client["secrets"] > 1 else (),
    )
    said = ", ".join(remark for some in remarks for remark in some)
    return f"{client['network']} ({said})" if said else str(client["network"])


@app.command(
    name="change",
    help_epilogue=examples(
        "watchword application change vpn --challenge --deadline 55",
        "watchword application change vpn --no-message-authenticator",
        "watchword application change vpn --no-enabled",
    ),
)
def change(  # noqa: PLR0913 - one for each option
    name: str,
    /,
    *,
    client: tuple[str, ...] | None = None,
    primary: str | None = None,
    challenge: Challenge = None,
    deadline: Whole | None = None,
    user_match: UserMatch = None,
    message_authenticator: MessageAuthenticator = None,
    portal_away: Away | None = None,
    enabled: Annotated[bool | None, Parameter(negative="--no-enabled")] = None,
    session: Here,
) -> None:
    """
    Change an application; what is not named stays.

    Args:
        name: the application.
        client: of one of type api, a network that it may ask from; may be given more than once.
        primary: where passwords are checked: local, asserted, or names of directories with commas between.
        challenge: whether it can ask its user a second question.
        deadline: seconds after which it must have an answer.
        user_match: whether users must be known here.
        message_authenticator: whether its requests must carry Message-Authenticator.
        portal_away: what an MFA server does while it reaches no portal: deny everything, or take codes of tokens for 15
            minutes, each once at that server.
        enabled: whether anybody passes there.
    """
    done = session.perform(
        "application.change",
        name=name,
        clients=client,
        primary=primary,
        challenge=challenge,
        deadline=deadline,
        user_match=user_match,
        message_authenticator=message_authenticator,
        portal_away=portal_away,
        enabled=enabled,
    )
    session.done(done, f"changed {done['name']}")


@app.command(name="remove", help_epilogue=examples("watchword application remove vpn"))
def remove(name: str, /, *, session: Here) -> None:
    """
    Remove an application with its networks and its own caching rules.

    Args:
        name: the application.
    """
    done = session.perform("application.remove", name=name)
    session.done(done, f"removed {done['name']}")


@app.command(
    name="client-add",
    help_epilogue=examples("watchword application client-add vpn 198.51.100.9 --secret-stdin < secret.txt"),
)
def client_add(
    name: str,
    client: str,
    /,
    *,
    secret_stdin: bool = False,
    make_secret: bool = False,
    message_authenticator: MessageAuthenticator = None,
    allow_wide: bool = False,
    session: Here,
) -> None:
    """
    Let an application ask from one more network, with a secret of its own.

    Args:
        name: the application.
        client: the address or network (CIDR).
        secret_stdin: read the secret from standard input.
        make_secret: make one here, and show it once.
        message_authenticator: whether requests from there must carry Message-Authenticator.
        allow_wide: take a network wider than /16 or /48.
    """
    secret = _secret(session, "Shared secret", given=secret_stdin, make=make_secret)
    done = session.perform(
        "application.client-add",
        name=name,
        client=client,
        secret=secret,
        message_authenticator=message_authenticator,
        allow_wide=allow_wide,
    )
    session.done(done, f"{done['name']} may ask from {done['client']}{_shown(done)}")


@app.command(name="client-remove", help_epilogue=examples("watchword application client-remove vpn 198.51.100.9"))
def client_remove(name: str, client: str, /, *, session: Here) -> None:
    """
    Let an application ask from a network no more.

    Args:
        name: the application.
        client: the network, as it is listed.
    """
    done = session.perform("application.client-remove", name=name, client=client)
    session.done(done, f"{done['name']} asks from {done['client']} no more")


@app.command(
    name="secret-replace",
    help_epilogue=examples("watchword application secret-replace vpn --secret-stdin < new-secret.txt"),
)
def secret_replace(
    name: str,
    /,
    *,
    client: str | None = None,
    secret_stdin: bool = False,
    make_secret: bool = False,
    session: Here,
) -> None:
    """
    Give an application a new secret. The old one counts too, until `secret-finish`.

    Args:
        name: the application.
        client: the one network that it is for; all where none is named.
        secret_stdin: read the new secret from standard input.
        make_secret: make it here, and show it once.
    """
    secret = _secret(session, "New shared secret", given=secret_stdin, make=make_secret)
    done = session.perform("application.secret-replace", name=name, client=client, secret=secret)
    session.done(
        done,
        f"{done['name']} has a new secret{_for(done)}; put it into the application, then run"
        f" `watchword application secret-finish {done['name']!r}`{_shown(done)}",
    )


@app.command(name="secret-finish", help_epilogue=examples("watchword application secret-finish vpn"))
def secret_finish(name: str, /, *, client: str | None = None, session: Here) -> None:
    """
    End the old secret of an application that has its new one.

    Args:
        name: the application.
        client: the one network that it is for; all where none is named.
    """
    done = session.perform("application.secret-finish", name=name, client=client)
    session.done(done, f"the old secret of {done['name']} has ended{_for(done)}")


def _for(done: Any) -> str:
    return f" for {', '.join(done['clients'])}" if done["clients"] else ""
