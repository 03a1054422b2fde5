"""
Kills of the process under load, a full disk and failing syncs: what was answered is written, and spent once.

Each run is one command, which prints its seed and can be given by hand (`docs/torture.md`).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs.watchword import PASSWORD, STATION, Watchword
from tests.torture.__main__ import FAILING_SYNCS, FULL_DISK, SKIPPED
from tests.torture.disturbances import FullDisk, Impossible, small_disk
from tests.torture.history import Kind

pytestmark = pytest.mark.soak

ROOT = Path(__file__).parents[2]
KILLS = 20
FEWER_KILLS = 5
PATIENCE = 900


def tortured(*arguments: str) -> str:
    """Run it with the soak's seed, see that it finds nothing, and return what it says."""
    seed = os.environ.get("WATCHWORD_SOAK_SEED", "1")
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture", "--seed", seed, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    print(done.stdout)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "faults: 0" in done.stdout
    return done.stdout


def test_kills_under_load_spend_nothing_twice_and_lose_no_row() -> None:
    said = tortured("--kills", str(KILLS))

    assert f"kills: {KILLS} in" in said
    tried = re.findall(r"^  (.+): \d+ offered by \d+ requests, (\d+) spent, (\d+) offered again$", said, re.MULTILINE)
    assert {kind for kind, _, _ in tried} == set(Kind)
    assert [kind for kind, spent, again in tried if not int(spent) or not int(again)] == [], "it was not even tried"


@pytest.mark.needs("strace")
def test_kills_while_syncs_fail_now_and_then_spend_nothing_twice_and_lose_no_row() -> None:
    said = tortured("--kills", str(FEWER_KILLS), "--syncs-fail", "3+4")

    assert f"kills: {FEWER_KILLS} in" in said


@pytest.mark.parametrize("disturbance", [FULL_DISK, pytest.param(FAILING_SYNCS, marks=pytest.mark.needs("strace"))])
def test_nothing_is_let_in_while_nothing_can_be_written(disturbance: str) -> None:
    said = tortured("--endure", disturbance)

    assert re.search(r"while nothing could be written: \d+ ACCESS_REJECT$", said, re.MULTILINE)
    assert "let somebody in" in said


def test_a_process_that_is_killed_and_started_on_a_full_disk_lets_nobody_in_until_there_is_room(tmp_path: Path) -> None:
    server = Watchword(tmp_path)
    try:
        with small_disk(server.data):
            _killed_on_a_full_disk(server)
    except Impossible as error:
        pytest.skip(str(error))


def _killed_on_a_full_disk(server: Watchword) -> None:
    server.start()
    user = server.user()
    token, nas = server.hotp(user), server.nas()
    typed = f"{PASSWORD},{token.code(0)}"
    disk = FullDisk(server.data)
    disk.begin(server.pid)
    assert nas.login(user, typed, station=STATION).rejected
    server.kill()

    server.start()
    nas.server = server.radius
    assert nas.login(user, typed, station=STATION).rejected

    disk.end()
    assert nas.login(user, typed, station=STATION).accepted
    assert nas.login(user, typed, station="203.0.113.8").rejected
    assert server.stop() == 0
    assert server.run("audit", "verify").code == 0
