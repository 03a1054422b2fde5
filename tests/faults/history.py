"""
What was asked, heard, administered and written down while faults came and went.

Instants are the machine's wall clock in UTC microseconds. A packet comes from an address of its own, which stands in
its rows as the client's, so each row belongs to one packet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.rigs.nas import Code


class Kind(StrEnum):
    """What a login passes by. Each is good once."""

    CODE = "code"
    BYPASS = "bypass"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A phone was asked, and its answer was taken."""

    verification: str
    at: int


@dataclass(slots=True, eq=False)
class Login:
    """
    Something that is good once, and everything that asked to be let in by it.

    Attributes:
        typed: what is typed, code and all.
        application: where; at some a password is typed too, which the portal compares for the servers.
        denied: whether the phone says no.
        prompts: what its phone was asked, and answered.
    """

    kind: Kind
    user: str
    typed: str = ""
    application: str = ""
    denied: bool = False
    packets: list["Packet"] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.kind} {self.typed} of {self.user} at {self.application}".replace("  ", " ")


@dataclass(slots=True, eq=False)
class Packet:
    """A packet to a server from a place, and what came back, None for nothing."""

    login: Login
    client: str
    source: str
    server: str
    sent_at: int
    heard_at: int | None = None
    code: Code | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was answered with Access-Accept."""
        return self.code is Code.ACCESS_ACCEPT

    def __str__(self) -> str:
        return f"{self.login} from {self.source} by {self.client} at {self.server}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """
    An administrator was told that a user, a server or a bypass counts no more.

    Attributes:
        at: when he was told.
        not_reached: servers that the answer named, and until when each could still act by what it knew.
    """

    at: int
    user: str | None = None
    server: str | None = None
    bypass: Login | None = None
    not_reached: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.user or self.server or self.bypass}"


@dataclass(frozen=True, slots=True)
class Healed:
    """Seconds after the end of the last fault in which a login passed through a server, None where none did."""

    server: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of activity."""

    id: str
    at: int
    user: str
    client: str
    source: str | None
    server: str
    outcome: str
    reason: str
    origin: str | None = None


@dataclass(slots=True)
class History:
    """
    All of it.

    Attributes:
        lives: when each process of the portal was started.
    """

    logins: list[Login] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    lives: list[int] = field(default_factory=list)
    healed: list[Healed] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def packets(self) -> list[Packet]:
        """All packets."""
        return [packet for login in self.logins for packet in login.packets]
