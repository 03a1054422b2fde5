"""
The connection to the portal, kept up: dialled again when it is gone, at one portal after the other.

Waits between two tries grow to a few seconds and are drawn by lot, so that the servers of an organisation do not all
call in the same moment when its portal is back. A portal that says that this server was revoked, or that there are two
of it, is obeyed at once: everything that came from it is forgotten, and the server asks again now and then whether that
still holds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.offline import Moment, Word
from watchword.kit.clock import NANOSECONDS
from watchword.kit.telemetry import SeldomLog
from watchword.upstream.portal.configuration import Obeyed, Taken
from watchword.upstream.portal.dialling import NotReached, PortalAddress, Proxy, dial
from watchword.upstream.portal.link import Known, Link, Means
from watchword.upstream.portal.replica import Replica
from watchword.upstream.portal.requests import Requests
from watchword.wire.channel.messages import (
    Asked,
    Beat,
    Beaten,
    Configuration,
    Goodbye,
    Leave,
    Listener,
    Load,
    Renew,
    Settle,
    Settled,
    Told,
    Unreadable,
)
from watchword.wire.channel.messages import Replica as Replicated

DIAL_SECONDS: Final = 6
"""
Seconds that a portal has until its first configuration has come.

Together with the longest wait it is less than ten: a try that was lost on the way just before everything was well again
must not be what keeps a server away for longer.
"""

SHORTEST_WAIT: Final = 0.25
LONGEST_WAIT: Final = 3.0
"""Seconds between two tries: the first, and what they grow to."""

OUTCAST_WAIT: Final = 60.0
"""Seconds between two tries of a server whose portal will not have it."""

BEAT_SECONDS: Final = 10.0

MOST_UNANSWERED: Final = 64
"""Beats that an answer may still come to."""

_OUTCAST: Final = frozenset({EnrolmentRefusal.REVOKED, EnrolmentRefusal.CLONE, EnrolmentRefusal.UNKNOWN_SERVER})
"""Refusals of a portal that has proven itself, after which this server acts by nothing that it was told."""


class Said(Protocol):
    """What a beat says of this process."""

    @property
    def version(self) -> str:
        """Of its software."""

    @property
    def host(self) -> str:
        """What its machine calls itself."""

    def load(self) -> Load:
        """Return how it fares."""

    def listeners(self) -> tuple[Listener, ...]:
        """Return where it listens."""


class Kept:
    """The connection to the portal."""

    def __init__(  # noqa: PLR0913 - the parts it is made of
        self,
        known: Known,
        portals: Callable[[], Sequence[PortalAddress]],
        *,
        requests: Requests,
        obeyed: Obeyed,
        said: Said,
        means: Means,
        proxy: Proxy | None,
        log: SeldomLog,
        renew: Callable[[], None],
        replica: Replica | None = None,
    ) -> None:
        """
        Make it, without connecting yet.

        Args:
            known: what this server knows of itself and of its portal.
            portals: tells where its portals are, one at least, in the order in which they are tried.
            requests: what is asked.
            obeyed: what is obeyed.
            said: what beats say.
            means: what connections are made with.
            proxy: what lies between.
            log: where it is told how things stand.
            renew: makes this server a new key.
            replica: what codes are checked with while no portal answers, None where none are.
        """
        self._replica = replica
        self._beaten_from: dict[int, Moment] = {}
        self._known = known
        self._portals = portals
        self._requests = requests
        self._obeyed = obeyed
        self._said = said
        self._means = means
        self._proxy = proxy
        self._log = log
        self._renew = renew
        self._boot = means.randomness.octets(16)
        self._portal_boot = b""
        self._link: Link | None = None
        self._gone = asyncio.Event()
        self._tried = asyncio.Event()
        self._beat: asyncio.TimerHandle | None = None
        self._beats = 0
        self._stopped = False
        self.heard_at: int | None = None
        self.skew = 0
        self.refusal: NotReached | None = None
        self.portal = ""

    @property
    def is_up(self) -> bool:
        """Whether a portal is connected."""
        return self._link is not None

    async def tried(self, seconds: float) -> None:
        """Wait until a portal is connected, or each was tried in vain, at most for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._tried.wait()

    async def run(self, pause: Callable[[float], Awaitable[None]]) -> None:
        """Keep the connection up until `stop`; `pause` waits for some seconds."""
        tries = 0
        while not self._stopped:
            portals = self._portals()
            address = portals[tries % len(portals)]
            try:
                link = await self._connect(address)
            except NotReached as why:
                tries += 1
                self._not_reached(address.url, why)
                if tries >= len(portals):
                    self._tried.set()
                await pause(self._wait(tries, why))
                continue
            tries = 0
            self.portal, self.refusal = address.url, None
            self._tried.set()
            await self._gone.wait()
            link.abort()
            await pause(self._wait(1, None))

    def stop(self) -> None:
        """Take leave of the portal, and call none again."""
        self._stopped = True
        link, self._link = self._link, None
        if link is not None:
            link.say(Leave())
            link.close()
        self._stop_beating()

    # --- as `upstream.portal.link.Listener` ---------------------------------------------------------------------------

    def told(self, message: Told | Unreadable) -> None:
        """Take what the portal says."""
        match message:
            case Configuration():
                self._configured(message)
            case Beaten():
                self._beaten(message)
            case Replicated():
                self._replicated(message)
            case Settle():
                self._settle(message.number)
            case Renew():
                self._renew()
            case Goodbye():
                self._goodbye(message)
            case Unreadable():
                # It answers a request in a way that came later.
                self._requests.lost(message.id)
            case _:
                self._requests.told(message)

    def down(self, *, silent: bool) -> None:
        """Take note that the connection is gone."""
        self._link, self.portal, self._beats = None, "", 0
        self._stop_beating()
        if self._replica is not None:
            self._replica.disconnected()
        if silent:
            self._requests.away()
        else:
            self._requests.broken()
        self._gone.set()

    # --- the connection -----------------------------------------------------------------------------------------------

    async def _connect(self, address: PortalAddress) -> Link:
        self._gone.clear()
        link = Link(
            self._known,
            boot=self._boot,
            serial=self._obeyed.serial,
            listener=self,
            address=address,
            means=self._means,
        )
        self._link = link
        try:
            async with asyncio.timeout(DIAL_SECONDS):
                await dial(address, lambda: link.socket, proxy=self._proxy, loop=self._means.loop)
                link.begin()
                await link.ready
        except TimeoutError:
            raise NotReached(EnrolmentRefusal.NOT_REACHED, f"no answer within {DIAL_SECONDS} seconds") from None
        finally:
            if not link.is_up:
                self._link = None
                link.ready.cancel()
                link.abort()
        same_run = link.portal_boot == self._portal_boot
        self._portal_boot = link.portal_boot
        self._log.tell(("portal", address.url), "the portal is connected", portal=address.url)
        self._requests.connected(link.say, same_run=same_run)
        self._beats = 0
        self._beaten_from.clear()
        self._ask_for_replica()
        self._send_beat()
        return link

    def _not_reached(self, url: str, why: NotReached) -> None:
        self.refusal = why
        if why.refusal in _OUTCAST:
            self._requests.away()
            self._obeyed.forget()
            self._configured_replica()
        self._log.tell(
            ("portal", url, why.refusal),
            "the portal is not reached",
            portal=url,
            cause=why.refusal.value,
            detail=why.detail,
        )

    def _wait(self, tries: int, why: NotReached | None) -> float:
        """Return the seconds until the next try: a lot between half of the longest and the longest."""
        longest = min(LONGEST_WAIT, SHORTEST_WAIT * (1 << min(tries - 1, 8)))
        if why is not None and why.refusal in _OUTCAST:
            longest = OUTCAST_WAIT
        return longest * (1_000 + self._means.randomness.below(1_000)) / 2_000

    def _configured(self, message: Configuration) -> None:
        taken = self._obeyed.take(message)
        if taken is not Taken.TAKEN:
            self._log.tell(("configuration", taken), "a configuration was refused", cause=taken.name.lower())
        else:
            self._configured_replica()
            if self._beats:
                self._send_beat()

    # --- the replica --------------------------------------------------------------------------------------------------

    def _configured_replica(self) -> None:
        if self._replica is not None:
            self._replica.configured()
            if self._beats and not self._replica.is_current:
                self._ask_for_replica()

    def _ask_for_replica(self) -> None:
        wanted = None if self._replica is None else self._replica.wanted()
        if wanted is not None:
            self._say(wanted)

    def _replicated(self, message: Replicated) -> None:
        replica = self._replica
        if replica is None:
            return
        was_current = replica.is_current
        if not replica.take(message, self._portal_boot):
            self._ask_for_replica()
        elif replica.is_current and not was_current:
            # How long it may be used is counted from a beat that is said now.
            self._send_beat()

    def _settle(self, number: int) -> None:
        link = self._link

        def settled(durable: bool) -> None:  # noqa: FBT001 - the one thing that a callback is told
            if durable and link is not None and self._link is link:
                link.say(Settled(number=number))

        if self._replica is None:
            settled(True)  # noqa: FBT003 - as above
        else:
            self._replica.settle(settled)

    def _goodbye(self, message: Goodbye) -> None:
        with suppress(ValueError):
            refusal = EnrolmentRefusal(message.reason)
            self._not_reached(self.portal, NotReached(refusal))
        if self._link is not None:
            self._link.abort()

    # --- beats --------------------------------------------------------------------------------------------------------

    def _send_beat(self) -> None:
        self._stop_beating()
        if self._link is None:
            return
        self._beats += 1
        if self._replica is not None:
            self._beaten_from[self._beats] = self._replica.moment()
            self._beaten_from.pop(self._beats - MOST_UNANSWERED, None)
        self._say(
            Beat(
                number=self._beats,
                wall=self._means.clock.wall(),
                version=self._said.version,
                host=self._said.host,
                address=self._link.socket.here(),
                serial=self._obeyed.serial,
                load=self._said.load(),
                listeners=self._said.listeners(),
            )
        )
        self._beat = self._means.loop.call_later(BEAT_SECONDS, self._send_beat)

    def _beaten(self, message: Beaten) -> None:
        self.heard_at = self._means.clock.monotonic()
        self.skew = self._means.clock.wall() - message.wall
        said = self._beaten_from.pop(message.number, None)
        if said is not None and self._replica is not None:
            for earlier in [number for number in self._beaten_from if number < message.number]:
                del self._beaten_from[earlier]
            self._replica.heard(Word(said=said, answered=self._replica.moment().elapsed, portal=message.wall))

    def _stop_beating(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _say(self, message: Asked) -> None:
        if self._link is not None:
            self._link.say(message)

    def seconds_apart(self) -> float | None:
        """Return for how many seconds no portal was heard, None where none ever was."""
        if self.heard_at is None:
            return None
        return (self._means.clock.monotonic() - self.heard_at) / NANOSECONDS
