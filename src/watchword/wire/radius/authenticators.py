"""
Who sent a packet: the authenticators of requests and replies, checked in constant time.

Nothing is looked at in a packet, and nothing may be remembered of it, before it has passed here (R24).
Message-Authenticator may stand anywhere in a request (R45); the walk has noted where, and has refused a second one.
"""

from collections.abc import Sequence
from hmac import compare_digest
from typing import Final

from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import AUTHENTICATOR_SIZE, Code, Packet
from watchword.wire.radius.shared_secret import SharedSecret

NO_AUTHENTICATOR: Final = bytes(AUTHENTICATOR_SIZE)
"""Stands in the place of an authenticator while it is computed (RFC 2866 section 3, RFC 3579 section 3.2)."""

_SIGNED: Final = bytes((AttributeType.MESSAGE_AUTHENTICATOR, AUTHENTICATOR_SIZE + 2))
"""Type and Length of Message-Authenticator."""
_TO_BE_SIGNED: Final = _SIGNED + NO_AUTHENTICATOR
SIGNATURE_SIZE: Final = len(_SIGNED) + AUTHENTICATOR_SIZE
"""Octets that Message-Authenticator adds to a packet."""

# Looking a member up costs a tenth of the whole check, so what every request needs is looked up once.
_ACCESS_REQUEST: Final = Code.ACCESS_REQUEST
_ACCOUNTING_REQUEST: Final = Code.ACCOUNTING_REQUEST
_STATUS_SERVER: Final = Code.STATUS_SERVER

_REPLIES: Final = {
    Code.ACCESS_REQUEST: frozenset({Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE}),
    Code.ACCOUNTING_REQUEST: frozenset({Code.ACCOUNTING_RESPONSE}),
    Code.STATUS_SERVER: frozenset({Code.ACCESS_ACCEPT, Code.ACCOUNTING_RESPONSE}),
}
"""Which codes answer a request (RFC 2865 section 4, RFC 2866 section 4, RFC 5997 section 3)."""


def verify_request(
    packet: Packet,
    secrets: Sequence[SharedSecret],
    *,
    require_message_authenticator: bool = True,
    limit_proxy_state: bool = True,
) -> SharedSecret:
    """
    Find the secret that a request was made with.

    Args:
        packet: What a client sent.
        secrets: The client's secret, and while it is being replaced the next one too; at least one.
        require_message_authenticator: Whether an Access-Request without one is dropped (R43). Status-Server always
            needs one (RFC 5997 section 3).
        limit_proxy_state: Whether an Access-Request without one is dropped when it carries Proxy-State (R44), which is
            how the attack on unsigned packets gets its octets into the answer. Of a signed request Proxy-State is
            always welcome.

    Returns:
        The secret that fits, which the answer must be made with. Where an Access-Request without Message-Authenticator
        is let through, nothing is proven and nothing tells secrets apart: the first.

    Raises:
        RadiusError: Whoever sent it shares no secret with us, or its code is no request's. It is to be dropped without
            a trace.
    """
    code = packet.code
    if code is _ACCOUNTING_REQUEST:
        return _verify_accounting(packet, secrets)
    if code is not _ACCESS_REQUEST and code is not _STATUS_SERVER:
        raise RadiusError(Reason.UNSUPPORTED_CODE)
    start = packet.message_authenticator_at
    if not start:
        _refuse_unsigned(packet, require=require_message_authenticator, limit_proxy_state=limit_proxy_state)
        return secrets[0]
    octets, end = packet.octets, start + AUTHENTICATOR_SIZE
    message, signature = octets[:start] + NO_AUTHENTICATOR + octets[end:], octets[start:end]
    for secret in secrets:
        if compare_digest(secret.hmac(message), signature):
            return secret
    raise RadiusError(Reason.WRONG_MESSAGE_AUTHENTICATOR)


def verify_reply(
    reply: Packet, request: Packet, secret: SharedSecret, *, require_message_authenticator: bool = True
) -> None:
    """
    Make sure that a reply answers a request and comes from who shares the secret.

    Args:
        reply: What a server sent.
        request: What it was sent, as it was sent.
        secret: What is shared with that server.
        require_message_authenticator: Whether a reply to an Access-Request or Status-Server without one is dropped.
            Without it a reject can be turned into an accept on the way (R40).

    Raises:
        RadiusError: It is not; it is to be dropped, and the request goes on waiting.
    """
    if reply.identifier != request.identifier or reply.code not in _REPLIES[request.code]:
        raise RadiusError(Reason.UNEXPECTED_REPLY)
    if request.code is not Code.ACCOUNTING_REQUEST:
        # For the answer to an Accounting-Request no standard says what it is computed over, and servers differ.
        if reply.message_authenticator_at:
            if not _fits_message_authenticator(reply, request.authenticator, secret):
                raise RadiusError(Reason.WRONG_MESSAGE_AUTHENTICATOR)
        elif require_message_authenticator:
            raise RadiusError(Reason.NO_MESSAGE_AUTHENTICATOR)
    if not _fits_digest(reply, request.authenticator, secret):
        raise RadiusError(Reason.WRONG_AUTHENTICATOR)


def signed(start: bytes, body: bytes, secret: SharedSecret) -> bytes:
    """
    Return attributes with Message-Authenticator put before them.

    Args:
        start: The packet's header with the request's authenticator; Length counts `SIGNATURE_SIZE` already.
        body: The attributes.
        secret: What it is made with.
    """
    return _SIGNED + secret.hmac(start + _TO_BE_SIGNED + body) + body


def _refuse_unsigned(packet: Packet, *, require: bool, limit_proxy_state: bool) -> None:
    if require or packet.code is Code.STATUS_SERVER:
        raise RadiusError(Reason.NO_MESSAGE_AUTHENTICATOR)
    if packet.has(AttributeType.EAP_MESSAGE):
        raise RadiusError(Reason.UNSIGNED_EAP)
    if limit_proxy_state and packet.has(AttributeType.PROXY_STATE):
        raise RadiusError(Reason.UNSIGNED_PROXY_STATE)


def _verify_accounting(packet: Packet, secrets: Sequence[SharedSecret]) -> SharedSecret:
    for secret in secrets:
        if _fits_digest(packet, NO_AUTHENTICATOR, secret) and (
            not packet.message_authenticator_at or _fits_message_authenticator(packet, NO_AUTHENTICATOR, secret)
        ):
            return secret
    raise RadiusError(Reason.WRONG_AUTHENTICATOR)


def _fits_message_authenticator(packet: Packet, authenticator: bytes, secret: SharedSecret) -> bool:
    """RFC 3579 section 3.2: the packet with the request's authenticator in its header and NULs for the value itself."""
    octets, start = packet.octets, packet.message_authenticator_at
    end = start + AUTHENTICATOR_SIZE
    computed = secret.hmac(octets[:4] + authenticator + octets[20:start] + NO_AUTHENTICATOR + octets[end:])
    return compare_digest(computed, octets[start:end])


def _fits_digest(packet: Packet, authenticator: bytes, secret: SharedSecret) -> bool:
    """RFC 2865 and 2866, section 3: the packet with the request's authenticator, or NULs, in its header."""
    octets = packet.octets
    return compare_digest(secret.digest(octets[:4] + authenticator + octets[20:]), packet.authenticator)
