"""
Upkeep: what is old goes in small steps, what stays can still be proven, and secrets move to the newest key.
"""

import sqlite3

import pytest

from tests.contract.folder import Folder, value_of
from watchword.domain.api_clients import ApiClient
from watchword.domain.bypass import BypassState
from watchword.domain.events import AuditEvent
from watchword.domain.methods import BackupCodes, Hotp, Push, Totp
from watchword.domain.secrets import Secret
from watchword.kit.clock import MICROSECONDS
from watchword.ports.login import Committed, MintState

DAY = 86_400


def sweep(folder: Folder, limit: int = 100) -> int:
    return value_of(folder.store.upkeep.sweep(now=folder.clock.now(), limit=limit))


def retire(folder: Folder, days: int, limit: int) -> int:
    now = folder.clock.now()
    return value_of(folder.store.upkeep.retire(before=now - days * DAY * MICROSECONDS, now=now, limit=limit))


def test_what_has_expired_is_swept_in_small_steps(folder: Folder) -> None:
    application = folder.application()
    users = [folder.user(f"user{number}@example.org") for number in range(3)]
    rows = [folder.bypass(user) for user in users]
    for user, row in zip(users, rows, strict=True):
        folder.add_bypass(row)
        folder.commit(MintState(challenge=folder.challenge(user, application)))
        method = folder.method(user, Push())
        folder.pairing(method, user, folder.new(), expires_at=folder.clock.now() + 1)
    assert sweep(folder) == 0
    folder.clock.advance(300)

    steps = [sweep(folder, 4) for _ in range(4)]

    assert steps == [4, 4, 1, 0]
    assert [len(folder.load(user).methods) for user in users] == [0, 0, 0]
    assert folder.sql("SELECT count(*) FROM challenges") == folder.sql("SELECT count(*) FROM pairings") == [(0,)]
    assert folder.sql("SELECT DISTINCT state, ended_at, ended_by FROM bypasses") == [
        (BypassState.EXPIRED.value, rows[0].expires_at, "system")
    ]
    assert folder.audited() == [AuditEvent.BYPASS_EXPIRED] * 3 + [AuditEvent.METHOD_REMOVED] * 3


def test_a_device_that_was_paired_stays(folder: Folder) -> None:
    user = folder.user()
    method = folder.method(user, Push())
    now = folder.clock.now()
    for token in (b"1" * 32, b"2" * 32):
        folder.pairing(method, user, token, expires_at=now + 1)
    folder.change(lambda changer: changer.take_pairing(b"1" * 32, public_key=b"key", now=now))
    folder.clock.advance(1)

    assert sweep(folder) == 1
    assert [method.detail for method in folder.load(user).methods] == [Push(public_key=b"key")]
    assert folder.audited() == []


def test_old_rows_go_and_the_rest_can_be_proven(folder: Folder) -> None:
    user = folder.user()
    for number in range(40):
        folder.commit(activity=(folder.row(user=user, detail=str(number)),), audit=(folder.audit(),))
        folder.clock.advance(DAY)

    steps = [retire(folder, 30, 7) for _ in range(4)]

    assert steps == [7, 7, 6, 0]
    assert [row.detail for row in folder.activity(user=user, limit=100)] == [str(number) for number in range(39, 9, -1)]
    assert folder.audited()[-1] is AuditEvent.RECORDS_RETIRED
    assert folder.audited().count(AuditEvent.RECORDS_RETIRED) == 1
    verdict = folder.verify()
    assert (verdict.whole, verdict.rows) == (True, 61)
    folder.reopen()
    assert folder.store.restored is None
    assert folder.verify() == verdict
    folder.clock.advance(50 * DAY)
    assert retire(folder, 30, 1_000) == 61
    assert folder.activity() == []
    assert folder.verify().rows == 1
    assert folder.commit() is Committed.TAKEN
    assert folder.verify().whole


def test_runs_of_activity_are_retired_with_their_rows(folder: Folder) -> None:
    user = folder.user()
    for _ in range(9):
        folder.group([folder.unit(activity=(folder.row(user=user),)) for _ in range(256)])
    kept = folder.row(user=user, at=folder.clock.now() + 1)
    folder.commit(activity=(kept,))
    assert folder.sql("SELECT count(*) FROM activity_blocks") == [(2,)]
    now = folder.clock.now()

    while value_of(folder.store.upkeep.retire(before=now + 1, now=now, limit=500)):
        pass

    assert folder.sql("SELECT count(*) FROM activity_blocks") == [(0,)]
    assert [row.id for row in folder.activity(user=user, limit=10)] == [kept.id]


def fill(folder: Folder) -> None:
    user = folder.user()
    folder.totp(user)
    folder.method(user, Hotp(secret=Secret(b"counter")))
    folder.method(user, BackupCodes(secret=Secret(b"codes"), left=(b"1" * 32,)))
    folder.method(user, Push())
    folder.client(folder.application())
    shop = folder.application("shop")
    folder.change(lambda changer: changer.set_api_client(ApiClient(application=shop, secrets=(Secret(b"shop"),))))


def test_secrets_move_to_the_newest_key_step_by_step(folder: Folder) -> None:
    fill(folder)
    folder.commit()
    folder.clock.advance(DAY)
    before = folder.read(lambda reader: reader.configuration())
    folder.commit(activity=(folder.row(),))
    retire(folder, 0, 1)

    key = value_of(folder.store.upkeep.rotate_key(folder.audit(AuditEvent.KEY_ROTATED)))

    ring = folder.store.upkeep.keys()
    assert [known.version for known in ring] == [2, 1]
    assert key == ring[0]
    assert key.created_at == folder.clock.now()
    assert folder.sql("SELECT version FROM key_versions ORDER BY version") == [(1,), (2,)]
    folder.totp(folder.user("bob@example.org"))
    assert [value_of(folder.store.upkeep.reseal(limit=3)) for _ in range(3)] == [3, 2, 0]
    assert value_of(folder.store.upkeep.reseal(limit=3)) == 0
    assert folder.sql("SELECT version FROM key_versions") == [(2,)]
    kept = folder.sql("SELECT secret FROM methods WHERE secret IS NOT NULL UNION ALL SELECT secrets FROM clients")
    kept += folder.sql("SELECT secrets FROM api_clients")
    assert [sealed[:5] for (sealed,) in kept] == [b"\x01\x00\x00\x00\x02"] * 6
    assert folder.sql("SELECT key_version FROM chains UNION SELECT key_version FROM checkpoints") == [(2,)]
    folder.reopen()
    assert folder.read(lambda reader: reader.configuration()) == before
    assert folder.verify().whole
    assert folder.audited()[-1] is AuditEvent.KEY_ROTATED


def test_a_rotation_that_cannot_be_written_down_seals_nothing(folder: Folder) -> None:
    user = folder.user()
    folder.sql("CREATE TRIGGER full BEFORE INSERT ON key_versions BEGIN SELECT RAISE(ROLLBACK, 'full'); END")

    with pytest.raises(sqlite3.IntegrityError, match="full"):
        value_of(folder.store.upkeep.rotate_key(folder.audit(AuditEvent.KEY_ROTATED)))

    folder.sql("DROP TRIGGER full")
    folder.totp(user)
    ring = folder.store.upkeep.keys()
    assert [known.version for known in ring] == [1]
    assert folder.sql("SELECT substr(secret, 1, 5) FROM methods") == [(b"\x01\x00\x00\x00\x01",)]
    assert value_of(folder.store.upkeep.rotate_key(folder.audit(AuditEvent.KEY_ROTATED))).version == 2
    folder.reopen()
    (token,) = [method.detail for method in folder.load(user).methods]
    assert isinstance(token, Totp)


def test_a_sound_database_has_no_faults(folder: Folder) -> None:
    fill(folder)

    assert value_of(folder.store.upkeep.faults()) == []
