"""
A database that was put back from a copy (B19): what was spent since the copy was made must not come alive again.

Nothing tells what was spent, so everything that is good once is void: active bypasses, States, pairing tokens and
backup codes. Code counters move forward past everything that can have been accepted, and every epoch is counted up.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Integer, bindparam, delete, func, literal_column, select, update

from watchword.domain.administrators import TOTP_SECONDS
from watchword.domain.events import AuditEvent
from watchword.domain.methods import MethodKind
from watchword.domain.otp import LOOK_AHEAD, WINDOW
from watchword.kit.clock import MICROSECONDS
from watchword.stores import bypasses, chain, credentials, entrances, servers
from watchword.stores.administrator_tables import ADMINISTRATORS
from watchword.stores.committer import Committer
from watchword.stores.generation import Known
from watchword.stores.journal import Head
from watchword.stores.statements import ONE, Statement, constant
from watchword.stores.tables import ACTIVITY, AUDIT, BACKUP_CODES, CHALLENGES, METHODS, PAIRINGS, USERS

_ACTIVITY_DIGEST: Final = Statement(select(ACTIVITY.c.digest).where(ACTIVITY.c.position == bindparam("place")))
_AUDIT_DIGEST: Final = Statement(select(AUDIT.c.digest).where(AUDIT.c.position == bindparam("place")))
_VOID_CHALLENGES: Final = Statement(delete(CHALLENGES))
_VOID_PAIRINGS: Final = Statement(delete(PAIRINGS))
_VOID_CODES: Final = Statement(delete(BACKUP_CODES))
_current: Final[ColumnElement[int]] = (
    bindparam("seconds", type_=Integer()).op("/", precedence=8)(METHODS.c.period)
    + METHODS.c.drift
    + bindparam("window", type_=Integer())
)
_MOVE_TOTP: Final = Statement(
    update(METHODS)
    .where(METHODS.c.kind == constant(MethodKind.TOTP.value))
    .values(last_step=func.max(METHODS.c.last_step, _current))
)
_MOVE_ADMINISTRATORS: Final = Statement(
    update(ADMINISTRATORS)
    .where(ADMINISTRATORS.c.totp.is_not(None))
    .values(
        totp_step=func.max(
            ADMINISTRATORS.c.totp_step,
            bindparam("current", type_=Integer()) + ADMINISTRATORS.c.totp_drift + bindparam("window", type_=Integer()),
        )
    )
)
_MOVE_HOTP: Final = Statement(
    update(METHODS)
    .where(METHODS.c.kind == constant(MethodKind.HOTP.value))
    .values(last_step=METHODS.c.last_step + bindparam("ahead"), resync=literal_column("NULL"))
)
_BUMP_ALL: Final = Statement(update(USERS).values(epoch=USERS.c.epoch + ONE))

BY: Final = "restore"
"""Who ends a bypass in the report, where nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """
    What was done because the database is older than what was known of it.

    Attributes:
        known: the sequence that had been committed, 0 where nothing is known of this database at all.
        found: the sequence that the database holds.
    """

    known: int
    found: int
    bypasses: int
    challenges: int
    pairings: int
    backup_codes: int
    entrances: int


def is_restored(connection: sqlite3.Connection, head: Head, known: Known | None) -> bool:
    """
    Tell whether a database is not what was last written here.

    Where nothing is known (`known` None) of a database that has a history, it came from elsewhere: it may be a copy.
    """
    if known is None:
        return head.sequence > 0
    if known.origin != head.origin or known.sequence > head.sequence:
        return True
    if known.sequence == head.sequence:
        return known.digest != head.digest
    place = chain.position(chain.LOCAL, known.sequence)
    row = _ACTIVITY_DIGEST.one(connection, place=place) or _AUDIT_DIGEST.one(connection, place=place)
    # A row that is no longer there was retired.
    return row is not None and row[0] != known.digest


def void(
    connection: sqlite3.Connection, committer: Committer, head: Head, known: Known | None, *, now: int
) -> Restored:
    """
    Void what may have been spent, in one transaction with its audit row.

    Args:
        connection: the committer's.
        committer: writes.
        head: where the database stands.
        known: where it stood when it was last written here.
        now: UTC microseconds, not before anything that was written here.
    """

    def work() -> Restored:
        done = Restored(
            known=0 if known is None or known.origin != head.origin else known.sequence,
            found=head.sequence,
            bypasses=bypasses.cancel_all(connection, by=BY, now=now),
            challenges=_VOID_CHALLENGES.change(connection),
            pairings=_VOID_PAIRINGS.change(connection),
            backup_codes=_VOID_CODES.change(connection),
            entrances=entrances.void(connection),
        )
        _MOVE_TOTP.run(connection, seconds=now // MICROSECONDS, window=WINDOW)
        _MOVE_ADMINISTRATORS.run(connection, current=now // (TOTP_SECONDS * MICROSECONDS), window=WINDOW)
        _MOVE_HOTP.run(connection, ahead=LOOK_AHEAD)
        _BUMP_ALL.run(connection)
        credentials.withdraw_all(connection, at=now)
        servers.forget_links(connection)
        words = tuple(
            (name.replace("_", "-"), str(getattr(done, name)))
            for name in ("known", "found", "bypasses", "challenges", "pairings", "backup_codes", "entrances")
        )
        committer.scribe.note(AuditEvent.DATABASE_RESTORED, at=now, words=words)
        return done

    return committer.run(work)
