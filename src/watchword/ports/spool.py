"""
What a server keeps on its own disk until its portal has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from watchword.domain.applications import ApplicationId, AuthenticationType


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayRow:
    """
    A login, or several alike, that was denied while no portal answered.

    Attributes:
        key: 16 octets, made as identifiers are, by which the portal knows the row again.
        at: UTC microseconds of the first.
        count: how many.
        why: why nothing was decided, where there is more to say than that no portal answered.
    """

    key: bytes
    at: int
    count: int
    application: ApplicationId
    authentication_type: AuthenticationType
    user_name: str
    client: str
    source: str | None
    why: str = ""


class Spool(Protocol):
    """Keeps rows in their order, in a file. It is for one thread at a time."""

    def load(self) -> list[AwayRow]:
        """Return what an earlier run has kept; what cannot be read any more is left out."""

    def keep(self, rows: Sequence[AwayRow]) -> None:
        """Keep exactly these rows, durably. Raises OSError where that was not possible."""
