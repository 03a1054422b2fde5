"""
Server status: every MFA server with its version, how it stands, where it is and when it was last heard (E10).

Instants are the portal's. What a server says of itself is a stranger's text, and shown as such.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal
from watchword.app.manage import finding
from watchword.app.manage.reach import last_contacts, may_act_until
from watchword.app.manage.texts import instant, maybe_instant, name_of, shown
from watchword.app.servers.finding import server_named
from watchword.app.servers.troubles import troubles_of
from watchword.domain.servers import Contact, Server, status_of
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
    status: str
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
    troubles: tuple[str, ...]
    key_since: str
    renewal_wanted: bool
    acts_until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerShown:
    """An MFA server, and SHA-256 of its public key."""

    server: ServerRow
    key_sha256: str


def row_of(server: Server, contact: Contact | None, *, group: str, now: int) -> ServerRow:
    """Return a server as it is shown, by what is kept and by what was heard since."""
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
        status=status.value,
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
        troubles=tuple(trouble.value for trouble in troubles_of(server, report, status, now=now)),
        key_since=instant(server.key_since),
        renewal_wanted=server.renew_at is not None,
        acts_until=instant(until) if until > now else None,
    )


async def listed(context: Administration, _actor: Actor, _arguments: ServerList) -> list[ServerRow] | Refusal:
    """List the MFA servers by name."""
    contacts, now = last_contacts(context), context.clock.now()

    def read(records: Reader) -> list[ServerRow]:
        groups = finding.group_names(records.configuration())
        return [
            row_of(server, contacts.get(server.id), group=name_of(groups, server.group) or "", now=now)
            for server in records.servers()
        ]

    return await context.records.read(read)


async def show(context: Administration, _actor: Actor, arguments: ServerNamed) -> ServerShown | Refusal:
    """Show one MFA server."""
    contacts, now = last_contacts(context), context.clock.now()

    def read(records: Reader) -> ServerShown | Refusal:
        server = server_named(records, arguments.server)
        if isinstance(server, Refusal):
            return server
        group = name_of(finding.group_names(records.configuration()), server.group) or ""
        row = row_of(server, contacts.get(server.id), group=group, now=now)
        return ServerShown(server=row, key_sha256=fingerprint(server.public_key).hex())

    return await context.records.read(read)
