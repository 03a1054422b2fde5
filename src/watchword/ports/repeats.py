"""
What is remembered of requests that create something, so that one that is sent again does nothing twice.

A row is written in the transaction of what it created, so it is there exactly where that was done.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """
    A request that has created something.

    Attributes:
        owner: digest of the key of whoever asked, 32 octets.
        name: digest of the name that he gave to the request, 32 octets.
        request: what was asked for, as a checksum under his key, 32 octets.
        at: UTC microseconds; `expires_at` when it may be forgotten.
    """

    owner: bytes
    name: bytes
    request: bytes
    at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A request that was done before, and its answer, None where that was lost or must not be kept."""

    request: bytes
    answer: bytes | None


class RepeatsReader(Protocol):
    """What can be read."""

    def remembered(self, owner: bytes, name: bytes, *, now: int) -> Remembered | None:
        """Return what was done under a name, None where nothing was or it is long ago."""


class RepeatsChanger(RepeatsReader, Protocol):
    """What can be changed."""

    def remember(self, done: Done) -> bool:
        """Write down that something was done by one conditional write; False where the name is in use."""

    def keep_answer(self, owner: bytes, name: bytes, answer: bytes) -> None:
        """Keep what was answered."""
