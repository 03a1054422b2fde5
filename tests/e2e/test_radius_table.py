"""
What a VPN sees: the rows of the RADIUS table, each over a real socket to the running process.

Whatever answer comes in here was checked by `tests.rigs.nas`: its authenticators, Message-Authenticator first, the
Proxy-States as they were.
"""

import base64
import time
from collections.abc import Callable
from typing import Final

import pytest

from tests.rigs.nas import Attributes, Code, Nas, Request, Signed, Type, packet
from tests.rigs.watchword import PASSWORD, STATION, Watchword, until

pytestmark = pytest.mark.needs("oathtool")

MICROSOFT: Final = (311).to_bytes(4, "big")


def static_challenge(password: str, code: str) -> str:
    """Write password and code as OpenVPN's static challenge has them."""
    return ":".join(("SCRV1", *(base64.b64encode(part.encode()).decode() for part in (password, code))))


# --- push


def test_a_right_password_is_held_until_the_phone_approves(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        (waiting,) = server.waits(user)
        assert not login.has_answer()
        answered = phone.approve()
        assert login.answer().accepted

    assert answered.code == 0
    assert answered.document == {"verification": waiting["id"], "answer": "approve"}
    assert server.reasons(user) == ["push"]


def test_a_right_password_is_rejected_when_the_phone_denies(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        phone.deny()
        assert login.answer().rejected

    assert server.reasons(user) == ["denied-by-user"]


def test_the_deadline_of_the_application_ends_it_with_a_reject(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--deadline", "1")
    server.phone(user)
    began = time.monotonic()

    assert nas.login(user, PASSWORD, station=STATION).rejected

    assert 0.9 < time.monotonic() - began < 5
    assert server.reasons(user) == ["no-answer"]


# --- codes typed with the password


@pytest.mark.parametrize("digits", ["6", "8"])
def test_a_code_behind_password_and_comma_decides(server: Watchword, digits: str) -> None:
    user, nas = server.user(), server.nas()
    token = server.totp(user, "--digits", digits)
    code = token.code()
    wrong = f"{(int(code) + 1) % 10 ** int(digits):0{digits}d}"

    assert nas.login(user, f"{PASSWORD},{wrong}", station="203.0.113.1").rejected
    assert nas.login(user, f"wrong,{code}", station="203.0.113.2").rejected
    assert nas.login(user, f"{PASSWORD},{code}", station="203.0.113.3").accepted

    assert server.reasons(user) == ["wrong-code", "wrong-password", "code"]


@pytest.mark.parametrize("digits", ["6", "8"])
def test_a_code_alone_decides_where_the_application_asserts_the_password(server: Watchword, digits: str) -> None:
    user, nas = server.user(), server.nas("--primary", "asserted")
    token = server.hotp(user, "--digits", digits)

    assert nas.login(user, token.code(0), station=STATION).accepted
    assert nas.login(user, token.code(0), station="203.0.113.99").rejected

    assert server.reasons(user) == ["code", "used-code"]


@pytest.mark.parametrize("password", [None, "", "whatever the VPN knows"])
def test_an_asserted_password_need_not_be_sent(server: Watchword, password: str | None) -> None:
    user, nas = server.user(), server.nas("--primary", "asserted")
    phone = server.phone(user)

    with nas.begin(user, password, station=STATION) as login:
        phone.approve()
        assert login.answer().accepted


def test_the_code_of_openvpns_static_challenge_decides(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    assert nas.login(user, static_challenge(PASSWORD, token.code(0)), station="203.0.113.1").accepted
    assert nas.login(user, static_challenge(PASSWORD, token.code(0)), station="203.0.113.2").rejected
    assert nas.login(user, static_challenge("wrong", token.code(1)), station="203.0.113.3").rejected

    assert server.reasons(user) == ["code", "used-code", "wrong-password"]


def test_a_backup_code_decides_once(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    first, second, *_ = server.backup_codes(user)

    assert nas.login(user, f"{PASSWORD},{first}", station="203.0.113.1").accepted
    assert nas.login(user, f"{PASSWORD},{first}", station="203.0.113.2").rejected
    assert nas.login(user, f"{PASSWORD},{second}", station="203.0.113.3").accepted

    assert server.reasons(user) == ["backup-code", "wrong-code", "backup-code"]


# --- what is not supported


def chap(user: str) -> Attributes:
    return ((Type.USER_NAME, user.encode()), (Type.CHAP_PASSWORD, bytes(17)))


def ms_chap(user: str) -> Attributes:
    challenge = MICROSOFT + bytes((11, 18)) + bytes(16)
    response = MICROSOFT + bytes((25, 52)) + bytes(50)
    return (
        (Type.USER_NAME, user.encode()),
        (Type.VENDOR_SPECIFIC, challenge),
        (Type.VENDOR_SPECIFIC, response),
    )


def eap(user: str) -> Attributes:
    identity = b"\x02\x01" + (5 + len(user)).to_bytes(2, "big") + b"\x01" + user.encode()
    return ((Type.USER_NAME, user.encode()), (Type.EAP_MESSAGE, identity))


def several(user: str) -> Attributes:
    return (*chap(user), (Type.USER_PASSWORD, bytes(16)))


@pytest.mark.parametrize("protocol", [chap, ms_chap, eap, several])
def test_other_protocols_are_rejected_and_are_nobodys_failure(
    server: Watchword, protocol: Callable[[str], Attributes]
) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    for _ in range(7):
        with nas.send(packet(Code.ACCESS_REQUEST, nas.secret, protocol(user))) as login:
            assert login.answer().rejected

    assert server.reasons(user) == ["unsupported-protocol"] * 7
    assert server.ask("user", "show", user)["wrong_second_steps"] == 0
    # A PAN-OS that tries CHAP first comes with PAP next, and that is its first try.
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted


# --- challenges


def test_who_has_codes_only_is_challenged_for_one(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    token = server.totp(user)

    challenge = nas.login(user, PASSWORD, station=STATION)
    assert challenge.challenged
    assert challenge.message == "Enter your code"
    assert len(challenge.state) >= 16
    assert nas.login(user, token.code(), state=challenge.state).accepted

    assert server.reasons(user) == ["challenge", "code"]


def test_who_has_codes_only_is_rejected_where_the_application_cannot_ask(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    server.totp(user)

    assert nas.login(user, PASSWORD, station=STATION).rejected

    assert server.reasons(user) == ["no-method"]


def test_a_challenge_shows_the_number_that_the_phone_needs(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone = server.phone(user)

    challenge = nas.login(user, PASSWORD, station=STATION)
    assert challenge.challenged
    assert challenge.number in challenge.message
    with nas.begin(user, "anything", state=challenge.state) as login:
        server.outstanding(1)
        assert phone.approve().code == 1, "a number is needed"
        assert not login.has_answer()
        assert phone.approve(challenge.number).code == 0
        assert login.answer().accepted

    assert server.reasons(user) == ["challenge", "push"]


def test_a_wrong_number_denies_at_once(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone = server.phone(user)

    challenge = nas.login(user, PASSWORD, station=STATION)
    wrong = str(10 + (int(challenge.number) - 9) % 90)
    assert phone.approve(wrong).code == 1
    assert phone.approve(challenge.number, wait=0).code == 1, "nothing waits any more"
    assert nas.login(user, "anything", state=challenge.state).rejected

    assert server.reasons(user)[-1] == "wrong-number"


def test_a_code_may_answer_a_challenge_that_shows_a_number(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone, token = server.phone(user), server.totp(user)

    challenge = nas.login(user, PASSWORD, station=STATION)
    assert nas.login(user, token.code(), state=challenge.state).accepted
    assert phone.approve(challenge.number, wait=0).code == 1, "the prompt is over"

    assert server.reasons(user) == ["challenge", "code"]


# --- what is not answered


def doctors_words(server: Watchword, check: str, name: str) -> str:
    """Return what doctor says of an application under one of its checks."""
    findings = server.here("doctor", "--json").document
    return " ".join(
        f"{found['sentence']} {found['advice']}"
        for found in findings
        if found["check"] == check and name in found["sentence"]
    )


@pytest.mark.parametrize(
    ("signed", "cause"),
    [(Signed.MISSING, "no-message-authenticator"), (Signed.WRONG, "wrong-message-authenticator")],
)
def test_what_proves_nothing_is_met_with_silence_and_counted(server: Watchword, signed: Signed, cause: str) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    before = server.dropped(cause)

    with nas.send(nas.request(user, f"{PASSWORD},{token.code(0)}", signed=signed)) as login:
        server.ignored(login, cause, before)

    assert server.reasons(user) == []
    until(lambda: cause in server.logged(), f"a line in the log about {cause}")


def test_doctor_tells_how_to_serve_a_client_that_cannot_sign_and_what_that_costs(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    before = server.dropped("no-message-authenticator")
    with nas.send(nas.request(user, f"{PASSWORD},{token.code(0)}", signed=Signed.MISSING)) as login:
        server.ignored(login, "no-message-authenticator", before)

    words = doctors_words(server, "clients", f"of {nas.name} ({nas.address})")
    assert "without Message-Authenticator were dropped" in words
    assert f"`watchword application change '{nas.name}' --no-message-authenticator`" in words
    assert "CVE-2024-3596" in words

    server.ask("application", "change", nas.name, "--no-message-authenticator")
    with nas.send(nas.request(user, f"{PASSWORD},{token.code(0)}", signed=Signed.MISSING)) as login:
        assert login.answer().accepted
    assert "CVE-2024-3596" in doctors_words(server, "message-authenticator", f"{nas.name} ({nas.address}/32)")


def test_a_wrong_message_authenticator_is_dropped_also_where_none_is_demanded(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--no-message-authenticator")
    token = server.hotp(user)
    before = server.dropped("wrong-message-authenticator")

    with nas.send(nas.request(user, f"{PASSWORD},{token.code(0)}", signed=Signed.WRONG)) as login:
        server.ignored(login, "wrong-message-authenticator", before)


def test_a_stranger_is_met_with_silence_and_counted(server: Watchword) -> None:
    user = server.user()
    before = server.dropped("unknown-client")
    stranger = Nas(server.radius, b"a secret of nobody's in particular", name="nobody", address="127.99.99.99")

    with stranger.begin(user, PASSWORD) as login:
        server.ignored(login, "unknown-client", before)

    until(lambda: "unknown-client" in server.logged(), "a line in the log about the stranger")
    assert "127.99.99.99" in server.here("doctor").out


@pytest.mark.parametrize(
    "octets",
    [
        b"\x01",
        b"\x01\x07\x00\x13" + bytes(15),
        b"\x01\x07\x00\x30" + bytes(16),
        b"\x01\x07\x00\x16" + bytes(16) + b"\x01\x00",
        b"\x63\x07\x00\x14" + bytes(16),
        bytes(5_000),
    ],
    ids=["one octet", "too short", "longer than sent", "empty attribute", "unknown code", "too long"],
)
def test_what_is_no_packet_is_met_with_silence_and_counted(server: Watchword, octets: bytes) -> None:
    nas = server.nas()
    before = server.metric("watchword_dropped_packets_total")

    with nas.send(Request(octets=octets, secret=nas.secret)) as sent:
        until(lambda: server.metric("watchword_dropped_packets_total") > before, "the packet dropped")
        assert not sent.has_answer()


# --- every reply


def test_status_server_is_answered_and_only_when_it_is_signed(server: Watchword) -> None:
    nas = server.nas()

    with nas.probe() as probe:
        assert probe.answer().accepted
    for signed in (Signed.WRONG, Signed.MISSING):
        before = server.metric("watchword_dropped_packets_total")
        with nas.send(packet(Code.STATUS_SERVER, nas.secret, (), signed=signed)) as probe:
            until(lambda: server.metric("watchword_dropped_packets_total") > before, "the probe dropped")  # noqa: B023
            assert not probe.has_answer()


def test_every_reply_echoes_proxy_states_in_their_order(server: Watchword) -> None:
    user, nas, challenging = server.user(), server.nas(), server.nas("--challenge")
    token = server.hotp(user)
    states = [(Type.PROXY_STATE, value) for value in (b"2", b"\x00\xff", b"1", b"2", b"x" * 253)]

    def login(at: Nas, password: str) -> Code:
        with at.send(at.request(user, password, station=STATION, more=states)) as exchange:
            return exchange.answer().code

    assert login(nas, f"{PASSWORD},{token.code(0)}") is Code.ACCESS_ACCEPT
    assert login(nas, "wrong") is Code.ACCESS_REJECT
    assert login(challenging, PASSWORD) is Code.ACCESS_CHALLENGE


def test_accounting_is_acknowledged_and_shown(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    attributes = (
        (Type.USER_NAME, user.encode()),
        (Type.ACCT_STATUS_TYPE, (1).to_bytes(4, "big")),
        (Type.ACCT_SESSION_ID, b"session-1"),
        (Type.CALLING_STATION_ID, STATION.encode()),
    )
    nas.server = (nas.server[0], int(server.ready["accounting"].rpartition(":")[2]))

    with nas.send(packet(Code.ACCOUNTING_REQUEST, nas.secret, attributes, signed=Signed.MISSING)) as report:
        octets = report.octets()

    assert octets[0] == Code.ACCOUNTING_RESPONSE
    (row,) = server.activity(user)
    assert (row["kind"], row["outcome"], row["reason"]) == ("accounting", None, "accounting")


def test_a_reject_leaves_a_second_after_its_request_whatever_its_reason(server: Watchword) -> None:
    user, blocked, nas = server.user(), server.user(), server.nas()
    server.totp(user)
    server.ask("user", "block", blocked, "--reason", "left")
    server.ask("setting", "set", "radius.reject_delay", "1")
    try:
        typed = ((user, "wrong"), (user, f"{PASSWORD},000000"), (blocked, PASSWORD), ("nobody", "x"))
        began = time.monotonic()
        sent = [nas.begin(name, password, station=STATION) for name, password in typed]
        took = []
        for login in sent:
            with login:
                answer = login.answer()
            took.append(time.monotonic() - began)
            assert answer.rejected
            assert answer.message == "Sign-in was refused."
    finally:
        server.ask("setting", "set", "radius.reject_delay", "0")

    assert all(0.95 < seconds < 2.5 for seconds in took), took


def test_a_reject_that_waited_for_the_phone_is_not_held_back_any_longer(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--deadline", "2")
    server.phone(user)
    server.ask("setting", "set", "radius.reject_delay", "1")
    try:
        began = time.monotonic()
        assert nas.login(user, PASSWORD, station=STATION).rejected
    finally:
        server.ask("setting", "set", "radius.reject_delay", "0")

    assert 1.9 < time.monotonic() - began < 2.9, "the delay counts from the request's arrival"
