"""
Scripted phones: each says yes once for a login, and remembers what it signed to say it again later.

They run in threads of their own, because a device waits at the portal for its prompt; what they do is told by `Job`.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Final

from tests.torture.field import microseconds
from tests.torture.history import Approval
from watchword.domain.applications import ApplicationId
from watchword.domain.prompts import AnswerDecision, AnswerStatement, FetchStatement, PromptDetails
from watchword.domain.verification import VerificationId
from watchword.upstream.authenticator.device import Device
from watchword.upstream.authenticator.portal import PortalClient, PortalError
from watchword.wire.authenticator import AnswerRequest, FetchRequest, Prompt

PHONES: Final = 32
POLL: Final = 2
"""Seconds for which a phone lets the portal wait."""
PATIENCE: Final = 8.0
"""Seconds after which a phone is put away."""
PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """Answer a user's next prompt by a monotonic second; `number` is what the application shows, None for none."""

    device: Device
    decision: AnswerDecision
    number: str | None
    until: float


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it was sent, and where to."""

    request: AnswerRequest
    portal: str


class Phones:
    """All phones."""

    def __init__(self, approved: Callable[[Approval], None]) -> None:
        """
        Take them out.

        Args:
            approved: told of every signed yes before it is sent, on a phone's own thread.
        """
        self._approved = approved
        self._pool = ThreadPoolExecutor(PHONES, thread_name_prefix="phone")
        self._over = Event()
        self.said: list[Said] = []
        self.faults: list[str] = []

    def answer(self, device: Device, decision: AnswerDecision, number: str | None) -> None:
        """Let a phone answer the next prompt that comes; `number` is what the application shows."""
        job = Job(device, decision, number, time.monotonic() + PATIENCE)
        self._pool.submit(self._answer, job).add_done_callback(self._ended)

    def repeat(self, said: Said) -> None:
        """Send an old answer's very octets again, which must count no more."""
        self._pool.submit(self._repeat, said).add_done_callback(self._ended)

    def close(self) -> None:
        """Put them away."""
        self._over.set()
        self._pool.shutdown(cancel_futures=True)

    def _ended(self, future: Future[None]) -> None:
        raised = None if future.cancelled() else future.exception()
        if raised is not None:
            self.faults.append(f"a phone broke: {raised!r}")

    def _answer(self, job: Job) -> None:
        portal = PortalClient(job.device.portal)
        while time.monotonic() < job.until and not self._over.is_set():
            prompt = None
            # The process may be dead just now.
            with suppress(PortalError):
                prompt = portal.fetch(_fetch(job.device))
            if prompt is not None and (prompt.number_needed is (job.number is not None)):
                self._send(portal, job, prompt)
                return
            self._over.wait(PAUSE)

    def _send(self, portal: PortalClient, job: Job, prompt: Prompt) -> None:
        request = _signed(job, prompt)
        if job.decision is AnswerDecision.APPROVE:
            self._approved(Approval(job.device.username, prompt.verification, microseconds()))
        with suppress(PortalError):
            portal.answer(request)
        self.said.append(Said(request, job.device.portal))

    def _repeat(self, said: Said) -> None:
        with suppress(PortalError):
            result = PortalClient(said.portal).answer(said.request)
            if result == "taken":
                self.faults.append(f"the answer to verification {said.request.verification.hex()} was taken again")


def _fetch(device: Device) -> FetchRequest:
    statement = FetchStatement(device=device.method, issued_at=microseconds())
    signature = device.key.sign(statement.canonical())
    return FetchRequest(device=device.method, issued_at=statement.issued_at, signature=signature, wait=POLL)


def _signed(job: Job, prompt: Prompt) -> AnswerRequest:
    number = job.number if job.decision is AnswerDecision.APPROVE else None
    details = PromptDetails(
        application=prompt.application_name,
        source=prompt.source,
        asked_at=prompt.asked_at,
        number_needed=prompt.number_needed,
        contended=prompt.contended,
    )
    statement = AnswerStatement(
        verification=VerificationId(prompt.verification),
        nonce=prompt.nonce,
        decision=job.decision,
        number=number,
        application=ApplicationId(prompt.application),
        user=job.device.user,
        device=job.device.method,
        issued_at=prompt.issued_at,
        expires_at=prompt.expires_at,
        displayed=details.digest(),
    )
    return AnswerRequest(
        device=job.device.method,
        verification=prompt.verification,
        decision=job.decision.value,
        number=number,
        displayed=statement.displayed,
        signature=job.device.key.sign(statement.canonical()),
    )
