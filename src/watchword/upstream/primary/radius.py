"""
A RADIUS server behind us that checks passwords.

It is asked as a NAS asks: PAP, Message-Authenticator first, 16 unpredictable octets as authenticator (R29). Only an
answer that itself carries a right Message-Authenticator counts, because without one a Reject can be turned into an
Accept on the way (R40, CVE-2024-3596). What it grants goes into our own Accept (`wire.radius.carrying`); what it tells
the user does not, and stands in activity.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from watchword.domain.directories import RadiusDirectory
from watchword.domain.verification import Attributes, PrimaryResult, PrimaryVerdict
from watchword.kit.clock import Clock
from watchword.kit.randomness import Randomness
from watchword.kit.timers import Timers
from watchword.ports.login import PrimaryAttempt
from watchword.upstream.primary.datagrams import OpenDatagrams, Resolve
from watchword.upstream.primary.exchanges import Answer, Exchanges, Unanswered
from watchword.wire.radius.attributes import Attribute, AttributeType, text, text_of
from watchword.wire.radius.authenticators import NO_AUTHENTICATOR
from watchword.wire.radius.carrying import carriable
from watchword.wire.radius.client import access_request, read_reply
from watchword.wire.radius.errors import RadiusError
from watchword.wire.radius.packet import Code, Packet
from watchword.wire.radius.shared_secret import SharedSecret

NAS_IDENTIFIER: Final = "watchword"
"""What we call ourselves: a request carries NAS-IP-Address or NAS-Identifier (RFC 2865 section 4.1)."""

LONGEST_DETAIL: Final = 200
"""Characters of a server's words that are kept."""


class RadiusServer:
    """The client of one RADIUS server; closed when its directory is changed or removed."""

    def __init__(
        self,
        directory: RadiusDirectory,
        *,
        open_datagrams: OpenDatagrams,
        resolve: Resolve,
        clock: Clock,
        timers: Timers,
        randomness: Randomness,
    ) -> None:
        self._name = directory.name
        self._secret = SharedSecret(directory.secret.octets)
        self._randomness = randomness
        self._exchanges = Exchanges(
            host=directory.host,
            port=directory.port,
            timeout=directory.timeout,
            tries=directory.tries,
            read=partial(read_reply, secret=self._secret),
            open_datagrams=open_datagrams,
            resolve=resolve,
            clock=clock,
            timers=timers,
        )

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        """Ask the server: its Accept or Reject, or AWAY where none came that counts."""
        attributes = [text(AttributeType.NAS_IDENTIFIER, NAS_IDENTIFIER)]
        if attempt.source is not None:
            attributes.append(text(AttributeType.CALLING_STATION_ID, attempt.source))
        make = partial(self._request, attempt.user_name, attempt.password.octets, attributes)
        self._exchanges.ask(make, attempt.deadline, lambda answer: done(self._result(answer)))

    def close(self) -> None:
        """Check nothing more; what is being checked is AWAY."""
        self._exchanges.close()

    def _request(self, user_name: str, password: bytes, attributes: list[Attribute], identifier: int) -> bytes:
        return access_request(
            self._secret,
            identifier=identifier,
            authenticator=self._randomness.octets(len(NO_AUTHENTICATOR)),
            user_name=user_name,
            password=password,
            attributes=attributes,
        )

    def _result(self, answer: Answer) -> PrimaryResult:
        match answer:
            case Unanswered(words):
                return PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by=self._name, detail=words)
            case RadiusError():
                # What does not fit into a request cannot be right at a server that is asked by requests.
                return self._decided(PrimaryVerdict.REJECTED, f"cannot be asked: {answer.reason.value}")
            case Packet(code=Code.ACCESS_ACCEPT):
                return self._decided(PrimaryVerdict.ACCEPTED, attributes=carriable(answer.attributes))
            case Packet(code=Code.ACCESS_CHALLENGE):
                return self._decided(PrimaryVerdict.REJECTED, f"asked for a step of its own. {_words(answer)}".rstrip())
            case _:
                return self._decided(PrimaryVerdict.REJECTED, _words(answer))

    def _decided(self, verdict: PrimaryVerdict, detail: str = "", attributes: Attributes = ()) -> PrimaryResult:
        return PrimaryResult(
            verdict=verdict, checked_by=self._name, by_directory=True, detail=detail, attributes=attributes
        )


def _words(reply: Packet) -> str:
    """Return what the server says to the user as one line that can be shown anywhere (N27)."""
    said = " ".join(text_of(value) or "" for value in reply.values(AttributeType.REPLY_MESSAGE))
    return "".join(character if character.isprintable() else " " for character in said).strip()[:LONGEST_DETAIL]
