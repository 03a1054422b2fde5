"""
Activation credentials in SQL: spent by one conditional write, in the transaction of the server that they make known.
"""

import sqlite3
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from sqlalchemy import bindparam, case, delete, insert, select, update

from watchword.domain.applications import GroupId
from watchword.domain.enrolment import MOST_TRIES, ActivationCredentials, CredentialsId, CredentialsState
from watchword.domain.servers import ServerId
from watchword.ports.servers import Spending
from watchword.stores.server_tables import ACTIVATION_CREDENTIALS
from watchword.stores.statements import ONE, Row, Statement, constant

KEPT_SECONDS: Final = 86_400
"""Seconds for which credentials are kept after they would have expired."""

_T: Final = ACTIVATION_CREDENTIALS.c
_ACTIVE: Final = _T.state == constant(CredentialsState.ACTIVE.value)
_THESE: Final = _T.id == bindparam("credentials")
_SELECTED: Final = select(
    _T.id,
    _T.email,
    _T.digest,
    _T.group_id,
    _T.network,
    _T.for_server,
    _T.created_by,
    _T.created_at,
    _T.expires_at,
    _T.state,
    _T.tries,
    _T.ended_at,
    _T.used_by,
    _T.key,
)
_LISTED: Final = Statement(_SELECTED.order_by(_T.id.desc()))
_OF: Final = Statement(_SELECTED.where(_T.email == bindparam("email")))
_ADD: Final = Statement(insert(ACTIVATION_CREDENTIALS))
_WITHDRAW: Final = Statement(
    update(ACTIVATION_CREDENTIALS)
    .where(_THESE, _ACTIVE, _T.expires_at > bindparam("at"))
    .values(state=constant(CredentialsState.WITHDRAWN.value), ended_at=bindparam("at"))
)
_COUNT: Final = Statement(
    update(ACTIVATION_CREDENTIALS)
    .where(_THESE, _ACTIVE)
    .values(
        tries=_T.tries + ONE,
        state=case((_T.tries + ONE >= MOST_TRIES, constant(CredentialsState.VOID.value)), else_=_T.state),
        ended_at=case((_T.tries + ONE >= MOST_TRIES, bindparam("at")), else_=_T.ended_at),
    )
)
_TRIES: Final = Statement(select(_T.tries).where(_THESE))
_SPEND: Final = Statement(
    update(ACTIVATION_CREDENTIALS)
    .where(_THESE, _ACTIVE, _T.expires_at > bindparam("at"), _T.digest == bindparam("digest"))
    .values(
        state=constant(CredentialsState.USED.value),
        ended_at=bindparam("at"),
        used_by=bindparam("server"),
        key=bindparam("key"),
    )
)
_FOR_SERVER: Final = Statement(select(_T.for_server).where(_THESE))
_WITHDRAW_ALL: Final = Statement(
    update(ACTIVATION_CREDENTIALS)
    .where(_ACTIVE)
    .values(state=constant(CredentialsState.WITHDRAWN.value), ended_at=bindparam("at"))
)
_ACTIVE_OF_GROUP: Final = Statement(
    select(_T.id).where(_T.group_id == bindparam("group"), _ACTIVE, _T.expires_at > bindparam("now"))
)
_FORGET_GROUP: Final = Statement(delete(ACTIVATION_CREDENTIALS).where(_T.group_id == bindparam("group")))
_SWEEP: Final = Statement(
    delete(ACTIVATION_CREDENTIALS).where(
        _T.id.in_(select(_T.id).where(_T.expires_at <= bindparam("before")).limit(bindparam("most")))
    )
)


def listed(connection: sqlite3.Connection, *, now: int) -> list[ActivationCredentials]:
    """Return what is kept, newest first; what has run out by `now` reads as expired."""
    found = [_credentials_of(row) for row in _LISTED.all(connection)]
    return [replace(one, state=one.state_at(now)) for one in found]


def of(connection: sqlite3.Connection, email: str) -> ActivationCredentials | None:
    """Find the credentials of an e-mail-shaped id."""
    row = _OF.one(connection, email=email)
    return None if row is None else _credentials_of(row)


def _credentials_of(row: Row) -> ActivationCredentials:
    return ActivationCredentials(
        id=CredentialsId(row[0]),
        email=row[1],
        digest=row[2],
        group=None if row[3] is None else GroupId(row[3]),
        network=None if row[4] is None else ip_network(row[4]),
        server=None if row[5] is None else ServerId(row[5]),
        created_by=row[6],
        created_at=row[7],
        expires_at=row[8],
        state=CredentialsState(row[9]),
        tries=row[10],
        ended_at=row[11],
        used_by=None if row[12] is None else ServerId(row[12]),
        key=row[13],
    )


def add(connection: sqlite3.Connection, credentials: ActivationCredentials) -> None:
    """Keep new credentials."""
    _ADD.run(
        connection,
        id=credentials.id,
        email=credentials.email,
        digest=credentials.digest,
        group_id=credentials.group,
        network=None if credentials.network is None else str(credentials.network),
        for_server=credentials.server,
        created_by=credentials.created_by,
        created_at=credentials.created_at,
        expires_at=credentials.expires_at,
        state=credentials.state.value,
        tries=0,
        ended_at=None,
        used_by=None,
        key=None,
    )


def withdraw(connection: sqlite3.Connection, credentials: CredentialsId, *, at: int) -> bool:
    """Withdraw credentials; False where they are no longer active."""
    return _WITHDRAW.change(connection, credentials=credentials, at=at) == 1


def count_try(connection: sqlite3.Connection, credentials: CredentialsId, *, at: int) -> int:
    """Count a wrong password, void the credentials at the last one, and return how many there were."""
    _COUNT.run(connection, credentials=credentials, at=at)
    row = _TRIES.one(connection, credentials=credentials)
    return 0 if row is None else int(row[0])


def spend(connection: sqlite3.Connection, spending: Spending) -> bool:
    """Spend credentials where they are active, unexpired and of this password."""
    changed = _SPEND.change(
        connection,
        credentials=spending.credentials,
        at=spending.at,
        digest=spending.digest,
        server=spending.server.id,
        key=spending.server.public_key,
    )
    return changed == 1


def renews(connection: sqlite3.Connection, credentials: CredentialsId) -> bool:
    """Tell whether credentials give a server that is known already a new key."""
    row = _FOR_SERVER.one(connection, credentials=credentials)
    return row is not None and row[0] is not None


def withdraw_all(connection: sqlite3.Connection, *, at: int) -> int:
    """Withdraw every credentials that are active, after a restore, and return how many there were."""
    return _WITHDRAW_ALL.change(connection, at=at)


def active_of_group(connection: sqlite3.Connection, group: GroupId, *, now: int) -> int:
    """Return how many credentials are active that are bound to a group."""
    return len(_ACTIVE_OF_GROUP.all(connection, group=group, now=now))


def forget_group(connection: sqlite3.Connection, group: GroupId) -> None:
    """Forget what was bound to a group that is no more."""
    _FORGET_GROUP.run(connection, group=group)


def sweep(connection: sqlite3.Connection, *, before: int, limit: int) -> int:
    """Forget up to `limit` credentials that would have expired by `before`, and return how many."""
    return _SWEEP.change(connection, before=before, most=limit)
