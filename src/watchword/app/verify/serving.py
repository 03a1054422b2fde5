"""
The verifier of this process, for what comes in at one MFA server.

What is decided is decided here, for every server; only the group whose live state it shares, and the name under which
it is written down, are that server's.
"""

from collections.abc import Callable

from watchword.domain.servers import ServedBy
from watchword.domain.verification import Outcome, PrimaryResult, Reason, VerificationRequest
from watchword.ports.login import Ticket, Verifier, Waiting


class ServerVerifier:
    """Implements `ports.login.Verifier`."""

    def __init__(self, verifier: Verifier, served_by: ServedBy) -> None:
        self._verifier = verifier
        self._served_by = served_by

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Find the user, refuse whom no password helps, and reserve an attempt that `decide` settles."""
        self._verifier.gate(self._here(request), done)

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        """Decide a login whose password has been checked."""
        return self._verifier.decide(ticket, primary, self._here(request), done)

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        """Decide the answer to a challenge."""
        return self._verifier.answer(self._here(request), done)

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        """Write down a refusal that needed no decision."""
        self._verifier.refuse(self._here(request), reason, done)

    def _here(self, request: VerificationRequest) -> VerificationRequest:
        return request._replace(served_by=self._served_by)
