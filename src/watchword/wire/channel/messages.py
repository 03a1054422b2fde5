"""
What a server asks, what a portal tells, and how both lie in a frame.

A frame is a MessagePack array of messages, because what was said within one turn of a loop goes out together; a message
is a MessagePack map with its `kind`. Fields are added at the end, with defaults, and unknown ones are ignored. A
message of an unknown kind, or one that is not as it must be, becomes `Unreadable` where it names the request that it
belongs to: whoever has asked is denied then at once. Where it does not it is passed over. A frame that is no array at
all is None, and ends the connection.

Requests are numbered by the server, from its start on; an answer bears its request's number, and so do a login's later
steps. The same number again is the same request again, never another one.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from watchword.wire.channel.away import Away
from watchword.wire.channel.decisions import Outcome, Request
from watchword.wire.channel.undecodable import UNDECODABLE

_Any = TypeVar("_Any")

LONGEST_ASKED: Final = 262_144
"""Octets of a frame to a portal."""
LONGEST_TOLD: Final = 8_388_608
"""Octets of a frame to a server: a configuration with ten thousand clients is two million."""
MOST_TOGETHER: Final = 4_096
"""Messages in one frame."""
MOST_IN_FLIGHT: Final = 16_384
"""Requests of one server that wait at once."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every message is."""


class Primary(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.verification.PrimaryResult`."""

    verdict: str
    checked_by: str
    by_directory: bool = False
    detail: str = ""
    directory_id: bytes | None = None
    attributes: tuple[tuple[int, bytes], ...] = ()


# --- what a server asks -----------------------------------------------------------------------------------------------


class Gate(_Message, frozen=True, kw_only=True, tag="gate"):
    """The first half of a login: `ports.login.Verifier.gate`."""

    id: int
    request: Request


class Decide(_Message, frozen=True, kw_only=True, tag="decide"):
    """The second half of the login that `gate` began under the same number."""

    id: int
    primary: Primary


class Answer(_Message, frozen=True, kw_only=True, tag="answer"):
    """The answer to a challenge."""

    id: int
    request: Request


class Refuse(_Message, frozen=True, kw_only=True, tag="refuse"):
    """A refusal that needed no decision, to be written down."""

    id: int
    request: Request
    reason: str


class Salt(_Message, frozen=True, kw_only=True, tag="salt"):
    """Asks what the password of a user, None for nobody, has to be hashed with."""

    id: int
    user: bytes | None


class Check(_Message, frozen=True, kw_only=True, tag="check"):
    """
    Asks whether a local password is right.

    Attributes:
        digest: argon2id of what was typed, with what the answer to `Salt` has named.
        proof: the newest proof of the password, under the group's key: what is decided later must bear it.
        remaining: nanoseconds.
    """

    id: int
    user: bytes | None
    digest: bytes
    proof: bytes
    remaining: int


class Account(_Message, frozen=True, kw_only=True, tag="account"):
    """What a client tells of a session, to be written down: `app.attempt.AccountingRecord`."""

    id: int
    application: bytes
    client: str
    user_name: str
    status: str
    session: str
    source: str | None
    detail: str
    received_at: int


class Cancel(_Message, frozen=True, kw_only=True, tag="cancel"):
    """Nobody waits for the answer to this request any more."""

    id: int


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How a server fares: what a page shows of it."""

    waiting: int = 0
    requests: int = 0
    faults: int = 0
    memory: int = 0


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server listens."""

    protocol: str
    host: str
    port: int


class Beat(_Message, frozen=True, kw_only=True, tag="beat"):
    """
    Sent every ten seconds and when something has changed.

    Attributes:
        number: counts up from 1 on each connection.
        wall: the server's clock, UTC microseconds.
        version: of its software.
        host: its name as it knows it.
        address: its own end of the connection, as it knows it.
        serial: of the configuration that it obeys.
    """

    number: int
    wall: int
    version: str = ""
    host: str = ""
    address: str = ""
    serial: int = 0
    load: Load = Load()
    listeners: tuple[Listener, ...] = ()


class Report(_Message, frozen=True, kw_only=True, tag="report"):
    """What happened while no portal answered. It is told until it was acknowledged, and written down once."""

    id: int
    rows: tuple[Away, ...]


class Replicate(_Message, frozen=True, kw_only=True, tag="replicate"):
    """
    Asks for what a server needs to check codes while no portal answers (`wire.channel.replica`), from now on.

    Attributes:
        run: of the portal that the server's replica is from, empty where it has none.
        serial: how far it has come in that run; what came later is told, or everything where that is not known.
    """

    run: bytes
    serial: int


class Settled(_Message, frozen=True, kw_only=True, tag="settled"):
    """Acknowledges a `Settle`: everything that was told before it has been taken in."""

    number: int


class Leave(_Message, frozen=True, kw_only=True, tag="leave"):
    """The server ends, and nothing is amiss."""


Asked = Gate | Decide | Answer | Refuse | Salt | Check | Account | Cancel | Beat | Report | Replicate | Settled | Leave
"""What a server says."""


# --- what a portal tells ----------------------------------------------------------------------------------------------


class Gated(_Message, frozen=True, kw_only=True, tag="gated"):
    """The login may go on: whom its name means, None for nobody, and in which epoch."""

    id: int
    name: str
    user: bytes | None
    epoch: int


class Decided(_Message, frozen=True, kw_only=True, tag="decided"):
    """How a request ended."""

    id: int
    outcome: Outcome


class Salted(_Message, frozen=True, kw_only=True, tag="salted"):
    """
    What a password has to be hashed with (RFC 9106), whoever the user is.

    Attributes:
        memory: KiB.
        passes: over the memory.
        lanes: at once.
        octets: of the digest.
    """

    id: int
    salt: bytes
    memory: int
    passes: int
    lanes: int
    octets: int


class Checked(_Message, frozen=True, kw_only=True, tag="checked"):
    """Whether a local password was right: `accepted`, `rejected`, or `away` where that could not be told."""

    id: int
    verdict: str


class Noted(_Message, frozen=True, kw_only=True, tag="noted"):
    """Whether an `Account` or a `Report` is durable."""

    id: int
    durable: bool


class Lost(_Message, frozen=True, kw_only=True, tag="lost"):
    """The portal knows nothing of this request, or cannot understand it: it is denied."""

    id: int


class Configuration(_Message, frozen=True, kw_only=True, tag="configuration"):
    """A `wire.channel.configuration.Snapshot`, and the portal's signature of it."""

    body: bytes
    signature: bytes


class Replica(_Message, frozen=True, kw_only=True, tag="replica"):
    """A `wire.channel.replica.Page`, and the portal's signature of it."""

    body: bytes
    signature: bytes


class Beaten(_Message, frozen=True, kw_only=True, tag="beaten"):
    """Acknowledges a beat. `wall` is the portal's clock, UTC microseconds."""

    number: int
    wall: int


class Settle(_Message, frozen=True, kw_only=True, tag="settle"):
    """Asks for an acknowledgement of everything that was told before, which `Settled` is."""

    number: int


class Renew(_Message, frozen=True, kw_only=True, tag="renew"):
    """Asks the server to make itself a new key, and to tell it over HTTP (`wire.channel.enrolment`)."""


class Goodbye(_Message, frozen=True, kw_only=True, tag="goodbye"):
    """
    The portal ends the connection, and why.

    Attributes:
        reason: one of `domain.enrolment.EnrolmentRefusal`'s values where the server may have no other connection, or
            `stopping`, `replaced`, `again`, `overload`.
    """

    reason: str


Told = Gated | Decided | Salted | Checked | Noted | Lost | Configuration | Replica | Beaten | Settle | Renew | Goodbye
"""What a portal says."""


# --- frames -----------------------------------------------------------------------------------------------------------


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A message that cannot be understood and belongs to the request `id`."""

    id: int


_encode: Final = msgspec.msgpack.Encoder().encode
_frames: Final = msgspec.msgpack.Decoder(tuple[msgspec.Raw, ...])
_numbered: Final = msgspec.msgpack.Decoder(Unreadable)
_asked: Final = msgspec.msgpack.Decoder(Asked)
_told: Final = msgspec.msgpack.Decoder(Told)
_all_asked: Final = msgspec.msgpack.Decoder(tuple[Asked, ...])
_all_told: Final = msgspec.msgpack.Decoder(tuple[Told, ...])


def encode_frame(messages: Sequence[Asked | Told]) -> bytes:
    """Return the octets of a frame."""
    return _encode(messages)


def decode_asked(octets: bytes) -> tuple[Asked | Unreadable, ...] | None:
    """Return what a server has said in one frame, None where it is none."""
    if len(octets) > LONGEST_ASKED:
        return None
    try:
        messages = _all_asked.decode(octets)
    except UNDECODABLE:
        return _one_by_one(octets, _asked)
    return messages if len(messages) <= MOST_TOGETHER else None


def decode_told(octets: bytes) -> tuple[Told | Unreadable, ...] | None:
    """Return what a portal has said in one frame, None where it is none."""
    if len(octets) > LONGEST_TOLD:
        return None
    try:
        messages = _all_told.decode(octets)
    except UNDECODABLE:
        return _one_by_one(octets, _told)
    return messages if len(messages) <= MOST_TOGETHER else None


def _one_by_one(octets: bytes, decoder: msgspec.msgpack.Decoder[_Any]) -> tuple[_Any | Unreadable, ...] | None:
    try:
        raws = _frames.decode(octets)
    except UNDECODABLE:
        return None
    if len(raws) > MOST_TOGETHER:
        return None
    found: list[_Any | Unreadable] = []
    for raw in raws:
        try:
            found.append(decoder.decode(raw))
        except UNDECODABLE:
            try:
                found.append(_numbered.decode(raw))
            except UNDECODABLE:
                continue
    return tuple(found)
