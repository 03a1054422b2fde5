"""
A phone in the terminal: what it shows, what it signs, and when it says nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest

from watchword.cli.answering import LONGEST_POLL, Answering, Wanted
from watchword.cli.session import Refused
from watchword.domain.applications import ApplicationId
from watchword.domain.methods import MethodId
from watchword.domain.prompts import AnswerDecision, AnswerStatement, FetchStatement, PromptDetails
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationId
from watchword.kit.clock import ManualClock
from watchword.kit.signatures import signed_by
from watchword.upstream.authenticator.device import Device, DeviceKey
from watchword.wire.authenticator import AnswerRequest, FetchRequest, Prompt

KEY: Final = DeviceKey.new()
DEVICE: Final = Device(
    portal="https://portal.example.org",
    method=MethodId(b"m" * 16),
    user=UserId(b"u" * 16),
    username="ann@example.org",
    key=KEY,
)
PROMPT: Final = Prompt(
    verification=b"v" * 16,
    application=b"a" * 16,
    application_name="vpn",
    source="198.51.100.7",
    asked_at=1_700_000_000_000_000,
    number_needed=False,
    contended=False,
    nonce=b"n" * 16,
    issued_at=1_700_000_000_000_000,
    expires_at=1_700_000_060_000_000,
)
APPROVE: Final = Wanted(decision=AnswerDecision.APPROVE, number=None)


class Portal:
    """A portal with prompts one after the other; where there is none, time passes."""

    def __init__(self, clock: ManualClock, *prompts: Prompt | None) -> None:
        self._clock = clock
        self._prompts: Iterator[Prompt | None] = iter(prompts)
        self.results: list[str] = []
        self.fetched: list[FetchRequest] = []
        self.answered: list[AnswerRequest] = []

    def fetch(self, request: FetchRequest) -> Prompt | None:
        self.fetched.append(request)
        prompt = next(self._prompts, None)
        if prompt is None:
            self._clock.advance(request.wait)
        return prompt

    def answer(self, request: AnswerRequest) -> str:
        self.answered.append(request)
        return self.results.pop(0) if self.results else "taken"


class Phone:
    """A terminal that answers."""

    def __init__(self, *prompts: Prompt | None, ask: Callable[[str], str] | None = None) -> None:
        self.clock = ManualClock()
        self.portal = Portal(self.clock, *prompts)
        self.shown: list[str] = []
        self._answering = Answering(
            device=DEVICE, portal=self.portal, clock=self.clock, show=self.shown.append, ask=ask
        )

    def answer(self, wanted: Wanted = APPROVE, *, seconds: int = 60) -> VerificationId:
        return self._answering.answer(wanted, seconds=seconds)


def statement(request: AnswerRequest, prompt: Prompt) -> AnswerStatement:
    """Return what the portal takes an answer to have been signed over."""
    return AnswerStatement(
        verification=VerificationId(request.verification),
        nonce=prompt.nonce,
        decision=AnswerDecision(request.decision),
        number=request.number,
        application=ApplicationId(prompt.application),
        user=DEVICE.user,
        device=DEVICE.method,
        issued_at=prompt.issued_at,
        expires_at=prompt.expires_at,
        displayed=request.displayed,
    )


@pytest.mark.parametrize("decision", list(AnswerDecision))
def test_an_answer_is_signed_over_all_that_was_shown(decision: AnswerDecision) -> None:
    phone = Phone(PROMPT)

    verification = phone.answer(Wanted(decision=decision, number=None))

    (request,) = phone.portal.answered
    details = PromptDetails(
        application="vpn", source="198.51.100.7", asked_at=PROMPT.asked_at, number_needed=False, contended=False
    )
    assert verification == PROMPT.verification == request.verification
    assert (request.device, request.decision, request.number) == (DEVICE.method, decision.value, None)
    assert request.displayed == details.digest()
    assert signed_by(KEY.public(), statement(request, PROMPT).canonical(), request.signature)


def test_a_fetch_is_signed_with_the_clock_of_this_machine() -> None:
    phone = Phone(PROMPT)

    phone.answer()

    (request,) = phone.portal.fetched
    signed = FetchStatement(device=DEVICE.method, issued_at=phone.clock.wall())
    assert (request.device, request.issued_at) == (DEVICE.method, phone.clock.wall())
    assert signed_by(KEY.public(), signed.canonical(), request.signature)


def test_what_is_asked_is_shown_and_cannot_rewrite_the_terminal() -> None:
    phone = Phone(replace(PROMPT, application_name="v\x1b[2Jpn", source=None, contended=True, number_needed=True))

    phone.answer(Wanted(decision=AnswerDecision.DENY, number=None))

    assert phone.shown[0].startswith(
        "v\\u{1b}[2Jpn asks for ann@example.org, who signs in from a place that it does not"
    )
    assert "from another place at the same time" in phone.shown[1]


def test_nothing_in_time_is_refused() -> None:
    phone = Phone()

    with pytest.raises(Refused, match=r"^nothing came within 60 seconds$"):
        phone.answer()

    assert [request.wait for request in phone.portal.fetched] == [LONGEST_POLL, LONGEST_POLL, 10]


def test_who_does_not_wait_looks_once() -> None:
    phone = Phone()

    with pytest.raises(Refused, match="nothing came within 0 seconds"):
        phone.answer(seconds=0)

    assert [request.wait for request in phone.portal.fetched] == [0]


def test_what_comes_late_is_answered() -> None:
    phone = Phone(None, None, PROMPT)

    assert phone.answer() == PROMPT.verification


# --- numbers

NUMBERED: Final = replace(PROMPT, number_needed=True)


def test_the_number_is_sent_where_one_is_needed() -> None:
    phone = Phone(NUMBERED)

    phone.answer(Wanted(decision=AnswerDecision.APPROVE, number="07"))

    (request,) = phone.portal.answered
    assert request.number == "07"
    assert signed_by(KEY.public(), statement(request, NUMBERED).canonical(), request.signature)


def test_without_the_number_nothing_is_approved() -> None:
    phone = Phone(NUMBERED)

    with pytest.raises(Refused, match="the number that the application shows is needed: --number N"):
        phone.answer()

    assert phone.portal.answered == []


def test_on_a_terminal_the_number_is_asked_for() -> None:
    phone = Phone(NUMBERED, ask=lambda _question: " 47 ")

    phone.answer()

    assert phone.portal.answered[0].number == "47"


@pytest.mark.parametrize("typed", ["", "yes", "4 7", "٤٧"])
def test_what_is_typed_and_no_number_approves_nothing(typed: str) -> None:
    phone = Phone(NUMBERED, ask=lambda _question: typed)

    with pytest.raises(Refused, match="a number is digits; nothing was answered"):
        phone.answer()

    assert phone.portal.answered == []


def test_a_number_for_a_login_that_shows_none_approves_nothing() -> None:
    phone = Phone(PROMPT)

    with pytest.raises(Refused, match="it is not the one that you look at"):
        phone.answer(Wanted(decision=AnswerDecision.APPROVE, number="47"))

    assert phone.portal.answered == []


@pytest.mark.parametrize("decision", [AnswerDecision.DENY, AnswerDecision.FRAUD])
def test_whoever_denies_needs_no_number(decision: AnswerDecision) -> None:
    phone = Phone(NUMBERED)

    phone.answer(Wanted(decision=decision, number="47"))

    assert phone.portal.answered[0].number is None


# --- what became of it


def test_a_wrong_number_is_told() -> None:
    phone = Phone(NUMBERED)
    phone.portal.results = ["wrong-number"]

    with pytest.raises(Refused, match="that is not the number that the application shows; the login was denied"):
        phone.answer(Wanted(decision=AnswerDecision.APPROVE, number="47"))


@pytest.mark.parametrize("result", ["changed", "number-needed"])
def test_a_prompt_that_has_changed_is_shown_again_before_it_is_answered(result: str) -> None:
    phone = Phone(PROMPT, replace(NUMBERED, contended=True), ask=lambda _question: "47")
    phone.portal.results = [result]

    phone.answer()

    first, second = phone.portal.answered
    assert (first.number, second.number) == (None, "47")
    assert first.displayed != second.displayed
    assert phone.shown[1] == "It has changed meanwhile:"
    assert "from another place" in phone.shown[3]


def test_a_prompt_that_has_not_changed_is_not_shown_twice() -> None:
    phone = Phone(PROMPT, PROMPT)
    phone.portal.results = ["changed"]

    phone.answer()

    assert len([line for line in phone.shown if "asks for" in line]) == 1


def test_a_prompt_that_is_over_is_waited_behind() -> None:
    following = replace(PROMPT, verification=b"w" * 16)
    phone = Phone(PROMPT, None, following)
    phone.portal.results = ["over"]

    assert phone.answer() == following.verification
    assert "It is over" in phone.shown[1]


def test_a_word_that_is_not_known_is_not_taken_for_a_yes() -> None:
    phone = Phone(PROMPT)
    phone.portal.results = ["taken\x1b["]

    with pytest.raises(Refused, match=r"the portal says 'taken\\\\u\{1b\}\[', which this version does not know"):
        phone.answer()
