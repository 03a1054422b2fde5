"""
One-time bypass: one user passes one verification without the second step (design.md section 6).

What is decided here is whether a bypass may be made and whether it applies. That it is used once is the conditional
write's to say.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from watchword.domain.applications import ApplicationId, GroupId
from watchword.domain.settings import BypassSettings

BypassId = NewType("BypassId", bytes)

MICROSECONDS: Final = 1_000_000
LONGEST_REASON: Final = 500
"""Characters of a reason: what the report can show."""


class BypassState(StrEnum):
    """How a bypass stands; all but the first are final."""

    ACTIVE = "active"
    USED = "used"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class BypassRefusal(StrEnum):
    """Why a bypass is not made."""

    SECONDS = "the seconds are out of range"
    REASON = "a reason is needed, of at most 500 characters"
    OWN = "nobody creates a bypass for himself"
    GROUP = "there is more than one replication group: name one, or all"
    MADE = "too many bypasses were made by one administrator within an hour"
    USER = "too many bypasses were made for one user within a day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypass:
    """
    An active bypass as a decision reads it.

    `group` None means all groups, `application` None any; instants in UTC microseconds.
    """

    id: BypassId
    group: GroupId | None
    application: ApplicationId | None
    created_at: int
    expires_at: int


def refusal(
    *, seconds: int, reason: str, longest: int, own: bool, group_named: bool, groups: int
) -> BypassRefusal | None:
    """
    Tell why a bypass may not be made, None where it may.

    Args:
        seconds: how long it is to last.
        reason: why it is made.
        longest: the creator's own maximum (`longest_for`).
        own: whether creator and user are one person.
        group_named: whether a replication group, or all, was chosen.
        groups: how many replication groups there are.
    """
    if not 1 <= seconds <= longest:
        return BypassRefusal.SECONDS
    if not reason.strip() or len(reason) > LONGEST_REASON:
        return BypassRefusal.REASON
    if own:
        return BypassRefusal.OWN
    if groups > 1 and not group_named:
        return BypassRefusal.GROUP
    return None


HOUR: Final = 3_600 * MICROSECONDS
DAY: Final = 86_400 * MICROSECONDS
"""Within which the bypasses of a creator, and those for a user, are counted (B16)."""


def too_many(settings: BypassSettings, *, made_by: int, made_for: int) -> BypassRefusal | None:
    """
    Tell why not one more bypass may be made, None where it may.

    Args:
        settings: the organisation's.
        made_by: how many its maker has made within an hour.
        made_for: how many were made for the user within a day.
    """
    if made_by >= settings.most_by_creator:
        return BypassRefusal.MADE
    return BypassRefusal.USER if made_for >= settings.most_for_user else None


def longest_for(settings: BypassSettings, role_cap: int | None) -> int:
    """Return the most seconds that a creator may give: the organisation's maximum, or his role's cap where less."""
    return settings.longest_seconds if role_cap is None else min(settings.longest_seconds, role_cap)


def applicable(bypasses: tuple[Bypass, ...], *, group: GroupId, application: ApplicationId, now: int) -> Bypass | None:
    """Return the active bypass that a login uses at `now`: the narrowest one that fits, None where none does."""
    fitting = [
        bypass
        for bypass in bypasses
        if bypass.created_at <= now < bypass.expires_at
        and bypass.group in (None, group)
        and bypass.application in (None, application)
    ]
    return min(fitting, key=lambda bypass: (bypass.application is None, bypass.group is None, bypass.id), default=None)
