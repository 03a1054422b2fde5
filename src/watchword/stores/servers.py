"""
MFA servers in SQL: what is read of them, and every change as one conditional statement.
"""

import sqlite3
from typing import Final

import msgspec
from sqlalchemy import Select, and_, bindparam, delete, func, insert, null, or_, select, update

from watchword.domain.applications import GroupId
from watchword.domain.servers import Contact, Links, Report, Server, ServerId
from watchword.kit.sealing import KeyRing, Place
from watchword.ports.records import Taken
from watchword.ports.servers import Spending
from watchword.stores.server_tables import PORTAL_IDENTITY, SERVERS
from watchword.stores.statements import Row, Statement

SEED_PLACE: Final = Place("portal_identity", b"1", "seed")

_COLUMNS: Final = (
    SERVERS.c.id,
    SERVERS.c.name,
    SERVERS.c.group_id,
    SERVERS.c.public_key,
    SERVERS.c.previous_key,
    SERVERS.c.key_since,
    SERVERS.c.renew_at,
    SERVERS.c.link,
    SERVERS.c.previous_link,
    SERVERS.c.activated_at,
    SERVERS.c.revoked_at,
    SERVERS.c.alarmed_at,
    SERVERS.c.heard_at,
    SERVERS.c.acts_until,
    SERVERS.c.address,
    SERVERS.c.report,
)


def _selected() -> Select[tuple[object, ...]]:
    return select(*_COLUMNS)


_THIS: Final = SERVERS.c.id == bindparam("server")
_MAY_ACT: Final = and_(_THIS, SERVERS.c.revoked_at.is_(None), SERVERS.c.alarmed_at.is_(None))
_SEED: Final = Statement(select(PORTAL_IDENTITY.c.seed))
_KEEP_SEED: Final = Statement(insert(PORTAL_IDENTITY))
_RESEAL_SEED: Final = Statement(update(PORTAL_IDENTITY).values(seed=bindparam("sealed")))
_SERVERS: Final = Statement(_selected().order_by(SERVERS.c.name))
_SERVER: Final = Statement(_selected().where(_THIS))
_WITH_KEY: Final = Statement(_selected().where(SERVERS.c.public_key == bindparam("key")))
_WITH_PREVIOUS_KEY: Final = Statement(_selected().where(SERVERS.c.previous_key == bindparam("key")))
_ADD: Final = Statement(insert(SERVERS))
_REACTIVATE: Final = Statement(
    update(SERVERS)
    .where(_THIS, SERVERS.c.revoked_at.is_(None))
    .values(
        group_id=bindparam("group"),
        public_key=bindparam("key"),
        previous_key=null(),
        key_since=bindparam("at"),
        renew_at=null(),
        link=bindparam("link"),
        previous_link=null(),
        alarmed_at=null(),
        address=bindparam("address"),
    )
)
_OPEN_LINK: Final = Statement(
    update(SERVERS)
    .where(
        _MAY_ACT,
        SERVERS.c.link.is_not_distinct_from(bindparam("kept")),
        SERVERS.c.previous_link.is_not_distinct_from(bindparam("kept_previous")),
    )
    .values(link=bindparam("link"), previous_link=bindparam("previous_link"))
)
_ALARM: Final = Statement(update(SERVERS).where(_MAY_ACT).values(alarmed_at=bindparam("at")))
_RENEW: Final = Statement(
    update(SERVERS)
    .where(_MAY_ACT, SERVERS.c.public_key == bindparam("old"))
    .values(public_key=bindparam("new"), previous_key=SERVERS.c.public_key, key_since=bindparam("at"), renew_at=null())
)
_ASK_FOR_RENEWAL: Final = Statement(update(SERVERS).where(_THIS).values(renew_at=bindparam("at")))
_REVOKE: Final = Statement(
    update(SERVERS).where(_THIS, SERVERS.c.revoked_at.is_(None)).values(revoked_at=bindparam("at"))
)
_MOVE: Final = Statement(update(SERVERS).where(_THIS).values(group_id=bindparam("group")))
_RENAME: Final = Statement(update(SERVERS).where(_THIS).values(name=bindparam("name")))
_REMOVE: Final = Statement(delete(SERVERS).where(_THIS, SERVERS.c.revoked_at.is_not(None)))
_NOTE: Final = Statement(
    update(SERVERS)
    .where(_THIS, or_(SERVERS.c.heard_at.is_(None), SERVERS.c.heard_at <= bindparam("at")))
    .values(
        heard_at=bindparam("at"),
        acts_until=func.max(SERVERS.c.acts_until, bindparam("until")),
        address=bindparam("address"),
        report=bindparam("report"),
    )
)

_FORGET_LINKS: Final = Statement(update(SERVERS).values(link=null(), previous_link=null()))

_encode: Final = msgspec.msgpack.Encoder().encode
_report: Final = msgspec.msgpack.Decoder(Report)


def portal_seed(connection: sqlite3.Connection, keys: KeyRing) -> bytes | None:
    """Return the seed of the portal's identity. Raises `SealBroken`."""
    row = _SEED.one(connection)
    return None if row is None else keys.open(row[0], SEED_PLACE)


def keep_portal_seed(connection: sqlite3.Connection, keys: KeyRing, seed: bytes, *, at: int) -> None:
    """Keep the seed of the portal's identity, sealed."""
    _KEEP_SEED.run(connection, id=1, seed=keys.seal(seed, SEED_PLACE), created_at=at)


def reseal_portal_seed(connection: sqlite3.Connection, keys: KeyRing, *, limit: int) -> int:
    """Seal the seed anew where it is under an older key, and return how many were: 0 or 1."""
    row = _SEED.one(connection)
    if row is None or limit < 1 or row[0].startswith(keys.header):
        return 0
    _RESEAL_SEED.run(connection, sealed=keys.seal(keys.open(row[0], SEED_PLACE), SEED_PLACE))
    return 1


def listed(connection: sqlite3.Connection) -> list[Server]:
    """Return every server by name."""
    return [_server_of(row) for row in _SERVERS.all(connection)]


def one(connection: sqlite3.Connection, server: ServerId) -> Server | None:
    """Load a server."""
    row = _SERVER.one(connection, server=server)
    return None if row is None else _server_of(row)


def with_key(connection: sqlite3.Connection, key: bytes) -> Server | None:
    """Find the server that has this public key, or had it before the last renewal."""
    row = _WITH_KEY.one(connection, key=key) or _WITH_PREVIOUS_KEY.one(connection, key=key)
    return None if row is None else _server_of(row)


def _server_of(row: Row) -> Server:
    return Server(
        id=ServerId(row[0]),
        name=row[1],
        group=GroupId(row[2]),
        public_key=row[3],
        previous_key=row[4],
        key_since=row[5],
        renew_at=row[6],
        links=Links(current=row[7], previous=row[8]),
        activated_at=row[9],
        revoked_at=row[10],
        alarmed_at=row[11],
        heard_at=row[12],
        acts_until=row[13],
        address=row[14],
        report=_report.decode(row[15]),
    )


def let_know(connection: sqlite3.Connection, spending: Spending, *, again: bool) -> None:
    """
    Let a server be known that has spent its credentials; `again` where it is known already and gets a new key.

    Raises `Taken` where another server has the name or the key, or where a server that was revoked is to get a new key.
    """
    server = spending.server
    try:
        if again:
            changed = _REACTIVATE.change(
                connection,
                server=server.id,
                group=server.group,
                key=server.public_key,
                at=spending.at,
                link=server.links.current,
                address=server.address,
            )
            if changed != 1:
                raise Taken(f"the server {server.name} was revoked or removed")
        else:
            _ADD.run(
                connection,
                id=server.id,
                name=server.name,
                group_id=server.group,
                public_key=server.public_key,
                previous_key=None,
                key_since=server.key_since,
                renew_at=None,
                link=server.links.current,
                previous_link=None,
                activated_at=server.activated_at,
                revoked_at=None,
                alarmed_at=None,
                heard_at=None,
                acts_until=server.acts_until,
                address=server.address,
                report=_encode(server.report),
            )
    except sqlite3.IntegrityError as problem:
        if problem.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise Taken(f"there is a server {server.name}, or one with its key, already") from None
        raise


def open_link(connection: sqlite3.Connection, server: ServerId, links: Links, *, kept: Links) -> bool:
    """Keep the links of a session where the server may act and has `kept`."""
    changed = _OPEN_LINK.change(
        connection,
        server=server,
        link=links.current,
        previous_link=links.previous,
        kept=kept.current,
        kept_previous=kept.previous,
    )
    return changed == 1


def alarm(connection: sqlite3.Connection, server: ServerId, *, at: int) -> bool:
    """Note that two claim to be this server; False where neither may act already."""
    return _ALARM.change(connection, server=server, at=at) == 1


def renew_key(connection: sqlite3.Connection, server: ServerId, *, old: bytes, new: bytes, at: int) -> bool:
    """Replace a server's key where it may act and `old` is its key. Raises `Taken` where another has the new one."""
    try:
        return _RENEW.change(connection, server=server, old=old, new=new, at=at) == 1
    except sqlite3.IntegrityError:
        raise Taken("another server has this key") from None


def ask_for_renewal(connection: sqlite3.Connection, server: ServerId, *, at: int) -> None:
    """Note that a server is to renew its key."""
    _ASK_FOR_RENEWAL.run(connection, server=server, at=at)


def revoke(connection: sqlite3.Connection, server: ServerId, *, at: int) -> bool:
    """Revoke a server; False where it is revoked already."""
    return _REVOKE.change(connection, server=server, at=at) == 1


def move(connection: sqlite3.Connection, server: ServerId, group: GroupId) -> None:
    """Put a server into another group."""
    _MOVE.run(connection, server=server, group=group)


def rename(connection: sqlite3.Connection, server: ServerId, name: str) -> None:
    """Give a server another name. Raises `Taken` where it is in use."""
    try:
        _RENAME.run(connection, server=server, name=name)
    except sqlite3.IntegrityError:
        raise Taken(f"there is a server {name} already") from None


def remove(connection: sqlite3.Connection, server: ServerId) -> None:
    """Forget a server that was revoked."""
    _REMOVE.run(connection, server=server)


def note_contact(connection: sqlite3.Connection, server: ServerId, contact: Contact, *, acts_until: int) -> None:
    """Write down what was last heard of a server, unless something later was."""
    _NOTE.run(
        connection,
        server=server,
        at=contact.at,
        until=acts_until,
        address=contact.address,
        report=_encode(contact.report),
    )


def forget_links(connection: sqlite3.Connection) -> None:
    """Know no more which session of any server was the last: the database was restored, and knows an older one."""
    _FORGET_LINKS.run(connection)
