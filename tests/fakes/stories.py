"""
Logins from their first packet to their last, of every kind, for tests that let something happen at each moment of them.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tests.fakes.world import Asked, Phone, World
from watchword.domain.applications import PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.prompts import AnswerDecision
from watchword.domain.verification import Challenged, PrimaryResult, PrimaryVerdict
from watchword.ports.login import StoreAway

Story = Callable[[World], list[Asked]]
ELSEWHERE: Final = "203.0.113.9"


def by_code(world: World) -> list[Asked]:
    """Pass by a code."""
    world.user("alice@example.com", world.totp())
    world.rule(CacheType.IP)
    return [world.ask(code=world.code())]


def by_code_twice(world: World) -> list[Asked]:
    """Pass by a code, and by having asked again."""
    return [*by_code(world), world.ask(code=world.code())]


def by_cache(world: World) -> list[Asked]:
    """Pass by a code, and then by the caching rule."""
    first = by_code(world)
    world.pass_time(11)
    return [*first, world.ask()]


def by_bypass(world: World) -> list[Asked]:
    """Pass by a bypass, and by having asked again."""
    phone = world.user_with_phone()
    world.bypass(phone.owner.user)
    return [world.ask(), world.ask()]


def by_push(world: World) -> list[Asked]:
    """Pass by an approval, three of one login."""
    phone = world.user_with_phone()
    world.rule(CacheType.IP)
    asked = [world.ask(), world.ask(), world.ask()]
    says(world, phone)
    return asked


def by_let_through(world: World) -> list[Asked]:
    """Pass because an administrator lets through what waits."""
    phone = world.user_with_phone()
    asked = [world.ask(), world.ask()]
    bypass = world.bypass(phone.owner.user)

    async def let_through() -> None:
        for waiting in world.live.pending():
            await world.live.let_through(waiting.id, bypass.id)

    with suppress(RuntimeError, StoreAway):
        asyncio.run(let_through())
    return asked


def by_challenge(world: World) -> list[Asked]:
    """Pass by a code in answer to a challenge."""
    world.application(challenge=True)
    world.user("alice@example.com", world.totp())
    first = world.ask()
    return [first, *answers(world, first, code=world.code())]


def by_number(world: World) -> list[Asked]:
    """Pass by a number, two States of one login."""
    world.application(challenge=True, primary=PrimaryKind.LDAP)
    by_directory(world)
    phone = world.user_with_phone()
    first, second = world.ask(), world.ask()
    waiting = [*answers(world, first), *answers(world, second)]
    if isinstance(first.outcome, Challenged):
        says(world, phone, number=first.outcome.prompt.number)
    return [first, second, *waiting]


def by_code_instead(world: World) -> list[Asked]:
    """Pass by a code in the place of a number, while another State of the same login waits."""
    world.application(challenge=True)
    world.user_with_phone("alice@example.com", world.totp())
    first, second = world.ask(), world.ask()
    waiting = answers(world, second)
    return [first, second, *waiting, *answers(world, first, code=world.code())]


def by_password_alone(world: World) -> list[Asked]:
    """Pass as nobody we know, where that is enough."""
    world.application(primary=PrimaryKind.LDAP, user_match=False)
    by_directory(world)
    return [world.ask(user="nobody@example.com")]


def asserted(world: World) -> list[Asked]:
    """Pass by a code where the application has checked the password."""
    world.application(primary=PrimaryKind.ASSERTED)
    world.user("alice@example.com", world.totp())
    return [world.ask(typed=b"", code=world.code())]


def denied(world: World) -> list[Asked]:
    """Be denied by the phone, two of one login, and once more after it."""
    phone = world.user_with_phone()
    asked = [world.ask(), world.ask()]
    says(world, phone, AnswerDecision.DENY)
    return [*asked, world.ask()]


def reported(world: World) -> list[Asked]:
    """Be reported as fraud."""
    phone = world.user_with_phone()
    asked = [world.ask()]
    says(world, phone, AnswerDecision.FRAUD)
    return asked


def unanswered(world: World) -> list[Asked]:
    """Wait for nothing."""
    world.user_with_phone()
    asked = [world.ask(), world.ask()]
    world.pass_time(60)
    return asked


def contended(world: World) -> list[Asked]:
    """Be two at once where no number can be shown."""
    phone = world.user_with_phone()
    asked = [world.ask(source=ELSEWHERE), world.ask(), world.ask()]
    says(world, phone)
    world.pass_time(60)
    return asked


def wrong_number(world: World) -> list[Asked]:
    """Be two at once, and have a number typed that neither shows."""
    world.application(challenge=True)
    phone = world.user_with_phone()
    first, second = world.ask(source=ELSEWHERE), world.ask()
    waiting = [*answers(world, first, source=ELSEWHERE), *answers(world, second)]
    says(world, phone, number="00")
    return [first, second, *waiting]


def wrong_code(world: World) -> list[Asked]:
    """Type a wrong code into a challenge while another State of the same login waits."""
    world.application(challenge=True)
    world.user_with_phone("alice@example.com", world.totp())
    first, second = world.ask(), world.ask()
    waiting = answers(world, second)
    return [first, second, *waiting, *answers(world, first, code="000000")]


def locked(world: World) -> list[Asked]:
    """Type wrong codes until they lock, while a phone is asked."""
    world.user_with_phone("alice@example.com", world.totp())
    waiting = world.ask()
    return [waiting, *(world.ask(code=f"00000{number}") for number in range(6))]


def answers(world: World, asked: Asked, *, code: str | None = None, source: str = "198.51.100.7") -> list[Asked]:
    """Answer a challenge, where it was one."""
    outcome = asked.outcome
    if not isinstance(outcome, Challenged):
        return []
    return [world.ask(typed=b"", code=code, state=outcome.state, source=source)]


def says(
    world: World, phone: Phone, decision: AnswerDecision = AnswerDecision.APPROVE, number: str | None = None
) -> None:
    """Let a phone answer."""
    # The device's answer comes through the web, whose own supervisor answers it where this raises.
    with suppress(RuntimeError, StoreAway):
        world.answer(phone, decision, number=number)


def by_directory(world: World) -> None:
    """Let a directory find every password right."""
    world.passwords.verdict = PrimaryResult(
        verdict=PrimaryVerdict.ACCEPTED, checked_by="directory", by_directory=True, directory_id=b"an entry"
    )


PASSING: Final[tuple[Story, ...]] = (
    by_code,
    by_code_twice,
    by_cache,
    by_bypass,
    by_push,
    by_let_through,
    by_challenge,
    by_number,
    by_code_instead,
    by_password_alone,
    asserted,
)
REFUSED: Final[tuple[Story, ...]] = (denied, reported, unanswered, contended, wrong_number, wrong_code, locked)
