"""
Between the domain and the channel: values come back, and what is not known here lets nobody pass.
"""

import msgspec
import pytest

from tests.fakes.changes import replace
from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.trace import Answer, Question, Step, answer_in_words, question_in_words
from watchword.domain.verification import (
    ActivityId,
    Allowed,
    Challenged,
    Denied,
    Outcome,
    Prompt,
    Reason,
    VerificationRequest,
)
from watchword.ports import messages
from watchword.wire.channel import decisions as channel

ROW = ActivityId(b"r" * 16)
REQUEST = VerificationRequest(
    application=ApplicationId(b"a" * 16),
    authentication_type=AuthenticationType.RADIUS,
    user_name="alice",
    client="192.0.2.1",
    source="198.51.100.7",
    address="198.51.100.7",
    proofs=(b"p" * 32,),
    code="123456",
    state=None,
    received_at=1_700_000_000_000_000,
    deadline=60_000_000_000,
)
OUTCOMES: list[Outcome] = [
    Allowed(reason=Reason.CODE, activity=ROW, epoch=3, attributes=((25, b"staff"),)),
    Denied(reason=Reason.WRONG_CODE),
    Denied(reason=Reason.BLOCKED, activity=ROW, epoch=2),
    Challenged(state=b"s" * 16, prompt=Prompt(number="42"), activity=ROW),
    Challenged(state=b"s" * 16, prompt=Prompt(), activity=ROW),
]


def test_every_step_of_a_trace_comes_back() -> None:
    trace = tuple(
        Step(question, answer, decided=answer is Answer.YES, detail=answer.name)
        for question in Question
        for answer in Answer
    )

    assert messages.trace_of(messages.trace_octets(trace)) == trace


def test_a_step_that_is_not_known_here_is_kept_as_text() -> None:
    octets = channel.encode_trace([(8, 9, True, "totp"), (99, 2, False, "new"), (8, 98, True, "")])

    known, question, answer = messages.trace_of(octets)

    assert known == Step(Question.CODE, Answer.RIGHT, decided=True, detail="totp")
    assert question == Step(Question.OTHER, Answer.YES, detail="question 99, answer 2: new")
    assert answer == Step(Question.CODE, Answer.OTHER, decided=True, detail="question 8, answer 98")
    assert question_in_words(question) == "A question that this version does not know"
    assert answer_in_words(answer) == "an answer that this version does not know (question 8, answer 98)"


@pytest.mark.parametrize("octets", [b"", b"\xc1", msgspec.msgpack.encode((2, ()))])
def test_a_trace_that_cannot_be_read_says_so(octets: bytes) -> None:
    assert messages.trace_of(octets) == (Step(Question.OTHER, Answer.OTHER, detail="the whole trace"),)


def test_a_request_comes_back_with_what_is_left_of_its_time() -> None:
    message = messages.request_message(REQUEST, monotonic=10_000_000_000)

    assert messages.request_of(message, monotonic=7) == replace(REQUEST, deadline=50_000_000_007)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_comes_back(outcome: Outcome) -> None:
    assert messages.outcome_of(messages.outcome_message(outcome)) == outcome


@pytest.mark.parametrize(
    "message",
    [
        channel.Allowed(reason="a-way-from-tomorrow", activity=b"r" * 16, epoch=0),
        channel.Allowed(version=2, reason="code", activity=b"r" * 16, epoch=0),
        channel.Allowed(version=-1, reason="code", activity=b"r" * 16, epoch=0),
        channel.Challenged(version=2, state=b"s" * 16, number="42", activity=b"r" * 16),
    ],
)
def test_an_outcome_that_is_not_known_here_is_denied(message: channel.Outcome) -> None:
    assert messages.outcome_of(message) == Denied(reason=Reason.ERROR)


def test_a_denial_for_a_reason_that_is_not_known_here_stays_one() -> None:
    message = channel.Denied(reason="a-way-from-tomorrow", activity=b"r" * 16, epoch=4)

    assert messages.outcome_of(message) == Denied(reason=Reason.ERROR, activity=ROW, epoch=4)


def test_a_request_that_is_not_known_here_is_none() -> None:
    message = messages.request_message(REQUEST, monotonic=0)

    for change in ({"authentication_type": "telepathy"}, {"version": 2}, {"version": -1}):
        assert messages.request_of(msgspec.structs.replace(message, **change), monotonic=0) is None
