from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.unit.wire.radius.forging import SHARED, USER_NAME, hidden, packet, reason_of, vendor
from watchword.wire.radius.access import AccessRequest, Credentials, read_access_request
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import decode

PAP = (2, hidden(b"password"))
CHAP = (3, bytes(17))
EAP = (79, b"\x02\xd2\x00\x0a\x01alice")
MS_CHAP = vendor(311, (1, bytes(50)))
MS_CHAP_2 = vendor(311, (11, bytes(16)), (25, bytes(50)))
IPV6 = IPv6Address("2001:db8::1")


def read(*attributes: tuple[int, bytes]) -> AccessRequest:
    return read_access_request(decode(packet(1, *attributes)), SHARED)


def refusal(*attributes: tuple[int, bytes]) -> Reason:
    with pytest.raises(RadiusError) as raised:
        read(*attributes)
    assert not raised.value.reason.is_silent
    return reason_of(raised.value)


def test_a_request_as_a_vpn_sends_it() -> None:
    request = read(
        PAP,
        (1, b"EXAMPLE\\alice"),
        (4, bytes([192, 0, 2, 1])),
        (6, bytes([0, 0, 0, 8])),
        (8, bytes([10, 8, 0, 42])),
        (24, b"state"),
        (30, b"198.51.100.1"),
        (31, b"203.0.113.77"),
        (32, b"vpn-1"),
        (33, b"b"),
        (33, b"a"),
        (66, b"\x01203.0.113.78"),
        (95, IPV6.packed),
        (168, IPV6.packed),
        (250, b"whatever"),
    )

    assert request.user_name == "EXAMPLE\\alice"
    assert request.credentials is Credentials.PAP
    assert request.password == b"password"
    assert request.state == b"state"
    assert request.nas_address == IPv4Address("192.0.2.1")
    assert request.nas_identifier == "vpn-1"
    assert request.service_type == 8
    assert request.framed_address == IPv4Address("10.8.0.42")
    assert request.called_station_id == "198.51.100.1"
    assert request.calling_station_id == "203.0.113.77"
    assert request.tunnel_client_endpoint == "203.0.113.78"
    assert request.proxy_states == (b"b", b"a")


def test_a_request_that_says_nothing_but_who() -> None:
    request = read(USER_NAME)

    assert request.credentials is Credentials.NONE
    assert request.state is None
    assert request.nas_address is None
    assert request.nas_identifier is None
    assert request.service_type is None
    assert request.framed_address is None
    assert request.called_station_id is None
    assert request.calling_station_id is None
    assert request.tunnel_client_endpoint is None
    assert request.proxy_states == ()


def test_ipv6_stands_in_where_there_is_no_ipv4() -> None:
    request = read(USER_NAME, (95, IPV6.packed), (168, IPV6.packed), (8, b"\xff\xff\xff\xfe"))

    assert request.nas_address == IPV6
    assert request.framed_address == IPV6


@pytest.mark.parametrize("kind", [6, 8, 30, 31, 32, 66, 4])
def test_what_is_there_twice_is_as_good_as_not_there(kind: int) -> None:
    request = read(USER_NAME, (kind, b"1234"), (kind, b"1234"))

    assert request.service_type is None
    assert request.framed_address is None
    assert request.called_station_id is None
    assert request.calling_station_id is None
    assert request.nas_identifier is None
    assert request.tunnel_client_endpoint is None
    assert request.nas_address is None


@pytest.mark.parametrize("source", [b"", b"\xff", b"203.0.113.77\x00"])
def test_a_source_that_is_no_text_is_no_source(source: bytes) -> None:
    assert read(USER_NAME, (31, source)).calling_station_id is None


class TestUserName:
    def test_it_is_read_in_nfc(self) -> None:
        assert read((1, "rene\u0301".encode())).user_name == "ren\u00e9"

    def test_it_may_be_as_long_as_an_attribute(self) -> None:
        assert read((1, b"x" * 253)).user_name == "x" * 253

    @pytest.mark.parametrize("name", [b"", b"alice\x00", b"alice\x00x", b"\xff", b"\xc0\xaf", b"a\nb"])
    def test_one_that_names_nobody_is_refused(self, name: bytes) -> None:
        assert refusal((1, name)) is Reason.BAD_USER_NAME

    def test_none_at_all_is_refused(self) -> None:
        assert refusal(PAP) is Reason.BAD_USER_NAME

    @pytest.mark.parametrize("other", [b"alice", b"mallory"])
    def test_two_are_refused(self, other: bytes) -> None:
        assert refusal(USER_NAME, (1, other)) is Reason.BAD_USER_NAME


class TestState:
    @pytest.mark.parametrize("other", [b"state", b"other", b""])
    def test_two_are_refused(self, other: bytes) -> None:
        assert refusal(USER_NAME, (24, b"state"), (24, other)) is Reason.SEVERAL_STATES

    def test_an_empty_one_is_an_invalid_attribute_and_passed_over(self) -> None:
        assert read(USER_NAME, (24, b"")).state is None


class TestCredentials:
    @pytest.mark.parametrize(
        ("attributes", "expected"),
        [
            ((PAP,), Credentials.PAP),
            ((CHAP,), Credentials.CHAP),
            ((CHAP, (60, bytes(16))), Credentials.CHAP),
            ((MS_CHAP,), Credentials.MS_CHAP),
            ((MS_CHAP_2,), Credentials.MS_CHAP),
            ((vendor(311, (11, bytes(8))), MS_CHAP), Credentials.MS_CHAP),
            ((EAP,), Credentials.EAP),
            ((EAP, EAP), Credentials.EAP),
            ((), Credentials.NONE),
            (((60, bytes(16)),), Credentials.NONE),
            ((vendor(9, (1, b"shell:priv-lvl=15")),), Credentials.NONE),
            ((vendor(311, (10, b"DOMAIN")),), Credentials.NONE),
        ],
    )
    def test_each_is_told_by_its_attribute(
        self, attributes: tuple[tuple[int, bytes], ...], expected: Credentials
    ) -> None:
        assert read(USER_NAME, *attributes).credentials is expected

    @pytest.mark.parametrize("first", [PAP, CHAP, EAP, MS_CHAP, MS_CHAP_2])
    @pytest.mark.parametrize("second", [PAP, CHAP, EAP, MS_CHAP, MS_CHAP_2])
    def test_two_of_them_are_several(self, first: tuple[int, bytes], second: tuple[int, bytes]) -> None:
        credentials = read(USER_NAME, first, second).credentials
        kinds = {first[0], second[0]}

        if kinds in ({79}, {26}):
            assert credentials in {Credentials.EAP, Credentials.MS_CHAP}
        else:
            assert credentials is Credentials.SEVERAL

    @pytest.mark.parametrize("kind", [1, 3, 4, 11, 25, 27])
    def test_every_part_of_ms_chap_is_ms_chap(self, kind: int) -> None:
        assert read(USER_NAME, vendor(311, (kind, b"x"))).credentials is Credentials.MS_CHAP

    def test_broken_attributes_of_microsoft_are_taken_for_the_worst(self) -> None:
        assert read(USER_NAME, PAP, (26, b"\x00\x00\x01\x37\x07\xff")).credentials is Credentials.SEVERAL


class TestPassword:
    @pytest.mark.parametrize("password", [b"", b"x" * 16, b"x" * 128, "pa\u00df,123456".encode(), b"\xff\xfe"])
    def test_it_is_given_as_octets(self, password: bytes) -> None:
        assert read(USER_NAME, (2, hidden(password))).password == password

    @pytest.mark.parametrize("size", [0, 15, 17, 144])
    def test_one_of_a_size_that_it_cannot_have_is_refused(self, size: int) -> None:
        assert refusal(USER_NAME, (2, bytes(size))) is Reason.BAD_PASSWORD_SIZE

    @pytest.mark.parametrize("other", [(), (CHAP,), (EAP,), (MS_CHAP,), (PAP,)])
    def test_without_pap_alone_there_is_none(self, other: tuple[tuple[int, bytes], ...]) -> None:
        assert read(USER_NAME, *((PAP,) if other else ()), *other).password == b""

    def test_a_request_is_shown_without_it(self) -> None:
        assert repr(read(USER_NAME, PAP)) == "<access request <ACCESS_REQUEST 7 with 2 attributes> by pap>"
