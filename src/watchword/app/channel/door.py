"""
How a server is let in: who it is, whether it is no copy, and which keys its connection has.

The portal proves itself first, with a signature that covers the server's half; then the server does, with one that
covers both. Whoever does not come through is told why only where the keys are agreed already, so that nobody in the
middle can say in the portal's name that a server was revoked.
"""

from dataclasses import dataclass
from typing import Protocol

from watchword.app.channel.parts import Caller
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.kit.agreement import Opener, Sealer, Share
from watchword.kit.identities import Identity
from watchword.kit.randomness import Randomness
from watchword.kit.signatures import digest
from watchword.wire.channel.handshake import (
    BOOT_OCTETS,
    LEAST_VERSION,
    NONCE_OCTETS,
    VERSION,
    Hello,
    Proof,
    Unwelcome,
    Welcome,
    common_version,
    decode_handshake,
    encode_handshake,
    proof_transcript,
    welcome_transcript,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """
    A server that wants in, as far as its signature tells.

    Attributes:
        server: who it says it is.
        nonce: SHA-256 of everything that was said, which its signature covers.
        shown: the secret that it shows (`domain.servers.Links`); `drawn` is the digest of the next one.
        at: its clock, UTC microseconds.
        signature: of a `domain.statements.SessionStatement`.
        address: where it comes from.
    """

    server: bytes
    nonce: bytes
    shown: bytes
    drawn: bytes
    at: int
    signature: bytes
    address: str


class Doorkeeper(Protocol):
    """Tells whether a server may come in."""

    async def admit(self, opening: Opening) -> Caller | EnrolmentRefusal:
        """Check who it is and that it is no copy, and note that it came in."""


class Refused(Exception):  # noqa: N818 - it is what the other side has done
    """Nothing more is said to whoever calls, except `octets` where there are some."""

    def __init__(self, octets: bytes = b"") -> None:
        super().__init__()
        self.octets = octets


class Threshold:
    """One server's way in, from its first message to its keys."""

    def __init__(self, identity: Identity, *, boot: bytes, randomness: Randomness) -> None:
        """
        Wait for a server.

        Args:
            identity: the portal's.
            boot: what tells this run of the portal from others.
            randomness: where the nonce and the share come from.
        """
        if len(boot) != BOOT_OCTETS:
            raise ValueError("a run is known by 16 octets")
        self._identity = identity
        self._boot = boot
        self._randomness = randomness
        self._share: Share | None = None
        self._transcript = b""
        self.hello: Hello | None = None
        self.sealer: Sealer | None = None
        self.opener: Opener | None = None

    def welcome(self, octets: bytes) -> bytes:
        """Take a server's hello, and return the answer to it. Raises `Refused`."""
        hello = decode_handshake(octets)
        if not isinstance(hello, Hello):
            raise Refused
        version = common_version(hello)
        if version is None:
            raise Refused(encode_handshake(Unwelcome(least=LEAST_VERSION, most=VERSION)))
        self._share = Share(self._randomness)
        unsigned = Welcome(
            version=version,
            boot=self._boot,
            share=self._share.public,
            nonce=self._randomness.octets(NONCE_OCTETS),
        )
        signature = self._identity.sign(welcome_transcript(octets, unsigned))
        answer = encode_handshake(
            Welcome(version=version, boot=self._boot, share=unsigned.share, nonce=unsigned.nonce, signature=signature)
        )
        self.hello = hello
        self._transcript = proof_transcript(octets, answer)
        return answer

    def opening(self, octets: bytes, *, address: str) -> Opening:
        """Take a server's proof, agree on keys, and return what is to be checked. Raises `Refused`."""
        proof = decode_handshake(octets)
        if not isinstance(proof, Proof) or self.hello is None or self._share is None:
            raise Refused
        agreed = self._share.agree(self.hello.share, transcript=self._transcript)
        if agreed is None:
            raise Refused
        _, self.opener, self.sealer, _ = agreed
        return Opening(
            server=self.hello.server,
            nonce=digest(self._transcript),
            shown=proof.shown,
            drawn=proof.drawn,
            at=proof.at,
            signature=proof.signature,
            address=address,
        )
