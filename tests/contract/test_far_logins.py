"""
The same logins as everywhere, over the channel: nobody above can tell which verifier is near and which is far.

Where the channel breaks again and again, and answers are lost, every login still ends as it would have: what is asked
again under its number is decided once.
"""

from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.fakes.far_world import FarWorld, FlakyWorld
from tests.fakes.stories import PASSING, REFUSED, Story
from tests.fakes.world import World
from tests.property.test_model import OneUser
from watchword.domain.verification import Allowed, Challenged, Denied

WORLDS = pytest.mark.parametrize("made", [FarWorld, FlakyWorld])


@WORLDS
@pytest.mark.parametrize("story", PASSING)
def test_everybody_passes_who_should(made: Callable[[], FarWorld], story: Story) -> None:
    world = made()
    asked = story(world)
    assert all(isinstance(one.outcome, Allowed | Challenged) for one in asked)
    assert isinstance(asked[-1].outcome, Allowed)
    assert not world.faults
    assert not world.away


@WORLDS
@pytest.mark.parametrize("story", REFUSED)
def test_nobody_passes_who_should_not(made: Callable[[], FarWorld], story: Story) -> None:
    world = made()
    asked = story(world)
    assert all(isinstance(one.outcome, Denied | Challenged) for one in asked)
    assert isinstance(asked[-1].outcome, Denied)
    assert not world.faults


class OneUserFarAway(OneUser):
    """The reference model, over the channel."""

    def made_world(self) -> World:
        """Return the world that it happens in."""
        return FarWorld()


class OneUserOverABrokenLine(OneUser):
    """The reference model, over a channel that breaks all the time."""

    def made_world(self) -> World:
        """Return the world that it happens in."""
        return FlakyWorld()


TestOneUserFarAway = OneUserFarAway.TestCase
TestOneUserFarAway.settings = settings(stateful_step_count=40, max_examples=25, deadline=None)
TestOneUserOverABrokenLine = OneUserOverABrokenLine.TestCase
TestOneUserOverABrokenLine.settings = settings(stateful_step_count=40, max_examples=25, deadline=None)


def test_the_line_really_breaks() -> None:
    world = FlakyWorld()
    for story in PASSING[:1]:
        story(world)
    for _ in range(6):
        world.ask()
    assert world.lost > 1
