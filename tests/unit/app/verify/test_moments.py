"""
Whatever happens at whatever moment of a login: each request is answered once, and nothing is left over.

Nobody passes by what is over then.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.fakes.changes import replace
from tests.fakes.memory_store import Fate
from tests.fakes.moments import Moments, disturbed, every_request_was_answered, moments_of, nothing_is_left
from tests.fakes.stories import PASSING, REFUSED, Story, by_bypass, by_let_through, by_password_alone, contended
from tests.fakes.world import World
from watchword.domain.users import Block, UserId
from watchword.domain.verification import Allowed, OutcomeKind, Reason
from watchword.ports.login import StoreAway, Unit

Event = Callable[[Moments], None]


def users(world: World) -> list[UserId]:
    return list(world.store.state.persons)


# --- what ends a user's logins


def he_is_blocked(moments: Moments) -> None:
    for user in users(moments.world):
        moments.world.store.change(user, block=Block(at=1, reason="stolen"))
        moments.world.live.ended(user)


def he_is_blocked_and_nothing_is_ended_yet(moments: Moments) -> None:
    for user in users(moments.world):
        moments.world.store.change(user, block=Block(at=1, reason="stolen"))


def he_is_disabled(moments: Moments) -> None:
    for user in users(moments.world):
        moments.world.store.change(user, disabled=True)


def he_is_removed(moments: Moments) -> None:
    for user in users(moments.world):
        moments.world.store.remove(user)
        moments.world.live.ended(user)


def nothing_can_be_written_any_more(moments: Moments) -> None:
    moments.world.store.broken = True


def nothing_can_be_read_any_more(moments: Moments) -> None:
    moments.world.store.away = True


def all_that_is_good_once_is_taken_by_others(moments: Moments) -> None:
    moments.world.store.fate = lambda _unit: Fate.REFUSED


ENDING = (
    he_is_blocked,
    he_is_blocked_and_nothing_is_ended_yet,
    he_is_disabled,
    he_is_removed,
    nothing_can_be_written_any_more,
    all_that_is_good_once_is_taken_by_others,
)


@pytest.mark.parametrize("event", ENDING)
@pytest.mark.parametrize("story", PASSING + REFUSED)
def test_nobody_passes_after_what_ends_everything(story: Story, event: Event) -> None:
    for moment in moments_of(story):
        world, moments = disturbed(moment, event)
        with suppress(KeyError):
            # The story itself may miss the user.
            story(world)
        every_request_was_answered(world, world.asked, moments)
        nothing_is_left(world, moments)
        if moments.people and story is not by_password_alone:
            later = world.store.activity[moments.rows_before :]
            assert all(row.kind is not OutcomeKind.ALLOWED for row in later), moments.where


@pytest.mark.parametrize("story", PASSING + REFUSED)
def test_everybody_is_answered_where_nothing_can_be_read(story: Story) -> None:
    for moment in moments_of(story):
        world, moments = disturbed(moment, nothing_can_be_read_any_more)
        with suppress(StoreAway):
            story(world)
        every_request_was_answered(world, world.asked, moments)
        nothing_is_left(world, moments)


# --- what befalls the application


def it_is_disabled(moments: Moments) -> None:
    moments.world.application(enabled=False)


def it_is_removed(moments: Moments) -> None:
    configuration = moments.world.configuration
    configuration.swap(replace(configuration.value, applications={}))


@pytest.mark.parametrize("event", [it_is_disabled, it_is_removed])
@pytest.mark.parametrize("story", PASSING + REFUSED)
def test_one_login_at_most_passes_after_its_application(story: Story, event: Event) -> None:
    for moment in moments_of(story):
        world, moments = disturbed(moment, event)
        story(world)
        every_request_was_answered(world, world.asked, moments)
        nothing_is_left(world, moments)
        # The unit of one may have been on its way to the store.
        later = [row for row in world.store.activity[moments.rows_before :] if row.kind is OutcomeKind.ALLOWED]
        assert len(later) <= 1, moments.where


# --- what ends nothing, or not everything


def something_happens_to_him(moments: Moments) -> None:
    for user in users(moments.world):
        moments.world.store.change(user)
        moments.world.live.ended(user)


def its_rule_is_removed(moments: Moments) -> None:
    configuration = moments.world.configuration
    configuration.swap(replace(configuration.value, rules=()))


def it_is_changed(moments: Moments) -> None:
    moments.world.application(version=7)


def it_can_show_a_challenge_or_not(moments: Moments) -> None:
    moments.world.application(challenge=not moments.world.vpn.challenge)


def the_clock_is_set_back(moments: Moments) -> None:
    moments.world.clock.step(-86_400)


def the_clock_is_set_forward(moments: Moments) -> None:
    moments.world.clock.step(86_400)


def it_takes_too_long(moments: Moments) -> None:
    moments.world.clock.advance(1_000)


def whoever_asked_waits_no_more(moments: Moments) -> None:
    for one in moments.world.asked:
        if one.waiting is not None:
            one.cancel()


def one_commit(moments: Moments, fate: Fate) -> None:
    def once(_unit: Unit) -> Fate:
        moments.world.store.fate = lambda _unit: Fate.SOUND
        return fate

    moments.world.store.fate = once


def one_commit_fails(moments: Moments) -> None:
    one_commit(moments, Fate.FAILED)


def one_commit_is_refused(moments: Moments) -> None:
    one_commit(moments, Fate.REFUSED)


def one_commit_is_said_to_fail(moments: Moments) -> None:
    one_commit(moments, Fate.UNKNOWN)


DISTURBING = (
    something_happens_to_him,
    its_rule_is_removed,
    it_is_changed,
    it_can_show_a_challenge_or_not,
    the_clock_is_set_back,
    the_clock_is_set_forward,
    it_takes_too_long,
    whoever_asked_waits_no_more,
    one_commit_fails,
    one_commit_is_refused,
    one_commit_is_said_to_fail,
)


@pytest.mark.parametrize("event", DISTURBING)
@pytest.mark.parametrize("story", PASSING + REFUSED)
def test_whatever_happens_leaves_nothing_over(story: Story, event: Event) -> None:
    for moment in moments_of(story):
        world, moments = disturbed(moment, event)
        story(world)
        every_request_was_answered(world, world.asked, moments)
        nothing_is_left(world, moments)
        assert not world.faults
        if story in REFUSED and story is not contended:
            assert not any(isinstance(one.outcome, Allowed) for one in world.asked), moments.where
        if story in (by_bypass, by_let_through):
            used = [row for row in world.store.activity if row.reason is Reason.BYPASS]
            assert len([row for row in used if row.kind is OutcomeKind.ALLOWED]) <= 1, moments.where
