from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.unit.listeners.doubles import CLIENT, OTHER_SECRET, VPN, FakeLoop, asked, configured
from tests.unit.wire.radius.forging import SECRET
from watchword.app.directory import CurrentConfiguration
from watchword.domain.applications import ApplicationId, AuthenticationType, ClientId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.secrets import Secret
from watchword.kit.clock import ManualClock
from watchword.listeners.clients import MOST_HOSTS, Clients, host_of
from watchword.listeners.duplicates import KEPT, Room, Seen
from watchword.listeners.observations import ListenerObservations
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import decode

NARROW = replace(
    CLIENT, id=ClientId(b"narrower-client!"), network=ip_network("192.0.2.128/25"), secrets=(Secret(OTHER_SECRET),)
)
OTHER_VPN = replace(VPN, id=ApplicationId(b"another-applica!"), name="other")


class Setting:
    """Clients with what is around them."""

    def __init__(self, configuration: Configuration) -> None:
        self.clock = ManualClock()
        self.loop = FakeLoop(self.clock)
        self.current = CurrentConfiguration(configuration)
        self.observations = ListenerObservations()
        self.room = Room()
        self.clients = Clients(
            current=self.current,
            observations=self.observations,
            room=self.room,
            later=self.loop.later,
        )

    def secret_of(self, host: str) -> bytes | None:
        """Return the secret that a packet from there must be made with."""
        known = self.clients.find(host)
        if known is None:
            return None
        return next(secret for secret in (SECRET, OTHER_SECRET) if signs(known.verify, secret))


def signs(verify: Callable[..., object], secret: bytes) -> bool:
    try:
        verify(decode(asked(secret=secret)))
    except RadiusError:
        return False
    return True


def test_the_longest_prefix_decides_whose_secret_it_is() -> None:
    setting = Setting(configured(CLIENT, NARROW))

    assert setting.secret_of("192.0.2.10") == SECRET
    assert setting.secret_of("192.0.2.200") == OTHER_SECRET
    assert setting.secret_of("::ffff:192.0.2.200") == OTHER_SECRET
    assert setting.secret_of("192.0.3.1") is None
    assert setting.secret_of("2001:db8::1") is None
    # A second time, when the addresses are known.
    assert setting.secret_of("192.0.2.10") == SECRET
    assert setting.secret_of("192.0.2.200") == OTHER_SECRET


@pytest.mark.parametrize(
    "application",
    [
        replace(VPN, enabled=False),
        replace(VPN, authentication_type=AuthenticationType.LDAP),
        OTHER_VPN,
    ],
)
def test_a_client_of_no_application_that_serves_radius_is_nobodys(application: object) -> None:
    applications = (application,)
    setting = Setting(configured(CLIENT, applications=applications))  # type: ignore[arg-type]

    assert setting.clients.find("192.0.2.10") is None


def test_a_narrow_client_that_is_switched_off_does_not_fall_back_to_the_wide_one() -> None:
    off = replace(OTHER_VPN, enabled=False)
    setting = Setting(configured(CLIENT, replace(NARROW, application=off.id), applications=(VPN, off)))

    assert setting.clients.find("192.0.2.10") is not None
    assert setting.clients.find("192.0.2.200") is None


@pytest.mark.parametrize("secrets", [(), (Secret(b""),), (Secret(SECRET), Secret(b""))])
def test_a_client_without_a_secret_is_nobodys(secrets: tuple[Secret, ...]) -> None:
    setting = Setting(configured(replace(CLIENT, secrets=secrets)))

    assert setting.clients.find("192.0.2.10") is None


def test_a_new_configuration_takes_the_place_of_the_old() -> None:
    setting = Setting(configured(CLIENT))
    assert setting.clients.find("192.0.2.200") is not None

    setting.current.swap(configured(NARROW))
    assert setting.clients.find("192.0.2.10") is None
    assert setting.secret_of("192.0.2.200") == OTHER_SECRET


def test_two_secrets_are_good_while_one_is_replaced_and_the_one_that_matched_is_remembered() -> None:
    both = replace(CLIENT, secrets=(Secret(SECRET), Secret(OTHER_SECRET)), require_message_authenticator=False)
    known = Setting(configured(both)).clients.find("192.0.2.10")
    assert known is not None
    first, second = known.secrets
    unsigned = decode(asked(signed=False))
    assert known.verify(unsigned) is first

    assert known.verify(decode(asked(secret=OTHER_SECRET))) is second
    assert known.secrets == (second, first)
    assert known.verify(unsigned) is second
    assert known.verify(decode(asked(secret=SECRET))) is first
    with pytest.raises(RadiusError) as caught:
        known.verify(decode(asked(secret=b"a third secret that nobody has")))
    assert caught.value.reason is Reason.WRONG_MESSAGE_AUTHENTICATOR


def test_which_of_two_secrets_was_used_last_is_seen_where_a_request_proves_it() -> None:
    setting = Setting(configured(CLIENT))
    both = replace(CLIENT, secrets=(Secret(SECRET), Secret(OTHER_SECRET)), require_message_authenticator=False)

    def seen(*packets: bytes) -> bool | None:
        known = setting.clients.find("192.0.2.10")
        assert known is not None
        for packet in packets:
            known.verify(decode(packet))
        return known.record.newer_secret

    assert seen(asked()) is None, "there is one only"
    setting.current.swap(configured(both))
    assert seen(asked(signed=False)) is None
    assert seen(asked(secret=SECRET)) is False
    assert seen(asked(secret=OTHER_SECRET)) is True
    assert seen(asked(signed=False)) is True
    setting.current.swap(configured(replace(both, secrets=both.secrets[-1:])))
    assert seen(asked(secret=OTHER_SECRET)) is None


def answered(setting: Setting, host: str = "192.0.2.10") -> Callable[[], bytes | Seen]:
    """Answer a packet, and return what asks whether its answer is still there."""
    known = setting.clients.find(host)
    assert known is not None
    packet = asked()
    assert known.duplicates.admit("key", packet, continues=False) is Seen.NEW
    known.duplicates.answered("key", packet, b"answer")

    def again() -> bytes | Seen:
        now_known = setting.clients.find(host)
        assert now_known is not None
        return now_known.duplicates.admit("key", asked(), continues=False)

    return again


@pytest.mark.parametrize(
    "configuration",
    [
        configured(CLIENT, NARROW),
        configured(CLIENT, applications=(replace(VPN, deadline=20),)),
        configured(replace(CLIENT, require_message_authenticator=False)),
    ],
)
def test_a_change_of_anything_but_the_secrets_keeps_the_answers(configuration: Configuration) -> None:
    setting = Setting(configured(CLIENT))
    again = answered(setting)
    setting.current.swap(configuration)

    assert again() == b"answer"


@pytest.mark.parametrize(
    "secrets", [(Secret(OTHER_SECRET),), (Secret(SECRET), Secret(OTHER_SECRET)), (Secret(OTHER_SECRET), Secret(SECRET))]
)
def test_a_change_of_the_secrets_wipes_the_answers(secrets: tuple[Secret, ...]) -> None:
    setting = Setting(configured(CLIENT))
    again = answered(setting)
    setting.current.swap(configured(replace(CLIENT, secrets=secrets)))

    assert setting.room.kept == 0
    assert again() is Seen.NEW


def test_a_client_that_goes_takes_its_answers_and_its_record_along() -> None:
    setting = Setting(configured(CLIENT, NARROW))
    answered(setting)
    setting.observations.of(CLIENT.id).address = "192.0.2.10"
    setting.current.swap(configured(NARROW))

    assert setting.room.kept == 0
    assert setting.observations.clients() == ()


def test_what_the_application_changed_is_in_force_at_once() -> None:
    setting = Setting(configured(CLIENT))
    known = setting.clients.find("192.0.2.10")
    assert known is not None
    setting.current.swap(configured(CLIENT, applications=(replace(VPN, deadline=20),)))

    found = setting.clients.find("192.0.2.10")
    assert found is not None
    assert found.application.deadline == 20


def test_a_switch_of_the_client_is_in_force_at_once() -> None:
    setting = Setting(configured(replace(CLIENT, require_message_authenticator=False)))
    known = setting.clients.find("192.0.2.10")
    assert known is not None
    known.verify(decode(asked(signed=False)))
    setting.current.swap(configured(CLIENT))

    found = setting.clients.find("192.0.2.10")
    assert found is not None
    with pytest.raises(RadiusError):
        found.verify(decode(asked(signed=False)))


@pytest.mark.parametrize("begins_after", range(11))
def test_an_answer_is_kept_10_s_at_least_and_20_s_at_most(begins_after: int) -> None:
    setting = Setting(configured(CLIENT))
    setting.loop.pass_time(begins_after)
    again = answered(setting)

    setting.loop.pass_time(KEPT - 0.1)
    assert again() == b"answer"
    setting.loop.pass_time(KEPT + 0.2)
    assert again() is Seen.NEW
    assert setting.room.kept == 0


def test_a_wide_network_cannot_fill_the_memory() -> None:
    wide = Client(id=CLIENT.id, application=VPN.id, network=ip_network("10.0.0.0/8"), secrets=(Secret(SECRET),))
    setting = Setting(configured(wide))
    for number in range(MOST_HOSTS + 10):
        assert setting.clients.find(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}") is not None

    assert len(setting.clients._by_host) <= MOST_HOSTS  # noqa: SLF001 - that it is bounded shows nowhere else


def test_probes_are_counted_by_the_second() -> None:
    known = Setting(configured(CLIENT)).clients.find("192.0.2.10")
    assert known is not None
    assert [known.may_probe(7, 3) for _ in range(5)] == [True, True, True, False, False]
    assert known.may_probe(8, 3)


@pytest.mark.parametrize(
    ("peer", "host"), [("::ffff:192.0.2.10", "192.0.2.10"), ("fe80::1%eth0", "fe80::1"), ("192.0.2.10", "192.0.2.10")]
)
def test_a_host_has_one_form(peer: str, host: str) -> None:
    assert host_of(peer) == host
