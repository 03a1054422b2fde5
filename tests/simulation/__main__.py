"""
Runs schedules, as `make simulate` does: `python -m tests.simulation --seed 1 --schedules 10000 --processes 2`.
"""

import argparse
import multiprocessing
import sys
import time
from dataclasses import dataclass, field
from typing import Final

from tests.simulation.run import Result, Simulation, simulation

BATCH: Final = 50
"""Schedules of one process."""


@dataclass(slots=True)
class Summary:
    """What came of some schedules."""

    schedules: int = 0
    steps: int = 0
    logins: int = 0
    requests: int = 0
    accepted: int = 0
    failed: list[Result] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Take one in."""
        self.schedules += 1
        self.steps += result.steps
        self.logins += result.logins
        self.requests += result.requests
        self.accepted += result.accepted
        self.digests.append(f"{result.seed}: {result.digest}")
        if result.faults:
            self.failed.append(result)


def simulate(seed: int, schedules: int, *, processes: int, most_failures: int = 10) -> Summary:
    """Run so many schedules from a seed on; enough is enough once so many have failed."""
    summary = Summary()
    with simulation() as runs:
        batches = [range(at, min(at + BATCH, seed + schedules)) for at in range(seed, seed + schedules, BATCH)]
        # Each process inherits what runs them, runs one batch, and leaves its garbage behind when it ends.
        forks = multiprocessing.get_context("fork")
        with forks.Pool(processes, initializer=_inherit, initargs=(runs,), maxtasksperchild=1) as pool:
            for results in pool.imap(_batch, batches):
                for result in results:
                    summary.add(result)
                if len(summary.failed) >= most_failures:
                    pool.terminate()
                    break
    return summary


def _show(seed: int) -> int:
    """Print the history of one schedule."""
    with simulation() as runs:
        result = runs.run(seed)
    print(result.text)
    print(f"digest: {result.digest}")
    for fault in result.faults:
        print(f"FAULT: {fault}")
    return 1 if result.faults else 0


_inherited: list[Simulation] = []


def _inherit(runs: Simulation) -> None:
    _inherited.append(runs)


def _batch(seeds: range) -> list[Result]:
    return [_inherited[0].run(seed) for seed in seeds]


def main() -> int:
    """Run what the command line asks for, and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--digests", action="store_true", help="print what tells each history from every other")
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.schedules == 1 and not asked.digests:
        return _show(asked.seed)
    summary = simulate(asked.seed, asked.schedules, processes=asked.processes)
    if asked.digests:
        print("\n".join(summary.digests))
    for result in sorted(summary.failed, key=lambda one: one.seed):
        for fault in result.faults:
            print(f"seed {result.seed}: {fault}")
        print(f"  to see it: make simulate SEED={result.seed} SCHEDULES=1")
    print(
        f"schedules: {summary.schedules} in {time.monotonic() - began:.0f} s, {summary.logins} logins,"
        f" {summary.requests} requests, {summary.accepted} let in, {summary.steps} steps"
    )
    print(f"failed: {len(summary.failed)}")
    return 1 if summary.failed else 0


if __name__ == "__main__":
    sys.exit(main())
