"""
`watchword try`: a login as a VPN would send it.
"""

from watchword.cli.families import Here, family
from watchword.cli.texts import number

app = family(
    "try",
    "Try a login, as a VPN would send it.",
    "watchword try vpn alice@example.org --password-stdin < password.txt",
    "watchword try vpn alice@example.org --code 123456 --station 198.51.100.7",
    "watchword try vpn alice@example.org --state 0f3a --code 123456",
)


@app.default
def attempt(
    application: str,
    user: str,
    /,
    *,
    password_stdin: bool = False,
    code: str | None = None,
    station: str | None = None,
    via: str | None = None,
    state: str | None = None,
    session: Here,
) -> int:
    """
    Send a real login; it counts as any other. Exit code 0 for accept and challenge, 1 for everything else.

    Args:
        application: as whose client it is sent; this machine must be one.
        user: as it would be typed.
        password_stdin: read the password from standard input.
        code: a code, typed behind the password.
        station: the address that the user would come from.
        via: HOST:PORT of another server.
        state: state of the challenge that is answered, as it was printed.
    """
    if not password_stdin and code is None and state is None:
        session.wants_secret(password_stdin, "--password-stdin")
        password_stdin = True
    password = session.secret("Password") if password_stdin else {"octets": ""}
    tried = session.perform(
        "try",
        application=application,
        user=user,
        password=password,
        code=code,
        station=station,
        via=via,
        state=state,
    )
    if session.as_json:
        session.document(tried)
    else:
        notes = (tried["message"], None if tried["state"] is None else f"state {tried['state']}")
        session.say(f"{tried['answer']} after {number(tried['seconds'])} s", *filter(None, notes))
    return 0 if tried["answer"] in {"accept", "challenge"} else 1
