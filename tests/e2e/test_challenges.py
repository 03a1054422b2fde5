"""
States of challenges over the wire: each is good once, for its user, client and application, and as he was (N12, N14).
"""

import os
from collections.abc import Callable
from typing import Final

import pytest

from tests.rigs.nas import Answer, Nas, Type
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = pytest.mark.needs("oathtool")


class Challenged:
    """A user at a challenge for a code."""

    def __init__(self, server: Watchword) -> None:
        self.server = server
        self.user = server.user()
        self.token: Token = server.hotp(self.user)
        self.nas: Nas = server.nas("--challenge")
        self.challenge = self.challenged()
        self.spent = 0

    def challenged(self, station: str = STATION) -> Answer:
        """Log in with the password, and be challenged."""
        challenge = self.nas.login(self.user, PASSWORD, station=station)
        assert challenge.challenged
        return challenge

    def answer(self, state: bytes | None = None, *, nas: Nas | None = None, user: str | None = None) -> Answer:
        """Answer with the next right code."""
        self.spent += 1
        code = self.token.code(self.spent)
        return (nas or self.nas).login(user or self.user, code, state=state or self.challenge.state)

    def last(self) -> str:
        """Return why the last request ended as it did."""
        return self.server.reasons(self.user)[-1]


@pytest.fixture
def challenged(server: Watchword) -> Challenged:
    """Have a user at a challenge."""
    return Challenged(server)


def test_a_state_is_good_once(challenged: Challenged) -> None:
    assert challenged.answer().accepted
    assert challenged.answer().rejected
    assert challenged.last() == "wrong-state"


def test_a_wrong_answer_spends_it_too(challenged: Challenged) -> None:
    assert challenged.nas.login(challenged.user, "hello", state=challenged.challenge.state).rejected
    assert challenged.last() == "wrong-code"
    assert challenged.answer().rejected
    assert challenged.last() == "wrong-state"


def test_one_state_answered_twenty_times_at_once_passes_once(challenged: Challenged) -> None:
    codes = [challenged.token.code(counter) for counter in range(10)] * 2
    sent = [challenged.nas.begin(challenged.user, code, state=challenged.challenge.state) for code in codes]
    answers = [exchange.answer() for exchange in sent]
    for exchange in sent:
        exchange.close()

    assert sum(answer.accepted for answer in answers) == 1


def test_it_is_no_one_elses(challenged: Challenged, server: Watchword) -> None:
    other = server.user()
    token = server.hotp(other)

    assert challenged.answer(user=other).rejected
    assert challenged.nas.login(other, token.code(0), state=challenged.challenge.state).rejected
    assert challenged.answer().accepted, "whoever tried it has not spoiled it"


def test_a_name_that_means_the_same_user_is_not_the_name_it_was_made_for(challenged: Challenged) -> None:
    assert challenged.answer(user=challenged.user.partition("@")[0]).rejected
    assert challenged.answer(user=challenged.user.upper()).accepted, "letters of either case are one name"


def test_it_is_no_other_clients(challenged: Challenged, server: Watchword) -> None:
    other = server.nas("--challenge")

    assert challenged.answer(nas=other).rejected
    assert challenged.answer().accepted


def test_it_is_no_other_clients_of_the_same_application_either(challenged: Challenged, server: Watchword) -> None:
    secret = "a second network of the same VPN"
    server.canaries.add(secret)
    given = ("application", "client-add", challenged.nas.name, "127.45.0.1", "--secret-stdin")
    server.ask(*given, stdin=secret)
    challenge = challenged.challenged("198.51.100.3")
    second = Nas(server.radius, secret.encode(), name=challenged.nas.name, address="127.45.0.1")

    assert challenged.answer(challenge.state, nas=second).rejected


@pytest.mark.parametrize(
    "state", [b"\0", os.urandom(16), os.urandom(253), b"\xff" * 16], ids=["short", "16", "253", "ff"]
)
def test_a_state_that_was_never_made_is_rejected(challenged: Challenged, state: bytes) -> None:
    assert challenged.answer(state).rejected


def test_two_states_are_rejected(challenged: Challenged) -> None:
    nas, state = challenged.nas, challenged.challenge.state
    code = challenged.token.code(1)
    two = nas.request(
        challenged.user, code, state=state, more=[(Type.STATE, challenged.challenged("198.51.100.9").state)]
    )
    with nas.send(two) as login:
        assert login.answer().rejected
    assert challenged.answer().accepted, "neither was spent"


def test_the_password_with_a_state_starts_no_login_of_its_own(challenged: Challenged) -> None:
    code = challenged.token.code(1)

    assert challenged.nas.login(challenged.user, f"{PASSWORD},{code}", state=challenged.challenge.state).rejected


def test_each_request_of_one_login_gets_a_state_of_its_own(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone = server.phone(user)

    first = nas.login(user, PASSWORD, station=STATION)
    second = nas.login(user, PASSWORD, station=STATION)
    assert first.state != second.state
    assert first.number == second.number, "it is one prompt"
    assert len(server.waits(user)) == 1
    assert phone.approve(first.number).code == 0
    assert nas.login(user, "", state=second.state).accepted
    assert nas.login(user, "", state=first.state).accepted, "joined"
    assert nas.login(user, "", state=first.state).rejected


# --- what happens between approval and answer


def blocked(server: Watchword, user: str) -> None:
    server.ask("user", "block", user, "--reason", "stolen")


def password_changed(server: Watchword, user: str) -> None:
    server.ask("user", "password", user, "--password-stdin", stdin=PASSWORD)


def method_added(server: Watchword, user: str) -> None:
    server.totp(user)


def removed(server: Watchword, user: str) -> None:
    server.ask("user", "remove", user)


EVENTS: Final = (blocked, password_changed, method_added, removed)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_approval_is_void_when_something_happens_before_it_is_asked_for(
    server: Watchword, event: Callable[[Watchword, str], None]
) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone = server.phone(user)
    challenge = nas.login(user, PASSWORD, station=STATION)
    assert phone.approve(challenge.number).code == 0

    event(server, user)

    assert nas.login(user, "", state=challenge.state).rejected


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_a_state_for_a_code_is_void_when_something_happens(
    challenged: Challenged, event: Callable[[Watchword, str], None]
) -> None:
    event(challenged.server, challenged.user)

    assert challenged.answer().rejected


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_a_login_that_waits_is_rejected_at_once_when_something_happens(
    server: Watchword, event: Callable[[Watchword, str], None]
) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        event(server, user)
        assert login.answer(10).rejected
    assert phone.approve(wait=0).code == 1


def test_an_application_that_is_switched_off_meanwhile_answers_nobody(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        server.ask("application", "change", nas.name, "--no-enabled")
        phone.approve()
        assert login.answer(10).rejected
