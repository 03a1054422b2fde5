"""
What would happen to a request: the same decision on the same facts, and nothing changed.

It goes by the pure policy that decides real requests. What cannot be known beforehand is assumed, and every assumption
is told: that the password is right, that a code is right and unused, that whoever is asked approves.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal, invalid
from watchword.app.diagnose.supposing import Supposed, Supposing, suppose
from watchword.app.diagnose.words import StepRow, steps_of
from watchword.app.manage.texts import one_line
from watchword.domain import caching, policy
from watchword.domain.applications import Application, GroupId, PrimaryKind
from watchword.domain.bypass import applicable
from watchword.domain.caching import CacheEntry, CacheKey, CacheUse, CachingRule, Hit, Miss
from watchword.domain.clients import parse_address
from watchword.domain.decisions import Allow, Ask, Decision, Deny, Facts, Join, Wait
from watchword.domain.joining import Standing, keys_of
from watchword.domain.trace import Trace
from watchword.domain.users import Person
from watchword.domain.verification import OutcomeKind, Reason, VerificationRequest
from watchword.kit.clock import NANOSECONDS
from watchword.kit.identifiers import text

_ANY_PASSWORD: Final = b"any"
"""Stands for the proof of the password: what it would be compared with is taken to be of the same password."""

_SAME: Final = "the verification in progress is of the same login"


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """
    A request that nobody has made.

    Attributes:
        user: as it would be typed.
        source: where the user would be, None where the application would not say.
        code_typed: whether a code would be typed with the password.
        group: the replication group at whose servers it would arrive; None for the one where the application asked
            last, and for the portal's own where it never has.
    """

    user: str
    application: str
    source: str | None = None
    code_typed: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """
    What would come of it.

    Attributes:
        assumed: the sentences on which it rests.
        group: the replication group at whose servers the request would arrive.
        user: whom the name means, by his canonical name; None where it means nobody.
        rule: the caching rule that would let him through, and `bypass` the one-time bypass; None where none would.
    """

    outcome: OutcomeKind
    reason: Reason
    steps: tuple[StepRow, ...]
    assumed: tuple[str, ...]
    user: str | None = None
    rule: str | None = None
    bypass: str | None = None
    group: str = "default"


async def what_if(context: Administration, _actor: Actor, arguments: WhatIf) -> Foreseen | Refusal:
    """Tell what would happen to a request."""
    source = None if arguments.source is None else one_line(arguments.source)
    if arguments.source is not None and not source:
        return invalid(
            "the source must be an address, or the text that the application sends as Calling-Station-Id",
            field="/source",
        )
    address = None if source is None else parse_address(source)
    source = source if address is None else str(address)
    wall = context.clock.wall()

    supposed = await context.records.read(
        lambda records: suppose(
            records,
            Supposing(
                user=arguments.user,
                application=arguments.application,
                group=arguments.group,
                code_typed=arguments.code_typed,
                own_group=context.group,
                wall=wall,
            ),
        )
    )
    if isinstance(supposed, Refusal):
        return supposed
    request = VerificationRequest(
        application=supposed.application.id,
        authentication_type=supposed.application.authentication_type,
        user_name=arguments.user,
        client="",
        source=source,
        address=None if address is None else str(address),
        proofs=(_ANY_PASSWORD,),
        code=supposed.code,
        received_at=context.clock.now(),
        deadline=context.clock.monotonic() + supposed.application.deadline * NANOSECONDS,
    )
    rule = caching.deciding_rule(supposed.rules, request.authentication_type, request.application)
    facts = await _facts(context, supposed, request, rule)
    decision, trace = _decided(facts)
    outcome, reason, assumed = _outcome(decision, supposed.application)
    known = supposed.resolution
    return Foreseen(
        outcome=outcome,
        reason=reason,
        steps=steps_of(trace),
        assumed=(*supposed.assumed, *assumed),
        user=known.user.username if isinstance(known, Person) else None,
        rule=None if rule is None or reason is not Reason.CACHE else text(rule.id),
        bypass=None if facts.bypass is None or reason is not Reason.BYPASS else text(facts.bypass.id),
        group=supposed.group.name,
    )


async def _facts(
    context: Administration, supposed: Supposed, request: VerificationRequest, rule: CachingRule | None
) -> Facts:
    now = context.clock.now()
    nothing = Facts(
        request=request,
        application=supposed.application,
        resolution=supposed.resolution,
        primary=supposed.primary,
        directory_owner=None,
        cache=Miss.NO_RULE,
        bypass=None,
        standing=Standing.NONE,
        contended=False,
        now=now,
        wall=context.clock.wall(),
    )
    if not isinstance(supposed.resolution, Person):
        return nothing
    person = supposed.resolution
    # As for a real request: of an asserted password nothing is known but who is meant (design.md section 11).
    nameless = supposed.application.primary is PrimaryKind.ASSERTED and request.source is None
    key = None if rule is None or nameless else _key(supposed, request, rule, person)
    same, others = _in_progress(context, supposed.group.id, request, rule if key is not None else None, person)
    return nothing._replace(
        cache=await _cached(context, supposed, rule, key, person),
        bypass=applicable(person.bypasses, group=supposed.group.id, application=request.application, now=now),
        standing=Standing.WAITING if same else Standing.NONE,
        contended=others,
    )


def _key(supposed: Supposed, request: VerificationRequest, rule: CachingRule, person: Person) -> CacheKey | None:
    return caching.key_of(
        rule,
        group=supposed.group.id,
        user=person.user.id,
        authentication_type=request.authentication_type,
        application=request.application,
        address=request.address,
    )


async def _cached(
    context: Administration, supposed: Supposed, rule: CachingRule | None, key: CacheKey | None, person: Person
) -> Hit | Miss:
    """Let the request through by what is remembered, or tell why that would not be."""
    if rule is None:
        return Miss.NO_RULE
    if key is None:
        return Miss.KEY
    if context.cache is None:
        return Miss.NO_ENTRY
    told: asyncio.Future[CacheEntry | None] = asyncio.get_running_loop().create_future()
    context.cache.find(key, told.set_result)
    entry = await told
    use = CacheUse(
        cache_type=rule.cache_type,
        rule_version=rule.version,
        application_version=supposed.application.version,
        proofs=() if entry is None else (entry.proof,),
        epoch=person.user.epoch,
        now=context.clock.now(),
        monotonic=context.clock.monotonic(),
    )
    return caching.honour(entry, use)


def _in_progress(
    context: Administration,
    group: GroupId,
    request: VerificationRequest,
    rule: CachingRule | None,
    person: Person,
) -> tuple[bool, bool]:
    """Tell whether the same login is in progress, and whether another one of the user is."""
    pending = () if context.live is None else [one for one in context.live.pending() if one.user == person.user.id]
    keys = keys_of(
        group=group,
        user=person.user.id,
        application=request.application,
        source=request.source,
        proofs=request.proofs,
        code=request.code,
        rule=None if rule is None else rule.cache_type,
    )
    same = [
        one
        for one in pending
        if keys
        and (one.group, one.application, one.source) == (group, request.application, request.source)
        and request.code is None
    ]
    return bool(same), len(pending) > len(same)


def _decided(facts: Facts) -> tuple[Decision, Trace]:
    """Decide as for a real request: what needs no password first, what must still hold at the end last."""
    gated = policy.gate(facts.application, facts.resolution, now=facts.now)
    if isinstance(gated, Deny):
        return gated, gated.trace
    decision = policy.decide(facts, gated=gated.trace)
    if not isinstance(decision, Allow) or not isinstance(facts.resolution, Person):
        return decision, decision.trace
    person = facts.resolution
    still = policy.release(facts.application, person, epoch=person.user.epoch, now=facts.now, in_time=True)
    return decision, (*decision.trace, still.step)


def _outcome(decision: Decision, application: Application) -> tuple[OutcomeKind, Reason, tuple[str, ...]]:
    match decision:
        case Allow(reason=reason):
            return OutcomeKind.ALLOWED, reason, ()
        case Deny(reason=reason):
            return OutcomeKind.DENIED, reason, ()
        case Join() if application.challenge:
            return OutcomeKind.CHALLENGED, Reason.CHALLENGE, (_SAME,)
        case Join():
            return OutcomeKind.ALLOWED, Reason.JOINED, (_SAME, "it is approved")
        case Ask(challenge=True):
            return OutcomeKind.CHALLENGED, Reason.CHALLENGE, ()
        case Ask() | Wait():
            return OutcomeKind.ALLOWED, Reason.PUSH, ("whoever holds the phone approves in time",)
