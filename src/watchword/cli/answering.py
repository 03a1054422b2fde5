"""
Answering a prompt: it is fetched, shown, signed and sent; and fetched again where it has changed meanwhile.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from watchword.cli.session import Refused
from watchword.cli.texts import safe
from watchword.domain.applications import ApplicationId
from watchword.domain.prompts import AnswerDecision, AnswerStatement, FetchStatement, PromptDetails
from watchword.domain.verification import VerificationId
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.upstream.authenticator.device import Device
from watchword.wire.authenticator import AnswerRequest, FetchRequest, Prompt

LONGEST_POLL: Final = 25
"""Seconds of one request: less than what proxies on the way let pass without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the owner says, and the number that he sees, where he said that at once."""

    decision: AnswerDecision
    number: str | None


class Portal(Protocol):
    """Where prompts come from: `upstream.authenticator.portal.PortalClient`."""

    def fetch(self, request: FetchRequest) -> Prompt | None:
        """Ask what waits."""

    def answer(self, request: AnswerRequest) -> str:
        """Answer, and return what became of it."""


class Answering:
    """One device that waits for one prompt."""

    def __init__(
        self,
        *,
        device: Device,
        portal: Portal,
        clock: Clock,
        show: Callable[[str], None],
        ask: Callable[[str], str] | None,
    ) -> None:
        """
        Make it.

        Args:
            device: who answers.
            portal: where the prompts come from.
            clock: what is waited and stamped with.
            show: shows a line to the owner.
            ask: asks him something; None where nobody is there to be asked.
        """
        self._device = device
        self._portal = portal
        self._clock = clock
        self._show = show
        self._ask = ask

    def answer(self, wanted: Wanted, *, seconds: int) -> VerificationId:
        """
        Answer the next prompt.

        Raises:
            Refused: none came in `seconds`, or it cannot be answered so.
            PortalError: the portal cannot be reached, or refuses.
        """
        deadline = self._clock.monotonic() + seconds * NANOSECONDS
        shown: Prompt | None = None
        while True:
            prompt = self._fetch(deadline)
            if prompt is None:
                if self._clock.monotonic() >= deadline:
                    raise Refused(f"nothing came within {seconds} seconds")
                continue
            if prompt != shown:
                shown = prompt
                self._describe(prompt)
            match self._send(prompt, wanted):
                case "taken":
                    return VerificationId(prompt.verification)
                case "wrong-number":
                    raise Refused("that is not the number that the application shows; the login was denied")
                case "changed" | "number-needed":
                    self._show("It has changed meanwhile:")
                case "over":
                    self._show("It is over: somebody else has answered, or it took too long.")
                case other:
                    raise Refused(f"the portal says {safe(other)!r}, which this version does not know")

    def _fetch(self, deadline: int) -> Prompt | None:
        left = max(0, deadline - self._clock.monotonic())
        statement = FetchStatement(device=self._device.method, issued_at=self._clock.wall())
        return self._portal.fetch(
            FetchRequest(
                device=self._device.method,
                issued_at=statement.issued_at,
                signature=self._device.key.sign(statement.canonical()),
                wait=min(LONGEST_POLL, -(-left // NANOSECONDS)),
            )
        )

    def _describe(self, prompt: Prompt) -> None:
        asked_at = (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=prompt.asked_at)).astimezone()
        self._show(
            f"{safe(prompt.application_name)} asks for {safe(self._device.username)}, who signs in from"
            f" {safe(prompt.source or 'a place that it does not tell')}, at {asked_at:%H:%M:%S}"
        )
        if prompt.contended:
            self._show(
                "Somebody signs in with this name from another place at the same time. Only you know which is you."
            )

    def _send(self, prompt: Prompt, wanted: Wanted) -> str:
        number = self._number(prompt, wanted) if wanted.decision is AnswerDecision.APPROVE else None
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
            decision=wanted.decision,
            number=number,
            application=ApplicationId(prompt.application),
            user=self._device.user,
            device=self._device.method,
            issued_at=prompt.issued_at,
            expires_at=prompt.expires_at,
            displayed=details.digest(),
        )
        return self._portal.answer(
            AnswerRequest(
                device=self._device.method,
                verification=prompt.verification,
                decision=wanted.decision.value,
                number=number,
                displayed=statement.displayed,
                signature=self._device.key.sign(statement.canonical()),
            )
        )

    def _number(self, prompt: Prompt, wanted: Wanted) -> str | None:
        """Return the number to send, which the owner must have seen elsewhere."""
        if not prompt.number_needed:
            if wanted.number is not None:
                raise Refused(
                    "this login shows no number, so it is not the one that you look at; nothing was answered,"
                    " and --deny or --fraud ends it"
                )
            return None
        if wanted.number is not None:
            return wanted.number
        if self._ask is None:
            raise Refused("the number that the application shows is needed: --number N")
        typed = self._ask("Number that the application shows: ").strip()
        if not (typed.isascii() and typed.isdigit()):
            raise Refused("a number is digits; nothing was answered")
        return typed
