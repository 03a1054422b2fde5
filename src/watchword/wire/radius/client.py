"""
Requests of a client, and how it reads the answers.

They go to a RADIUS server behind us, and to ourselves where an application is tried out as a VPN would use it.
Identifier and authenticator come in as arguments. An authenticator must be 16 unpredictable octets that are used for
one packet only: a password is hidden under it (RFC 2865 section 3; R29).
"""

from collections.abc import Iterable

from watchword.wire.radius.attributes import Attribute, AttributeType, encode_attributes
from watchword.wire.radius.authenticators import NO_AUTHENTICATOR, SIGNATURE_SIZE, signed, verify_reply
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code, Packet, decode, header
from watchword.wire.radius.shared_secret import SharedSecret


def access_request(
    secret: SharedSecret,
    *,
    identifier: int,
    authenticator: bytes,
    user_name: str,
    password: bytes,
    attributes: Iterable[Attribute] = (),
) -> bytes:
    """
    Make an Access-Request with a password (PAP), Message-Authenticator first.

    Args:
        secret: What is shared with the server.
        identifier: 0 to 255, the same in the answer.
        authenticator: 16 unpredictable octets.
        user_name: User-Name.
        password: User-Password, up to 128 octets; what it has of NULs at its end does not arrive.
        attributes: State, Calling-Station-Id, NAS-Identifier and whatever else the server is to know.

    Raises:
        RadiusError: User name, password or the whole do not fit.
    """
    try:
        name = user_name.encode()
    except UnicodeEncodeError:
        # A command line's octets that are no UTF-8 come as halves of surrogate pairs (PEP 383).
        raise RadiusError(Reason.BAD_USER_NAME) from None
    if not name:
        raise RadiusError(Reason.BAD_USER_NAME)
    hidden = secret.hide(password, authenticator)
    own = ((AttributeType.USER_NAME, name), (AttributeType.USER_PASSWORD, hidden))
    return _sign(Code.ACCESS_REQUEST, secret, identifier, authenticator, encode_attributes((*own, *attributes)))


def status_server(secret: SharedSecret, *, identifier: int, authenticator: bytes) -> bytes:
    """
    Ask a server whether it is alive (RFC 5997).

    Args:
        secret: What is shared with the server.
        identifier: 0 to 255, the same in the answer.
        authenticator: 16 unpredictable octets.
    """
    return _sign(Code.STATUS_SERVER, secret, identifier, authenticator, b"")


def accounting_request(secret: SharedSecret, *, identifier: int, attributes: Iterable[Attribute]) -> bytes:
    """
    Make an Accounting-Request, whose authenticator is computed (RFC 2866 section 3).

    Args:
        secret: What is shared with the server.
        identifier: 0 to 255, the same in the answer.
        attributes: Acct-Status-Type, Acct-Session-Id and what belongs to them.

    Raises:
        RadiusError: The attributes do not fit.
    """
    body = encode_attributes(attributes)
    head = header(Code.ACCOUNTING_REQUEST, identifier, len(body))
    return head + secret.digest(head + NO_AUTHENTICATOR + body) + body


def read_reply(
    datagram: bytes, request: bytes, secret: SharedSecret, *, require_message_authenticator: bool = True
) -> Packet:
    """
    Take a server's answer apart and make sure that it is one (`authenticators.verify_reply`).

    Args:
        datagram: What came from the server's address and port.
        request: The request as it was sent.
        secret: What is shared with the server.
        require_message_authenticator: As in `authenticators.verify_reply`.

    Raises:
        RadiusError: It is no answer to this request; whoever waits goes on waiting.
    """
    reply = decode(datagram)
    verify_reply(reply, decode(request), secret, require_message_authenticator=require_message_authenticator)
    return reply


def _sign(code: Code, secret: SharedSecret, identifier: int, authenticator: bytes, body: bytes) -> bytes:
    head = header(code, identifier, SIGNATURE_SIZE + len(body)) + authenticator
    return head + signed(head, body, secret)
