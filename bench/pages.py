"""
How long each page's operation takes on a big town: `python -m bench.pages FOLDER` (made by `bench.town`).

Upkeep derives first what it derives, while nothing else is asked, and the seconds are printed. Then each operation is
performed with other arguments each time, and beside it a loop counts for how long nothing else could run: what RADIUS
would have waited. Figures of one run compare; the first look at each page of the file is in them.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any, Final

from watchword.app import operations
from watchword.app.administration import HOST, Administration, Refusal
from watchword.app.manage.activity import ActivityFound, ActivitySearch
from watchword.app.manage.audit import AuditList
from watchword.app.manage.foreseeing import RuleForesee
from watchword.app.manage.report import BypassList
from watchword.app.manage.rules import RuleList
from watchword.app.manage.searching import UserSearch
from watchword.app.manage.statistics import ActivityStatistics
from watchword.app.manage.users import UserList, UserNamed
from watchword.compose.foundation import Foundation
from watchword.compose.offline import administration, configuration
from watchword.config import load
from watchword.domain.bypass import BypassState
from watchword.domain.caching import CacheType
from watchword.domain.verification import OutcomeKind, PrimaryResult, Reason
from watchword.ports.finding import Standing
from watchword.ports.history import Span
from watchword.ports.login import PrimaryAttempt
from watchword.stores.download.keeping import FileDownloads
from watchword.stores.sqlite import SqliteStore

TIMES: Final = 60
TICK: Final = 0.001
Case = tuple[str, str, Callable[[], object]]


class _Nowhere:
    """No password is checked here."""

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        del done
        raise AssertionError(attempt)


class Held:
    """Counts for how long the loop could run nothing else, apart from what the machine does to a sleeping one."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._ends = False

    async def watch(self) -> None:
        """Count until told to end."""
        while not self._ends:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            self.longest = max(self.longest, time.perf_counter() - began - TICK)

    def end(self) -> None:
        """Count no more."""
        self._ends = True


class Pages:
    """The operations behind the pages."""

    def __init__(self, context: Administration, chance: Random) -> None:
        self._context = context
        self._chance = chance
        self.names: list[str] = []
        self.rows: list[Any] = []

    async def perform(self, name: str, arguments: object) -> Any:
        """Perform an operation that must be done."""
        done = await operations.perform(self._context, HOST, name, arguments)
        if isinstance(done, Refusal):
            raise TypeError(f"{name}: {done.sentence}")
        return done

    async def learn(self) -> None:
        """Learn of some users and rows to ask for."""
        for letter in "bcdfghjklmnprstw":
            for vowel in "aeiou":
                found = await self.perform("user.search", UserSearch(wanted=letter + vowel, limit=50))
                self.names.extend(user.username for user in found.users)
        page: ActivityFound = await self.perform("activity.search", ActivitySearch(limit=200))
        self.rows.extend(page.rows)
        middle: ActivityFound = await self.perform("activity.search", ActivitySearch(until=self.rows[-1].at, limit=200))
        self.rows.extend(middle.rows)

    def name(self) -> str:
        """Return the name of some user."""
        return self._chance.choice(self.names)

    def row(self) -> Any:
        """Return some row of activity."""
        return self._chance.choice(self.rows)

    def creator(self) -> str:
        """Return the name of some administrator."""
        return f"desk{self._chance.randrange(40)}@example.org"

    @staticmethod
    def _day(at: str) -> ActivitySearch:
        return ActivitySearch(until=at, outcome=OutcomeKind.DENIED)

    def cases(self) -> list[Case]:
        """Return what is measured: its words, the operation, and its arguments anew each time."""
        pick, search = self._chance.choice, "activity.search"
        return [
            ("user search, name", "user.search", lambda: UserSearch(wanted=self.name()[: pick((1, 2, 3, 6, 40))])),
            ("user search, DOMAIN\\", "user.search", lambda: UserSearch(wanted=f"NORTH\\{self.name()[:3]}")),
            ("user search, two words", "user.search", lambda: UserSearch(wanted=f"{self.name()[:4]} {pick('bcdfg')}")),
            ("user list", "user.list", lambda: UserList(after=self.name(), limit=50)),
            *(
                (f"user list, {one.value}", "user.list", lambda one=one: UserList(standing=one, after=self.name()[:1]))
                for one in Standing
            ),
            ("user page", "user.show", lambda: UserNamed(user=self.name())),
            ("activity, newest", search, ActivitySearch),
            ("activity, older", search, lambda: ActivitySearch(before=self.row().id)),
            ("activity, newer", search, lambda: ActivitySearch(after=self.row().id)),
            ("activity of a user", search, lambda: ActivitySearch(user=self.name(), limit=25)),
            ("activity from an address", search, lambda: ActivitySearch(source=self.row().source)),
            ("activity at an application", search, lambda: ActivitySearch(application="application 7")),
            ("activity, denied", search, lambda: ActivitySearch(outcome=OutcomeKind.DENIED)),
            ("activity, fraud (1 of 100,000)", search, lambda: ActivitySearch(reason=Reason.FRAUD)),
            (
                "activity, user and reason that never meet",
                search,
                lambda: ActivitySearch(user=self.name(), reason=Reason.BACKUP_CODE),
            ),
            (
                "activity, application and reason",
                search,
                lambda: ActivitySearch(application="application 11", reason=Reason.FRAUD),
            ),
            (
                "activity of a day long ago",
                search,
                lambda: ActivitySearch(until=self.row().at, outcome=OutcomeKind.DENIED),
            ),
            ("statistics, 48 hours", "activity.statistics", lambda: ActivityStatistics(span=Span.HOUR)),
            ("statistics, 30 days", "activity.statistics", ActivityStatistics),
            ("rules with hits", "rule.list", RuleList),
            ("bypass report", "bypass.list", lambda: BypassList(all=True, limit=50)),
            ("bypass report of a user", "bypass.list", lambda: BypassList(all=True, user=self.name())),
            (
                "bypass report of a creator",
                "bypass.list",
                lambda: BypassList(all=True, created_by=self.creator(), state=BypassState.USED),
            ),
            *(
                (f"bypass report, {one.value}", "bypass.list", lambda one=one: BypassList(state=one))
                for one in BypassState
            ),
            ("audit", "audit.list", lambda: AuditList(limit=50)),
            ("audit of a user", "audit.list", lambda: AuditList(user=self.name(), limit=50)),
            (
                "audit of an actor",
                "audit.list",
                lambda: AuditList(actor=f"desk{pick(range(40))}@example.org", limit=50),
            ),
            ("audit of a kind", "audit.list", lambda: AuditList(event="bypass", limit=50)),
        ]


async def measured(pages: Pages, case: Case, times: int) -> str:
    """Perform an operation again and again, and return a row of the table."""
    words, name, arguments = case
    held = Held()
    watching = asyncio.create_task(held.watch())
    await asyncio.sleep(0)
    took = []
    for _ in range(times):
        wanted = arguments()
        began = time.perf_counter()
        await pages.perform(name, wanted)
        took.append((time.perf_counter() - began) * 1_000)
    held.end()
    await watching
    steps = statistics.quantiles(took, n=20) if len(took) > 1 else took * 19
    return (
        f"| {words} | {statistics.median(took):.1f} | {steps[18]:.1f} | {max(took):.1f} | {held.longest * 1_000:.1f} |"
    )


async def derive(context: Administration) -> None:
    """Let upkeep derive everything, and print how long that took."""
    steps: tuple[tuple[str, Callable[[], Awaitable[int]]], ...] = (
        ("counted", lambda: context.upkeep.count(limit=1_000)),
        ("indexed", context.upkeep.index),
        ("audit indexed", lambda: context.upkeep.index_audit(limit=500)),
    )
    for words, step in steps:
        began, rows = time.perf_counter(), 0
        while done := await step():
            rows += done
        print(f"{words} {rows:,} in {time.perf_counter() - began:.1f} s")


async def run(folder: Path, *, times: int, seed: int) -> None:
    """Measure every page."""
    base = Foundation(load(folder, {}))
    store = SqliteStore.open(folder, clock=base.clock, randomness=base.randomness)
    try:
        await configuration(store)
        store.start(base.loop)
        downloads = FileDownloads(folder, threads=base.workers("download", 1), clock=base.clock)
        context = administration(base, store, _Nowhere(), portal_url="http://127.0.0.1", downloads=downloads)
        await derive(context)
        pages = Pages(context, Random(seed))  # noqa: S311 - no secret
        await pages.learn()
        print("| page | p50 ms | p95 ms | longest ms | loop held ms |\n|---|---|---|---|---|")
        for case in pages.cases():
            print(await measured(pages, case, times), flush=True)
        foresee = RuleForesee(type=CacheType.IP, seconds=28_800)
        print(await measured(pages, ("rule foreseen, 7 days", "rule.foresee", lambda: foresee), 3))
        await exported(context)
    finally:
        store.close()


async def exported(context: Administration) -> None:
    """Export the whole bypass report, and print how long that took and held the loop."""
    held = Held()
    watching = asyncio.create_task(held.watch())
    began, size, pieces = time.perf_counter(), 0, 0
    found = await operations.export_bypasses(context, HOST, BypassList(all=True))
    if isinstance(found, Refusal):
        raise TypeError(found.sentence)
    async for piece in found:
        size += len(piece)
        pieces += 1
    held.end()
    await watching
    print(f"export: {size / 1e6:.1f} MB in {pieces} pieces, {time.perf_counter() - began:.1f} s, ", end="")
    print(f"loop held {held.longest * 1_000:.1f} ms")


def main() -> None:
    """Measure the folder that was named."""
    asked = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--times", type=int, default=TIMES)
    asked.add_argument("--seed", type=int, default=1)
    wanted = asked.parse_args()
    os.sched_setaffinity(0, {0, 1} & os.sched_getaffinity(0))
    asyncio.run(run(wanted.folder, times=wanted.times, seed=wanted.seed))


if __name__ == "__main__":
    main()
