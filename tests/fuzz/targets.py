"""
What the fuzzer feeds: one function a parser, each of which must take any octets.

A parser keeps its word when it returns a value or raises its room's one error. Whatever it returned must then hold what
the room promises of it: every view can be read, and what is written again reads back as the same value.
"""

import inspect
from collections.abc import Callable
from typing import Final

from watchword.ports.messages import outcome_of, request_of
from watchword.wire.channel.configuration import decode_snapshot, encode_snapshot
from watchword.wire.channel.handshake import decode_handshake, encode_handshake
from watchword.wire.channel.messages import (
    Answer,
    Decided,
    Gate,
    Refuse,
    Unreadable,
    decode_asked,
    decode_told,
    encode_frame,
)
from watchword.wire.ldap.client import LdapClient
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filter_text import format_filter, parse_filter
from watchword.wire.ldap.filters import Present
from watchword.wire.ldap.messages import Message, Scope, SearchRequest
from watchword.wire.ldap.server import LdapServer
from watchword.wire.radius.access import AccessRequest, read_access_request
from watchword.wire.radius.accounting import AccountingRequest
from watchword.wire.radius.attributes import encode_attributes
from watchword.wire.radius.authenticators import verify_request
from watchword.wire.radius.carrying import carriable
from watchword.wire.radius.client import read_reply, status_server
from watchword.wire.radius.errors import RadiusError
from watchword.wire.radius.packet import decode
from watchword.wire.radius.replies import accept, reject
from watchword.wire.radius.shared_secret import SharedSecret

SECRET: Final = SharedSecret(b"xyzzy5461")
SEARCH: Final = SearchRequest(base="dc=example,dc=com", scope=Scope.WHOLE_SUBTREE, filter=Present(attribute="cn"))
ASKED: Final = status_server(SECRET, identifier=0, authenticator=bytes(range(16)))


def read_all(view: AccessRequest | AccountingRequest) -> None:
    """Read every property of a view; none may raise."""
    for name, _ in inspect.getmembers(type(view), lambda member: isinstance(member, property)):
        getattr(view, name)


def radius_request(data: bytes) -> None:
    """Take a datagram the way a listener does, and go on where a listener would have stopped at the signature."""
    try:
        packet = decode(data)
    except RadiusError:
        return
    again = decode(packet.octets)
    assert (again.octets, again.places, again.several) == (packet.octets, packet.places, packet.several)
    assert packet.octets[20:] == encode_attributes(packet.attributes)
    for required in (True, False):
        try:
            verify_request(packet, [SECRET], require_message_authenticator=required)
        except RadiusError as error:
            if not error.reason.is_silent:
                raise
    read_all(AccountingRequest(packet))
    try:
        read_all(read_access_request(packet, SECRET))
        accept(packet, SECRET, attributes=carriable(packet.attributes))
    except RadiusError as error:
        if error.reason.is_silent:
            raise
    try:
        answer = reject(packet, SECRET)
    except RadiusError:
        return
    assert decode(answer).identifier == packet.identifier


def radius_reply(data: bytes) -> None:
    """Take a datagram the way a client does that waits for an answer."""
    try:
        reply = read_reply(data, ASKED, SECRET)
    except RadiusError:
        return
    assert reply.identifier == ASKED[1]


def ldap_message(data: bytes) -> None:
    """Take a message apart; what it says survives being written again."""
    try:
        message = decode_message(data)
    except LdapError:
        return
    written = encode_message(message)
    assert decode_message(written) == message
    assert encode_message(decode_message(written)) == written


def ldap_filter(data: bytes) -> None:
    """Take a filter's text apart; what it says survives being written again."""
    try:
        tree = parse_filter(data.decode("utf-8", "surrogateescape"))
    except LdapError:
        return
    assert parse_filter(format_filter(tree)) == tree


def arrivals(session: LdapClient | LdapServer, pieces: list[bytes]) -> list[Message] | LdapReason:
    """Let pieces arrive in a session, and return what it took them for."""
    messages: list[Message] = []
    try:
        for piece in pieces:
            messages += session.receive(piece)
    except LdapError as error:
        assert session.receive(b"more") == ()
        return error.reason
    return messages


def pieces_of(data: bytes) -> list[bytes]:
    """Cut octets into pieces as long as the first of them says."""
    size = data[0] % 16 + 1
    return [data[start : start + size] for start in range(1, len(data), size)]


def ldap_server(data: bytes) -> None:
    """Let requests arrive in pieces and at once: both are taken for the same."""
    if data:
        assert arrivals(LdapServer(), pieces_of(data)) == arrivals(LdapServer(), [data[1:]])


def ldap_client(data: bytes) -> None:
    """Let answers to two searches arrive in pieces and at once: both are taken for the same."""
    if data:
        sessions = (LdapClient(), LdapClient())
        for session in sessions:
            session.send(SEARCH)
            session.send(SEARCH)
        assert arrivals(sessions[0], pieces_of(data)) == arrivals(sessions[1], [data[1:]])


def channel_asked(data: bytes) -> None:
    """Take a frame of a server apart, and what follows from it; what is understood survives being written again."""
    messages = decode_asked(data)
    if messages is None:
        return
    understood = tuple(message for message in messages if not isinstance(message, Unreadable))
    assert decode_asked(encode_frame(understood)) == understood
    for message in understood:
        if isinstance(message, Gate | Answer | Refuse):
            request_of(message.request, monotonic=0)


def channel_told(data: bytes) -> None:
    """Take a frame of a portal apart; nothing that is not understood allows anything."""
    messages = decode_told(data)
    if messages is None:
        return
    understood = tuple(message for message in messages if not isinstance(message, Unreadable))
    assert decode_told(encode_frame(understood)) == understood
    for message in understood:
        if isinstance(message, Decided):
            outcome_of(message.outcome)


def channel_handshake(data: bytes) -> None:
    """Take a message of the handshake apart, and a snapshot."""
    message = decode_handshake(data)
    assert message is None or decode_handshake(encode_handshake(message)) == message
    snapshot = decode_snapshot(data)
    assert snapshot is None or decode_snapshot(encode_snapshot(snapshot)) == snapshot


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "radius_request": radius_request,
    "radius_reply": radius_reply,
    "ldap_message": ldap_message,
    "ldap_filter": ldap_filter,
    "ldap_server": ldap_server,
    "ldap_client": ldap_client,
    "channel_asked": channel_asked,
    "channel_told": channel_told,
    "channel_handshake": channel_handshake,
}
