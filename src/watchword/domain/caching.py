"""
Caching rules: which successes let later logins through without a second step, for how long (design.md section 7).

A cache replaces the second step, never the first: an entry is honoured only for the password that it was made with. A
request that lacks a part of a rule's key misses, it never matches more widely (K2).
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, NewType

from watchword.domain.applications import ApplicationId, AuthenticationType, GroupId
from watchword.domain.settings import CachingSettings
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId

RuleId = NewType("RuleId", bytes)


class CacheType(StrEnum):
    """What an entry is bound to besides the user, from the widest to the narrowest."""

    USER = "user"
    APPLICATION = "application"
    IP = "ip"


_NARROWEST_FIRST: Final = {CacheType.IP: 0, CacheType.APPLICATION: 1, CacheType.USER: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class CachingRule:
    """
    A rule.

    `authentication_type` and `application` None mean any; `version` counts its changes and is part of every entry.
    """

    id: RuleId
    cache_type: CacheType
    seconds: int
    authentication_type: AuthenticationType | None = None
    application: ApplicationId | None = None
    enabled: bool = True
    version: int = 0


class RuleRefusal(StrEnum):
    """Why a rule is not saved."""

    SECONDS = "the cache seconds are out of range for this cache type"
    EQUAL = "there is a rule with the same cache type, authentication type and application already"


class CacheKey(NamedTuple):
    """What two logins must share: parts that the rule's type does not use are None."""

    group: GroupId
    user: UserId
    rule: RuleId
    authentication_type: AuthenticationType | None
    application: ApplicationId | None
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """
    A success that may be honoured again.

    Attributes:
        proof: keyed hash of the password of the login that made it.
        epoch: the user's, when it was made.
        expires_at: UTC microseconds; `deadline`: monotonic nanoseconds. The stricter one ends it (K9).
        origin: the activity row of that login.
    """

    rule_version: int
    application_version: int
    proof: bytes
    epoch: int
    created_at: int
    expires_at: int
    deadline: int
    origin: ActivityId


class Miss(StrEnum):
    """Why a cache did not decide."""

    NO_RULE = "no caching rule matches"
    KEY = "the request lacks a part of the rule's key"
    NO_ENTRY = "there is no entry"
    EXPIRED = "the entry has expired"
    EPOCH = "something happened to the user since"
    CHANGED = "the rule or the application was changed since"
    PASSWORD = "the password is another one"  # noqa: S105 - words


class Hit(NamedTuple):
    """An entry lets a login through: under a rule of this type, and by the success that the row `origin` tells of."""

    cache_type: CacheType
    origin: ActivityId


def longest_seconds(cache_type: CacheType, settings: CachingSettings) -> int:
    """Return the most cache seconds that a rule of this type may have."""
    return {
        CacheType.USER: settings.longest_user_seconds,
        CacheType.APPLICATION: settings.longest_application_seconds,
        CacheType.IP: settings.longest_ip_seconds,
    }[cache_type]


def refusal(rule: CachingRule, others: tuple[CachingRule, ...], settings: CachingSettings) -> RuleRefusal | None:
    """Tell why `rule` may not stand beside `others`, None where it may."""
    if not 1 <= rule.seconds <= longest_seconds(rule.cache_type, settings):
        return RuleRefusal.SECONDS
    if any(_scope(rule) == _scope(other) for other in others if other.id != rule.id):
        return RuleRefusal.EQUAL
    return None


def _scope(rule: CachingRule) -> tuple[CacheType, AuthenticationType | None, ApplicationId | None]:
    return rule.cache_type, rule.authentication_type, rule.application


def in_order(rules: tuple[CachingRule, ...]) -> tuple[CachingRule, ...]:
    """Return the rules in the order in which they decide: narrowest type first, then an application named first."""
    return tuple(
        sorted(
            rules,
            key=lambda rule: (
                _NARROWEST_FIRST[rule.cache_type],
                rule.application is None,
                rule.authentication_type is None,
                rule.id,
            ),
        )
    )


def deciding_rule(
    rules: tuple[CachingRule, ...], authentication_type: AuthenticationType, application: ApplicationId
) -> CachingRule | None:
    """Return the one rule that decides for an application, of rules that are `in_order`."""
    for rule in rules:
        if (
            rule.enabled
            and rule.authentication_type in (None, authentication_type)
            and rule.application in (None, application)
        ):
            return rule
    return None


def key_of(
    rule: CachingRule,
    *,
    group: GroupId,
    user: UserId,
    authentication_type: AuthenticationType,
    application: ApplicationId,
    address: str | None,
) -> CacheKey | None:
    """Return the key of a login under `rule`, None where the login lacks a part of it."""
    if rule.cache_type is CacheType.USER:
        return CacheKey(group, user, rule.id, None, None, None)
    if rule.cache_type is CacheType.APPLICATION:
        return CacheKey(group, user, rule.id, authentication_type, application, None)
    if address is None:
        return None
    return CacheKey(group, user, rule.id, authentication_type, application, address)


class CacheUse(NamedTuple):
    """
    A login that asks the cache: what it must share with the entry besides the key. Instants as in `CacheEntry`.

    `cache_type` is that of the rule.
    """

    cache_type: CacheType
    rule_version: int
    application_version: int
    proofs: tuple[bytes, ...]
    epoch: int
    now: int
    monotonic: int


def honour(entry: CacheEntry | None, use: CacheUse) -> Hit | Miss:
    """Let the login through by `entry`, or tell why it does not."""
    if entry is None:
        return Miss.NO_ENTRY
    if use.now >= entry.expires_at or use.monotonic >= entry.deadline:
        return Miss.EXPIRED
    if use.epoch != entry.epoch:
        return Miss.EPOCH
    if use.rule_version != entry.rule_version or use.application_version != entry.application_version:
        return Miss.CHANGED
    for proof in use.proofs:
        if hmac.compare_digest(proof, entry.proof):
            return Hit(use.cache_type, entry.origin)
    return Miss.PASSWORD
