"""
Joining: which requests are the same login, and share one prompt and one outcome (design.md section 5).

A request joins only what was asked for by the same user at the same application from the same source with the same
password, and with the same code where one was typed. Unequal sources never join, under no rule: a stranger who knows
the password gets a verification of his own (C3, C4).
"""

from enum import StrEnum
from typing import Final, NamedTuple

from watchword.domain.applications import ApplicationId, GroupId
from watchword.domain.caching import CacheType
from watchword.domain.users import UserId

SHARED_SECONDS: Final = 10
"""Seconds for which a login that has ended answers the same login: a VPN's retry from a new port (section 5)."""


class LoginKey(NamedTuple):
    """What makes two requests the same login."""

    group: GroupId
    user: UserId
    application: ApplicationId
    source: str | None
    proof: bytes
    code: str | None


def keys_of(
    *,
    group: GroupId,
    user: UserId,
    application: ApplicationId,
    source: str | None,
    proofs: tuple[bytes, ...],
    code: str | None,
    rule: CacheType | None,
) -> tuple[LoginKey, ...]:
    """
    Return the keys by which a request finds the login it repeats, its own first; none where it may not join.

    Args:
        group: replication group.
        user: the canonical user.
        application: what asks.
        source: where the user is, None where the application does not say.
        proofs: keyed hashes of the password, the newest key's first.
        code: the typed code.
        rule: type of the caching rule that decides for the application: without a source only requests under a rule
            whose key needs none join.
    """
    if source is None and rule not in (CacheType.USER, CacheType.APPLICATION):
        return ()
    return tuple([LoginKey(group, user, application, source, proof, code) for proof in proofs])


class Standing(StrEnum):
    """How the login stands that a request repeats."""

    NONE = "none"
    WAITING = "waiting"
    AT_CHALLENGE = "at-challenge"
    ENDED = "ended"


def usable(*, ended_at: int, now: int, epoch: int, current_epoch: int) -> bool:
    """
    Tell whether an outcome may still be shared.

    Args:
        ended_at: monotonic nanosecond at which the login ended.
        now: the monotonic nanosecond.
        epoch: the epoch that the login was released with.
        current_epoch: the user's epoch now.
    """
    return 0 <= now - ended_at < SHARED_SECONDS * 1_000_000_000 and epoch == current_epoch
