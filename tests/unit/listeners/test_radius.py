"""
What a port drops, keeps and answers before any service sees it; the service here is that for logins.
"""

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.unit.listeners.doubles import (
    ALLOWED,
    CLIENT,
    DENIED,
    HOST,
    OTHER_SECRET,
    PEER,
    VPN,
    FakePath,
    World,
    asked,
    configured,
)
from tests.unit.wire.radius.forging import SECRET, SHARED, accounting, packet
from watchword.domain.applications import ClientId
from watchword.domain.secrets import Secret
from watchword.listeners.clients import KnownClient
from watchword.listeners.duplicates import Room
from watchword.listeners.radius import MOST_PROBES
from watchword.ports.live import ClientObservation
from watchword.wire.radius.client import read_reply
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code

OTHER = replace(CLIENT, id=ClientId(b"another-client!!"), network=ip_network("192.0.3.0/24"))
UNSIGNED_ALLOWED = replace(CLIENT, require_message_authenticator=False)
PROXY_STATE = (33, b"of a proxy")
BROKEN = bytes([1, 7, 0, 22]) + bytes(16) + bytes([1, 3])
EAP_MESSAGE = (79, b"\x02\x00\x00\x05\x01")


def status(*, signed: bool = True, identifier: int = 7, number: int = 0, secret: bytes = SECRET) -> bytes:
    return asked(
        password=None, code=12, signed=signed, identifier=identifier, number=number, secret=secret, user=(1, b"ignored")
    )


def test_a_new_request_reaches_the_service_and_its_answer_leaves_the_way_it_came() -> None:
    world = World()
    assert world.send(asked()) == []
    world.login.done[0](ALLOWED)

    [(octets, peer)] = world.path.sent
    assert peer == PEER
    assert read_reply(octets, asked(), SHARED).code is Code.ACCESS_ACCEPT
    assert len(world.port) == 0


@pytest.mark.parametrize(
    ("datagram", "cause"),
    [
        (b"", "too-short"),
        (asked()[:19], "too-short"),
        (asked()[:-1], "truncated"),
        (asked()[:2] + b"\x00\x13" + asked()[4:], "bad-length"),
        (BROKEN, "bad-attribute"),
        (packet(43, (1, b"alice")), "unsupported-code"),
        (packet(2, (1, b"alice")), "unsupported-code"),
        (accounting((40, b"\x00\x00\x00\x01")), "unsupported-code"),
        (asked(secret=OTHER_SECRET), "wrong-message-authenticator"),
        (asked(signed=False), "no-message-authenticator"),
        (asked(EAP_MESSAGE, signed=False), "no-message-authenticator"),
        (asked((80, bytes(15)), signed=False), "bad-message-authenticator"),
        (packet(1, *[(1, b"x")] * 201), "too-many-attributes"),
    ],
)
def test_what_is_no_packet_or_not_proven_is_dropped_in_silence_and_counted(datagram: bytes, cause: str) -> None:
    world = World()
    assert world.send(datagram) == []
    assert world.wait(30) == []
    assert world.login.attempts == []
    assert world.dropped(cause) == 1
    assert sum(world.metrics.dropped.values.values()) == 1
    assert world.reports.where == []
    assert [line["cause"] for line in world.log.lines] == [cause]


def test_an_unknown_client_gets_silence_whatever_it_says() -> None:
    world = World()
    for datagram in (asked(), asked((4, b"\xc0\x00\x02\x0a"), (32, b"vpn")), b"x", status()):
        assert world.send(datagram, ("203.0.113.9", 4_242)) == []

    assert world.login.attempts == []
    assert world.dropped("unknown-client") == 4
    assert world.observations.clients() == (ClientObservation(client=None, address="203.0.113.9", dropped=4),)


def test_nothing_in_the_packet_chooses_the_secret() -> None:
    other = replace(OTHER, secrets=(Secret(OTHER_SECRET),))
    world = World(configuration=configured(CLIENT, other))
    claims = ((4, b"\xc0\x00\x03\x01"), (32, b"other"))
    world.send(asked(*claims, secret=OTHER_SECRET))
    world.send(asked(*claims, identifier=8))

    assert world.dropped("wrong-message-authenticator") == 1
    assert len(world.login.attempts) == 1


def test_dropped_packets_are_told_once_a_minute_for_each_cause_and_application() -> None:
    world = World()
    for _ in range(10):
        world.send(asked(signed=False))
        world.send(b"")
    assert [(line["cause"], line["client"], line["application"]) for line in world.log.lines] == [
        ("no-message-authenticator", HOST, "vpn"),
        ("too-short", HOST, "vpn"),
    ]

    world.clock.advance(61)
    world.send(b"")
    assert world.log.lines[2]["left_out"] == 9


def test_doctor_can_read_what_clients_send() -> None:
    world = World(configuration=configured(UNSIGNED_ALLOWED))
    world.send(asked(PROXY_STATE, signed=False))
    world.send(asked(EAP_MESSAGE, signed=False))
    world.send(asked(secret=OTHER_SECRET))
    world.send(b"")
    world.use(CLIENT)
    world.send(asked(signed=False))

    assert world.observations.clients() == (
        ClientObservation(
            client=CLIENT.id,
            address=HOST,
            at=world.clock.now(),
            without_authenticator=2,
            bad_authenticator=1,
            unsigned_proxy_state=1,
            dropped=1,
        ),
    )


# --- Message-Authenticator (R42 to R45, N13) -------------------------------------------------------------------------


def test_without_the_requirement_an_unsigned_request_is_taken_and_its_answer_signed_all_the_same() -> None:
    world = World(configuration=configured(UNSIGNED_ALLOWED))
    world.login.at_once = ALLOWED
    [octets] = world.send(asked(signed=False))

    assert octets[20] == 80
    assert read_reply(octets, asked(signed=False), SHARED).code is Code.ACCESS_ACCEPT


def test_without_the_requirement_proxy_state_needs_one_and_a_wrong_one_is_still_wrong() -> None:
    world = World(configuration=configured(UNSIGNED_ALLOWED))
    world.send(asked(PROXY_STATE, signed=False))
    world.send(asked(secret=OTHER_SECRET))
    assert world.login.attempts == []
    assert (world.dropped("unsigned-proxy-state"), world.dropped("wrong-message-authenticator")) == (1, 1)

    world.send(asked(PROXY_STATE))
    assert len(world.login.attempts) == 1


# --- retransmissions (R20 to R28) ------------------------------------------------------------------------------------


def test_a_retransmission_is_dropped_while_the_first_waits_and_gets_the_same_octets_after() -> None:
    world = World()
    for _ in range(3):
        assert world.send(asked()) == []
        world.wait(12)
    assert len(world.login.attempts) == 1
    assert world.observations.clients()[0].retries == 2

    world.login.done[0](ALLOWED)
    [(first, _)] = world.path.sent
    world.wait(9)
    assert world.send(asked()) == [first]
    assert len(world.login.attempts) == 1
    assert world.metrics.retransmissions.values == {("radius", "before"): 2, ("radius", "after"): 1}

    world.wait(12)
    assert world.send(asked()) == []
    assert len(world.login.attempts) == 2


@pytest.mark.parametrize(
    "forged",
    [
        asked(number=1, secret=OTHER_SECRET),
        asked(number=0, secret=OTHER_SECRET, password=b"other"),
        asked(number=1, signed=False),
        asked((80, bytes(16)), number=1, signed=False),
        asked(number=1)[:-1],
        b"",
    ],
)
def test_a_forged_packet_does_not_disturb_the_login_that_waits(forged: bytes) -> None:
    world = World()
    world.send(asked())
    assert world.send(forged) == []
    assert len(world.login.attempts) == 1
    # It is still known as the same packet, and still answered.
    assert world.send(asked()) == []
    world.login.done[0](ALLOWED)
    [(answer, _)] = world.path.sent
    assert world.login.handles[0].cancelled == 0

    assert world.send(forged) == []
    assert world.send(asked()) == [answer]


def test_another_request_in_the_place_of_one_that_waits_cancels_nothing() -> None:
    world = World()
    world.send(asked(number=0))
    world.send(asked(number=1))
    assert len(world.login.attempts) == 2
    assert world.login.handles[0].cancelled == 0

    world.login.done[0](ALLOWED)
    world.login.done[1](ALLOWED)
    first, second = (octets for octets, _ in world.path.sent)
    assert read_reply(first, asked(number=0), SHARED).code is Code.ACCESS_ACCEPT
    assert read_reply(second, asked(number=1), SHARED).code is Code.ACCESS_ACCEPT
    assert world.send(asked(number=1)) == [second]


def test_another_request_in_the_place_of_one_that_was_answered_ends_its_answer() -> None:
    world = World()
    world.login.at_once = ALLOWED
    world.send(asked(number=0))
    world.send(asked(number=1))
    world.send(asked(number=0))

    assert len(world.login.attempts) == 3


def test_the_answer_to_one_login_is_never_given_to_another_with_the_same_authenticator() -> None:
    world = World(configuration=configured(CLIENT, reject_delay=0))
    alice, mallory = asked(), asked(user=(1, b"mallory"))
    world.send(alice)
    world.send(mallory)
    assert [attempt.user_name for attempt in world.login.attempts] == ["alice", "mallory"]
    world.login.done[0](ALLOWED)
    assert world.path.sent == []
    world.login.done[1](DENIED)

    [(octets, _)] = world.path.sent
    assert read_reply(octets, mallory, SHARED).code is Code.ACCESS_REJECT
    assert world.send(mallory) == [octets]
    assert world.observations.clients()[0].repeated_authenticators == 1


def test_a_repeated_authenticator_is_told_and_not_refused() -> None:
    world = World()
    world.send(asked(identifier=7))
    world.send(asked(identifier=8))
    world.send(asked(identifier=9, number=1))

    assert len(world.login.attempts) == 3
    assert world.observations.clients()[0].repeated_authenticators == 1


def test_port_and_local_address_make_another_request() -> None:
    world = World()
    world.send(asked())
    world.send(asked(), (HOST, 40_001))
    elsewhere = FakePath()
    world.port.received(asked(), PEER, elsewhere, world.moment())
    assert len(world.login.attempts) == 3

    world.login.done[2](ALLOWED)
    assert len(elsewhere.sent) == 1
    assert world.path.sent == []


def test_a_change_of_the_secret_wipes_what_was_answered() -> None:
    world = World(configuration=configured(UNSIGNED_ALLOWED))
    world.login.at_once = ALLOWED
    world.send(asked(signed=False))
    world.use(replace(UNSIGNED_ALLOWED, secrets=(Secret(OTHER_SECRET),)))
    world.send(asked(signed=False))

    assert len(world.login.attempts) == 2


def test_without_room_new_requests_are_dropped_and_continued_ones_come_first() -> None:
    world = World(room=Room(waiting_of_client=10))
    for number in range(12):
        world.send(asked(number=number, identifier=number))
    assert len(world.login.attempts) == 9
    assert world.dropped("overload") == 3

    world.send(asked((24, b"a state"), number=13, identifier=13))
    assert len(world.login.attempts) == 10
    # What waits is known all the same.
    world.send(asked(number=0, identifier=0))
    assert world.observations.clients()[0].retries == 1


# --- Status-Server (R70 to R72) --------------------------------------------------------------------------------------


def test_status_is_answered_while_a_login_could_complete_and_not_otherwise() -> None:
    world = World()
    [octets] = world.send(status())
    assert read_reply(octets, status(), SHARED).code is Code.ACCESS_ACCEPT
    assert octets[20] == 80

    world.able = False
    assert world.send(status(number=1)) == []
    assert world.metrics.status.values == {("radius", "alive"): 1, ("radius", "silence"): 1}
    assert world.metrics.requests.values == {}
    assert world.login.attempts == []


@pytest.mark.parametrize("datagram", [status(signed=False), status(secret=OTHER_SECRET)])
@pytest.mark.parametrize("required", [True, False])
def test_status_must_be_signed_whatever_the_client_may_leave_out(datagram: bytes, *, required: bool) -> None:
    world = World(configuration=configured(replace(CLIENT, require_message_authenticator=required)))

    assert world.send(datagram) == []
    assert sum(world.metrics.dropped.values.values()) == 1


def test_status_is_limited_by_the_second_and_disturbs_no_login() -> None:
    world = World()
    world.send(asked())
    answers = [world.send(status(number=number)) for number in range(MOST_PROBES + 5)]
    assert [len(answer) for answer in answers] == [1] * MOST_PROBES + [0] * 5
    assert world.dropped("too-many-probes") == 5
    assert world.send(asked()) == []
    assert len(world.login.attempts) == 1

    world.clock.advance(1)
    assert len(world.send(status())) == 1


def test_status_of_another_client_is_counted_by_itself() -> None:
    world = World(configuration=configured(CLIENT, OTHER))
    for number in range(MOST_PROBES + 1):
        world.send(status(number=number))

    assert len(world.send(status(), ("192.0.3.1", 4_242))) == 1


def test_doubt_about_being_able_is_silence() -> None:
    world = World()

    def broken() -> bool:
        raise ValueError

    world.port._can_complete = broken  # noqa: SLF001 - what it is told to ask
    assert world.send(status()) == []
    assert world.reports.where == ["radius"]
    assert world.dropped("fault") == 1


# --- what must not end the listener ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bug", [ValueError("a bug"), RadiusError(Reason.TOO_LARGE)])
def test_a_bug_in_the_way_of_one_login_is_a_reject_and_no_others_business(bug: Exception) -> None:
    world = World(configuration=configured(CLIENT, reject_delay=0))
    world.login.broken = bug
    [octets] = world.send(asked())
    assert read_reply(octets, asked(), SHARED).code is Code.ACCESS_REJECT
    assert world.reports.where == ["radius"]
    assert len(world.port) == 0

    world.login.broken = None
    world.send(asked(number=1))
    assert len(world.login.attempts) == 1


def test_a_bug_before_a_packet_is_proven_is_silence() -> None:
    world = World()

    def broken(_host: str) -> KnownClient | None:
        raise ValueError

    world.clients.find = broken  # type: ignore[method-assign,assignment]
    assert world.send(asked()) == []
    assert world.reports.where == ["radius"]
    assert world.dropped("fault") == 1


def test_a_request_that_nobody_decides_is_given_up_after_its_deadline_and_denied() -> None:
    world = World(configuration=configured(CLIENT, applications=(replace(VPN, deadline=20),)))
    world.send(asked())
    world.send(asked(number=1, identifier=8))
    world.login.done[1](ALLOWED)
    assert len(world.path.sent) == 1
    assert world.wait(25) == []

    [octets] = world.wait(10)
    assert read_reply(octets, asked(), SHARED).code is Code.ACCESS_REJECT
    assert [handle.cancelled for handle in world.login.handles] == [1, 0]
    assert world.metrics.faults.values == {("late",): 1}
    assert len(world.port) == 0
    world.login.done[0](ALLOWED)
    assert len(world.path.sent) == 2


def test_a_reject_that_is_held_back_is_not_given_up() -> None:
    hasty = replace(VPN, deadline=1)
    world = World(configuration=configured(CLIENT, applications=(hasty,), reject_delay=10))
    world.send(asked())
    world.login.done[0](DENIED)

    assert len(world.wait(15)) == 1
    assert world.metrics.faults.values == {}
    assert world.login.handles[0].cancelled == 0


async def test_a_port_that_was_stopped_looks_no_more() -> None:
    world = World()
    await world.port.stop(0)
    await world.accounting_port.stop(0)
    world.loop.pass_time(11)

    assert len(world.loop) == 1  # What keeps the clients tidy.


# --- stopping --------------------------------------------------------------------------------------------------------


async def test_stop_waits_for_answers_that_are_outstanding() -> None:
    world = World()
    world.send(asked())
    stopping = asyncio.ensure_future(world.port.stop(30))  # noqa: TID251 - the test waits for it
    turn = asyncio.Event()
    asyncio.get_running_loop().call_soon(turn.set)
    await turn.wait()
    assert not stopping.done()

    world.login.done[0](ALLOWED)
    async with asyncio.timeout(5):
        await stopping
    assert len(world.path.sent) == 1
    assert world.login.handles[0].cancelled == 0


async def test_stop_ends_what_takes_too_long_with_silence() -> None:
    world = World()
    world.send(asked())
    await world.port.stop(0.01)

    assert world.login.handles[0].cancelled == 1
    world.login.done[0](ALLOWED)
    assert world.path.sent == []
    assert len(world.port) == 0


async def test_stop_does_not_wait_where_nothing_is_outstanding() -> None:
    world = World()
    world.login.at_once = ALLOWED
    world.send(asked())
    async with asyncio.timeout(1):
        await world.port.stop(3_600)


def test_the_latency_that_is_measured_begins_with_the_arrival() -> None:
    world = World()
    world.send(asked())
    world.clock.advance(7)
    world.login.done[0](ALLOWED)

    assert world.metrics.latency.of("radius").sum == pytest.approx(7)
    assert world.metrics.replies.values == {("radius", "accept"): 1}


def test_the_application_in_force_when_a_request_comes_is_the_one_that_is_asked_for() -> None:
    world = World()
    world.current.swap(configured(CLIENT, applications=(replace(VPN, name="renamed"),)))
    world.send(asked())

    assert world.login.attempts[0].application.name == "renamed"
