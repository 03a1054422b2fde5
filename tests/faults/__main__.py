"""
Fault schedules by hand: `make faults SCHEDULES=500 SEED=7`, or python -m tests.faults --schedules N --seed N.

Schedule number n of a run has the seed SEED + n, and can be seen again by itself: --seed THAT --schedules 1. Several
lanes run beside each other, each with hosts of its own, because most of a schedule is waiting. Exit code 0 means that
nothing was found; 1 that something was: it is printed, and the folder with all logs is kept; 77 that this machine does
not allow what was asked for.
"""

import argparse
import json
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.lane import lane
from tests.faults.load import Run
from tests.faults.schedule import PHONES, Schedule, schedule
from tests.torture.__main__ import SKIPPED
from tests.torture.disturbances import Impossible

LANES: Final = 3
SHOWN: Final = 5
"""Faults of one schedule that are printed."""


def main(tokens: Sequence[str] | None = None) -> int:
    """Run, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--schedules", type=int, default=30, help="how many (30)")
    parser.add_argument("--seed", type=int, default=None, help="seed of the first one")
    parser.add_argument("--lanes", type=int, default=LANES, help=f"how many run beside each other ({LANES})")
    parser.add_argument("--lane", metavar="SEED,SEED", help=argparse.SUPPRESS)
    given = parser.parse_args(tokens)
    if given.lane is not None:
        try:
            return _run_lane([int(seed) for seed in given.lane.split(",")])
        except (pytest.skip.Exception, Impossible) as why:
            print(why, file=sys.stderr)
            return SKIPPED
    first = secrets.randbelow(2**31) if given.seed is None else given.seed
    print(f"seed: {first}", flush=True)
    began = time.monotonic()
    seeds = range(first, first + given.schedules)
    lanes = [_start_lane(seeds[number :: given.lanes]) for number in range(min(given.lanes, given.schedules))]
    figures = Figures()
    codes = []
    for child in lanes:
        assert child.stdout is not None
        for line in child.stdout:
            figures.take(json.loads(line))
        codes.append(child.wait())
    if SKIPPED in codes:
        return SKIPPED
    figures.report(time.monotonic() - began)
    return int(bool(figures.faults) or any(codes) or figures.schedules < given.schedules)


def _start_lane(seeds: Sequence[int]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults", "--lane", ",".join(map(str, seeds))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _run_lane(seeds: Sequence[int]) -> int:
    """Run schedules one after the other on one set of hosts, and tell of each in a line."""
    folder = Path(tempfile.mkdtemp(prefix="watchword-faults-"))
    found = False
    with lane(folder) as hosts:
        hosts.give_phones(PHONES)
        for seed in seeds:
            began = time.monotonic()
            plan = schedule(seed)
            run = Run(hosts, plan)
            history = run.run()
            faults = check(history)
            found |= bool(faults)
            print(json.dumps(_told(plan, history, faults, time.monotonic() - began, folder)), flush=True)
            run.tidy()
    if not found:
        shutil.rmtree(folder)
    return int(found)


def _told(plan: Schedule, history: History, faults: list[str], seconds: float, folder: Path) -> dict[str, Any]:
    answers = Counter("silence" if packet.code is None else packet.code.name for packet in history.packets)
    return {
        "seed": plan.seed,
        "wrong": [str(fault) for fault in plan.faults],
        "kinds": [fault.wrong.value for fault in plan.faults],
        "seconds": seconds,
        "logins": len(history.logins),
        "answers": answers,
        "reasons": Counter(f"{row.outcome} {row.reason}" for row in history.rows),
        "healed": [healed.seconds for healed in history.healed],
        "ended": len(history.ended),
        "not_reached": sum(bool(ended.not_reached) for ended in history.ended),
        "prompts": sum(len(login.prompts) for login in history.logins),
        "faults": faults,
        "folder": str(folder),
    }


@dataclass(slots=True)
class Figures:
    """What all schedules together came to."""

    schedules: int = 0
    logins: int = 0
    ended: int = 0
    not_reached: int = 0
    prompts: int = 0
    seconds: list[float] = field(default_factory=list)
    healed: list[float] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def take(self, told: dict[str, Any]) -> None:
        """Take in what one schedule came to."""
        self.schedules += 1
        self.logins += told["logins"]
        self.ended += told["ended"]
        self.not_reached += told["not_reached"]
        self.prompts += told["prompts"]
        self.seconds.append(told["seconds"])
        self.healed += [seconds for seconds in told["healed"] if seconds is not None]
        self.kinds.update(told["kinds"])
        self.answers.update(told["answers"])
        self.reasons.update(told["reasons"])
        for fault in told["faults"]:
            self.faults.append(f"seed {told['seed']}: {fault}")
        if told["faults"]:
            print(f"seed {told['seed']}, {'; '.join(told['wrong'])}, {told['folder']}:", flush=True)
            print("\n".join(f"  {fault}" for fault in told["faults"][:SHOWN]), flush=True)

    def report(self, seconds: float) -> None:
        """Print them."""
        print(f"schedules: {self.schedules} in {seconds:.0f} s, {statistics.fmean(self.seconds or [0]):.1f} s each")
        for kind, count in sorted(self.kinds.items()):
            print(f"  {kind}: {count}")
        packets = sum(self.answers.values())
        print(f"logins: {self.logins}, packets: {packets}, prompts answered: {self.prompts}")
        print("answers: " + ", ".join(f"{count} {name}" for name, count in sorted(self.answers.items())))
        print("rows: " + ", ".join(f"{count} {name}" for name, count in sorted(self.reasons.items())))
        print(
            f"blocks, revocations and cancelled bypasses that were answered: {self.ended},"
            f" with servers that were not reached: {self.not_reached}"
        )
        if self.healed:
            late = sorted(self.healed)
            print(
                f"a login passed after the last fault's end: median {statistics.median(late):.2f} s,"
                f" 95 % {late[int(0.95 * (len(late) - 1))]:.2f} s, slowest {late[-1]:.2f} s, {len(late)} times"
            )
        print(f"faults: {len(self.faults)}")


if __name__ == "__main__":
    sys.exit(main())
