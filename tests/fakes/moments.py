"""
Something that happens at one moment of a login: just before one of the calls to what a decision stands on.
"""

from collections.abc import Callable

from tests.fakes.stories import Story
from tests.fakes.world import Asked, World
from watchword.domain.verification import Allowed, OutcomeKind


class Moments:
    """Counts the calls to everything that a decision stands on, and lets something happen before one of them."""

    def __init__(self, world: World, moment: int, happens: Callable[["Moments"], None]) -> None:
        self.world = world
        self.calls: list[str] = []
        self.rows_before = 0
        self.people = 0
        self._moment = moment
        self._happens = happens

    @property
    def where(self) -> str:
        """What was called when it happened."""
        return f"before call {self._moment}, {self.calls[self._moment]}"

    def watch(self, target: object, *names: str) -> None:
        """Let calls of a target's methods be moments."""
        for name in names:
            self._watch(target, name)

    def _watch(self, target: object, name: str) -> None:
        real = getattr(target, name)

        def counted(*arguments: object, **named: object) -> object:
            self.calls.append(f"{type(target).__name__}.{name}")
            if len(self.calls) - 1 == self._moment:
                self.rows_before = len(self.world.store.activity)
                self.people = len(self.world.store.state.persons)
                self._happens(self)
            return real(*arguments, **named)

        setattr(target, name, counted)


def disturbed(moment: int = -1, happens: Callable[[Moments], None] = lambda _: None) -> tuple[World, Moments]:
    """Return a world in which something happens at one moment."""
    world = World()
    moments = Moments(world, moment, happens)
    moments.watch(world.store, "resolve", "load", "owner", "find", "commit")
    moments.watch(world.cache, "find", "hit", "put")
    moments.watch(world.phones, "ring", "quiet")
    moments.watch(world.passwords, "check")
    moments.watch(world.identifiers, "new")
    moments.watch(world.clock, "read")
    return world, moments


def moments_of(story: Story) -> range:
    """Return the moments of a story."""
    world, moments = disturbed()
    story(world)
    return range(len(moments.calls))


def every_request_was_answered(world: World, asked: list[Asked], moments: Moments) -> None:
    """Once, or not at all where nobody waits for it any more; and nobody was let in without his row."""
    world.pass_time(600)
    rows = {row.id for row in world.store.activity if row.kind is OutcomeKind.ALLOWED}
    for one in asked:
        assert len(one.outcomes) == (not one.cancelled), f"{moments.where}: not answered once"
        if isinstance(one.outcome, Allowed):
            assert one.outcome.activity in rows, f"{moments.where}: an Accept without a row"


def nothing_is_left(world: World, moments: Moments) -> None:
    """No turn is taken, no deadline waits, no verification is in progress, no State is spoken for."""
    turns, freed = world.parts.turns, []
    for user in world.store.state.persons:
        if turns.take(user, lambda user=user: freed.append(user)):  # type: ignore[misc]
            turns.give(user)
    assert len(freed) == len(world.store.state.persons), f"{moments.where}: a turn was never given back"
    assert world.timer.next() is None, f"{moments.where}: a deadline was left"
    assert not len(world.parts.pending), f"{moments.where}: a verification was left"
    for digest in world.minted:
        assert not world.releases.spoken_for(digest), f"{moments.where}: a State is spoken for by nobody"
