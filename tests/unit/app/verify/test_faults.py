"""
N18: whatever raises on the way of a login, nobody is let in by it and nobody waits for ever.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.fakes.world import Asked, Phone, World
from watchword.domain.caching import CacheType
from watchword.domain.verification import Allowed, Challenged
from watchword.ports.login import StoreAway


@dataclass
class Saboteur:
    """Counts the calls to everything that a decision stands on, and raises in one of them."""

    raises_at: int = -1
    error: type[Exception] = RuntimeError
    calls: list[str] = field(default_factory=list)

    def wrap(self, target: object, *names: str) -> None:
        """Let calls of a target's methods be counted."""
        for name in names:
            self._wrap(target, name)

    def _wrap(self, target: object, name: str) -> None:
        real = getattr(target, name)

        def counted(*arguments: object, **named: object) -> object:
            self.calls.append(name)
            if len(self.calls) - 1 == self.raises_at:
                raise self.error
            return real(*arguments, **named)

        setattr(target, name, counted)


def sabotaged(saboteur: Saboteur) -> World:
    world = World()
    saboteur.wrap(world.store, "resolve", "load", "owner", "find", "commit")
    saboteur.wrap(world.cache, "find", "hit", "put")
    saboteur.wrap(world.phones, "ring", "quiet")
    saboteur.wrap(world.passwords, "check")
    saboteur.wrap(world.identifiers, "new")
    saboteur.wrap(world.clock, "wall")
    return world


def by_code(world: World) -> list[Asked]:
    world.user("alice@example.com", world.totp())
    world.rule(CacheType.IP)
    return [world.ask(code=world.code())]


def by_cache(world: World) -> list[Asked]:
    by_code(world)
    world.pass_time(11)
    return [world.ask()]


def by_bypass(world: World) -> list[Asked]:
    phone = world.user_with_phone()
    world.bypass(phone.owner.user)
    return [world.ask(), world.ask()]


def by_push(world: World) -> list[Asked]:
    phone = world.user_with_phone()
    world.rule(CacheType.IP)
    asked = [world.ask(), world.ask(), world.ask()]
    _approve(world, phone)
    return asked


def by_challenge(world: World) -> list[Asked]:
    world.application(challenge=True)
    world.user("alice@example.com", world.totp())
    challenged = world.ask().outcome
    state = challenged.state if isinstance(challenged, Challenged) else b"none"
    return [world.ask(typed=b"", code=world.code(), state=state)]


def by_number(world: World) -> list[Asked]:
    world.application(challenge=True)
    phone = world.user_with_phone()
    challenged = world.ask().outcome
    if not isinstance(challenged, Challenged):
        return []
    asked = [world.ask(typed=b"", state=challenged.state)]
    _approve(world, phone, challenged.prompt.number)
    return asked


def _approve(world: World, phone: Phone, number: str | None = None) -> None:
    # The device's answer comes through the web, whose own supervisor answers it where this raises.
    with suppress(RuntimeError, StoreAway):
        world.answer(phone, number=number)


@pytest.mark.parametrize("story", [by_code, by_cache, by_bypass, by_push, by_challenge, by_number])
@pytest.mark.parametrize("error", [RuntimeError, StoreAway])
def test_whatever_raises_lets_nobody_in(story: Callable[[World], list[Asked]], error: type[Exception]) -> None:
    counting = Saboteur()
    passed = story(sabotaged(counting))
    assert passed
    assert all(isinstance(one.outcome, Allowed) for one in passed)
    for number, name in enumerate(counting.calls):
        saboteur = Saboteur(raises_at=number, error=error)
        world = sabotaged(saboteur)
        try:
            asked = story(world)
        except (RuntimeError, StoreAway):
            # It was raised while the story was set up, before any request.
            continue
        world.pass_time(200)
        for one in asked:
            assert len(one.outcomes) == 1, f"{name} raised in call {number}, and a request was not answered once"
        committed = {row.id for row in world.store.activity}
        for one in asked:
            if isinstance(one.outcome, Allowed):
                assert one.outcome.activity in committed, f"{name} raised in call {number}: an Accept without a row"
