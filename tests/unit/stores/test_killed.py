"""
A process that is killed while it writes: whatever it answered is there, nothing is there twice, and the chain is whole.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from tests.contract.folder import Folder
from watchword.domain.methods import Totp
from watchword.kit.clock import SystemClock
from watchword.ports.login import Committed, SpendStep
from watchword.stores.lock import is_held

#: Spends one step after the other, several at once, and says each that was committed.
WRITER: Final = """
import asyncio, sys
from pathlib import Path
from tests.contract.folder import Folder
from watchword.domain.methods import MethodId
from watchword.kit.clock import SystemClock
from watchword.ports.login import Committed, SpendStep

directory, method, start = Path(sys.argv[1]), MethodId(bytes.fromhex(sys.argv[2])), int(sys.argv[3])

async def main():
    folder = Folder(directory, seed=start, clock=SystemClock())
    folder.store.start(asyncio.get_running_loop())
    step = start

    def next_one():
        nonlocal step
        step += 1
        mine = step
        unit = folder.unit(
            SpendStep(method=method, step=mine, drift=0),
            activity=(folder.row(detail=str(mine)),),
            audit=(folder.audit(),),
        )

        def done(result):
            if result is Committed.TAKEN:
                sys.stdout.write(f"{mine}\\n")
                sys.stdout.flush()
            next_one()

        folder.store.ledger.commit(unit, done)

    for _ in range(40):
        next_one()
    await asyncio.Event().wait()

asyncio.run(main())
"""
KILLS: Final = 4


def test_whatever_was_answered_is_there_and_once(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    folder = Folder(directory)
    user = folder.user()
    method = folder.totp(user)
    folder.store.close()
    answered: list[int] = []

    for kill in range(KILLS):
        start = max(answered, default=0) + 1_000
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(directory), method.hex(), str(start)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        ) as writing:
            assert writing.stdout is not None
            answered += [int(writing.stdout.readline()) for _ in range(120 + 37 * kill)]
            writing.kill()
            answered += [int(line) for line in writing.stdout.read().splitlines()]
        assert not is_held(directory)

    folder = Folder(directory, seed=9, clock=SystemClock())
    try:
        assert folder.store.restored is None
        verdict = folder.verify()
        assert (verdict.whole, verdict.fault) == (True, "")
        rows = Counter(int(row.detail) for row in folder.activity(limit=100_000))
        assert set(rows.values()) == {1}
        assert set(answered) <= rows.keys()
        # What was committed and not yet answered when the process was killed is spent: at most what was on its way.
        assert len(rows) - len(answered) <= KILLS * 40
        assert verdict.rows == 2 * len(rows)
        (token,) = [method.detail for method in folder.load(user).methods]
        assert isinstance(token, Totp)
        assert token.last_step == max(rows)
        assert folder.commit(SpendStep(method=method, step=max(answered), drift=0)) is Committed.REFUSED
    finally:
        folder.store.close()
