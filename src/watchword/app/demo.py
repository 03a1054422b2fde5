"""
The example that `up --demo` starts with: a user with a password and a token, and a VPN on this machine that asks.

It can be made again and again: what is there is kept, but for the password, which nobody can read and which is set anew
each time, so that the terminal can always show all of it.
"""

import asyncio
import base64
import shlex
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from watchword.app.administration import SYSTEM, Administration, Refusal, Scribe, conflict
from watchword.app.enrol import ISSUER, SEED_OCTETS
from watchword.app.manage.clients import clients_of, held_already
from watchword.domain import otp
from watchword.domain.applications import Application, ApplicationId, ClientId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.events import AuditEvent
from watchword.domain.methods import Method, MethodId, MethodKind, OathAlgorithm, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import Ambiguous, Person, Unknown, User, UserId, names_of
from watchword.ports.records import Changer

USERNAME: Final = "alice@example.org"
APPLICATION: Final = "Example VPN"
CLIENT: Final = ip_network("127.0.0.1/32")

_SECRET_OCTETS: Final = 24
_PASSWORD_OCTETS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What there is to try: shown on the terminal of whoever has started it, and nowhere else."""

    username: str
    password: str = field(repr=False)
    totp_uri: str = field(repr=False)
    totp_secret: str = field(repr=False)
    application: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What is made before the writer is asked, because clock, identifiers and randomness are the loop's."""

    scribe: Scribe
    user: User
    method: MethodId
    token: Totp
    application: Application
    client: Client
    encoded: str = field(repr=False)


async def prepare(context: Administration) -> Demo | Refusal:
    """Make the example, or what of it is missing."""
    password = base64.b32encode(context.randomness.octets(_PASSWORD_OCTETS)).decode().lower()
    drawn = await _draw(context, password)

    def change(records: Changer) -> Demo | Refusal:
        configuration = records.configuration()
        found = records.resolve(USERNAME)
        if isinstance(found, Ambiguous) or (isinstance(found, Person) and found.user.username != USERNAME):
            return conflict(f"{USERNAME} is a name of somebody else already, so there is no example user")
        secret = _application(records, configuration, drawn)
        if isinstance(secret, Refusal):
            return secret
        token = _user(records, drawn, found)
        return Demo(
            username=USERNAME,
            password=password,
            totp_uri=otp.uri(token, issuer=ISSUER, account=USERNAME),
            totp_secret=base64.b32encode(token.secret.octets).decode().rstrip("="),
            application=APPLICATION,
            secret=secret,
        )

    return await context.records.change(change)


async def _draw(context: Administration, password: str) -> _Drawn:
    application = Application(id=ApplicationId(context.identifiers.new()), name=APPLICATION)
    secret = base64.urlsafe_b64encode(context.randomness.octets(_SECRET_OCTETS))
    seed = Secret(context.randomness.octets(SEED_OCTETS[OathAlgorithm.SHA1]))
    return _Drawn(
        scribe=context.scribe(SYSTEM),
        user=User(id=UserId(context.identifiers.new()), username=USERNAME, name="Alice Example"),
        method=MethodId(context.identifiers.new()),
        token=Totp(secret=seed),
        application=application,
        client=Client(
            id=ClientId(context.identifiers.new()),
            application=application.id,
            network=CLIENT,
            secrets=(Secret(secret),),
        ),
        encoded=await asyncio.to_thread(context.hash_password, Secret(password.encode())),
    )


def _application(records: Changer, configuration: Configuration, drawn: _Drawn) -> str | Refusal:
    """Return the shared secret of the example's VPN, which is added where it is not there."""
    known = configuration.application_named(APPLICATION)
    if known is not None:
        client = next((one for one in clients_of(configuration, known) if one.network == CLIENT), None)
        if client is None:
            return conflict(f"{APPLICATION} is there, and does not ask from {CLIENT}; remove it to have it made anew")
        return client.secrets[0].octets.decode(errors="replace")
    taken = held_already(configuration, (CLIENT,))
    if taken is not None:
        return taken
    records.add_application(drawn.application, at=drawn.scribe.at)
    records.add_client(drawn.client)
    records.audit(
        drawn.scribe.row(
            AuditEvent.APPLICATION_ADDED, subject=drawn.application.id, name=APPLICATION, clients=str(CLIENT)
        )
    )
    return drawn.client.secrets[0].octets.decode()


def _user(records: Changer, drawn: _Drawn, found: Person | Unknown) -> Totp:
    """Return the token of the example's user, who is added where he is not there, and set his password."""
    user, methods = (found.user, found.methods) if isinstance(found, Person) else (drawn.user, ())
    scribe = drawn.scribe
    if not isinstance(found, Person):
        records.add_user(user, names_of(USERNAME), at=scribe.at)
        records.audit(scribe.row(AuditEvent.USER_ADDED, user=user.id, username=USERNAME))
    records.set_password(user.id, drawn.encoded)
    records.audit(scribe.row(AuditEvent.PASSWORD_SET, user=user.id, username=USERNAME))
    for method in methods:
        if isinstance(method.detail, Totp):
            return method.detail
    records.add_method(user.id, Method(id=drawn.method, kind=MethodKind.TOTP, detail=drawn.token), at=scribe.at)
    records.audit(
        scribe.row(
            AuditEvent.METHOD_ADDED,
            user=user.id,
            subject=drawn.method,
            username=USERNAME,
            kind=MethodKind.TOTP.value,
        )
    )
    return drawn.token


def lines(demo: Demo, *, radius: str, folder: str) -> tuple[str, ...]:
    """
    Return what the terminal shows of the example.

    Args:
        demo: the example.
        radius: HOST:PORT at which RADIUS is served.
        folder: the data folder.
    """
    user, application, data = (shlex.quote(word) for word in (demo.username, demo.application, folder))
    attributes = f'User-Name={demo.username},User-Password="{demo.password},CODE",Message-Authenticator=0x00'
    return (
        f"example user   {demo.username}, password {demo.password}",
        f"its token      {demo.totp_secret} (scan {demo.totp_uri}, or run: oathtool --totp -b {demo.totp_secret})",
        f"example VPN    {demo.application} on {CLIENT}, secret {demo.secret}",
        "try a login, with the token's code for CODE:",
        f"  printf %s {demo.password} | watchword try {application} {user} --password-stdin --code CODE --data {data}",
        "or as a VPN would, with FreeRADIUS's client:",
        f"  echo {shlex.quote(attributes)} | radclient -x {radius} auth {shlex.quote(demo.secret)}",
    )
