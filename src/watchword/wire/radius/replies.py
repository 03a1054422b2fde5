"""
Answers of a server, signed and ready to be sent.

Every answer to an Access-Request or Status-Server carries Message-Authenticator, and carries it first (R41): octets
that an attacker could choose must come after it. What a request sent as Proxy-State goes back unmodified and in order
(R60), and nothing else of a request ever goes back (R49). An answer is made once for each request and repeated octet by
octet for a retransmission.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from watchword.wire.radius.attributes import (
    Attribute,
    AttributeType,
    encode_attributes,
    integer,
    message_attributes,
)
from watchword.wire.radius.authenticators import SIGNATURE_SIZE, signed
from watchword.wire.radius.packet import Code, Packet, header
from watchword.wire.radius.shared_secret import SharedSecret

# Looked up once, because looking a member up takes longer than echoing nothing.
_ACCESS_ACCEPT: Final = Code.ACCESS_ACCEPT
_ACCESS_REJECT: Final = Code.ACCESS_REJECT
_PROXY_STATE: Final = AttributeType.PROXY_STATE

_OURS: Final = frozenset(
    {AttributeType.STATE, AttributeType.PROXY_STATE, AttributeType.EAP_MESSAGE, AttributeType.MESSAGE_AUTHENTICATOR}
)
"""What an Accept gets from nobody but this file, or not at all."""


def accept(request: Packet, secret: SharedSecret, *, message: str = "", attributes: Sequence[Attribute] = ()) -> bytes:
    """
    Make an Access-Accept.

    Args:
        request: The Access-Request that it answers.
        secret: The secret that the request was made with.
        message: What the user is shown, or nothing.
        attributes: What the user gets from the client: ours, or a server's behind us after `carrying.carriable`.

    Raises:
        RadiusError: It does not fit into a packet; then a Reject is the answer, because silence would be taken for a
            dead server.
        ValueError: One of the attributes is never carried.
    """
    body = request.copied(_PROXY_STATE)
    if attributes:
        for kind, _ in attributes:
            if kind in _OURS:
                raise ValueError(f"attribute {kind} in an Accept comes from nobody but the codec")
        body = encode_attributes(attributes) + body
    if message:
        body = _words(message) + body
    return _signed(_ACCESS_ACCEPT, request, secret, body)


def reject(request: Packet, secret: SharedSecret, *, message: str = "") -> bytes:
    """
    Make an Access-Reject, which is final and holds nothing but a message (R64).

    Args:
        request: The Access-Request that it answers.
        secret: The secret that the request was made with.
        message: What the user is shown, or nothing: the same for every reason (R66).

    Raises:
        RadiusError: Message and Proxy-States together do not fit into a packet.
    """
    return _signed(_ACCESS_REJECT, request, secret, _words(message) + request.copied(_PROXY_STATE))


def challenge(
    request: Packet, secret: SharedSecret, *, state: bytes, message: str, seconds: int | None = None
) -> bytes:
    """
    Make an Access-Challenge: State, a prompt, and how long the client may wait for the user (R61).

    Args:
        request: The Access-Request that it answers.
        secret: The secret that the request was made with.
        state: What the next request must bring back, 1 to 253 octets.
        message: The prompt.
        seconds: Session-Timeout, how long the user has; None leaves it to the client.

    Raises:
        RadiusError: It does not fit into a packet.
    """
    timeout = () if seconds is None else (integer(AttributeType.SESSION_TIMEOUT, seconds),)
    body = encode_attributes(((AttributeType.STATE, state),)) + _words(message) + encode_attributes(timeout)
    return _signed(Code.ACCESS_CHALLENGE, request, secret, body + request.copied(_PROXY_STATE))


def status(request: Packet, secret: SharedSecret, *, accounting: bool = False) -> bytes:
    """
    Answer a Status-Server: "alive" (RFC 5997 section 3).

    Args:
        request: The Status-Server packet. Its other attributes are ignored, Proxy-State too (R72).
        secret: The secret that the request was made with.
        accounting: Whether it came to the accounting port, where an Accounting-Response is expected.
    """
    return _signed(Code.ACCOUNTING_RESPONSE if accounting else Code.ACCESS_ACCEPT, request, secret, b"")


def accounting_response(request: Packet, secret: SharedSecret) -> bytes:
    """
    Acknowledge an Accounting-Request: only after what it told is durable (R81).

    It carries no Message-Authenticator: no standard has one here, and FreeRADIUS's programs and pyrad compute it over
    another authenticator than in all other answers. FreeRADIUS's drop the packet where it does not fit.
    """
    body = request.copied(_PROXY_STATE)
    head = header(Code.ACCOUNTING_RESPONSE, request.identifier, len(body))
    return head + secret.digest(head + request.authenticator + body) + body


@lru_cache(maxsize=128)
def _words(message: str) -> bytes:
    """Return text as it stands in an answer; there are few texts, and most answers have one of them or none."""
    return encode_attributes(message_attributes(message))


def _signed(code: Code, request: Packet, secret: SharedSecret, body: bytes) -> bytes:
    """Message-Authenticator comes before the Response Authenticator, which covers it (RFC 3579 section 3.2; R46)."""
    head = header(code, request.identifier, SIGNATURE_SIZE + len(body))
    start = head + request.authenticator
    attributes = signed(start, body, secret)
    return head + secret.digest(start + attributes) + attributes
