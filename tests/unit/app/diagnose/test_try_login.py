"""
Trying a login: the request is one that a client of the application would send, and only its answer counts.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.office import ALICE, OWNER, SECRET, VPN, Office, kinds
from watchword.app.administration import HOST, RefusalKind
from watchword.app.diagnose.try_login import TryAnswer, TryLogin
from watchword.app.manage.clients import SecretReplace
from watchword.domain.secrets import Secret
from watchword.ports.live import Listening
from watchword.wire.radius import replies
from watchword.wire.radius.access import AccessRequest, read_access_request
from watchword.wire.radius.authenticators import verify_request
from watchword.wire.radius.packet import Packet, decode
from watchword.wire.radius.shared_secret import SharedSecret

SHARED = SharedSecret(SECRET.octets)
NOT_TAKEN = "would not be taken for VPN; `watchword application client-add` makes it one"


def trial(**fields: Any) -> TryLogin:
    wanted: dict[str, Any] = {"application": VPN, "user": ALICE, "password": Secret(b"correct horse")} | fields
    return TryLogin(**wanted)


@pytest.fixture
async def served(office: Office) -> Office:
    await office.application(deadline=40)
    office.seen.sockets = [
        Listening(protocol="http", host="127.0.0.1", port=8080),
        Listening(protocol="radius", host="127.0.0.1", port=1812),
    ]
    return office


def request_of(office: Office) -> AccessRequest:
    """Return the request that was sent, which must be a proven one."""
    (sent,) = office.network.sent
    packet = decode(sent.datagram)
    verify_request(packet, (SHARED,), require_message_authenticator=True)
    return read_access_request(packet, SHARED)


def answering(make: Callable[[Packet], bytes]) -> Callable[[bytes], bytes]:
    return lambda datagram: make(decode(datagram))


async def test_the_request_is_one_that_a_client_would_send(served: Office) -> None:
    await served.do("try", trial(station="192.0.2.7", code="123456"))

    request = request_of(served)
    assert (request.user_name, request.password) == (ALICE, b"correct horse,123456")
    assert (request.calling_station_id, request.nas_identifier, request.state) == ("192.0.2.7", "watchword try", None)
    (sent,) = served.network.sent
    assert (sent.host, sent.port, sent.seconds) == ("127.0.0.1", 1812, 45)


@pytest.mark.parametrize(
    ("fields", "primary", "typed"),
    [
        ({}, "local", b"correct horse"),
        ({"code": "123456"}, "local", b"correct horse,123456"),
        ({"code": " 23AB-CD45 "}, "local", b"correct horse,23AB-CD45"),
        ({"code": "12345678", "password": Secret(b"")}, "local", b"12345678"),
        ({"code": "123456"}, "asserted", b"123456"),
        ({"password": Secret(b"")}, "asserted", b""),
        ({"code": "123456", "state": "0a0b"}, "local", b"123456"),
        ({"state": "0A0B"}, "local", b"correct horse"),
    ],
)
async def test_password_and_code_stand_where_the_listener_reads_them(
    office: Office, fields: dict[str, Any], primary: str, typed: bytes
) -> None:
    await office.application(primary=primary)
    office.seen.sockets = [Listening(protocol="radius", host="127.0.0.1", port=1812)]

    await office.do("try", trial(**fields))

    request = request_of(office)
    assert request.password == typed
    assert request.state == (bytes.fromhex("0a0b") if "state" in fields else None)


async def test_every_answer_is_told(served: Office) -> None:
    served.network.answer = answering(lambda packet: replies.accept(packet, SHARED, message="Welcome"))
    accepted = await served.do("try", trial())
    served.network.answer = answering(lambda packet: replies.reject(packet, SHARED, message="Sign-in was refused."))
    rejected = await served.do("try", trial())
    served.network.answer = answering(
        lambda packet: replies.challenge(packet, SHARED, state=b"\x0a\x0b", message="Enter your code")
    )
    challenged = await served.do("try", trial())

    assert (accepted.answer, accepted.message, accepted.state) == (TryAnswer.ACCEPT, "Welcome", None)
    assert (rejected.answer, rejected.message, rejected.state) == (TryAnswer.REJECT, "Sign-in was refused.", None)
    assert (challenged.answer, challenged.message, challenged.state) == (
        TryAnswer.CHALLENGE,
        "Enter your code",
        "0a0b",
    )


async def test_the_time_that_it_took_is_told(served: Office) -> None:
    def answer(datagram: bytes) -> bytes:
        served.clock.advance(1.25)
        return replies.reject(decode(datagram), SHARED)

    served.network.answer = answer

    assert (await served.do("try", trial())).seconds == 1.25


async def test_silence_says_where_to_look(served: Office) -> None:
    tried = await served.do("try", trial())

    assert (tried.answer, tried.state) == (TryAnswer.SILENCE, None)
    assert tried.message == "nothing came back: `watchword doctor` tells what the listener drops, and why"


async def test_what_was_not_made_with_the_secret_is_no_answer(served: Office) -> None:
    other = SharedSecret(b"another secret altogether")
    forged = [
        lambda datagram: replies.accept(decode(datagram), other),
        lambda _datagram: b"nonsense",
        lambda datagram: datagram,
    ]

    for answer in forged:
        served.network.answer = answer
        assert (await served.do("try", trial())).answer is TryAnswer.SILENCE


async def test_two_requests_have_authenticators_of_their_own(served: Office) -> None:
    await served.do("try", trial())
    await served.do("try", trial())

    first, second = (decode(sent.datagram) for sent in served.network.sent)
    assert first.authenticator != second.authenticator


async def test_the_secret_that_the_application_has_now_is_used_while_it_is_replaced(served: Office) -> None:
    await served.do("application.secret-replace", SecretReplace(name=VPN, secret=Secret(b"x" * 24)))

    await served.do("try", trial())

    assert request_of(served).user_name == ALICE


# --- where it goes


@pytest.mark.parametrize(("host", "dialled"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1")])  # noqa: S104 - looked at
async def test_the_listener_of_this_process_is_asked(served: Office, host: str, dialled: str) -> None:
    served.seen.sockets = [Listening(protocol="radius", host=host, port=1645)]

    await served.do("try", trial())

    (sent,) = served.network.sent
    assert (sent.host, sent.port) == (dialled, 1645)


@pytest.mark.parametrize(
    ("via", "host", "port"),
    [
        ("192.0.2.7:1812", "192.0.2.7", 1812),
        ("[2001:db8::7]:1645", "2001:db8::7", 1645),
        (" radius.example.org:65535 ", "radius.example.org", 65_535),
    ],
)
async def test_another_server_may_be_asked_on_the_host(office: Office, via: str, host: str, port: int) -> None:
    await office.application()
    office.stop()

    await office.do("try", trial(via=via), HOST)

    (sent,) = office.network.sent
    assert (sent.host, sent.port) == (host, port)


async def test_the_secret_goes_nowhere_else_for_whoever_is_not_on_the_host(served: Office) -> None:
    refusal = await served.refused("try", trial(via="198.51.100.9:1812"), OWNER)

    assert kinds(refusal) == (
        RefusalKind.FORBIDDEN,
        "only on the host itself may a login be sent elsewhere: the secret would go with it",
    )
    assert served.network.sent == []


async def test_of_several_sockets_the_one_is_asked_that_knows_this_machine(served: Office) -> None:
    served.seen.sockets = [Listening(protocol="radius", host=host, port=1812) for host in ("198.51.100.1", "::", "::2")]
    served.network.towards = {"198.51.100.1": None, "::1": "::1", "::2": "127.0.0.1"}

    await served.do("try", trial())

    (sent,) = served.network.sent
    assert sent.host == "::2"


async def test_where_none_knows_this_machine_the_first_is_told_of(served: Office) -> None:
    served.seen.sockets = [Listening(protocol="radius", host=host, port=1812) for host in ("198.51.100.1", "::1")]
    served.network.towards = {"198.51.100.1": None, "::1": "::1"}

    refusal = await served.refused("try", trial())

    assert kinds(refusal) == (RefusalKind.UNAVAILABLE, "there is no way from here to 198.51.100.1 port 1812")


async def test_where_nothing_runs_that_is_said(office: Office) -> None:
    await office.application()

    sentence = (
        "nothing is running on this data folder, so nothing is in progress; `watchword up` starts it, or"
        " --via HOST:PORT names another server"
    )
    assert kinds(await office.refused("try", trial())) == (RefusalKind.UNAVAILABLE, sentence)
    office.stop()
    assert kinds(await office.refused("try", trial())) == (RefusalKind.UNAVAILABLE, sentence)


@pytest.mark.parametrize(
    "via", ["", "192.0.2.7", ":1812", "192.0.2.7:", "192.0.2.7:0", "192.0.2.7:65536", "192.0.2.7:x", "a:\u0661\u0662"]
)
async def test_what_is_no_place_is_refused(served: Office, via: str) -> None:
    refusal = await served.refused("try", trial(via=via))

    assert refusal.kind is RefusalKind.INVALID
    assert refusal.sentence.endswith("write HOST:PORT, as in 192.0.2.7:1812 or [2001:db8::7]:1812")


async def test_whom_the_listener_would_take_us_for_is_said_beforehand(served: Office) -> None:
    served.network.own = "192.0.2.1"
    assert kinds(await served.refused("try", trial())) == (
        RefusalKind.CONFLICT,
        f"this machine asks from 192.0.2.1, which is no client and {NOT_TAKEN}",
    )
    await served.application("Other", clients=("192.0.2.0/24",))
    assert kinds(await served.refused("try", trial())) == (
        RefusalKind.CONFLICT,
        f"this machine asks from 192.0.2.1, which is a client of Other and {NOT_TAKEN}",
    )
    served.network.own = None
    assert kinds(await served.refused("try", trial())) == (
        RefusalKind.UNAVAILABLE,
        "there is no way from here to 127.0.0.1 port 1812",
    )
    assert served.network.sent == []


# --- what it says


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"application": "Nobody"}, RefusalKind.NOT_FOUND, "there is no application 'Nobody'"),
        ({"code": "12345"}, RefusalKind.INVALID, "--code must be 6 or 8 digits, or a backup code, XXXX-XXXX"),
        ({"code": "\u0661\u0662\u0663\u0664\u0665\u0666"}, RefusalKind.INVALID, "--code must be 6 or 8 digits"),
        ({"station": ""}, RefusalKind.INVALID, "--station must be the address or number"),
        ({"station": "a\x00"}, RefusalKind.INVALID, "--station must be the address or number"),
        ({"station": "x" * 101}, RefusalKind.INVALID, "--station must be the address or number"),
        ({"state": ""}, RefusalKind.INVALID, "--state must be the state of a challenge"),
        ({"state": "xy"}, RefusalKind.INVALID, "--state must be the state of a challenge"),
        ({"state": "00" * 254}, RefusalKind.INVALID, "--state must be the state of a challenge"),
        ({"user": ""}, RefusalKind.INVALID, "the user name must have 1 to 253 octets"),
        ({"user": "x" * 254}, RefusalKind.INVALID, "the user name must have 1 to 253 octets"),
        (
            {"password": Secret(b"x" * 122), "code": "123456"},
            RefusalKind.INVALID,
            "password and code have more than the 128 octets that a request can carry",
        ),
    ],
)
async def test_what_no_client_could_send_is_refused(
    served: Office, fields: dict[str, Any], kind: RefusalKind, sentence: str
) -> None:
    refusal = await served.refused("try", trial(**fields))

    assert refusal.kind is kind
    assert refusal.sentence.startswith(sentence)
    assert served.network.sent == []


async def test_a_message_is_told_without_what_could_rewrite_a_terminal(served: Office) -> None:
    served.network.answer = answering(lambda packet: replies.reject(packet, SHARED, message="\x1b[2Jgone"))

    assert (await served.do("try", trial())).message == ""


def test_no_repr_shows_the_password() -> None:
    assert "correct horse" not in repr(trial())
