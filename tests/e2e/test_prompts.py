"""
Prompts that nobody should get, that nobody answers, and that somebody else asked for (N19, P24 to P26).
"""

import re
from contextlib import ExitStack
from typing import Final

import pytest

from tests.rigs.nas import answers
from tests.rigs.watchword import PASSWORD, STATION, Watchword, until

pytestmark = pytest.mark.needs("oathtool")

STRANGERS: Final = "198.51.100.66"


def test_ten_ignored_pushes_make_nobody_else_wait_and_the_server_not_dead(server: Watchword) -> None:
    """Whoever has stolen one password must not get the NAS to mark the server dead for everybody."""
    victim, other, nas = server.user(), server.user(), server.nas("--deadline", "1")
    server.phone(victim)
    token = server.hotp(other)

    for number in range(10):
        with nas.begin(victim, PASSWORD, station=STRANGERS) as ignored:
            if number < 3:
                server.waits(victim)
            assert nas.login(other, f"{PASSWORD},{token.code(number)}", station=STATION).accepted
            with nas.probe() as probe:
                assert probe.answer().accepted
            assert ignored.answer(5).rejected, "a Reject before the NAS gives up, and not silence"
        if number < 3:
            # The same login would share that outcome for ten seconds.
            server.ask("user", "password", victim, "--password-stdin", stdin=PASSWORD)

    assert server.reasons(victim) == ["no-answer"] * 3 + ["no-method"] * 7
    assert server.ask("user", "show", victim)["push_off_until"] is not None


def test_a_password_that_is_wrong_rings_no_phone(server: Watchword) -> None:
    user, blocked, nas = server.user(), server.user(), server.nas()
    phone, other = server.phone(user), server.phone(blocked)
    server.ask("user", "block", blocked, "--reason", "left")

    assert nas.login(user, "wrong", station=STATION).rejected
    assert nas.login(user, f"{PASSWORD},000000", station=STATION).rejected
    assert nas.login(blocked, PASSWORD, station=STATION).rejected
    assert nas.login("nobody@nowhere.test", PASSWORD, station=STATION).rejected

    assert server.ask("pending") == []
    assert phone.approve(wait=0).code == 1
    assert other.approve(wait=0).code == 1


def test_no_phone_rings_for_what_a_cache_or_bypass_lets_through(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "300", "--application", nas.name)["id"]
    with nas.begin(user, PASSWORD, station=STATION) as login:
        phone.approve()
        assert login.answer().accepted

    assert nas.login(user, PASSWORD, station="198.51.100.1").accepted
    server.ask("rule", "remove", rule)
    server.ask("bypass", "add", user, "--seconds", "60", "--reason", "test")
    assert nas.login(user, PASSWORD, station="198.51.100.2").accepted

    assert phone.approve(wait=0).code == 1
    assert server.reasons(user) == ["push", "cache", "bypass"]


def test_three_denials_turn_push_off_and_nothing_else(server: Watchword) -> None:
    user, nas, asking = server.user(), server.nas(), server.nas("--challenge")
    phone, token = server.phone(user), server.hotp(user)
    for number in range(3):
        with nas.begin(user, PASSWORD, station=f"198.51.100.{number}") as login:
            phone.deny()
            assert login.answer().rejected

    assert nas.login(user, PASSWORD, station="198.51.100.10").rejected
    assert server.reasons(user)[-1] == "no-method"
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.11").accepted
    assert asking.login(user, PASSWORD, station="198.51.100.12").message == "Enter your code"
    assert server.ask("user", "show", user)["locked_until"] is None

    server.ask("user", "unlock", user)
    with nas.begin(user, PASSWORD, station="198.51.100.13") as login:
        phone.approve()
        assert login.answer().accepted


def test_who_says_that_it_was_somebody_else_ends_everything_of_his(server: Watchword) -> None:
    user, nas, asking = server.user(), server.nas(), server.nas("--challenge")
    phone, token = server.phone(user), server.hotp(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "300", "--application", nas.name)["id"]
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    bypass = server.ask("bypass", "add", user, "--seconds", "60", "--reason", "test", "--application", nas.name)["id"]
    challenge = asking.login(user, PASSWORD, station=STRANGERS)
    assert challenge.challenged

    assert phone.fraud().code == 0

    assert asking.login(user, token.code(1), state=challenge.state).rejected
    (row,) = (row for row in server.ask("bypass", "list", "--all") if row["id"] == bypass)
    assert row["state"] == "cancelled"
    assert server.ask("what-if", user, nas.name, "--source", STATION)["reason"] == "push", "neither cache nor bypass"
    assert "fraud" in server.reasons(user)
    server.ask("rule", "remove", rule)


def test_fraud_blocks_where_the_organisation_says_so(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)
    server.ask("setting", "set", "prompt.block_on_fraud", "1")
    try:
        with nas.begin(user, PASSWORD, station=STRANGERS) as login:
            phone.fraud()
            assert login.answer().rejected
    finally:
        server.ask("setting", "set", "prompt.block_on_fraud", "0")

    assert server.ask("user", "show", user)["blocked"] is not None
    assert nas.login(user, PASSWORD, station=STATION).rejected
    assert server.reasons(user) == ["fraud", "blocked"]


def test_one_of_two_phones_is_enough_and_the_first_answer_counts(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    one, two = server.phone(user), server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        assert two.deny().code == 0
        assert one.approve(wait=0).code == 1
        assert login.answer().rejected


def test_a_phone_that_was_removed_answers_nothing(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--deadline", "2")
    lost, kept = server.phone(user), server.phone(user)
    methods = server.ask("method", "list", user)
    identifier = next(row["id"] for row in methods if lost.state.name.endswith(row["id"]))
    server.ask("method", "remove", user, identifier)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        assert lost.approve(wait=0).code == 1
        assert not login.has_answer()
        assert kept.approve().code == 0
        assert login.answer().accepted


def test_many_users_phones_ring_at_once_each_for_his_own(server: Watchword) -> None:
    nas = server.nas()
    users = [server.user() for _ in range(5)]
    phones = [server.phone(user) for user in users]

    with ExitStack() as stack:
        logins = [stack.enter_context(nas.begin(user, PASSWORD, station=STATION)) for user in users]
        until(lambda: len(server.ask("pending")) == len(users), "all in progress")
        for number, phone in enumerate(phones):
            assert (phone.approve() if number % 2 else phone.deny()).code == 0
        assert [answer.accepted for answer in answers(logins)] == [False, True, False, True, False]


def test_what_the_phone_is_shown_is_the_login(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge", name="Head office VPN")
    phone = server.phone(user)

    challenge = nas.login(user, PASSWORD, station=STATION)
    answered = phone.approve(challenge.number)

    assert "Head office VPN" in answered.err
    assert STATION in answered.err
    words = answered.err.partition(", at ")[0]
    assert challenge.number not in re.findall(r"\d+", words), "the number is the screen's alone"
