"""
A RADIUS port: from a datagram to a verified new request, and from its answer to a datagram.

Whose address is it, is it a packet, does it prove who sent it, is it a retransmission: in this order, and only what
passes all four reaches the port's service (`access` or `accounting`). What does not is dropped in silence, because an
answer to what is not proven would help whoever forged it (R2, R7, R24); it is counted by its cause, noted for `doctor`
and told in the log once a minute (R48).

No exception leaves this file. What one login runs into must not end the others.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from watchword.kit.clock import NANOSECONDS, Clock, Moment
from watchword.kit.metrics import Metrics
from watchword.kit.telemetry import FaultReport, SeldomLog
from watchword.kit.timers import Later
from watchword.listeners.clients import Clients, KnownClient
from watchword.listeners.duplicates import Seen
from watchword.listeners.observations import ClientRecord, ListenerObservations, RequestAuthenticators
from watchword.listeners.sockets import Peer, ReplyPath, UdpSocket
from watchword.ports.live import Listening
from watchword.ports.login import Waiting
from watchword.wire.radius import replies
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code, Packet, decode
from watchword.wire.radius.shared_secret import SharedSecret

MOST_PROBES: Final = 10
"""Status-Server packets of one client that are answered within a second (R72)."""

GRACE: Final = 5
"""Seconds after its deadline at which a request is given up that nobody has decided: something is broken beneath."""
SWEEP: Final = 10
"""Seconds between two looks for such requests."""

UNKNOWN_CLIENT: Final = "unknown-client"
OVERLOAD: Final = "overload"
TOO_MANY_PROBES: Final = "too-many-probes"
FAULT: Final = "fault"
"""Causes of a drop, besides the codec's reasons."""
LATE: Final = "late"
"""What a request is counted as that was given up."""


_ANSWERS: Final = {
    Code.ACCESS_ACCEPT.value: "accept",
    Code.ACCESS_REJECT.value: "reject",
    Code.ACCESS_CHALLENGE.value: "challenge",
    Code.ACCOUNTING_RESPONSE.value: "response",
}
"""What an answer is called where it is counted."""

# Looking a member up takes a while, so what every request needs is looked up once.
_NEW: Final = Seen.NEW
_STATE: Final = AttributeType.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    What every port of a process shares: the time, and where it tells what it sees.

    Attributes:
        later: `call_later` of the event loop.
    """

    clock: Clock
    later: Later
    metrics: Metrics
    log: SeldomLog
    fault: FaultReport
    observations: ListenerObservations


class Service(Protocol):
    """
    What a port is there for.

    Attributes:
        name: what the port is called where it is counted: `radius` or `accounting`.
        code: the requests that it takes.
    """

    name: str
    code: Code

    def begin(self, exchange: "Exchange") -> None:
        """Take a request in. It is answered or dropped in the end, possibly before this returns."""

    def failed(self, exchange: "Exchange") -> None:
        """Settle a request over which `begin` has raised. It raises nothing."""


class Exchange:
    """
    A request that was taken in, until it is settled: answered or dropped, once.

    Attributes:
        client: who asks.
        packet: what it sent.
        secret: what that was made with.
        key: the way back, whom it leads to, and the packet's Identifier: what a retransmission has too (R23).
        arrived: when it was read.
        decided: whether it is known what will become of it.
        waiting: ends what is done for it, None where that has ended.
    """

    __slots__ = ("_port", "arrived", "client", "decided", "key", "packet", "secret", "waiting")

    def __init__(
        self,
        port: "RadiusPort",
        client: KnownClient,
        packet: Packet,
        secret: SharedSecret,
        key: tuple[ReplyPath, Peer, int],
        arrived: Moment,
    ) -> None:
        self._port = port
        self.client = client
        self.packet = packet
        self.secret = secret
        self.key = key
        self.arrived = arrived
        self.decided = False
        self.waiting: Waiting | None = None

    @property
    def host(self) -> str:
        """The address that it came from, as the socket has it."""
        return self.key[1][0]

    def answer(self, octets: bytes) -> None:
        """Send the answer."""
        self._port.answer(self, octets)

    def drop(self, cause: str) -> None:
        """Leave it unanswered. When the same packet comes again it is new."""
        self._port.drop(self, cause)


class RadiusPort:
    """One port, on as many sockets as it has addresses."""

    def __init__(
        self, service: Service, *, clients: Clients, can_complete: Callable[[], bool], surroundings: Surroundings
    ) -> None:
        """
        Make a port that reads nothing yet.

        Args:
            service: what it is there for.
            clients: whose requests it takes.
            can_complete: whether a request could be served now; while it could not, Status-Server goes unanswered, so
                that clients go elsewhere (R71).
            surroundings: what all ports share.
        """
        self._service = service
        self._name = service.name
        self._labels = (service.name,)
        self._code = service.code
        self._clients = clients
        self._can_complete = can_complete
        self._clock = surroundings.clock
        self._later = surroundings.later
        self._metrics = surroundings.metrics
        self._requests = surroundings.metrics.requests.values
        self._replies = surroundings.metrics.replies.values
        self._latency = surroundings.metrics.latency.of(service.name)
        self._log = surroundings.log
        self._fault = surroundings.fault
        self._observations = surroundings.observations
        self._authenticators = RequestAuthenticators()
        self._sockets: dict[UdpSocket, Listening] = {}
        self._open: set[Exchange] = set()
        self._all_settled: asyncio.Event | None = None
        self._stopped = False
        self._sweep()

    def __len__(self) -> int:
        """Return how many requests were not settled yet."""
        return len(self._open)

    def serve(self, socket: UdpSocket) -> None:
        """Serve on a socket from now on, which is closed together with the port."""
        self._sockets[socket] = socket.listening(self._name)
        self._observations.opened(self._sockets[socket])
        if socket.is_public:
            self._log.tell(
                ("public", socket.host),
                "RADIUS over UDP must not cross the Internet: listen at an address of a network of your own",
                listener=self._name,
                host=socket.host,
            )
        socket.start(self.received)

    async def stop(self, seconds: float) -> None:
        """Take nothing in any more, answer for up to `seconds` what was taken in, and close the sockets."""
        self._stopped = True
        for socket in self._sockets:
            socket.pause()
        try:
            if self._open:
                self._all_settled = asyncio.Event()
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._all_settled.wait()
            # Whoever is left gets silence and asks the next server; a Reject would be the end of the login.
            left, self._open = self._open, set()
            for exchange in left:
                if exchange.waiting is not None:
                    exchange.waiting.cancel()
        finally:
            for socket, listening in self._sockets.items():
                socket.close()
                self._observations.closed(listening)
            self._sockets.clear()

    def received(self, datagram: bytes, peer: Peer, path: ReplyPath, arrived: Moment) -> None:
        """Take a datagram, as `sockets.Receive` says."""
        client = None
        try:
            client = self._clients.find(peer[0])
            if client is None:
                self._dropped(UNKNOWN_CLIENT, None, peer[0])
                return
            client.record.address, client.record.at = peer[0], arrived.now
            packet = decode(datagram)
            if packet.code is not self._code:
                self._received_other(client, packet, peer, path, arrived)
                return
            secret = client.verify(packet)
            self._requests[self._labels] += 1
            key = (path, peer, packet.identifier)
            seen = client.duplicates.admit(key, packet.octets, continues=_STATE in packet.places)
            if seen is not _NEW:
                self._received_again(client, seen, peer, path)
                return
            if self._authenticators.repeats(client.client.id, packet.authenticator, packet.octets):
                client.record.repeated_authenticators += 1
            exchange = Exchange(self, client, packet, secret, key, arrived)
            self._open.add(exchange)
            try:
                self._service.begin(exchange)
            except Exception:  # noqa: BLE001 - as below, and this request is known and wants to be settled
                self._fault(self._name)
                self._service.failed(exchange)
        except RadiusError as error:
            self._dropped(error.reason, client, peer[0])
        except Exception:  # noqa: BLE001 - a datagram must not end the listener, whatever is in it
            self._fault(self._name)
            self._dropped(FAULT, client, peer[0])

    def answer(self, exchange: Exchange, octets: bytes) -> None:
        """Answer a request, unless it was settled before or the port has closed."""
        if not self._settled(exchange):
            return
        now = self._clock.monotonic()
        self._replies[self._name, _ANSWERS[octets[0]]] += 1
        self._latency.observe((now - exchange.arrived.monotonic) / NANOSECONDS)
        key = exchange.key
        if exchange.client.duplicates.answered(key, exchange.packet.octets, octets):
            key[0].send(octets, key[1])

    def drop(self, exchange: Exchange, cause: str) -> None:
        """Leave a request unanswered, unless it was settled before or the port has closed."""
        if self._settled(exchange):
            exchange.client.duplicates.forget(exchange.key, exchange.packet.octets)
            self._dropped(cause, exchange.client, exchange.host)

    def _settled(self, exchange: Exchange) -> bool:
        """Settle a request; False where it was settled before, or the port has closed."""
        if exchange not in self._open:
            return False
        self._open.remove(exchange)
        exchange.waiting = None
        if self._all_settled is not None and not self._open:
            self._all_settled.set()
        return True

    def _dropped(self, cause: str, client: KnownClient | None, host: str) -> None:
        """Count what goes unanswered, note it for `doctor`, and tell it once a minute."""
        self._metrics.dropped.add(self._name, cause)
        if client is None:
            self._observations.nobody.address = host
        _note(self._observations.nobody if client is None else client.record, cause)
        application = None if client is None else client.application.name
        self._log.tell(
            (self._name, cause, application),
            "a packet was dropped",
            listener=self._name,
            cause=cause,
            client=host,
            application=application,
        )

    def _received_again(self, client: KnownClient, seen: bytes | Seen, peer: Peer, path: ReplyPath) -> None:
        """Deal with a proven request that is not new, or that there is no room for."""
        if seen is Seen.WAITING:
            client.record.retries += 1
            self._metrics.retransmissions.add(self._name, "before")
        elif isinstance(seen, bytes):
            self._metrics.retransmissions.add(self._name, "after")
            path.send(seen, peer)
        else:
            self._dropped(OVERLOAD, client, peer[0])

    def _sweep(self) -> None:
        """Give up what nobody has decided in time, so that a broken part beneath fills no memory and denies (R91)."""
        if not self._stopped:
            self._later(SWEEP, self._sweep)
        now = self._clock.monotonic()
        for exchange in tuple(self._open):
            seconds = exchange.client.application.deadline + GRACE
            if not exchange.decided and now >= exchange.arrived.monotonic + seconds * NANOSECONDS:
                self._metrics.faults.add(LATE)
                self._log.tell((self._name, LATE), "a request was given up that nobody decided", listener=self._name)
                waiting = exchange.waiting
                self._service.failed(exchange)
                if waiting is not None:
                    waiting.cancel()

    def _received_other(
        self, client: KnownClient, packet: Packet, peer: Peer, path: ReplyPath, arrived: Moment
    ) -> None:
        """Answer Status-Server (RFC 5997), which touches nothing but its own numbers (R70 to R72)."""
        if packet.code is not Code.STATUS_SERVER:
            self._dropped(Reason.UNSUPPORTED_CODE, client, peer[0])
            return
        secret = client.verify(packet)
        if not client.may_probe(arrived.monotonic // NANOSECONDS, MOST_PROBES):
            self._dropped(TOO_MANY_PROBES, client, peer[0])
        elif self._can_complete():
            self._metrics.status.add(self._name, "alive")
            path.send(replies.status(packet, secret, accounting=self._code is Code.ACCOUNTING_REQUEST), peer)
        else:
            self._metrics.status.add(self._name, "silence")


def _note(record: ClientRecord, cause: str) -> None:
    match cause:
        case Reason.NO_MESSAGE_AUTHENTICATOR | Reason.UNSIGNED_EAP:
            record.without_authenticator += 1
        case Reason.UNSIGNED_PROXY_STATE:
            record.unsigned_proxy_state += 1
        case Reason.WRONG_MESSAGE_AUTHENTICATOR | Reason.WRONG_AUTHENTICATOR:
            record.bad_authenticator += 1
        case _:
            record.dropped += 1
