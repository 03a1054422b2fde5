"""
A server makes itself a new key: it is kept before the portal is told, and used once the portal has said that it knows.

The old key and the new one lie side by side until then. A process that is killed on the way, or whose answer is lost,
asks for the very same again.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.servers import ServerId
from watchword.kit.identities import Identity
from watchword.kit.telemetry import SeldomLog
from watchword.upstream.portal.enrolment import NotEnrolled, PortalDoor
from watchword.upstream.portal.folder import ServerFolder
from watchword.upstream.portal.server_file import FolderFault

Asked = NotEnrolled | Literal[True]
"""That it is renewed, or why not."""


class Threads(Protocol):
    """Does what waits for a network: `kit.workers.Workers`."""

    def submit(self, work: Callable[[], Asked], done: Callable[[Asked | None], None]) -> Callable[[], None]:
        """Let a thread do `work`, then call `done` on the loop's thread; with None where it could not."""


class KeyRenewal:
    """Renews the key of a folder, on the loop's thread but for what waits for the portal."""

    def __init__(
        self, folder: ServerFolder, doors: Callable[[], Sequence[PortalDoor]], *, threads: Threads, log: SeldomLog
    ) -> None:
        """
        Make it.

        Args:
            folder: whose key.
            doors: makes the ways to the server's portals, in the order in which they are asked.
            threads: do what waits.
            log: where it is told how it went.
        """
        self._folder = folder
        self._doors = doors
        self._threads = threads
        self._log = log
        self._runs = False

    def go_on(self) -> None:
        """Ask again where a renewal was begun whose answer never came."""
        if self._folder.is_renewing:
            self.begin()

    def begin(self) -> None:
        """Make a new key, unless one is being made."""
        if self._runs:
            return
        try:
            new = self._folder.begin_renewal()
        except FolderFault as fault:
            self._log.tell(("renewal", "folder"), "the key cannot be renewed", cause=str(fault))
            return
        self._runs = True
        server, identity = ServerId(self._folder.server), self._folder.identity
        self._threads.submit(lambda: self._ask(server, identity, new), self._ended)

    def _ask(self, server: ServerId, identity: Identity, new: Identity) -> Asked:
        """Ask one portal after the other, and return whether one has renewed it, or why none has."""
        refused = NotEnrolled(EnrolmentRefusal.NOT_REACHED)
        for door in self._doors():
            try:
                door.renew(door.prove(), server, identity, new)
            except NotEnrolled as why:
                refused = why
            else:
                return True
        return refused

    def _ended(self, asked: Asked | None) -> None:
        self._runs = False
        if asked is not True:
            cause = "busy" if asked is None else asked.refusal.value
            self._log.tell(("renewal", cause), "the key is not renewed yet", cause=cause)
            return
        try:
            self._folder.finish_renewal()
        except FolderFault as fault:
            self._log.tell(("renewal", "folder"), "the key cannot be renewed", cause=str(fault))
            return
        self._log.tell(("renewal", "done"), "the key was renewed")
