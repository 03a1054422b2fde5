"""
Bypasses as rows, and every way in which one ends.

A state other than `active` is final: each change of state is one UPDATE that names the state it starts from (B7, B12).
"""

import sqlite3
from typing import Final

from sqlalchemy import BigInteger, Text, bindparam, insert, or_, select, update

from watchword.domain.applications import ApplicationId, GroupId
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.events import AuditEvent
from watchword.domain.users import UserId
from watchword.kit.identifiers import first_id
from watchword.ports.records import BypassFilter, BypassRow
from watchword.stores.scribe import ACTOR, Scribe
from watchword.stores.statements import Row, Statement, Value, constant
from watchword.stores.tables import BYPASSES, USERS

_ACTIVE: Final = BYPASSES.c.state == constant("active")
_ROWS: Final = (
    select(
        BYPASSES.c.id,
        BYPASSES.c.user_id,
        USERS.c.username,
        BYPASSES.c.group_id,
        BYPASSES.c.application_id,
        BYPASSES.c.reason,
        BYPASSES.c.seconds,
        BYPASSES.c.created_by,
        BYPASSES.c.created_at,
        BYPASSES.c.expires_at,
        BYPASSES.c.state,
        BYPASSES.c.ended_at,
        BYPASSES.c.ended_by,
        BYPASSES.c.used_at_application,
        BYPASSES.c.used_from,
    )
    .join_from(BYPASSES, USERS, BYPASSES.c.user_id == USERS.c.id)
    .order_by(BYPASSES.c.id.desc())
    .limit(bindparam("most"))
)
_wanted: Final = _ROWS.where(
    BYPASSES.c.id >= bindparam("first"),
    BYPASSES.c.id < bindparam("before"),
    or_(bindparam("creator", type_=Text()).is_(None), BYPASSES.c.created_by == bindparam("creator", type_=Text())),
)
_LISTED: Final = Statement(_wanted)
_LISTED_ACTIVE: Final = Statement(
    _wanted.where(_ACTIVE, BYPASSES.c.expires_at > bindparam("now")).with_hint(
        BYPASSES, "INDEXED BY ix_bypasses_active"
    )
)
_LISTED_USED: Final = Statement(_wanted.where(BYPASSES.c.state == constant("used")))
_LISTED_EXPIRED: Final = Statement(
    _wanted.where(BYPASSES.c.state == constant("expired")).with_hint(BYPASSES, "INDEXED BY ix_bypasses_expired")
)
_LISTED_CANCELLED: Final = Statement(
    _wanted.where(BYPASSES.c.state == constant("cancelled")).with_hint(BYPASSES, "INDEXED BY ix_bypasses_cancelled")
)
_LISTED_SUPERSEDED: Final = Statement(
    _wanted.where(BYPASSES.c.state == constant("superseded")).with_hint(BYPASSES, "INDEXED BY ix_bypasses_superseded")
)
_BY_STATE: Final = {
    None: _LISTED,
    BypassState.ACTIVE: _LISTED_ACTIVE,
    BypassState.USED: _LISTED_USED,
    BypassState.EXPIRED: _LISTED_EXPIRED,
    BypassState.CANCELLED: _LISTED_CANCELLED,
    BypassState.SUPERSEDED: _LISTED_SUPERSEDED,
}
_in_state: Final = or_(bindparam("state", type_=Text()).is_(None), BYPASSES.c.state == bindparam("state", type_=Text()))
_not_run_out: Final = or_(
    bindparam("now", type_=BigInteger()).is_(None), BYPASSES.c.expires_at > bindparam("now", type_=BigInteger())
)
_LISTED_OF: Final = Statement(
    _wanted.where(BYPASSES.c.user_id == bindparam("user"), _in_state, _not_run_out).with_hint(
        BYPASSES, "INDEXED BY ix_bypasses_user"
    )
)
_LISTED_BY: Final = Statement(
    _ROWS.where(
        BYPASSES.c.created_by == bindparam("creator"),
        BYPASSES.c.id >= bindparam("first"),
        BYPASSES.c.id < bindparam("before"),
        _in_state,
        _not_run_out,
    ).with_hint(BYPASSES, "INDEXED BY ix_bypasses_creator")
)
_MADE_BY: Final = Statement(
    select(BYPASSES.c.id)
    .where(BYPASSES.c.created_by == bindparam("creator"), BYPASSES.c.id >= bindparam("first"))
    .limit(bindparam("most"))
)
_MADE_FOR: Final = Statement(
    select(BYPASSES.c.id)
    .where(BYPASSES.c.user_id == bindparam("user"), BYPASSES.c.id >= bindparam("first"))
    .limit(bindparam("most"))
)
_ONE: Final = Statement(_ROWS.where(BYPASSES.c.id == bindparam("bypass")))
_ADD: Final = Statement(insert(BYPASSES))
_END: Final = Statement(
    update(BYPASSES)
    .where(BYPASSES.c.id == bindparam("bypass"), _ACTIVE)
    .values(state=bindparam("ended"), ended_at=bindparam("ended_at"), ended_by=bindparam("ended_by"))
)
_CANCEL: Final = Statement(
    update(BYPASSES)
    .where(BYPASSES.c.id == bindparam("bypass"), _ACTIVE, BYPASSES.c.expires_at > bindparam("now"))
    .values(state=constant("cancelled"), ended_at=bindparam("now"), ended_by=bindparam("by"))
)
_USER_OF: Final = Statement(select(BYPASSES.c.user_id).where(BYPASSES.c.id == bindparam("bypass")))
_ACTIVE_OF_USER: Final = Statement(
    select(BYPASSES.c.id, BYPASSES.c.user_id, BYPASSES.c.group_id, BYPASSES.c.expires_at).where(
        BYPASSES.c.user_id == bindparam("user"), _ACTIVE
    )
)
_ACTIVE_FOR: Final = Statement(
    select(BYPASSES.c.id, BYPASSES.c.user_id, BYPASSES.c.group_id, BYPASSES.c.expires_at).where(
        _ACTIVE, BYPASSES.c.application_id == bindparam("application")
    )
)
_RUN_OUT: Final = Statement(
    select(BYPASSES.c.id, BYPASSES.c.user_id, BYPASSES.c.group_id, BYPASSES.c.expires_at)
    .where(_ACTIVE, BYPASSES.c.expires_at <= bindparam("now"))
    .order_by(BYPASSES.c.expires_at)
    .limit(bindparam("most"))
)
_CANCEL_ALL: Final = Statement(
    update(BYPASSES)
    .where(_ACTIVE)
    .values(state=constant("cancelled"), ended_at=bindparam("now"), ended_by=bindparam("by"))
)

_NEWEST: Final = b"\xff" * 17
"""Sorts behind every identifier."""


def _row(row: Row, *, now: int) -> BypassRow:
    (
        identifier,
        user,
        username,
        group,
        application,
        reason,
        seconds,
        created_by,
        created_at,
        expires_at,
        state,
        ended_at,
        ended_by,
        used_at,
        used_from,
    ) = row
    if state == BypassState.ACTIVE.value and expires_at <= now:
        state, ended_at, ended_by = BypassState.EXPIRED.value, expires_at, ACTOR
    return BypassRow(
        id=BypassId(identifier),
        user=UserId(user),
        username=username,
        group=None if group is None else GroupId(group),
        application=None if application is None else ApplicationId(application),
        reason=reason,
        seconds=seconds,
        created_by=created_by,
        created_at=created_at,
        expires_at=expires_at,
        state=BypassState(state),
        ended_at=ended_at,
        ended_by=ended_by,
        used_at_application=None if used_at is None else ApplicationId(used_at),
        used_from=used_from,
    )


def listed(connection: sqlite3.Connection, wanted: BypassFilter, *, now: int) -> list[BypassRow]:
    """Return bypasses, newest first; one that has run out by `now` reads as expired."""
    state, before = wanted.state, _NEWEST if wanted.before is None else wanted.before
    values: dict[str, Value] = {
        "first": first_id(0 if wanted.since is None else wanted.since),
        "before": before if wanted.until is None else min(before, first_id(wanted.until)),
        "creator": wanted.created_by,
        "most": wanted.limit,
    }
    active: dict[str, Value] = {"now": now} if state is BypassState.ACTIVE else {}
    if wanted.user is not None or wanted.created_by is not None:
        values |= {"state": None if state is None else state.value, "now": None, **active}
        if wanted.user is not None:
            rows = _LISTED_OF.all(connection, user=wanted.user, **values)
        else:
            rows = _LISTED_BY.all(connection, **values)
    else:
        rows = _BY_STATE[state].all(connection, **values, **active)
    return [_row(row, now=now) for row in rows]


def made_by(connection: sqlite3.Connection, creator: str, *, since: int, most: int) -> int:
    """Return how many bypasses somebody has made since an instant, up to `most`."""
    return len(_MADE_BY.all(connection, creator=creator, first=first_id(since), most=most))


def made_for(connection: sqlite3.Connection, user: UserId, *, since: int, most: int) -> int:
    """Return how many bypasses were made for a user since an instant, up to `most`."""
    return len(_MADE_FOR.all(connection, user=user, first=first_id(since), most=most))


def one(connection: sqlite3.Connection, bypass: BypassId, *, now: int) -> BypassRow | None:
    """Load one bypass; one that has run out by `now` reads as expired."""
    row = _ONE.one(connection, bypass=bypass, most=1)
    return None if row is None else _row(row, now=now)


def add(connection: sqlite3.Connection, scribe: Scribe, row: BypassRow, *, epoch: int) -> list[BypassId]:
    """
    Add an active bypass and return those that it supersedes.

    One for all groups and one for a single group are two chances in that group, so either supersedes the other (B5).
    """
    superseded = []
    for identifier, user, group, expires_at in _ACTIVE_OF_USER.all(connection, user=row.user):
        if expires_at <= row.created_at:
            _expire(connection, scribe, identifier, user, expires_at, now=row.created_at)
        elif group == row.group or None in (group, row.group):
            _end(connection, identifier, BypassState.SUPERSEDED, at=row.created_at, by=row.created_by)
            superseded.append(BypassId(identifier))
    _ADD.run(
        connection,
        id=row.id,
        group_id=row.group,
        user_id=row.user,
        epoch=epoch,
        application_id=row.application,
        reason=row.reason,
        seconds=row.seconds,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=row.state.value,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        used_at_application=row.used_at_application,
        used_from=row.used_from,
    )
    return superseded


def cancel(connection: sqlite3.Connection, bypass: BypassId, *, by: str, now: int) -> UserId | None:
    """Cancel a bypass and return whose it was; None where it is no longer active."""
    if _CANCEL.change(connection, bypass=bypass, by=by, now=now) != 1:
        return None
    row = _USER_OF.one(connection, bypass=bypass)
    return None if row is None else UserId(row[0])


def cancel_of_user(connection: sqlite3.Connection, scribe: Scribe, user: UserId, *, because: str, now: int) -> None:
    """Cancel the active bypasses of a user, each with its audit row."""
    for identifier, _, _, expires_at in _ACTIVE_OF_USER.all(connection, user=user):
        _cancel(connection, scribe, identifier, user, expires_at, because=because, now=now)


def cancel_for_application(
    connection: sqlite3.Connection, scribe: Scribe, application: ApplicationId, *, because: str, now: int
) -> list[UserId]:
    """Cancel the active bypasses for one application, each with its audit row, and return whose they were."""
    touched = []
    for identifier, user, _, expires_at in _ACTIVE_FOR.all(connection, application=application):
        _cancel(connection, scribe, identifier, user, expires_at, because=because, now=now)
        touched.append(UserId(user))
    return touched


def cancel_all(connection: sqlite3.Connection, *, by: str, now: int) -> int:
    """Cancel every active bypass and return how many there were."""
    return _CANCEL_ALL.change(connection, by=by, now=now)


def expire(connection: sqlite3.Connection, scribe: Scribe, *, now: int, limit: int) -> list[UserId]:
    """Mark up to `limit` bypasses that have run out by `now`, each with its audit row, and return whose they were."""
    touched = []
    for identifier, user, _, expires_at in _RUN_OUT.all(connection, now=now, most=limit):
        _expire(connection, scribe, identifier, user, expires_at, now=now)
        touched.append(UserId(user))
    return touched


def _cancel(
    connection: sqlite3.Connection,
    scribe: Scribe,
    bypass: bytes,
    user: bytes,
    expires_at: int,
    *,
    because: str,
    now: int,
) -> None:
    if expires_at <= now:
        _expire(connection, scribe, bypass, user, expires_at, now=now)
        return
    _end(connection, bypass, BypassState.CANCELLED, at=now, by=because)
    words = (("because", because),)
    scribe.note(AuditEvent.BYPASS_CANCELLED, at=now, user=UserId(user), subject=bypass, words=words)


def _expire(
    connection: sqlite3.Connection, scribe: Scribe, bypass: bytes, user: bytes, expires_at: int, *, now: int
) -> None:
    _end(connection, bypass, BypassState.EXPIRED, at=expires_at, by=ACTOR)
    scribe.note(AuditEvent.BYPASS_EXPIRED, at=now, user=UserId(user), subject=bypass)


def _end(connection: sqlite3.Connection, bypass: bytes, state: BypassState, *, at: int, by: str) -> None:
    _END.run(connection, bypass=bypass, ended=state.value, ended_at=at, ended_by=by)
