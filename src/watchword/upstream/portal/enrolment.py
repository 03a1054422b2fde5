"""
How a server becomes known to its portal, from the server's side: three questions over HTTP, each answered at once.

The portal proves first that it is the one whose fingerprint stands in the URL, and names the key that boxes for it are
made for; only then the password leaves, in such a box. So neither a wrong certificate nor a proxy that ends TLS sees
it. Whatever goes wrong is one of `domain.enrolment.EnrolmentRefusal`, and its words are ours.
"""

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from watchword.domain.applications import GroupId
from watchword.domain.enrolment import CLOCK_WINDOW, FINGERPRINT, WORDS, EnrolmentRefusal
from watchword.domain.secrets import Secret
from watchword.domain.servers import ServerId
from watchword.domain.statements import (
    ACTIVATION_BOX,
    NONCE_OCTETS,
    ActivatedStatement,
    ActivationStatement,
    PortalStatement,
    RenewalStatement,
    RenewedStatement,
)
from watchword.kit.clock import Clock
from watchword.kit.identities import Identity, fingerprint, is_identity, put_into_box, stated_by
from watchword.kit.randomness import Randomness
from watchword.wire.channel import enrolment as wire

PREFIX: Final = "/enrolment/v1"

SECONDS: Final = 15.0
"""Seconds that each answer has."""

TRIES: Final = 3
"""How often the same is asked where its answer is lost."""

_PORTS: Final = {"http": 80, "https": 443}
_FINGERPRINT_DIGITS: Final = 64
Reply = TypeVar("Reply")


class NotEnrolled(Exception):  # noqa: N818 - it is an answer, not a fault
    """The server did not become known, or may not have become known. `detail` is for whoever looks closer."""

    def __init__(self, refusal: EnrolmentRefusal, detail: str = "") -> None:
        super().__init__(WORDS[refusal] + (f" ({detail})" if detail else ""))
        self.refusal = refusal
        self.detail = detail


class UrlFault(Exception):  # noqa: N818 - it is what somebody typed
    """That is no portal's URL, or none that may be used. The text says what one looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalUrl:
    """A portal's URL, without a slash at its end, and the fingerprint of its identity."""

    url: str
    pin: bytes

    @classmethod
    def read(cls, written: str, *, in_clear: bool = False) -> "PortalUrl":
        """
        Read what `watchword server credentials` has printed.

        Args:
            written: `https://HOST[:PORT][/PATH]#sha256=HEX`.
            in_clear: whether http:// is meant also where others could listen.

        Raises:
            UrlFault: it is none.
        """
        url, _, pin = written.strip().partition("#")
        digits = pin.removeprefix(FINGERPRINT)
        if not pin.startswith(FINGERPRINT) or len(digits) != _FINGERPRINT_DIGITS:
            raise UrlFault(
                "the URL must end as it was printed, with #sha256= and 64 digits: they tell the portal apart"
            )
        try:
            octets, parts = bytes.fromhex(digits), _parts(url)
        except ValueError:
            raise UrlFault("that is no portal's URL; it looks like https://portal.example.org#sha256=...") from None
        if parts.scheme == "http" and not in_clear and not _is_here(parts.hostname or ""):
            raise UrlFault(f"{url} would be spoken to in clear; use https://")
        return cls(url=url.rstrip("/"), pin=octets)


def _parts(url: str) -> SplitResult:
    """Return a URL's parts. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError(url)
    return parts


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine, by its looks: a name that has to be looked up could be anybody's."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody who sets up a server has: the credentials, and the group that it is to be in, None for any."""

    email: str
    password: Secret = field(repr=False)
    group: str | None
    version: str
    host_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalShown:
    """The portal, as it has proven to be: its public key, and the key that boxes for it are made for."""

    key: bytes
    box_key: bytes


class PortalDoor:
    """Asks one portal."""

    def __init__(
        self,
        portal: PortalUrl,
        *,
        clock: Clock,
        randomness: Randomness,
        tls: ssl.SSLContext | None = None,
        proxy: SplitResult | None = None,
    ) -> None:
        """
        Prepare to ask.

        Args:
            portal: where it is, and who.
            clock: this machine's.
            randomness: where nonces come from.
            tls: whose certificates are trusted, None for those that the system trusts.
            proxy: what connections go through by HTTP CONNECT, None for straight ones.
        """
        self._portal = portal
        self._clock = clock
        self._randomness = randomness
        self._tls = tls
        self._proxy = proxy
        self._parts = _parts(portal.url)

    def prove(self) -> PortalShown:
        """Have the portal prove that it is the one that is meant. Raises `NotEnrolled`."""
        nonce = self._randomness.octets(NONCE_OCTETS)
        shown = self._asked("GET", f"/portal?nonce={nonce.hex()}", None, wire.PortalShown)
        statement = PortalStatement(nonce=nonce, box_key=shown.box_key, at=shown.at)
        if not is_identity(shown.key) or fingerprint(shown.key) != self._portal.pin:
            raise NotEnrolled(EnrolmentRefusal.WRONG_PORTAL)
        if not stated_by(shown.key, statement.canonical(), shown.signature):
            raise NotEnrolled(EnrolmentRefusal.WRONG_PORTAL)
        if abs(self._clock.wall() - shown.at) > CLOCK_WINDOW:
            raise NotEnrolled(EnrolmentRefusal.CLOCK)
        return PortalShown(key=shown.key, box_key=shown.box_key)

    def activate(self, shown: PortalShown, identity: Identity, *, link: bytes, wish: Wish) -> ActivatedStatement:
        """
        Become known, and return what the portal states.

        Args:
            shown: the portal, which has just proven itself.
            identity: the server's.
            link: digest of the secret that its first session will show.
            wish: what with.

        Raises:
            NotEnrolled: it did not, or, with `ANSWER_LOST`, nobody here knows.
        """
        statement = ActivationStatement(
            portal=self._portal.pin, email=wish.email, key=identity.public, link=link, at=self._clock.wall()
        )
        asked = wire.Asked(
            portal=statement.portal,
            email=statement.email,
            key=statement.key,
            link=statement.link,
            at=statement.at,
            proof=identity.sign(statement.canonical()),
            password=wish.password.octets.decode(errors="replace"),
            group=wish.group,
            version=wish.version,
            host_name=wish.host_name,
        )
        box = put_into_box(wire.encode(asked), box_key=shown.box_key, purpose=ACTIVATION_BOX)
        known = self._until_answered("/activate", wire.encode(wire.Boxed(box=box)), wire.Known)
        told = ActivatedStatement(
            server=ServerId(known.server),
            key=known.key,
            name=known.name,
            group=GroupId(known.group),
            group_name=known.group_name,
        )
        if known.key != identity.public or not stated_by(shown.key, told.canonical(), known.signature):
            raise NotEnrolled(EnrolmentRefusal.NOT_UNDERSTOOD)
        return told

    def renew(self, shown: PortalShown, server: ServerId, identity: Identity, new: Identity) -> None:
        """Have another key known in place of this server's. Raises `NotEnrolled`."""
        statement = RenewalStatement(portal=self._portal.pin, server=server, key=new.public, at=self._clock.wall())
        asked = wire.Renewing(
            portal=statement.portal,
            server=server,
            key=statement.key,
            at=statement.at,
            proof=identity.sign(statement.canonical()),
            new_proof=new.sign(statement.canonical()),
        )
        renewed = self._until_answered("/renew", wire.encode(asked), wire.Renewed)
        told = RenewedStatement(server=ServerId(renewed.server), key=renewed.key)
        if told != RenewedStatement(server=server, key=new.public):
            raise NotEnrolled(EnrolmentRefusal.NOT_UNDERSTOOD)
        if not stated_by(shown.key, told.canonical(), renewed.signature):
            raise NotEnrolled(EnrolmentRefusal.NOT_UNDERSTOOD)

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    def _until_answered(self, path: str, body: bytes, kind: type[Reply]) -> Reply:
        """Ask as often as an answer is lost: the same is answered the same."""
        for _ in range(TRIES - 1):
            try:
                return self._asked("POST", path, body, kind)
            except NotEnrolled as refused:
                if refused.refusal is not EnrolmentRefusal.ANSWER_LOST:
                    raise
        return self._asked("POST", path, body, kind)

    def _asked(self, method: str, path: str, body: bytes | None, kind: type[Reply]) -> Reply:
        with closing(self._connection()) as connection:
            _reached(connection.connect, through_proxy=self._proxy is not None)
            try:
                headers = {"content-type": "application/json", "connection": "close"}
                connection.request(method, f"{self._parts.path.rstrip('/')}{PREFIX}{path}", body, headers)
                # Where the connection is to be closed the response owns the socket.
                with connection.getresponse() as response:
                    status, octets = response.status, response.read(wire.LONGEST_MESSAGE + 1)
            except (OSError, http.client.HTTPException) as error:
                raise NotEnrolled(_lost(error, asked=body is not None), type(error).__name__) from None
        if status != http.client.OK:
            raise _refused(status, octets)
        answer = wire.decode(octets, kind)
        if answer is None:
            raise NotEnrolled(EnrolmentRefusal.NOT_UNDERSTOOD)
        return answer

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port or _PORTS[self._parts.scheme]
        via = (host, port) if self._proxy is None else (self._proxy.hostname or "", self._proxy.port or 8080)
        made: http.client.HTTPConnection
        if self._parts.scheme == "https":
            # Reading what the system trusts takes tens of milliseconds, which a server that starts does not spend.
            secure = self._tls or ssl.create_default_context()
            made = http.client.HTTPSConnection(*via, timeout=SECONDS, context=secure)
        else:
            made = http.client.HTTPConnection(*via, timeout=SECONDS)
        if self._proxy is not None:
            made.set_tunnel(host, port, _authorization(self._proxy))
        return made


def _authorization(proxy: SplitResult) -> dict[str, str]:
    """Return the headers that a proxy wants."""
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def _reached(connect: Callable[[], None], *, through_proxy: bool) -> None:
    """Connect: before anything was asked nothing can have been done. Raises `NotEnrolled`."""
    try:
        connect()
    except ssl.SSLCertVerificationError as error:
        raise NotEnrolled(EnrolmentRefusal.TLS_NOT_TRUSTED, error.verify_message) from None
    except ssl.SSLError as error:
        raise NotEnrolled(EnrolmentRefusal.NOT_UNDERSTOOD, f"TLS: {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if through_proxy and not isinstance(error, TimeoutError):
            # What comes from behind a proxy that lets us through is TLS; all else is its own.
            refusal = EnrolmentRefusal.PROXY
        elif isinstance(error, socket.gaierror):
            refusal = EnrolmentRefusal.NAME_NOT_FOUND
        else:
            refusal = EnrolmentRefusal.NOT_REACHED
        raise NotEnrolled(refusal, words) from None


def _lost(error: OSError | http.client.HTTPException, *, asked: bool) -> EnrolmentRefusal:
    """Return what it means that an answer did not come whole, where something was asked for or only looked at."""
    if asked:
        # It may have been done all the same.
        return EnrolmentRefusal.ANSWER_LOST
    # A connection that is closed without a word is both.
    no_http = isinstance(error, http.client.HTTPException)
    return EnrolmentRefusal.NOT_UNDERSTOOD if no_http else EnrolmentRefusal.NOT_REACHED


_BY_STATUS: Final = {429: EnrolmentRefusal.BUSY, 503: EnrolmentRefusal.BUSY}


def _refused(status: int, octets: bytes) -> NotEnrolled:
    """Return the portal's no. Its words are ours: whoever stands in between puts none on this terminal."""
    try:
        code = json.loads(octets).get("code")
        return NotEnrolled(EnrolmentRefusal(code))
    except (ValueError, AttributeError, TypeError, RecursionError):
        refusal = _BY_STATUS.get(status, EnrolmentRefusal.NOT_UNDERSTOOD)
        return NotEnrolled(refusal, f"HTTP status {status}")
