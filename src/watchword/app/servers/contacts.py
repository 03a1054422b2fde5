"""
When each server was last heard, and what it said.

It is kept in memory, and written down when somebody starting anew would otherwise promise too little: before the answer
that lets the server act longer than is written (`domain.servers.to_be_written`), and when what it says has changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from watchword.domain.servers import Contact, Report, Server, ServerId, to_be_written, written_until
from watchword.ports.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    until: int
    address: str
    report: Report


class Contacts:
    """The last word of each server, on the loop's thread."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._last: dict[ServerId, Contact] = {}
        self._written: dict[ServerId, _Written] = {}

    def all(self) -> Mapping[ServerId, Contact]:
        """Return the last word of each server that was heard since this process began."""
        return self._last

    async def heard(self, server: ServerId, contact: Contact) -> Server | None:
        """
        Take in a word of a server, and return it as it is known now, None where it is known no more.

        Only once this has returned may it be answered, and only where its word counts still: it may have been revoked
        at another portal.

        Raises `ports.login.StoreAway` where it had to be written down and could not: it must not be answered then,
        because the server would act for longer than anybody knows.
        """
        known, lasting = self._written.get(server), _lasting(contact.report)
        same = known is not None and (known.address, known.report) == (contact.address, lasting)
        if known is None or not same or to_be_written(known.until, contact.at):
            until = written_until(contact.at)
            await self._records.change(lambda records: records.note_contact(server, contact, acts_until=until))
            self._written[server] = _Written(until=until, address=contact.address, report=lasting)
        self._last[server] = contact
        return await self._records.read(lambda records: records.server(server))

    def forget(self, server: ServerId) -> None:
        """Forget a server that is known no more."""
        self._last.pop(server, None)
        self._written.pop(server, None)


def _lasting(report: Report) -> Report:
    """Return what a server says of itself without what is another at every word."""
    return replace(report, clock_skew=0, load=0, checked_at=None)
