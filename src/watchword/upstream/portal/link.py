"""
One connection to a portal, from the opening request on: the handshake, then sealed frames both ways.

The portal has to prove itself with the key that was pinned when this server was activated, whatever certificate TLS has
shown; then this server proves itself. The connection is up when the first configuration has come over it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from websockets.client import ClientProtocol
from websockets.http11 import Request

from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.servers import ServerId
from watchword.domain.statements import SessionStatement
from watchword.kit.agreement import TAG_OCTETS, Opener, Sealer, Share, Unsealable
from watchword.kit.clock import Clock
from watchword.kit.identities import Identity, fingerprint, stated_by
from watchword.kit.outbox import Outbox
from watchword.kit.randomness import Randomness
from watchword.kit.signatures import digest
from watchword.kit.websocket import NORMAL, PROTOCOL_ERROR, FrameSocket, opening_fault
from watchword.upstream.portal.dialling import NotReached, PortalAddress
from watchword.wire.channel.handshake import (
    LEAST_VERSION,
    NONCE_OCTETS,
    VERSION,
    Hello,
    Proof,
    Unwelcome,
    Welcome,
    decode_handshake,
    encode_handshake,
    proof_transcript,
    welcome_transcript,
)
from watchword.wire.channel.messages import (
    LONGEST_TOLD,
    Asked,
    Configuration,
    Goodbye,
    Told,
    Unreadable,
    decode_told,
    encode_frame,
)

TOGETHER: Final = 64
"""Messages in one frame to a portal: none of them is longer than three thousand octets."""

PING_SECONDS: Final = 2.0
"""Seconds between two looks whether the portal is still there."""

SILENCE: Final = 3
"""Looks without a sign of life after which the connection is taken for broken."""


class Links(Protocol):
    """The secrets that show that this server is no copy (`domain.servers.Links`), kept on its disk."""

    def open(self) -> tuple[bytes, bytes]:
        """Return the secret to show, and the digest of the one that was drawn for the session after this one."""

    def opened(self) -> None:
        """Take note that the session was opened: the one that was drawn is the one to show next."""


class Known(Protocol):
    """What this server knows of itself and of its portal."""

    @property
    def server(self) -> bytes:
        """Its identifier."""

    @property
    def identity(self) -> Identity:
        """Its key."""

    @property
    def portal(self) -> bytes:
        """The public key of the portal's identity."""

    @property
    def links(self) -> Links:
        """What shows that it is no copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What connections are made with."""

    clock: Clock
    randomness: Randomness
    loop: asyncio.AbstractEventLoop


class Listener(Protocol):
    """Whoever speaks over a connection."""

    def told(self, message: Told | Unreadable) -> None:
        """Take what the portal says once the connection is up; the first is a configuration."""

    def down(self, *, silent: bool) -> None:
        """Take note that a connection that was up is gone; `silent` where the portal was not heard for a while."""


class Link:
    """One connection."""

    def __init__(
        self,
        known: Known,
        *,
        boot: bytes,
        serial: int,
        listener: Listener,
        address: PortalAddress,
        means: Means,
    ) -> None:
        """
        Make it, before it is connected.

        Args:
            known: what this server knows.
            boot: what tells this run of it from others.
            serial: of the newest configuration that was taken.
            listener: who is told.
            address: where the portal is.
            means: what it is made with.
        """
        self._known = known
        self._boot = boot
        self._serial = serial
        self._listener = listener
        self._clock = means.clock
        self._randomness = means.randomness
        self._loop = loop = means.loop
        self._share = Share(means.randomness)
        self._hello = b""
        self._sealer: Sealer | None = None
        self._opener: Opener | None = None
        self._is_up = False
        self._silent = 0
        self._look: asyncio.TimerHandle | None = None
        self._outbox: Outbox[Asked] = Outbox(soon=loop.call_soon, send=self._send, together=TOGETHER)
        self.portal_boot = b""
        self.ready: asyncio.Future[None] = loop.create_future()
        self.framing = ClientProtocol(address.uri, max_size=LONGEST_TOLD + TAG_OCTETS)
        self.socket = FrameSocket(self.framing, self, loop=loop)

    def begin(self) -> None:
        """Ask for the channel; the socket is connected."""
        self.framing.send_request(self.framing.connect())
        self.socket.flush()

    def say(self, message: Asked) -> None:
        """Say something to the portal."""
        self._outbox.put(message)

    @property
    def is_up(self) -> bool:
        """Whether the first configuration has come over it, and it is not gone."""
        return self._is_up

    def close(self) -> None:
        """Say what was not said yet, and end."""
        self._outbox.flush()
        self.socket.close(NORMAL)

    def abort(self) -> None:
        """End at once."""
        self.socket.abort()

    # --- as `kit.websocket.Owner` -------------------------------------------------------------------------------------

    def asked(self, request: Request) -> None:
        """Nobody asks a client."""

    def opened(self) -> None:
        """Begin the handshake."""
        hello = Hello(
            least=LEAST_VERSION,
            most=VERSION,
            server=self._known.server,
            boot=self._boot,
            share=self._share.public,
            nonce=self._randomness.octets(NONCE_OCTETS),
            serial=self._serial,
        )
        self._hello = encode_handshake(hello)
        self.socket.send(self._hello)

    def received(self, octets: bytes) -> None:
        """Take a frame."""
        if self._opener is None:
            self._welcomed(octets)
            return
        try:
            messages = decode_told(self._opener.open(octets))
        except Unsealable:
            messages = None
        if messages is None:
            self._fail(EnrolmentRefusal.NOT_UNDERSTOOD, "a frame is not what the portal has sealed")
            return
        for message in messages:
            self._take(message)

    def heard(self) -> None:
        """Take note that the portal is there."""
        self._silent = 0

    def held(self, *, back: bool) -> None:
        """Hold back while the portal reads nothing."""
        self._outbox.hold(back=back)

    def lost(self) -> None:
        """End."""
        if self._look is not None:
            self._look.cancel()
        self._outbox.clear()
        if not self.ready.done():
            fault = opening_fault(self.framing)
            self._refused(NotReached(EnrolmentRefusal.NOT_REACHED, fault or "the connection was closed"))
        if self._is_up:
            self._is_up = False
            self._listener.down(silent=self._silent > SILENCE)

    # --- the handshake ------------------------------------------------------------------------------------------------

    def _welcomed(self, octets: bytes) -> None:
        welcome = decode_handshake(octets)
        if isinstance(welcome, Unwelcome):
            words = f"the portal speaks versions {welcome.least} to {welcome.most} of the channel"
            self._fail(EnrolmentRefusal.NOT_UNDERSTOOD, words)
            return
        if not isinstance(welcome, Welcome) or not LEAST_VERSION <= welcome.version <= VERSION:
            self._fail(EnrolmentRefusal.NOT_UNDERSTOOD, "what answers does not speak as a portal does")
            return
        if not stated_by(self._known.portal, welcome_transcript(self._hello, welcome), welcome.signature):
            self._fail(EnrolmentRefusal.WRONG_PORTAL, "")
            return
        transcript = proof_transcript(self._hello, octets)
        agreed = self._share.agree(welcome.share, transcript=transcript)
        if agreed is None:
            self._fail(EnrolmentRefusal.NOT_UNDERSTOOD, "the portal's share is none")
            return
        self._sealer, _, _, self._opener = agreed
        self.portal_boot = welcome.boot
        self.socket.send(encode_handshake(self._proof(transcript)))

    def _proof(self, transcript: bytes) -> Proof:
        shown, drawn = self._known.links.open()
        statement = SessionStatement(
            portal=fingerprint(self._known.portal),
            nonce=digest(transcript),
            server=ServerId(self._known.server),
            shown=digest(shown),
            drawn=drawn,
            at=self._clock.wall(),
        )
        signature = self._known.identity.sign(statement.canonical())
        return Proof(shown=shown, drawn=drawn, at=statement.at, signature=signature)

    def _take(self, message: Told | Unreadable) -> None:
        if self._is_up:
            self._listener.told(message)
        elif isinstance(message, Configuration):
            self._is_up = True
            self._known.links.opened()
            self._look_later()
            if not self.ready.done():
                self.ready.set_result(None)
            self._listener.told(message)
        elif isinstance(message, Goodbye):
            try:
                refusal = EnrolmentRefusal(message.reason)
            except ValueError:
                refusal = EnrolmentRefusal.BUSY
            self._fail(refusal, "")

    def _fail(self, refusal: EnrolmentRefusal, detail: str) -> None:
        self._refused(NotReached(refusal, detail))
        self.socket.close(PROTOCOL_ERROR)

    def _refused(self, why: NotReached) -> None:
        if not self.ready.done():
            self.ready.set_exception(why)

    # --- what follows -------------------------------------------------------------------------------------------------

    def _look_later(self) -> None:
        self._look = self._loop.call_later(PING_SECONDS, self._look_whether_it_is_there)

    def _look_whether_it_is_there(self) -> None:
        self._silent += 1
        if self._silent > SILENCE:
            self.abort()
            return
        self.socket.ping()
        self._look_later()

    def _send(self, messages: Sequence[Asked]) -> None:
        if self._sealer is not None:
            self.socket.send(self._sealer.seal(encode_frame(messages)))
