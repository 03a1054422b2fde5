"""
Guessing, over the wire: codes, passwords, and codes that were right once (N15, N16).

One limit holds for each person, whatever the name, source, application and number of sessions; wrong passwords slow
down whoever types them from where he types them, and nobody else.
"""
# ruff: noqa: RUF001 - letters and digits that look like others are what some of this is about

from collections import Counter
from contextlib import ExitStack
from typing import Final

import pytest

from tests.rigs.nas import Code, Exchange, Nas, answers
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = pytest.mark.needs("oathtool")

LIMIT: Final = 5
"""Wrong second steps that lock."""

SESSIONS: Final = 1_000


def wrong_codes(token: Token, count: int) -> list[str]:
    """Return codes that no counter near a token's own has."""
    near = {token.code(counter) for counter in range(112)}
    return [code for code in map("{:06d}".format, range(count + 112)) if code not in near][:count]


def all_rejected(sent: list[Exchange]) -> bool:
    """Wait for all answers."""
    return all(answer.rejected for answer in answers(sent))


# --- codes


def test_a_thousand_sessions_under_every_name_guess_five_times_together(server: Watchword) -> None:
    nases = [server.nas("--primary", "asserted"), server.nas("--primary", "asserted", "--challenge")]
    user, alias = "guessed@limit.test", "LIMIT\\guessed"
    server.ask("user", "add", user, "--alias", alias, "--alias", "g.uessed@mail.test")
    token = server.hotp(user)
    names = [user, "GUESSED@LIMIT.TEST", "guessed", alias, alias.lower(), "g.uessed@mail.test", f"ｇ{user[1:]}"]
    codes = wrong_codes(token, SESSIONS)

    for start in range(0, SESSIONS, 250):
        with ExitStack() as stack:
            sent = [
                nases[number % 2].begin(
                    names[number % len(names)], codes[number], station=f"10.0.{number % 256}.{number // 256}"
                )
                for number in range(start, start + 250)
            ]
            for each in sent:
                stack.enter_context(each)
            assert all_rejected(sent)

    seen = Counter(server.reasons(user))
    assert seen["wrong-code"] == LIMIT
    nobodys = server.reasons(names[-1])
    assert set(nobodys) == {"unknown-user"}, "a name that only looks like his is nobody's, and evaluates nothing"
    assert seen["wrong-code"] + seen["locked"] + len(nobodys) == SESSIONS
    assert nases[0].login(user, token.code(0), station=STATION).rejected, "the right code is locked out too"
    assert server.ask("user", "show", user)["locked_until"] is not None

    server.ask("user", "unlock", user)
    assert nases[0].login(user, token.code(0), station="198.51.100.3").accepted


def test_answers_to_challenges_are_guesses_like_any_other(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    token = server.hotp(user)
    codes = wrong_codes(token, 10)

    for number, code in enumerate(codes[:LIMIT]):
        challenge = nas.login(user, PASSWORD, station=f"198.51.100.{number}")
        assert challenge.challenged
        assert nas.login(user, code, state=challenge.state).rejected
        assert nas.login(user, token.code(0), state=challenge.state).rejected, "a State is good for one answer"

    assert nas.login(user, PASSWORD, station="198.51.100.99").rejected
    seen = Counter(server.reasons(user))
    assert (seen["wrong-code"], seen["wrong-state"], seen["locked"]) == (LIMIT, LIMIT, 1)
    assert server.ask("user", "show", user)["locked_until"] is not None


def test_a_locked_user_passes_at_no_door(server: Watchword) -> None:
    """Cache, bypass, challenge and phone: a lock is asked for at each, before and after."""
    user, nas, asking = server.user(), server.nas(), server.nas("--challenge")
    token, phone = server.hotp(user), server.phone(user)
    codes = wrong_codes(token, LIMIT)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "300", "--application", nas.name)["id"]
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted
    challenge = asking.login(user, PASSWORD, station="198.51.100.1")
    assert challenge.challenged
    server.ask("bypass", "add", user, "--seconds", "60", "--reason", "test", "--application", asking.name)

    for number, code in enumerate(codes):
        assert nas.login(user, f"{PASSWORD},{code}", station=f"198.51.100.{10 + number}").rejected

    assert phone.approve(challenge.number, wait=0).code == 1, "the prompt is over"
    assert asking.login(user, token.code(1), state=challenge.state).rejected
    assert asking.login(user, PASSWORD, station="198.51.100.30").rejected
    assert nas.login(user, PASSWORD, station=STATION).rejected
    assert nas.login(user, f"{PASSWORD},{token.code(1)}", station="198.51.100.31").rejected
    assert Counter(server.reasons(user)) == {
        "code": 1,
        "challenge": 1,
        "wrong-code": LIMIT,
        "locked": 4,
        "wrong-state": 1,
    }
    server.ask("rule", "remove", rule)


def test_only_a_second_step_from_the_same_place_forgives_wrong_ones(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    def wrong() -> int:
        count: int = server.ask("user", "show", user)["wrong_second_steps"]
        return count

    for code in wrong_codes(token, 3):
        assert nas.login(user, f"{PASSWORD},{code}", station=STATION).rejected
    server.ask("bypass", "add", user, "--seconds", "60", "--reason", "test")
    assert nas.login(user, PASSWORD, station=STATION).accepted
    assert wrong() == 3, "a bypass shows nothing"
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
    assert wrong() == 3, "whoever guesses is elsewhere"
    assert nas.login(user, f"{PASSWORD},{token.code(1)}", station=STATION).accepted
    assert wrong() == 0


@pytest.mark.parametrize(
    "typed",
    [
        "１２３４５６",
        "٣٤٥٦٧٨",
        "12345",
        "1234567",
        "123456789",
        "-12345",
        "1e5",
        "12_456",
        " 123456",
        "123456\n",
        "",
        "0",
    ],
)
def test_what_is_no_code_is_never_taken_for_one(server: Watchword, typed: str) -> None:
    user, nas = server.user(), server.nas("--challenge")
    server.totp(user)

    challenge = nas.login(user, PASSWORD, station=STATION)
    assert nas.login(user, typed, state=challenge.state).rejected
    # Behind the comma it is a part of the password, which is a wrong one then.
    assert nas.login(user, f"{PASSWORD},{typed}", station="198.51.100.1").code is Code.ACCESS_REJECT
    assert server.reasons(user)[1:] == ["wrong-code", "wrong-password"]


def test_one_code_from_fifty_places_at_once_passes_once(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--primary", "asserted")
    code = server.totp(user).code()

    with ExitStack() as stack:
        sent = [nas.begin(user, code, station=f"198.51.100.{last}") for last in range(50)]
        for each in sent:
            stack.enter_context(each)
        accepted = sum(answer.accepted for answer in answers(sent))

    assert accepted == 1
    assert server.reasons(user).count("code") == 1


def test_a_code_is_good_once_and_none_before_it_any_more(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--primary", "asserted")
    token = server.totp(user)
    now, later = token.code(), token.code(steps=1)

    assert nas.login(user, later, station="198.51.100.1").accepted
    assert nas.login(user, later, station="198.51.100.2").rejected
    assert nas.login(user, now, station="198.51.100.3").rejected
    assert server.reasons(user) == ["code", "used-code", "used-code"]


def test_an_hotp_token_far_ahead_comes_back_by_two_codes_in_a_row(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--primary", "asserted")
    token = server.hotp(user)

    assert nas.login(user, token.code(8), station="198.51.100.1").accepted, "the look-ahead"
    assert nas.login(user, token.code(7), station="198.51.100.2").rejected, "never back"
    assert nas.login(user, token.code(60), station="198.51.100.3").rejected
    assert nas.login(user, token.code(61), station="198.51.100.4").accepted, "the second in a row"
    assert nas.login(user, token.code(62), station="198.51.100.5").accepted


def test_a_token_of_somebody_else_is_worth_nothing(server: Watchword) -> None:
    alice, bob, nas = server.user(), server.user(), server.nas()
    token, codes = server.hotp(alice), server.backup_codes(alice)
    server.hotp(bob)
    server.backup_codes(bob)

    assert nas.login(bob, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").rejected
    assert nas.login(bob, f"{PASSWORD},{codes[0]}", station="198.51.100.2").rejected
    assert nas.login(alice, f"{PASSWORD},{codes[0]}", station="198.51.100.3").accepted


# --- passwords


def guesses(nas: Nas, user: str, station: str, count: int) -> None:
    """Type so many different wrong passwords."""
    for number in range(count):
        assert nas.login(user, f"wrong {number}", station=station).rejected


def test_wrong_passwords_slow_down_their_source_and_nobody_else(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)

    guesses(nas, user, "198.51.100.66", 5)
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.66").rejected
    assert Counter(server.reasons(user)) == {"wrong-password": 5, "throttled": 1}

    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=STATION).accepted, "nobody is locked out by strangers"
    assert server.ask("user", "show", user)["locked_until"] is None


def test_sixty_passwords_at_once_are_not_sixty_tries(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    server.hotp(user)

    with ExitStack() as stack:
        sent = [nas.begin(user, f"wrong {number}", station=STATION) for number in range(60)]
        for each in sent:
            stack.enter_context(each)
        assert all_rejected(sent)

    seen = Counter(server.reasons(user))
    assert seen["wrong-password"] <= 5
    assert seen["wrong-password"] + seen["throttled"] == 60


# --- names


def test_all_names_of_a_person_are_one_person(server: Watchword) -> None:
    user = "zoë@names.test"
    server.canaries.add(PASSWORD)
    given = ("--alias", "NAMES\\zoe", "--alias", "z@mail.test", "--password-stdin")
    server.ask("user", "add", user, *given, stdin=PASSWORD)
    nas, token = server.nas(), server.hotp(user)
    names = ["zoë@names.test", "ZOË@NAMES.TEST", "zoe\u0308@names.test", "zoë", "names\\ZOE", "z@mail.test"]

    for counter, name in enumerate(names):
        assert nas.login(name, f"{PASSWORD},{token.code(counter)}", station=STATION).accepted, name
    assert {row["user"] for row in server.activity(user)} == {user}


@pytest.mark.parametrize("name", ["", " ", "\0", "zoë\0@names.test", "zoë@names.test\0", "а" * 126, "\u202ezoë"])
def test_a_name_that_is_nobodys_is_denied_and_disturbs_nothing(server: Watchword, name: str) -> None:
    nas = server.nas()

    with nas.begin(name, PASSWORD, station=STATION) as login:
        if name:
            assert login.answer().rejected
    with nas.probe() as probe:
        assert probe.answer().accepted


def test_a_name_that_means_two_people_is_denied(server: Watchword) -> None:
    for domain in ("one.test", "two.test"):
        server.ask("user", "add", f"same@{domain}", "--password-stdin", stdin=PASSWORD)
        server.hotp(f"same@{domain}")
    nas = server.nas()

    assert nas.login("same", PASSWORD, station=STATION).rejected
    assert server.reasons("same") == ["ambiguous-user"]
