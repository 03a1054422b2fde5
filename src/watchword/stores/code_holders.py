"""
Those who have tokens, with the names that are theirs alone: what a replica is made of.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, select

from watchword.domain.methods import Hotp, MethodKind, Totp
from watchword.domain.users import UserId
from watchword.kit.sealing import KeyRing
from watchword.ports.replicas import CodeHolder
from watchword.stores.persons import load_person, named
from watchword.stores.statements import Statement, constant
from watchword.stores.tables import METHODS, NAMES

_OATH: Final = METHODS.c.kind.in_([constant(kind.value) for kind in (MethodKind.TOTP, MethodKind.HOTP)])
_HOLDERS: Final = Statement(
    select(METHODS.c.user_id)
    .where(METHODS.c.user_id > bindparam("after"), _OATH)
    .distinct()
    .order_by(METHODS.c.user_id)
    .limit(bindparam("most"))
)
_NAMES: Final = Statement(select(NAMES.c.name).where(NAMES.c.user_id == bindparam("user")).order_by(NAMES.c.name))
_BEARERS: Final = Statement(select(NAMES.c.user_id).where(NAMES.c.name == bindparam("name")))

_NO_BYPASS: Final = 2**62
"""An instant at which no bypass is active: a replica has none."""


class SqlReadsCodeHolders:
    """Finds them."""

    _connection: sqlite3.Connection
    _keys: KeyRing

    def code_holders(self, *, after: UserId, limit: int) -> list[UserId]:
        """Return users who have a token, in the order of their identifiers, those after `after`."""
        return [UserId(user) for (user,) in _HOLDERS.all(self._connection, after=after, most=limit)]

    def code_holder(self, user: UserId) -> CodeHolder | None:
        """Load a user, None where he is gone or has no token."""
        person = load_person(self._connection, self._keys, user, now=_NO_BYPASS)
        if person is None or not any(isinstance(method.detail, Totp | Hotp) for method in person.methods):
            return None
        names = (name for (name,) in _NAMES.all(self._connection, user=user))
        return CodeHolder(person, tuple(name for name in names if len(named(self._connection, name)) == 1))

    def bearers(self, names: Sequence[str]) -> list[UserId]:
        """Return every user who goes by one of these folded names."""
        return [UserId(user) for name in names for (user,) in _BEARERS.all(self._connection, name=name)]
