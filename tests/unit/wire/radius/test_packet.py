import pytest

from tests.unit.wire.radius.forging import AUTHENTICATOR, UNSIGNED, USER_NAME, body, packet, reason_of
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code, decode, header


def refusal(datagram: bytes) -> Reason:
    with pytest.raises(RadiusError) as raised:
        decode(datagram)
    assert raised.value.reason.is_silent
    return reason_of(raised.value)


def framed(attributes: bytes, *, code: int = 1, length: int | None = None) -> bytes:
    size = 20 + len(attributes) if length is None else length
    return bytes([code, 7]) + size.to_bytes(2, "big") + AUTHENTICATOR + attributes


def test_a_packet_is_its_header_and_its_attributes_in_order() -> None:
    octets = packet(1, (33, b"b"), USER_NAME, (33, b"a"))
    decoded = decode(octets)

    assert decoded.code is Code.ACCESS_REQUEST
    assert decoded.identifier == 7
    assert decoded.authenticator == AUTHENTICATOR
    assert decoded.attributes == ((33, b"b"), USER_NAME, (33, b"a"))
    assert decoded.places == {1: octets.index(b"\x01\x07alice")}
    assert decoded.several == {33}
    assert decoded.octets == octets
    assert decoded.message_authenticator_at == 0


@pytest.mark.parametrize("code", list(Code))
def test_every_code_that_is_spoken_is_told_apart(code: Code) -> None:
    assert decode(packet(code)).code is code


@pytest.mark.parametrize("code", sorted(set(range(256)) - set(Code)))
def test_other_codes_are_dropped(code: int) -> None:
    assert refusal(packet(code)) is Reason.UNSUPPORTED_CODE


@pytest.mark.parametrize("size", range(20))
def test_what_is_shorter_than_a_header_is_dropped(size: int) -> None:
    assert refusal(packet(1)[:size]) is Reason.TOO_SHORT


@pytest.mark.parametrize("length", [0, 19, 4097, 65535])
def test_a_length_that_no_packet_has_is_dropped(length: int) -> None:
    assert refusal(framed(bytes(5000), length=length)) is Reason.BAD_LENGTH


def test_a_datagram_shorter_than_its_length_is_dropped() -> None:
    octets = packet(1, USER_NAME)

    assert {refusal(octets[:size]) for size in range(20, len(octets))} == {Reason.TRUNCATED}


def test_octets_beyond_the_length_are_padding() -> None:
    octets = packet(1, USER_NAME)

    assert decode(octets + b"\x01\x02\xff padding").octets == decode(octets).octets == octets


def test_the_longest_packet_is_taken() -> None:
    filler = body(*[(250, bytes(253))] * 15, (250, bytes(4096 - 20 - 15 * 255 - 2)))

    assert len(decode(framed(filler)).octets) == 4096


@pytest.mark.parametrize(
    "attributes",
    [b"\x01", b"\x01\x00", b"\x01\x01", b"\x01\x03", b"\x01\x07alice\x01", b"\x01\x07alice\x01\x00", b"\x01\x07alic"],
    ids=["half a header", "length 0", "length 1", "past the end", "a lone octet", "length 0 behind", "cut"],
)
@pytest.mark.parametrize("padding", [b"", b"\x02\x02\x02\x02"])
def test_attributes_that_do_not_fill_the_packet_are_dropped(attributes: bytes, padding: bytes) -> None:
    assert refusal(framed(attributes) + padding) is Reason.BAD_ATTRIBUTE


def test_as_many_attributes_as_the_cap_are_taken_and_one_more_is_not() -> None:
    assert len(decode(packet(1, *[(250, b"x")] * 200)).attributes) == 200
    assert refusal(packet(1, *[(250, b"x")] * 201)) is Reason.TOO_MANY_ATTRIBUTES
    assert refusal(framed(b"\xfa\x02" * 2038)) is Reason.TOO_MANY_ATTRIBUTES


def test_a_lone_octet_behind_the_last_attribute_that_the_cap_allows_is_dropped() -> None:
    assert refusal(framed(body(*[(250, b"x")] * 200) + b"\xfa")) is Reason.BAD_ATTRIBUTE


@pytest.mark.parametrize("kind", [0, 7, 250, 255])
def test_unknown_types_are_carried(kind: int) -> None:
    assert decode(packet(1, USER_NAME, (kind, b"\x00\xff"))).attributes == (USER_NAME, (kind, b"\x00\xff"))


@pytest.mark.parametrize("position", range(4))
def test_message_authenticator_is_found_anywhere(position: int) -> None:
    attributes = [USER_NAME, (33, b"a"), (33, b"b")]
    attributes.insert(position, (80, bytes(range(16, 32))))
    decoded = decode(packet(1, *attributes))
    start = decoded.message_authenticator_at

    assert decoded.octets[start : start + 16] == bytes(range(16, 32))


@pytest.mark.parametrize("size", [0, 1, 15, 17, 253])
def test_message_authenticator_of_another_size_drops_the_packet(size: int) -> None:
    assert refusal(packet(1, USER_NAME, (80, bytes(size)))) is Reason.BAD_MESSAGE_AUTHENTICATOR


def test_two_message_authenticators_drop_the_packet() -> None:
    assert refusal(packet(1, UNSIGNED, USER_NAME, UNSIGNED)) is Reason.BAD_MESSAGE_AUTHENTICATOR


def test_a_value_that_is_there_twice_is_none_and_all_of_them_are_in_order() -> None:
    decoded = decode(packet(1, (31, b"here"), USER_NAME, (31, b"there")))

    assert decoded.value(AttributeType.CALLING_STATION_ID) is None
    assert decoded.values(AttributeType.CALLING_STATION_ID) == (b"here", b"there")
    assert decoded.values(AttributeType.USER_NAME) == (b"alice",)
    assert decoded.values(AttributeType.STATE) == ()


def test_values_of_a_type_that_is_missing_are_none() -> None:
    decoded = decode(packet(1, USER_NAME))

    assert decoded.value(AttributeType.STATE) is None
    assert decoded.values(AttributeType.STATE) == ()


def test_an_invalid_attribute_is_passed_over_alone() -> None:
    decoded = decode(packet(1, USER_NAME, (6, b"\x00\x00\x08"), (24, b""), (31, b"here")))

    assert decoded.integer(AttributeType.SERVICE_TYPE) is None
    assert decoded.value(AttributeType.STATE) is None
    assert decoded.name(AttributeType.CALLING_STATION_ID) == "here"
    assert decoded.name(AttributeType.USER_NAME) == "alice"


def test_readers_of_what_is_missing_say_none() -> None:
    decoded = decode(packet(1))

    assert decoded.name(AttributeType.USER_NAME) is None
    assert decoded.integer(AttributeType.NAS_PORT) is None
    assert decoded.address(AttributeType.NAS_IP_ADDRESS) is None
    assert decoded.endpoint(AttributeType.TUNNEL_CLIENT_ENDPOINT) is None


def test_a_shown_packet_shows_no_value() -> None:
    shown = repr(decode(packet(1, USER_NAME, (2, b"0123456789abcdef"))))

    assert shown == "<ACCESS_REQUEST 7 with 2 attributes>"
    assert shown == str(decode(packet(1, USER_NAME, (2, b"0123456789abcdef"))))


def test_a_header_for_more_than_a_packet_holds_is_refused() -> None:
    assert header(Code.ACCESS_ACCEPT, 255, 4076) == b"\x02\xff\x10\x00"
    with pytest.raises(RadiusError) as raised:
        header(Code.ACCESS_ACCEPT, 0, 4077)
    assert reason_of(raised.value) is Reason.TOO_LARGE
