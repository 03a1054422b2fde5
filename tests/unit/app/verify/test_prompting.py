import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.changes import replace
from tests.fakes.world import Asked, Phone, World
from watchword.app.verify.prompting import AnswerResult, DeviceAnswer, ShownPrompt
from watchword.domain.applications import ApplicationId
from watchword.domain.methods import MethodId
from watchword.domain.prompts import AnswerDecision, AnswerStatement
from watchword.domain.users import UserId
from watchword.domain.verification import Allowed, Challenged, Denied, Reason, VerificationId

ELSEWHERE = "203.0.113.9"


@pytest.fixture
def world() -> World:
    return World()


def shown(world: World, phone: Phone) -> ShownPrompt:
    prompt = world.prompting.shown(phone.owner.user)
    assert prompt is not None
    return prompt


def number_of(asked: Asked) -> str:
    assert isinstance(asked.outcome, Challenged)
    assert asked.outcome.prompt.number is not None
    return asked.outcome.prompt.number


def statement(phone: Phone, prompt: ShownPrompt) -> AnswerStatement:
    return AnswerStatement(
        verification=prompt.verification,
        nonce=prompt.nonce,
        decision=AnswerDecision.APPROVE,
        number=None,
        application=ApplicationId(prompt.application),
        user=phone.owner.user,
        device=phone.owner.method,
        issued_at=prompt.issued_at,
        expires_at=prompt.expires_at,
        displayed=prompt.details.digest(),
    )


def signed(phone: Phone, said: AnswerStatement) -> DeviceAnswer:
    return DeviceAnswer(
        verification=said.verification,
        decision=said.decision,
        number=said.number,
        displayed=said.displayed,
        signature=phone.key.sign(said.canonical(), ec.ECDSA(hashes.SHA256())),
    )


def test_a_device_sees_what_waits_and_never_the_number(world: World) -> None:
    phone = world.user_with_phone()
    assert world.prompting.shown(phone.owner.user) is None
    world.application(challenge=True)
    number = number_of(world.ask())
    prompt = shown(world, phone)
    assert prompt.details.application == "vpn"
    assert prompt.details.source == "198.51.100.7"
    assert prompt.details.asked_at == prompt.issued_at == world.clock.now()
    assert prompt.expires_at == prompt.issued_at + 180_000_000
    assert prompt.details.number_needed
    assert not prompt.details.contended
    assert len(prompt.nonce) == 16
    assert number not in str(prompt.details)


def test_a_plain_prompt_needs_no_number_until_it_is_contended(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    prompt = shown(world, phone)
    assert (prompt.details.number_needed, prompt.details.contended) == (False, False)
    assert prompt.expires_at == prompt.issued_at + 50_000_000
    world.ask(source=ELSEWHERE)
    prompt = shown(world, phone)
    assert (prompt.details.number_needed, prompt.details.contended) == (True, True)


def test_an_application_that_is_gone_has_no_name(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    world.configuration.swap(replace(world.configuration.value, applications={}))
    assert shown(world, phone).details.application == ""


@pytest.mark.parametrize("decision", AnswerDecision)
def test_the_device_of_another_user_answers_nothing(world: World, decision: AnswerDecision) -> None:
    alice, mallory = world.user_with_phone(), world.user_with_phone("mallory@example.com")
    asked = world.ask()
    said = replace(statement(alice, shown(world, alice)), decision=decision)
    assert world.prompting.answer(mallory.owner, signed(mallory, said)) is AnswerResult.OVER
    as_alice = replace(mallory.owner, user=alice.owner.user)
    assert world.prompting.answer(as_alice, signed(mallory, said)) is AnswerResult.FORGED
    assert world.prompting.answer(alice.owner, signed(mallory, said)) is AnswerResult.FORGED
    assert not asked.outcomes
    # Nor while a prompt of her own waits.
    world.ask(user="mallory")
    assert world.prompting.answer(mallory.owner, signed(mallory, said)) is AnswerResult.OVER
    assert not asked.outcomes


@pytest.mark.parametrize(
    "fields",
    [
        {"nonce": b"another nonce 16"},
        {"decision": AnswerDecision.DENY},
        {"number": "17"},
        {"application": ApplicationId(b"another")},
        {"user": UserId(b"another")},
        {"device": MethodId(b"another")},
        {"issued_at": 1},
        {"expires_at": 1},
        {"displayed": b"x" * 32},
    ],
)
def test_a_signature_over_anything_else_counts_for_nothing(world: World, fields: dict[str, object]) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    said = statement(phone, shown(world, phone))
    other = signed(phone, replace(said, **fields))
    forged = replace(signed(phone, said), signature=other.signature)
    assert world.prompting.answer(phone.owner, forged) is AnswerResult.FORGED
    assert not asked.outcomes
    assert world.prompting.answer(phone.owner, signed(phone, said)) is AnswerResult.TAKEN


def test_an_answer_to_an_earlier_prompt_is_over(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    answer = signed(phone, statement(phone, shown(world, phone)))
    assert world.prompting.answer(phone.owner, answer) is AnswerResult.TAKEN
    assert world.prompting.answer(phone.owner, answer) is AnswerResult.OVER
    world.pass_time(11)
    again = world.ask()
    assert world.prompting.answer(phone.owner, answer) is AnswerResult.OVER
    swapped = replace(answer, verification=VerificationId(shown(world, phone).verification))
    assert world.prompting.answer(phone.owner, swapped) is AnswerResult.FORGED
    assert not again.outcomes


@pytest.mark.parametrize("decision", AnswerDecision)
def test_an_answer_at_the_deadline_is_too_late(world: World, decision: AnswerDecision) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    said = replace(statement(phone, shown(world, phone)), decision=decision)
    # The wheel that ends what was not answered turns a little later.
    world.clock.advance(world.vpn.deadline)
    assert world.prompting.answer(phone.owner, signed(phone, said)) is AnswerResult.OVER
    assert not asked.outcomes
    assert world.person(phone.owner.user).prompts.refused == ()


def test_an_answer_just_before_the_deadline_counts(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    world.clock.advance(world.vpn.deadline - 0.001)
    assert world.answer(phone) is AnswerResult.TAKEN
    assert isinstance(asked.outcome, Allowed)


def test_an_approval_of_what_was_displayed_before_is_asked_for_again(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    said = statement(phone, shown(world, phone))
    world.ask(source=ELSEWHERE)
    assert world.prompting.answer(phone.owner, signed(phone, said)) is AnswerResult.CHANGED
    refusal = replace(said, decision=AnswerDecision.DENY)
    assert world.prompting.answer(phone.owner, signed(phone, refusal)) is AnswerResult.TAKEN


def test_a_number_is_needed_where_one_is_shown(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    number = number_of(world.ask())
    assert world.answer(phone) is AnswerResult.NUMBER_NEEDED
    assert world.answer(phone, number=number) is AnswerResult.TAKEN


def test_a_number_that_was_not_asked_for_is_a_wrong_one(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    assert world.answer(phone, number="17") is AnswerResult.WRONG_NUMBER
    assert isinstance(asked.outcome, Denied)
    assert asked.outcome.reason is Reason.WRONG_NUMBER


def test_what_is_no_text_is_a_wrong_number(world: World) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    world.ask()
    assert world.answer(phone, number="\ud800") is AnswerResult.WRONG_NUMBER


@pytest.mark.parametrize("which", [0, 1])
def test_a_number_lets_the_one_in_that_shows_it_and_ends_the_others(world: World, which: int) -> None:
    world.application(challenge=True)
    phone = world.user_with_phone()
    sources = ("198.51.100.7", ELSEWHERE)
    asked = [world.ask(source=source) for source in sources]
    assert world.answer(phone, number=number_of(asked[which])) is AnswerResult.TAKEN
    assert world.prompting.shown(phone.owner.user) is None
    reasons = []
    for one, source in zip(asked, sources, strict=True):
        assert isinstance(one.outcome, Challenged)
        later = world.ask(typed=b"", state=one.outcome.state, source=source).outcome
        assert isinstance(later, Allowed | Denied)
        reasons.append(later.reason)
    assert reasons[which] is Reason.PUSH
    assert reasons[1 - which] is Reason.CONTENDED
    assert world.person(phone.owner.user).user.epoch == 0


@pytest.mark.parametrize("says", [AnswerDecision.DENY, AnswerDecision.FRAUD])
def test_a_no_is_heard_whatever_was_displayed(world: World, says: AnswerDecision) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    assert world.answer(phone, says, displayed=b"") is AnswerResult.TAKEN
    assert isinstance(asked.outcome, Denied)


def test_each_of_two_devices_may_answer_and_the_first_answer_stands(world: World) -> None:
    first = world.user_with_phone()
    second = world.another_phone(first)
    asked = world.ask()
    assert world.phones.rings[0].devices == (first.owner.method, second.owner.method)
    said = signed(first, statement(first, shown(world, first)))
    assert world.answer(second, AnswerDecision.DENY) is AnswerResult.TAKEN
    assert world.prompting.answer(first.owner, said) is AnswerResult.OVER
    assert isinstance(asked.outcome, Denied)
