"""
What devices ask of the portal, and what it takes from nobody else.
"""

from dataclasses import fields, replace
from typing import Final

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.phones import SHOWN, Phone, Portal
from watchword.app.manage.methods import MethodRemove
from watchword.app.verify.prompting import AnswerResult, DeviceAnswer
from watchword.domain.methods import MethodId
from watchword.domain.prompts import AnswerDecision
from watchword.wire import authenticator as wire

WINDOW: Final = 300
"""Seconds by which clocks may differ."""


@pytest.fixture
async def portal(office: Office) -> Portal:
    await office.user()
    return Portal(office)


@pytest.fixture
async def phone(portal: Portal) -> Phone:
    return await portal.phone()


def prompt_of(body: bytes) -> wire.Prompt | None:
    return wire.decode_fetch_reply(body).prompt


# --- being paired


async def test_a_device_is_paired_by_whoever_has_the_token(portal: Portal, office: Office) -> None:
    answer = await Phone(portal).pair(await portal.token())

    reply = wire.decode_pair_reply(answer.body)
    person = await office.person()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (reply.user, reply.username, reply.issuer) == (person.user.id, ALICE, "Watchword")
    assert [method.id for method in person.methods] == [reply.device]


async def test_a_token_pairs_one_device(portal: Portal) -> None:
    token = await portal.token()
    await Phone(portal).pair(token)

    answer = await Phone(portal).pair(token)

    assert (answer.status, answer.document["type"]) == (404, "/problems/not-found")


async def test_a_key_that_is_not_shown_to_be_the_devices_own_is_not_taken(portal: Portal, office: Office) -> None:
    token = await portal.token()
    other = Phone(portal)

    answer = await Phone(portal).pair(token, proof=other.sign(b"anything"))

    assert answer.status == 422
    assert (await Phone(portal).pair(token)).status == 200, "and the token is still good"
    assert token not in answer.body.decode()
    assert not office.records.away


async def test_pairing_that_fails_is_bounded_for_one_network(portal: Portal) -> None:
    phone = Phone(portal)
    tries = [(await phone.pair("guessed", client=("203.0.113.9", port))).status for port in range(51)]

    assert tries == [404] * 50 + [429]
    assert (await phone.pair("guessed", client=("203.0.113.10", 1))).status == 404


async def test_pairing_that_succeeds_is_not(portal: Portal, office: Office) -> None:
    for number in range(60):
        user = f"user{number}@example.org"
        await office.user(user, password=None)
        assert (await Phone(portal).pair(await portal.token(user))).status == 200


async def test_an_ipv6_network_is_64_bits_wide(portal: Portal) -> None:
    phone = Phone(portal)
    for number in range(50):
        await phone.pair("guessed", client=(f"2001:db8::{number}", 1))

    assert (await phone.pair("guessed", client=("2001:db8::ffff", 1))).status == 429
    assert (await phone.pair("guessed", client=("2001:db8:0:1::1", 1))).status == 404


# --- being shown what waits


async def test_what_waits_is_shown_at_once(portal: Portal, phone: Phone) -> None:
    portal.prompts.waiting[phone.user] = SHOWN

    answer = await phone.fetch(wait=25)

    assert answer.status == 200
    assert prompt_of(answer.body) == wire.Prompt(
        verification=SHOWN.verification,
        application=SHOWN.application,
        application_name="vpn",
        source="198.51.100.7",
        asked_at=SHOWN.details.asked_at,
        number_needed=True,
        contended=False,
        nonce=SHOWN.nonce,
        issued_at=SHOWN.issued_at,
        expires_at=SHOWN.expires_at,
    )
    assert portal.polls.waited == []


async def test_where_nothing_waits_the_portal_does(portal: Portal, phone: Phone) -> None:
    answer = await phone.fetch(wait=25)

    assert (answer.status, prompt_of(answer.body)) == (200, None)
    assert portal.polls.waited == [25]
    assert portal.polls.open == 0


async def test_who_does_not_want_to_wait_does_not(portal: Portal, phone: Phone) -> None:
    assert prompt_of((await phone.fetch()).body) is None
    assert portal.polls.waited == []


async def test_what_comes_meanwhile_is_shown(portal: Portal, phone: Phone) -> None:
    portal.polls.happens = lambda: portal.prompts.waiting.update({phone.user: SHOWN})

    prompt = prompt_of((await phone.fetch(wait=25)).body)

    assert prompt is not None
    assert prompt.verification == SHOWN.verification


async def test_a_device_listens_before_it_looks(portal: Portal, phone: Phone) -> None:
    await phone.fetch(wait=1)

    assert portal.prompts.looked == [1]


async def test_what_waits_is_shown_to_devices_of_its_user_only(portal: Portal, office: Office, phone: Phone) -> None:
    await office.user("bob@example.org")
    other = await portal.phone("bob@example.org")
    portal.prompts.waiting[phone.user] = SHOWN

    assert prompt_of((await other.fetch()).body) is None


def test_the_number_is_never_sent_to_a_device() -> None:
    assert {field.name for field in fields(wire.Prompt)} & {"number", "code"} == set()


@pytest.mark.parametrize("late", [-WINDOW, 0, WINDOW])
async def test_clocks_may_differ_by_five_minutes(phone: Phone, late: int) -> None:
    assert (await phone.fetch(late=late)).status == 200


@pytest.mark.parametrize("late", [-WINDOW - 0.001, WINDOW + 0.001, -86_400])
async def test_and_not_by_more(phone: Phone, late: float) -> None:
    answer = await phone.fetch(late=late)

    assert answer.status == 401
    assert "clock" in answer.document["detail"]


async def test_another_devices_signature_shows_nothing(portal: Portal, phone: Phone) -> None:
    portal.prompts.waiting[phone.user] = SHOWN
    thief = Phone(portal)

    answer = await portal.ask("prompts", thief.fetching(device=phone.device))

    assert (answer.status, answer.document["type"]) == (401, "/problems/not-authenticated")


async def test_a_signature_holds_for_its_own_instant(portal: Portal, phone: Phone) -> None:
    old = phone.fetching()

    answer = await portal.ask("prompts", replace(old, issued_at=old.issued_at + 1))

    assert answer.status == 401


async def test_a_device_that_nobody_has_is_shown_nothing(portal: Portal) -> None:
    stranger = Phone(portal)

    unknown = await stranger.fetch(device=MethodId(b"x" * 16))

    assert unknown.status == 401


async def test_nobody_is_told_whether_there_is_such_a_device(portal: Portal, phone: Phone) -> None:
    stranger = Phone(portal)

    unknown = await stranger.fetch(device=MethodId(b"x" * 16))
    forged = await stranger.fetch(device=phone.device)

    assert unknown.body == forged.body


async def test_a_removed_device_is_nobody_at_once(portal: Portal, office: Office, phone: Phone) -> None:
    portal.prompts.waiting[phone.user] = SHOWN
    await office.do("method.remove", MethodRemove(user=ALICE, id=phone.name))

    assert (await phone.fetch()).status == 401


async def test_a_device_that_is_removed_while_it_waits_is_shown_nothing(
    portal: Portal, office: Office, phone: Phone
) -> None:
    async def removed_and_asked() -> None:
        await office.do("method.remove", MethodRemove(user=ALICE, id=phone.name))
        portal.prompts.waiting[phone.user] = SHOWN

    portal.polls.happens = removed_and_asked

    assert prompt_of((await phone.fetch(wait=25)).body) is None


async def test_one_device_asks_so_often_and_no_more(portal: Portal, office: Office, phone: Phone) -> None:
    other = await portal.phone()

    answers = [(await phone.fetch()).status for _ in range(101)]

    assert answers == [200] * 100 + [429]
    assert (await other.fetch()).status == 200
    office.clock.advance(1)
    assert (await phone.fetch()).status == 200


async def test_strangers_spend_nothing_of_a_devices_allowance(portal: Portal, phone: Phone) -> None:
    stranger = Phone(portal)
    for _ in range(120):
        await stranger.fetch(device=phone.device)

    assert (await phone.fetch()).status == 200


async def test_where_too_many_listen_one_is_told_to_come_again(portal: Portal, phone: Phone) -> None:
    portal.polls.full = True

    assert (await phone.fetch(wait=25)).status == 503


# --- answering


async def test_an_answer_is_handed_on_as_it_was_given(portal: Portal, phone: Phone) -> None:
    answer = await portal.ask("answer", phone.answering())

    assert (answer.status, wire.decode_answer_reply(answer.body).result) == (200, "taken")
    ((owner, given),) = portal.prompts.answers
    assert (owner.user, owner.method, owner.public_key) == (phone.user, phone.device, phone.public_key)
    assert given == DeviceAnswer(
        verification=SHOWN.verification,
        decision=AnswerDecision.APPROVE,
        number="47",
        displayed=SHOWN.details.digest(),
        signature=b"signature",
    )


@pytest.mark.parametrize("result", [result for result in AnswerResult if result is not AnswerResult.FORGED])
async def test_a_device_is_told_what_became_of_its_answer(portal: Portal, phone: Phone, result: AnswerResult) -> None:
    portal.prompts.result = result

    answer = await portal.ask("answer", phone.answering())

    assert (answer.status, wire.decode_answer_reply(answer.body).result) == (200, result.value)


async def test_a_forged_answer_is_told_nothing_else_than_an_unknown_device(portal: Portal, phone: Phone) -> None:
    portal.prompts.result = AnswerResult.FORGED

    forged = await portal.ask("answer", phone.answering())
    unknown = await portal.ask("answer", phone.answering(device=b"x" * 16))

    assert (forged.status, forged.body) == (401, unknown.body)


async def test_a_removed_device_answers_nothing(portal: Portal, office: Office, phone: Phone) -> None:
    await office.do("method.remove", MethodRemove(user=ALICE, id=phone.name))

    assert (await portal.ask("answer", phone.answering())).status == 401
    assert portal.prompts.answers == []


async def test_a_word_that_decides_nothing_is_refused(portal: Portal, phone: Phone) -> None:
    answer = await portal.ask("answer", phone.answering(decision="aprove"))

    assert answer.status == 400
    assert answer.document["detail"] == "decision must be one of approve, deny, fraud"


# --- whatever else comes


@pytest.mark.parametrize("name", ["pair", "prompts", "answer"])
async def test_what_is_no_message_is_refused_by_its_field(portal: Portal, name: str) -> None:
    answer = await portal.ask(name, {"devise": 1})

    assert answer.status == 400
    assert answer.document["detail"].endswith(" is missing")


@pytest.mark.parametrize("name", ["pair", "prompts", "answer"])
async def test_messages_are_bounded(portal: Portal, name: str) -> None:
    answer = await portal.ask(name, [b" " * wire.LONGEST_MESSAGE, b" "])

    assert answer.status == 413


@pytest.mark.parametrize("name", ["pair", "prompts", "answer"])
async def test_nothing_stands_in_a_url(portal: Portal, name: str) -> None:
    answer = await portal.ask(name, b"", method="GET")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_a_store_that_is_away_lets_nobody_in(portal: Portal, office: Office, phone: Phone) -> None:
    token = await portal.token()
    portal.prompts.waiting[phone.user] = SHOWN
    office.records.away = True

    assert (await Phone(portal).pair(token)).status == 503
    assert (await phone.fetch()).status == 503
    assert (await portal.ask("answer", phone.answering())).status == 503
    assert portal.prompts.answers == []
    assert portal.faults == []
