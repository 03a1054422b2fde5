"""
What administration reads and changes of MFA servers: `ports.servers` on one connection, inside one transaction.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select, update

from watchword.domain.applications import GroupId
from watchword.domain.bypass import BypassState
from watchword.domain.enrolment import ActivationCredentials, CredentialsId
from watchword.domain.servers import Contact, Links, Server, ServerId
from watchword.kit.sealing import KeyRing
from watchword.ports.records import Taken
from watchword.ports.servers import Spending
from watchword.stores import credentials as spent
from watchword.stores import servers as known
from watchword.stores.statements import Statement, constant
from watchword.stores.tables import BYPASSES, GROUPS

_RENAME_GROUP: Final = Statement(update(GROUPS).where(GROUPS.c.id == bindparam("group")).values(name=bindparam("name")))
_REMOVE_GROUP: Final = Statement(delete(GROUPS).where(GROUPS.c.id == bindparam("group")))
_BYPASSES_OF_GROUP: Final = Statement(
    select(BYPASSES.c.id).where(
        BYPASSES.c.state == constant(BypassState.ACTIVE.value),
        BYPASSES.c.group_id == bindparam("group"),
        BYPASSES.c.expires_at > bindparam("now"),
    )
)


class SqlServerReader:
    """Reads of MFA servers."""

    def __init__(self, connection: sqlite3.Connection, keys: KeyRing) -> None:
        self._connection = connection
        self._keys = keys

    def portal_seed(self) -> bytes | None:
        """Return the seed of the portal's identity, None where none was made yet."""
        return known.portal_seed(self._connection, self._keys)

    def servers(self) -> list[Server]:
        """Return every server by name."""
        return known.listed(self._connection)

    def server(self, server: ServerId) -> Server | None:
        """Load a server."""
        return known.one(self._connection, server)

    def server_with_key(self, key: bytes) -> Server | None:
        """Find the server that has this public key, or had it before the last renewal."""
        return known.with_key(self._connection, key)

    def credentials(self, *, now: int) -> list[ActivationCredentials]:
        """Return the activation credentials that are kept, newest first; those that have run out read as expired."""
        return spent.listed(self._connection, now=now)

    def credentials_of(self, email: str) -> ActivationCredentials | None:
        """Find the activation credentials of an e-mail-shaped id."""
        return spent.of(self._connection, email)

    def group_holds(self, group: GroupId, *, now: int) -> Sequence[str]:
        """Return what keeps a group from being removed, each in a few words, none where it is empty."""
        held = [f"the server {server.name}" for server in self.servers() if server.group == group]
        if spent.active_of_group(self._connection, group, now=now):
            held.append("activation credentials that are still good")
        if _BYPASSES_OF_GROUP.one(self._connection, group=group, now=now) is not None:
            held.append("a bypass that is still good")
        return held


class SqlServerChanges(SqlServerReader):
    """Changes of MFA servers. Whatever changes the configuration calls `_configured`."""

    def _configured(self) -> None:
        raise NotImplementedError

    def keep_portal_seed(self, seed: bytes, *, at: int) -> None:
        """Keep the seed of the portal's identity, sealed; there is one for ever."""
        known.keep_portal_seed(self._connection, self._keys, seed, at=at)

    def add_credentials(self, credentials: ActivationCredentials) -> None:
        """Keep new activation credentials."""
        spent.add(self._connection, credentials)

    def withdraw_credentials(self, credentials: CredentialsId, *, at: int) -> bool:
        """Withdraw activation credentials by one conditional write; False where they are no longer active."""
        return spent.withdraw(self._connection, credentials, at=at)

    def count_try(self, credentials: CredentialsId, *, at: int) -> int:
        """Count a wrong password, void the credentials at the last one, and return how many there were."""
        return spent.count_try(self._connection, credentials, at=at)

    def spend_credentials(self, spending: Spending) -> bool:
        """Spend activation credentials by one conditional write, and let their server be known. Raises `Taken`."""
        if not spent.spend(self._connection, spending):
            return False
        again = spent.renews(self._connection, spending.credentials)
        known.let_know(self._connection, spending, again=again)
        return True

    def open_link(self, server: ServerId, links: Links, *, kept: Links) -> bool:
        """Keep the links of a session by one conditional write: takes only where the server may act and has `kept`."""
        return known.open_link(self._connection, server, links, kept=kept)

    def alarm_server(self, server: ServerId, *, at: int) -> bool:
        """Note that two claim to be this server, from when on neither may act; False where that was so already."""
        return known.alarm(self._connection, server, at=at)

    def renew_key(self, server: ServerId, *, old: bytes, new: bytes, at: int) -> bool:
        """Replace a server's key by one conditional write: takes only where it may act and `old` is its key."""
        return known.renew_key(self._connection, server, old=old, new=new, at=at)

    def ask_for_renewal(self, server: ServerId, *, at: int) -> None:
        """Note that a server is to renew its key."""
        known.ask_for_renewal(self._connection, server, at=at)

    def revoke_server(self, server: ServerId, *, at: int) -> bool:
        """Revoke a server by one conditional write; False where it is revoked already."""
        return known.revoke(self._connection, server, at=at)

    def move_server(self, server: ServerId, group: GroupId) -> None:
        """Put a server into another group."""
        known.move(self._connection, server, group)

    def rename_server(self, server: ServerId, name: str) -> None:
        """Give a server another name. Raises `Taken` where it is in use."""
        known.rename(self._connection, server, name)

    def remove_server(self, server: ServerId) -> None:
        """Forget a server that was revoked."""
        known.remove(self._connection, server)

    def note_contact(self, server: ServerId, contact: Contact, *, acts_until: int) -> None:
        """Write down what was last heard of a server; `acts_until` is never made earlier."""
        known.note_contact(self._connection, server, contact, acts_until=acts_until)

    def rename_group(self, group: GroupId, name: str) -> None:
        """Give a replication group another name. Raises `Taken` where it is in use."""
        self._configured()
        try:
            _RENAME_GROUP.run(self._connection, group=group, name=name)
        except sqlite3.IntegrityError:
            raise Taken(f"there is a group {name} already") from None

    def remove_group(self, group: GroupId) -> None:
        """Remove a replication group that is empty."""
        self._configured()
        spent.forget_group(self._connection, group)
        _REMOVE_GROUP.run(self._connection, group=group)
