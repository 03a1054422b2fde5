"""
Logins over RADIUS: from an Access-Request to the attempt that `app.login` decides, and from its outcome to the answer.

A request that is proven but cannot be a login gets a Reject and not silence: a server that stays silent is taken for
dead by everybody (R91).
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from watchword.app.attempt import LoginAttempt
from watchword.domain.applications import PrimaryKind
from watchword.domain.secrets import Secret
from watchword.domain.verification import Credential, Denied, Outcome
from watchword.domain.verification import Reason as Why
from watchword.kit.clock import NANOSECONDS
from watchword.kit.randomness import Randomness
from watchword.kit.timers import Timers
from watchword.listeners.clients import CurrentConfiguration, host_of
from watchword.listeners.radius import Exchange, Surroundings
from watchword.listeners.replies import refusal, reply_to
from watchword.listeners.sources import canonical
from watchword.listeners.timing import reject_at
from watchword.ports.login import Waiting
from watchword.wire.radius.access import Credentials, read_access_request
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.errors import RadiusError
from watchword.wire.radius.packet import Code

_CREDENTIALS: Final = {
    Credentials.PAP: Credential.PAP,
    Credentials.CHAP: Credential.CHAP,
    Credentials.MS_CHAP: Credential.MS_CHAP,
    Credentials.EAP: Credential.EAP,
    Credentials.NONE: Credential.NONE,
    Credentials.SEVERAL: Credential.SEVERAL,
}

# Looking a member up takes a while, so what every login needs is looked up once.
_PAP: Final = Credential.PAP
_NONE: Final = Credential.NONE
_CALLING_STATION_ID: Final = AttributeType.CALLING_STATION_ID
_ACCESS_REJECT: Final = Code.ACCESS_REJECT


class Login(Protocol):
    """Decides logins: `app.login.Login`."""

    def submit(self, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> Waiting:
        """Take a login in and call `done` with its outcome, once, possibly before this returns."""


class AccessService:
    """Serves Access-Request."""

    name = "radius"
    code = Code.ACCESS_REQUEST

    def __init__(
        self,
        *,
        login: Login,
        current: CurrentConfiguration,
        timers: Timers,
        randomness: Randomness,
        surroundings: Surroundings,
    ) -> None:
        """
        Make the service.

        Args:
            login: what decides.
            current: where `reject_delay` stands.
            timers: what holds Rejects back.
            randomness: what blurs when they leave.
            surroundings: what all ports share.
        """
        self._login = login
        self._current = current
        self._timers = timers
        self._randomness = randomness
        self._clock = surroundings.clock
        self._metrics = surroundings.metrics
        self._log = surroundings.log
        self._fault = surroundings.fault

    def begin(self, exchange: Exchange) -> None:
        """Hand a login over to whoever decides it."""
        packet, application = exchange.packet, exchange.client.application
        try:
            request = read_access_request(packet, exchange.secret)
        except RadiusError as error:
            self._refused(exchange, error)
            return
        credential = _CREDENTIALS[request.credentials]
        if credential is _NONE and application.primary is PrimaryKind.ASSERTED:
            # The client has checked the password and need not send one: that is a password field left empty.
            credential = _PAP
        source, address = canonical(packet.only(_CALLING_STATION_ID))
        attempt = LoginAttempt(
            application,
            host_of(exchange.host),
            request.user_name,
            Secret(request.password),
            credential,
            source,
            address,
            request.state,
            exchange.arrived.now,
            exchange.arrived.monotonic + application.deadline * NANOSECONDS,
        )
        waiting = self._login.submit(attempt, partial(self._decided, exchange))
        if not exchange.decided:
            exchange.waiting = waiting

    def failed(self, exchange: Exchange) -> None:
        """Deny a login over which something has raised."""
        self._decided(exchange, Denied(reason=Why.ERROR))

    def _refused(self, exchange: Exchange, error: RadiusError) -> None:
        """Reject what is proven and no login. It is nobody's failure and has no row."""
        application = exchange.client.application.name
        self._metrics.refused.add(self.name, error.reason)
        self._log.tell(
            (self.name, error.reason, application),
            "a request was refused that cannot be a login",
            listener=self.name,
            cause=error.reason,
            client=exchange.host,
            application=application,
        )
        self._decided(exchange, Denied(reason=Why.ERROR))

    def _decided(self, exchange: Exchange, outcome: Outcome) -> None:
        """Answer a request, once: the first outcome stands, also while its Reject is held back."""
        if exchange.decided:
            return
        exchange.decided = True
        try:
            octets = reply_to(exchange.packet, exchange.secret, outcome)
        except Exception:  # noqa: BLE001 - whoever decided has others to tell, and this one is denied
            self._fault("answer")
            octets = refusal(exchange.packet, exchange.secret)
        if octets[0] == _ACCESS_REJECT:
            self._hold_back(exchange, octets)
        else:
            exchange.answer(octets)

    def _hold_back(self, exchange: Exchange, octets: bytes) -> None:
        delay = self._current.value.settings.radius.reject_delay
        leaves_at = reject_at(exchange.arrived.monotonic, delay=delay, randomness=self._randomness)
        if leaves_at <= self._clock.monotonic():
            exchange.answer(octets)
        else:
            self._timers.at(leaves_at, partial(exchange.answer, octets))
