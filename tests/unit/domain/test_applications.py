"""
What an application must have before it may ask (R3, R4).
"""

from ipaddress import ip_network
from typing import Any

import pytest

from tests.unit.domain.values import MAIL
from watchword.domain.applications import (
    DEFAULT_GROUP,
    Application,
    ApplicationRefusal,
    AuthenticationType,
    PortalAway,
    PrimaryKind,
    refusal,
)


def refused(**changes: Any) -> ApplicationRefusal | None:
    asked: dict[str, Any] = {
        "name": "VPN",
        "deadline": 50,
        "secret_octets": 32,
        "networks": (ip_network("192.0.2.1/32"),),
        "wide_allowed": False,
    }
    return refusal(**{**asked, **changes})


def test_an_application_in_order_is_taken() -> None:
    assert refused() is None
    assert refused(networks=()) is None


@pytest.mark.parametrize("name", ["V", "VPN of the east", "x" * 100, "\u4e1c"])
def test_a_name_that_can_be_shown(name: str) -> None:
    assert refused(name=name) is None


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "V\nPN", "V\0PN", "VPN\u202e", "\u3000"])
def test_a_name_that_cannot(name: str) -> None:
    assert refused(name=name) is ApplicationRefusal.NAME


@pytest.mark.parametrize("deadline", [1, 50, 300])
def test_a_deadline_within_bounds(deadline: int) -> None:
    assert refused(deadline=deadline) is None


@pytest.mark.parametrize("deadline", [-1, 0, 301])
def test_a_deadline_out_of_bounds(deadline: int) -> None:
    assert refused(deadline=deadline) is ApplicationRefusal.DEADLINE


@pytest.mark.parametrize("octets", [0, 1, 15])
def test_r4_a_short_secret(octets: int) -> None:
    assert refused(secret_octets=octets) is ApplicationRefusal.SECRET
    assert refused(secret_octets=16) is None


@pytest.mark.parametrize("network", ["0.0.0.0/0", "10.0.0.0/15", "::/0", "2001:db8::/47"])
def test_r3_a_wide_network_is_allowed_on_purpose_only(network: str) -> None:
    networks = (ip_network("192.0.2.1/32"), ip_network(network))
    assert refused(networks=networks) is ApplicationRefusal.WIDE
    assert refused(networks=networks, wide_allowed=True) is None


@pytest.mark.parametrize("network", ["10.0.0.0/16", "2001:db8::/48"])
def test_r3_a_network_at_the_floor_is_not_wide(network: str) -> None:
    assert refused(networks=(ip_network(network),)) is None


def test_the_first_fault_is_told() -> None:
    assert refused(name="", deadline=0, secret_octets=0) is ApplicationRefusal.NAME
    assert refused(deadline=0, secret_octets=0) is ApplicationRefusal.DEADLINE


def test_an_application_starts_strict() -> None:
    mail = Application(id=MAIL, name="Mail")
    assert mail.authentication_type is AuthenticationType.RADIUS
    assert mail.primary is PrimaryKind.LOCAL
    assert mail.user_match
    assert mail.portal_away is PortalAway.DENY
    assert not mail.challenge
    assert mail.deadline == 50


def test_the_default_group_is_the_same_everywhere() -> None:
    assert bytes(16) == DEFAULT_GROUP
