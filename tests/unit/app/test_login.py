from collections.abc import Callable
from functools import partial

import pytest

from tests.fakes.changes import replace
from tests.fakes.world import World
from watchword.app.attempt import LoginAttempt
from watchword.app.login import Login
from watchword.app.proofs import ASSERTED, PasswordProofs
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, PrimaryKind
from watchword.domain.credentials import LONGEST_PASSWORD
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import (
    ActivityId,
    Allowed,
    Challenged,
    Credential,
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Prompt,
    Reason,
    VerificationRequest,
)
from watchword.ports.login import Ticket, Waiting

ALLOWED = Allowed(reason=Reason.CODE, activity=ActivityId(b"row"))
CHALLENGED = Challenged(state=b"state", prompt=Prompt(), activity=ActivityId(b"row"))


class Handle:
    """Counts how often it is called off."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


class Script:
    """A verifier that says what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.gated: Ticket | Outcome = Ticket(name="alice", user=UserId(b"alice"), epoch=3, reserved=True, trace=())
        self.decided: Outcome | None = ALLOWED
        self.breaks: set[str] = set()
        self.requests: list[VerificationRequest] = []
        self.primaries: list[PrimaryResult] = []
        self.refusals: list[Reason] = []
        self.handles: list[Handle] = []
        self.done: list[Callable[[Outcome], None]] = []

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        self._called("gate", request)
        done(self.gated)

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        assert ticket is self.gated
        self._called("decide", request)
        self.primaries.append(primary)
        return self._answered(done)

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        self._called("answer", request)
        return self._answered(done)

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        self._called("refuse", request)
        self.refusals.append(reason)
        done(Denied(reason=reason))

    def _called(self, name: str, request: VerificationRequest) -> None:
        self.requests.append(request)
        if name in self.breaks:
            raise RuntimeError

    def _answered(self, done: Callable[[Outcome], None]) -> Waiting:
        self.done.append(done)
        if self.decided is not None:
            done(self.decided)
        self.handles.append(Handle())
        return self.handles[-1]


class Desk:
    """Where logins are handed in, before a verifier that plays a part."""

    def __init__(self) -> None:
        self.world = World()
        self.script = Script()
        self.faults: list[str] = []
        self.login = Login(
            verifier=self.script,
            primary=self.world.passwords,
            proofs=PasswordProofs(partial(self.world.proof_keys.of, DEFAULT_GROUP)),
            fault=self.fault,
            metrics=self.world.metrics,
        )

    def fault(self, where: str) -> None:
        self.faults.append(where)

    def attempt(self, **fields: object) -> LoginAttempt:
        made = LoginAttempt(
            application=self.world.vpn,
            client="192.0.2.1",
            user_name="Alice",
            typed=Secret(b"correct horse,123456"),
            credential=Credential.PAP,
            source="198.51.100.7",
            address="198.51.100.7",
            state=None,
            received_at=5,
            deadline=77,
        )
        return replace(made, **fields)

    def submit(self, **fields: object) -> tuple[list[Outcome], Waiting]:
        told: list[Outcome] = []
        return told, self.login.submit(self.attempt(**fields), told.append)

    def counted(self) -> dict[tuple[str, ...], float]:
        return {labels: value for labels, value in self.world.metrics.outcomes.values.items() if value}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_code_is_taken_off_and_the_rest_is_checked(desk: Desk) -> None:
    told, _ = desk.submit()
    assert told == [ALLOWED]
    (check,) = desk.world.passwords.checked
    assert check.password.octets == b"correct horse"
    assert (check.user, check.user_name, check.client) == (UserId(b"alice"), "Alice", "192.0.2.1")
    assert (check.source, check.deadline, check.application) == ("198.51.100.7", 77, desk.world.vpn)
    gated, decided = desk.script.requests
    assert gated is decided
    assert (gated.code, gated.state, gated.received_at, gated.deadline) == ("123456", None, 5, 77)
    assert (gated.application, gated.client) == (desk.world.vpn.id, "192.0.2.1")
    assert gated.proofs == desk.login.proofs.of(Secret(b"correct horse"))


def test_what_the_gate_says_ends_it_without_a_check(desk: Desk) -> None:
    desk.script.gated = Denied(reason=Reason.BLOCKED)
    told, waiting = desk.submit()
    assert told == [Denied(reason=Reason.BLOCKED)]
    assert not desk.world.passwords.checked
    waiting.cancel()


def test_an_asserted_password_is_not_checked_again(desk: Desk) -> None:
    told, _ = desk.submit(application=replace(desk.world.vpn, primary=PrimaryKind.ASSERTED), typed=Secret(b"123456"))
    assert told == [ALLOWED]
    assert not desk.world.passwords.checked
    assert desk.script.requests[0].proofs == (ASSERTED,)
    assert desk.script.requests[0].code == "123456"
    assert desk.script.primaries[0].verdict is PrimaryVerdict.ACCEPTED
    assert desk.script.primaries[0].checked_by == "asserted"
    assert not desk.script.primaries[0].by_directory


def test_an_answer_goes_straight_to_its_challenge(desk: Desk) -> None:
    desk.script.decided = CHALLENGED
    told, _ = desk.submit(state=b"a state", typed=Secret(b" 123456 "))
    assert told == [CHALLENGED]
    (request,) = desk.script.requests
    assert (request.state, request.code, request.proofs) == (b"a state", "123456", ())
    assert not desk.world.passwords.checked
    desk.submit(state=b"a state", typed=Secret(b"correct horse"))
    assert desk.script.requests[1].code is None


@pytest.mark.parametrize("credential", [Credential.CHAP, Credential.MS_CHAP, Credential.EAP, Credential.SEVERAL])
@pytest.mark.parametrize("state", [None, b"a state"])
def test_what_cannot_be_checked_is_refused(desk: Desk, credential: Credential, state: bytes | None) -> None:
    told, _ = desk.submit(credential=credential, state=state)
    assert told == [Denied(reason=Reason.UNSUPPORTED_PROTOCOL)]
    assert desk.script.refusals == [Reason.UNSUPPORTED_PROTOCOL]


@pytest.mark.parametrize("typed", [b"", b",123456", b"\xff", b"a\x00b", b"x" * (LONGEST_PASSWORD + 1)])
def test_what_is_no_password_is_a_wrong_one_and_is_not_checked(desk: Desk, typed: bytes) -> None:
    told, _ = desk.submit(typed=Secret(typed))
    assert told == [Denied(reason=Reason.WRONG_PASSWORD)]
    assert desk.script.refusals == [Reason.WRONG_PASSWORD]
    assert desk.script.requests[0].code is None
    assert not desk.world.passwords.checked


def test_every_outcome_is_counted_once_by_kind_and_reason(desk: Desk) -> None:
    desk.submit()
    desk.script.done[0](ALLOWED)
    desk.script.decided = CHALLENGED
    desk.submit(source="203.0.113.9")
    desk.submit(credential=Credential.EAP)
    assert desk.counted() == {
        ("allowed", "code"): 1,
        ("challenged", "challenge"): 1,
        ("denied", "unsupported-protocol"): 1,
    }


# --- one check for all packets of a login


def test_packets_of_one_login_are_one_check_and_each_is_decided(desk: Desk) -> None:
    desk.world.passwords.hold = True
    told = [desk.submit()[0] for _ in range(3)]
    assert len(desk.world.passwords.checked) == 1
    desk.world.passwords.run()
    assert told == [[ALLOWED]] * 3
    desk.submit()
    assert len(desk.world.passwords.checked) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"client": "192.0.2.2"},
        {"source": "203.0.113.9"},
        {"typed": Secret(b"another")},
    ],
)
def test_packets_of_another_login_are_another_check(desk: Desk, fields: dict[str, object]) -> None:
    desk.world.passwords.hold = True
    desk.submit()
    desk.submit(**fields)
    assert len(desk.world.passwords.checked) == 2


@pytest.mark.parametrize("fields", [{"user": UserId(b"bob")}, {"epoch": 4}, {"user": None}])
def test_another_user_or_epoch_is_another_check(desk: Desk, fields: dict[str, object]) -> None:
    desk.world.passwords.hold = True
    desk.submit()
    assert isinstance(desk.script.gated, Ticket)
    desk.script.gated = replace(desk.script.gated, **fields)
    desk.submit()
    assert len(desk.world.passwords.checked) == 2


def test_another_application_is_another_check(desk: Desk) -> None:
    desk.world.passwords.hold = True
    desk.submit()
    desk.submit(application=replace(desk.world.vpn, id=ApplicationId(b"another")))
    assert len(desk.world.passwords.checked) == 2


def test_a_check_that_raises_is_a_directory_that_is_away_for_all(desk: Desk) -> None:
    desk.world.passwords.breaks = True
    desk.submit()
    assert desk.faults == ["primary authentication"]
    assert [result.verdict for result in desk.script.primaries] == [PrimaryVerdict.AWAY]


def test_a_check_that_answers_and_then_raises_answers_once(desk: Desk) -> None:
    class Clumsy:
        def check(self, _attempt: object, done: Callable[[PrimaryResult], None]) -> None:
            done(PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="local"))
            raise RuntimeError

    login = Login(
        verifier=desk.script,
        primary=Clumsy(),
        proofs=desk.login.proofs,
        fault=desk.fault,
        metrics=desk.world.metrics,
    )
    told: list[Outcome] = []
    login.submit(desk.attempt(), told.append)
    assert told == [ALLOWED]
    assert [result.verdict for result in desk.script.primaries] == [PrimaryVerdict.ACCEPTED]


# --- giving up, and bugs


def test_giving_up_reaches_whoever_decides_now_or_later(desk: Desk) -> None:
    desk.script.decided = None
    told, waiting = desk.submit()
    waiting.cancel()
    assert desk.script.handles[0].cancelled == 1
    desk.script.done[0](ALLOWED)
    assert not told


def test_giving_up_while_a_password_is_checked_still_settles_the_attempt(desk: Desk) -> None:
    desk.world.passwords.hold = True
    desk.script.decided = None
    told, waiting = desk.submit()
    waiting.cancel()
    desk.world.passwords.run()
    assert len(desk.script.primaries) == 1
    assert desk.script.handles[0].cancelled == 1
    desk.script.done[0](ALLOWED)
    assert not told
    assert not desk.counted()


def test_whoever_waits_is_not_given_up(desk: Desk) -> None:
    desk.script.decided = None
    told, _ = desk.submit()
    assert desk.script.handles[0].cancelled == 0
    desk.script.done[0](ALLOWED)
    assert told == [ALLOWED]


@pytest.mark.parametrize(
    ("breaks", "fields", "where"),
    [
        ("gate", {}, "login"),
        ("decide", {}, "decision"),
        ("answer", {"state": b"a state"}, "login"),
        ("refuse", {"credential": Credential.EAP}, "login"),
    ],
)
def test_whatever_raises_denies_and_is_reported(desk: Desk, breaks: str, fields: dict[str, object], where: str) -> None:
    desk.script.breaks = {breaks}
    told, _ = desk.submit(**fields)
    assert told == [Denied(reason=Reason.ERROR)]
    assert desk.faults == [where]


def test_one_decision_that_raises_does_not_take_the_others_with_it(desk: Desk) -> None:
    desk.world.passwords.hold = True
    first = desk.submit()[0]
    desk.script.breaks = {"decide"}
    second = desk.submit()[0]
    desk.world.passwords.run()
    assert first == second == [Denied(reason=Reason.ERROR)]
    assert desk.faults == ["decision", "decision"]
