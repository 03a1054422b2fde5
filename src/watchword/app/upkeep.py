"""
What has to be done now and then: sweep what has expired, retire what is old enough, seal anew what is under an old key.

Each step is one short transaction, so that no login waits for it; a step that was full is followed by another one at
once, any other after its interval. Whoever composes runs them: nothing here waits or knows of tasks.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Administration
from watchword.kit.clock import MICROSECONDS

STEP: Final = 500
"""Rows of one step: what the writer does in a few milliseconds."""

COUNTED: Final = 1_000
"""Rows that are counted in one go: what a thread reads in a few milliseconds."""

_DAY: Final = 86_400 * MICROSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """
    Something that has to be done now and then.

    Attributes:
        name: for logs and metrics.
        seconds: how long to wait after a step that was not full.
        step: does one, and returns how many rows it touched; it may raise `ports.login.StoreAway`.
    """

    name: str
    seconds: int
    step: Callable[[Administration], Awaitable[int]]


async def sweep(context: Administration) -> int:
    """Remove what nothing will ask for any more, and mark bypasses that have run out."""
    return await context.upkeep.sweep(now=context.clock.now(), limit=STEP)


async def retire(context: Administration) -> int:
    """Remove what happened longer ago than the organisation keeps it."""
    now = context.clock.now()
    days = await context.records.read(lambda records: records.configuration().settings.retention.days)
    return await context.upkeep.retire(before=now - days * _DAY, now=now, limit=STEP)


async def count(context: Administration) -> int:
    """Count what happened into hours and days."""
    return await context.upkeep.count(limit=COUNTED)


async def index(context: Administration) -> int:
    """Write down where in activity what occurs."""
    return await context.upkeep.index()


async def index_audit(context: Administration) -> int:
    """Write down by what rows of the audit trail are found."""
    return await context.upkeep.index_audit(limit=STEP)


async def forget_counts(context: Administration) -> int:
    """Forget what was counted of days that the organisation does not keep."""
    now = context.clock.now()
    days = await context.records.read(lambda records: records.configuration().settings.retention.days)
    return await context.upkeep.forget_counts(before=now - days * _DAY, now=now)


async def reseal(context: Administration) -> int:
    """Seal under the newest key what is still sealed under an older one."""
    return await context.upkeep.reseal(limit=STEP)


CHORES: Final = (
    Chore(name="sweep", seconds=10, step=sweep),
    Chore(name="retire", seconds=3_600, step=retire),
    Chore(name="count", seconds=5, step=count),
    Chore(name="index", seconds=30, step=index),
    Chore(name="index-audit", seconds=30, step=index_audit),
    Chore(name="forget-counts", seconds=3_600, step=forget_counts),
    Chore(name="reseal", seconds=600, step=reseal),
)
"""Everything that has to be done now and then."""


def wait_after(chore: Chore, touched: int) -> int:
    """Return the seconds to wait after a step that touched so many rows."""
    return 0 if touched >= STEP else chore.seconds
