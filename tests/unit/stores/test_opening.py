"""
Opening a data folder: private, one process at a time, and whatever is wrong is one sentence.
"""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.folder import Folder
from watchword.domain.methods import Totp
from watchword.domain.secrets import Secret
from watchword.kit import sealing
from watchword.kit.clock import ManualClock
from watchword.kit.randomness import SeededRandomness
from watchword.kit.sealing import KeysUnusable
from watchword.ports.login import StoreAway
from watchword.stores import migrations
from watchword.stores.connections import Unusable, connect
from watchword.stores.lock import Held, Lock, is_held
from watchword.stores.migrations import running
from watchword.stores.sqlite import Refused, SqliteStore


def refusal(folder: Folder) -> str:
    """Return the sentence with which a folder is refused."""
    with pytest.raises(Refused) as raised:
        folder.opened()
    sentence = str(raised.value)
    assert sentence.isprintable()
    assert not is_held(folder.directory)
    return sentence


@pytest.fixture
def closed(folder: Folder) -> Folder:
    folder.totp(folder.user())
    folder.commit()
    folder.store.close()
    return folder


def test_the_folder_and_everything_in_it_is_its_owners_alone(folder: Folder) -> None:
    folder.commit()

    assert folder.directory.stat().st_mode & 0o777 == 0o700
    files = {file.name: file.stat().st_mode & 0o777 for file in folder.directory.iterdir()}
    assert files.keys() >= {"watchword.db", "watchword.db-wal", "keys", "generation", "lock"}
    assert set(files.values()) == {0o600}


def test_a_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    Folder(tmp_path).store.close()

    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_what_was_written_is_there_when_it_is_opened_again(closed: Folder) -> None:
    closed.store = closed.opened()

    assert closed.store.restored is None
    (user,) = closed.read(lambda reader: reader.users(after="", limit=9))
    (method,) = closed.load(user.id).methods
    assert isinstance(method.detail, Totp)
    assert method.detail.secret == Secret(b"time-based token 20o")
    assert len(closed.activity()) == 1
    assert closed.verify().whole


def test_one_process_at_a_time_has_it(folder: Folder) -> None:
    assert is_held(folder.directory)
    with pytest.raises(Held, match="is in use by another process"):
        folder.opened()
    folder.store.close()
    assert not is_held(folder.directory)
    folder.store = folder.opened()


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    program = f"from pathlib import Path\nfrom watchword.stores.lock import Lock\nLock(Path({str(tmp_path)!r}))\n"
    holding = subprocess.Popen(
        [sys.executable, "-c", program + "print('held', flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holding.stdout is not None
    assert holding.stdout.readline() == b"held\n"
    assert is_held(tmp_path)
    holding.kill()
    holding.communicate(timeout=30)

    lock = Lock(tmp_path)
    lock.release()
    lock.release()
    assert not is_held(tmp_path)


def test_a_database_without_its_keys_is_refused(closed: Folder) -> None:
    """N23: missing key file."""
    (closed.directory / "keys").unlink()

    sentence = refusal(closed)

    assert "the key file" in sentence
    assert "is missing" in sentence
    assert not (closed.directory / "keys").exists()


def test_a_database_with_the_keys_of_another_is_not_read(closed: Folder, tmp_path: Path) -> None:
    other = tmp_path / "other"
    sealing.create(other, randomness=SeededRandomness(99), now=0)
    shutil.copy(other, closed.directory / "keys")

    closed.store = closed.opened()

    (user,) = closed.read(lambda reader: reader.users(after="", limit=9))
    with pytest.raises(StoreAway, match="was changed, or stands in another's row"):
        closed.load(user.id)
    assert closed.verify().fault == "the head of the chain was not written by Watchword"


def test_a_key_version_that_is_missing_is_named(closed: Folder) -> None:
    """N23: missing key version."""
    closed.sql("INSERT INTO key_versions VALUES (7)")

    assert "lacks key version 7" in refusal(closed)


def test_a_newer_key_that_was_never_used_is_remembered(closed: Folder) -> None:
    path = closed.directory / "keys"
    keys = sealing.load(path, randomness=SeededRandomness(5))
    assert keys is not None
    keys.rotate(path, now=1, agreed=lambda _: None)

    closed.store = closed.opened()

    assert closed.sql("SELECT version FROM key_versions ORDER BY version") == [(1,), (2,)]


@pytest.mark.parametrize("written", [b"", b"not a key file"])
def test_damaged_keys_are_refused(closed: Folder, written: bytes) -> None:
    (closed.directory / "keys").write_bytes(written)

    assert "is damaged: put a copy back" in refusal(closed)
    assert (closed.directory / "keys").read_bytes() == written


def test_a_file_that_is_no_database_is_refused(closed: Folder) -> None:
    (closed.directory / "watchword.db").write_bytes(b"not a database, and long enough to be looked at" * 100)

    assert "is damaged or is no database: put a copy of it back" in refusal(closed)


def test_a_database_that_is_cut_short_is_refused(closed: Folder) -> None:
    path = closed.directory / "watchword.db"
    path.write_bytes(path.read_bytes()[: 4_096 * 2])

    assert "is damaged" in refusal(closed)


def test_somebody_elses_database_is_refused(closed: Folder) -> None:
    path = closed.directory / "watchword.db"
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()

    assert "was not made by Watchword" in refusal(closed)


def test_a_database_from_the_future_is_refused(closed: Folder) -> None:
    closed.sql("UPDATE alembic_version SET version_num = '9999'")

    assert "was made by a later Watchword (its version 9999 is not known here)" in refusal(closed)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Unusable, match=r"the data folder .* cannot be used: Not a directory"):
        SqliteStore.open(tmp_path / "file" / "data", clock=ManualClock(), randomness=SeededRandomness(1))


def test_the_keys_may_be_kept_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "keys elsewhere"
    clock = ManualClock()

    def opened() -> SqliteStore:
        return SqliteStore.open(tmp_path / "data", clock=clock, randomness=SeededRandomness(1), key_file=elsewhere)

    opened().close()
    assert elsewhere.exists()
    assert not (tmp_path / "data" / "keys").exists()
    opened().close()
    elsewhere.unlink()
    with pytest.raises(KeysUnusable, match="keys elsewhere is missing"):
        opened()


def test_a_making_that_was_broken_off_is_done_again(tmp_path: Path) -> None:
    """The key file is there first, so a database is never without its keys."""
    directory = tmp_path / "data"
    folder = Folder(directory)
    folder.store.close()
    for name in ("watchword.db", "watchword.db-wal", "watchword.db-shm"):
        (directory / name).unlink(missing_ok=True)
    (directory / "watchword.db").touch()

    folder.store = folder.opened()

    assert folder.store.restored is None
    assert folder.commit() is not None
    folder.store.close()


def test_a_later_clock_is_not_forgotten(closed: Folder) -> None:
    """N5, B11: what was written down is behind us, wherever the machine's clock was set to."""
    last = closed.clock.now()
    closed.clock = ManualClock(start=last - 1_000_000_000)

    closed.store = closed.opened()

    assert closed.clock.now() == last


def test_whatever_is_refused_leaves_nothing_open(closed: Folder) -> None:
    (closed.directory / "keys").rename(closed.directory / "kept")
    with pytest.raises(KeysUnusable):
        closed.opened()
    (closed.directory / "kept").rename(closed.directory / "keys")

    closed.store = closed.opened()
    assert closed.store.restored is None


def test_a_place_without_a_write_ahead_log_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database in memory has none, and on many a network's file system there is none either."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Unusable, match="put the data folder on a local disk"):
        connect(Path(":memory:"))


def test_what_is_promised_of_every_connection_holds(folder: Folder) -> None:
    connection = folder.store.ledger.committer.connection

    def pragma(name: str) -> object:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1
    assert pragma("trusted_schema") == 0
    assert pragma("busy_timeout") == 5_000


# --- migrations


LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("users", sa.Column("nickname", sa.Text()))
    op.execute("UPDATE users SET nickname = 'x'")
    op.execute("{last}")
"""


def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, last: str) -> None:
    """Let this version be one that has another migration."""
    scripts = tmp_path / "scripts"
    shutil.copytree(running.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "later_9999.py").write_text(LATER.format(before=migrations.LATEST, last=last))
    monkeypatch.setattr(running, "SCRIPTS", scripts)
    monkeypatch.setattr(migrations, "KNOWN", (*migrations.KNOWN, "9999"))
    monkeypatch.setattr(migrations, "LATEST", "9999")


def test_an_older_database_is_brought_to_this_version(
    closed: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(tmp_path, monkeypatch, last="SELECT 1")

    closed.store = closed.opened()

    assert closed.store.restored is None
    assert closed.sql("SELECT nickname FROM users") == [("x",)]
    assert closed.sql("SELECT version_num FROM alembic_version") == [("9999",)]
    assert closed.verify().whole
    assert closed.reopen().restored is None


def test_a_migration_that_fails_changes_nothing(
    closed: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(tmp_path, monkeypatch, last="SELECT * FROM nowhere")

    assert "cannot be brought to this version" in refusal(closed)

    monkeypatch.undo()
    closed.store = closed.opened()
    assert closed.sql("SELECT version_num FROM alembic_version") == [(migrations.LATEST,)]
    assert "nickname" not in str(closed.sql("SELECT sql FROM sqlite_schema WHERE name = 'users'"))


def test_a_version_between_which_nothing_leads_is_refused(closed: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "KNOWN", ("0000", *migrations.KNOWN))
    closed.sql("UPDATE alembic_version SET version_num = '0000'")

    assert "cannot be brought to this version" in refusal(closed)
