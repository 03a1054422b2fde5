"""
A database that was put back from a copy (N4, B19): what was spent since stays spent.
"""

import shutil
from pathlib import Path

import pytest

from tests.contract.folder import Folder
from watchword.domain.applications import ApplicationId
from watchword.domain.bypass import BypassState
from watchword.domain.events import AuditEvent
from watchword.domain.methods import BackupCodes, Hotp, Push, Totp
from watchword.domain.otp import LOOK_AHEAD, WINDOW
from watchword.domain.secrets import Secret
from watchword.kit.clock import MICROSECONDS
from watchword.ports.login import Committed, MintState, SpendBackupCode, SpendBypass, SpendState, SpendStep
from watchword.ports.login import Write as WriteOfALogin

FILES = ("watchword.db", "watchword.db-wal", "watchword.db-shm")


def copy(folder: Folder, to: Path, *, back: bool = False) -> None:
    """Copy the database as a backup does, or put the copy back; the folder is closed."""
    source, target = (to, folder.directory) if back else (folder.directory, to)
    to.mkdir(exist_ok=True)
    for name in FILES:
        (target / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copy(source / name, target / name)


class Spent:
    """Everything that is good once, not yet spent when the backup was made."""

    def __init__(self, folder: Folder) -> None:
        self.user = user = folder.user()
        now = folder.clock.wall() // MICROSECONDS // 30
        self.totp = folder.totp(user, last_step=now - 10, drift=2)
        self.slow = folder.method(user, Totp(secret=Secret(b"slow"), period=60, last_step=-1))
        self.fast = folder.method(user, Totp(secret=Secret(b"far ahead"), last_step=now + 1_000))
        self.hotp = folder.method(user, Hotp(secret=Secret(b"counter"), counter=5, resync=90))
        self.codes = folder.method(user, BackupCodes(secret=Secret(b"codes"), left=(b"1" * 32,)))
        self.push = folder.method(user, Push())
        self.challenge = folder.challenge(user, folder.application())
        folder.commit(MintState(challenge=self.challenge))
        self.bypass = folder.bypass(user)
        folder.add_bypass(self.bypass)
        folder.pairing(self.push, user, b"t" * 32, expires_at=self.bypass.expires_at)
        self.epoch = folder.load(user).user.epoch
        self.writes: list[WriteOfALogin] = [
            SpendStep(method=self.totp, step=now + 2, drift=2),
            SpendStep(method=self.totp, step=now + 2 + WINDOW, drift=2),
            SpendStep(method=self.hotp, step=5, drift=0),
            SpendStep(method=self.hotp, step=5 + LOOK_AHEAD - 1, drift=0),
            SpendBackupCode(method=self.codes, digest=b"1" * 32),
            SpendState(digest=self.challenge.digest),
            *(
                SpendBypass(
                    bypass=self.bypass.id,
                    user=user,
                    epoch=epoch,
                    at=folder.clock.now(),
                    application=ApplicationId(bytes(16)),
                    source=None,
                )
                for epoch in (self.epoch, self.epoch + 1)
            ),
        ]


@pytest.fixture
def spent(folder: Folder, tmp_path: Path) -> Spent:
    """Spend everything after a backup was made, and put the backup back; the folder is closed."""
    spent = Spent(folder)
    folder.store.close()
    copy(folder, tmp_path / "backup")
    folder.store = folder.opened()
    assert folder.store.restored is None
    assert [folder.commit(write) for write in spent.writes[:-1]] == [Committed.TAKEN] * 7
    folder.change(lambda changer: changer.take_pairing(b"t" * 32, public_key=b"key", now=folder.clock.now()))
    folder.store.close()
    copy(folder, tmp_path / "backup", back=True)
    return spent


def test_nothing_that_was_spent_comes_alive_again(folder: Folder, spent: Spent) -> None:
    folder.store = folder.opened()

    assert folder.store.restored is not None
    assert [folder.commit(write) for write in spent.writes] == [Committed.REFUSED] * len(spent.writes)
    now = folder.clock.now()
    assert folder.change(lambda changer: changer.take_pairing(b"t" * 32, public_key=b"k", now=now)) is None


def test_what_cannot_have_been_spent_is_good(folder: Folder, spent: Spent) -> None:
    folder.store = folder.opened()
    now = folder.clock.wall() // MICROSECONDS // 30

    person = folder.load(spent.user)
    kept = {method.id: method.detail for method in person.methods}
    totp, slow, fast = (kept[method] for method in (spent.totp, spent.slow, spent.fast))
    hotp = kept[spent.hotp]
    assert isinstance(totp, Totp)
    assert isinstance(slow, Totp)
    assert isinstance(fast, Totp)
    assert isinstance(hotp, Hotp)
    assert (totp.last_step, slow.last_step, fast.last_step) == (now + 2 + WINDOW, now // 2 + WINDOW, now + 1_000)
    assert (hotp.counter, hotp.resync) == (5 + LOOK_AHEAD, None)
    assert person.user.epoch == spent.epoch + 1
    assert folder.commit(SpendStep(method=spent.totp, step=now + 3 + WINDOW, drift=2)) is Committed.TAKEN
    assert folder.commit(SpendStep(method=spent.hotp, step=5 + LOOK_AHEAD, drift=0)) is Committed.TAKEN


def test_it_is_said_loudly(folder: Folder, spent: Spent) -> None:
    folder.store = folder.opened()

    restored = folder.store.restored
    assert restored is not None
    assert restored.found < restored.known
    assert (restored.bypasses, restored.challenges, restored.pairings, restored.backup_codes) == (1, 1, 1, 1)
    assert folder.audited()[-1] is AuditEvent.DATABASE_RESTORED
    kept = folder.bypass_row(spent.bypass.id)
    assert (kept.state, kept.ended_by) == (BypassState.CANCELLED, "restore")


def test_the_chain_goes_on_from_there_and_once_is_enough(folder: Folder, spent: Spent) -> None:
    del spent
    folder.store = folder.opened()
    folder.commit()
    assert folder.verify().whole

    folder.reopen()

    assert folder.store.restored is None
    assert folder.audited().count(AuditEvent.DATABASE_RESTORED) == 1
    assert folder.verify().whole


def test_a_step_that_was_accepted_before_the_clock_went_back_stays_spent(folder: Folder, tmp_path: Path) -> None:
    user = folder.user()
    method = folder.totp(user)
    folder.commit()
    folder.store.close()
    copy(folder, tmp_path / "backup")
    folder.store = folder.opened()
    folder.clock.advance(3_600)
    step = folder.clock.wall() // MICROSECONDS // 30
    folder.commit(SpendStep(method=method, step=step, drift=0))
    folder.store.close()
    copy(folder, tmp_path / "backup", back=True)

    folder.clock = type(folder.clock)(start=folder.clock.now() - 3_600 * MICROSECONDS)
    folder.store = folder.opened()

    assert folder.store.restored is not None
    assert folder.commit(SpendStep(method=method, step=step, drift=0)) is Committed.REFUSED


@pytest.mark.parametrize("written", [None, b"", b"garbage" * 200])
def test_a_database_of_which_nothing_is_known_may_be_a_copy(folder: Folder, written: bytes | None) -> None:
    folder.commit()
    folder.store.close()
    path = folder.directory / "generation"
    path.unlink()
    if written is not None:
        path.write_bytes(written)

    folder.store = folder.opened()

    assert folder.store.restored is not None
    assert folder.store.restored.known == 0


@pytest.mark.parametrize("more", [0, 1, 3])
def test_another_history_is_a_copy_too(folder: Folder, tmp_path: Path, more: int) -> None:
    """A copy that brought its own generation along, and went on for as long or longer: another digest tells."""
    folder.commit()
    folder.store.close()
    copy(folder, tmp_path / "backup")
    path = folder.directory / "generation"
    before = path.read_bytes()
    folder.store = folder.opened()
    folder.commit(activity=(folder.row(detail="one history"),))
    folder.store.close()
    known = path.read_bytes()
    copy(folder, tmp_path / "backup", back=True)
    path.write_bytes(before)
    folder.store = folder.opened()
    assert folder.store.restored is None
    folder.commit(activity=(folder.row(detail="another"),))
    for _ in range(more):
        folder.commit()
    folder.store.close()
    path.write_bytes(known)

    folder.store = folder.opened()

    assert folder.store.restored is not None


@pytest.mark.parametrize("rows", [0, 1, 5, 9])
def test_another_database_is_a_copy_too(folder: Folder, tmp_path: Path, rows: int) -> None:
    other = Folder(tmp_path / "other", seed=50)
    for _ in range(5):
        other.commit()
    for _ in range(rows):
        folder.commit()
    other.store.close()
    folder.store.close()
    copy(other, tmp_path / "backup")
    copy(folder, tmp_path / "backup", back=True)
    shutil.copy(other.directory / "keys", folder.directory / "keys")

    folder.store = folder.opened()

    assert folder.store.restored is not None
    assert folder.store.restored.known == 0


def test_a_database_that_is_ahead_was_only_interrupted(folder: Folder) -> None:
    folder.commit()
    folder.store.close()
    generation = (folder.directory / "generation").read_bytes()
    folder.store = folder.opened()
    for _ in range(3):
        folder.commit()
    folder.store.close()
    (folder.directory / "generation").write_bytes(generation)

    folder.store = folder.opened()

    assert folder.store.restored is None
    assert folder.verify().whole


def test_a_write_of_the_generation_that_was_torn_loses_one_step(folder: Folder) -> None:
    for _ in range(4):
        folder.commit()
    folder.store.close()
    path = folder.directory / "generation"
    whole = path.read_bytes()
    for start in (0, 512):
        torn = bytearray(whole)
        torn[start + 40 : start + 60] = bytes(20)
        path.write_bytes(torn)

        folder.store = folder.opened()

        assert folder.store.restored is None
        folder.store.close()


def test_a_new_database_beside_an_old_generation_is_new(folder: Folder) -> None:
    for _ in range(4):
        folder.commit()
    folder.store.close()
    for name in FILES:
        (folder.directory / name).unlink(missing_ok=True)

    folder.store = folder.opened()
    assert folder.store.restored is None
    folder.commit()
    folder.reopen()
    assert folder.store.restored is None
    assert folder.verify().whole
