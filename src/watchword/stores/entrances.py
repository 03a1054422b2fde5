"""
Sessions, sign-ins under way, passkeys' challenges and links as rows, each found by the digest of its token.
"""

import hashlib
import sqlite3
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, func, insert, null, select, update

from watchword.domain.administrators import (
    AdministratorId,
    Ceremony,
    Session,
    SessionId,
    SetupDraft,
    SetupLink,
)
from watchword.domain.secrets import Secret
from watchword.kit.sealing import HEADER_OCTETS, KeyRing, Place
from watchword.stores.administrator_tables import CEREMONIES, SESSIONS, SETUP_LINKS, SIGN_INS
from watchword.stores.bodies import Unreadable
from watchword.stores.statements import Row, Statement

_SESSION_COLUMNS: Final = (
    SESSIONS.c.id,
    SESSIONS.c.administrator_id,
    SESSIONS.c.created_at,
    SESSIONS.c.seen_at,
    SESSIONS.c.confirmed_at,
    SESSIONS.c.expires_at,
    SESSIONS.c.source,
    SESSIONS.c.agent,
)
_MINE: Final = SESSIONS.c.administrator_id == bindparam("administrator")
_SESSION: Final = Statement(select(*_SESSION_COLUMNS).where(SESSIONS.c.digest == bindparam("wanted")))
_DRAFTED: Final = Statement(select(SESSIONS.c.draft).where(SESSIONS.c.id == bindparam("session")))
_ALL_SESSIONS: Final = Statement(select(*_SESSION_COLUMNS).order_by(SESSIONS.c.id.desc()))
_SESSIONS: Final = Statement(select(*_SESSION_COLUMNS).where(_MINE).order_by(SESSIONS.c.id.desc()))
_ADD_SESSION: Final = Statement(insert(SESSIONS))
_RENEW: Final = Statement(
    update(SESSIONS)
    .where(SESSIONS.c.digest == bindparam("old"))
    .values(digest=bindparam("new"), confirmed_at=bindparam("at"), seen_at=bindparam("at"))
)
_SEE: Final = Statement(update(SESSIONS).where(SESSIONS.c.id == bindparam("session")).values(seen_at=bindparam("at")))
_DRAFT: Final = Statement(
    update(SESSIONS).where(SESSIONS.c.id == bindparam("session")).values(draft=bindparam("sealed"))
)
_END: Final = Statement(delete(SESSIONS).where(SESSIONS.c.id == bindparam("session")))
_END_ALL: Final = Statement(delete(SESSIONS).where(_MINE, SESSIONS.c.id != bindparam("kept")))
_LATE_SESSIONS: Final = Statement(delete(SESSIONS).where(SESSIONS.c.expires_at <= bindparam("now")))
_VOID_SESSIONS: Final = Statement(delete(SESSIONS))
_OLD_DRAFTS: Final = Statement(
    update(SESSIONS)
    .where(SESSIONS.c.draft.is_not(None), func.substr(SESSIONS.c.draft, 1, HEADER_OCTETS) != bindparam("header"))
    .values(draft=null())
)

_ADD_SIGN_IN: Final = Statement(insert(SIGN_INS))
_SIGN_IN: Final = Statement(
    select(SIGN_INS.c.administrator_id).where(
        SIGN_INS.c.digest == bindparam("wanted"), SIGN_INS.c.expires_at > bindparam("now")
    )
)
_TAKE_SIGN_IN: Final = Statement(
    delete(SIGN_INS).where(SIGN_INS.c.digest == bindparam("wanted"), SIGN_INS.c.expires_at > bindparam("now"))
)
_END_SIGN_INS: Final = Statement(delete(SIGN_INS).where(SIGN_INS.c.administrator_id == bindparam("administrator")))
_LATE_SIGN_INS: Final = Statement(delete(SIGN_INS).where(SIGN_INS.c.expires_at <= bindparam("now")))
_VOID_SIGN_INS: Final = Statement(delete(SIGN_INS))

_ADD_CEREMONY: Final = Statement(insert(CEREMONIES))
_TAKE_CEREMONY: Final = Statement(
    delete(CEREMONIES).where(
        CEREMONIES.c.challenge == bindparam("wanted"),
        CEREMONIES.c.ceremony == bindparam("kind"),
        CEREMONIES.c.bound == bindparam("whom"),
        CEREMONIES.c.expires_at > bindparam("now"),
    )
)
_LATE_CEREMONIES: Final = Statement(delete(CEREMONIES).where(CEREMONIES.c.expires_at <= bindparam("now")))
_VOID_CEREMONIES: Final = Statement(delete(CEREMONIES))

_LINK: Final = Statement(
    select(
        SETUP_LINKS.c.administrator_id, SETUP_LINKS.c.created_at, SETUP_LINKS.c.expires_at, SETUP_LINKS.c.draft
    ).where(SETUP_LINKS.c.digest == bindparam("wanted"), SETUP_LINKS.c.expires_at > bindparam("now"))
)
_ADD_LINK: Final = Statement(insert(SETUP_LINKS))
_DRAFT_LINK: Final = Statement(
    update(SETUP_LINKS).where(SETUP_LINKS.c.digest == bindparam("wanted")).values(draft=bindparam("sealed"))
)
_TAKE_LINK: Final = Statement(
    delete(SETUP_LINKS).where(SETUP_LINKS.c.digest == bindparam("wanted"), SETUP_LINKS.c.expires_at > bindparam("now"))
)
_VOID_LINKS: Final = Statement(delete(SETUP_LINKS).where(SETUP_LINKS.c.administrator_id == bindparam("administrator")))
_VOID_FIRST: Final = Statement(delete(SETUP_LINKS).where(SETUP_LINKS.c.administrator_id.is_(None)))
_LATE_LINKS: Final = Statement(delete(SETUP_LINKS).where(SETUP_LINKS.c.expires_at <= bindparam("now")))
_VOID_ALL_LINKS: Final = Statement(delete(SETUP_LINKS))
_OLD_LINK_DRAFTS: Final = Statement(
    update(SETUP_LINKS)
    .where(SETUP_LINKS.c.draft.is_not(None), func.substr(SETUP_LINKS.c.draft, 1, HEADER_OCTETS) != bindparam("header"))
    .values(draft=null())
)

_NOBODY: Final = bytes(16)


class _Draft(msgspec.Struct, frozen=True, array_like=True):
    id: bytes
    name: str
    display: str
    password: str
    seed: bytes


def digest_of(octets: bytes) -> bytes:
    """Return as what a token or a challenge is kept."""
    return hashlib.sha256(octets).digest()


# --- sessions --------------------------------------------------------------------------------------------------------


def _session_place(session: bytes) -> Place:
    return Place("sessions", session, "draft")


def _session_of(row: Row) -> Session:
    identifier, administrator, created_at, seen_at, confirmed_at, expires_at, source, agent = row
    return Session(
        id=SessionId(identifier),
        administrator=AdministratorId(administrator),
        created_at=created_at,
        seen_at=seen_at,
        confirmed_at=confirmed_at,
        expires_at=expires_at,
        source=source,
        agent=agent,
    )


def session(connection: sqlite3.Connection, digest: bytes) -> Session | None:
    """Find a session by its token."""
    row = _SESSION.one(connection, wanted=digest)
    return None if row is None else _session_of(row)


def totp_draft(connection: sqlite3.Connection, keys: KeyRing, one: SessionId) -> Secret | None:
    """Return the seed that a session holds. Raises `SealBroken`."""
    row = _DRAFTED.one(connection, session=one)
    return None if row is None or row[0] is None else Secret(keys.open(row[0], _session_place(one)))


def sessions(connection: sqlite3.Connection, administrator: AdministratorId | None) -> list[Session]:
    """Return sessions, the newest first."""
    rows = (
        _ALL_SESSIONS.all(connection)
        if administrator is None
        else _SESSIONS.all(connection, administrator=administrator)
    )
    return [_session_of(row) for row in rows]


def add_session(connection: sqlite3.Connection, one: Session, digest: bytes) -> None:
    """Begin a session."""
    _ADD_SESSION.run(
        connection,
        id=one.id,
        digest=digest,
        administrator_id=one.administrator,
        created_at=one.created_at,
        seen_at=one.seen_at,
        confirmed_at=one.confirmed_at,
        expires_at=one.expires_at,
        source=one.source,
        agent=one.agent,
        draft=None,
    )


def renew_session(connection: sqlite3.Connection, old: bytes, new: bytes, *, at: int) -> bool:
    """Give a session another token."""
    return _RENEW.change(connection, old=old, new=new, at=at) == 1


def see_session(connection: sqlite3.Connection, one: SessionId, *, at: int) -> None:
    """Remember that somebody was there."""
    _SEE.run(connection, session=one, at=at)


def draft_totp(connection: sqlite3.Connection, keys: KeyRing, one: SessionId, seed: Secret | None) -> None:
    """Keep a seed in a session, or forget it."""
    sealed = None if seed is None else keys.seal(seed.octets, _session_place(one))
    _DRAFT.run(connection, session=one, sealed=sealed)


def end_session(connection: sqlite3.Connection, one: SessionId) -> bool:
    """End a session."""
    return _END.change(connection, session=one) == 1


def end_sessions(connection: sqlite3.Connection, administrator: AdministratorId, *, but: SessionId | None) -> int:
    """End all sessions but one, and all sign-ins."""
    _END_SIGN_INS.run(connection, administrator=administrator)
    return _END_ALL.change(connection, administrator=administrator, kept=_NOBODY if but is None else but)


# --- sign-ins and challenges -----------------------------------------------------------------------------------------


def sign_in(connection: sqlite3.Connection, digest: bytes, *, now: int) -> AdministratorId | None:
    """Find who has shown his password with this token."""
    row = _SIGN_IN.one(connection, wanted=digest, now=now)
    return None if row is None else AdministratorId(row[0])


def add_sign_in(
    connection: sqlite3.Connection, digest: bytes, administrator: AdministratorId, *, expires_at: int
) -> None:
    """Remember that somebody has shown his password."""
    _ADD_SIGN_IN.run(connection, digest=digest, administrator_id=administrator, expires_at=expires_at)


def take_sign_in(connection: sqlite3.Connection, digest: bytes, *, now: int) -> bool:
    """Spend that."""
    return _TAKE_SIGN_IN.change(connection, wanted=digest, now=now) == 1


def add_ceremony(
    connection: sqlite3.Connection, challenge: bytes, ceremony: Ceremony, *, bound: bytes, expires_at: int
) -> None:
    """Remember a challenge."""
    _ADD_CEREMONY.run(
        connection, challenge=digest_of(challenge), ceremony=ceremony.value, bound=bound, expires_at=expires_at
    )


def take_ceremony(
    connection: sqlite3.Connection, challenge: bytes, ceremony: Ceremony, *, bound: bytes, now: int
) -> bool:
    """Spend a challenge."""
    taken = _TAKE_CEREMONY.change(connection, wanted=digest_of(challenge), kind=ceremony.value, whom=bound, now=now)
    return taken == 1


# --- links -----------------------------------------------------------------------------------------------------------


def _link_place(digest: bytes) -> Place:
    return Place("setup_links", digest, "draft")


def setup_link(connection: sqlite3.Connection, keys: KeyRing, digest: bytes, *, now: int) -> SetupLink | None:
    """Find a link that is still good. Raises `SealBroken`, `Unreadable`."""
    row = _LINK.one(connection, wanted=digest, now=now)
    if row is None:
        return None
    administrator, created_at, expires_at, sealed = row
    return SetupLink(
        administrator=None if administrator is None else AdministratorId(administrator),
        created_at=created_at,
        expires_at=expires_at,
        draft=None if sealed is None else _draft_of(keys.open(sealed, _link_place(digest))),
    )


def _draft_of(octets: bytes) -> SetupDraft:
    try:
        kept = msgspec.msgpack.decode(octets, type=_Draft)
    except msgspec.MsgspecError:
        raise Unreadable("what was chosen behind a link cannot be read") from None
    return SetupDraft(
        id=AdministratorId(kept.id),
        name=kept.name,
        display=kept.display,
        password=kept.password,
        seed=Secret(kept.seed),
    )


def add_setup_link(connection: sqlite3.Connection, digest: bytes, link: SetupLink) -> None:
    """Make a link."""
    _ADD_LINK.run(
        connection,
        digest=digest,
        administrator_id=link.administrator,
        created_at=link.created_at,
        expires_at=link.expires_at,
        draft=None,
    )


def void_setup_links(connection: sqlite3.Connection, administrator: AdministratorId | None) -> int:
    """Void links."""
    if administrator is None:
        return _VOID_FIRST.change(connection)
    return _VOID_LINKS.change(connection, administrator=administrator)


def draft_setup(connection: sqlite3.Connection, keys: KeyRing, digest: bytes, draft: SetupDraft) -> None:
    """Keep what was chosen behind a link."""
    octets = msgspec.msgpack.encode(
        _Draft(id=draft.id, name=draft.name, display=draft.display, password=draft.password, seed=draft.seed.octets)
    )
    _DRAFT_LINK.run(connection, wanted=digest, sealed=keys.seal(octets, _link_place(digest)))


def take_setup_link(connection: sqlite3.Connection, digest: bytes, *, now: int) -> bool:
    """Spend a link."""
    return _TAKE_LINK.change(connection, wanted=digest, now=now) == 1


# --- upkeep ----------------------------------------------------------------------------------------------------------


def sweep(connection: sqlite3.Connection, *, now: int) -> int:
    """Remove what has expired; there is little of it, because only whoever has shown something makes a row."""
    late = (_LATE_SESSIONS, _LATE_SIGN_INS, _LATE_CEREMONIES, _LATE_LINKS)
    return sum(statement.change(connection, now=now) for statement in late)


def void(connection: sqlite3.Connection) -> int:
    """Remove everything that is good once or for a while, and return how many rows that were (B19)."""
    everything = (_VOID_SESSIONS, _VOID_SIGN_INS, _VOID_CEREMONIES, _VOID_ALL_LINKS)
    return sum(statement.change(connection) for statement in everything)


def forget_old_drafts(connection: sqlite3.Connection, keys: KeyRing) -> None:
    """Forget what is sealed under an older key and would be chosen anew within minutes."""
    _OLD_DRAFTS.run(connection, header=keys.header)
    _OLD_LINK_DRAFTS.run(connection, header=keys.header)
