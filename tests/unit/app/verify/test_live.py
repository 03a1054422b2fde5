import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.fakes.changes import replace
from tests.fakes.world import Asked, World
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, GroupId
from watchword.domain.bypass import BypassId
from watchword.domain.users import Person, UserId
from watchword.domain.verification import Allowed, Challenged, Denied, OutcomeKind, Reason, VerificationId
from watchword.ports.login import SpendBypass

ELSEWHERE = "203.0.113.9"

Value = TypeVar("Value")


@pytest.fixture
def world() -> World:
    return World()


def awaited(asking: Callable[[], Awaitable[Value]]) -> Value:
    async def ask() -> Value:
        return await asking()

    return asyncio.run(ask())


def let_through(world: World, bypass: BypassId, which: int = 0) -> bool:
    waiting = world.live.pending()[which].id
    return awaited(lambda: world.live.let_through(waiting, bypass))


def reason_of(asked: Asked) -> Reason | None:
    return asked.outcome.reason if isinstance(asked.outcome, Allowed | Denied) else None


def test_what_is_in_progress_is_listed_the_oldest_first(world: World) -> None:
    alice, bob = world.user_with_phone().owner.user, world.user_with_phone("bob@example.com").owner.user
    assert world.live.pending() == []
    world.application(challenge=True)
    world.ask()
    world.pass_time(1)
    world.ask(user="bob", source=None)
    world.ask(source=ELSEWHERE)
    first, second, third = world.live.pending()
    assert (first.user, first.source, first.contended, first.application) == (
        alice,
        "198.51.100.7",
        True,
        world.vpn.id,
    )
    assert (second.user, second.source, second.contended) == (bob, None, False)
    assert (third.user, third.source, third.contended) == (alice, ELSEWHERE, True)
    assert second.since - first.since == 1_000_000


def test_a_bypass_is_used_for_the_login_that_was_chosen_and_ends_the_others(world: World) -> None:
    phone = world.user_with_phone()
    attacker = world.ask(source=ELSEWHERE)
    world.application(challenge=True)
    victim = world.ask()
    bypass = world.bypass(phone.owner.user)
    assert let_through(world, bypass.id, which=1)
    assert isinstance(victim.outcome, Challenged)
    passed = world.ask(typed=b"", state=victim.outcome.state)
    assert reason_of(passed) is Reason.BYPASS
    assert reason_of(attacker) is Reason.SUPERSEDED
    assert world.person(phone.owner.user).bypasses == ()
    assert [row.bypass for row in world.store.activity if row.kind is OutcomeKind.ALLOWED] == [bypass.id]


def test_a_bypass_for_this_application_and_group_fits(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    bypass = world.bypass(phone.owner.user, application=world.vpn.id, group=DEFAULT_GROUP)
    assert let_through(world, bypass.id) is True
    assert reason_of(asked) is Reason.BYPASS
    spent = [write for unit in world.store.committed for write in unit.writes if isinstance(write, SpendBypass)]
    assert [(write.application, write.source, write.epoch) for write in spent] == [(world.vpn.id, "198.51.100.7", 0)]


@pytest.mark.parametrize(
    "fields",
    [
        {"application": ApplicationId(b"another")},
        {"group": GroupId(b"another")},
        {"seconds": 0},
        {"created_at": 1 << 62},
    ],
)
def test_a_bypass_that_does_not_fit_is_not_used(world: World, fields: dict[str, object]) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    bypass = world.bypass(phone.owner.user, **fields)  # type: ignore[arg-type]
    assert let_through(world, bypass.id) is False
    assert not asked.outcomes
    world.answer(phone)
    assert reason_of(asked) is Reason.PUSH


def test_another_bypass_than_the_one_that_was_named_is_not_used(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    world.bypass(phone.owner.user)
    assert not let_through(world, BypassId(b"another"))
    assert not asked.outcomes


def test_what_is_over_is_not_let_through(world: World) -> None:
    phone = world.user_with_phone()
    bypass = world.bypass(phone.owner.user, application=ApplicationId(b"another"))
    assert awaited(lambda: world.live.let_through(VerificationId(b"unknown"), bypass.id)) is False
    world.ask()
    waiting = world.live.pending()[0].id
    world.answer(phone)
    assert not awaited(lambda: world.live.let_through(waiting, bypass.id))


def test_what_ends_while_the_user_is_loaded_uses_no_bypass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    bypass = world.bypass(phone.owner.user)
    loading: list[Callable[[], None]] = []
    load = world.store.load

    async def chosen() -> bool:
        def later(user: UserId, done: Callable[[Person | None], None]) -> None:
            loading.append(lambda: load(user, done))

        monkeypatch.setattr(world.store, "load", later)
        told = world.live.let_through(world.live.pending()[0].id, bypass.id)
        monkeypatch.setattr(world.store, "load", load)
        world.answer(phone)
        loading.pop()()
        return await told

    assert asyncio.run(chosen()) is False
    assert reason_of(asked) is Reason.PUSH
    assert world.person(phone.owner.user).bypasses == (bypass,)


def test_nobody_is_let_through_where_nothing_can_be_read_or_who_is_gone(world: World) -> None:
    phone = world.user_with_phone()
    asked = world.ask()
    bypass = world.bypass(phone.owner.user)
    world.store.away = True
    assert let_through(world, bypass.id) is False
    world.store.away = False
    assert not asked.outcomes
    world.store.remove(phone.owner.user)
    assert not let_through(world, bypass.id)


def test_a_bypass_that_is_gone_by_then_lets_nobody_in(world: World) -> None:
    phone = world.user_with_phone()
    leader, joined = world.ask(), world.ask()
    bypass = world.bypass(phone.owner.user)
    world.store.hold = True
    assert let_through(world, bypass.id)
    world.store.cancel_bypasses(phone.owner.user)
    world.store.hold = False
    world.store.run()
    assert [reason_of(leader), reason_of(joined)] == [Reason.SUPERSEDED, Reason.SUPERSEDED]
    assert [row.reason for row in world.store.activity] == [Reason.SUPERSEDED] * 2


def test_a_block_ends_what_is_in_progress_of_that_user_alone(world: World) -> None:
    alice = world.user_with_phone()
    world.user_with_phone("bob@example.com")
    hers, his = world.ask(), world.ask(user="bob")
    world.store.change(alice.owner.user)
    world.live.ended(alice.owner.user)
    assert reason_of(hers) is Reason.SUPERSEDED
    assert not his.outcomes


def test_what_is_counted_is_written_down_before_it_is_told(world: World) -> None:
    for _ in range(3):
        world.ask(user="nobody")
    world.store.hold = True

    async def settled() -> bool:
        told = world.live.settle()
        assert isinstance(told, asyncio.Future)
        before = told.done()
        world.store.run()
        await told
        return before

    assert not asyncio.run(settled())
    assert [row.count for row in world.store.activity] == [1, 2]


def test_whoever_gives_up_waiting_for_that_harms_nobody(world: World) -> None:
    for _ in range(3):
        world.ask(user="nobody")
    world.store.hold = True

    async def given_up() -> None:
        told = world.live.settle()
        assert isinstance(told, asyncio.Future)
        told.cancel()
        world.store.run()

    asyncio.run(given_up())
    assert [row.count for row in world.store.activity] == [1, 2]


def test_a_fresh_copy_of_a_person_is_what_counts(world: World) -> None:
    phone = world.user_with_phone()
    world.ask()
    bypass = world.bypass(phone.owner.user)
    person = world.person(phone.owner.user)
    world.store.state.persons[phone.owner.user] = replace(person, bypasses=())
    assert not let_through(world, bypass.id)
