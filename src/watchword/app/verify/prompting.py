"""
What a device sees of its owner's login, and what it may say to it.

A device sees one prompt at a time. Its answer counts only where the signature is that of a device of the prompt's user,
over just what is displayed now (P22): a prompt that became contended in the meantime is shown anew, and a number is
asked for. Once a verification has ended nothing counts any more.
"""

from dataclasses import dataclass
from enum import StrEnum

from watchword.app.pending import PendingLogin
from watchword.app.verify.parts import Parts
from watchword.app.verify.releases import Releases
from watchword.domain.prompts import AnswerDecision, AnswerStatement, PromptDetails
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationEvent, VerificationId
from watchword.kit.clock import MICROSECONDS, NANOSECONDS
from watchword.kit.signatures import equal, signed_by
from watchword.ports.records import DeviceOwner


class AnswerResult(StrEnum):
    """What became of a device's answer."""

    TAKEN = "taken"
    WRONG_NUMBER = "wrong-number"
    NUMBER_NEEDED = "number-needed"
    CHANGED = "changed"
    OVER = "over"
    FORGED = "forged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPrompt:
    """A prompt as a device gets it: what is displayed, and what is signed besides."""

    verification: VerificationId
    application: bytes
    details: PromptDetails
    nonce: bytes
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswer:
    """What a device sends."""

    verification: VerificationId
    decision: AnswerDecision
    number: str | None
    displayed: bytes
    signature: bytes


_ENDS = {AnswerDecision.DENY: VerificationEvent.DENY, AnswerDecision.FRAUD: VerificationEvent.FRAUD}


class Prompting:
    """Shows prompts to devices, and takes their answers."""

    def __init__(self, parts: Parts, releases: Releases) -> None:
        self._parts = parts
        self._releases = releases

    def shown(self, user: UserId) -> ShownPrompt | None:
        """Return the prompt that a user's devices show now, None where nothing waits."""
        login = self._parts.pending.shown(user)
        return None if login is None else self._shown(login)

    def answer(self, owner: DeviceOwner, answer: DeviceAnswer) -> AnswerResult:
        """
        Take a device's answer.

        Args:
            owner: the device that the answer came from, as it is registered now.
            answer: what it says.
        """
        login = self._parts.pending.shown(owner.user)
        if login is None or login.id != answer.verification:
            return AnswerResult.OVER
        shown = self._shown(login)
        statement = AnswerStatement(
            verification=login.id,
            nonce=login.nonce,
            decision=answer.decision,
            number=answer.number,
            application=login.leader.application,
            user=owner.user,
            device=owner.method,
            issued_at=shown.issued_at,
            expires_at=shown.expires_at,
            displayed=answer.displayed,
        )
        if not signed_by(owner.public_key, statement.canonical(), answer.signature):
            return AnswerResult.FORGED
        if self._parts.clock.monotonic() >= login.deadline:
            return AnswerResult.OVER
        if answer.decision is not AnswerDecision.APPROVE:
            # A denial is taken whatever was displayed: it lets nobody in.
            self._releases.end_all(owner.user, _ENDS[answer.decision])
            return AnswerResult.TAKEN
        if not equal(answer.displayed, shown.details.digest()):
            return AnswerResult.CHANGED
        return self._approve(login, answer.number)

    def _approve(self, login: PendingLogin, number: str | None) -> AnswerResult:
        pending = self._parts.pending
        if number is None:
            if login.number is not None or login.contended:
                return AnswerResult.NUMBER_NEEDED
            self._releases.end(login, VerificationEvent.APPROVE)
            return AnswerResult.TAKEN
        found = pending.numbered(login.user, number)
        if found is None:
            self._releases.end_all(login.user, VerificationEvent.WRONG_NUMBER)
            return AnswerResult.WRONG_NUMBER
        self._releases.end(found, VerificationEvent.APPROVE)
        self._releases.end_all(login.user, VerificationEvent.CONTEND)
        return AnswerResult.TAKEN

    def _shown(self, login: PendingLogin) -> ShownPrompt:
        parts = self._parts
        application = parts.configuration.value.applications.get(login.leader.application)
        left = max(0, login.deadline - login.began)
        return ShownPrompt(
            verification=login.id,
            application=login.leader.application,
            details=PromptDetails(
                application="" if application is None else application.name,
                source=login.leader.source,
                asked_at=login.since,
                number_needed=login.number is not None or login.contended,
                contended=login.contended,
            ),
            nonce=login.nonce,
            issued_at=login.since,
            expires_at=login.since + left * MICROSECONDS // NANOSECONDS,
        )
