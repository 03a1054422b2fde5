"""
Trying a login: a real request over the network, made as a client of the application would make it.

It counts as any other does: a wrong password slows down, a wrong code is one towards the lock, a phone rings.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from watchword.app.administration import (
    Actor,
    Administration,
    Refusal,
    conflict,
    forbidden,
    invalid,
    unavailable,
)
from watchword.app.manage import finding
from watchword.app.manage.pending import NOTHING_RUNS
from watchword.app.manage.texts import shown
from watchword.domain.applications import Application, AuthenticationType, PrimaryKind
from watchword.domain.clients import Client, ClientTable
from watchword.domain.configuration import Configuration
from watchword.domain.otp import is_backup_code, is_code
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.kit.clock import NANOSECONDS
from watchword.ports.records import Reader
from watchword.wire.radius.attributes import LONGEST_VALUE, Attribute, AttributeType, name_of
from watchword.wire.radius.client import access_request, read_reply
from watchword.wire.radius.errors import RadiusError
from watchword.wire.radius.packet import AUTHENTICATOR_SIZE, Code, Packet
from watchword.wire.radius.shared_secret import LONGEST_PASSWORD, SharedSecret

NAS_IDENTIFIER: Final = b"watchword try"
"""Who the request says that it comes from."""

PATIENCE: Final = 5
"""Seconds beyond the application's deadline after which silence is called so."""

LONGEST_STATION: Final = 100
"""Octets of a Calling-Station-Id that is sent."""

LARGEST_PORT: Final = 65_535


class TryAnswer(StrEnum):
    """What came back."""

    ACCEPT = "accept"
    REJECT = "reject"
    CHALLENGE = "challenge"
    SILENCE = "silence"


_ANSWERS: Final = {
    Code.ACCESS_ACCEPT: TryAnswer.ACCEPT,
    Code.ACCESS_REJECT: TryAnswer.REJECT,
    Code.ACCESS_CHALLENGE: TryAnswer.CHALLENGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TryLogin:
    """
    A login to be tried.

    Attributes:
        password: empty where only a code is typed, as an application that asserts the password does.
        code: typed after the password and a comma, or alone.
        station: the user's address, sent as Calling-Station-Id.
        via: HOST:PORT to send it to, None for the listener of this process.
        state: of a challenge that is answered, in hexadecimal.
    """

    application: str
    user: str
    password: Secret
    code: str | None = None
    station: str | None = None
    via: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came back, in what time. `state` is what the answer to a challenge must carry, in hexadecimal."""

    answer: TryAnswer
    message: str
    state: str | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    host: str
    port: int


async def try_login(context: Administration, actor: Actor, arguments: TryLogin) -> Tried | Refusal:
    """Send a login as a client of the application would."""
    targets = _targets(context, actor, arguments.via)
    if isinstance(targets, Refusal):
        return targets
    attributes = _attributes(arguments)
    if isinstance(attributes, Refusal):
        return attributes

    def read(records: Reader) -> tuple[Application, Configuration] | Refusal:
        configuration = records.configuration()
        found = finding.application(configuration, arguments.application)
        return found if isinstance(found, Refusal) else (found, configuration)

    found = await context.records.read(read)
    if isinstance(found, Refusal):
        return found
    application, configuration = found
    found_way = await _way(context, application, configuration, targets)
    if isinstance(found_way, Refusal):
        return found_way
    target, client = found_way
    typed = _typed(application, arguments)
    if isinstance(typed, Refusal):
        return typed
    secret = SharedSecret(client.secrets[0].octets)
    try:
        octets = access_request(
            secret,
            identifier=context.randomness.below(256),
            authenticator=context.randomness.octets(AUTHENTICATOR_SIZE),
            user_name=arguments.user,
            password=typed,
            attributes=attributes,
        )
    except RadiusError:
        return invalid("the user name must have 1 to 253 octets")
    return await _exchange(context, _Request(octets=octets, secret=secret), target, application.deadline + PATIENCE)


async def _way(
    context: Administration, application: Application, configuration: Configuration, targets: tuple[_Target, ...]
) -> tuple[_Target, Client] | Refusal:
    """Return the first target that takes this machine for a client of the application, and which client that is."""
    refusals = []
    for target in targets:
        own = await context.probe.address_towards(target.host, target.port)
        if own is None:
            refusals.append(unavailable(f"there is no way from here to {shown(target.host)} port {target.port}"))
            continue
        client = _client(application, configuration, own)
        if not isinstance(client, Refusal):
            return target, client
        refusals.append(client)
    return refusals[0]


def _targets(context: Administration, actor: Actor, via: str | None) -> tuple[_Target, ...] | Refusal:
    """Return where the request may go, one place at least."""
    if via is None:
        listening = () if context.observations is None else context.observations.listening()
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
        found = tuple(
            _Target(host=near.get(socket.host, socket.host), port=socket.port)
            for socket in listening
            if socket.protocol == "radius"
        )
        return found or unavailable(f"{NOTHING_RUNS}, or --via HOST:PORT names another server")
    if actor.role is not Role.HOST:
        return forbidden("only on the host itself may a login be sent elsewhere: the secret would go with it")
    host, colon, port = via.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= LARGEST_PORT):
        return invalid(f"{shown(via)!r} is no place; write HOST:PORT, as in 192.0.2.7:1812 or [2001:db8::7]:1812")
    return (_Target(host=host, port=int(port)),)


def _attributes(arguments: TryLogin) -> tuple[Attribute, ...] | Refusal:
    """Return what the request says besides name and password."""
    attributes: list[Attribute] = [(AttributeType.NAS_IDENTIFIER, NAS_IDENTIFIER)]
    if arguments.station is not None:
        station = arguments.station.strip()
        if not station.isprintable() or not 1 <= len(station.encode()) <= LONGEST_STATION:
            return invalid("--station must be the address or number that a VPN would send as Calling-Station-Id")
        attributes.append((AttributeType.CALLING_STATION_ID, station.encode()))
    if arguments.state is not None:
        try:
            state = bytes.fromhex(arguments.state.strip())
        except ValueError:
            state = b""
        if not 1 <= len(state) <= LONGEST_VALUE:
            return invalid("--state must be the state of a challenge, as `watchword try` has printed it")
        attributes.append((AttributeType.STATE, state))
    return tuple(attributes)


def _client(application: Application, configuration: Configuration, own: str) -> Client | Refusal:
    """Return the client whose part is played: the one that the listener takes this machine for."""
    if application.authentication_type is AuthenticationType.API:
        return conflict(f"{application.name} asks by api and not by RADIUS: POST /api/v1/verifications is how")
    known = ClientTable(configuration.clients).find(own)
    if known is not None and known.application == application.id:
        return known
    holder = None if known is None else configuration.applications.get(known.application)
    whose = "is no client" if holder is None else f"is a client of {holder.name}"
    return conflict(
        f"this machine asks from {own}, which {whose} and would not be taken for {application.name};"
        f" `watchword application client-add` makes it one"
    )


def _typed(application: Application, arguments: TryLogin) -> bytes | Refusal:
    """Return what stands in the password field."""
    code = None if arguments.code is None else arguments.code.strip()
    if code is not None and not (is_code(code) or is_backup_code(code)):
        return invalid("--code must be 6 or 8 digits, or a backup code, XXXX-XXXX")
    password = arguments.password.octets
    if code is None:
        typed = password
    elif not password or arguments.state is not None or application.primary is PrimaryKind.ASSERTED:
        typed = code.encode()
    else:
        typed = password + b"," + code.encode()
    if len(typed) > LONGEST_PASSWORD:
        return invalid(f"password and code have more than the {LONGEST_PASSWORD} octets that a request can carry")
    return typed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A request, and what only its sender knows of it."""

    octets: bytes
    secret: SharedSecret


async def _exchange(context: Administration, request: _Request, target: _Target, seconds: int) -> Tried:
    began = context.clock.monotonic()

    def reply_of(datagram: bytes) -> Packet | None:
        try:
            return read_reply(datagram, request.octets, request.secret)
        except RadiusError:
            return None

    answer = await context.probe.exchange(
        request.octets,
        host=target.host,
        port=target.port,
        seconds=seconds,
        fits=lambda datagram: reply_of(datagram) is not None,
    )
    took = round((context.clock.monotonic() - began) / NANOSECONDS, 3)
    reply = None if answer is None else reply_of(answer)
    if reply is None:
        silence = "nothing came back: `watchword doctor` tells what the listener drops, and why"
        return Tried(answer=TryAnswer.SILENCE, message=silence, state=None, seconds=took)
    messages = (name_of(value) for value in reply.values(AttributeType.REPLY_MESSAGE))
    state = reply.value(AttributeType.STATE)
    return Tried(
        answer=_ANSWERS.get(reply.code, TryAnswer.SILENCE),
        message=" ".join(filter(None, messages)),
        state=None if state is None else state.hex(),
        seconds=took,
    )
