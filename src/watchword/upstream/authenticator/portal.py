"""
How a device speaks to its portal: over TLS that the system trusts, or in clear with its own machine and nobody else.

Everything is one request and one bounded answer; nothing is followed elsewhere.
"""

import http.client
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import urlsplit

from watchword.wire import authenticator as wire

PREFIX: Final = "/authenticator/v1"
PAIRING: Final = "/pair"
"""What stands between the portal's URL and the # of a pairing URL."""

SECONDS: Final = 10.0
"""Seconds that the portal has for an answer, besides those that it was asked to wait."""

Reply = TypeVar("Reply")


class PortalError(Exception):
    """The portal was not reached, or it has refused. The text is a sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingUrl:
    """What a pairing URL says: where the portal is, and the token that it takes once."""

    portal: str
    token: str

    @classmethod
    def read(cls, written: str) -> "PairingUrl":
        """Read a pairing URL. Raises `PortalError`."""
        portal, hash_sign, token = written.strip().partition("#")
        if not (hash_sign and token and portal.endswith(PAIRING)):
            raise PortalError("that is no pairing URL; it looks like https://portal.example.org/pair#TOKEN")
        return cls(portal=portal.removesuffix(PAIRING), token=token)


class PortalClient:
    """Speaks to one portal."""

    def __init__(self, url: str, *, in_clear: bool = False) -> None:
        """
        Prepare to speak.

        Args:
            url: the portal's, without a slash at its end.
            in_clear: whether http:// is meant also where others could listen and answer.

        Raises:
            PortalError: it is no such URL, or one that may not be used.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
            raise PortalError("the portal's URL must be https://HOST or https://HOST:PORT")
        if parts.scheme == "http" and not in_clear and not is_here(host):
            raise PortalError(
                f"{url} would be spoken to in clear, where others could answer in the portal's name; use https://"
            )
        self._host, self._port, self._path = host, port, parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None

    def pair(self, request: wire.PairRequest) -> wire.PairReply:
        """Be paired. Raises `PortalError`."""
        return self._asked("pair", request, wire.decode_pair_reply)

    def fetch(self, request: wire.FetchRequest) -> wire.Prompt | None:
        """Ask what waits. Raises `PortalError`."""
        return self._asked("prompts", request, wire.decode_fetch_reply, seconds=SECONDS + request.wait).prompt

    def answer(self, request: wire.AnswerRequest) -> str:
        """Answer, and return what became of it. Raises `PortalError`."""
        return self._asked("answer", request, wire.decode_answer_reply).result

    def _asked(
        self, name: str, message: wire.Message, decode: Callable[[bytes], Reply], *, seconds: float = SECONDS
    ) -> Reply:
        connection = self._connection(seconds)
        try:
            headers = {"content-type": "application/json", "connection": "close"}
            connection.request("POST", f"{self._path}{PREFIX}/{name}", wire.encode(message), headers)
            response = connection.getresponse()
            octets = response.read(wire.LONGEST_MESSAGE + 1)
        except ssl.SSLCertVerificationError as error:
            raise PortalError(f"the portal's certificate is not trusted here: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise PortalError(f"the portal at {self._host} cannot be reached: {words}") from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise PortalError(_refusal(response.status, octets))
        try:
            return decode(octets)
        except wire.AuthenticatorError as error:
            raise PortalError(f"the portal's answer cannot be understood: {error}") from error

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        return http.client.HTTPSConnection(self._host, self._port, timeout=seconds, context=self._tls)


def is_here(host: str) -> bool:
    """Tell whether a host is this machine, by its looks: a name that has to be looked up could be anybody's."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(status: int, octets: bytes) -> str:
    """Return the portal's words for a refusal, where they are a problem document (RFC 9457)."""
    try:
        detail = json.loads(octets)["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        detail = None
    return detail if isinstance(detail, str) else f"the portal answers with HTTP status {status}"
