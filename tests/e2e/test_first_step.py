"""
The first step through the real listener: here, at OpenLDAP, at an Active Directory, at FreeRADIUS, and in order.

One wrong password is one bind at one directory, whatever the NAS repeats; a directory that hangs costs its own time-out
and nobody else's login; what a RADIUS server behind us grants stands in our Access-Accept.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final

import pytest

from tests.rigs import freeradius, samba
from tests.rigs import slapd as openldap
from tests.rigs.freeradius import FreeRadius, run_freeradius
from tests.rigs.nas import Nas, Type, answers
from tests.rigs.samba import Samba
from tests.rigs.slapd import Slapd
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword, until

pytestmark = pytest.mark.needs("oathtool")

needs_slapd = pytest.mark.needs("slapd", "slapadd")
needs_samba = pytest.mark.needs("samba", "samba-tool")
needs_freeradius = pytest.mark.needs("freeradius")

ALICE: Final = "alice@example.test"
ALICES_ENTRY: Final = f"cn=0,ou=people,{openldap.BASE}"
DOMAIN: Final = "example.test"


class Person:
    """Somebody whom the directories know, with a token here."""

    def __init__(self, server: Watchword, username: str) -> None:
        self.server = server
        self.username = username
        server.ask("user", "add", username)
        self.token: Token = server.hotp(username)
        self.spent = 0

    def typed(self, password: str) -> str:
        """Return what is typed: the password, and the next code."""
        self.spent += 1
        return f"{password},{self.token.code(self.spent)}"


@pytest.fixture(scope="module")
def people(server: Watchword) -> dict[str, Person]:
    """Make the people whom the directories have."""
    names = ("alice", "bob", "dave", "carol", "disabled", "expired", "mustchange", "locked")
    return {name: Person(server, f"{name}@{DOMAIN}") for name in names}


@pytest.fixture
def alice(people: dict[str, Person]) -> Person:
    """Have the person whom every directory knows."""
    return people["alice"]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeRadius]:
    """Run the RADIUS server behind us."""
    with run_freeradius(tmp_path_factory.mktemp("freeradius")) as found:
        yield found


@pytest.fixture(scope="module")
def ldap(server: Watchword, slapd: Slapd) -> str:
    """Add the LDAP directory."""
    return add_ldap(server, "ldap", slapd.url)


@pytest.fixture(scope="module")
def radius(server: Watchword, behind: FreeRadius) -> str:
    """Add the RADIUS server behind us."""
    return add_radius(server, "radius", behind.port)


def add_ldap(server: Watchword, name: str, url: str, *options: str) -> str:
    given = ("--type", "ldap", "--url", url, "--base", openldap.BASE, "--bind-dn", openldap.SERVICE_DN)
    server.canaries.add(openldap.SERVICE_PASSWORD)
    server.ask("directory", "add", name, *given, "--bind-password-stdin", *options, stdin=openldap.SERVICE_PASSWORD)
    return name


def add_radius(server: Watchword, name: str, port: int, *options: str) -> str:
    given = ("--type", "radius", "--url", f"radius://{freeradius.HOST}:{port}", "--secret-stdin")
    server.canaries.add(freeradius.SECRET.decode())
    server.ask("directory", "add", name, *given, *options, stdin=freeradius.SECRET.decode())
    return name


@contextmanager
def hung_server(kind: socket.SocketKind) -> Iterator[int]:
    """Have a port where everything is taken in and nothing is answered."""
    with closing(socket.socket(socket.AF_INET, kind)) as hung:
        hung.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            hung.listen(64)
        yield hung.getsockname()[1]


def reasons(server: Watchword, nas: Nas) -> list[str]:
    """Return how the logins at one application ended."""
    return [row["reason"] for row in server.activity() if row["application"] == nas.name]


# --- here


def test_a_password_that_is_kept_here(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--primary", "local")
    token = server.hotp(user)

    assert nas.login(user, f"wrong,{token.code(0)}", station="198.51.100.1").rejected
    assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="198.51.100.2").accepted


def test_who_has_no_password_here_does_not_pass_here(server: Watchword, alice: Person) -> None:
    nas = server.nas("--primary", "local")

    for password in ("", "x", PASSWORD):
        assert nas.login(alice.username, alice.typed(password), station="198.51.100.3").rejected


# --- OpenLDAP


@needs_slapd
def test_ldap_decides_the_first_step_and_we_the_second(server: Watchword, ldap: str, alice: Person) -> None:
    nas = server.nas("--primary", ldap)

    assert nas.login(alice.username, alice.typed(openldap.PASSWORD), station="198.51.100.1").accepted
    assert nas.login(alice.username, openldap.PASSWORD, station="198.51.100.2").rejected
    assert nas.login(alice.username, alice.typed("wrong"), station="198.51.100.3").rejected
    assert reasons(server, nas) == ["code", "no-method", "wrong-password"]


@needs_slapd
@pytest.mark.parametrize("kind", ["ldaps", "start-tls"])
def test_ldap_under_tls(server: Watchword, slapd: Slapd, alice: Person, kind: str) -> None:
    options = ["--ca", str(slapd.authority), *(["--start-tls"] if kind == "start-tls" else [])]
    name = add_ldap(server, kind, slapd.tls_url if kind == "ldaps" else slapd.url, *options)
    nas = server.nas("--primary", name)

    assert nas.login(alice.username, alice.typed(openldap.PASSWORD), station=STATION).accepted
    tested = server.ask("directory", "test", name, "alice", "--password-stdin", stdin=openldap.PASSWORD)
    assert tested["verdict"] == "accepted"


@needs_slapd
def test_one_wrong_password_is_one_bind_whatever_the_nas_repeats(
    server: Watchword, ldap: str, slapd: Slapd, alice: Person
) -> None:
    nas = server.nas("--primary", ldap)
    before = slapd.binds(ALICES_ENTRY)

    with ExitStack() as stack:
        sent = [stack.enter_context(nas.begin(ALICE, "wrong again", station=STATION)) for _ in range(30)]
        sent[0].again()
        assert all(answer.rejected for answer in answers(sent))
        # A retry after the Reject, from a new port, is still the same login.
        assert nas.login(ALICE, "wrong again", station=STATION).rejected
    assert slapd.binds(ALICES_ENTRY) == before + 1

    assert nas.login(ALICE, alice.typed(openldap.PASSWORD), station="198.51.100.9").accepted
    assert slapd.binds(ALICES_ENTRY) == before + 2, "a typed code is no part of what the directory sees"


@needs_slapd
def test_what_would_bind_as_nobody_is_never_sent(server: Watchword, ldap: str, slapd: Slapd, alice: Person) -> None:
    nas = server.nas("--primary", ldap)
    code = alice.token.code(alice.spent + 1)
    before = slapd.binds(ALICES_ENTRY)

    for number, typed in enumerate(("", f",{code}", "\0", f"\0,{code}", "SCRV1::" + "MTIzNDU2")):
        assert nas.login(ALICE, typed, station=f"198.51.100.{100 + number}").rejected
    assert slapd.binds(ALICES_ENTRY) == before


@needs_slapd
def test_whom_we_do_not_know_passes_on_the_password_alone_where_that_is_allowed(server: Watchword, ldap: str) -> None:
    matching, open_to_all = server.nas("--primary", ldap), server.nas("--primary", ldap, "--no-user-match")

    assert matching.login("zoë", openldap.PASSWORD, station=STATION).rejected
    assert open_to_all.login("zoë", openldap.PASSWORD, station=STATION).accepted
    assert open_to_all.login("zoë", "wrong", station=STATION).rejected
    assert open_to_all.login("nobody", openldap.PASSWORD, station=STATION).rejected
    assert server.reasons("zoë") == ["unknown-user", "not-required", "wrong-password"]


@needs_slapd
def test_a_name_that_the_directory_knows_as_somebody_we_know_by_another_is_denied(
    server: Watchword, ldap: str, alice: Person
) -> None:
    """B6: an alias at the directory must not be a way around the second step."""
    nas = server.nas("--primary", ldap, "--no-user-match")
    assert nas.login(alice.username, alice.typed(openldap.PASSWORD), station="198.51.100.40").accepted

    assert nas.login("OTHER\\ALICE@example.test", openldap.PASSWORD, station=STATION).rejected
    assert nas.login("EXAMPLE\\alice", openldap.PASSWORD, station=STATION).rejected


@needs_slapd
def test_the_service_account_is_bound_once_for_all_logins(
    server: Watchword, ldap: str, slapd: Slapd, alice: Person
) -> None:
    nas = server.nas("--primary", ldap)
    assert nas.login(ALICE, alice.typed(openldap.PASSWORD), station="198.51.100.20").accepted
    before = slapd.binds(openldap.SERVICE_DN)

    for number in range(3):
        assert nas.login(ALICE, alice.typed(openldap.PASSWORD), station=f"198.51.100.{21 + number}").accepted
    assert slapd.binds(openldap.SERVICE_DN) == before


# --- Active Directory


@pytest.fixture(scope="module")
def directory(server: Watchword, samba: Samba) -> str:
    """Add the Active Directory."""
    return add_active_directory(server, samba)


def add_active_directory(server: Watchword, controller: Samba) -> str:
    given = ("--type", "ldap", "--url", controller.tls_url, "--base", samba.BASE, "--ca", str(controller.authority))
    bind = ("--bind-dn", controller.dn("service"), "--bind-password-stdin", "--timeout", "10")
    server.canaries.add(samba.PASSWORD)
    server.ask("directory", "add", "ad", *given, *bind, stdin=samba.PASSWORD)
    return "ad"


@needs_samba
def test_active_directory_decides_the_first_step(server: Watchword, directory: str, alice: Person) -> None:
    nas = server.nas("--primary", directory)

    assert nas.login(ALICE, alice.typed(samba.PASSWORD), station="198.51.100.60").rejected, "that is slapd's alice"
    assert reasons(server, nas) == ["ambiguous-user"]


@needs_samba
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("disabled", "the account is disabled (533)"),
        ("expired", "the account has expired (701)"),
        ("mustchange", "the password must be changed first (773)"),
    ],
)
def test_active_directorys_reasons_are_told_apart_in_activity_and_not_on_the_wire(
    server: Watchword, directory: str, people: dict[str, Person], name: str, words: str
) -> None:
    nas, person = server.nas("--primary", directory), people[name]

    answer = nas.login(person.username, person.typed(samba.PASSWORD), station=STATION)

    assert (answer.rejected, answer.message) == (True, "Sign-in was refused.")
    row = server.activity(person.username)[-1]
    assert (row["reason"], row["detail"]) == ("account-refused", words)
    assert words in server.here("why", row["id"]).out


@needs_samba
def test_active_directory_counts_one_strike_for_one_wrong_password(
    server: Watchword, directory: str, people: dict[str, Person]
) -> None:
    """Three lock there: two wrong passwords, each in thirty packets, leave the account open."""
    nas, person = server.nas("--primary", directory), people["locked"]
    for password in ("wrong one", "wrong two"):
        with ExitStack() as stack:
            sent = [stack.enter_context(nas.begin(person.username, password, station=STATION)) for _ in range(30)]
            assert all(answer.rejected for answer in answers(sent))
    login = nas.login(person.username, person.typed(samba.PASSWORD), station=STATION)
    assert login.accepted, server.activity(person.username)

    for password in ("wrong three", "wrong four", "wrong five"):
        assert nas.login(person.username, password, station=STATION).rejected
    assert nas.login(person.username, person.typed(samba.PASSWORD), station="198.51.100.61").rejected
    (row,) = (row for row in server.activity(person.username) if row["reason"] == "account-refused")
    assert row["detail"] == "the account is locked (775)"


# --- FreeRADIUS behind us


@needs_freeradius
def test_what_the_server_behind_grants_stands_in_our_accept(server: Watchword, radius: str, alice: Person) -> None:
    nas = server.nas("--primary", radius)

    answer = nas.login(ALICE.partition("@")[0], alice.typed(freeradius.PASSWORD), station=STATION)

    assert answer.accepted
    assert answer.values(Type.CLASS) == [b"\x00\x01\xfe"]
    assert answer.values(Type.FRAMED_IP_ADDRESS) == [bytes((10, 1, 2, 3))]
    assert answer.values(Type.SESSION_TIMEOUT) == [(3_600).to_bytes(4, "big")]
    assert answer.values(Type.VENDOR_SPECIFIC) == [b"\x00\x00\x00\x09\x01\x13shell:priv-lvl=15"]
    assert answer.values(Type.FILTER_ID) == [f"watchword {STATION}".encode()]
    assert answer.values(Type.REPLY_MESSAGE) == [], "its words are for whoever reads activity"


@needs_freeradius
def test_what_it_grants_outlives_a_challenge_and_is_nobodys_before(
    server: Watchword, radius: str, alice: Person
) -> None:
    nas = server.nas("--primary", radius, "--challenge")

    challenge = nas.login("alice", freeradius.PASSWORD, station=STATION)
    assert challenge.challenged
    assert challenge.values(Type.CLASS) == []
    accept = nas.login("alice", alice.typed("").lstrip(","), state=challenge.state)
    assert accept.accepted
    assert accept.values(Type.CLASS) == [b"\x00\x01\xfe"]


@needs_freeradius
@pytest.mark.parametrize(
    ("name", "words"), [("bob", "Your account is closed."), ("carol", "asked for a step of its own")]
)
def test_whom_it_refuses_is_rejected_with_its_words_in_activity(
    server: Watchword, radius: str, people: dict[str, Person], name: str, words: str
) -> None:
    nas = server.nas("--primary", radius)

    assert nas.login(name, people[name].typed(freeradius.PASSWORD), station=STATION).rejected
    row = server.activity(people[name].username)[-1]
    assert words in server.here("why", row["id"]).out


@needs_freeradius
def test_one_wrong_password_is_one_login_there(server: Watchword, radius: str, behind: FreeRadius) -> None:
    nas = server.nas("--primary", radius)
    before = behind.logins()

    with ExitStack() as stack:
        sent = [stack.enter_context(nas.begin("dave", "wrong", station=STATION)) for _ in range(30)]
        assert all(answer.rejected for answer in answers(sent))
    assert behind.logins() == before + 1


# --- several, and those that hang


@needs_slapd
@needs_freeradius
def test_the_first_that_knows_the_user_decides(
    server: Watchword, ldap: str, radius: str, behind: FreeRadius, people: dict[str, Person]
) -> None:
    nas = server.nas("--primary", f"{ldap},{radius}")
    before = behind.logins()

    assert nas.login("alice", people["alice"].typed(openldap.PASSWORD), station="198.51.100.80").accepted
    assert nas.login("alice", people["alice"].typed("wrong"), station="198.51.100.81").rejected
    assert behind.logins() == before, "one wrong password is one check at one directory"
    assert nas.login("dave", people["dave"].typed(freeradius.PASSWORD), station="198.51.100.82").accepted
    assert behind.logins() == before + 1


@needs_slapd
def test_one_that_is_stopped_is_passed_over_at_once(server: Watchword, ldap: str, alice: Person) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    gone = add_ldap(server, "gone", f"ldap://127.0.0.1:{port}", "--timeout", "10")
    nas = server.nas("--primary", f"{gone},{ldap}")
    began = time.monotonic()

    assert nas.login(ALICE, alice.typed(openldap.PASSWORD), station="198.51.100.90").accepted
    assert time.monotonic() - began < 5


@needs_slapd
def test_one_that_hangs_costs_its_own_time_and_nobody_elses_login(
    server: Watchword, ldap: str, people: dict[str, Person]
) -> None:
    with hung_server(socket.SOCK_STREAM) as port:
        hung = add_ldap(server, "hung", f"ldap://127.0.0.1:{port}", "--timeout", "2")
        first, alone, other = server.nas("--primary", f"{hung},{ldap}"), server.nas("--primary", hung), server.nas()
        user = server.user()
        token = server.hotp(user)
        began = time.monotonic()

        with ExitStack() as stack:
            waiting = [
                stack.enter_context(alone.begin(f"bob@{DOMAIN}", f"password {number}", station=f"198.51.100.{number}"))
                for number in range(20)
            ]
            failing_over = stack.enter_context(
                first.begin(ALICE, people["alice"].typed(openldap.PASSWORD), station=STATION)
            )
            server.outstanding(21)
            for number in range(5):
                assert other.login(user, f"{PASSWORD},{token.code(number)}", station=f"198.51.100.{number}").accepted
            assert not any(login.has_answer() for login in waiting), "nobody waited for the one that hangs"
            assert failing_over.answer().accepted
            assert all(answer.rejected for answer in answers(waiting))
        assert 1.5 < time.monotonic() - began < 15

    assert "directory-away" in server.reasons(f"bob@{DOMAIN}")
    assert server.ask("user", "show", user)["wrong_second_steps"] == 0


@needs_freeradius
def test_a_radius_server_that_hangs_hands_over_in_time_for_the_nas(
    server: Watchword, radius: str, people: dict[str, Person]
) -> None:
    with hung_server(socket.SOCK_DGRAM) as port:
        hung = add_radius(server, "silent", port, "--timeout", "1", "--tries", "2")
        nas: Nas = server.nas("--primary", f"{hung},{radius}", "--deadline", "20")
        began = time.monotonic()

        assert nas.login("dave", people["dave"].typed(freeradius.PASSWORD), station="198.51.100.95").accepted
        assert 1.5 < time.monotonic() - began < 15
        # It is asked last for a while, so that the next login does not wait.
        began = time.monotonic()
        assert nas.login("dave", people["dave"].typed(freeradius.PASSWORD), station="198.51.100.96").accepted
        assert time.monotonic() - began < 1.9


def test_a_directory_that_is_away_is_a_denial_and_nobodys_failure(server: Watchword, alice: Person) -> None:
    with hung_server(socket.SOCK_DGRAM) as port:
        hung = add_radius(server, "nobody there", port, "--timeout", "1", "--tries", "1")
        nas = server.nas("--primary", hung)
        with ExitStack() as stack:
            sent = [
                stack.enter_context(nas.begin(ALICE, alice.typed(openldap.PASSWORD), station=f"198.51.100.{number}"))
                for number in range(3)
            ]
            assert all(answer.rejected for answer in answers(sent))

    assert reasons(server, nas) == ["directory-away"] * 3
    shown = server.ask("user", "show", ALICE)
    assert (shown["wrong_second_steps"], shown["locked_until"]) == (0, None)
    until(lambda: server.metric("watchword_outstanding") == 0, "everything answered")
