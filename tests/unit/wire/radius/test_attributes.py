from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.unit.wire.radius.forging import reason_of
from watchword.wire.radius.attributes import (
    SIZES,
    AttributeType,
    address_of,
    encode_attributes,
    endpoint_of,
    integer,
    is_valid,
    message_attributes,
    name_of,
    text,
    text_of,
)
from watchword.wire.radius.errors import RadiusError, Reason

COMPOSED = "ren\u00e9"
DECOMPOSED = "rene\u0301"


def test_every_type_has_sizes() -> None:
    assert set(SIZES) == set(AttributeType)
    assert all(sizes and min(sizes) >= 1 and max(sizes) <= 253 for sizes in SIZES.values())


@pytest.mark.parametrize(
    ("kind", "valid", "invalid"),
    [
        (AttributeType.USER_NAME, [1, 253], [0]),
        (AttributeType.USER_PASSWORD, [16, 32, 128], [0, 15, 17, 144]),
        (AttributeType.CHAP_PASSWORD, [17], [16, 18]),
        (AttributeType.NAS_IP_ADDRESS, [4], [3, 5, 16]),
        (AttributeType.VENDOR_SPECIFIC, [5, 253], [4]),
        (AttributeType.SESSION_TIMEOUT, [4], [0, 8]),
        (AttributeType.MESSAGE_AUTHENTICATOR, [16], [15, 17]),
        (AttributeType.FRAMED_IPV6_ADDRESS, [16], [4]),
        (250, [1, 253], [0]),
    ],
)
def test_values_have_the_sizes_of_their_types(kind: int, valid: list[int], invalid: list[int]) -> None:
    assert [size for size in valid + invalid if is_valid((kind, bytes(size)))] == valid


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"alice", "alice"),
        (DECOMPOSED.encode(), COMPOSED),
        (b"", ""),
        (b"a\x00b", "a\x00b"),
        (b"\xff\xfe", None),
        (b"\xc0\xaf", None),  # an overlong form of "/"
        (b"\xed\xa0\x80", None),  # half of a surrogate pair
        (b"\xc3", None),  # cut within a character
    ],
)
def test_text_is_strict_utf8_in_nfc(octets: bytes, expected: str | None) -> None:
    assert text_of(octets) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"EXAMPLE\\alice", "EXAMPLE\\alice"),
        (DECOMPOSED.encode(), COMPOSED),
        (b"\xff", None),
        (b"alice\x00", None),
        (b"alice\x00x", None),
        (b"a\r\nb", None),
        (b"\x7f", None),
        ("a\u0085b".encode(), None),
        ("a\u200db".encode(), "a\u200db"),  # not printable, and no control character either
    ],
)
def test_names_have_no_control_characters(octets: bytes, expected: str | None) -> None:
    assert name_of(octets) == expected


def test_addresses_are_of_either_version_and_some_are_none() -> None:
    assert address_of(b"\xc0\x00\x02\x01") == IPv4Address("192.0.2.1")
    assert address_of(IPv6Address("2001:db8::1").packed) == IPv6Address("2001:db8::1")
    assert address_of(b"\xff\xff\xff\xff") is None
    assert address_of(b"\xff\xff\xff\xfe") is None


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"203.0.113.5", "203.0.113.5"),
        (b"\x01203.0.113.5", "203.0.113.5"),
        (b"\x00203.0.113.5", "203.0.113.5"),
        (b"\x1f203.0.113.5", "203.0.113.5"),
        (b"\x20203.0.113.5", " 203.0.113.5"),
        (b"\x01", None),
        (b"\x01\xff", None),
    ],
)
def test_a_tunnel_attribute_is_read_without_its_tag(octets: bytes, expected: str | None) -> None:
    assert endpoint_of(octets) == expected


def test_attributes_are_written_in_order() -> None:
    written = encode_attributes(
        [text(AttributeType.USER_NAME, COMPOSED), integer(AttributeType.NAS_PORT, 258), (250, b"")]
    )

    assert written == b"\x01\x07ren\xc3\xa9\x05\x06\x00\x00\x01\x02\xfa\x02"


@pytest.mark.parametrize(
    ("kind", "number"),
    [(AttributeType.FILTER_ID, 11), (AttributeType.CLASS, 25), (AttributeType.NAS_PORT_TYPE, 61)],
)
def test_what_the_codec_itself_never_reads_has_its_number_too(kind: AttributeType, number: int) -> None:
    assert kind == number


def test_the_longest_value_is_written_and_a_longer_one_is_not() -> None:
    assert encode_attributes([(24, bytes(253))])[:2] == b"\x18\xff"
    with pytest.raises(RadiusError) as raised:
        encode_attributes([(24, bytes(254))])
    assert reason_of(raised.value) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("message", "sizes"),
    [
        ("", []),
        ("x", [1]),
        ("x" * 253, [253]),
        ("x" * 254, [253, 1]),
        ("\u20ac" * 100, [252, 48]),
        ("x" + "\U0001f511" * 100, [253, 148]),
        ("xx" + "\U0001f511" * 100, [250, 152]),
    ],
)
def test_messages_are_cut_between_characters(message: str, sizes: list[int]) -> None:
    attributes = message_attributes(message)

    assert [len(value) for _, value in attributes] == sizes
    assert "".join(value.decode() for _, value in attributes) == message
    assert {kind for kind, _ in attributes} <= {AttributeType.REPLY_MESSAGE}
