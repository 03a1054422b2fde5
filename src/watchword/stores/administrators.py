"""
Administrators and their passkeys as rows.
"""

import sqlite3
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, func, insert, null, or_, select, update

from watchword.domain.administrators import TOTP_SECONDS, Administrator, AdministratorId, Passkey, PasskeyId
from watchword.domain.lockout import Failures
from watchword.domain.methods import Totp
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.kit.sealing import HEADER_OCTETS, KeyRing, Place
from watchword.ports.records import Taken
from watchword.stores.administrator_tables import ADMINISTRATORS, PASSKEYS
from watchword.stores.bodies import failures_of, failures_text
from watchword.stores.statements import Row, Statement, Value

_COLUMNS: Final = (
    ADMINISTRATORS.c.id,
    ADMINISTRATORS.c.name,
    ADMINISTRATORS.c.display,
    ADMINISTRATORS.c.role,
    ADMINISTRATORS.c.disabled,
    ADMINISTRATORS.c.user_id,
    ADMINISTRATORS.c.language,
    ADMINISTRATORS.c.password,
    ADMINISTRATORS.c.totp,
    ADMINISTRATORS.c.totp_step,
    ADMINISTRATORS.c.totp_drift,
    ADMINISTRATORS.c.failures,
    ADMINISTRATORS.c.locked_until,
    ADMINISTRATORS.c.created_at,
)
_HIS: Final = ADMINISTRATORS.c.id == bindparam("administrator")
_ALL: Final = Statement(select(*_COLUMNS).order_by(ADMINISTRATORS.c.name))
_ONE: Final = Statement(select(*_COLUMNS).where(_HIS))
_NAMED: Final = Statement(select(*_COLUMNS).where(ADMINISTRATORS.c.name == bindparam("wanted")))
_ADD: Final = Statement(insert(ADMINISTRATORS))
_SET: Final = Statement(
    update(ADMINISTRATORS)
    .where(_HIS)
    .values({name: bindparam(name) for name in ("display", "role", "disabled", "user_id", "language")})
)
_REMOVE: Final = Statement(delete(ADMINISTRATORS).where(_HIS))
_SET_PASSWORD: Final = Statement(update(ADMINISTRATORS).where(_HIS).values(password=bindparam("encoded")))
_SET_TOTP: Final = Statement(
    update(ADMINISTRATORS)
    .where(_HIS)
    .values(totp=bindparam("sealed"), totp_step=bindparam("step"), totp_drift=bindparam("drift"))
)
_SPEND: Final = Statement(
    update(ADMINISTRATORS)
    .where(_HIS, ADMINISTRATORS.c.totp.is_not(None), ADMINISTRATORS.c.totp_step < bindparam("step"))
    .values(totp_step=bindparam("step"), totp_drift=bindparam("drift"))
)
_SET_FAILURES: Final = Statement(
    update(ADMINISTRATORS).where(_HIS).values(failures=bindparam("recent"), locked_until=bindparam("until"))
)
_UNLINK: Final = Statement(
    update(ADMINISTRATORS).where(ADMINISTRATORS.c.user_id == bindparam("user")).values(user_id=null())
)
_OTHERS: Final = Statement(
    select(ADMINISTRATORS.c.id, ADMINISTRATORS.c.totp)
    .where(
        ADMINISTRATORS.c.totp.is_not(None),
        func.substr(ADMINISTRATORS.c.totp, 1, HEADER_OCTETS) != bindparam("header"),
    )
    .limit(bindparam("most"))
)
_RESEAL: Final = Statement(update(ADMINISTRATORS).where(_HIS).values(totp=bindparam("sealed")))

_PASSKEYS: Final = Statement(
    select(
        PASSKEYS.c.id,
        PASSKEYS.c.credential,
        PASSKEYS.c.public_key,
        PASSKEYS.c.sign_count,
        PASSKEYS.c.label,
        PASSKEYS.c.transports,
        PASSKEYS.c.synced,
        PASSKEYS.c.created_at,
        PASSKEYS.c.used_at,
        PASSKEYS.c.regressed_at,
    )
    .where(PASSKEYS.c.administrator_id == bindparam("administrator"))
    .order_by(PASSKEYS.c.id)
)
_OWNER: Final = Statement(select(PASSKEYS.c.administrator_id).where(PASSKEYS.c.credential == bindparam("wanted")))
_ADD_PASSKEY: Final = Statement(insert(PASSKEYS))
_REMOVE_PASSKEY: Final = Statement(
    delete(PASSKEYS).where(PASSKEYS.c.id == bindparam("passkey"), PASSKEYS.c.administrator_id == bindparam("owner"))
)
_REMOVE_PASSKEYS: Final = Statement(delete(PASSKEYS).where(PASSKEYS.c.administrator_id == bindparam("owner")))
_COUNT: Final = Statement(
    update(PASSKEYS)
    .where(
        PASSKEYS.c.id == bindparam("passkey"),
        or_(
            PASSKEYS.c.sign_count < bindparam("count"),
            func.max(PASSKEYS.c.sign_count, bindparam("count")) == bindparam("none"),
        ),
    )
    .values(sign_count=bindparam("count"), used_at=bindparam("at"))
)
_FLAG: Final = Statement(
    update(PASSKEYS)
    .where(PASSKEYS.c.id == bindparam("passkey"), PASSKEYS.c.regressed_at.is_(None))
    .values(regressed_at=bindparam("at"))
)


def _place(administrator: bytes) -> Place:
    return Place("administrators", administrator, "totp")


def _passkey(row: Row) -> Passkey:
    identifier, credential, public_key, sign_count, label, transports, synced, created_at, used_at, regressed_at = row
    return Passkey(
        id=PasskeyId(identifier),
        credential=credential,
        public_key=public_key,
        sign_count=sign_count,
        label=label,
        transports=tuple(msgspec.json.decode(transports, type=list[str])),
        synced=bool(synced),
        created_at=created_at,
        used_at=used_at,
        regressed_at=regressed_at,
    )


def _administrator(connection: sqlite3.Connection, keys: KeyRing, row: Row) -> Administrator:
    identifier, name, display, role, disabled, user, language, password, totp, step, drift, recent, until, at = row
    token = None
    if totp is not None:
        seed = Secret(keys.open(totp, _place(identifier)))
        token = Totp(secret=seed, period=TOTP_SECONDS, last_step=step, drift=drift)
    return Administrator(
        id=AdministratorId(identifier),
        name=name,
        display=display,
        role=Role(role),
        disabled=bool(disabled),
        user=None if user is None else UserId(user),
        language=language,
        password=password,
        totp=token,
        passkeys=tuple(_passkey(passkey) for passkey in _PASSKEYS.all(connection, administrator=identifier)),
        failures=Failures(recent=failures_of(recent), locked_until=until),
        created_at=at,
    )


def everybody(connection: sqlite3.Connection, keys: KeyRing) -> list[Administrator]:
    """Load every administrator. Raises `SealBroken`."""
    return [_administrator(connection, keys, row) for row in _ALL.all(connection)]


def load(connection: sqlite3.Connection, keys: KeyRing, administrator: bytes) -> Administrator | None:
    """Load one by his identifier. Raises `SealBroken`."""
    row = _ONE.one(connection, administrator=administrator)
    return None if row is None else _administrator(connection, keys, row)


def named(connection: sqlite3.Connection, keys: KeyRing, name: str) -> Administrator | None:
    """Load one by his name. Raises `SealBroken`."""
    row = _NAMED.one(connection, wanted=name)
    return None if row is None else _administrator(connection, keys, row)


def owner(connection: sqlite3.Connection, keys: KeyRing, credential: bytes) -> Administrator | None:
    """Load the one whose passkey this is. Raises `SealBroken`."""
    row = _OWNER.one(connection, wanted=credential)
    return None if row is None else load(connection, keys, row[0])


def _switches(administrator: Administrator) -> dict[str, Value]:
    return {
        "display": administrator.display,
        "role": administrator.role.value,
        "disabled": administrator.disabled,
        "user_id": administrator.user,
        "language": administrator.language,
    }


def _unique(statement: Statement, connection: sqlite3.Connection, words: str, **values: Value) -> None:
    try:
        statement.run(connection, **values)
    except sqlite3.IntegrityError as problem:
        if problem.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise Taken(words) from None
        raise


def add(connection: sqlite3.Connection, administrator: Administrator) -> None:
    """Add an administrator. Raises `Taken` where his name is in use."""
    _unique(
        _ADD,
        connection,
        f"there is an administrator {administrator.name} already",
        id=administrator.id,
        name=administrator.name,
        password=None,
        totp=None,
        totp_step=-1,
        totp_drift=0,
        failures=failures_text(()),
        locked_until=0,
        created_at=administrator.created_at,
        **_switches(administrator),
    )


def change(connection: sqlite3.Connection, administrator: Administrator) -> None:
    """Replace what an administrator is."""
    _SET.run(connection, administrator=administrator.id, **_switches(administrator))


def remove(connection: sqlite3.Connection, administrator: AdministratorId) -> None:
    """Remove an administrator; what is his goes with him."""
    _REMOVE.run(connection, administrator=administrator)


def set_password(connection: sqlite3.Connection, administrator: AdministratorId, encoded: str) -> None:
    """Set his password."""
    _SET_PASSWORD.run(connection, administrator=administrator, encoded=encoded)


def set_totp(connection: sqlite3.Connection, keys: KeyRing, administrator: AdministratorId, totp: Totp | None) -> None:
    """Set or remove his token."""
    _SET_TOTP.run(
        connection,
        administrator=administrator,
        sealed=None if totp is None else keys.seal(totp.secret.octets, _place(administrator)),
        step=-1 if totp is None else totp.last_step,
        drift=0 if totp is None else totp.drift,
    )


def spend_step(connection: sqlite3.Connection, administrator: AdministratorId, *, step: int, drift: int) -> bool:
    """Spend a time step of his token."""
    return _SPEND.change(connection, administrator=administrator, step=step, drift=drift) == 1


def set_failures(connection: sqlite3.Connection, administrator: AdministratorId, failures: Failures) -> None:
    """Keep his wrong second steps."""
    recent, until = failures_text(failures.recent), failures.locked_until
    _SET_FAILURES.run(connection, administrator=administrator, recent=recent, until=until)


def unlink(connection: sqlite3.Connection, user: UserId) -> None:
    """Let nobody be a user who was removed."""
    _UNLINK.run(connection, user=user)


def add_passkey(connection: sqlite3.Connection, administrator: AdministratorId, passkey: Passkey) -> None:
    """Add a passkey. Raises `Taken`."""
    _unique(
        _ADD_PASSKEY,
        connection,
        "this passkey is known already",
        id=passkey.id,
        administrator_id=administrator,
        credential=passkey.credential,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
        label=passkey.label,
        transports=msgspec.json.encode(passkey.transports).decode(),
        synced=passkey.synced,
        created_at=passkey.created_at,
        used_at=passkey.used_at,
        regressed_at=passkey.regressed_at,
    )


def remove_passkey(connection: sqlite3.Connection, administrator: AdministratorId, passkey: PasskeyId) -> bool:
    """Remove a passkey of his; False where he has none such."""
    return _REMOVE_PASSKEY.change(connection, owner=administrator, passkey=passkey) == 1


def remove_passkeys(connection: sqlite3.Connection, administrator: AdministratorId) -> None:
    """Remove all his passkeys."""
    _REMOVE_PASSKEYS.run(connection, owner=administrator)


def count_passkey(connection: sqlite3.Connection, passkey: PasskeyId, *, sign_count: int, at: int) -> bool:
    """Take a passkey's next count."""
    return _COUNT.change(connection, passkey=passkey, count=sign_count, none=0, at=at) == 1


def flag_passkey(connection: sqlite3.Connection, passkey: PasskeyId, *, at: int) -> None:
    """Remember that a passkey's count went back."""
    _FLAG.run(connection, passkey=passkey, at=at)


def reseal_administrators(connection: sqlite3.Connection, keys: KeyRing, *, limit: int) -> int:
    """Seal up to `limit` seeds anew that are under an older key than the newest, and return how many."""
    rows = _OTHERS.all(connection, header=keys.header, most=limit)
    for identifier, sealed in rows:
        place = _place(identifier)
        _RESEAL.run(connection, administrator=identifier, sealed=keys.seal(keys.open(sealed, place), place))
    return len(rows)
