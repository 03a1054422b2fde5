"""
How soon a portal that can be reached again is.
"""

from watchword.upstream.portal.keeping import DIAL_SECONDS, LONGEST_WAIT

HEALS_SECONDS = 10
"""Within which everything heals once the network does."""


def test_a_try_that_is_lost_just_before_all_is_well_keeps_nobody_away_for_longer() -> None:
    assert DIAL_SECONDS + LONGEST_WAIT < HEALS_SECONDS
