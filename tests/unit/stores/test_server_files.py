"""
The files of a server: whole or not at all, sealed where they hold secrets, and no reason to fall over when damaged.
"""

from pathlib import Path

import pytest

from watchword.domain.applications import ApplicationId, AuthenticationType
from watchword.kit import sealing
from watchword.kit.randomness import SeededRandomness
from watchword.ports.spool import AwayRow
from watchword.stores import snapshots, spool
from watchword.stores.snapshots import FileSnapshot
from watchword.stores.spool import FileSpool

ROW = AwayRow(
    key=b"k" * 16,
    at=1_700_000_000_000_000,
    count=2,
    application=ApplicationId(b"a" * 16),
    authentication_type=AuthenticationType.RADIUS,
    user_name="älice",
    client="192.0.2.1",
    source=None,
)


def test_rows_come_back_in_their_order(tmp_path: Path) -> None:
    file = FileSpool(tmp_path)
    rows = [ROW, AwayRow(**{name: getattr(ROW, name) for name in ROW.__slots__} | {"source": "198.51.100.7"})]
    assert file.load() == []
    file.keep(rows)

    assert FileSpool(tmp_path).load() == rows
    assert (tmp_path / spool.NAME).stat().st_mode & 0o777 == 0o600
    file.keep([])
    assert file.load() == []


@pytest.mark.parametrize("octets", [b"", b"\xc1", b"no rows at all"])
def test_damaged_rows_are_none(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / spool.NAME).write_bytes(octets)

    assert FileSpool(tmp_path).load() == []


def test_a_row_of_a_later_kind_is_left_out(tmp_path: Path) -> None:
    file = FileSpool(tmp_path)
    file.keep([ROW])
    path = tmp_path / spool.NAME
    path.write_bytes(path.read_bytes().replace(b"radius", b"smokes"))

    assert file.load() == []


def test_a_disk_that_takes_nothing_leaves_the_old_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = FileSpool(tmp_path)
    file.keep([ROW])

    def full(*_arguments: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("watchword.stores.spool.os.fsync", full)
    with pytest.raises(OSError, match="no room"):
        file.keep([])

    assert file.load() == [ROW]
    assert [path.name for path in tmp_path.iterdir()] == [spool.NAME]


def test_a_snapshot_is_kept_sealed_and_comes_back(tmp_path: Path) -> None:
    keys = sealing.create(tmp_path / "keys", randomness=SeededRandomness(1), now=0)
    file = FileSnapshot(tmp_path, keys)
    assert file.load() is None
    file.keep(b"a shared secret", b"signature")

    assert FileSnapshot(tmp_path, keys).load() == (b"a shared secret", b"signature")
    written = (tmp_path / snapshots.NAME).read_bytes()
    assert b"shared secret" not in written
    (tmp_path / snapshots.NAME).write_bytes(written[:-1] + b"x")
    assert file.load() is None
    file.forget()
    file.forget()
    assert not (tmp_path / snapshots.NAME).exists()
