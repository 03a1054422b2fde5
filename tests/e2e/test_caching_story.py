"""
Caching rules over the wire (N8, N9, N11).

They save a second step and never a first one, nothing is remembered that was not shown, and what happens ends it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.rigs.nas import CredulousServer, Nas
from tests.rigs.watchword import PASSWORD, STATION, Phone, Token, Watchword, until

pytestmark = pytest.mark.needs("oathtool")

ELSEWHERE: Final = "198.51.100.20"
NEW_PASSWORD: Final = "another correct horse"


class Remembered:
    """A user whose login was just remembered under a rule of an application's own."""

    def __init__(
        self, server: Watchword, *, kind: str = "application", seconds: int = 300, station: str = STATION
    ) -> None:
        self.server = server
        self.user = server.user()
        self.nas: Nas = server.nas()
        self.token: Token = server.hotp(self.user)
        self.spent = 0
        self.phone: Phone | None = None
        given = ("--type", kind, "--seconds", f"{seconds}", "--application", self.nas.name)
        self.rule = server.ask("rule", "add", *given)["id"]
        self.show(station)

    def show(self, station: str = STATION) -> None:
        """Log in with a second step."""
        assert self.nas.login(self.user, f"{PASSWORD},{self.token.code(self.spent)}", station=station).accepted
        self.spent += 1

    def passes(self, station: str | None = STATION, password: str = PASSWORD) -> bool:
        """Log in with the password alone."""
        return self.nas.login(self.user, password, station=station).accepted

    def foreseen(self) -> str:
        """Return why the password alone would pass, or why it would not."""
        reason: str = self.server.ask("what-if", self.user, self.nas.name, "--source", STATION)["reason"]
        return reason

    def entries(self) -> list[dict[str, Any]]:
        """Return what is remembered."""
        rows: list[dict[str, Any]] = self.server.ask("rule", "entries", "--user", self.user)
        return rows


@pytest.fixture
def remembered(server: Watchword) -> Iterator[Remembered]:
    """Have a login that is remembered."""
    remembered = Remembered(server)
    yield remembered
    if remembered.rule in {row["id"] for row in server.ask("rule", "list")}:
        server.ask("rule", "remove", remembered.rule)


# --- what a hit is


def test_the_password_alone_passes_and_it_is_said_why(remembered: Remembered, server: Watchword) -> None:
    (entry,) = remembered.entries()
    assert (entry["rule"], entry["user"], entry["application"]) == (
        remembered.rule,
        remembered.user,
        remembered.nas.name,
    )
    assert (entry["source"], entry["hits"]) == (None, 0)

    assert remembered.passes()
    assert remembered.passes(ELSEWHERE)

    first, *hits = server.activity(remembered.user)
    assert [(row["reason"], row["rule"], row["origin"]) for row in hits] == [
        ("cache", remembered.rule, first["id"])
    ] * 2


def test_hits_are_counted_and_extend_nothing(remembered: Remembered) -> None:
    (before,) = remembered.entries()

    assert all(remembered.passes() for _ in range(5))

    (after,) = remembered.entries()
    assert after == before | {"hits": 5}


def test_the_window_is_fixed(server: Watchword) -> None:
    remembered = Remembered(server, seconds=1)

    # Hit as long as it lasts; were the window sliding, it would last for ever.
    until(lambda: not remembered.passes(), "the entry's end", seconds=10)
    assert remembered.entries() == []
    server.ask("rule", "remove", remembered.rule)


# --- a cache never replaces what was typed


def test_a_wrong_code_never_passes_by_a_cache_and_is_counted(remembered: Remembered, server: Watchword) -> None:
    wrong = f"{(int(remembered.token.code(1)) + 1) % 1_000_000:06d}"

    assert remembered.passes(password=f"{PASSWORD},{wrong}") is False
    assert server.ask("user", "show", remembered.user)["wrong_second_steps"] == 1
    assert server.reasons(remembered.user)[-1] == "wrong-code"


def test_a_used_code_never_passes_by_a_cache(remembered: Remembered, server: Watchword) -> None:
    assert remembered.passes(ELSEWHERE, f"{PASSWORD},{remembered.token.code(0)}") is False
    assert server.reasons(remembered.user)[-1] == "used-code"


def test_a_wrong_password_never_passes_by_a_cache(remembered: Remembered, server: Watchword) -> None:
    assert remembered.passes(password="wrong") is False
    assert server.reasons(remembered.user)[-1] == "wrong-password"


def test_another_password_that_is_right_too_is_none_that_was_remembered(server: Watchword) -> None:
    """A password that was changed at the directory: nothing here has heard of that, and still the old login is over."""
    secret = "what a directory shares with us, long enough"
    server.canaries.add(secret)
    directory = CredulousServer(secret.encode())
    given = ("--type", "radius", "--url", f"radius://127.0.0.1:{directory.port}", "--secret-stdin")
    server.ask("directory", "add", "credulous", *given, stdin=secret)
    user, nas = server.user(), server.nas("--primary", "credulous")
    token = server.hotp(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "300", "--application", nas.name)["id"]
    try:
        assert nas.login(user, f"the old one,{token.code(0)}", station="198.51.100.1").accepted
        assert nas.login(user, "the old one", station="198.51.100.2").accepted
        assert nas.login(user, "the new one", station="198.51.100.3").rejected
    finally:
        directory.close()
    assert server.reasons(user) == ["code", "cache", "no-method"]
    server.ask("rule", "remove", rule)


# --- the key


def test_the_narrowest_type_needs_the_same_address(server: Watchword) -> None:
    remembered = Remembered(server, kind="ip")

    assert remembered.passes()
    assert not remembered.passes(ELSEWHERE)
    assert not remembered.passes("00-11-22-33-44-55"), "that is no address"
    assert not remembered.passes(None), "a part that is missing is a miss"
    assert remembered.entries()[0]["source"] == STATION
    server.ask("rule", "remove", remembered.rule)


@pytest.mark.parametrize("station", [None, "00-11-22-33-44-55"], ids=["none", "no address"])
def test_what_has_no_address_is_not_remembered_under_a_rule_that_needs_one(
    server: Watchword, station: str | None
) -> None:
    user, nas = server.user(), server.nas()
    token = server.hotp(user)
    rule = server.ask("rule", "add", "--type", "ip", "--seconds", "300", "--application", nas.name)["id"]

    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station=station).accepted
    assert server.ask("rule", "entries", "--user", user) == []
    assert not nas.login(user, PASSWORD, station=station).accepted
    server.ask("rule", "remove", rule)


def test_another_application_or_user_is_a_miss(remembered: Remembered, server: Watchword) -> None:
    other, elsewhere = server.user(), server.nas()
    server.hotp(other)

    assert not elsewhere.login(remembered.user, PASSWORD, station=STATION).accepted
    assert not remembered.nas.login(other, PASSWORD, station=STATION).accepted


def test_the_name_that_was_typed_does_not_matter(remembered: Remembered) -> None:
    short = remembered.user.partition("@")[0]

    assert remembered.nas.login(short.upper(), PASSWORD, station=STATION).accepted


def test_the_most_specific_rule_decides(server: Watchword) -> None:
    remembered = Remembered(server)
    narrow = server.ask("rule", "add", "--type", "ip", "--seconds", "300", "--application", remembered.nas.name)["id"]

    assert not remembered.passes(), "the narrower rule decides, and knows of nothing yet"
    remembered.show()
    assert remembered.passes()
    assert not remembered.passes(ELSEWHERE)
    assert [entry["rule"] for entry in remembered.entries() if entry["source"] == STATION] == [narrow]
    for rule in (narrow, remembered.rule):
        server.ask("rule", "remove", rule)


# --- what is never remembered


def test_what_was_not_a_real_second_step_is_not_remembered(server: Watchword) -> None:
    """N11: failures, time-outs, bypasses, what was joined and what a cache let through."""
    user, nas = server.user(), server.nas("--deadline", "1")
    phone = server.phone(user)
    rule = server.ask("rule", "add", "--type", "ip", "--seconds", "300", "--application", nas.name)["id"]

    def entries() -> list[str]:
        return [entry["source"] for entry in server.ask("rule", "entries", "--user", user)]

    assert nas.login(user, PASSWORD, station="198.51.100.1").rejected
    assert nas.login(user, "wrong", station="198.51.100.2").rejected
    with nas.begin(user, PASSWORD, station="198.51.100.3") as login:
        phone.deny()
        assert login.answer().rejected
    server.ask("bypass", "add", user, "--seconds", "60", "--reason", "test")
    assert nas.login(user, PASSWORD, station="198.51.100.4").accepted
    assert nas.login(user, PASSWORD, station="198.51.100.4").accepted
    assert server.reasons(user) == ["no-answer", "wrong-password", "denied-by-user", "bypass", "joined"]
    assert entries() == []

    server.ask("application", "change", nas.name, "--deadline", "50")
    with nas.begin(user, PASSWORD, station="198.51.100.5") as leader:
        server.waits(user)
        with nas.begin(user, PASSWORD, station="198.51.100.5") as joiner:
            server.outstanding(2)
            phone.approve()
            assert leader.answer().accepted
            assert joiner.answer().accepted
    assert entries() == ["198.51.100.5"], "the leader's, once"
    server.ask("rule", "remove", rule)


def test_a_push_and_an_answered_challenge_are_remembered(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    token = server.hotp(user)
    rule = server.ask("rule", "add", "--type", "application", "--seconds", "300", "--application", nas.name)["id"]

    challenge = nas.login(user, PASSWORD, station=STATION)
    assert nas.login(user, token.code(0), state=challenge.state).accepted
    assert nas.login(user, PASSWORD, station=ELSEWHERE).accepted
    assert server.reasons(user) == ["challenge", "code", "cache"]
    server.ask("rule", "remove", rule)


# --- what ends it


def new_password(remembered: Remembered) -> None:
    server = remembered.server
    server.canaries.add(NEW_PASSWORD)
    server.ask("user", "password", remembered.user, "--password-stdin", stdin=NEW_PASSWORD)


def same_password_again(remembered: Remembered) -> None:
    remembered.server.ask("user", "password", remembered.user, "--password-stdin", stdin=PASSWORD)


def blocked_and_unblocked(remembered: Remembered) -> None:
    for verb in ("block", "unblock"):
        remembered.server.ask("user", verb, remembered.user, "--reason", "test")


def method_added(remembered: Remembered) -> None:
    remembered.server.totp(remembered.user)


def method_removed(remembered: Remembered) -> None:
    remembered.server.ask("method", "remove", remembered.user, remembered.token.id)


def locked_and_unlocked(remembered: Remembered) -> None:
    right = {remembered.token.code(counter) for counter in range(120)}
    wrong = [code for code in map("{:06d}".format, range(200)) if code not in right]
    for number in range(5):
        assert not remembered.passes(f"198.51.100.{number}", f"{PASSWORD},{wrong[number]}")
    assert remembered.server.ask("user", "show", remembered.user)["locked_until"] is not None
    remembered.server.ask("user", "unlock", remembered.user)


def purged(remembered: Remembered) -> None:
    assert remembered.server.ask("rule", "purge", "--user", remembered.user)["purged"] == 1


def rule_removed(remembered: Remembered) -> None:
    remembered.server.ask("rule", "remove", remembered.rule)


def rule_removed_and_made_anew(remembered: Remembered) -> None:
    rule_removed(remembered)
    given = ("--type", "application", "--seconds", "300", "--application", remembered.nas.name)
    remembered.rule = remembered.server.ask("rule", "add", *given)["id"]


def application_changed(remembered: Remembered) -> None:
    remembered.server.ask("application", "change", remembered.nas.name, "--deadline", "40")


def secret_replaced(remembered: Remembered) -> None:
    new = "the secret that comes after the first"
    remembered.server.canaries.add(new)
    remembered.server.ask("application", "secret-replace", remembered.nas.name, "--secret-stdin", stdin=new)
    remembered.nas.secret = new.encode()


def denied(remembered: Remembered) -> None:
    server = remembered.server
    elsewhere = server.nas()
    remembered.phone = server.phone(remembered.user)
    remembered.show()
    assert remembered.foreseen() == "cache"
    with elsewhere.begin(remembered.user, PASSWORD, station=ELSEWHERE) as login:
        remembered.phone.deny()
        assert login.answer().rejected


def bypass_used(remembered: Remembered) -> None:
    server = remembered.server
    elsewhere = server.nas()
    server.ask("bypass", "add", remembered.user, "--seconds", "60", "--reason", "test")
    assert elsewhere.login(remembered.user, PASSWORD, station=ELSEWHERE).accepted


EVENTS: Final = (
    new_password,
    same_password_again,
    blocked_and_unblocked,
    method_added,
    method_removed,
    locked_and_unlocked,
    purged,
    rule_removed,
    rule_removed_and_made_anew,
    application_changed,
    secret_replaced,
    denied,
    bypass_used,
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_what_happened_since_ends_it(remembered: Remembered, event: Callable[[Remembered], None]) -> None:
    assert remembered.passes()
    assert remembered.foreseen() == "cache"

    event(remembered)

    assert remembered.foreseen() != "cache"
    for number, password in enumerate((PASSWORD, NEW_PASSWORD)):
        with remembered.nas.begin(remembered.user, password, station=f"198.51.100.{30 + number}") as login:
            if remembered.phone is not None and password == PASSWORD:
                remembered.phone.deny()
            assert login.answer().rejected


def test_a_restart_ends_it(server: Watchword) -> None:
    remembered = Remembered(server)
    assert remembered.passes()

    assert server.stop() == 0
    server.start()
    remembered.nas.server = server.radius

    assert not remembered.passes(ELSEWHERE)
    server.ask("rule", "remove", remembered.rule)
