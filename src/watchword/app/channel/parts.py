"""
What the portal's end of the channel stands on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from watchword.app.attempt import AccountingRecord
from watchword.app.directory import CurrentConfiguration
from watchword.app.proofs import ProofKeys
from watchword.domain.applications import GroupId
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryVerdict
from watchword.kit.clock import Clock
from watchword.kit.passwords import Recipe
from watchword.kit.telemetry import FaultReport
from watchword.ports.login import Verifier
from watchword.wire.channel.away import Away


class Caller(NamedTuple):
    """The server that speaks, as it is known here: what it says of itself is believed nowhere."""

    id: bytes
    name: str
    group: GroupId


class Passwords(Protocol):
    """Tells what passwords are hashed with, and which hashes are right: `app.channel.passwords.RemotePasswords`."""

    def recipe(self, user: UserId | None, done: Callable[[Recipe | None], None]) -> None:
        """Tell what the hash of a user's password is made with, None where nothing can be read."""

    def check(self, user: UserId | None, digest: bytes, done: Callable[[PrimaryVerdict], None]) -> None:
        """Tell whether a hash is that of a user's password; AWAY where nothing can be read."""


class Accounting(Protocol):
    """Writes down what clients tell of sessions: `app.accounting.Accounting`."""

    def record(self, record: AccountingRecord, done: Callable[[bool], None]) -> None:
        """Write it down, and call `done` with whether it is durable."""


class Reports(Protocol):
    """Writes down, once, what happened at a server while no portal answered: `app.channel.reports.Reports`."""

    def take(self, caller: Caller, rows: Sequence[Away], done: Callable[[bool], None]) -> None:
        """Write rows down, and call `done` with whether all of them are durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelParts:
    """
    Everything that conversations with servers stand on.

    Attributes:
        verifier: makes the verifier of a server: the one of this process, in the server's group and name.
        accounting: makes what writes its accounting down.
        portals: URLs that servers may come to, besides the one that they were activated at.
    """

    verifier: Callable[[Caller], Verifier]
    accounting: Callable[[Caller], Accounting]
    passwords: Passwords
    reports: Reports
    configuration: CurrentConfiguration
    proof_keys: ProofKeys
    clock: Clock
    fault: FaultReport
    portals: tuple[str, ...] = ()
