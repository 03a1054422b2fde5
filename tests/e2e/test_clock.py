"""
A clock that is set forward and back revives nothing (N5).

It is the clock of the running process that is stepped, by a library between it and the system; its monotonic clock goes
on as it did. What has once expired stays so, what was used stays used, and rows never go back in time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.clocks import ProcessClock
from tests.rigs.nas import Nas
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = pytest.mark.needs("oathtool")

BACK: Final = ["+0", "-1h", "-1d"]
"""Where the clock is set back to after it has shown an hour later."""


class Stepped:
    """A server whose clock is set by a file."""

    def __init__(self, folder: Path) -> None:
        self.clock = ProcessClock(folder / "clock")
        self.hours = 0
        self.server = server = Watchword(folder)
        server.environment = self.clock.environment
        server.start()
        server.ask("setting", "set", "radius.reject_delay", "0")

    def set(self, offset: str) -> None:
        """Set the clock so far from the machine's."""
        self.clock.set(offset)

    def there_and_back(self, back: str) -> None:
        """Let the process see an hour later than it ever has, and set its clock back."""
        self.hours += 1
        self.set(f"+{self.hours}h")
        self.server.ask("user", "add", f"hour{self.hours}@clock.test")
        self.set(back)

    def restart(self) -> None:
        """Stop it and start it again."""
        assert self.server.stop() == 0
        self.server.start()


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stepped]:
    """Run a server whose clock can be set."""
    stepped = Stepped(tmp_path_factory.mktemp("stepped"))
    yield stepped
    stepped.set("+0")
    server = stepped.server
    assert server.metric("watchword_faults_total") == 0
    assert server.stop() == 0
    server.environment = {}
    assert server.here("audit", "verify").code == 0
    instants = [row["at"] for row in server.activity()]
    assert instants == sorted(instants), "no row is older than the one before it"


@pytest.fixture
def server(stepped: Stepped) -> Watchword:
    """Have the server, its clock as the machine's."""
    stepped.set("+0")
    return stepped.server


@pytest.fixture
def nas(server: Watchword) -> Nas:
    """Have an application that asks."""
    return server.nas("--challenge")


@pytest.mark.parametrize("back", BACK)
def test_a_bypass_that_has_expired_stays_so(stepped: Stepped, server: Watchword, back: str) -> None:
    user, nas = server.user(), server.nas()
    identifier = server.ask("bypass", "add", user, "--seconds", "600", "--reason", "test")["id"]

    stepped.there_and_back(back)

    assert nas.login(user, PASSWORD, station=STATION).rejected
    (row,) = (row for row in server.ask("bypass", "list", "--all") if row["id"] == identifier)
    assert row["state"] == "expired"


@pytest.mark.parametrize("back", BACK)
def test_a_cached_login_that_has_expired_stays_so(stepped: Stepped, server: Watchword, back: str) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "600", "--application", nas.name)["id"]
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.1").accepted
    assert nas.login(user, PASSWORD, station="198.51.100.2").accepted

    stepped.there_and_back(back)

    assert nas.login(user, PASSWORD, station="198.51.100.3").rejected
    assert server.reasons(user) == ["code", "cache", "no-method"]
    server.ask("rule", "remove", rule)


@pytest.mark.parametrize("back", BACK)
def test_a_challenge_that_has_expired_stays_so(stepped: Stepped, server: Watchword, nas: Nas, back: str) -> None:
    user = server.user()
    token = server.hotp(user)
    challenge = nas.login(user, PASSWORD, station=STATION)
    assert challenge.challenged

    stepped.there_and_back(back)

    assert nas.login(user, token.code(0), state=challenge.state).rejected
    assert server.reasons(user) == ["challenge", "wrong-state"]


def test_setting_it_back_alone_makes_nothing_last_longer_and_nothing_end(stepped: Stepped, server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    token = server.hotp(user)
    server.ask("bypass", "add", user, "--seconds", "600", "--reason", "test")
    before = server.ask("bypass", "list")[0]["expires_at"]

    stepped.set("-1d")

    assert server.ask("bypass", "list")[0]["expires_at"] == before
    assert nas.login(user, PASSWORD, station="198.51.100.1").accepted
    challenge = nas.login(user, PASSWORD, station="198.51.100.2")
    assert nas.login(user, token.code(0), state=challenge.state).accepted


# --- codes of a token that goes by the clock


@pytest.fixture
def totp(server: Watchword) -> tuple[str, Nas, Token]:
    """Have a user whose token goes by the clock."""
    user = server.user()
    return user, server.nas(), server.totp(user)


HOUR: Final = 120
"""Time steps of an hour."""


def test_a_used_code_stays_used_whatever_the_clock_shows(
    stepped: Stepped, server: Watchword, totp: tuple[str, Nas, Token]
) -> None:
    user, nas, token = totp
    code = token.code()
    assert nas.login(user, f"{PASSWORD},{code}", station="198.51.100.1").accepted

    stepped.set("-1h")
    assert nas.login(user, f"{PASSWORD},{token.code(steps=-HOUR)}", station="198.51.100.2").rejected
    stepped.set("+0")
    assert nas.login(user, f"{PASSWORD},{code}", station="198.51.100.3").rejected
    assert server.reasons(user) == ["code", "used-code", "used-code"]


def test_a_clock_that_was_an_hour_ahead_locks_nobody_out_who_did_not_log_in_then(
    stepped: Stepped, server: Watchword, totp: tuple[str, Nas, Token]
) -> None:
    user, nas, token = totp
    stepped.there_and_back("+0")

    assert nas.login(user, f"{PASSWORD},{token.code()}", station=STATION).accepted
    assert server.reasons(user) == ["code"]


def test_codes_before_the_one_that_was_used_ahead_are_worth_nothing(
    stepped: Stepped, server: Watchword, totp: tuple[str, Nas, Token]
) -> None:
    user, nas, token = totp
    stepped.set("+1h")
    assert nas.login(user, f"{PASSWORD},{token.code(steps=HOUR)}", station="198.51.100.1").accepted

    stepped.set("+0")
    assert nas.login(user, f"{PASSWORD},{token.code()}", station="198.51.100.2").rejected
    assert server.reasons(user) == ["code", "used-code"]


# --- waiting, restarts, and what is said


@pytest.mark.parametrize("offset", ["+1d", "-1d"])
def test_who_waits_for_a_phone_waits_as_long_as_he_would(stepped: Stepped, server: Watchword, offset: str) -> None:
    user, nas = server.user(), server.nas()
    phone = server.phone(user)

    with nas.begin(user, PASSWORD, station=STATION) as login:
        server.waits(user)
        stepped.set(offset)
        server.waits(user)
        assert not login.has_answer()
        stepped.set("+0")
        assert phone.approve().code == 0
        assert login.answer().accepted


def test_a_restart_with_a_clock_that_was_set_back_revives_nothing(stepped: Stepped, server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    token = server.totp(user)
    server.ask("bypass", "add", user, "--seconds", "600", "--reason", "test")
    code = token.code()
    assert nas.login(user, f"{PASSWORD},{code}", station="198.51.100.1").accepted
    stepped.there_and_back("-1d")

    stepped.restart()
    nas.server = server.radius

    assert nas.login(user, PASSWORD, station="198.51.100.2").rejected
    assert nas.login(user, f"{PASSWORD},{token.code(steps=-24 * HOUR)}", station="198.51.100.3").rejected
    findings = {found["check"]: found for found in server.here("doctor", "--json").document}
    assert findings["clock"]["level"] == "error"
    assert "behind" in findings["clock"]["sentence"]
    stepped.set("+0")
    assert nas.login(user, f"{PASSWORD},{code}", station="198.51.100.4").rejected
