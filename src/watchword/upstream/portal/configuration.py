"""
What this server obeys: the newest snapshot that its portal has signed for it.
"""

from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Protocol

from watchword.domain.configuration import Configuration as Domain
from watchword.kit.identities import stated_by
from watchword.ports.snapshots import configuration_of
from watchword.wire.channel.configuration import Snapshot, decode_snapshot, signed
from watchword.wire.channel.messages import Configuration

NOTHING: Domain = Domain()
"""What is obeyed where there is no snapshot, or no right to one any more: no client is anybody's."""


class Taken(Enum):
    """What became of a snapshot."""

    TAKEN = auto()
    FORGED = auto()
    """The portal has not signed it, or it cannot be understood."""
    OF_ANOTHER = auto()
    """It is another server's."""
    OLD = auto()
    """It is no newer than the one in force: it was played back."""


class SnapshotFile(Protocol):
    """Where the newest snapshot is kept for the next run: `stores.snapshots.FileSnapshot`."""

    def load(self) -> tuple[bytes, bytes] | None:
        """Return the octets of a snapshot and the portal's signature of them, None where there is none to be read."""

    def keep(self, body: bytes, signature: bytes) -> None:
        """Keep a snapshot and its signature. Raises OSError."""

    def forget(self) -> None:
        """Keep nothing any more."""


class Obeyed:
    """The snapshot in force."""

    def __init__(self, *, portal: bytes, server: bytes, swap: Callable[[Domain], None], file: SnapshotFile) -> None:
        """
        Obey nothing yet.

        Args:
            portal: the public key of the portal's identity.
            server: this server's identifier.
            swap: puts a configuration in force.
            file: where the newest snapshot is kept.
        """
        self._portal = portal
        self._server = server
        self._swap = swap
        self._file = file
        self.snapshot: Snapshot | None = None

    @property
    def serial(self) -> int:
        """The serial number of the snapshot in force, 0 where there is none."""
        return 0 if self.snapshot is None else self.snapshot.serial

    @property
    def proof_keys(self) -> tuple[bytes, ...]:
        """The keys of proofs of passwords, the newest first."""
        return () if self.snapshot is None else self.snapshot.proof_keys

    @property
    def portals(self) -> tuple[str, ...]:
        """URLs of portals that this server may go to, besides the one that it was activated at."""
        return () if self.snapshot is None else self.snapshot.portals

    def recall(self) -> None:
        """Put the snapshot in force that an earlier run has kept, where there is one."""
        kept = self._file.load()
        if kept is not None:
            self._take(Configuration(body=kept[0], signature=kept[1]))

    def take(self, message: Configuration) -> Taken:
        """Put a snapshot in force, where the portal has signed it for this server and it is newer, and keep it."""
        taken = self._take(message)
        if taken is Taken.TAKEN:
            # On a full disk the next run begins with an older one, and with its portal's first word has this one again.
            with suppress(OSError):
                self._file.keep(message.body, message.signature)
        return taken

    def _take(self, message: Configuration) -> Taken:
        if not stated_by(self._portal, signed(message.body), message.signature):
            return Taken.FORGED
        snapshot = decode_snapshot(message.body)
        if snapshot is None:
            return Taken.FORGED
        if snapshot.server != self._server:
            return Taken.OF_ANOTHER
        if snapshot.serial <= self.serial:
            return Taken.OLD
        self.snapshot = snapshot
        self._swap(configuration_of(snapshot))
        return Taken.TAKEN

    def forget(self) -> None:
        """Obey nothing any more, and forget every secret that came with it; what is older stays refused."""
        self._file.forget()
        if self.snapshot is not None:
            self.snapshot = Snapshot(
                server=self._server,
                serial=self.snapshot.serial,
                name=self.snapshot.name,
                group=self.snapshot.group,
                group_id=self.snapshot.group_id,
                version=self.snapshot.version,
                reject_delay=self.snapshot.reject_delay,
                proof_keys=(),
                applications=(),
                clients=(),
                directories=(),
                portals=self.snapshot.portals,
            )
            self._swap(NOTHING)
