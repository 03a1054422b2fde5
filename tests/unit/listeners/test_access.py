import pytest

from tests.fakes.changes import replace
from tests.unit.listeners.doubles import (
    ACTIVITY,
    ALLOWED,
    CHALLENGED,
    CLIENT,
    DENIED,
    HOST,
    VPN,
    World,
    asked,
    configured,
)
from tests.unit.wire.radius.forging import SECRET, SHARED, hidden, vendor
from watchword.domain.applications import PrimaryKind
from watchword.domain.secrets import Secret
from watchword.domain.verification import Allowed, Credential, Outcome, Reason
from watchword.kit.clock import NANOSECONDS
from watchword.listeners.replies import REFUSED
from watchword.wire.radius.client import read_reply
from watchword.wire.radius.packet import Code, Packet

CHAP = (3, bytes(17))
EAP = (79, b"\x02\x00\x00\x05\x01")
MS_CHAP = vendor(311, (25, bytes(50)))
ASSERTED = replace(VPN, primary=PrimaryKind.ASSERTED)


def read(octets: bytes, request: bytes) -> Packet:
    return read_reply(octets, request, SHARED)


def test_an_attempt_says_what_the_packet_said() -> None:
    world = World(configuration=configured(CLIENT, applications=(replace(VPN, deadline=20),)))
    world.send(
        asked((31, b"::ffff:198.51.100.7"), (24, b"a state"), password=b"p\xc3\xa4ss,123456", user=(1, b"alice"))
    )

    [attempt] = world.login.attempts
    assert attempt.application.name == "vpn"
    assert attempt.client == HOST
    assert attempt.user_name == "alice"
    assert attempt.typed == Secret(b"p\xc3\xa4ss,123456")
    assert attempt.credential is Credential.PAP
    assert attempt.source == attempt.address == "198.51.100.7"
    assert attempt.state == b"a state"
    assert attempt.received_at == world.clock.now()
    assert attempt.deadline == world.clock.monotonic() + 20 * NANOSECONDS


def test_a_source_that_is_no_address_has_none_and_without_one_there_is_none() -> None:
    world = World()
    world.send(asked((31, b"AA-BB-CC-DD-EE-FF")))
    world.send(asked(number=1))
    world.send(asked((31, b"one"), (31, b"two"), number=2))

    assert [(attempt.source, attempt.address) for attempt in world.login.attempts] == [
        ("aa:bb:cc:dd:ee:ff", None),
        (None, None),
        (None, None),
    ]
    assert [attempt.state for attempt in world.login.attempts] == [None] * 3


def test_the_deadline_counts_from_the_arrival_and_not_from_when_we_got_to_it() -> None:
    world = World()
    arrived = world.moment()
    world.clock.advance(3)
    world.port.received(asked(), (HOST, 40_000), world.path, arrived)

    [attempt] = world.login.attempts
    assert attempt.deadline == arrived.monotonic + VPN.deadline * NANOSECONDS
    assert attempt.received_at == arrived.now


@pytest.mark.parametrize(
    ("attributes", "password", "credential"),
    [
        ((), b"password", Credential.PAP),
        ((CHAP,), None, Credential.CHAP),
        ((MS_CHAP,), None, Credential.MS_CHAP),
        ((EAP,), None, Credential.EAP),
        ((), None, Credential.NONE),
        ((CHAP,), b"password", Credential.SEVERAL),
        ((MS_CHAP, EAP), None, Credential.SEVERAL),
    ],
)
@pytest.mark.parametrize("primary", [PrimaryKind.LOCAL, PrimaryKind.LDAP])
def test_the_way_the_password_came_in_is_told(
    attributes: tuple[tuple[int, bytes], ...], password: bytes | None, credential: Credential, primary: PrimaryKind
) -> None:
    world = World(configuration=configured(CLIENT, applications=(replace(VPN, primary=primary),)))
    world.send(asked(*attributes, password=password))

    [attempt] = world.login.attempts
    assert attempt.credential is credential
    assert attempt.typed == Secret(b"password" if credential is Credential.PAP else b"")


@pytest.mark.parametrize(
    ("attributes", "password", "credential", "typed"),
    [
        ((), None, Credential.PAP, b""),
        ((), b"", Credential.PAP, b""),
        ((), b"123456", Credential.PAP, b"123456"),
        ((CHAP,), None, Credential.CHAP, b""),
        ((CHAP,), b"123456", Credential.SEVERAL, b""),
    ],
)
def test_where_the_client_has_checked_the_password_none_is_an_empty_field(
    attributes: tuple[tuple[int, bytes], ...], password: bytes | None, credential: Credential, typed: bytes
) -> None:
    world = World(configuration=configured(CLIENT, applications=(ASSERTED,)))
    world.send(asked(*attributes, password=password))

    [attempt] = world.login.attempts
    assert (attempt.credential, attempt.typed) == (credential, Secret(typed))


@pytest.mark.parametrize(
    ("request_octets", "cause"),
    [
        (asked((24, b"one"), (24, b"two")), "several-states"),
        (asked(user=(1, b"\xff\xfe")), "bad-user-name"),
        (asked(user=(1, b"alice\x00x")), "bad-user-name"),
        (asked((1, b"bob")), "bad-user-name"),
        (asked(user=(32, b"no name at all")), "bad-user-name"),
        (asked((2, bytes(15)), password=None), "bad-password-size"),
        (asked((2, bytes(144)), password=None), "bad-password-size"),
    ],
)
def test_what_is_proven_and_cannot_be_a_login_is_rejected_after_the_delay(request_octets: bytes, cause: str) -> None:
    world = World()
    assert world.send(request_octets) == []
    [octets] = world.wait(1.4)

    assert read(octets, request_octets).code is Code.ACCESS_REJECT
    assert world.login.attempts == []
    assert world.metrics.refused.values == {("radius", cause): 1}
    assert [line["cause"] for line in world.log.lines] == [cause]
    assert world.reports.where == []


def test_a_password_under_another_secret_is_noise_and_never_an_error() -> None:
    unsigned = replace(CLIENT, require_message_authenticator=False)
    world = World(configuration=configured(unsigned))
    noise = hidden(b"password", secret=b"another secret altogether")
    world.send(asked((2, noise), password=None, signed=False))

    assert world.login.attempts[0].typed != Secret(b"password")
    assert world.reports.where == []


# --- outcomes --------------------------------------------------------------------------------------------------------


def test_an_accept_leaves_at_once_with_what_the_server_behind_grants() -> None:
    world = World()
    world.login.at_once = Allowed(reason=Reason.PUSH, activity=ACTIVITY, attributes=((25, b"staff"),))
    [octets] = world.send(asked())

    assert read(octets, asked()).attributes[1:] == ((25, b"staff"),)


def test_a_challenge_leaves_at_once() -> None:
    world = World()
    world.login.at_once = CHALLENGED
    [octets] = world.send(asked())

    assert read(octets, asked()).code is Code.ACCESS_CHALLENGE


def test_a_reject_is_held_back_until_a_second_after_the_arrival() -> None:
    world = World()
    world.login.at_once = DENIED
    assert world.send(asked()) == []
    assert world.wait(0.98) == []
    # A retransmission in the meantime is one of a request that waits.
    assert world.send(asked()) == []
    [octets] = world.wait(0.4)

    packet = read(octets, asked())
    assert packet.code is Code.ACCESS_REJECT
    assert packet.attributes[1:] == ((18, REFUSED.encode()),)
    assert len(world.login.attempts) == 1
    assert world.send(asked()) == [octets]


def test_the_delay_is_a_floor_and_no_addition() -> None:
    world = World()
    world.send(asked())
    world.wait(5)
    world.login.done[0](DENIED)

    assert len(world.path.sent) == 1


def test_the_delay_is_the_setting_in_force() -> None:
    world = World(configuration=configured(CLIENT, reject_delay=0))
    world.login.at_once = DENIED
    assert len(world.send(asked())) == 1

    world.use(CLIENT, reject_delay=3)
    assert world.send(asked(number=1)) == []
    assert world.wait(2.98) == []
    assert len(world.wait(0.4)) == 1


def test_every_reject_waits_alike_whatever_its_reason() -> None:
    for reason in (Reason.WRONG_PASSWORD, Reason.UNKNOWN_USER, Reason.LOCKED, Reason.UNSUPPORTED_PROTOCOL):
        world = World()
        world.login.at_once = replace(DENIED, reason=reason)
        assert world.send(asked()) == []
        assert world.wait(0.98) == []
        assert len(world.wait(0.4)) == 1


def test_the_first_outcome_stands_also_while_its_reject_is_held_back() -> None:
    world = World()
    world.send(asked())
    world.login.done[0](DENIED)
    world.login.done[0](ALLOWED)
    [octets] = world.wait(2)
    assert read(octets, asked()).code is Code.ACCESS_REJECT

    world.login.done[0](ALLOWED)
    assert len(world.path.sent) == 1


def test_an_accept_that_cannot_be_made_is_a_reject_and_reported() -> None:
    world = World()
    world.send(asked())
    world.login.done[0](Allowed(reason=Reason.CODE, activity=ACTIVITY, attributes=((24, b"not ours to give"),)))
    [octets] = world.wait(2)

    assert read(octets, asked()).code is Code.ACCESS_REJECT
    assert world.reports.where == ["answer"]


def test_a_login_that_is_answered_at_once_has_nothing_to_cancel() -> None:
    world = World()
    world.login.at_once = DENIED
    world.send(asked())
    [exchange] = world.port._open  # noqa: SLF001 - what `stop` would cancel
    assert exchange.waiting is None


def test_no_secret_is_in_what_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    world = World(configuration=configured(CLIENT, reject_delay=0))
    canary = b"canary-password"
    world.login.at_once = ALLOWED
    world.send(asked(password=canary))
    world.send(asked((24, b"one"), (24, b"two"), password=canary, number=1))
    world.send(asked(password=canary, signed=False))

    shown = f"{world.login.attempts} {world.log.lines} {world.observations.clients()} {caplog.text}"
    assert "canary" not in shown
    assert SECRET.decode() not in shown
    assert len(world.log.lines) == 2


def test_every_answer_carries_message_authenticator_first() -> None:
    world = World(configuration=configured(CLIENT, reject_delay=0))
    answers = []
    outcomes: tuple[Outcome, ...] = (ALLOWED, DENIED, CHALLENGED)
    for number, outcome in enumerate(outcomes):
        world.login.at_once = outcome
        answers += world.send(asked((33, b"proxy"), number=number))

    assert [octets[20] for octets in answers] == [80, 80, 80]
    assert [read(octets, asked((33, b"proxy"), number=number)).code for number, octets in enumerate(answers)] == [
        Code.ACCESS_ACCEPT,
        Code.ACCESS_REJECT,
        Code.ACCESS_CHALLENGE,
    ]
