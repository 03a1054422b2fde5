"""
One-time bypasses over the wire: each lets one login pass, once, whatever happens around it (N1, N3).
"""

import threading
from contextlib import ExitStack
from typing import Final

import pytest

from tests.rigs.nas import Exchange, Nas, answers
from tests.rigs.watchword import PASSWORD, STATION, Ran, Watchword, until

pytestmark = pytest.mark.needs("oathtool")

RACERS: Final = 200


def bypass(server: Watchword, user: str, *options: str, seconds: int = 60) -> str:
    """Make a bypass."""
    made = server.ask("bypass", "add", user, "--seconds", f"{seconds}", "--reason", "phone at home", *options)
    identifier: str = made["id"]
    return identifier


def state_of(server: Watchword, identifier: str) -> str:
    """Return how a bypass stands."""
    (row,) = (row for row in server.ask("bypass", "list", "--all") if row["id"] == identifier)
    state: str = row["state"]
    return state


def race(nas: Nas, user: str, stack: ExitStack, *, net: str) -> list[Exchange]:
    """Send logins from many sources at once."""
    sent = [nas.begin(user, "", station=f"{net}.{last}") for last in range(RACERS)]
    for each in sent:
        stack.enter_context(each)
    return sent


# --- once


def test_two_hundred_at_once_and_one_passes(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--primary", "asserted")
    identifier = bypass(server, user)

    with ExitStack() as stack:
        sent = race(nas, user, stack, net="198.51.100")
        accepted = [number for number, answer in enumerate(answers(sent)) if answer.accepted]

    assert len(accepted) == 1
    (row,) = (row for row in server.ask("bypass", "list", "--all") if row["id"] == identifier)
    assert (row["state"], row["used_at_application"], row["used_from"]) == (
        "used",
        nas.name,
        f"198.51.100.{accepted[0]}",
    )
    (passed,) = (row for row in server.activity(user) if row["outcome"] == "allowed")
    assert (passed["reason"], passed["bypass"], passed["source"]) == ("bypass", identifier, row["used_from"])
    assert len(server.reasons(user)) == RACERS


@pytest.mark.parametrize("answered", [0, 40], ids=["before any answer", "after some"])
def test_a_kill_amid_the_race_makes_it_no_second_one(own: Watchword, answered: int) -> None:
    server = own
    server.start()
    server.ask("setting", "set", "radius.reject_delay", "0")
    user, nas = server.user(), server.nas("--primary", "asserted")
    identifier = bypass(server, user)

    with ExitStack() as stack:
        sent = race(nas, user, stack, net="198.51.100")
        before = [exchange.answer() for exchange in sent[:answered]]
        server.kill()
        before += [exchange.answer() for exchange in sent[answered:] if exchange.has_answer()]
        server.start()
        nas.server = server.radius
        after = answers(race(nas, user, stack, net="192.0.2"))

    # The retransmissions of before the kill are new requests to the new process.
    accepted = [answer for answer in (*before, *after) if answer.accepted]
    rows = [row for row in server.activity(user) if row["outcome"] == "allowed"]
    assert len(accepted) <= 1
    assert len(rows) == 1
    assert (rows[0]["reason"], rows[0]["bypass"]) == ("bypass", identifier)
    assert state_of(server, identifier) == "used"
    assert server.here("audit", "verify").code == 0
    assert server.stop() == 0


def test_a_vpn_that_asks_twice_is_not_locked_out_by_its_own_retry(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    bypass(server, user)

    assert nas.login(user, PASSWORD, station=STATION).accepted
    assert nas.login(user, PASSWORD, station=STATION).accepted
    assert nas.login(user, PASSWORD, station="198.51.100.1").rejected

    assert server.reasons(user) == ["bypass", "joined", "no-method"]


# --- cancelled


def test_once_a_cancellation_has_returned_nobody_passes(server: Watchword) -> None:
    """Both orders: whichever commits first wins, and the other is told so."""
    nas = server.nas("--primary", "asserted")
    for attempt in range(12):
        user = server.user()
        identifier = bypass(server, user)
        cancelled: list[Ran] = []

        def cancel(identifier: str = identifier, cancelled: list[Ran] = cancelled) -> None:
            cancelled.append(server.here("bypass", "cancel", identifier, "--reason", "found it"))

        thread = threading.Thread(target=cancel)
        with ExitStack() as stack:
            # Every other time the login has a head start.
            sent = [] if attempt % 2 else [nas.begin(user, "", station="198.51.100.1")]
            thread.start()
            sent += [nas.begin(user, "", station=f"198.51.100.{last}") for last in range(2, 12)]
            for each in sent:
                stack.enter_context(each)
            accepted = sum(answer.accepted for answer in answers(sent))
            thread.join()
            late = nas.login(user, "", station="198.51.100.99")

        state = state_of(server, identifier)
        assert late.rejected
        assert (state, accepted, cancelled[0].code) in {("cancelled", 0, 0), ("used", 1, 1)}


def test_a_cancelled_one_lets_nobody_pass(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    identifier = bypass(server, user)
    server.ask("bypass", "cancel", identifier, "--reason", "found it")

    assert nas.login(user, PASSWORD, station=STATION).rejected
    assert server.refused("bypass", "cancel", identifier, "--reason", "again") != ""


def test_an_expired_one_lets_nobody_pass(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    identifier = bypass(server, user, seconds=1)
    until(lambda: state_of(server, identifier) == "expired", "the bypass expired")

    assert nas.login(user, PASSWORD, station=STATION).rejected
    assert server.reasons(user) == ["no-method"]


def test_a_new_one_takes_the_place_of_the_old_one_and_is_not_one_more(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    old, new = bypass(server, user), bypass(server, user)

    assert nas.login(user, PASSWORD, station="198.51.100.1").accepted
    assert nas.login(user, PASSWORD, station="198.51.100.2").rejected

    assert (state_of(server, old), state_of(server, new)) == ("superseded", "used")


# --- the second step only


def test_it_skips_no_password_and_is_not_used_by_a_wrong_one(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    identifier = bypass(server, user)

    assert nas.login(user, "wrong", station="198.51.100.1").rejected
    assert state_of(server, identifier) == "active"
    assert nas.login(user, PASSWORD, station="198.51.100.2").accepted


def test_a_code_that_is_typed_decides_and_leaves_it_alone(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    identifier = bypass(server, user)

    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.2").rejected
    assert state_of(server, identifier) == "active"


def test_a_block_beats_it(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    bypass(server, user)
    server.ask("user", "block", user, "--reason", "stolen")

    assert nas.login(user, PASSWORD, station="198.51.100.1").rejected
    server.ask("bypass", "add", user, "--seconds", "60", "--reason", "another")
    assert nas.login(user, PASSWORD, station="198.51.100.2").rejected
    assert server.reasons(user) == ["blocked", "blocked"]


def test_it_is_good_at_its_application_alone(server: Watchword) -> None:
    user, nas, other = server.user(), server.nas(), server.nas()
    identifier = bypass(server, user, "--application", nas.name)

    assert other.login(user, PASSWORD, station="198.51.100.1").rejected
    assert state_of(server, identifier) == "active"
    assert nas.login(user, PASSWORD, station="198.51.100.2").accepted


def test_its_use_ends_whatever_was_older(server: Watchword) -> None:
    user, asking, nas = server.user(), server.nas("--challenge"), server.nas()
    token = server.hotp(user)
    challenge = asking.login(user, PASSWORD, station="198.51.100.1")
    assert challenge.challenged
    bypass(server, user)

    assert nas.login(user, PASSWORD, station="198.51.100.2").accepted
    assert asking.login(user, token.code(0), state=challenge.state).rejected
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.3").accepted, "the code was not spent"


def test_its_use_is_no_second_step_for_a_caching_rule(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "600", "--application", nas.name)["id"]
    bypass(server, user)

    assert nas.login(user, PASSWORD, station="198.51.100.1").accepted
    assert server.ask("rule", "entries", "--user", user) == []
    assert nas.login(user, PASSWORD, station="198.51.100.2").rejected
    server.ask("rule", "remove", rule)


def test_it_is_not_burnt_where_a_caching_rule_lets_the_login_through(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "600", "--application", nas.name)["id"]
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
    identifier = bypass(server, user)

    assert nas.login(user, PASSWORD, station="198.51.100.2").accepted
    assert server.reasons(user) == ["code", "cache"]
    assert state_of(server, identifier) == "active"
    server.ask("rule", "remove", rule)
