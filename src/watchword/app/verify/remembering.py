"""
The caching rule that decides for a login, its key, and the entry that a real second step leaves.
"""

from typing import Final, NamedTuple

from watchword.app.verify.parts import Parts
from watchword.domain import caching
from watchword.domain.applications import Application, PrimaryKind
from watchword.domain.caching import CacheEntry, CacheKey, CacheUse, CachingRule, Hit, Miss
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, VerificationRequest
from watchword.kit.clock import MICROSECONDS, NANOSECONDS, Moment


class Remembering(NamedTuple):
    """The rule that decides for a login, and the login's key under it; None where there is none."""

    rule: CachingRule | None = None
    key: CacheKey | None = None


_NOTHING: Final = Remembering()


def remembering(parts: Parts, request: VerificationRequest, application: Application, user: UserId) -> Remembering:
    """Find the rule and the key of a user's login."""
    rule = parts.configuration.value.deciding_rule(request.authentication_type, request.application)
    if rule is None:
        return _NOTHING
    if application.primary is PrimaryKind.ASSERTED and request.source is None:
        # The proof of an asserted password is a constant: without a source nothing would tell two people behind one
        # name apart.
        return Remembering(rule)
    key = caching.key_of(
        rule,
        group=request.served_by.group,
        user=user,
        authentication_type=request.authentication_type,
        application=request.application,
        address=request.address,
    )
    return Remembering(rule, key)


def honour(
    found: Remembering,
    entry: CacheEntry | None,
    request: VerificationRequest,
    application: Application,
    epoch: int,
    moment: Moment,
) -> Hit | Miss:
    """Let a login through by what is remembered, or tell why not."""
    if found.rule is None:
        return Miss.NO_RULE
    if found.key is None:
        return Miss.KEY
    if entry is None:
        return Miss.NO_ENTRY
    rule = found.rule
    use = CacheUse(
        rule.cache_type, rule.version, application.version, request.proofs, epoch, moment.now, moment.monotonic
    )
    return caching.honour(entry, use)


def keep(
    parts: Parts,
    found: Remembering,
    request: VerificationRequest,
    application: Application,
    *,
    epoch: int,
    origin: ActivityId,
) -> None:
    """Let the rule remember a real second step of the request that led it, after its commit."""
    if found.rule is None or found.key is None:
        return
    now = parts.clock.now()
    parts.cache.put(
        found.key,
        CacheEntry(
            rule_version=found.rule.version,
            application_version=application.version,
            proof=request.proofs[0],
            epoch=epoch,
            created_at=now,
            expires_at=now + found.rule.seconds * MICROSECONDS,
            deadline=parts.clock.monotonic() + found.rule.seconds * NANOSECONDS,
            origin=origin,
        ),
    )
