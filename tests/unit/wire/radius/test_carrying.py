import pytest

from tests.unit.wire.radius.forging import vendor
from watchword.wire.radius.attributes import Attribute
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


def test_nothing_carried_is_nothing() -> None:
    assert carriable([]) == ()
