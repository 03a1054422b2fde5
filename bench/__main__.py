"""
`make bench`: what Watchword answers in a second, and how long each answer takes, beside FreeRADIUS in the same run.

Server and generator have a core each. Only ratios of one run compare: each round asks both servers in turn, and what is
printed is the median of the rounds. Every Accept of Watchword stands for a committed row; the disk is the one under the
temporary folder.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from bench import start
from bench.generator import Answered, Asking, Run, opened, packets
from bench.people import CLIENTS, Town, name, seed
from bench.servers import GENERATOR_CORE, Server, freeradius, resident, watchword
from watchword.domain.otp import code_at
from watchword.wire.radius.packet import Code

PERIOD: Final = 30
SPARE_SECONDS: Final = 12
"""Seconds that must be left of a time step before a run by codes begins."""
PENDING: Final = 5_000
PACE: Final = 64
"""Requests that are sent at once to wait for a phone."""
RATE: Final = 1_000.0
OPEN_REQUESTS: Final = 3_000


class Bench:
    """One server of each kind, and the cases."""

    def __init__(self, ours: Server, theirs: Server, *, users: int, outstanding: int) -> None:
        self._ours = ours
        self._theirs = theirs
        self._users = users
        self._outstanding = outstanding
        self._round = 0

    def next_round(self) -> None:
        """Go on to users whose codes are unspent."""
        self._round += 1

    def _group(self) -> range:
        return range(self._round * self._users, (self._round + 1) * self._users)

    def _step(self) -> int:
        """Return the current time step, once enough of it is left."""
        left = PERIOD - time.time() % PERIOD
        if left < SPARE_SECONDS:
            time.sleep(left + 0.1)
        return int(time.time() // PERIOD)

    def _totps(self, step: int, ahead: Sequence[int]) -> list[bytes]:
        askings = [
            Asking(user=name("totp", number), password=code_at(seed(number), step + offset, 6).encode())
            for offset in ahead
            for number in self._group()
        ]
        return packets(askings)

    def _run(self, kind: str, requests: Sequence[bytes], how: Callable[[Run], Answered]) -> Answered:
        client = opened(CLIENTS[kind], self._ours.address)
        try:
            return how(Run(client, requests))
        finally:
            client.close()

    def _closed(self, run: Run) -> Answered:
        return run.closed_loop(self._outstanding)

    def yardstick(self) -> Answered:
        """FreeRADIUS, PAP against a static file."""
        group = [Asking(user=name("totp", number), password=b"password") for number in range(self._users)]
        client = opened("127.0.0.1", self._theirs.address)
        try:
            return Run(client, packets(group * 2)).closed_loop(self._outstanding)
        finally:
            client.close()

    def totp(self) -> Answered:
        """Right codes, each spent once; their users have signed in before."""
        step = self._step()
        self._run("totp", self._totps(step, (-1,)), self._closed)
        return self._run("totp", self._totps(step, (0, 1)), self._closed)

    def paced(self) -> Answered:
        """Right codes at a fixed pace."""
        step = self._step()
        requests = self._totps(step, (0,))[:OPEN_REQUESTS]
        return self._run("totp", requests, lambda run: run.open_loop(RATE))

    def denied(self) -> Answered:
        """Wrong codes, each counted."""
        group = [Asking(user=name("totp", number), password=b"000000") for number in self._group()]
        return self._run("totp", packets(group), self._closed)

    def cached(self) -> Answered:
        """Logins that a caching rule lets through."""
        count = self._users // 10
        step = self._step()
        first = [
            Asking(user=name("cached", number), password=code_at(seed(number), step, 6).encode())
            for number in range(count)
        ]
        if not self._round:
            self._run("cached", packets(first), self._closed)
        again = [Asking(user=name("cached", number), password=b"") for number in range(count)] * 20
        return self._run("cached", packets(again), self._closed)

    def bypass(self) -> Answered:
        """One-time bypasses, each used once."""
        group = [Asking(user=name("bypass", number), password=b"") for number in self._group()]
        return self._run("bypass", packets(group), self._closed)

    def retransmitted(self) -> Answered:
        """The same packets again, after they were answered."""
        askings = [Asking(user=name("nobody", number), password=b"") for number in range(200)]
        requests = packets(askings)
        client = opened(CLIENTS["totp"], self._ours.address)
        try:
            Run(client, requests).closed_loop(self._outstanding)
            return Run(client, requests * 200).closed_loop(self._outstanding)
        finally:
            client.close()

    def beside_pending(self) -> Answered:
        """Right codes while thousands wait for their phones."""
        waiting = packets([Asking(user=name("push", number), password=b"") for number in range(PENDING)])
        clients = [opened(CLIENTS["push"], self._ours.address) for _ in range(-(-PENDING // 256))]
        try:
            for number, request in enumerate(waiting):
                clients[number // 256].send(request)
                if not number % PACE:
                    time.sleep(0.01)
            return self.totp()
        finally:
            for client in clients:
                client.close()


def prepared(folder: Path, users: int, rounds: int) -> None:
    """Fill the data folder."""
    town = Town(folder)
    town.settle()
    town.people("totp", users * (rounds * 2 + 1))
    town.people("cached", users // 10)
    town.people("bypass", users * rounds)
    town.people("push", PENDING)
    town.close()


def line(label: str, answered: Sequence[Answered], yardsticks: Sequence[Answered], code: Code | None) -> str:
    """Return one line of the table."""
    rates = [one.rate() for one in answered]
    ratios = [one.rate() / other.rate() for one, other in zip(answered, yardsticks, strict=True)]
    right = "" if code is None else f"{min(one.share(code) for one in answered):7.1%} {code.name.lower()[7:]}"
    p50 = statistics.median(one.percentile(0.5) for one in answered)
    p99 = statistics.median(one.percentile(0.99) for one in answered)
    rate, ratio = statistics.median(rates), statistics.median(ratios)
    return f"{label:<28} {rate:>9,.0f}/s  {ratio:>5.2f}  {p50:7.2f}  {p99:7.2f}  {right}"


def cases(bench: Bench) -> Iterator[tuple[str, Callable[[], Answered], Code | None]]:
    """Return the cases in their order."""
    yield "retransmitted", bench.retransmitted, None
    yield "cached", bench.cached, Code.ACCESS_ACCEPT
    yield "bypass", bench.bypass, Code.ACCESS_ACCEPT
    yield "TOTP", bench.totp, Code.ACCESS_ACCEPT
    yield "denied (wrong code)", bench.denied, Code.ACCESS_REJECT


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="requests a second beside FreeRADIUS")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--outstanding", type=int, default=64)
    options = parser.parse_args()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    with tempfile.TemporaryDirectory(prefix="watchword-bench-") as made, tempfile.TemporaryDirectory() as yard:
        folder = Path(made) / "data"
        folder.mkdir(mode=0o700)
        begun = time.perf_counter()
        prepared(folder, options.users, options.rounds)
        print(f"data folder filled in {time.perf_counter() - begun:.0f} s", flush=True)
        started = start.measure(folder, options.users * (options.rounds * 2 + 1) - 1)
        print(
            f"{options.users * (options.rounds * 3 + 1):,} users and more: first Accept after {started.accept:.2f} s, "
            f"first page after {started.page:.2f} s, {started.idle:.0f} MiB idle",
            flush=True,
        )
        with watchword(folder) as ours, freeradius(Path(yard), options.users) as theirs:
            measure(Bench(ours, theirs, users=options.users, outstanding=options.outstanding), options.rounds, ours)


def measure(bench: Bench, rounds: int, ours: Server) -> None:
    """Run every case in every round, and print the table."""
    print(f"{'case':<28} {'median':>11}  ratio   p50 ms   p99 ms")
    results: dict[str, list[Answered]] = {}
    yardsticks: list[Answered] = []
    codes: dict[str, Code | None] = {}
    for _ in range(rounds):
        yardsticks.append(bench.yardstick())
        for label, run, code in cases(bench):
            before = ours.processor_seconds()
            answered = run()
            spent = ours.processor_seconds() - before
            results.setdefault(label, []).append(answered)
            codes[label] = code
            print(
                f"  {label}: {answered.rate():,.0f}/s, {spent / answered.asked * 1e6:.0f} µs of processor each",
                flush=True,
            )
        bench.next_round()
    print(line("FreeRADIUS, static users", yardsticks, yardsticks, Code.ACCESS_ACCEPT))
    for label, runs in results.items():
        print(line(label, runs, yardsticks, codes[label]))
    paced = bench.paced()
    p50, p99 = paced.percentile(0.5), paced.percentile(0.99)
    print(f"{'TOTP at 1,000 a second':<28} {paced.rate():>9,.0f}/s         {p50:7.2f}  {p99:7.2f}")
    bench.next_round()
    beside = bench.beside_pending()
    print(line(f"TOTP beside {PENDING:,} pending", [beside], [bench.yardstick()], Code.ACCESS_ACCEPT))
    print(f"memory of the server at the end: {resident(ours.process.pid):.0f} MiB")


if __name__ == "__main__":
    main()
