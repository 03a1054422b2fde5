"""
How a server opens a session, and who is no server of ours: unknown, revoked, or a copy (E6, E7).

Whoever speaks the channel makes a nonce for each connection, hands over what the server has stated, and serves nobody
to whom this says no.
"""

from dataclasses import dataclass

from watchword.app.administration import SYSTEM, Administration, Scribe
from watchword.domain.enrolment import EnrolmentRefusal, standing
from watchword.domain.events import AuditEvent
from watchword.domain.servers import Links, LinkVerdict, Server, judge_links
from watchword.domain.statements import SessionStatement
from watchword.kit.identities import stated_by
from watchword.ports.records import Changer


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a server states to open a session, its signature, and the address that it comes from."""

    statement: SessionStatement
    signature: bytes
    address: str


async def open_session(context: Administration, hello: Hello) -> Server | EnrolmentRefusal:
    """
    Let a server open a session.

    The caller has seen that the statement names this portal and the nonce of this very connection. Raises
    `ports.login.StoreAway`.
    """
    statement = hello.statement
    known = await context.records.read(lambda records: records.server(statement.server))
    refusal = _refusal(known, hello)
    if refusal is not None:
        return refusal
    scribe = context.scribe(SYSTEM)
    opened = await context.records.change(lambda records: _open(records, hello, scribe))
    if opened is EnrolmentRefusal.CLONE and context.servers is not None:
        context.servers.end(statement.server, EnrolmentRefusal.CLONE)
    return opened


def _refusal(server: Server | None, hello: Hello) -> EnrolmentRefusal | None:
    if server is None:
        return EnrolmentRefusal.UNKNOWN_SERVER
    if not stated_by(server.public_key, hello.statement.canonical(), hello.signature):
        return EnrolmentRefusal.PROOF
    return standing(server)


def _open(records: Changer, hello: Hello, scribe: Scribe) -> Server | EnrolmentRefusal:
    statement = hello.statement
    server = records.server(statement.server)
    refusal = _refusal(server, hello)
    if refusal is not None or server is None:
        return refusal or EnrolmentRefusal.UNKNOWN_SERVER
    match judge_links(server.links, shown=statement.shown, drawn=statement.drawn):
        case LinkVerdict.REPEATED:
            return server
        case LinkVerdict.STALE:
            records.alarm_server(server.id, at=scribe.at)
            row = scribe.row(AuditEvent.SERVER_ALARMED, subject=server.id, name=server.name, address=hello.address)
            records.audit(row)
            return EnrolmentRefusal.CLONE
        case LinkVerdict.NEXT:
            links = Links(current=statement.drawn, previous=statement.shown)
            return server if records.open_link(server.id, links, kept=server.links) else EnrolmentRefusal.CLONE
