"""
Accounting over RADIUS: what clients tell of sessions (RFC 2866), acknowledged once it is durable and not before (R81).
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from watchword.app.attempt import AccountingRecord
from watchword.kit.clock import Clock
from watchword.listeners.clients import host_of
from watchword.listeners.radius import FAULT, Exchange
from watchword.listeners.sources import canonical
from watchword.wire.radius.accounting import AccountingRequest, AcctStatusType
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.packet import Code
from watchword.wire.radius.replies import accounting_response

NOT_RECORDED: Final = "not-recorded"
"""Why a report goes unacknowledged: nothing could be written. The client keeps it and tells it again."""

STATUSES: Final = {
    AcctStatusType.START: "start",
    AcctStatusType.INTERIM_UPDATE: "interim",
    AcctStatusType.STOP: "stop",
    AcctStatusType.ACCOUNTING_ON: "on",
    AcctStatusType.ACCOUNTING_OFF: "off",
    None: "other",
}
"""What is told, in a word; `on` and `off` are of the client itself and name no user."""


class Accounting(Protocol):
    """Writes down what clients tell: `app.accounting.Accounting`."""

    def record(self, record: AccountingRecord, done: Callable[[bool], None]) -> None:
        """Write it down, and call `done` with whether it is durable, once, possibly before this returns."""


class AccountingService:
    """Serves Accounting-Request."""

    name = "accounting"
    code = Code.ACCOUNTING_REQUEST

    def __init__(self, *, accounting: Accounting, clock: Clock) -> None:
        self._accounting = accounting
        self._clock = clock

    def begin(self, exchange: Exchange) -> None:
        """Hand a report over to whoever writes it down."""
        report = AccountingRequest(exchange.packet)
        source, _ = canonical(exchange.packet.only(AttributeType.CALLING_STATION_ID))
        record = AccountingRecord(
            application=exchange.client.application,
            client=host_of(exchange.host),
            user_name=report.user_name or "",
            status=STATUSES[report.status],
            session=report.session_id or "",
            source=source,
            detail=_detail(report),
            received_at=exchange.arrived.now,
        )
        self._accounting.record(record, partial(_recorded, exchange))

    def failed(self, exchange: Exchange) -> None:
        """Acknowledge nothing that may not have been written down."""
        exchange.drop(FAULT)


def _recorded(exchange: Exchange, durable: bool) -> None:  # noqa: FBT001 - the one thing that a callback is told
    if durable:
        exchange.answer(accounting_response(exchange.packet, exchange.secret))
    else:
        exchange.drop(NOT_RECORDED)


def _detail(report: AccountingRequest) -> str:
    """Return what else is worth showing of a session, as short `name=value` texts."""
    told = (
        ("address", report.framed_address),
        ("seconds", report.session_seconds),
        ("cause", report.terminate_cause),
    )
    return " ".join(f"{name}={value}" for name, value in told if value is not None)
