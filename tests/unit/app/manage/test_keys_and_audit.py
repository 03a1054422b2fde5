"""
Rotating the sealing key, and whether the chain of what was written down is whole.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.office import OWNER, Office
from watchword.app.manage import keys
from watchword.app.manage.audit import AuditVerify
from watchword.app.manage.keys import KeyRotate
from watchword.app.manage.texts import instant


async def test_everything_is_sealed_anew_and_can_still_be_read(office: Office) -> None:
    await office.application()
    await office.user()
    await office.token()
    before = await office.person(), await office.configuration()

    rotated = await office.do("key.rotate", KeyRotate(), OWNER)

    assert (rotated.version, rotated.finished) == (2, True)
    assert rotated.resealed == 2
    assert (await office.person()).methods == before[0].methods
    assert (await office.configuration()).clients == before[1].clients
    ring = office.context.upkeep.keys()
    assert [key.version for key in ring] == [2, 1]
    assert rotated.created_at == instant(ring[0].created_at)


async def test_what_would_take_long_is_left_to_upkeep(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.application()
    await office.user()
    await office.token()
    monkeypatch.setattr(keys, "MOST_AT_ONCE", 1)

    rotated = await office.do("key.rotate", KeyRotate())

    assert not rotated.finished


async def test_the_chain_of_what_was_written_down_is_whole(office: Office) -> None:
    await office.user()

    verified = await office.do("audit.verify", AuditVerify())

    assert (verified.whole, verified.fault) == (True, "")
    assert verified.rows >= 2


async def test_a_row_that_was_changed_is_found(office: Office, folder: Path) -> None:
    await office.user()
    with closing(sqlite3.connect(folder / "watchword.db", isolation_level=None)) as connection:
        for position, body in connection.execute("SELECT rowid, body FROM audit").fetchall():
            assert b"host" in body
            changed = body.replace(b"host", b"olga")
            connection.execute("UPDATE audit SET body = ? WHERE rowid = ?", (changed, position))

    verified = await office.do("audit.verify", AuditVerify())

    assert not verified.whole
    assert verified.fault
