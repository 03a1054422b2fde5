"""
N18: whatever raises on the way of a login, nobody is let in by it and nobody waits for ever.
"""

import pytest

from tests.fakes.moments import Moments, disturbed, every_request_was_answered, moments_of, nothing_is_left
from tests.fakes.stories import PASSING, REFUSED, Story, contended
from watchword.domain.verification import Allowed, Challenged, Denied
from watchword.ports.login import StoreAway


@pytest.mark.parametrize("story", PASSING)
def test_left_alone_everybody_passes(story: Story) -> None:
    world, moments = disturbed()
    asked = story(world)
    assert asked
    assert all(isinstance(one.outcome, Allowed | Challenged) for one in asked)
    assert isinstance(asked[-1].outcome, Allowed)
    assert moments.calls
    assert not world.faults


@pytest.mark.parametrize("story", REFUSED)
def test_left_alone_nobody_passes(story: Story) -> None:
    world, _ = disturbed()
    asked = story(world)
    assert asked
    assert all(isinstance(one.outcome, Denied | Challenged) for one in asked)
    assert isinstance(asked[-1].outcome, Denied)
    assert not world.faults


@pytest.mark.parametrize("error", [RuntimeError, StoreAway])
@pytest.mark.parametrize("story", PASSING + REFUSED)
def test_whatever_raises_lets_nobody_in(story: Story, error: type[Exception]) -> None:
    def raising(_moments: Moments) -> None:
        raise error

    for moment in moments_of(story):
        world, moments = disturbed(moment, raising)
        try:
            asked = story(world)
        except (RuntimeError, StoreAway):
            # It was raised while the story was set up, or in the portal, before any request.
            continue
        every_request_was_answered(world, asked, moments)
        nothing_is_left(world, moments)
        if story in REFUSED and story is not contended:
            # Where one of two at once is kept from asking, the other is alone and may pass.
            assert not any(isinstance(one.outcome, Allowed) for one in asked), moments.where
