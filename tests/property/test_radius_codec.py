"""
What holds of the RADIUS codec for every packet, and for every run of octets that is none.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.unit.wire.radius.forging import (
    OTHER,
    SECRET,
    SHARED,
    UNSIGNED,
    accounting,
    hidden,
    packet,
    reply,
    sign,
)
from watchword.wire.radius.access import Credentials, read_access_request
from watchword.wire.radius.accounting import AccountingRequest
from watchword.wire.radius.attributes import AttributeType, encode_attributes, message_attributes
from watchword.wire.radius.authenticators import verify_reply, verify_request
from watchword.wire.radius.carrying import carriable
from watchword.wire.radius.client import access_request, accounting_request, read_reply
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import LONGEST_PACKET, MOST_ATTRIBUTES, Code, Packet, decode
from watchword.wire.radius.replies import accept, accounting_response, challenge, reject
from watchword.wire.radius.shared_secret import SharedSecret

AUTHENTICATORS: Final = st.binary(min_size=16, max_size=16)
IDENTIFIERS: Final = st.integers(0, 255)
SECRETS: Final = st.binary(min_size=1, max_size=100)
PASSWORDS: Final = st.binary(max_size=128).filter(lambda password: not password.endswith(b"\0"))
VALUES: Final = st.binary(max_size=40)
#: Any attribute but Message-Authenticator, the types that mean something more often than others.
ATTRIBUTES: Final = st.tuples(
    st.one_of(st.sampled_from(sorted(set(AttributeType) - {AttributeType.MESSAGE_AUTHENTICATOR})), st.integers(0, 255)),
    VALUES,
).filter(lambda attribute: attribute[0] != AttributeType.MESSAGE_AUTHENTICATOR)
LISTS: Final = st.lists(ATTRIBUTES, max_size=20)
TEXTS: Final = st.text(max_size=400)


def framed(attributes: bytes, code: int, identifier: int, authenticator: bytes, off: int) -> bytes:
    """Give a datagram whose header is nearly right, so that what is behind it is looked at."""
    length = max(0, min(65535, 20 + len(attributes) + off))
    return bytes([code, identifier]) + length.to_bytes(2, "big") + authenticator + attributes


NEARLY: Final = st.builds(
    framed,
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=20)), max_size=210).map(
            lambda pairs: b"".join(bytes([kind, len(value) + 2]) + value for kind, value in pairs)
        ),
    ),
    st.one_of(st.sampled_from(list(Code)), st.integers(0, 255)),
    IDENTIFIERS,
    AUTHENTICATORS,
    st.one_of(st.just(0), st.integers(-30, 30)),
)


def refused(call: Callable[[], object]) -> Reason | None:
    """Give the reason for which a call raises our error, None where it raises nothing."""
    try:
        call()
    except RadiusError as error:
        return error.reason
    return None


def read_everything(packet: Packet) -> None:
    """Do with a packet what a listener does, and read every property of every view."""
    carriable(packet.attributes)
    accounting = AccountingRequest(packet)
    _ = (accounting.status, accounting.user_name, accounting.session_id, accounting.session_seconds)
    _ = (accounting.terminate_cause, accounting.calling_station_id, accounting.framed_address)
    request = read_access_request(packet, SHARED)
    _ = (request.calling_station_id, request.called_station_id, request.nas_identifier, request.nas_address)
    _ = (request.service_type, request.framed_address, request.tunnel_client_endpoint, request.proxy_states)
    reject(packet, SHARED)


@given(st.one_of(st.binary(max_size=60), st.binary(min_size=20, max_size=5000), NEARLY))
@example(bytes(4097))
@example(b"\x01\x00\x10\x01" + bytes(4093))
def test_any_octets_are_a_packet_or_our_error(datagram: bytes) -> None:
    reason = refused(lambda: decode(datagram))
    if reason is not None:
        assert reason.is_silent
        return
    decoded = decode(datagram)
    assert datagram.startswith(decoded.octets)
    assert decoded.octets[20:] == encode_attributes(decoded.attributes)
    assert len(decoded.octets) <= LONGEST_PACKET
    assert len(decoded.attributes) <= MOST_ATTRIBUTES
    refusal = refused(lambda: read_everything(decoded))
    assert refusal is None or not refusal.is_silent


@given(st.sampled_from(list(Code)), IDENTIFIERS, AUTHENTICATORS, LISTS)
def test_what_is_written_is_read_back(
    code: Code, identifier: int, authenticator: bytes, attributes: list[tuple[int, bytes]]
) -> None:
    octets = packet(code, *attributes, identifier=identifier, authenticator=authenticator)
    decoded = decode(octets)

    assert (decoded.code, decoded.identifier, decoded.authenticator) == (code, identifier, authenticator)
    assert decoded.attributes == tuple(attributes)
    assert decoded.octets == octets
    for kind in AttributeType:
        assert decoded.values(kind) == tuple(value for candidate, value in attributes if candidate == kind)
        assert (kind in decoded.places) == (len(decoded.values(kind)) == 1)
        assert (kind in decoded.several) == (len(decoded.values(kind)) > 1)
        assert decoded.copied(kind) == encode_attributes((kind, value) for value in decoded.values(kind))


@given(st.data(), LISTS)
def test_padding_changes_nothing_and_truncation_is_never_a_packet(
    data: st.DataObject, attributes: list[tuple[int, bytes]]
) -> None:
    octets = packet(1, *attributes)
    cut = data.draw(st.integers(0, len(octets) - 1))

    assert decode(octets + data.draw(st.binary(max_size=50))).octets == octets
    assert refused(lambda: decode(octets[:cut])) in {Reason.TOO_SHORT, Reason.TRUNCATED}


@given(st.data(), LISTS, st.sampled_from([1, 12]))
def test_a_signed_request_verifies_wherever_the_signature_is_and_no_other_secret_does(
    data: st.DataObject, attributes: list[tuple[int, bytes]], code: int
) -> None:
    attributes.insert(data.draw(st.integers(0, len(attributes))), UNSIGNED)
    decoded = decode(sign(packet(code, *attributes)))

    assert verify_request(decoded, [OTHER, SHARED]) is SHARED
    reason = refused(lambda: verify_request(decoded, [OTHER], require_message_authenticator=False))
    assert reason is Reason.WRONG_MESSAGE_AUTHENTICATOR


def flip(octets: bytes, bit: int) -> bytes:
    return octets[: bit // 8] + bytes([octets[bit // 8] ^ 1 << bit % 8]) + octets[bit // 8 + 1 :]


@given(st.data(), LISTS, st.booleans())
def test_no_flipped_bit_of_a_request_verifies(
    data: st.DataObject,
    attributes: list[tuple[int, bytes]],
    accounts: bool,  # noqa: FBT001 - drawn
) -> None:
    octets = accounting(*attributes) if accounts else sign(packet(1, UNSIGNED, *attributes))
    changed = flip(octets, data.draw(st.integers(0, len(octets) * 8 - 1)))
    reason = refused(lambda: verify_request(decode(changed), [SHARED]))

    assert reason is not None
    assert reason.is_silent


@given(st.data(), LISTS, st.sampled_from([2, 3, 11]))
def test_no_flipped_bit_of_a_reply_verifies(
    data: st.DataObject, attributes: list[tuple[int, bytes]], code: int
) -> None:
    asked = sign(packet(1, UNSIGNED))
    octets = reply(code, asked, UNSIGNED, *attributes)
    read_reply(octets, asked, SHARED)
    changed = flip(octets, data.draw(st.integers(0, len(octets) * 8 - 1)))
    reason = refused(lambda: read_reply(changed, asked, SHARED, require_message_authenticator=False))

    assert reason is not None
    assert reason.is_silent


@given(SECRETS, AUTHENTICATORS, PASSWORDS)
def test_passwords_come_back(octets: bytes, authenticator: bytes, password: bytes) -> None:
    secret = SharedSecret(octets)
    value = secret.hide(password, authenticator)

    assert value == hidden(password, authenticator=authenticator, secret=octets)
    assert len(value) in range(16, 129, 16)
    assert secret.reveal(value, authenticator) == password


@given(SECRETS, AUTHENTICATORS, st.binary(max_size=200))
def test_any_hidden_password_is_octets_or_our_error(octets: bytes, authenticator: bytes, value: bytes) -> None:
    secret = SharedSecret(octets)
    if len(value) not in range(16, 129, 16):
        assert refused(lambda: secret.reveal(value, authenticator)) is Reason.BAD_PASSWORD_SIZE
        return
    password = secret.reveal(value, authenticator)
    assert len(password) <= len(value)
    assert not password.endswith(b"\0")


@given(IDENTIFIERS, AUTHENTICATORS, PASSWORDS, LISTS)
def test_what_the_client_asks_the_server_reads(
    identifier: int, authenticator: bytes, password: bytes, attributes: list[tuple[int, bytes]]
) -> None:
    assume(not {kind for kind, _ in attributes} & {1, 2, 3, 24, 26, 79})
    octets = access_request(
        SHARED,
        identifier=identifier,
        authenticator=authenticator,
        user_name="alice",
        password=password,
        attributes=attributes,
    )
    decoded = decode(octets)
    request = read_access_request(decoded, SHARED)

    assert verify_request(decoded, [SHARED]) is SHARED
    assert request.user_name == "alice"
    assert request.credentials is Credentials.PAP
    assert request.password == password
    assert decoded.attributes[3:] == tuple(attributes)


@given(LISTS, TEXTS, st.binary(min_size=1, max_size=253), LISTS)
def test_every_answer_verifies_is_signed_in_front_and_echoes_proxy_state(
    asked: list[tuple[int, bytes]], message: str, state: bytes, granted: list[tuple[int, bytes]]
) -> None:
    request = decode(sign(packet(1, UNSIGNED, *asked)))
    carried = carriable(granted)
    answers = [
        accept(request, SHARED, message=message, attributes=carried),
        reject(request, SHARED, message=message),
        challenge(request, SHARED, state=state, message=message),
    ]
    for octets in answers:
        answer = decode(octets)
        verify_reply(answer, request, SHARED)
        assert answer.attributes[0][0] == AttributeType.MESSAGE_AUTHENTICATOR
        assert answer.values(AttributeType.PROXY_STATE) == request.values(AttributeType.PROXY_STATE)
        texts = [value.decode() for value in answer.values(AttributeType.REPLY_MESSAGE)]
        assert "".join(texts) == message
    assert [pair for pair in decode(answers[0]).attributes if pair in carried] == list(carried)


@given(LISTS)
def test_accounting_is_made_and_acknowledged(attributes: list[tuple[int, bytes]]) -> None:
    octets = accounting_request(SHARED, identifier=7, attributes=attributes)
    decoded = decode(octets)

    assert octets == accounting(*attributes, secret=SECRET)
    assert verify_request(decoded, [SHARED]) is SHARED
    verify_reply(decode(accounting_response(decoded, SHARED)), decoded, SHARED)


@given(st.text(max_size=2000))
def test_messages_are_cut_into_whole_characters(message: str) -> None:
    parts = [value for _, value in message_attributes(message)]

    assert "".join(part.decode() for part in parts) == message
    assert all(1 <= len(part) <= 253 for part in parts)
    assert all(len(part) > 249 for part in parts[:-1])
