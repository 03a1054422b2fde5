"""
What runs at this moment: verifications in progress, and what listeners have seen.

These are there while Watchword serves and at no other time. Everything is called on the loop's thread.
"""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, ClientId, GroupId
from watchword.domain.bypass import BypassId
from watchword.domain.users import UserId
from watchword.domain.verification import VerificationId


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingVerification:
    """
    A verification in progress.

    Attributes:
        since: UTC microseconds.
        contended: whether there are two sources at once.
        group: the replication group at whose servers it came in.
    """

    id: VerificationId
    user: UserId
    application: ApplicationId
    source: str | None
    since: int
    contended: bool
    group: GroupId = DEFAULT_GROUP


class Live(Protocol):
    """The verifications in progress, of this process and of those that share their state with it."""

    def pending(self) -> Sequence[PendingVerification]:
        """Return those in progress, the oldest first."""

    def let_through(self, verification: VerificationId, bypass: BypassId) -> Awaitable[bool]:
        """Use a bypass for a verification in progress; False, and nothing used, where that is over or does not fit."""

    def settle(self) -> Awaitable[None]:
        """Write down what is only counted in memory so far, so that activity tells everything."""

    def ended(self, user: UserId) -> None:
        """End what is in progress for a user who was just blocked, removed or changed; his epoch has been bumped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientObservation:
    """
    What a listener has seen of one client since it was started.

    Attributes:
        client: None for addresses that are nobody's.
        address: the last one that anything came from.
        at: when that was, in UTC microseconds.
        newer_secret: whether the last request that proves its secret was made with the newer one of two; None where
            there is only one, or where no request has proven it yet.
        without_authenticator: requests dropped because they carry no Message-Authenticator.
        bad_authenticator: requests dropped because it was made with another secret.
        unsigned_proxy_state: requests dropped because they carry Proxy-State and no Message-Authenticator (R44).
        repeated_authenticators: requests with an authenticator that was used for another one before (R29).
        retries: requests that came again before they were answered.
        dropped: whatever else was dropped.
    """

    client: ClientId | None
    address: str
    at: int = 0
    newer_secret: bool | None = None
    without_authenticator: int = 0
    bad_authenticator: int = 0
    unsigned_proxy_state: int = 0
    repeated_authenticators: int = 0
    retries: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A socket on which something is served: `radius`, `accounting`, `http` or `https`."""

    protocol: str
    host: str
    port: int


class Observations(Protocol):
    """What listeners know of themselves and of their clients."""

    def listening(self) -> Sequence[Listening]:
        """Return the sockets that are open."""

    def clients(self) -> Sequence[ClientObservation]:
        """Return what was seen, one for each client, and one for all addresses that are nobody's."""
