"""
Runs the fuzzer over every target, one after the other, each in a process of its own.

usage: python -m tests.fuzz [--seconds N] [--seed N] [--target NAME] [--keep]

Every run starts from the corpus beside this file. What it finds is thrown away, unless `--keep` adds the inputs that
reach new code to the corpus. An input that breaks a target is printed with the seed, and the exit code is 1.
"""

import argparse
import base64
import re
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).parent / "corpus"
NAMES: Final = (
    "radius_request",
    "radius_reply",
    "ldap_message",
    "ldap_filter",
    "ldap_server",
    "ldap_client",
    "channel_asked",
    "channel_told",
    "channel_handshake",
)
#: Longer than any datagram is, so that what is longer is tried too.
LONGEST: Final = 4200
#: Seconds for one input: far more than any needs, and what is slower is a way to keep us busy.
SLOWEST: Final = 5


def fuzz(name: str, *, seconds: int, seed: int, folders: list[Path], crashes: Path) -> int:
    """Fuzz one target, say what came of it, and return how many inputs it broke on: none or one."""
    command = [sys.executable, "-m", "tests.fuzz.one", name, *map(str, folders)]
    command += [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}"]
    command += [f"-artifact_prefix={crashes}/", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 120)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    print(f"{name}: {runs[1] if runs else 0} inputs in {seconds} s, seed {seed}")
    broken = sorted(crashes.iterdir())
    for crash in broken:
        print(f"{name} broke on {base64.b64encode(crash.read_bytes()).decode()}")
    if done.returncode != 0 or broken:
        print(done.stdout[-2_000:], done.stderr[-4_000:], sep="\n")
        return 1
    return 0


def minimise(name: str, found: Path) -> None:
    """Add the inputs to a target's corpus that reach code which none in it reaches."""
    command = [sys.executable, "-m", "tests.fuzz.one", name, "-merge=1", str(CORPUS / name), str(found)]
    subprocess.run(command, capture_output=True, check=True, timeout=600)


def main() -> int:
    """Run as the module's docstring says."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31) + 1)
    parser.add_argument("--target", choices=NAMES, action="append")
    parser.add_argument("--keep", action="store_true", help="add what reaches new code to the corpus")
    options = parser.parse_args()
    names = options.target or NAMES
    broken = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            found, crashes = Path(folder, "found"), Path(folder, "crashes")
            found.mkdir()
            crashes.mkdir()
            seconds = max(1, options.seconds // len(names))
            broken += fuzz(name, seconds=seconds, seed=options.seed, folders=[found, CORPUS / name], crashes=crashes)
            if options.keep:
                minimise(name, found)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
