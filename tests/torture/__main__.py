"""
Kill -9 under load, many times: `make torture`, or python -m tests.torture --kills N --seed N.

It prints its seed, from which the schedule of kills and of logins follows, and what it came to. Exit code 0 means that
nothing was found; 1 that something was: every fault is printed, and data and log are kept; 77 that this machine does
not allow what was asked for.
"""

import argparse
import resource
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.rigs.nas import Code
from tests.torture.disturbances import FailingSyncs, FullDisk, Impossible, small_disk
from tests.torture.driver import RATE, Torture
from tests.torture.endurance import Endurance
from tests.torture.history import Kind

FILES = 65_536
SKIPPED = 77
FULL_DISK, FAILING_SYNCS = "full-disk", "failing-syncs"


def main(tokens: Sequence[str] | None = None) -> int:
    """Run, and print what came of it."""
    given = _parser().parse_args(tokens)
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    print(f"seed: {seed}", flush=True)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most), most))
    folder = given.folder or Path(tempfile.mkdtemp(prefix="watchword-torture-"))
    began = time.monotonic()
    with ExitStack() as stack:
        try:
            run = _endured(folder, seed, given.endure, stack) if given.endure else _killed(folder, seed, given)
        except Impossible as error:
            print(error)
            return SKIPPED
        report(run, time.monotonic() - began)
        if run.faults:
            print(f"\n{len(run.faults)} faults; the log is {run.process.log}, the data folder {run.process.data}")
            print("\n".join(run.faults[:50]))
            return 1
        print("faults: 0")
    if given.folder is None:
        shutil.rmtree(folder)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="how often the process is killed (20)")
    parser.add_argument("--seed", type=int, default=None, help="seed of an earlier run, to see the same schedule")
    parser.add_argument("--rate", type=float, default=RATE, help=f"logins that begin in a second ({RATE:g})")
    parser.add_argument("--verify-every", type=int, default=1, help="starts after which `audit verify` is asked (1)")
    parser.add_argument("--folder", type=Path, default=None, help="where data and log go (a temporary folder)")
    parser.add_argument(
        "--syncs-fail", metavar="WHEN", help="let fdatasync fail now and then, too: strace's FIRST+STEP"
    )
    parser.add_argument(
        "--endure", choices=(FULL_DISK, FAILING_SYNCS), help="kill nothing; let nothing be written for a while instead"
    )
    return parser


def _killed(folder: Path, seed: int, given: argparse.Namespace) -> Torture:
    disturbance = FailingSyncs(given.syncs_fail) if given.syncs_fail else None
    run = Torture(
        folder,
        seed=seed,
        kills=given.kills,
        rate=given.rate,
        verify_every=given.verify_every,
        disturbance=disturbance,
    )
    began = time.monotonic()
    run.run(lambda line: print(f"{time.monotonic() - began:6.0f} s  {line}", flush=True))
    return run


def _endured(folder: Path, seed: int, what: str, stack: ExitStack) -> Torture:
    run = Endurance(folder, seed=seed, kills=0)
    if what == FULL_DISK:
        stack.enter_context(small_disk(run.process.data))
    endured = run.endure(FullDisk(run.process.data) if what == FULL_DISK else FailingSyncs())
    answers = ", ".join(f"{count} {name}" for name, count in sorted(endured.meanwhile.items()))
    print(f"answers while nothing could be written: {answers}")
    print(f"let somebody in {endured.recovered:.2f} s after the end of it")
    return run


def report(run: Torture, seconds: float) -> None:
    """Print the figures."""
    figures, history = run.figures, run.history
    answers = Counter(answered.code.name for request in history.requests for answered in request.answers)
    packets = sum(len(request.sent) for request in history.requests)
    starts = sorted(figures.starts)
    print(f"kills: {sum(figures.kills.values())} in {seconds:.0f} s")
    for moment, count in sorted(figures.kills.items()):
        print(f"  {moment}: {count}")
    print(f"logins begun: {figures.begun}, requests: {len(history.requests)}, packets sent: {packets}")
    print("answers: " + ", ".join(f"{count} {name}" for name, count in sorted(answers.items())))
    print(f"unanswered at a kill, on average: {statistics.fmean(figures.outstanding or [0]):.1f}")
    print("offered, spent, and offered again in a later life, of each that is good once:")
    for kind in Kind:
        tokens = [token for token in history.tokens if token.kind is kind]
        spent = [(token, life) for token in tokens if (life := token.spent_in) is not None]
        again = [token for token, life in spent if any(sent.life > life for r in token.requests for sent in r.sent)]
        offers = sum(len(token.requests) for token in tokens)
        print(f"  {kind}: {len(tokens)} offered by {offers} requests, {len(spent)} spent, {len(again)} offered again")
    print(f"rows: {run.checker.rows}; committed, and the answer died with the process: {run.checker.unheard()}")
    print("reasons: " + ", ".join(f"{count} {name}" for name, count in sorted(run.checker.reasons.items())))
    if starts:
        late = starts[int(0.95 * (len(starts) - 1))]
        print(
            f"start to service: median {statistics.median(starts):.2f} s, 95 % {late:.2f} s, slowest {starts[-1]:.2f} s"
        )
    print(f"bypasses made by the help desk: {run.helpdesk.made}, cancelled: {run.helpdesk.cancelled}")
    print(f"`watchword audit verify`: {figures.verified} times")
    if not run.faults:
        bounds(run, answers)


def bounds(run: Torture, answers: Counter[str]) -> None:
    """Print what no fault in so many trials says: fewer than 3 in N, with 95 % confidence (the rule of three)."""
    kills = sum(run.figures.kills.values())
    spent = sum(token.spent_in is not None for token in run.history.tokens)
    rows = answers[Code.ACCESS_ACCEPT.name] + answers[Code.ACCESS_CHALLENGE.name]
    trials = (("kills with a fault", kills), ("things spent twice", spent), ("answers without their row", rows))
    for words, count in trials:
        print(f"{words}: 0 of {count}, so fewer than 1 in {max(1, count // 3)} with 95 % confidence")


if __name__ == "__main__":
    sys.exit(main())
