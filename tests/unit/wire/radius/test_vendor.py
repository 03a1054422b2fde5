import pytest

from tests.unit.wire.radius.forging import vendor
from watchword.wire.radius.attributes import Attribute
from watchword.wire.radius.vendor import MICROSOFT, vendor_attributes, vendor_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [(b"\x00\x00\x01\x37x", MICROSOFT), (b"\x00\x00\x01\x37", 0), (b"", 0), (b"\x01\x00\x00\x09x", 2**24 + 9)],
)
def test_the_vendors_number_is_the_first_four_octets(value: bytes, expected: int) -> None:
    assert vendor_of(value) == expected


@pytest.mark.parametrize(
    "attributes", [(), ((1, b"x"),), ((1, b""), (255, bytes(40)), (1, b"y")), ((1, b"x"), (2, b""))]
)
def test_attributes_are_read_in_order(attributes: tuple[Attribute, ...]) -> None:
    assert vendor_attributes(vendor(9, *attributes)[1]) == attributes


@pytest.mark.parametrize("rest", [b"\x01", b"\x01\x00", b"\x01\x01", b"\x01\x04x", b"\x01\x03x\x02", b"\x01\x03xfoo"])
def test_what_is_built_otherwise_is_none(rest: bytes) -> None:
    assert vendor_attributes(b"\x00\x00\x00\x09" + rest) is None


@pytest.mark.parametrize("size", range(4))
def test_what_is_too_short_for_a_number_is_none(size: int) -> None:
    assert vendor_attributes(bytes(size)) is None
