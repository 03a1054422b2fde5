"""
What each kind of login leaves behind, whole: rows, traces, audit, answers, counters.

`transcripts.txt` is read by people, who are to see what a change of it means before they write it down anew.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.fakes.changes import replace
from tests.fakes.memory_store import Fate
from tests.fakes.stories import ELSEWHERE, PASSING, REFUSED, Story, answers, by_directory, says
from tests.fakes.transcripts import Transcript
from tests.fakes.world import Asked, World
from watchword.domain.applications import ApplicationId, PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.prompts import AnswerDecision
from watchword.domain.settings import Settings, changed
from watchword.domain.users import Block
from watchword.domain.verification import Challenged, Credential

TRANSCRIPTS: Final = Path(__file__).with_name("transcripts.txt")


def turned_off(world: World) -> list[Asked]:
    """Deny three prompts, and be asked no more."""
    phone = world.user_with_phone()
    asked = []
    for _ in range(3):
        asked.append(world.ask())
        says(world, phone, AnswerDecision.DENY)
        world.pass_time(61)
        world.parts.recorder.flush()
    return [*asked, world.ask()]


def blocked_by_fraud(world: World) -> list[Asked]:
    """Say 'this was not me' where that blocks."""
    settings = changed(Settings(), "prompt.block_on_fraud", 1)
    assert isinstance(settings, Settings)
    world.configuration.swap(replace(world.configuration.value, settings=settings))
    phone = world.user_with_phone()
    world.bypass(phone.owner.user, application=ApplicationId(b"another"))
    asked = [world.ask()]
    says(world, phone, AnswerDecision.FRAUD)
    block = world.person(phone.owner.user).user.block
    assert block == Block(at=world.clock.now(), reason="the user said: this was not me")
    return [*asked, world.ask(source=ELSEWHERE)]


def locked_by_numbers(world: World) -> list[Asked]:
    """Type five wrong numbers, which lock and are prompts that were refused besides."""
    world.application(challenge=True)
    settings = changed(Settings(), "prompt.refused", 20)
    assert isinstance(settings, Settings)
    world.configuration.swap(replace(world.configuration.value, settings=settings))
    phone = world.user_with_phone()
    asked = []
    for _ in range(5):
        asked.append(world.ask())
        asked += answers(world, asked[-1])
        says(world, phone, number="00")
        world.pass_time(11)
    return asked


def forgiven(world: World) -> list[Asked]:
    """Type wrong codes from two places, and then a right one from one of them."""
    world.user("alice@example.com", world.totp())
    wrong = [world.ask(code="000000"), world.ask(code="000001", source=ELSEWHERE)]
    return [*wrong, world.ask(code=world.code())]


def used(world: World) -> list[Asked]:
    """Type a code that was used elsewhere, twice."""
    world.user("alice@example.com", world.totp())
    code = world.code()
    return [world.ask(code=code), *(world.ask(code=code, source=ELSEWHERE) for _ in range(2))]


def turned_away_at_the_gate(world: World) -> list[Asked]:
    """Be refused before any password is checked."""
    user = world.user("alice@example.com", world.totp())
    asked = [
        world.ask(credential=Credential.EAP),
        world.ask(credential=Credential.EAP, user="\x00"),
        world.ask(typed=b""),
        world.ask(user="nobody"),
        world.ask(user="\x00"),
        world.ask(state=b"never made"),
        world.ask(state=b"never made", user="\x00"),
    ]
    world.store.change(user, block=Block(at=1, reason="stolen"))
    return [*asked, world.ask()]


def throttled(world: World) -> list[Asked]:
    """Guess passwords."""
    world.user("alice@example.com", world.totp())
    guesses = [world.ask(typed=b"%d" % number) for number in (0, 0, 1, 2, 3, 4, 5)]
    world.parts.recorder.settle(lambda: None)
    return guesses


def sourceless(world: World) -> list[Asked]:
    """Join without a source under a rule that needs none, and be two at once under one that does."""
    world.rule(CacheType.USER)
    phone = world.user_with_phone()
    asked = [world.ask(source=None), world.ask(source=None)]
    says(world, phone)
    world.rule(CacheType.IP)
    world.pass_time(11)
    return [*asked, world.ask(source=None), world.ask(source=None)]


def cached_and_wrong(world: World) -> list[Asked]:
    """Type a wrong code where the cache would have let one in."""
    world.user("alice@example.com", world.totp())
    world.rule(CacheType.APPLICATION)
    asked = [world.ask(code=world.code())]
    world.pass_time(11)
    wrong = world.ask(code="000000")
    return [*asked, wrong, world.ask(), world.ask(source=ELSEWHERE), world.ask(code=world.code(ahead=1))]


def not_taken(world: World) -> list[Asked]:
    """Have every conditional write taken by somebody else."""
    world.user_with_phone("alice@example.com", world.totp())
    by_bypass = world.user_with_phone("bob@example.com")
    challenged = world.user_with_phone("carol@example.com")
    world.bypass(by_bypass.owner.user)
    waiting = [world.ask(user="carol"), world.ask(user="carol")]
    shared = [world.ask(code=world.code())]
    world.store.fate = lambda _unit: Fate.REFUSED
    says(world, challenged)
    asked = [world.ask(code=world.code()), world.ask(code=world.code(), source=ELSEWHERE), world.ask(user="bob")]
    world.application(challenge=True)
    return [*waiting, *shared, *asked, world.ask(user="bob")]


def not_written(world: World) -> list[Asked]:
    """Have nothing written."""
    world.user_with_phone("alice@example.com", world.totp())
    code = world.code()
    asked = [world.ask(code=code), world.ask()]
    world.store.broken = True
    return [*asked, world.ask(code=code), world.ask(code="000000"), world.ask(source=ELSEWHERE)]


def late(world: World) -> list[Asked]:
    """Wait too long, each in another way."""
    world.application(challenge=True)
    world.user_with_phone("alice@example.com", world.totp())
    first = world.ask()
    waiting = answers(world, first)
    world.pass_time(51)
    world.passwords.hold = True
    code = world.ask(code=world.code(ahead=1), source=ELSEWHERE)
    ring = world.ask(source=ELSEWHERE)
    world.clock.advance(50)
    world.passwords.run()
    return [first, *waiting, code, ring]


def superseded(world: World) -> list[Asked]:
    """Have something happen to one while it is checked, asked, and shared."""
    phone = world.user_with_phone("alice@example.com", world.totp())
    waiting = [world.ask(), world.ask()]
    world.store.change(phone.owner.user)
    says(world, phone)
    world.passwords.hold = True
    asked = world.ask(source=ELSEWHERE)
    world.store.change(phone.owner.user)
    world.passwords.run()
    return [*waiting, asked]


def changed_application(world: World) -> list[Asked]:
    """Have the application changed while a login waits for its turn."""
    world.user("alice@example.com", world.totp())
    world.store.hold = True
    code = world.code()
    asked = [world.ask(code=code), world.ask(code=code), world.ask(code=world.code(ahead=1), source=ELSEWHERE)]
    world.application(version=1)
    world.store.hold = False
    world.store.run()
    return asked


def crowded(world: World) -> list[Asked]:
    """Be one too many at once."""
    world.application(challenge=True)
    world.user_with_phone()
    return [world.ask(source=f"203.0.113.{number}") for number in range(4)]


def contended_by_code(world: World) -> list[Asked]:
    """Be the second at once, with a token alone left to prove it."""
    world.application(challenge=True)
    phone = world.user_with_phone("alice@example.com", world.totp())
    first = world.ask()
    person = world.person(phone.owner.user)
    off = replace(person.prompts, off_until=world.clock.now() + 60_000_000)
    world.store.state.persons[phone.owner.user] = replace(person, prompts=off)
    second = world.ask(source=ELSEWHERE)
    return [first, second, *answers(world, second, code=world.code(), source=ELSEWHERE)]


def stranger(world: World) -> list[Asked]:
    """Be somebody else at the directory than the name says."""
    world.application(primary=PrimaryKind.LDAP)
    by_directory(world)
    user = world.user("alice@example.com", world.totp())
    world.store.change(user, directory_id=b"another entry")
    return [world.ask(code=world.code())]


def answered_when_it_was_over(world: World) -> list[Asked]:
    """Answer challenges whose prompt was refused, withdrawn, or forgotten."""
    world.application(challenge=True)
    phone = world.user_with_phone("alice@example.com", world.totp())
    first = world.ask()
    says(world, phone, AnswerDecision.DENY)
    asked = [first, *answers(world, first)]
    world.pass_time(11)
    second = world.ask()
    assert isinstance(second.outcome, Challenged)
    world.live.ended(phone.owner.user)
    asked += [second, *answers(world, second)]
    third = world.ask()
    asked += [third, *answers(world, third, code="000000"), *answers(world, third)]
    return asked


MORE: Final[tuple[Story, ...]] = (
    turned_off,
    blocked_by_fraud,
    locked_by_numbers,
    forgiven,
    used,
    turned_away_at_the_gate,
    throttled,
    sourceless,
    cached_and_wrong,
    not_taken,
    not_written,
    late,
    superseded,
    changed_application,
    crowded,
    contended_by_code,
    stranger,
    answered_when_it_was_over,
)


def transcript(story: Story) -> str:
    world = World()
    asked = story(world)
    lines = Transcript(world).lines(asked)
    assert not world.faults
    return "\n".join((f"# {story.__name__}: {story.__doc__}", *lines))


def known() -> dict[str, str]:
    parts = TRANSCRIPTS.read_text(encoding="utf-8").strip().split("\n\n")
    return {part.partition(":")[0].removeprefix("# "): part for part in parts}


@pytest.mark.parametrize("story", [*PASSING, *REFUSED, *MORE])
def test_what_is_left_behind(story: Story) -> None:
    assert transcript(story) == known()[story.__name__]


def test_nothing_is_written_down_that_is_not_told() -> None:
    assert list(known()) == [story.__name__ for story in (*PASSING, *REFUSED, *MORE)]
