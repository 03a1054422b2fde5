"""
`python -m bench.channel`: what the channel between an MFA server and its portal costs.

- Requests a second and how long each takes, asked of a portal's own RADIUS and of an MFA server's, in turn. The portal
  has one core; the MFA server shares the other one with the generator, as there are two.
- So many logins that wait for their phones on one connection, and what each takes of both processes' memory.
- So many MFA servers, whose portal is killed and started: after how long each is connected again.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.__main__ import PACE, PENDING, Bench, prepared
from bench.generator import Answered, Asking, opened, packets
from bench.people import CLIENTS, name
from bench.servers import GENERATOR_CORE, Server, command, resident
from watchword.cli.reaching import reach
from watchword.cli.session import Refused
from watchword.wire.radius.packet import Code

SERVERS: Final = 50
RIGHT: Final = 0.99
"""The part of all answers that must be what was asked for."""

PATIENCE: Final = 120.0
PROGRAM: Final = str(Path(sys.executable).with_name("watchword"))


def perform(folder: Path, operation: str, **arguments: object) -> Any:
    """Have an operation done by the portal, as soon as it has time for that."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with closing(reach(folder)) as performer:
                return performer.perform(operation, arguments)
        except Refused:
            if time.monotonic() > deadline:
                raise


@contextlib.contextmanager
def running(starting: Sequence[str], log: Path) -> Iterator[tuple[Server, dict[str, Any]]]:
    """Run Watchword while the block runs, unless it was killed there."""
    with log.open("ab") as written:
        process = subprocess.Popen(starting, stdout=subprocess.PIPE, stderr=written)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        host, _, port = ready["radius"].rpartition(":")
        yield Server(process, (host, int(port))), ready
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.kill()
        process.wait()


def activated(portal: Path, folder: Path) -> None:
    """Make a data folder of an MFA server."""
    made = perform(portal, "server.credentials")
    given = ("--email", made["email"], "--password-stdin", "--data", str(folder))
    subprocess.run(
        [PROGRAM, "server", "activate", made["url"], *given],
        input=made["password"],
        text=True,
        check=True,
        capture_output=True,
    )


def serving(folder: Path, *, core: int | None = None) -> list[str]:
    """Return the command that serves as an MFA server."""
    pinned = () if core is None else ("taskset", "--cpu-list", str(core))
    addresses = ("--radius", "127.0.0.1:0", "--accounting", "off", "--json")
    return [*pinned, PROGRAM, "server", "run", "--data", str(folder), *addresses]


# --- requests a second


def rates(near: Server, far: Server, *, users: int, rounds: int) -> None:
    """Ask both in turn, and print the table."""
    print(f"{'case':<10} {'asked of':<12} {'median':>9}  p50 ms  p99 ms  processor µs: portal  MFA server", flush=True)
    results: dict[tuple[str, str], list[tuple[Answered, float, float]]] = {}
    benches = {"portal": Bench(near, near, users=users, outstanding=64)}
    benches["MFA server"] = Bench(far, far, users=users, outstanding=64)
    for number in range(2 * rounds):
        whose = ("portal", "MFA server")[number % 2]
        bench = benches[whose]
        for label, case, code in (
            ("cached", bench.cached, Code.ACCESS_ACCEPT),
            ("bypass", bench.bypass, Code.ACCESS_ACCEPT),
            ("TOTP", bench.totp, Code.ACCESS_ACCEPT),
            ("denied", bench.denied, Code.ACCESS_REJECT),
        ):
            before = near.processor_seconds(), far.processor_seconds()
            answered = case()
            spent = near.processor_seconds() - before[0], far.processor_seconds() - before[1]
            assert answered.share(code) > RIGHT, (label, whose, answered.share(code))
            results.setdefault((label, whose), []).append((answered, *spent))
        for each in benches.values():
            each.next_round()
    for (label, whose), runs in sorted(results.items()):
        print(line(label, whose, runs), flush=True)


def line(label: str, whose: str, runs: Sequence[tuple[Answered, float, float]]) -> str:
    """Return one line of the table."""
    rate, p50, p99 = (
        statistics.median(values)
        for values in zip(*((one.rate(), one.percentile(0.5), one.percentile(0.99)) for one, _, _ in runs), strict=True)
    )
    near, far = (statistics.median(values) for values in zip(*(_each(run) for run in runs), strict=True))
    return f"{label:<10} {whose:<12} {rate:>7,.0f}/s {p50:7.2f} {p99:7.2f} {near:>21.0f} {far:>11.0f}"


def _each(run: tuple[Answered, float, float]) -> tuple[float, float]:
    answered, near, far = run
    return near / answered.asked * 1e6, far / answered.asked * 1e6


# --- waits


def waits(portal: Path, near: Server, far: Server) -> None:
    """Let many wait on one connection, and print what each takes."""
    before = resident(near.process.pid), resident(far.process.pid)
    print(f"memory of fresh processes: portal {before[0]:.0f} MiB, MFA server {before[1]:.0f} MiB")
    waiting = packets([Asking(user=name("push", number), password=b"") for number in range(PENDING)])
    clients = [opened(CLIENTS["push"], far.address) for _ in range(-(-PENDING // 256))]
    try:
        for number, request in enumerate(waiting):
            clients[number // 256].send(request)
            if not number % PACE:
                time.sleep(0.01)
        deadline = time.monotonic() + PATIENCE
        while (found := len(perform(portal, "pending"))) < PENDING and time.monotonic() < deadline:
            time.sleep(0.5)
        after = resident(near.process.pid), resident(far.process.pid)
    finally:
        for client in clients:
            client.close()
    grown = [(late - early) * 1024 / found for early, late in zip(before, after, strict=True)]
    print(
        f"{found:,} logins wait on one connection: {grown[0]:.1f} KiB each of the portal, {grown[1]:.1f} of the server"
    )


# --- a portal that is started again


def reconnecting(folder: Path, count: int) -> None:
    """Let many servers be connected, kill the portal, start it, and print how long they were away."""
    portal, log = folder / "portal", folder / "log"
    starting = command(portal, http=_free_port())
    with ExitStack() as stack:
        with running(starting, log) as (first, _):
            folders = [folder / f"server{number}" for number in range(count)]
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda each: activated(portal, each), folders))
            for each in folders:
                stack.enter_context(running(serving(each), log))
            connected(portal, count, after=0.0)
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
        killed = time.time()
        second, _ = stack.enter_context(running(starting, log))
        ready = time.time()
        seconds = sorted(instant - ready for instant in connected(portal, count, after=killed))
        spent = second.processor_seconds()
    print(
        f"{count} servers after a restart of their portal that took {ready - killed:.2f} s: connected again"
        f" {statistics.median(seconds):.2f} s after it was ready (median), the last after {seconds[-1]:.2f} s;"
        f" the portal took {spent:.2f} s of processor, its start among them"
    )


def connected(portal: Path, count: int, *, after: float) -> list[float]:
    """Wait until all are heard, and return when each was heard first, in seconds since 1970."""
    heard: dict[str, float] = {}
    deadline = time.monotonic() + PATIENCE
    while len(heard) < count:
        assert time.monotonic() < deadline, f"only {len(heard)} of {count} servers are connected"
        for row in perform(portal, "server.list"):
            at = row["last_communication"]
            if row["status"] == "online" and datetime.fromisoformat(at).timestamp() > after:
                heard.setdefault(row["id"], datetime.fromisoformat(at).timestamp())
        time.sleep(0.05)
    return list(heard.values())


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.channel", description="what the channel costs")
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--servers", type=int, default=SERVERS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="watchword-bench-") as made:
        folder = Path(made)
        portal, server, log = folder / "data", folder / "server", folder / "log"
        portal.mkdir(mode=0o700)
        prepared(portal, options.users, 2 * options.rounds)
        starting = command(portal, http=_free_port())
        everywhere = os.sched_getaffinity(0)
        with running(starting, log) as (near, _):
            activated(portal, server)
            with running(serving(server, core=GENERATOR_CORE), log) as (far, _):
                os.sched_setaffinity(0, {GENERATOR_CORE})
                rates(near, far, users=options.users, rounds=options.rounds)
                os.sched_setaffinity(0, everywhere)
        with running(starting, log) as (near, _), running(serving(server), log) as (far, _):
            waits(portal, near, far)
        many = folder / "many"
        many.mkdir()
        reconnecting(many, options.servers)


if __name__ == "__main__":
    main()
