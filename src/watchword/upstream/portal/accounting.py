"""
Accounting, written down at the portal.
"""

from collections.abc import Callable
from typing import Final, Protocol

from watchword.domain.applications import Application
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.upstream.portal.requests import Reply, Requests
from watchword.wire.channel.messages import Account, Noted

SECONDS: Final = 5
"""Seconds that the portal has to write a report down; the client tells it again where it is not acknowledged."""


class Record(Protocol):
    """What a client says of a session: `app.attempt.AccountingRecord`."""

    @property
    def application(self) -> Application:
        """Which application it is."""

    @property
    def client(self) -> str:
        """Its address."""

    @property
    def user_name(self) -> str:
        """Whose session it is, as typed."""

    @property
    def status(self) -> str:
        """What is told, in a word."""

    @property
    def session(self) -> str:
        """Which session it is."""

    @property
    def source(self) -> str | None:
        """Where the user is."""

    @property
    def detail(self) -> str:
        """What else is worth showing."""

    @property
    def received_at(self) -> int:
        """UTC microseconds."""


class FarAccounting:
    """Hands reports on."""

    def __init__(self, requests: Requests, *, clock: Clock) -> None:
        self._requests = requests
        self._clock = clock

    def record(self, record: Record, done: Callable[[bool], None]) -> None:
        """Have a report written down, and call `done` with whether it is durable."""
        number = self._requests.number()
        message = Account(
            id=number,
            application=record.application.id,
            client=record.client,
            user_name=record.user_name,
            status=record.status,
            session=record.session,
            source=record.source,
            detail=record.detail,
            received_at=record.received_at,
        )

        def told(reply: Reply | None) -> None:
            done(isinstance(reply, Noted) and reply.durable)

        deadline = self._clock.monotonic() + SECONDS * NANOSECONDS
        self._requests.ask(number, lambda _left: message, told, deadline=deadline, anew=True)
