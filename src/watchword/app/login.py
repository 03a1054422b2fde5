"""
The way of every login, whatever listener it came through: code split off, gate, primary authentication, decision.

The password goes no further than this file and the primary port: from here on there is only a keyed hash of it.
Whatever raises on the way denies; this is one of the two places where an exception of any kind is caught.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from watchword.app.attempt import LoginAttempt
from watchword.app.proofs import PasswordProofs
from watchword.domain.applications import PrimaryKind
from watchword.domain.credentials import CredentialsFault, answer_to_challenge, split
from watchword.domain.secrets import Secret
from watchword.domain.verification import (
    Allowed,
    Challenged,
    Credential,
    Denied,
    Outcome,
    OutcomeKind,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
    VerificationRequest,
)
from watchword.kit.metrics import Metrics
from watchword.kit.telemetry import FaultReport
from watchword.ports.login import PrimaryAttempt, PrimaryAuthentication, Ticket, Verifier, Waiting

_ASSERTED = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by=PrimaryKind.ASSERTED.value)
_SUPPORTED = frozenset({Credential.PAP, Credential.NONE})

_CheckKey = tuple[bytes, bytes | str, int, str, str | None, bytes]
"""Application, whom and in which epoch, client, source, and the proof of the password."""


class Login:
    """The one room that every listener calls."""

    def __init__(
        self,
        *,
        verifier: Verifier,
        primary: PrimaryAuthentication,
        proofs: PasswordProofs,
        fault: FaultReport,
        metrics: Metrics,
        denied: Callable[[LoginAttempt, Reason], None] | None = None,
    ) -> None:
        self.verifier: Final = verifier
        self.proofs: Final = proofs
        self.fault: Final = fault
        self.outcomes: Final = metrics.outcomes
        self.denied: Final = denied
        self._primary = primary
        self._checking: dict[_CheckKey, list[Callable[[PrimaryResult], None]]] = {}

    def submit(self, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> Waiting:
        """Take a login in and call `done` with its outcome once, before the deadline unless everything is lost."""
        run = _Run(self, attempt, done)
        run.begin()
        return run

    def check(
        self,
        attempt: LoginAttempt,
        ticket: Ticket,
        request: VerificationRequest,
        password: Secret,
        done: Callable[[PrimaryResult], None],
    ) -> None:
        """
        Check the password once for all requests that carry it at the same time for the same login.

        Fifty packets of one login are one bind at the directory: a wrong password costs the user one strike there, not
        fifty.
        """
        key: _CheckKey = (
            request.application,
            ticket.user or ticket.name,
            ticket.epoch,
            request.client,
            request.source,
            request.proofs[0],
        )
        waiting = self._checking.get(key)
        if waiting is not None:
            waiting.append(done)
            return
        self._checking[key] = [done]

        def checked(result: PrimaryResult) -> None:
            for one in self._checking.pop(key, ()):
                one(result)

        primary = PrimaryAttempt(
            application=attempt.application,
            user_name=attempt.user_name,
            user=ticket.user,
            password=password,
            client=attempt.client,
            source=attempt.source,
            deadline=attempt.deadline,
        )
        try:
            self._primary.check(primary, checked)
        except Exception:  # noqa: BLE001 - a directory's client must not take others' logins with it
            self.fault("primary authentication")
            checked(PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by="error"))


class _Run:
    """One login on its way."""

    __slots__ = ("_attempt", "_done", "_inner", "_login", "_password", "_request")

    _password: Secret | None
    _request: VerificationRequest

    def __init__(self, login: Login, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> None:
        self._login = login
        self._attempt = attempt
        self._done: Callable[[Outcome], None] | None = done
        self._inner: Waiting | None = None

    def cancel(self) -> None:
        self._done = None
        if self._inner is not None:
            self._inner.cancel()

    def begin(self) -> None:
        try:
            self._begin()
        except Exception:  # noqa: BLE001 - whatever went wrong, the answer is a denial
            self._login.fault("login")
            self._finish(Denied(reason=Reason.ERROR))

    def _finish(self, outcome: Outcome) -> None:
        done, self._done = self._done, None
        if done is not None:
            self._login.outcomes.add(*_counted(outcome))
            if self._login.denied is not None and isinstance(outcome, Denied):
                self._login.denied(self._attempt, outcome.reason)
            done(outcome)

    def _begin(self) -> None:
        attempt, login = self._attempt, self._login
        if attempt.credential not in _SUPPORTED:
            login.verifier.refuse(_request(attempt, (), None), Reason.UNSUPPORTED_PROTOCOL, self._finish)
            return
        if attempt.state is not None:
            answer = _request(attempt, (), answer_to_challenge(attempt.typed))
            self._inner = login.verifier.answer(answer, self._finish)
            return
        credentials = split(attempt.typed, asserted=attempt.application.primary is PrimaryKind.ASSERTED)
        if isinstance(credentials, CredentialsFault):
            login.verifier.refuse(_request(attempt, (), None), Reason.WRONG_PASSWORD, self._finish)
            return
        self._password = credentials.password
        self._request = _request(attempt, login.proofs.of(credentials.password), credentials.code)
        login.verifier.gate(self._request, self._gated)

    def _gated(self, gated: Ticket | Outcome) -> None:
        if not isinstance(gated, Ticket):
            self._finish(gated)
        elif self._password is None:
            self._checked(gated, _ASSERTED)
        else:
            self._login.check(self._attempt, gated, self._request, self._password, partial(self._checked, gated))

    def _checked(self, ticket: Ticket, result: PrimaryResult) -> None:
        # The attempt that `gate` reserved is settled by `decide`, also where nobody waits for the answer any more.
        try:
            self._inner = self._login.verifier.decide(ticket, result, self._request, self._finish)
            if self._done is None:
                self._inner.cancel()
        except Exception:  # noqa: BLE001 - as in `begin`
            self._login.fault("decision")
            self._finish(Denied(reason=Reason.ERROR))


def _request(attempt: LoginAttempt, proofs: tuple[bytes, ...], code: str | None) -> VerificationRequest:
    application = attempt.application
    return VerificationRequest(
        application.id,
        application.authentication_type,
        attempt.user_name,
        attempt.client,
        attempt.source,
        attempt.address,
        proofs,
        attempt.received_at,
        attempt.deadline,
        code,
        attempt.state,
    )


def _counted(outcome: Outcome) -> tuple[str, str]:
    if isinstance(outcome, Challenged):
        return OutcomeKind.CHALLENGED, Reason.CHALLENGE
    return OutcomeKind.ALLOWED if isinstance(outcome, Allowed) else OutcomeKind.DENIED, outcome.reason
