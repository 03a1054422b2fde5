"""
What the administration of MFA servers needs: from the records, and from whoever speaks with servers now.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from watchword.domain.applications import GroupId
from watchword.domain.enrolment import ActivationCredentials, CredentialsId, EnrolmentRefusal
from watchword.domain.servers import Contact, Links, Server, ServerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """
    How activation credentials are spent.

    Attributes:
        digest: SHA-256 of the password.
        server: the server that is known by them from now on, new or with a new key.
        at: UTC microseconds.
    """

    credentials: CredentialsId
    digest: bytes
    server: Server
    at: int


class ServerReader(Protocol):
    """What can be read of MFA servers. Everything returned is committed."""

    def portal_seed(self) -> bytes | None:
        """Return the seed of the portal's identity, None where none was made yet."""

    def servers(self) -> list[Server]:
        """Return every server by name."""

    def server(self, server: ServerId) -> Server | None:
        """Load a server."""

    def server_with_key(self, key: bytes) -> Server | None:
        """Find the server that has this public key, or had it before the last renewal."""

    def credentials(self, *, now: int) -> list[ActivationCredentials]:
        """Return the activation credentials that are kept, newest first; those that have run out read as expired."""

    def credentials_of(self, email: str) -> ActivationCredentials | None:
        """Find the activation credentials of an e-mail-shaped id."""

    def group_holds(self, group: GroupId, *, now: int) -> Sequence[str]:
        """Return what keeps a group from being removed, each in a few words, none where it is empty."""


class ServerChanger(ServerReader, Protocol):
    """What can be changed of MFA servers."""

    def keep_portal_seed(self, seed: bytes, *, at: int) -> None:
        """Keep the seed of the portal's identity, sealed; there is one for ever."""

    def add_credentials(self, credentials: ActivationCredentials) -> None:
        """Keep new activation credentials."""

    def withdraw_credentials(self, credentials: CredentialsId, *, at: int) -> bool:
        """Withdraw activation credentials by one conditional write; False where they are no longer active."""

    def count_try(self, credentials: CredentialsId, *, at: int) -> int:
        """Count a wrong password, void the credentials at the last one, and return how many there were."""

    def spend_credentials(self, spending: Spending) -> bool:
        """
        Spend activation credentials by one conditional write, and let their server be known.

        It takes only where they are active, unexpired at `spending.at`, not void, and of this password. Raises `Taken`
        where another server has the name or the key.
        """

    def open_link(self, server: ServerId, links: Links, *, kept: Links) -> bool:
        """Keep the links of a session by one conditional write: takes only where the server may act and has `kept`."""

    def alarm_server(self, server: ServerId, *, at: int) -> bool:
        """Note that two claim to be this server, from when on neither may act; False where that was so already."""

    def renew_key(self, server: ServerId, *, old: bytes, new: bytes, at: int) -> bool:
        """Replace a server's key by one conditional write: takes only where it may act and `old` is its key."""

    def ask_for_renewal(self, server: ServerId, *, at: int) -> None:
        """Note that a server is to renew its key."""

    def revoke_server(self, server: ServerId, *, at: int) -> bool:
        """Revoke a server by one conditional write; False where it is revoked already."""

    def move_server(self, server: ServerId, group: GroupId) -> None:
        """Put a server into another group."""

    def rename_server(self, server: ServerId, name: str) -> None:
        """Give a server another name. Raises `Taken` where it is in use."""

    def remove_server(self, server: ServerId) -> None:
        """Forget a server that was revoked."""

    def note_contact(self, server: ServerId, contact: Contact, *, acts_until: int) -> None:
        """Write down what was last heard of a server; `acts_until` is never made earlier."""

    def rename_group(self, group: GroupId, name: str) -> None:
        """Give a replication group another name. Raises `Taken` where it is in use."""

    def remove_group(self, group: GroupId) -> None:
        """Remove a replication group that has no server, no active credentials and no active bypass."""


class ConnectedServers(Protocol):
    """The MFA servers that speak with this process, on the loop's thread."""

    def contacts(self) -> Mapping[ServerId, Contact]:
        """Return the last word of each server that was heard since this process began."""

    def untaken(self) -> Mapping[ServerId, int]:
        """
        Return the connected servers that have not said to have taken the newest configuration that they were sent.

        Each with UTC microseconds at which it was sent.
        """

    def settle(self) -> Awaitable[frozenset[ServerId]]:
        """
        Let every connected server take in what is committed by now.

        Returns:
            Those that have said within a short time that they did: from then on they act by nothing older.
        """

    def end(self, server: ServerId, why: EnrolmentRefusal | None) -> None:
        """End the session of a server, with why it may have no other; None where it is to open another one at once."""
