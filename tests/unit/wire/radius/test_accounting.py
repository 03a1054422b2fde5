from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.unit.wire.radius.forging import USER_NAME, accounting
from watchword.wire.radius.accounting import AccountingRequest, AcctStatusType
from watchword.wire.radius.packet import decode

IPV6 = IPv6Address("2001:db8::1")


def read(*attributes: tuple[int, bytes]) -> AccountingRequest:
    return AccountingRequest(decode(accounting(*attributes)))


def test_the_end_of_a_session() -> None:
    request = read(
        USER_NAME,
        (8, bytes([10, 8, 0, 42])),
        (31, b"203.0.113.77"),
        (40, bytes([0, 0, 0, 2])),
        (44, b"0000002a"),
        (46, bytes([0, 0, 14, 16])),
        (49, bytes([0, 0, 0, 1])),
    )

    assert request.user_name == "alice"
    assert request.framed_address == IPv4Address("10.8.0.42")
    assert request.calling_station_id == "203.0.113.77"
    assert request.status is AcctStatusType.STOP
    assert request.session_id == "0000002a"
    assert request.session_seconds == 3600
    assert request.terminate_cause == 1


def test_nothing_is_required() -> None:
    request = read()

    assert request.user_name is None
    assert request.framed_address is None
    assert request.calling_station_id is None
    assert request.status is None
    assert request.session_id is None
    assert request.session_seconds is None
    assert request.terminate_cause is None


@pytest.mark.parametrize("number", [0, 4, 15, 2**32 - 1])
def test_an_unknown_status_is_none(number: int) -> None:
    assert read((40, number.to_bytes(4, "big"))).status is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, AcctStatusType.START),
        (2, AcctStatusType.STOP),
        (3, AcctStatusType.INTERIM_UPDATE),
        (7, AcctStatusType.ACCOUNTING_ON),
        (8, AcctStatusType.ACCOUNTING_OFF),
    ],
)
def test_every_status_is_told_apart(number: int, expected: AcctStatusType) -> None:
    assert read((40, number.to_bytes(4, "big"))).status is expected


def test_ipv6_stands_in_where_there_is_no_ipv4() -> None:
    assert read((168, IPV6.packed)).framed_address == IPV6
