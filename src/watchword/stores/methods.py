"""
Methods as rows: what may be shown in columns, what must not be shown sealed.

The seal of a secret names its method and its user, so that neither secret nor row can be given to somebody else.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.kit.sealing import HEADER_OCTETS, KeyRing, Place
from watchword.stores.statements import Row, Statement
from watchword.stores.tables import BACKUP_CODES, METHODS

_OF_USER: Final = Statement(
    select(
        METHODS.c.id,
        METHODS.c.kind,
        METHODS.c.secret,
        METHODS.c.algorithm,
        METHODS.c.digits,
        METHODS.c.period,
        METHODS.c.last_step,
        METHODS.c.drift,
        METHODS.c.resync,
        METHODS.c.public_key,
    )
    .where(METHODS.c.user_id == bindparam("user"))
    .order_by(METHODS.c.id),
    "user",
)
_CODES: Final = Statement(select(BACKUP_CODES.c.digest).where(BACKUP_CODES.c.method_id == bindparam("method")))
_ADD: Final = Statement(insert(METHODS))
_ADD_CODE: Final = Statement(insert(BACKUP_CODES), "method_id", "digest")
_REMOVE: Final = Statement(
    delete(METHODS).where(METHODS.c.id == bindparam("method"), METHODS.c.user_id == bindparam("user"))
)
_REMOVE_ALL: Final = Statement(delete(METHODS).where(METHODS.c.user_id == bindparam("user")))
_OTHERS: Final = Statement(
    select(METHODS.c.id, METHODS.c.user_id, METHODS.c.secret)
    .where(METHODS.c.secret.is_not(None), func.substr(METHODS.c.secret, 1, HEADER_OCTETS) != bindparam("header"))
    .limit(bindparam("most"))
)
_RESEAL: Final = Statement(
    update(METHODS).where(METHODS.c.id == bindparam("method")).values(secret=bindparam("sealed"))
)


def place_of(method: bytes, user: bytes) -> Place:
    """Return the place of a method's secret."""
    return Place("methods", method + user, "secret")


def methods_of(connection: sqlite3.Connection, keys: KeyRing, user: UserId) -> tuple[Method, ...]:
    """Load the methods of a user, the oldest first. Raises `SealBroken`, ValueError."""
    return tuple([_method(connection, keys, user, row) for row in _OF_USER.rows(connection, user)])


def _method(connection: sqlite3.Connection, keys: KeyRing, user: UserId, row: Row) -> Method:
    identifier, kind, sealed, algorithm, digits, period, last_step, drift, resync, public_key = row
    wanted = MethodKind(kind)
    secret = Secret(b"" if sealed is None else keys.open(sealed, place_of(identifier, user)))
    detail: Totp | Hotp | BackupCodes | Push
    match wanted:
        case MethodKind.TOTP:
            detail = Totp(
                secret=secret,
                algorithm=OathAlgorithm(algorithm),
                digits=digits,
                period=period,
                last_step=last_step,
                drift=drift,
            )
        case MethodKind.HOTP:
            detail = Hotp(
                secret=secret,
                algorithm=OathAlgorithm(algorithm),
                digits=digits,
                counter=last_step + 1,
                resync=resync,
            )
        case MethodKind.BACKUP_CODE:
            left = tuple(digest for (digest,) in _CODES.all(connection, method=identifier))
            detail = BackupCodes(secret=secret, left=left)
        case MethodKind.PUSH:
            detail = Push(public_key=public_key or b"")
        case _:
            raise ValueError(f"a method of kind {kind} cannot be read by this version")
    return Method(id=MethodId(identifier), kind=wanted, detail=detail)


def add_method(connection: sqlite3.Connection, keys: KeyRing, user: UserId, method: Method, *, at: int) -> None:
    """Write down a method and whatever is left of it."""
    detail = method.detail
    oath = detail if isinstance(detail, Totp | Hotp) else None
    secret = None if isinstance(detail, Push) else keys.seal(detail.secret.octets, place_of(method.id, user))
    last_step = -1
    if isinstance(detail, Totp):
        last_step = detail.last_step
    elif isinstance(detail, Hotp):
        last_step = detail.counter - 1
    _ADD.run(
        connection,
        id=method.id,
        user_id=user,
        kind=method.kind.value,
        secret=secret,
        algorithm=None if oath is None else oath.algorithm.value,
        digits=None if oath is None else oath.digits,
        period=detail.period if isinstance(detail, Totp) else None,
        last_step=last_step,
        drift=detail.drift if isinstance(detail, Totp) else 0,
        resync=detail.resync if isinstance(detail, Hotp) else None,
        public_key=detail.public_key if isinstance(detail, Push) and detail.paired else None,
        created_at=at,
    )
    if isinstance(detail, BackupCodes):
        connection.executemany(_ADD_CODE.sql, [(method.id, digest) for digest in detail.left])


def remove_method(connection: sqlite3.Connection, user: UserId, method: MethodId) -> bool:
    """Erase a method of a user; False where he has no such method."""
    return _REMOVE.change(connection, user=user, method=method) == 1


def remove_methods(connection: sqlite3.Connection, user: UserId) -> None:
    """Erase every method of a user."""
    _REMOVE_ALL.run(connection, user=user)


def reseal_methods(connection: sqlite3.Connection, keys: KeyRing, *, limit: int) -> int:
    """Seal up to `limit` secrets of methods anew that are under an older key than the newest, and return how many."""
    rows = _OTHERS.all(connection, header=keys.header, most=limit)
    for identifier, user, sealed in rows:
        place = place_of(identifier, user)
        _RESEAL.run(connection, method=identifier, sealed=keys.seal(keys.open(sealed, place), place))
    return len(rows)
