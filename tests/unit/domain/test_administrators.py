"""
Administrators: what they are called, the owner who is always left, sessions, keys, and what passkeys are bound to.
"""

from dataclasses import replace
from typing import Final

import pytest

from watchword.domain.administrators import (
    Administrator,
    AdministratorId,
    ApiKey,
    ApiKeyId,
    Passkey,
    PasskeyId,
    RelyingParty,
    Session,
    SessionId,
    is_last_owner,
    login_name,
    password_fault,
    relying_party,
    site_of,
)
from watchword.domain.methods import Totp
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.domain.settings import SessionSettings

SECOND: Final = 1_000_000
LIMITS: Final = SessionSettings(idle_seconds=1_800, longest_seconds=43_200)
PASSKEY: Final = Passkey(id=PasskeyId(b"p"), credential=b"c", public_key=b"k", sign_count=7, label="laptop")
ADA: Final = Administrator(
    id=AdministratorId(b"a"),
    name="ada",
    display="Ada",
    role=Role.OWNER,
    password="$argon2id$",
    passkeys=(PASSKEY,),
)


# --- names and passwords


@pytest.mark.parametrize(
    ("written", "name"),
    [("Ada", "ada"), (" ada@Example.ORG ", "ada@example.org"), ("ädä", "ädä"), ("a" * 64, "a" * 64)],
)
def test_a_name_is_folded(written: str, name: str) -> None:
    assert login_name(written) == name


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "a b",
        "key:backup",
        "a/b",
        "a?b",
        "a#b",
        "<b>",
        'a"',
        "a'",
        "a\\b",
        "a\x00b",
        "a" * 65,
        "host",
        "System",
    ],
)
def test_what_could_be_taken_for_somebody_else_is_no_name(written: str) -> None:
    assert login_name(written) is None


@pytest.mark.parametrize("password", ["correct horse", "zwölf Zeichen!", "a b c d e f g"])
def test_several_words_make_a_password(password: str) -> None:
    assert password_fault(password.encode()) is None


@pytest.mark.parametrize(
    ("password", "words"),
    [
        (b"elevenchars", "at least 12 characters"),
        ("ä".encode() * 11, "at least 12 characters"),
        (b"abcdabcdabcdabcd", "5 different characters"),
        (b"x" * 257, "at most 256 octets"),
        (b"correct\0horse battery", "no NUL"),
        (b"correct horse \xff", "must be text"),
    ],
)
def test_a_password_that_is_none_says_why(password: bytes, words: str) -> None:
    fault = password_fault(password)

    assert fault is not None
    assert words in fault


# --- the owner who is always left


def test_who_has_a_password_and_a_second_step_is_set_up() -> None:
    totp = Totp(secret=Secret(b"seed"))
    assert ADA.is_set_up
    assert replace(ADA, passkeys=(), totp=totp).is_set_up
    assert not replace(ADA, passkeys=()).is_set_up
    assert not replace(ADA, password=None).is_set_up
    assert (ADA.second_steps, replace(ADA, totp=totp).second_steps, replace(ADA, passkeys=()).second_steps) == (1, 2, 0)


def test_the_last_owner_is_the_one_who_can_sign_in() -> None:
    other = replace(ADA, id=AdministratorId(b"o"), name="olga")

    assert is_last_owner(ADA, [ADA])
    assert not is_last_owner(ADA, [ADA, other])
    for helpless in (
        replace(other, disabled=True),
        replace(other, passkeys=()),
        replace(other, role=Role.AUTHENTICATION_ADMINISTRATOR),
    ):
        assert is_last_owner(ADA, [ADA, helpless])
        assert not is_last_owner(helpless, [ADA, helpless])


# --- sessions and keys


SESSION: Final = Session(
    id=SessionId(b"s"),
    administrator=ADA.id,
    created_at=0,
    seen_at=0,
    confirmed_at=0,
    expires_at=43_200 * SECOND,
    source="192.0.2.7",
    agent="",
)


def test_a_session_ends_where_nobody_is_there() -> None:
    assert SESSION.is_live(1_800 * SECOND - 1, LIMITS)
    assert not SESSION.is_live(1_800 * SECOND, LIMITS)


def test_a_session_ends_however_busy_it_is() -> None:
    busy = replace(SESSION, seen_at=43_199 * SECOND)

    assert busy.is_live(43_200 * SECOND - 1, LIMITS)
    assert not busy.is_live(43_200 * SECOND, LIMITS)


def test_a_second_step_is_fresh_for_five_minutes() -> None:
    assert SESSION.is_fresh(300 * SECOND - 1)
    assert not SESSION.is_fresh(300 * SECOND)


def test_a_key_is_good_until_it_ends_or_is_revoked() -> None:
    key = ApiKey(id=ApiKeyId(b"k"), name="backup", role=Role.AUDITOR, created_by="host", created_at=0)

    assert key.is_good(10**18)
    assert replace(key, expires_at=5).is_good(4)
    assert not replace(key, expires_at=5).is_good(5)
    assert not replace(key, revoked_at=0).is_good(0)


# --- where passkeys are bound to


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("http://127.0.0.1:8080", "http://localhost:8080"),
        ("https://[::1]:8443", "https://localhost:8443"),
        ("http://127.3.2.1", "http://localhost"),
        ("http://192.0.2.7:8080", "http://192.0.2.7:8080"),
        ("https://mfa.example.org", "https://mfa.example.org"),
    ],
)
def test_this_machine_is_called_by_its_name(url: str, site: str) -> None:
    assert site_of(url) == site


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("http://127.0.0.1:8080", RelyingParty(id="localhost", origin="http://localhost:8080")),
        ("https://MFA.example.org:8443", RelyingParty(id="mfa.example.org", origin="https://mfa.example.org:8443")),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
        ("nonsense", None),
    ],
)
def test_passkeys_are_bound_to_a_name(url: str, party: RelyingParty | None) -> None:
    assert relying_party(url) == party
