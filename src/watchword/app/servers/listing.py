"""
Server status: every MFA server with its version, how it stands, where it is and when it was last heard (E10).

Instants are the portal's. What a server says of itself is a stranger's text, and shown as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal
from watchword.app.manage import finding
from watchword.app.manage.reach import last_contacts, may_act_until
from watchword.app.manage.texts import instant, maybe_instant, name_of, shown
from watchword.app.servers.finding import server_named
from watchword.app.servers.troubles import Trouble, troubles_of
from watchword.domain.servers import Contact, Server, ServerId, ServerStatus, status_of
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import text
from watchword.kit.identities import fingerprint
from watchword.ports.records import Reader

_TWO: str = (
    "two servers claim to be this one, or its folder was put back from a copy; neither may act;"
    " `watchword server credentials --server NAME` gives the right one a new key"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerList:
    """All MFA servers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerNamed:
    """The server that is meant, by name or id."""

    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """
    An MFA server.

    Attributes:
        status: `online`, `late`, `offline`, `revoked` or `never`.
        ip: where its last word came from, as the portal saw it; `reported_ip` as the server sees itself.
        clock_skew: seconds by which its clock is ahead of the portal's.
        configuration: version of the configuration that it holds.
        load: requests in progress there.
        alarm: why neither of two that claim to be this server may act, None where there are no two.
        troubles: what is wrong with it (`app.servers.troubles.Trouble`), the worst first.
        renewal_wanted: whether it is to renew its key.
        acts_until: until when it could act by itself, None for not at all.
    """

    id: str
    name: str
    group: str
    version: str
    status: ServerStatus
    ip: str | None
    last_communication: str | None
    host_name: str
    reported_ip: str | None
    clock_skew: float
    configuration: int
    listeners: tuple[str, ...]
    load: int
    last_synthetic_login: str | None
    activated_at: str
    revoked_at: str | None
    alarm: str | None
    key_since: str
    renewal_wanted: bool
    acts_until: str | None
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerShown:
    """An MFA server, and SHA-256 of its public key."""

    server: ServerRow
    key_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of servers by this process alone, and the instant (UTC microseconds) at which it is looked at."""

    contacts: Mapping[ServerId, Contact]
    untaken: Mapping[ServerId, int]
    now: int


def heard_by(context: Administration) -> Heard:
    """Return what this process has heard of servers; it is read on the loop."""
    untaken = {} if context.servers is None else context.servers.untaken()
    return Heard(contacts=last_contacts(context), untaken=untaken, now=context.clock.now())


def row_of(server: Server, heard_here: Heard, *, group: str) -> ServerRow:
    """Return a server as it is shown, by what is kept and by what was heard since."""
    contact, now = heard_here.contacts.get(server.id), heard_here.now
    heard = contact if contact is not None and contact.at >= (server.heard_at or 0) else None
    at = server.heard_at if heard is None else heard.at
    report, address = (server.report, server.address) if heard is None else (heard.report, heard.address)
    until = may_act_until(server, contact)
    status = status_of(revoked=server.revoked_at is not None, heard_at=at, now=now)
    return ServerRow(
        id=text(server.id),
        name=server.name,
        group=group,
        version=shown(report.version),
        status=status,
        ip=shown(address) or None,
        last_communication=maybe_instant(at),
        host_name=shown(report.host_name),
        reported_ip=shown(report.address) or None,
        clock_skew=report.clock_skew / MICROSECONDS,
        configuration=report.configuration,
        listeners=tuple(shown(listener) for listener in report.listeners),
        load=report.load,
        last_synthetic_login=maybe_instant(report.checked_at),
        activated_at=instant(server.activated_at),
        revoked_at=maybe_instant(server.revoked_at),
        alarm=None if server.alarmed_at is None else _TWO,
        key_since=instant(server.key_since),
        renewal_wanted=server.renew_at is not None,
        acts_until=instant(until) if until > now else None,
        troubles=tuple(troubles_of(server, report, status, untaken=heard_here.untaken.get(server.id), now=now)),
    )


def rows_of(records: Reader, heard: Heard) -> list[ServerRow]:
    """Return every server by name."""
    groups = finding.group_names(records.configuration())
    return [row_of(server, heard, group=name_of(groups, server.group) or "") for server in records.servers()]


async def listed(context: Administration, _actor: Actor, _arguments: ServerList) -> list[ServerRow] | Refusal:
    """List the MFA servers by name."""
    heard = heard_by(context)
    return await context.records.read(lambda records: rows_of(records, heard))


async def show(context: Administration, _actor: Actor, arguments: ServerNamed) -> ServerShown | Refusal:
    """Show one MFA server."""
    heard = heard_by(context)

    def read(records: Reader) -> ServerShown | Refusal:
        server = server_named(records, arguments.server)
        if isinstance(server, Refusal):
            return server
        group = name_of(finding.group_names(records.configuration()), server.group) or ""
        row = row_of(server, heard, group=group)
        return ServerShown(server=row, key_sha256=fingerprint(server.public_key).hex())

    return await context.records.read(read)
