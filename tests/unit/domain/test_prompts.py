"""
What a device shows and signs: the same octets from every implementation, and other octets for every other value.
"""

import hashlib
from dataclasses import fields
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.changes import replace
from watchword.domain.applications import ApplicationId
from watchword.domain.methods import MethodId
from watchword.domain.prompts import (
    FETCH_WINDOW,
    PROTOCOL_VERSION,
    AnswerDecision,
    AnswerStatement,
    FetchStatement,
    PairingStatement,
    PromptDetails,
)
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationId

ASKED_AT: Final = 1_700_000_000_000_000

#: Written down by hand, field by field, so that an implementation in another language has something to hold on to.
PROMPT_OCTETS: Final = (
    "00000012" + b"watchword prompt 1".hex()
    + "00000006" + b"vpn".hex() + "c3bc" + b"x".hex()
    + "0000000c" + "01" + b"203.0.113.7".hex()
    + "00000008" + "00060a24181e4000"
    + "00000001" + "01"
    + "00000001" + "00"
)  # fmt: skip
ANSWER_OCTETS: Final = (
    "00000012" + b"watchword answer 1".hex()
    + "00000001" + "01"
    + "00000010" + "11" * 16
    + "00000010" + "22" * 16
    + "00000007" + b"approve".hex()
    + "00000003" + "01" + b"47".hex()
    + "00000010" + "33" * 16
    + "00000010" + "44" * 16
    + "00000010" + "55" * 16
    + "00000008" + "00060a24181e4000"
    + "00000008" + "00060a241bb1c700"
    + "00000020" + "66" * 32
)  # fmt: skip

PROMPT: Final = PromptDetails(
    application="vpnüx", source="203.0.113.7", asked_at=ASKED_AT, number_needed=True, contended=False
)
ANSWER: Final = AnswerStatement(
    verification=VerificationId(b"\x11" * 16),
    nonce=b"\x22" * 16,
    decision=AnswerDecision.APPROVE,
    number="47",
    application=ApplicationId(b"\x33" * 16),
    user=UserId(b"\x44" * 16),
    device=MethodId(b"\x55" * 16),
    issued_at=ASKED_AT,
    expires_at=ASKED_AT + 60_000_000,
    displayed=b"\x66" * 32,
)

text = st.text(st.characters(codec="utf-8"), max_size=20)
instant = st.integers(0, 2**63 - 1)
identifier = st.binary(min_size=16, max_size=16)
prompts = st.builds(
    PromptDetails,
    application=text,
    source=st.none() | text,
    asked_at=instant,
    number_needed=st.booleans(),
    contended=st.booleans(),
)
answers = st.builds(
    AnswerStatement,
    verification=identifier.map(VerificationId),
    nonce=st.binary(min_size=16, max_size=40),
    decision=st.sampled_from(AnswerDecision),
    number=st.none() | text,
    application=identifier.map(ApplicationId),
    user=identifier.map(UserId),
    device=identifier.map(MethodId),
    issued_at=instant,
    expires_at=instant,
    displayed=st.binary(min_size=32, max_size=32),
)


def test_the_octets_of_a_prompt_are_these() -> None:
    assert PROMPT.canonical().hex() == PROMPT_OCTETS


def test_the_octets_of_an_answer_are_these() -> None:
    assert ANSWER.canonical().hex() == ANSWER_OCTETS


def test_the_digest_is_that_of_the_octets() -> None:
    assert PROMPT.digest() == hashlib.sha256(PROMPT.canonical()).digest()


def test_the_version_of_the_protocol_is_signed() -> None:
    assert PROTOCOL_VERSION == 1
    assert ANSWER.canonical()[26:27] == b"\x01"


@given(prompts, prompts)
def test_two_prompts_have_the_same_octets_only_where_they_are_one(one: PromptDetails, other: PromptDetails) -> None:
    assert (one.canonical() == other.canonical()) == (one == other)
    assert (one.digest() == other.digest()) == (one == other)


@given(answers, answers)
def test_two_answers_have_the_same_octets_only_where_they_are_one(one: AnswerStatement, other: AnswerStatement) -> None:
    assert (one.canonical() == other.canonical()) == (one == other)


@given(prompts, prompts, st.sampled_from([field.name for field in fields(PromptDetails)]))
def test_each_field_of_a_prompt_counts(one: PromptDetails, other: PromptDetails, name: str) -> None:
    changed = replace(one, **{name: getattr(other, name)})

    assert (changed.canonical() == one.canonical()) == (getattr(one, name) == getattr(other, name))


@given(answers, answers, st.sampled_from([field.name for field in fields(AnswerStatement)]))
def test_each_field_of_an_answer_counts(one: AnswerStatement, other: AnswerStatement, name: str) -> None:
    changed = replace(one, **{name: getattr(other, name)})

    assert (changed.canonical() == one.canonical()) == (getattr(one, name) == getattr(other, name))


@given(prompts, answers)
def test_a_prompt_is_never_taken_for_an_answer(prompt: PromptDetails, answer: AnswerStatement) -> None:
    assert prompt.canonical() != answer.canonical()


@given(prompts)
def test_the_octets_can_be_read_back_field_by_field(prompt: PromptDetails) -> None:
    rest, read = prompt.canonical(), []
    while rest:
        size = int.from_bytes(rest[:4], "big")
        read.append(rest[4 : 4 + size])
        rest = rest[4 + size :]

    name, application, source, asked_at, number_needed, contended = read
    assert name == b"watchword prompt 1"
    assert application.decode() == prompt.application
    assert (source[1:].decode() if source else None) == prompt.source
    assert int.from_bytes(asked_at, "big") == prompt.asked_at
    assert (number_needed, contended) == (bytes((prompt.number_needed,)), bytes((prompt.contended,)))


def test_what_is_missing_is_not_what_is_empty() -> None:
    assert replace(PROMPT, source=None).canonical() != replace(PROMPT, source="").canonical()
    assert replace(ANSWER, number=None).canonical() != replace(ANSWER, number="").canonical()


def test_octets_that_move_from_one_field_to_the_next_count() -> None:
    one = replace(PROMPT, application="vpn2", source="03.0.113.7")
    other = replace(PROMPT, application="vpn", source="203.0.113.7")

    assert one.canonical() != other.canonical()


@pytest.mark.parametrize("size", [0, 15])
def test_a_nonce_below_128_bit_proves_nothing(size: int) -> None:
    with pytest.raises(ValueError, match="16 octets"):
        replace(ANSWER, nonce=bytes(size))


@pytest.mark.parametrize("displayed", [b"", bytes(31), bytes(33)])
@pytest.mark.parametrize("number", ["\ud800", "\x00", "9" * 1_000])
def test_whatever_a_device_sends_has_octets(displayed: bytes, number: str) -> None:
    answer = replace(ANSWER, displayed=displayed, number=number)

    assert answer.canonical() not in (ANSWER.canonical(), replace(answer, number="?").canonical())


def test_the_octets_of_a_pairing_are_these() -> None:
    statement = PairingStatement(token=b"\x77" * 16, public_key=b"\x88" * 4)

    assert statement.canonical().hex() == (
        "00000013" + b"watchword pairing 1".hex()
        + "00000001" + "01"
        + "00000010" + "77" * 16
        + "00000004" + "88" * 4
    )  # fmt: skip


def test_the_octets_of_a_fetch_are_these() -> None:
    statement = FetchStatement(device=MethodId(b"\x55" * 16), issued_at=ASKED_AT)

    assert statement.canonical().hex() == (
        "00000011" + b"watchword fetch 1".hex()
        + "00000001" + "01"
        + "00000010" + "55" * 16
        + "00000008" + "00060a24181e4000"
    )  # fmt: skip


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_each_field_of_a_pairing_counts(token: bytes, key: bytes, other_token: bytes, other_key: bytes) -> None:
    one = PairingStatement(token=token, public_key=key)
    other = PairingStatement(token=other_token, public_key=other_key)

    assert (one.canonical() == other.canonical()) == (one == other)


@given(identifier, identifier, instant, instant)
def test_each_field_of_a_fetch_counts(device: bytes, other_device: bytes, issued_at: int, other_issued_at: int) -> None:
    one = FetchStatement(device=MethodId(device), issued_at=issued_at)
    other = FetchStatement(device=MethodId(other_device), issued_at=other_issued_at)

    assert (one.canonical() == other.canonical()) == (one == other)


@pytest.mark.parametrize("late", [0, 1, FETCH_WINDOW, -FETCH_WINDOW])
def test_a_fetch_is_fresh_within_the_window(late: int) -> None:
    assert FetchStatement(device=MethodId(bytes(16)), issued_at=ASKED_AT).is_fresh(ASKED_AT + late)


@pytest.mark.parametrize("late", [FETCH_WINDOW + 1, -FETCH_WINDOW - 1, 10**18])
def test_and_beyond_it_is_not(late: int) -> None:
    assert not FetchStatement(device=MethodId(bytes(16)), issued_at=ASKED_AT).is_fresh(ASKED_AT + late)
