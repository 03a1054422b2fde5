"""
A verification's states: every event ends it once, and nothing changes how it ended (P20).
"""

import re

import pytest

from watchword.domain.verification import (
    TRANSITIONS,
    OutcomeKind,
    Reason,
    VerificationEvent,
    VerificationState,
    after,
)

ALLOWED, DENIED, PENDING = VerificationState.ALLOWED, VerificationState.DENIED, VerificationState.PENDING


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        (VerificationEvent.APPROVE, ALLOWED, Reason.PUSH),
        (VerificationEvent.CODE, ALLOWED, Reason.CODE),
        (VerificationEvent.LET_THROUGH, ALLOWED, Reason.BYPASS),
        (VerificationEvent.WRONG_NUMBER, DENIED, Reason.WRONG_NUMBER),
        (VerificationEvent.DENY, DENIED, Reason.DENIED_BY_USER),
        (VerificationEvent.FRAUD, DENIED, Reason.FRAUD),
        (VerificationEvent.EXPIRE, DENIED, Reason.NO_ANSWER),
        (VerificationEvent.CONTEND, DENIED, Reason.CONTENDED),
        (VerificationEvent.SUPERSEDE, DENIED, Reason.SUPERSEDED),
        (VerificationEvent.INVALIDATE, DENIED, Reason.ERROR),
    ],
)
def test_what_each_event_makes_of_a_pending_verification(
    event: VerificationEvent, state: VerificationState, reason: Reason
) -> None:
    assert after(PENDING, event) == (state, reason)


def test_every_event_has_a_meaning() -> None:
    assert set(TRANSITIONS) == set(VerificationEvent)


@pytest.mark.parametrize("event", VerificationEvent)
@pytest.mark.parametrize("state", [ALLOWED, DENIED])
def test_p20_what_has_ended_has_ended(state: VerificationState, event: VerificationEvent) -> None:
    assert after(state, event) is None


def test_the_words_of_the_contract_are_there() -> None:
    assert [kind.value for kind in OutcomeKind] == ["allowed", "denied", "challenged", "dropped"]
    promised = {
        *("code", "push", "cache", "bypass", "joined", "backup-code", "not-required"),
        *("wrong-password", "wrong-code", "used-code", "denied-by-user", "fraud", "no-answer", "contended"),
        *("throttled", "ambiguous-user", "blocked", "locked", "unknown-user", "no-method", "unsupported-protocol"),
        *("portal-away", "error"),
    }
    assert promised <= {reason.value for reason in Reason}
    assert all(re.fullmatch("[a-z-]+", reason.value) for reason in Reason)
