"""
Two logins of one user at once, one of which may be somebody else's who knows the password (N6, C3, C4).

No approval of the user may ever let the other one in: they never join, plain approve is off for both, and the number
of the one screen, or a code, is what tells them apart.
"""

from typing import Final

import pytest

from tests.rigs.nas import Exchange, Nas
from tests.rigs.watchword import PASSWORD, Phone, Watchword

pytestmark = pytest.mark.needs("oathtool")

USERS: Final = "203.0.113.7"
STRANGERS: Final = "198.51.100.66"


@pytest.fixture
def user(server: Watchword) -> str:
    """Make a user."""
    return server.user()


@pytest.fixture
def phone(server: Watchword, user: str) -> Phone:
    """Pair his phone."""
    return server.phone(user)


@pytest.fixture
def nas(server: Watchword) -> Nas:
    """Have an application that shows no numbers."""
    return server.nas("--deadline", "2")


@pytest.fixture
def asking(server: Watchword) -> Nas:
    """Have an application that shows numbers."""
    return server.nas("--challenge")


def waiting(server: Watchword, nas: Nas, user: str, station: str) -> Exchange:
    """Send a login and wait until the phone shows it."""
    login = nas.begin(user, PASSWORD, station=station)
    server.waits(user)
    return login


@pytest.mark.parametrize(
    ("first", "second"), [(USERS, STRANGERS), (STRANGERS, USERS)], ids=["user first", "stranger first"]
)
def test_without_numbers_neither_can_be_approved(
    server: Watchword, user: str, phone: Phone, nas: Nas, first: str, second: str
) -> None:
    with waiting(server, nas, user, first) as leader:
        assert nas.login(user, PASSWORD, station=second).rejected
        assert server.waits(user)[0]["contended"] is True
        assert phone.approve().code == 1, "plain approve is off"
        assert leader.answer().rejected

    rows = {row["source"]: row["reason"] for row in server.activity(user)}
    assert rows == {second: "contended", first: "contended"}


def test_an_approval_of_the_users_login_is_none_of_the_strangers_who_comes_after(
    server: Watchword, user: str, phone: Phone, nas: Nas
) -> None:
    with waiting(server, nas, user, USERS) as login:
        phone.approve()
        assert login.answer().accepted
    with waiting(server, nas, user, STRANGERS) as stranger:
        phone.deny()
        assert stranger.answer().rejected

    assert server.reasons(user) == ["push", "denied-by-user"]


@pytest.mark.parametrize("stranger_first", [False, True])
def test_the_number_of_the_users_screen_lets_in_the_user_and_nobody_else(
    server: Watchword, user: str, phone: Phone, asking: Nas, *, stranger_first: bool
) -> None:
    order = [STRANGERS, USERS] if stranger_first else [USERS, STRANGERS]
    challenges = {station: asking.login(user, PASSWORD, station=station) for station in order}
    assert all(challenge.challenged for challenge in challenges.values())
    mine, theirs = challenges[USERS], challenges[STRANGERS]
    assert mine.number != theirs.number
    assert [row["contended"] for row in server.waits(user, 2)] == [True, True]

    with (
        asking.begin(user, "", state=theirs.state) as stranger,
        asking.begin(user, "", state=mine.state) as login,
    ):
        server.outstanding(2)
        assert phone.approve(mine.number).code == 0
        assert login.answer().accepted
        assert stranger.answer().rejected

    rows = {row["source"]: row["reason"] for row in server.activity(user) if row["outcome"] != "challenged"}
    assert rows == {USERS: "push", STRANGERS: "contended"}


@pytest.mark.parametrize("stranger_first", [False, True])
def test_a_wrong_number_ends_both(
    server: Watchword, user: str, phone: Phone, asking: Nas, *, stranger_first: bool
) -> None:
    order = [STRANGERS, USERS] if stranger_first else [USERS, STRANGERS]
    challenges = [asking.login(user, PASSWORD, station=station) for station in order]
    taken = {challenge.number for challenge in challenges}
    wrong = next(number for number in map(str, range(10, 100)) if number not in taken)

    assert phone.approve(wrong).code == 1
    assert all(asking.login(user, "", state=challenge.state).rejected for challenge in challenges)
    assert server.ask("pending") == []


def test_a_code_lets_its_own_login_in_and_not_the_other(
    server: Watchword, user: str, phone: Phone, asking: Nas
) -> None:
    token = server.hotp(user)
    theirs = asking.login(user, PASSWORD, station=STRANGERS)
    mine = asking.login(user, PASSWORD, station=USERS)

    with asking.begin(user, "", state=theirs.state) as stranger:
        server.outstanding(1)
        assert asking.login(user, token.code(0), state=mine.state).accepted
        assert not stranger.has_answer()
        assert phone.approve().code == 1, "a number is still needed"
        phone.deny()
        assert stranger.answer().rejected


def test_who_types_a_code_with_the_password_passes_beside_a_stranger_who_waits(
    server: Watchword, user: str, phone: Phone, nas: Nas
) -> None:
    token = server.hotp(user)
    with waiting(server, nas, user, STRANGERS) as stranger:
        assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=USERS).accepted
        assert not stranger.has_answer(), "the code is the user's and decides his login alone"
        phone.deny()
        assert stranger.answer().rejected


def test_a_bypass_is_the_users_only_as_long_as_nobody_else_comes_first(
    server: Watchword, user: str, phone: Phone, nas: Nas
) -> None:
    """A bypass decides nothing that is pending: the one who waits may be the stranger."""
    with waiting(server, nas, user, STRANGERS) as stranger:
        server.ask("bypass", "add", user, "--seconds", "60", "--reason", "flat battery")
        assert nas.login(user, PASSWORD, station=USERS).accepted
        assert stranger.answer().rejected, "what was older than the bypass's use is dead"
    assert phone.approve(wait=0).code == 1

    assert sorted(server.reasons(user)) == ["bypass", "superseded"]
