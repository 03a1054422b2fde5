"""
The protocol of devices against the running process: what a device that behaves gets, and what all others do not.

A whole phone is `watchword authenticator`; those that misbehave are made here of the same parts.
"""

import json
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from tests.rigs.nas import Exchange, Nas
from tests.rigs.watchword import PASSWORD, STATION, Phone, Watchword, until
from watchword.domain.applications import ApplicationId
from watchword.domain.prompts import AnswerDecision, AnswerStatement, FetchStatement, PromptDetails
from watchword.domain.verification import VerificationId
from watchword.kit.identifiers import parse
from watchword.upstream.authenticator.device import Device, DeviceKey, load
from watchword.upstream.authenticator.portal import PortalClient, PortalError
from watchword.wire import authenticator as wire

SECOND: Final = 1_000_000
"""Microseconds of one."""

UNKNOWN: Final = "this device is not paired, or the signature is not its own; pair it anew"


@dataclass
class Hand:
    """A device whose every octet is a test's."""

    device: Device

    @property
    def portal(self) -> PortalClient:
        return PortalClient(self.device.portal)

    def fetch(self, *, wait: int = 0, late: float = 0, key: DeviceKey | None = None) -> wire.Prompt | None:
        issued_at = int((time.time() + late) * SECOND)
        statement = FetchStatement(device=self.device.method, issued_at=issued_at)
        signature = (key or self.device.key).sign(statement.canonical())
        return self.portal.fetch(
            wire.FetchRequest(device=self.device.method, issued_at=issued_at, signature=signature, wait=wait)
        )

    def prompt(self) -> wire.Prompt:
        prompt = self.fetch()
        assert prompt is not None
        return prompt

    def answer(self, prompt: wire.Prompt, decision: str = "approve", number: str | None = None) -> wire.AnswerRequest:
        """Make an answer that is signed as it has to be."""
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
            decision=AnswerDecision(decision),
            number=number,
            application=ApplicationId(prompt.application),
            user=self.device.user,
            device=self.device.method,
            issued_at=prompt.issued_at,
            expires_at=prompt.expires_at,
            displayed=details.digest(),
        )
        return wire.AnswerRequest(
            device=self.device.method,
            verification=prompt.verification,
            decision=decision,
            number=number,
            displayed=statement.displayed,
            signature=self.device.key.sign(statement.canonical()),
        )

    def send(self, answer: wire.AnswerRequest) -> str:
        return self.portal.answer(answer)


@dataclass
class Login:
    """A user with a phone, whose login waits."""

    user: str
    nas: Nas
    phone: Phone
    hand: Hand
    asked: Exchange

    def denied(self) -> bool:
        """End it from outside, and tell whether nobody had let it through."""
        self.hand.send(self.hand.answer(self.hand.prompt(), "deny"))
        return self.asked.answer().rejected


@contextmanager
def login(server: Watchword, *options: str) -> Iterator[Login]:
    user, nas = server.user(), server.nas(*options)
    phone = server.phone(user)
    with nas.begin(user, PASSWORD, station=STATION) as asked:
        server.waits(user)
        yield Login(user, nas, phone, Hand(load(phone.state)), asked)


# --- a device that behaves


def test_what_waits_is_shown_as_it_was_asked(server: Watchword) -> None:
    with login(server) as waiting:
        (pending,) = server.waits(waiting.user)
        prompt = waiting.hand.prompt()

        assert prompt.verification == parse(pending["id"])
        assert (prompt.application_name, prompt.source) == (waiting.nas.name, STATION)
        assert (prompt.number_needed, prompt.contended) == (False, False)
        assert abs(prompt.asked_at / SECOND - time.time()) < 60
        assert len(prompt.nonce) >= 16
        assert waiting.hand.send(waiting.hand.answer(prompt)) == "taken"
        assert waiting.asked.answer().accepted


def test_a_device_that_waits_is_told_at_once(server: Watchword) -> None:
    user, nas = server.user(), server.nas()
    hand = Hand(load(server.phone(user).state))
    came: list[float] = []

    def wait() -> None:
        while hand.fetch(wait=25) is None:
            pass
        came.append(time.monotonic())

    device = threading.Thread(target=wait)
    device.start()
    with nas.begin(user, PASSWORD, station=STATION) as asked:
        server.waits(user)
        began = time.monotonic()
        device.join(20)
        assert came
        assert came[0] - began < 5
        hand.send(hand.answer(hand.prompt(), "deny"))
        assert asked.answer().rejected


def test_its_key_is_for_its_owner_alone(server: Watchword) -> None:
    phone = server.phone(server.user())

    assert stat.S_IMODE(phone.state.stat().st_mode) == 0o600


def test_a_pairing_link_is_good_once(server: Watchword) -> None:
    user = server.user()
    url = server.ask("method", "add", user, "push")["pairing_url"]
    first = server.folder / f"first-{user}"
    server.ask("authenticator", "pair", url, "--state", str(first))

    reason = server.refused("authenticator", "pair", url, "--state", str(server.folder / f"second-{user}"))

    assert "this pairing link was used" in reason
    assert not (server.folder / f"second-{user}").exists()
    assert load(first).username == user


def test_of_two_devices_the_first_answer_counts(server: Watchword) -> None:
    with login(server) as waiting:
        other = Hand(load(server.phone(waiting.user).state))
    # Another method ended what was older; the next login rings both.
    with waiting.nas.begin(waiting.user, PASSWORD, station=STATION) as asked:
        server.waits(waiting.user)
        prompt = other.prompt()
        assert prompt == waiting.hand.prompt()
        assert waiting.hand.send(waiting.hand.answer(prompt, "deny")) == "taken"
        assert other.send(other.answer(prompt)) == "over"
        assert asked.answer().rejected
    assert server.reasons(waiting.user)[-1] == "denied-by-user"


def test_who_says_that_it_was_not_he_ends_everything(server: Watchword) -> None:
    with login(server) as waiting:
        answered = waiting.phone.fraud()
        assert waiting.asked.answer().rejected

    assert answered.document["answer"] == "fraud"
    assert server.reasons(waiting.user) == ["fraud"]


# --- numbers


def test_the_number_of_the_screen_lets_in_and_is_in_nothing_that_the_device_gets(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone = server.phone(user)
    hand = Hand(load(phone.state))
    with nas.begin(user, PASSWORD, station=STATION) as asked:
        challenge = asked.answer()
        assert challenge.challenged
        number = challenge.number
        prompt = hand.prompt()
        assert prompt.number_needed
        assert number not in (prompt.application_name, prompt.source)

        assert hand.send(hand.answer(prompt)) == "number-needed"
        assert phone.approve(wait=5).err.endswith("the number that the application shows is needed: --number N\n")
        assert phone.approve(number).code == 0


def test_a_wrong_number_ends_the_login_for_good(server: Watchword) -> None:
    user, nas = server.user(), server.nas("--challenge")
    phone = server.phone(user)
    with nas.begin(user, PASSWORD, station=STATION) as asked:
        number = asked.answer().number
        wrong = f"{(int(number) + 1) % 100:02}"
        first, second = phone.approve(wrong), phone.approve(number, wait=1)

    assert (first.code, second.code) == (1, 1)
    assert "that is not the number" in first.err
    assert "nothing came within 1 seconds" in second.err
    assert server.reasons(user)[-1] == "wrong-number"


# --- devices that do not behave


def test_a_device_of_one_user_answers_nothing_of_another(server: Watchword) -> None:
    with login(server) as waiting:
        thief = Hand(load(server.phone(server.user()).state))
        prompt = waiting.hand.prompt()

        assert thief.fetch() is None
        assert thief.send(thief.answer(prompt)) == "over"
        disguised = Hand(replace(waiting.hand.device, key=thief.device.key))
        with pytest.raises(PortalError, match=UNKNOWN):
            disguised.fetch()
        with pytest.raises(PortalError, match=UNKNOWN):
            disguised.send(disguised.answer(prompt))
        assert waiting.denied()


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "approve"},
        {"number": "47"},
        {"displayed": b"d" * 32},
        {"signature": b""},
        {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    ],
)
def test_an_answer_that_was_changed_on_its_way_counts_for_nothing(server: Watchword, change: dict[str, Any]) -> None:
    with login(server) as waiting:
        signed = waiting.hand.answer(waiting.hand.prompt(), "deny")

        with pytest.raises(PortalError, match=UNKNOWN):
            waiting.hand.send(replace(signed, **change))
        assert waiting.hand.prompt().verification == signed.verification, "and the login still waits"
        assert waiting.denied()


def test_an_answer_to_something_else_than_what_is_shown_approves_nothing(server: Watchword) -> None:
    with login(server) as waiting:
        prompt = waiting.hand.prompt()
        elsewhere = waiting.hand.answer(replace(prompt, source="192.0.2.99"))

        assert waiting.hand.send(elsewhere) == "changed"
        assert waiting.denied()


@pytest.mark.parametrize("field", ["nonce", "issued_at", "expires_at", "application", "verification"])
def test_what_was_signed_is_for_this_prompt_and_no_other(server: Watchword, field: str) -> None:
    with login(server) as waiting:
        prompt = waiting.hand.prompt()
        value = getattr(prompt, field)
        changed: dict[str, Any] = {field: value + 1 if isinstance(value, int) else bytes(len(value))}
        other = replace(prompt, **changed)
        answer = replace(waiting.hand.answer(other), verification=prompt.verification)

        with pytest.raises(PortalError, match=UNKNOWN):
            waiting.hand.send(answer)
        assert waiting.denied()


def test_an_answer_that_is_sent_again_counts_once(server: Watchword) -> None:
    with login(server) as waiting:
        approved = waiting.hand.answer(waiting.hand.prompt())
        assert waiting.hand.send(approved) == "taken"
        assert waiting.hand.send(approved) == "over"
        assert waiting.asked.answer().accepted
    with waiting.nas.begin(waiting.user, PASSWORD + "x", station=STATION) as other:
        assert other.answer().rejected
        assert waiting.hand.send(approved) == "over"


def test_a_removed_device_is_nobody_at_once(server: Watchword) -> None:
    with login(server) as waiting:
        prompt = waiting.hand.prompt()
        answer = waiting.hand.answer(prompt)
        (method,) = [one for one in server.ask("method", "list", waiting.user) if one["kind"] == "push"]
        server.ask("method", "remove", waiting.user, method["id"])

        with pytest.raises(PortalError, match=UNKNOWN):
            waiting.hand.fetch()
        with pytest.raises(PortalError, match=UNKNOWN):
            waiting.hand.send(answer)
        assert waiting.asked.answer().rejected
    assert UNKNOWN in waiting.phone.approve(wait=1).err


def test_a_blocked_users_device_lets_nobody_in(server: Watchword) -> None:
    with login(server) as waiting:
        answer = waiting.hand.answer(waiting.hand.prompt())
        server.ask("user", "block", waiting.user, "--reason", "test")

        assert waiting.hand.send(answer) == "over"
        assert waiting.asked.answer().rejected


@pytest.mark.parametrize("late", [-400, 400])
def test_a_device_whose_clock_is_wrong_is_told_so(server: Watchword, late: int) -> None:
    hand = Hand(load(server.phone(server.user()).state))

    with pytest.raises(PortalError, match="the device's clock and the portal's differ by more than 5 minutes"):
        hand.fetch(late=late)


def test_a_key_of_another_kind_cannot_be_paired(server: Watchword) -> None:
    url = server.ask("method", "add", server.user(), "push")["pairing_url"]
    portal, _, token = url.partition("/pair#")

    def told_why() -> bool:
        with pytest.raises(PortalError) as refused:
            PortalClient(portal).pair(wire.PairRequest(token=token, public_key=b"no key", proof=b"no proof"))
        return "must be an ECDSA P-256 public key" in str(refused.value)

    # The tests before may have paired as many as one network may at once, so that it has to wait for its turn.
    until(told_why, "the kind of key is told")


def test_what_a_device_says_is_in_no_log(server: Watchword) -> None:
    phone = server.phone(server.user())
    kept = json.loads(phone.state.read_text())
    logged = server.logged()

    assert kept["device"] not in logged
    assert kept["private_key"] not in logged
    assert "/authenticator/" not in logged
