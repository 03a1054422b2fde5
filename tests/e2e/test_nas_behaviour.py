"""
What NAS clients really put on the wire, and that each of their logins is one prompt and is answered to the end.

The clients behave as measured: how they retry, what they leave out, and what they do with an answer. The seconds
between their tries are not waited for: what counts is in which order packets come, and that the phone is still out.
"""

from contextlib import ExitStack
from typing import Final

import pytest

from tests.rigs.nas import Answer, Exchange, Nas, Signed, answers
from tests.rigs.watchword import PASSWORD, STATION, Phone, Token, Watchword, until

pytestmark = pytest.mark.needs("oathtool")

UNSIGNED: Final = "--no-message-authenticator"


def again_while_it_waits(server: Watchword, login: Exchange, times: int) -> None:
    """Send the same packet again and wait until each was seen; nothing comes back of it."""
    for _ in range(times):
        before = server.metric("watchword_retransmissions_total")
        login.again()
        until(lambda: server.metric("watchword_retransmissions_total") > before, "a retransmission seen")  # noqa: B023
    assert not login.has_answer()


def unsigned(
    nas: Nas, user: str, password: str, *, identifier: int | None = None, state: bytes | None = None
) -> Exchange:
    """Send a login without Message-Authenticator, as half of the clients do."""
    return nas.send(
        nas.request(user, password, station=STATION, signed=Signed.MISSING, identifier=identifier, state=state)
    )


def joined_by(server: Watchword, user: str, count: int) -> None:
    """Wait until so many requests wait for the one verification of a user."""
    server.waits(user)
    server.outstanding(count)


def test_ocserv_sends_one_packet_four_times_and_then_asks_the_secondary(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    phone = server.phone(user)

    with unsigned(nas, user, PASSWORD) as primary:
        joined_by(server, user, 1)
        again_while_it_waits(server, primary, 3)
        with unsigned(nas, user, PASSWORD) as secondary:
            joined_by(server, user, 2)
            again_while_it_waits(server, secondary, 3)
            phone.approve()
            assert [answer.accepted for answer in answers([primary, secondary])] == [True, True]

    assert server.reasons(user) == ["push", "joined"]
    assert phone.approve(wait=0).code == 1, "there was one prompt"


def test_ocserv_goes_through_several_rounds_of_challenges(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED, "--challenge")
    token = server.hotp(user)

    with unsigned(nas, user, PASSWORD) as first:
        challenge = first.answer()
        assert (challenge.challenged, challenge.message) == (True, "Enter your code")
    with unsigned(nas, user, token.code(0), state=challenge.state) as second:
        assert second.answer().accepted


def test_pam_radius_sends_the_same_packet_three_times(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    phone = server.phone(user)

    with unsigned(nas, user, PASSWORD) as login:
        joined_by(server, user, 1)
        again_while_it_waits(server, login, 2)
        phone.approve()
        first = login.octets()
        # The answer was lost on its way: the same packet gets the same octets, and nobody is asked again.
        login.again()
        assert login.octets() == first

    assert server.reasons(user) == ["push"]


def test_openvpn_retries_from_a_new_port_and_has_closed_the_old_one(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    phone = server.phone(user)

    first = unsigned(nas, user, PASSWORD, identifier=9)
    joined_by(server, user, 1)
    first.close()
    with unsigned(nas, user, PASSWORD, identifier=9) as second:
        joined_by(server, user, 2)
        phone.approve()
        assert second.answer().accepted, "the newest is answered too"

    assert server.reasons(user) == ["push", "joined"]


def test_openvpn_retries_after_the_answer_was_lost_with_its_closed_port(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    phone = server.phone(user)

    first = unsigned(nas, user, PASSWORD, identifier=9)
    joined_by(server, user, 1)
    first.close()
    phone.approve()
    until(lambda: server.reasons(user) == ["push"], "the first answered")
    with unsigned(nas, user, PASSWORD, identifier=9) as second:
        assert second.answer().accepted

    assert server.reasons(user) == ["push", "joined"]
    assert phone.approve(wait=0).code == 1


def test_openvpn_takes_a_challenge_for_a_refusal_and_starts_anew(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED, "--challenge")
    token = server.hotp(user)

    with unsigned(nas, user, PASSWORD) as ignored:
        assert ignored.answer().challenged
    with unsigned(nas, user, f"{PASSWORD},{token.code(0)}") as anew:
        assert anew.answer().accepted


def test_strongswan_repeats_its_eap_and_is_refused_at_once(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    identity = b"\x02\x01" + (5 + len(user)).to_bytes(2, "big") + b"\x01" + user.encode()

    with nas.send(nas.request(user, more=[(79, identity)])) as login:
        first = login.octets()
        login.again()
        assert login.octets() == first
    assert server.reasons(user) == ["unsupported-protocol"]


def test_postgresql_asks_once_without_a_station_and_may_type_a_code(server: Watchword) -> None:
    user, nas = server.user(), server.nas(UNSIGNED)
    token = server.hotp(user)

    with nas.send(nas.request(user, f"{PASSWORD},{token.code(0)}", signed=Signed.MISSING)) as login:
        assert login.answer(3).accepted


# --- fifty packets of one login


def fifty(nas: Nas, user: str, password: str, stack: ExitStack) -> list[Exchange]:
    """Send fifty different packets of one login, each from a port of its own."""
    sent = [nas.begin(user, password, station=STATION) for _ in range(50)]
    for each in sent:
        stack.enter_context(each)
    return sent


def test_fifty_packets_of_one_login_are_one_prompt_and_fifty_accepts(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with ExitStack() as stack:
        sent = fifty(nas, user, PASSWORD, stack)
        joined_by(server, user, 50)
        phone.approve()
        assert all(answer.accepted for answer in answers(sent))

    assert sorted(server.reasons(user)) == ["joined"] * 49 + ["push"]
    assert phone.approve(wait=0).code == 1, "there was one prompt"


def test_fifty_packets_that_the_phone_denies_are_fifty_rejects_and_one_failure(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    # Three prompts that were not approved turn push off: fifty packets are one of them.
    for time in (1, 2, 3):
        with ExitStack() as stack:
            sent = [nas.begin(user, PASSWORD, station=f"203.0.113.{time}") for _ in range(50)]
            for each in sent:
                stack.enter_context(each)
            joined_by(server, user, 50)
            assert server.ask("user", "show", user)["push_off_until"] is None
            phone.deny()
            assert all(answer.rejected for answer in answers(sent))

    assert server.reasons(user) == ["denied-by-user"] * 150
    shown = server.ask("user", "show", user)
    assert shown["push_off_until"] is not None
    assert (shown["wrong_second_steps"], shown["locked_until"]) == (0, None)


def test_fifty_packets_with_one_right_code_are_fifty_accepts_of_one_use(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    with ExitStack() as stack:
        sent = fifty(nas, user, f"{PASSWORD},{token.code(0)}", stack)
        assert all(answer.accepted for answer in answers(sent))

    assert sorted(server.reasons(user)) == ["code"] + ["joined"] * 49


def test_fifty_packets_with_one_wrong_code_are_one_failure(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    with ExitStack() as stack:
        sent = fifty(nas, user, f"{PASSWORD},{wrong_code(token)}", stack)
        assert all(answer.rejected for answer in answers(sent))

    assert server.ask("user", "show", user)["wrong_second_steps"] == 1
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted


def test_fifty_packets_with_one_wrong_password_are_one_try(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    with ExitStack() as stack:
        sent = fifty(nas, user, "wrong", stack)
        assert all(answer.rejected for answer in answers(sent))

    # Five different wrong passwords are free: were it fifty tries, this one would have to wait.
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted


def wrong_code(token: Token) -> str:
    """Return a code that no counter near the token's has."""
    near = {token.code(counter) for counter in range(120)}
    return next(code for code in map("{:06d}".format, range(200)) if code not in near)


# --- and nobody else


@pytest.fixture
def asked(server: Watchword) -> tuple[str, Phone]:
    """Make a user who has a phone."""
    user = server.user()
    return user, server.phone(user)


def test_a_login_at_another_application_is_another_login(server: Watchword, asked: tuple[str, Phone]) -> None:
    user, phone = asked
    one, other = server.nas("--challenge"), server.nas("--challenge")

    first = one.login(user, PASSWORD, station=STATION)
    second = other.login(user, PASSWORD, station=STATION)

    assert first.challenged
    assert second.challenged
    assert first.number != second.number
    assert phone.approve(first.number).code == 0
    assert one.login(user, "", state=first.state).accepted
    assert other.login(user, "", state=second.state).rejected


def test_a_login_without_a_station_joins_nothing(server: Watchword, asked: tuple[str, Phone]) -> None:
    user, phone = asked
    nas = server.nas()

    with nas.begin(user, PASSWORD) as first, nas.begin(user, PASSWORD) as second:
        (refused,) = one_answered(first, second)
        assert refused.rejected
        assert server.waits(user)[0]["contended"] is True
        phone.deny()

    assert "contended" in server.reasons(user)


def one_answered(*exchanges: Exchange) -> list[Answer]:
    """Wait until one of some exchanges has its answer."""
    until(lambda: any(exchange.has_answer() for exchange in exchanges), "an answer")
    return [exchange.answer() for exchange in exchanges if exchange.has_answer()]
