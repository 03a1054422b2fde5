"""
Between the values of the domain and the messages of `wire.channel`: what crosses the channel, and stored traces.

What the other side says and this version does not know never lets anybody pass: an outcome that cannot be understood
is a denial, a request that cannot be understood is None. A step of a trace keeps its unknown numbers as text, so that
`why` shows that there was one.
"""

from typing import Final

from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.verification import (
    ActivityId,
    Allowed,
    Challenged,
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Prompt,
    Reason,
    VerificationRequest,
)
from watchword.wire.channel import decisions as channel
from watchword.wire.channel import messages as wire

LONGEST_WORDS: Final = 500
"""Characters that are kept of what the other side says in words."""

_REFUSED: Final = Denied(reason=Reason.ERROR)


def trace_octets(trace: Trace) -> bytes:
    """Return a trace as it is stored."""
    return channel.encode_trace(trace)


def trace_of(octets: bytes) -> Trace:
    """Return a stored trace. One that cannot be understood at all is one step that says so."""
    steps = channel.decode_trace(octets)
    if steps is None:
        return (Step(Question.OTHER, Answer.OTHER, detail="the whole trace"),)
    return tuple(_step(step) for step in steps)


def _step(step: channel.Step) -> Step:
    question, answer, detail = _QUESTIONS.get(step.question), _ANSWERS.get(step.answer), step.detail
    if question is None or answer is None:
        detail = f"question {step.question}, answer {step.answer}: {detail}".removesuffix(": ")
    return Step(question or Question.OTHER, answer or Answer.OTHER, decided=step.decided, detail=detail)


_QUESTIONS = {question.value: question for question in Question}
_ANSWERS = {answer.value: answer for answer in Answer}


def request_message(request: VerificationRequest, *, monotonic: int) -> channel.Request:
    """Return a request as it crosses the channel at the monotonic nanosecond `monotonic`."""
    return channel.Request(
        application=request.application,
        authentication_type=request.authentication_type.value,
        user_name=request.user_name,
        client=request.client,
        source=request.source,
        address=request.address,
        proofs=request.proofs,
        code=request.code,
        state=request.state,
        received_at=request.received_at,
        remaining=request.deadline - monotonic,
    )


def request_of(message: channel.Request, *, monotonic: int) -> VerificationRequest | None:
    """Return the request that crossed the channel and came in at `monotonic`, None where it cannot be understood."""
    if not 0 <= message.version <= channel.VERSION:
        return None
    try:
        authentication_type = AuthenticationType(message.authentication_type)
    except ValueError:
        return None
    return VerificationRequest(
        application=ApplicationId(message.application),
        authentication_type=authentication_type,
        user_name=message.user_name,
        client=message.client,
        source=message.source,
        address=message.address,
        proofs=message.proofs,
        code=message.code,
        state=message.state,
        received_at=message.received_at,
        deadline=monotonic + message.remaining,
    )


def outcome_message(outcome: Outcome) -> channel.Outcome:
    """Return an outcome as it crosses the channel."""
    match outcome:
        case Allowed():
            return channel.Allowed(
                reason=outcome.reason.value,
                activity=outcome.activity,
                epoch=outcome.epoch,
                attributes=outcome.attributes,
            )
        case Denied():
            return channel.Denied(reason=outcome.reason.value, activity=outcome.activity, epoch=outcome.epoch)
        case Challenged():
            number = outcome.prompt.number
            return channel.Challenged(state=outcome.state, number=number, activity=outcome.activity)


def outcome_of(message: channel.Outcome) -> Outcome:
    """Return the outcome that crossed the channel; what cannot be understood is a denial."""
    if not 0 <= message.version <= channel.VERSION:
        return _REFUSED
    match message:
        case channel.Allowed():
            reason = _reason(message.reason)
            if reason is None:
                return _REFUSED
            return Allowed(
                reason=reason,
                activity=ActivityId(message.activity),
                epoch=message.epoch,
                attributes=message.attributes,
            )
        case channel.Denied():
            activity = None if message.activity is None else ActivityId(message.activity)
            return Denied(reason=_reason(message.reason) or Reason.ERROR, activity=activity, epoch=message.epoch)
        case channel.Challenged():
            prompt = Prompt(number=message.number)
            return Challenged(state=message.state, prompt=prompt, activity=ActivityId(message.activity))


def primary_message(result: PrimaryResult) -> wire.Primary:
    """Return what the first step came to, as it crosses the channel."""
    return wire.Primary(
        verdict=result.verdict.value,
        checked_by=result.checked_by,
        by_directory=result.by_directory,
        detail=result.detail,
        directory_id=result.directory_id,
        attributes=result.attributes,
    )


def primary_of(message: wire.Primary) -> PrimaryResult:
    """Return what the first step came to on the other side; a verdict that is not known here is none: AWAY."""
    try:
        verdict = PrimaryVerdict(message.verdict)
    except ValueError:
        verdict = PrimaryVerdict.AWAY
    return PrimaryResult(
        verdict=verdict,
        checked_by=message.checked_by[:LONGEST_WORDS],
        by_directory=message.by_directory,
        detail=message.detail[:LONGEST_WORDS],
        directory_id=message.directory_id,
        attributes=message.attributes,
    )


def reason_of(written: str) -> Reason:
    """Return why a request was refused on the other side; what is not known here is an error."""
    return _reason(written) or Reason.ERROR


def _reason(written: str) -> Reason | None:
    try:
        return Reason(written)
    except ValueError:
        return None
