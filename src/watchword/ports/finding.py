"""
How administration finds people among a million: by what their names begin with, and by how they stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from watchword.domain.users import User, UserId


class Standing(StrEnum):
    """What users may be listed by."""

    BLOCKED = "blocked"
    DISABLED = "disabled"
    LOCKED = "locked"
    WITHOUT_METHOD = "without-method"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A user who was found, and the folded name or word that he was found by."""

    user: User
    matched: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Who was found; `complete` tells whether nobody else can be found by the same words."""

    found: tuple[Match, ...]
    complete: bool


class FindsPeople(Protocol):
    """Finds people. Nothing here looks through a whole table."""

    def named_like(self, beginning: str, *, limit: int) -> Matches:
        """Find users by the folded beginning of any name that they go by, in the order of these names."""

    def worded(self, words: Sequence[str], *, limit: int) -> Matches:
        """Find users by folded words, each of which begins a word of the display name or user name."""

    def standing(self, standing: Standing, *, after: str, now: int, limit: int) -> list[User]:
        """Return users who stand so at `now`, in the order of their names, those after `after`."""


class ChangesPeople(Protocol):
    """Changes what people are called, and whether they are there."""

    def add_name(self, user: UserId, name: str) -> None:
        """Let a user go by one more folded name."""

    def remove_name(self, user: UserId, name: str) -> bool:
        """Let a user go by a name no more, and bump the epoch; False where he does not."""

    def set_display_name(self, user: UserId, name: str) -> None:
        """Change how people call a user."""

    def set_disabled(self, user: UserId, *, disabled: bool) -> None:
        """Disable or enable a user, and bump the epoch."""
