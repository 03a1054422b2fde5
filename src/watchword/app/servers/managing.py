"""
What is done to an MFA server: moved, renamed, given a new key, revoked, forgotten.
"""

from collections.abc import Callable
from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, Scribe, conflict
from watchword.app.manage import finding
from watchword.app.manage.reach import NotReached, not_reached, sentences
from watchword.app.manage.texts import instant, label_of, reason_of
from watchword.app.servers.finding import server_named
from watchword.app.servers.listing import ServerNamed
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.events import Audit, AuditEvent
from watchword.domain.servers import Server
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMove:
    """The server that is to be moved, and the replication group that it is to be in."""

    server: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRename:
    """The server that is to be renamed, and what it is to be called."""

    server: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRevoke:
    """The server that is to be revoked, and why."""

    server: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDone:
    """
    What was asked was done to this server.

    Attributes:
        not_reached: servers that have not heard of it, and until when each could still act by what it knew.
        notes: sentences about what else is worth knowing.
    """

    id: str
    name: str
    not_reached: tuple[NotReached, ...] = ()
    notes: tuple[str, ...] = ()


async def _changed(
    context: Administration, named: str, change: Callable[[Changer, Server], Refusal | None]
) -> Server | Refusal:
    """Change the server that is meant, and return it as it was."""

    def run(records: Changer) -> Server | Refusal:
        server = server_named(records, named)
        if isinstance(server, Refusal):
            return server
        return change(records, server) or server

    return await context.records.change(run)


def _done(server: Server | Refusal, *notes: str) -> ServerDone | Refusal:
    return server if isinstance(server, Refusal) else ServerDone(id=text(server.id), name=server.name, notes=notes)


async def move(context: Administration, actor: Actor, arguments: ServerMove) -> ServerDone | Refusal:
    """Put a server into another replication group: from then on it shares that one's users' live state."""
    scribe = context.scribe(actor)

    def change(records: Changer, server: Server) -> Refusal | None:
        group = finding.group(records.configuration(), arguments.group)
        if isinstance(group, Refusal):
            return group
        if server.group == group.id:
            return conflict(f"{server.name} is in the group {group.name} already")
        records.move_server(server.id, group.id)
        records.audit(_row(scribe, AuditEvent.SERVER_MOVED, server, group=group.name))
        return None

    server = await _changed(context, arguments.server, change)
    if not isinstance(server, Refusal) and context.servers is not None:
        # What is in progress there belongs to the old group.
        context.servers.end(server.id, None)
    return _done(server)


async def rename(context: Administration, actor: Actor, arguments: ServerRename) -> ServerDone | Refusal:
    """Give a server another name; what happened under the old one keeps that."""
    name = label_of(arguments.name, "a server")
    if isinstance(name, Refusal):
        return name
    scribe = context.scribe(actor)

    def change(records: Changer, server: Server) -> Refusal | None:
        records.rename_server(server.id, name)
        records.audit(_row(scribe, AuditEvent.SERVER_RENAMED, server, to=name))
        return None

    try:
        server = await _changed(context, arguments.server, change)
    except Taken:
        return conflict(f"there is a server {name} already", field="/name")
    return server if isinstance(server, Refusal) else ServerDone(id=text(server.id), name=name)


async def renew(context: Administration, actor: Actor, arguments: ServerNamed) -> ServerDone | Refusal:
    """Have a server renew its key."""
    scribe = context.scribe(actor)

    def change(records: Changer, server: Server) -> Refusal | None:
        if server.revoked_at is not None:
            return conflict(f"{server.name} is revoked, and gets no key any more")
        if server.alarmed_at is not None:
            return conflict(
                f"two servers claim to be {server.name}; `watchword server credentials --server {server.name}` gives"
                " the right one a new key"
            )
        records.ask_for_renewal(server.id, at=scribe.at)
        records.audit(_row(scribe, AuditEvent.SERVER_RENEWAL_WANTED, server))
        return None

    return _done(await _changed(context, arguments.server, change), "it makes itself a new key when it is next heard")


async def revoke(context: Administration, actor: Actor, arguments: ServerRevoke) -> ServerDone | Refusal:
    """Revoke a server: its word counts no more from when this returns on."""
    reason = reason_of(arguments.reason)
    if isinstance(reason, Refusal):
        return reason
    scribe = context.scribe(actor)

    def change(records: Changer, server: Server) -> Refusal | None:
        if not records.revoke_server(server.id, at=scribe.at):
            return conflict(f"{server.name} is revoked already")
        records.audit(_row(scribe, AuditEvent.SERVER_REVOKED, server, reason=reason))
        return None

    server = await _changed(context, arguments.server, change)
    if isinstance(server, Refusal):
        return server
    if context.servers is not None:
        context.servers.end(server.id, EnrolmentRefusal.REVOKED)
    unreached = tuple(one for one in await not_reached(context) if one.server == server.name)
    return ServerDone(
        id=text(server.id),
        name=server.name,
        not_reached=unreached,
        notes=sentences(unreached, "still let users in by their codes, where an application allows that,"),
    )


async def remove(context: Administration, actor: Actor, arguments: ServerNamed) -> ServerDone | Refusal:
    """Forget a server that was revoked; what happened there stays written."""
    scribe = context.scribe(actor)

    def change(records: Changer, server: Server) -> Refusal | None:
        if server.revoked_at is None:
            return conflict(f"{server.name} is not revoked; `watchword server revoke` comes first")
        if server.acts_until > scribe.at:
            return conflict(
                f"{server.name} may not have heard yet that it is revoked; remove it after {instant(server.acts_until)}"
            )
        records.remove_server(server.id)
        records.audit(_row(scribe, AuditEvent.SERVER_REMOVED, server))
        return None

    return _done(await _changed(context, arguments.server, change))


def _row(scribe: Scribe, event: AuditEvent, server: Server, **words: str) -> Audit:
    return scribe.row(event, user=None, subject=server.id, name=server.name, **words)
