"""
Which servers what was just decided has not reached, and until when they could still act by what was before.

Only a server that reaches no portal decides anything by itself, and it does so for a quarter of an hour after the last
word it had (design.md section 8). Whoever blocks or revokes is told which these are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from watchword.app.administration import Administration
from watchword.app.manage.texts import instant
from watchword.domain.servers import Contact, Server, ServerId, acts_until


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """A server that was not reached, and the instant from which on it acts no more by what it knew."""

    server: str
    until: str


def last_contacts(context: Administration) -> Mapping[ServerId, Contact]:
    """Return the last word of each server that was heard since this process began; none where nothing runs."""
    return {} if context.servers is None else context.servers.contacts()


def may_act_until(server: Server, contact: Contact | None) -> int:
    """Return until when a server could act by itself, in UTC microseconds; 0 for one that was never heard."""
    return server.acts_until if contact is None else min(server.acts_until, acts_until(contact.at))


async def not_reached(context: Administration) -> tuple[NotReached, ...]:
    """
    Let every server take in what is committed by now, and tell which could not.

    One that was just revoked is among them as long as it has not heard of it. Raises `ports.login.StoreAway`.
    """
    reached = frozenset[ServerId]() if context.servers is None else await context.servers.settle()
    servers = await context.records.read(lambda records: records.servers())
    contacts, now = last_contacts(context), context.clock.now()
    return tuple(
        NotReached(server=server.name, until=instant(until))
        for server in servers
        if server.id not in reached and (until := may_act_until(server, contacts.get(server.id))) > now
    )


def sentences(unreached: tuple[NotReached, ...], what: str) -> tuple[str, ...]:
    """Return a note for each server that was not reached. `what` is what it could still do."""
    return tuple(
        f"the server {one.server} was not reached, and while it reaches no portal it could {what} until {one.until}"
        for one in unreached
    )
