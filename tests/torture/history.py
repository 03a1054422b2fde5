"""
What the clients did and saw: every packet, every answer, and which things that are good once each of them spends.

A request goes out from a loopback address of its own, and that address stands in its row of activity as the client's.
So each row belongs to one request, also where its answer was lost with the process. An answer to a challenge has to
come from the address that was challenged, and shares it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.rigs.nas import Code


class Kind(StrEnum):
    """Things that are good once."""

    TOTP = "time step"
    HOTP = "counter"
    BACKUP = "backup code"
    BYPASS = "bypass"
    STATE = "State"
    APPROVAL = "approval"


@dataclass(slots=True, eq=False)
class Token:
    """
    Something that is good once.

    Attributes:
        user: whose it is.
        subject: identifier of the method or bypass, digest of the State, and nothing for an approval.
        step: time step or counter, and for an approval its number.
        digest: of a backup code, as it is stored.
        typed: what is typed to spend it.
        life: in which of the server's lives it was offered first.
        cancelling: whether somebody tries to cancel it; `cancelled`: whether he was told that he has.
        requests: all that would spend it.
    """

    kind: Kind
    user: str
    subject: bytes = b""
    step: int = 0
    digest: bytes = b""
    typed: str = ""
    life: int = 0
    cancelling: bool = False
    cancelled: bool = False
    requests: list["Request"] = field(default_factory=list)

    def accepts(self) -> Iterator[tuple["Request", "Answered"]]:
        """Yield each Access-Accept that was got for it."""
        for request in self.requests:
            for answered in request.answers:
                if answered.code is Code.ACCESS_ACCEPT:
                    yield request, answered

    @property
    def spent_in(self) -> int | None:
        """The first life in which an Access-Accept was got for it, None where none was."""
        return min((answered.life for _, answered in self.accepts()), default=None)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject.hex()}/{self.step} of {self.user}"


@dataclass(frozen=True, slots=True)
class Sent:
    """When a packet was sent: the server's life, and the wall clock in microseconds."""

    life: int
    at: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back for a packet: the server's life, the wall clock in microseconds, and what it was."""

    life: int
    at: int
    code: Code


@dataclass(slots=True, eq=False)
class Request:
    """
    A packet, sent once or several times.

    Attributes:
        host: the address that it comes from.
        source: where it says that the user is.
        application: whom it asks as.
        answers_challenge: whether it carries a State.
        tokens: what it spends where it is accepted.
    """

    number: int
    host: str
    user: str
    source: str
    application: str
    answers_challenge: bool = False
    tokens: tuple[Token, ...] = ()
    sent: list[Sent] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)

    def first_sent(self, life: int) -> int:
        """Return when it was sent first in a life of the server."""
        return next(sent.at for sent in self.sent if sent.life == life)

    def __str__(self) -> str:
        return f"request {self.number} from {self.host} ({self.user} at {self.application}, source {self.source})"


@dataclass(frozen=True, slots=True)
class Approval:
    """A device has signed a yes: for whom, for which verification, and when, by the wall clock in microseconds."""

    user: str
    verification: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Life:
    """One life of the server: from when on, by the wall clock in microseconds, it may have answered."""

    number: int
    began: int


@dataclass(slots=True)
class History:
    """All of it."""

    requests: list[Request] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    by_host: dict[str, list[Request]] = field(default_factory=dict)

    def ask(self, request: Request) -> None:
        """Take down a request that is about to be sent."""
        self.requests.append(request)
        self.by_host.setdefault(request.host, []).append(request)
        for token in request.tokens:
            token.requests.append(request)

    def offer(self, token: Token) -> Token:
        """Take down a thing that is good once."""
        self.tokens.append(token)
        return token

    def answer(self, request: Request, answered: Answered) -> bool:
        """
        Take down an answer; False for the same one again, as a retransmission gets it.

        One life of the server gives one packet one answer (RFC 5080 section 2.2.2); another is a fault.
        """
        before = next((known for known in request.answers if known.life == answered.life), None)
        if before is not None:
            if before.code is not answered.code:
                self.faults.append(f"{request} was answered with {before.code.name}, then with {answered.code.name}")
            return False
        request.answers.append(answered)
        return True
