"""
What administration reads: `ports.records.Reader` on one connection, inside one transaction.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from watchword.domain.bypass import BypassId
from watchword.domain.configuration import Configuration
from watchword.domain.events import Activity
from watchword.domain.methods import MethodId, MethodKind
from watchword.domain.users import Ambiguous, Person, Resolution, Unknown, User, UserId
from watchword.domain.verification import ActivityId
from watchword.kit.clock import Clock
from watchword.kit.sealing import KeyRing
from watchword.ports.records import BypassFilter, BypassRow, DeviceOwner, Pairing
from watchword.stores import bypasses
from watchword.stores.administrator_records import AdministratorReads
from watchword.stores.bodies import activity_of
from watchword.stores.code_holders import SqlReadsCodeHolders
from watchword.stores.configuration import load_configuration
from watchword.stores.finding import SqlFindsPeople
from watchword.stores.finding_tables import BARE_USERS
from watchword.stores.history import SqlReadsHistory
from watchword.stores.persons import USER_COLUMNS, load_person, named, password_hash, user_of
from watchword.stores.requests import RequestReads
from watchword.stores.server_access import SqlServerReader
from watchword.stores.statements import Statement, constant
from watchword.stores.tables import ACTIVITY, METHODS, NAMES, PAIRINGS, USERS
from watchword.stores.trail import SqlReadsTrail

_USERNAME: Final = Statement(select(USERS.c.username).where(USERS.c.id == bindparam("user")))
_USERS: Final = Statement(
    select(*USER_COLUMNS)
    .where(USERS.c.username > bindparam("after"), USERS.c.removed_at.is_(None))
    .order_by(USERS.c.username)
    .limit(bindparam("most"))
)
_ALIASES: Final = Statement(select(NAMES.c.name).where(NAMES.c.user_id == bindparam("user")).order_by(NAMES.c.name))
_BARE: Final = Statement(select(BARE_USERS.c.username).order_by(BARE_USERS.c.username).limit(bindparam("most")))
_ROW: Final = Statement(select(ACTIVITY.c.body).where(ACTIVITY.c.id == bindparam("row")))
_DEVICE: Final = Statement(
    select(METHODS.c.user_id, METHODS.c.public_key).where(
        METHODS.c.id == bindparam("method"),
        METHODS.c.kind == constant(MethodKind.PUSH.value),
        METHODS.c.public_key.is_not(None),
    )
)
_PAIRING: Final = Statement(
    select(PAIRINGS.c.method_id, PAIRINGS.c.user_id, PAIRINGS.c.token_digest, PAIRINGS.c.expires_at).where(
        PAIRINGS.c.token_digest == bindparam("token")
    )
)


class SqlReader(
    SqlFindsPeople,
    SqlReadsHistory,
    SqlReadsTrail,
    SqlReadsCodeHolders,
    SqlServerReader,
    AdministratorReads,
    RequestReads,
):
    """Reads."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing, clock: Clock) -> None:
        super().__init__(connection, keys)
        self._clock = clock

    def configuration(self) -> Configuration:
        """Load the whole configuration, secrets unsealed."""
        return load_configuration(self._connection, self._keys)

    def resolve(self, name: str) -> Resolution:
        """Find whom a folded name means."""
        users = named(self._connection, name)
        if len(users) > 1:
            return Ambiguous()
        return (self.person(users[0]) if users else None) or Unknown()

    def person(self, user: UserId) -> Person | None:
        """Load a user by id."""
        return load_person(self._connection, self._keys, user, now=self._clock.now())

    def usernames(self, users: Sequence[UserId]) -> dict[UserId, str]:
        """Return the canonical names of users, also of removed ones whose rows still stand."""
        found = {}
        for user in dict.fromkeys(users):
            row = _USERNAME.one(self._connection, user=user)
            if row is not None:
                found[user] = row[0]
        return found

    def users(self, *, after: str, limit: int) -> list[User]:
        """Return users in the order of their names, those after `after`."""
        return [user_of(row) for row in _USERS.all(self._connection, after=after, most=limit)]

    def aliases(self, user: UserId) -> list[str]:
        """Return every folded name that a user goes by."""
        return [name for (name,) in _ALIASES.all(self._connection, user=user)]

    def password_hash(self, user: UserId) -> str | None:
        """Return the user's argon2id hash, None where he has no local password."""
        return password_hash(self._connection, user)

    def bypasses(self, wanted: BypassFilter, *, now: int) -> list[BypassRow]:
        """Return bypasses, newest first; one that has run out by `now` reads as expired."""
        return bypasses.listed(self._connection, wanted, now=now)

    def bypasses_made(self, *, by: str, since: int, most: int) -> int:
        """Return how many bypasses somebody has made since an instant, up to `most`."""
        return bypasses.made_by(self._connection, by, since=since, most=most)

    def bypasses_for(self, user: UserId, *, since: int, most: int) -> int:
        """Return how many bypasses were made for a user since an instant, up to `most`."""
        return bypasses.made_for(self._connection, user, since=since, most=most)

    def bypass(self, bypass: BypassId, *, now: int) -> BypassRow | None:
        """Load one bypass; one that has run out by `now` reads as expired."""
        return bypasses.one(self._connection, bypass, now=now)

    def users_without_method(self, *, limit: int) -> list[str]:
        """Return the canonical names of up to `limit` users who have no second step, in their order."""
        return [username for (username,) in _BARE.all(self._connection, most=limit)]

    def activity_row(self, row: ActivityId) -> Activity | None:
        """Load one row with its trace."""
        found = _ROW.one(self._connection, row=row)
        return None if found is None else activity_of(found[0], traced=True)

    def device(self, method: MethodId) -> DeviceOwner | None:
        """Find a paired device."""
        row = _DEVICE.one(self._connection, method=method)
        return None if row is None else DeviceOwner(user=UserId(row[0]), method=method, public_key=row[1])

    def pairing(self, token_digest: bytes) -> Pairing | None:
        """Find a pairing that waits for its device."""
        row = _PAIRING.one(self._connection, token=token_digest)
        if row is None:
            return None
        method, user, digest, expires_at = row
        return Pairing(method=MethodId(method), user=UserId(user), token_digest=digest, expires_at=expires_at)
