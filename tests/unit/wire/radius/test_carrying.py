from pathlib import Path

import pytest

from tests.unit.wire.radius.forging import vendor
from watchword.wire.radius.attributes import Attribute, is_valid
from watchword.wire.radius.carrying import carriable

GRANTED: list[Attribute] = [
    (1, b"alice"),
    (6, bytes([0, 0, 0, 2])),
    (8, bytes([10, 8, 0, 42])),
    (11, b"staff"),
    (22, b"10.0.0.0/8 0.0.0.0 1"),
    (25, b"\x01\x02"),
    (25, b"\x01\x02"),
    (27, bytes([0, 0, 14, 16])),
    (28, bytes([0, 0, 1, 44])),
    (64, bytes([0, 0, 0, 13])),
    (81, b"\x01vlan-7"),
    (168, bytes(16)),
    (190, b"a type that nobody has heard of"),
    vendor(9, (1, b"shell:priv-lvl=15")),
    vendor(311, (7, bytes(4)), (8, bytes(4))),
    vendor(4242, (16, b"not Microsoft's")),
    (26, b"\x00\x00\x10\x92in a layout of its own"),
]

HOP: dict[str, Attribute] = {
    "User-Password": (2, bytes(16)),
    "CHAP-Password": (3, bytes(17)),
    "Reply-Message": (18, b"hello"),
    "State": (24, b"state"),
    "Proxy-State": (33, b"proxy"),
    "Acct-Session-Id": (44, b"2a"),
    "Tunnel-Password": (69, bytes(19)),
    "EAP-Message": (79, bytes(4)),
    "Message-Authenticator": (80, bytes(16)),
    "Error-Cause": (101, bytes(4)),
    "Extended": (241, b"\x01x"),
    "Long-Extended": (245, b"\x01\x80x"),
    "Extended-6": (246, b"\x01\x00x"),
    "MS-CHAP-MPPE-Keys": vendor(311, (12, bytes(32))),
    "MS-MPPE-Send-Key": vendor(311, (16, bytes(34))),
    "MS-MPPE-Recv-Key": vendor(311, (17, bytes(34))),
    "MS-CHAP2-Success": vendor(311, (26, bytes(43))),
    "a key beside a policy": vendor(311, (7, bytes(4)), (16, bytes(34))),
    "broken attributes of Microsoft": (26, b"\x00\x00\x01\x37\x10\xff"),
    "Ascend-Send-Secret": vendor(529, (214, bytes(16))),
    "Ascend-Send-Secret in Ascend's numbers": (214, bytes(16)),
    "WiMAX": vendor(24757, (5, bytes(34))),
    "Lucent": (26, (4846).to_bytes(4, "big") + b"\x00\xd6\x05xx"),
    "a vendor that is reserved": vendor(0, (1, b"x")),
    "Service-Type of another size": (6, b"\x00\x02"),
    "Vendor-Specific too short": (26, b"\x00\x00\x01"),
    "Vendor-Specific with a number alone": (26, b"\x00\x00\x00\x09"),
    "an empty value": (11, b""),
}


def test_what_a_server_grants_is_carried_as_it_came() -> None:
    assert carriable(GRANTED) == tuple(GRANTED)


@pytest.mark.parametrize("attribute", HOP.values(), ids=HOP)
def test_what_belongs_to_the_hop_is_left_out(attribute: Attribute) -> None:
    assert carriable([GRANTED[0], attribute, GRANTED[1]]) == (GRANTED[0], GRANTED[1])


#: Of RFC 2865, 2866, 2868, 2869, 3162, 3579, 4072, 5090, 5176 and 6929, by number.
OF_THE_HOP: list[int] = [
    *(2, 3, 4, 5, 18, 24, 30, 31, 32, 33, *range(40, 52), 60, 61, 69, 70, 71, 72, 73, 75, 76, 79, 80, 84, 95, 101, 102),
    *(*range(103, 123), 214, 215, *range(241, 247)),
]
#: Every attribute that FreeRADIUS 3.2.1 marks as hidden, of vendors whose attributes have one octet of type.
HIDDEN: list[tuple[int, int]] = [
    *((161, 11), (311, 12), (311, 16), (311, 17), (529, 214), (529, 215), (831, 116), (831, 117), (831, 118)),
    *((831, 119), (2356, 19), (2356, 20), (4874, 58), (4874, 59), (4874, 60), (4874, 61), (5535, 58), (6527, 122)),
    *((6527, 123), (6527, 124), (6527, 125), (6527, 138), (6527, 139), (6527, 142), (14823, 44), (26928, 3)),
]
MS_CHAP: list[int] = [1, 2, 3, 4, 5, 6, 11, 25, 26, 27]


def sized(kind: int) -> Attribute:
    """Give an attribute of a type with a value that the type may have, so that the type alone decides."""
    return next((kind, bytes(size)) for size in (4, 16, 17) if is_valid((kind, bytes(size))))


@pytest.mark.parametrize("kind", sorted(set(range(256)) - {26}))
def test_a_type_is_carried_unless_it_is_one_of_the_hop(kind: int) -> None:
    assert carriable([sized(kind)]) == (() if kind in OF_THE_HOP else (sized(kind),))


@pytest.mark.parametrize("number", sorted({vendor for vendor, _ in HIDDEN}))
def test_a_vendors_attribute_is_carried_unless_it_is_hidden(number: int) -> None:
    hidden = {kind for vendor, kind in HIDDEN if vendor == number} | set(MS_CHAP if number == 311 else ())

    assert {kind for kind in range(256) if not carriable([vendor(number, (kind, b"x"))])} == hidden


@pytest.mark.needs("freeradius")
def test_the_dictionaries_of_freeradius_mark_nothing_else_as_hidden() -> None:
    numbers: dict[str, int] = {}
    marked = set()
    for file in sorted(Path("/usr/share/freeradius").glob("dictionary*")):
        name = ""
        for words in map(str.split, file.read_text(errors="replace").splitlines()):
            match words:
                case ["VENDOR", vendor_name, number, *_]:
                    numbers[vendor_name] = int(number)
                case ["BEGIN-VENDOR", name, *_]:
                    pass
                case ["ATTRIBUTE", _, number, *_] if "encrypt=" in words[-1]:
                    marked.add((name, number))

    known = {(numbers.get(name, 0), int(number.partition(".")[0])) for name, number in marked}
    left_out = {pair for pair in known if not carriable([vendor(pair[0], (pair[1], bytes(20)))])}
    assert len(known) > len(HIDDEN)
    assert {pair for pair in known - left_out if pair[0]} == set()
    assert {kind for number, kind in known if not number} <= set(OF_THE_HOP)


def test_nothing_carried_is_nothing() -> None:
    assert carriable([]) == ()
