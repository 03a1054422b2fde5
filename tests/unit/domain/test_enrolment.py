"""
Activation credentials: good once, for ten minutes, for one key; and a word for every no.
"""

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from watchword.domain.applications import DEFAULT_GROUP, GroupId
from watchword.domain.enrolment import (
    CREDENTIALS_SECONDS,
    LETTERS,
    PASSWORD_GROUP_LETTERS,
    PASSWORD_GROUPS,
    WORDS,
    ActivationCredentials,
    Claim,
    CredentialsId,
    CredentialsState,
    EnrolmentRefusal,
    Verdict,
    email_of,
    judge,
    password_of,
    standing,
    typed,
)
from watchword.domain.servers import MICROSECONDS, Links, Server, ServerId

NOW = 1_700_000_000 * MICROSECONDS
BERLIN = GroupId(b"B" * 16)
CREDENTIALS = ActivationCredentials(
    id=CredentialsId(bytes(16)),
    email="server-abc@activation.invalid",
    digest=b"d" * 32,
    group=None,
    network=None,
    server=None,
    created_by="olga@example.org",
    created_at=NOW,
    expires_at=NOW + CREDENTIALS_SECONDS * MICROSECONDS,
)
USED = replace(CREDENTIALS, state=CredentialsState.USED, used_by=ServerId(bytes(16)), key=b"k" * 32)


def claim(**fields: Any) -> Claim:
    return replace(Claim(digest=b"d" * 32, key=b"k" * 32, group=None, address="198.51.100.7"), **fields)


def test_good_credentials_are_spent() -> None:
    assert judge(CREDENTIALS, claim(), now=NOW) is Verdict.SPEND


def test_they_are_good_for_ten_minutes_and_not_a_moment_longer() -> None:
    assert judge(CREDENTIALS, claim(), now=CREDENTIALS.expires_at - 1) is Verdict.SPEND
    assert judge(CREDENTIALS, claim(), now=CREDENTIALS.expires_at) is EnrolmentRefusal.EXPIRED


def test_who_asks_again_with_the_same_key_is_told_the_same_also_later() -> None:
    assert judge(USED, claim(), now=NOW) is Verdict.REPEAT
    assert judge(USED, claim(), now=USED.expires_at + 1) is Verdict.REPEAT


def test_another_key_is_refused() -> None:
    assert judge(USED, claim(key=b"l" * 32), now=NOW) is EnrolmentRefusal.USED


@pytest.mark.parametrize(
    "credentials",
    [None, CREDENTIALS, USED, replace(CREDENTIALS, state=CredentialsState.WITHDRAWN)],
)
def test_without_the_password_nothing_is_told(credentials: ActivationCredentials | None) -> None:
    assert judge(credentials, claim(digest=b"e" * 32), now=NOW) is EnrolmentRefusal.WRONG


def test_void_credentials_help_nobody_who_knows_the_password_either() -> None:
    assert judge(replace(CREDENTIALS, state=CredentialsState.VOID), claim(), now=NOW) is EnrolmentRefusal.VOID


def test_withdrawn_credentials_say_so() -> None:
    withdrawn = replace(CREDENTIALS, state=CredentialsState.WITHDRAWN)

    assert judge(withdrawn, claim(), now=NOW) is EnrolmentRefusal.WITHDRAWN


@pytest.mark.parametrize(
    ("bound", "asked", "found"),
    [
        (None, BERLIN, Verdict.SPEND),
        (BERLIN, None, Verdict.SPEND),
        (BERLIN, BERLIN, Verdict.SPEND),
        (BERLIN, DEFAULT_GROUP, EnrolmentRefusal.OTHER_GROUP),
    ],
)
def test_credentials_of_one_group_are_no_good_in_another(
    bound: GroupId | None, asked: GroupId | None, found: Verdict | EnrolmentRefusal
) -> None:
    assert judge(replace(CREDENTIALS, group=bound), claim(group=asked), now=NOW) is found


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("198.51.100.7", Verdict.SPEND),
        ("198.51.101.7", EnrolmentRefusal.OTHER_ADDRESS),
        ("2001:db8::1", EnrolmentRefusal.OTHER_ADDRESS),
        ("", EnrolmentRefusal.OTHER_ADDRESS),
    ],
)
def test_credentials_of_one_address_are_no_good_from_another(address: str, found: Verdict | EnrolmentRefusal) -> None:
    bound = replace(CREDENTIALS, network=ip_network("198.51.100.0/24"))

    assert judge(bound, claim(address=address), now=NOW) is found


@pytest.mark.parametrize(
    ("revoked_at", "alarmed_at", "refusal"),
    [
        (None, None, None),
        (1, None, EnrolmentRefusal.REVOKED),
        (None, 1, EnrolmentRefusal.CLONE),
        (1, 1, EnrolmentRefusal.REVOKED),
    ],
)
def test_the_word_of_a_server_that_is_revoked_or_claimed_twice_does_not_count(
    revoked_at: int | None, alarmed_at: int | None, refusal: EnrolmentRefusal | None
) -> None:
    server = Server(
        id=ServerId(bytes(16)),
        name="berlin-1",
        group=DEFAULT_GROUP,
        public_key=bytes(32),
        links=Links(current=None),
        activated_at=NOW,
        key_since=NOW,
        revoked_at=revoked_at,
        alarmed_at=alarmed_at,
    )

    assert standing(server) is refusal


def test_every_no_has_words_that_say_what_to_do() -> None:
    assert set(WORDS) == set(EnrolmentRefusal)
    assert all(words.isprintable() for words in WORDS.values())
    assert len(set(WORDS.values())) == len(WORDS)


def test_a_password_has_more_than_128_bits_and_a_form_that_can_be_read_out() -> None:
    count = PASSWORD_GROUPS * PASSWORD_GROUP_LETTERS

    assert len(set(LETTERS)) ** count > 2**128
    assert password_of(tuple(range(count))) == "abcde-fghjk-mnpqr-stuvw-xyz23-45678"
    assert email_of((0, 1, 30)) == "server-ab9@activation.invalid"
    assert typed(" ABCDE-fghjk \n") == "abcde-fghjk"
