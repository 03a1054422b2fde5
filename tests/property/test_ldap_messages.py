"""
The LDAP codec for any value and for any octets.
"""

import contextlib
from pathlib import Path
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.property.ldap_values import FILTERS, MESSAGES
from watchword.wire.ldap.ber import Reader
from watchword.wire.ldap.client import LdapClient
from watchword.wire.ldap.controls import PAGED_RESULTS, Control, Page, page_control, read_page
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filter_codec import read_filter, write_filter
from watchword.wire.ldap.filter_text import format_filter, parse_filter
from watchword.wire.ldap.filters import MAX_FILTER_DEPTH, And, Comparison, Extensible, Filter, Not, Or, Substrings, fill
from watchword.wire.ldap.framing import UNBOUND_LIMIT, FrameBuffer
from watchword.wire.ldap.messages import Message
from watchword.wire.ldap.results import LdapResult, ResultCode, ad_sub_code
from watchword.wire.ldap.server import LdapServer

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "ldap"
REAL: Final = sorted(
    {bytes.fromhex(line[2:]) for path in VECTORS.glob("s*-*.txt") for line in path.read_text().splitlines()}
)


@given(MESSAGES)
def test_what_is_written_is_read_again(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


@given(FILTERS)
def test_a_filter_is_the_same_as_octets_and_as_text(tree: Filter) -> None:
    assert read_filter(Reader(write_filter(tree))) == tree
    assert parse_filter(format_filter(tree)) == tree


@given(st.binary(max_size=300))
@example(b"")
def test_garbage_is_a_message_or_the_one_error(data: bytes) -> None:
    with contextlib.suppress(LdapError):
        message = decode_message(data)
        assert decode_message(encode_message(message)) == message


@given(st.sampled_from(REAL), st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_spoilt_messages_are_messages_or_the_one_error(data: bytes, spoilt: list[tuple[int, int]]) -> None:
    """Octets that are nearly right reach further into a parser than noise does."""
    octets = bytearray(data)
    for place, value in spoilt:
        octets[place % len(octets)] = value
    buffer = FrameBuffer()
    buffer.push(bytes(octets))
    with contextlib.suppress(LdapError):
        while (frame := buffer.take(UNBOUND_LIMIT)) is not None:
            message = decode_message(frame)
            assert decode_message(encode_message(message)) == message


@given(st.text(max_size=60) | st.text("()&|!=*~<>:\\;.ab01 ", max_size=60))
def test_a_text_is_a_filter_or_the_one_error(text: str) -> None:
    with contextlib.suppress(LdapError):
        tree = parse_filter(text)
        assert parse_filter(format_filter(tree)) == tree


@given(st.text(min_size=1, max_size=60))
def test_no_name_changes_what_a_template_asks(name: str) -> None:
    template = parse_filter("(&(objectClass=person)(|(uid=%s)(mail=%s@example.test)(cn=a*%s*)))")

    filled = fill(template, b"%s", name.encode())

    assert shape(filled) == shape(template)
    assert read_filter(Reader(write_filter(filled))) == filled
    assert parse_filter(format_filter(filled)) == filled


def shape(tree: Filter) -> object:
    """Tell what a filter asks, without the values."""
    match tree:
        case And(operands=operands) | Or(operands=operands):
            return type(tree), [shape(operand) for operand in operands]
        case Not(operand=operand):
            return Not, shape(operand)
        case Substrings():
            return Substrings, tree.attribute, tree.initial is None, len(tree.middle), tree.final is None
        case Comparison():
            return tree.match, tree.attribute
        case Extensible():
            return tree.rule, tree.attribute, tree.dn_attributes
        case _:
            return tree


@st.composite
def chunked(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Draw a stream of messages, sometimes with garbage behind, and the pieces in which it arrives."""
    stream = b"".join(encode_message(message) for message in draw(st.lists(MESSAGES, max_size=5)))
    stream += draw(st.just(b"") | st.binary(max_size=20))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    return stream, [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def frames(pieces: list[bytes]) -> list[bytes | LdapReason]:
    """Cut a stream that arrives in pieces."""
    buffer = FrameBuffer()
    taken: list[bytes | LdapReason] = []
    try:
        for piece in pieces:
            buffer.push(piece)
            while (frame := buffer.take(UNBOUND_LIMIT)) is not None:
                taken.append(frame)
    except LdapError as error:
        taken.append(error.reason)
    return taken


@given(chunked())
def test_messages_are_the_same_however_they_arrive(given_: tuple[bytes, list[bytes]]) -> None:
    stream, pieces = given_
    whole = frames([stream])

    assert frames(pieces) == whole
    assert frames([bytes([octet]) for octet in stream]) == whole


def ended(server: LdapServer, piece: bytes) -> bytes | None:
    """Give a server a piece, and get what it says before it hangs up, if it does."""
    try:
        server.receive(piece)
    except LdapError as error:
        return error.response
    return None


@given(chunked())
def test_sessions_survive_whatever_arrives(given_: tuple[bytes, list[bytes]]) -> None:
    """Neither side dies of anything but its one error; a server leaves its notice; a closed session stays closed."""
    _, pieces = given_
    client, server = LdapClient(), LdapServer()
    for piece in pieces:
        with contextlib.suppress(LdapError):
            client.receive(piece)
        notice = ended(server, piece)
        if notice is not None:
            assert decode_message(notice).message_id == 0
            assert server.receive(piece) == ()


@given(st.integers(UNBOUND_LIMIT - 3, 2**32 - 1))
def test_a_large_message_is_refused_from_its_header(length: int) -> None:
    buffer = FrameBuffer()
    buffer.push(b"\x30\x84" + length.to_bytes(4))

    with pytest.raises(LdapError) as refusal:
        buffer.take(UNBOUND_LIMIT)

    assert refusal.value.reason is LdapReason.TOO_LARGE


@given(st.integers(0, 1_000), st.sampled_from([b"\xa0", b"\xa1", b"\xa2"]))
def test_a_filter_has_a_depth_and_no_recursion(depth: int, tag: bytes) -> None:
    octets = b"\x87\x01c"
    for _ in range(depth):
        octets = tag + b"\x83" + len(octets).to_bytes(3) + octets

    if depth <= MAX_FILTER_DEPTH:
        assert len(write_filter(read_filter(Reader(octets)))) <= len(octets)
        return
    with pytest.raises(LdapError) as refusal:
        read_filter(Reader(octets))

    assert refusal.value.reason is LdapReason.TOO_DEEP


@given(st.integers(0, 2**31 - 1), st.binary(max_size=50), st.booleans())
def test_a_page_is_read_as_it_was_written(size: int, cookie: bytes, critical: bool) -> None:  # noqa: FBT001 drawn
    assert read_page((page_control(Page(size=size, cookie=cookie), critical=critical),)) == Page(
        size=size, cookie=cookie
    )


@given(st.none() | st.binary(max_size=60))
def test_a_page_is_read_or_the_one_error(value: bytes | None) -> None:
    with contextlib.suppress(LdapError):
        read_page((Control(oid=PAGED_RESULTS, value=value),))


@given(st.text(max_size=80))
def test_any_text_of_a_server_is_read_for_a_sub_code(text: str) -> None:
    ad_sub_code(LdapResult(code=ResultCode.INVALID_CREDENTIALS, diagnostic_message=text))
