"""
Conversations: the same number is the same request, nothing is believed that can be known here, and nothing waits on.
"""

import pytest

from tests.fakes.far_world import RIGHT, FarWorld, gated
from tests.unit.wire.channel.samples import REQUEST
from watchword.app.channel import conversation as module
from watchword.app.channel.conversation import Conversation
from watchword.app.channel.flows import KEPT
from watchword.domain.applications import PrimaryKind
from watchword.domain.prompts import AnswerDecision
from watchword.domain.verification import Allowed, Denied, Reason
from watchword.kit.clock import NANOSECONDS
from watchword.wire.channel.decisions import Allowed as WireAllowed
from watchword.wire.channel.decisions import Request
from watchword.wire.channel.messages import (
    Account,
    Cancel,
    Check,
    Checked,
    Decide,
    Decided,
    Gate,
    Gated,
    Lost,
    Noted,
    Primary,
    Report,
    Salt,
    Salted,
    Unreadable,
)

ACCEPTED = Primary(verdict="accepted", checked_by="local")
PROOF = b"p" * 32


class Desk:
    """A conversation that is spoken to by hand."""

    def __init__(self) -> None:
        self.world = FarWorld()
        self.talk: Conversation = self.world.channel.conversation
        self.told: list[object] = []
        self.talk.attach(self.told.append)
        self.user = self.world.user("alice@example.com", self.world.totp())

    def request(self, **fields: object) -> Request:
        made = {
            "application": self.world.vpn.id,
            "authentication_type": "radius",
            "user_name": "alice@example.com",
            "client": "192.0.2.1",
            "source": "198.51.100.7",
            "address": None,
            "proofs": (PROOF,),
            "code": self.world.code(),
            "state": None,
            "received_at": 0,
            "remaining": 50 * NANOSECONDS,
        }
        return Request(**(made | fields))  # type: ignore[arg-type]

    def ask(self, *messages: object) -> list[object]:
        """Say something, and return what is told."""
        before = len(self.told)
        for message in messages:
            self.talk.take(message)  # type: ignore[arg-type]
        return self.told[before:]

    def right(self, number: int = 90) -> None:
        """Show that the password was right."""
        self.ask(Check(id=number, user=self.user, digest=RIGHT, proof=PROOF, remaining=NANOSECONDS))

    def allowed(self, told: list[object]) -> bool:
        (one,) = told
        return isinstance(one, Decided) and isinstance(one.outcome, WireAllowed)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_login_goes_its_way_in_two_halves(desk: Desk) -> None:
    told = desk.ask(Gate(id=1, request=desk.request()))
    assert told == [Gated(id=1, name="alice@example.com", user=desk.user, epoch=0)]
    desk.right()

    assert desk.allowed(desk.ask(Decide(id=1, primary=ACCEPTED)))
    assert desk.talk.waiting == 0


def test_what_is_asked_again_is_told_again_and_decided_once(desk: Desk) -> None:
    gate, decide = Gate(id=1, request=desk.request()), Decide(id=1, primary=ACCEPTED)
    first = desk.ask(gate)
    assert desk.ask(gate) == first
    desk.right()
    outcome = desk.ask(decide)

    assert desk.ask(decide) == outcome
    assert desk.ask(gate) == outcome
    assert len(desk.world.store.committed) == 1


def test_an_outcome_is_kept_for_ten_seconds(desk: Desk) -> None:
    decide = Decide(id=1, primary=ACCEPTED)
    desk.ask(Gate(id=1, request=desk.request()))
    desk.right()
    outcome = desk.ask(decide)
    desk.world.clock.advance(KEPT / NANOSECONDS - 0.001)
    desk.talk.sweep()
    assert desk.ask(decide) == outcome

    desk.world.clock.advance(0.001)
    desk.talk.sweep()

    assert desk.ask(decide) == [Lost(id=1)]


def test_a_second_half_without_a_first_is_lost(desk: Desk) -> None:
    assert desk.ask(Decide(id=1, primary=ACCEPTED)) == [Lost(id=1)]


def test_a_server_is_not_believed_that_a_local_password_was_right(desk: Desk) -> None:
    desk.ask(Gate(id=1, request=desk.request()))

    assert not desk.allowed(desk.ask(Decide(id=1, primary=ACCEPTED)))


@pytest.mark.parametrize("kind", [PrimaryKind.LDAP, PrimaryKind.RADIUS, PrimaryKind.ASSERTED])
def test_a_server_is_believed_where_it_is_there_to_know(desk: Desk, kind: PrimaryKind) -> None:
    desk.world.application(primary=kind)
    desk.ask(Gate(id=1, request=desk.request()))

    assert desk.allowed(desk.ask(Decide(id=1, primary=ACCEPTED)))


def test_nobody_unknown_passes_because_a_server_says_that_a_directory_knows_him(desk: Desk) -> None:
    desk.world.application(user_match=False)
    stranger = desk.request(user_name="mallory", code=None)
    claim = Primary(verdict="accepted", checked_by="local", by_directory=True)
    desk.ask(Gate(id=1, request=stranger))
    desk.ask(Check(id=2, user=None, digest=RIGHT, proof=PROOF, remaining=NANOSECONDS))

    assert not desk.allowed(desk.ask(Decide(id=1, primary=claim)))


def test_a_password_is_compared_only_where_a_login_was_begun_with_it(desk: Desk) -> None:
    check = Check(id=2, user=desk.user, digest=RIGHT, proof=PROOF, remaining=NANOSECONDS)
    assert desk.ask(check) == [Checked(id=2, verdict="away")]
    assert desk.world.hashes.checked == []
    desk.ask(Gate(id=1, request=desk.request()))
    assert desk.ask(check) == [Checked(id=2, verdict="accepted")]
    desk.ask(Decide(id=1, primary=ACCEPTED))

    assert desk.ask(check) == [Checked(id=2, verdict="away")]


def test_a_right_password_is_right_for_its_user_and_proof_and_while_the_login_lasts(desk: Desk) -> None:
    desk.ask(Gate(id=1, request=desk.request()))
    desk.right()
    other = desk.request(proofs=(b"q" * 32,), source="203.0.113.9")
    desk.ask(Gate(id=2, request=other))
    assert not desk.allowed(desk.ask(Decide(id=2, primary=ACCEPTED)))

    desk.world.clock.advance(1)

    assert not desk.allowed(desk.ask(Decide(id=1, primary=ACCEPTED)))


def test_a_server_learns_what_a_password_is_hashed_with_whoever_it_is(desk: Desk) -> None:
    (known,) = desk.ask(Salt(id=1, user=desk.user))
    (nobody,) = desk.ask(Salt(id=2, user=None))
    assert isinstance(known, Salted)
    assert isinstance(nobody, Salted)
    desk.world.hashes.away = True

    assert desk.ask(Salt(id=3, user=desk.user)) == [Lost(id=3)]


def test_a_login_that_is_not_gone_on_with_is_settled(desk: Desk) -> None:
    desk.ask(Gate(id=1, request=desk.request(remaining=NANOSECONDS)))
    desk.world.clock.advance(0.9)
    desk.talk.sweep()
    assert desk.talk.waiting == 1

    desk.world.clock.advance(0.1)
    desk.talk.sweep()

    assert desk.talk.waiting == 0
    assert len(desk.world.store.committed) == 1


def test_a_server_that_goes_settles_and_cancels_what_it_began(desk: Desk) -> None:
    phone = desk.world.user_with_phone("bob@example.com")
    desk.world.application(primary=PrimaryKind.ASSERTED)
    desk.ask(Gate(id=1, request=desk.request()))
    desk.ask(Gate(id=2, request=desk.request(user_name="bob@example.com", code=None)), Decide(id=2, primary=ACCEPTED))
    assert desk.world.prompting.shown(phone.owner.user) is not None

    desk.talk.end()

    assert desk.talk.waiting == 0
    assert desk.world.prompting.shown(phone.owner.user) is None


def test_what_nobody_waits_for_is_cancelled(desk: Desk) -> None:
    phone = desk.world.user_with_phone("bob@example.com")
    desk.world.application(primary=PrimaryKind.ASSERTED)
    desk.ask(Gate(id=2, request=desk.request(user_name="bob@example.com", code=None)), Decide(id=2, primary=ACCEPTED))

    assert desk.ask(Cancel(id=2), Cancel(id=2), Cancel(id=77)) == []

    assert desk.world.prompting.shown(phone.owner.user) is None
    assert desk.talk.waiting == 0


def test_an_outcome_that_comes_while_no_connection_stands_is_told_over_the_next(desk: Desk) -> None:
    phone = desk.world.user_with_phone("bob@example.com")
    desk.world.application(primary=PrimaryKind.ASSERTED)
    decide = Decide(id=2, primary=ACCEPTED)
    desk.ask(Gate(id=2, request=desk.request(user_name="bob@example.com", code=None)), decide)
    desk.talk.detach()
    desk.world.answer(phone, AnswerDecision.DENY)
    assert len(desk.told) == 1
    desk.talk.attach(desk.told.append)

    (told,) = desk.ask(decide)

    assert isinstance(told, Decided)
    assert not isinstance(told.outcome, WireAllowed)


def test_neither_the_clock_nor_the_patience_of_a_server_is_believed(desk: Desk) -> None:
    seen = []
    desk.world.service.gate = lambda request, _done: seen.append(request)  # type: ignore[assignment, method-assign]
    desk.ask(Gate(id=1, request=desk.request(received_at=1, remaining=10**18)))

    assert seen[0].received_at == desk.world.clock.now()
    assert seen[0].deadline == desk.world.clock.monotonic() + 300 * NANOSECONDS


@pytest.mark.parametrize("fields", [{"authentication_type": "telepathy"}, {"proofs": ()}, {"proofs": (PROOF,) * 5}])
def test_a_request_that_makes_no_sense_is_lost(desk: Desk, fields: dict[str, object]) -> None:
    assert desk.ask(Gate(id=1, request=desk.request(**fields))) == [Lost(id=1)]
    assert desk.ask(Unreadable(id=9)) == [Lost(id=9)]


def test_more_than_may_wait_are_denied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IN_FLIGHT", 1)
    desk.ask(Gate(id=1, request=desk.request()))

    (told,) = desk.ask(Gate(id=2, request=desk.request()))

    assert isinstance(told, Decided)
    assert told.outcome.reason == "error"  # type: ignore[union-attr]


def test_whatever_breaks_denies_and_takes_no_other_with_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError

    desk.ask(Gate(id=1, request=desk.request()))
    desk.right()
    monkeypatch.setattr(desk.world.service, "gate", broken)
    monkeypatch.setattr(desk.world.service, "decide", broken)
    monkeypatch.setattr(desk.world.hashes, "recipe", broken)

    told = desk.ask(Gate(id=2, request=desk.request()), Decide(id=1, primary=ACCEPTED), Salt(id=3, user=None))

    assert [type(one) for one in told] == [Decided, Decided, Lost]
    assert not any(isinstance(one, Decided) and isinstance(one.outcome, WireAllowed) for one in told)
    assert desk.world.faults == ["channel"] * 3


def test_what_clients_tell_of_sessions_is_written_down_for_applications_that_there_are(desk: Desk) -> None:
    account = Account(
        id=1,
        application=desk.world.vpn.id,
        client="192.0.2.1",
        user_name="alice",
        status="start",
        session="s1",
        source=None,
        detail="",
        received_at=5,
    )
    assert desk.ask(account) == [Noted(id=1, durable=True)]
    assert desk.world.accounts.records[0].received_at == desk.world.clock.now()
    unknown = Account(**{name: getattr(account, name) for name in account.__struct_fields__} | {"application": b"x"})

    assert desk.ask(unknown) == [Noted(id=1, durable=False)]
    desk.world.reports.durable = False
    assert desk.ask(Report(id=2, rows=())) == [Noted(id=2, durable=False)]


def test_requests_carry_what_they_said_through_the_channel() -> None:
    world = FarWorld()
    world.user("alice@example.com", world.totp())
    assert isinstance(world.ask(code=world.code()).outcome, Allowed)
    (told,) = gated(world.channel)

    assert told.name == "alice@example.com"
    assert REQUEST.version == 1


def test_a_refusal_is_written_down_with_its_reason() -> None:
    world = FarWorld()
    world.user("alice@example.com")

    outcome = world.ask(typed=b"\xff\xfe").outcome

    assert isinstance(outcome, Denied)
    assert outcome.reason is Reason.WRONG_PASSWORD
    assert world.store.committed[0].activity[0].reason is Reason.WRONG_PASSWORD
