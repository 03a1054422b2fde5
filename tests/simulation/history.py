"""
What happened, in the order in which it happened: for whoever reads it, and for the checker.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.scheduler import SECOND
from watchword.domain.verification import Outcome


@dataclass(slots=True, eq=False)
class Login:
    """
    Somebody who signs in at a VPN, which asks one server after the other until one answers.

    Attributes:
        source: where he is; no two logins have the same.
        code: what he types behind his password, None for nothing.
        number: what the VPN shows him, None for nothing.
        state: what the VPN got with a challenge.
    """

    number: int
    user: str
    application: str
    source: str
    servers: tuple[str, ...]
    code: str | None
    right: bool = True
    shown: str | None = None
    state: bytes | None = None
    requests: list["Request"] = field(default_factory=list)
    accepted: bool = False
    over: bool = False


@dataclass(slots=True, eq=False)
class Request:
    """
    One request of a login at one server. Instants are nanoseconds.

    Attributes:
        arrived: when the server took it in, None where it never did.
        life: which run of the server that was.
        frozen: for how long the server had stood still by then.
        answers: what it answered, and when.
    """

    login: Login
    server: str
    state: bytes | None
    typed: bytes
    sent: int
    arrived: int | None = None
    life: int = 0
    frozen: int = 0
    answers: list[tuple[int, int, Outcome]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Begun:
    """A verification that was put in progress: by which run of the portal, at which server, for whom, how it ended."""

    life: int
    server: str
    verification: bytes
    user: str
    source: str | None
    epoch: int
    begun: int
    ended: int | None = None
    reason: str = ""


@dataclass(slots=True, eq=False)
class Errand:
    """Something that an administrator asked for. `result` is None where no answer came."""

    name: str
    subject: str
    begun: int
    ended: int | None = None
    result: object = None


class History:
    """All of it."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._lines: list[str] = []
        self.logins: list[Login] = []
        self.begun: list[Begun] = []
        self.errands: list[Errand] = []
        self.approvals: list[bytes] = []
        self.faults: list[str] = []
        self.hung = False

    def note(self, who: str, what: str) -> None:
        """Write a line."""
        self._lines.append(f"{self._now() / SECOND:11.6f}  {who:<10}  {what}")

    @property
    def requests(self) -> list[Request]:
        """All requests of all logins."""
        return [request for login in self.logins for request in login.requests]

    @property
    def last(self) -> int:
        """The nanosecond at which the last request was sent."""
        return max((request.sent for request in self.requests), default=0)

    def text(self) -> str:
        """Return all lines."""
        return "\n".join(self._lines)

    def digest(self) -> str:
        """Return what tells this history from every other."""
        return hashlib.sha256(self.text().encode()).hexdigest()
