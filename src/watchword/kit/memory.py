"""
How often Python looks for garbage that refers to itself.

A login makes some hundred small objects that are gone by themselves when it is answered. By default every few of them
start a search, and every few searches walk everything that lives, the persons that are kept in memory among it:
measured at 10,000 users, half of the time of each login.
"""

import gc
from typing import Final

YOUNG: Final = 50_000
"""Objects made, less those gone, before the young ones are searched: hundreds of logins, and a millisecond."""
MIDDLE: Final = 20
OLD: Final = 50
"""Searches of one age before the next older one is searched too."""


def settle() -> None:
    """Take what is there now for lasting, and search the rest seldom; for a process that has started and now serves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
