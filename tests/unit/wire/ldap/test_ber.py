"""
What the reader and the writer do where no message of LDAP gets them to.
"""

import pytest

from watchword.wire.ldap import ber
from watchword.wire.ldap.errors import LdapError, LdapReason


def test_elements_are_entered_to_the_depth_that_is_allowed_and_no_further() -> None:
    nested = b""
    for _ in range(ber.MAX_DEPTH + 1):
        nested = ber.element(ber.SEQUENCE, nested)
    reader = ber.Reader(nested)
    for _ in range(ber.MAX_DEPTH):
        reader = reader.enter(ber.SEQUENCE, "level")

    with pytest.raises(LdapError) as refusal:
        reader.enter(ber.SEQUENCE, "last")

    assert (refusal.value.reason, refusal.value.where) == (LdapReason.TOO_DEEP, "last")


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (0x00, "0400"),
        (0x7F, "047f"),
        (0x80, "048180"),
        (0xFF, "0481ff"),
        (0x100, "04820100"),
        (0xFFFF, "0482ffff"),
        (0x10000, "0483010000"),
    ],
)
def test_lengths_are_the_shortest(length: int, header: str) -> None:
    contents = bytes(length)

    written = ber.octets(contents)

    assert written == bytes.fromhex(header) + contents
    assert ber.Reader(written).octets("value") == contents


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (255, "020200ff"),
        (256, "02020100"),
        (2**31 - 1, "02047fffffff"),
    ],
)
def test_integers_are_the_shortest(value: int, written: str) -> None:
    assert ber.integer(value, "value") == bytes.fromhex(written)
    assert ber.Reader(bytes.fromhex(written)).integer("value") == value


def test_a_negative_integer_is_read_where_it_may_be_one() -> None:
    assert ber.Reader(bytes.fromhex("0202ff7f")).integer("value", low=-200) == -129


def test_a_reader_does_not_look_behind_its_element() -> None:
    outer = ber.Reader(bytes.fromhex("3002 0402 4142"))

    inner = outer.enter(ber.SEQUENCE, "outer")

    assert not inner.at_end
    with pytest.raises(LdapError) as refusal:
        inner.octets("inner")
    assert (refusal.value.reason, refusal.value.where) == (LdapReason.OVERRUN, "inner")


def test_the_next_tag_is_none_at_the_end() -> None:
    reader = ber.Reader(bytes.fromhex("0400"))

    assert reader.peek() == ber.OCTET_STRING
    reader.octets("value")
    assert reader.peek() is None


def test_an_error_says_what_and_where_and_nothing_else() -> None:
    error = LdapError(LdapReason.BAD_VALUE, "LDAPMessage.messageID")

    assert str(error) == "bad-value: LDAPMessage.messageID"
    assert error.response == b""
