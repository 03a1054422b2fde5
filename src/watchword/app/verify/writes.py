"""
What the ends of a login write: codes spent, failures and refused prompts counted.
"""

from typing import NamedTuple

from watchword.app.verify.parts import Parts
from watchword.domain.bypass import BypassId
from watchword.domain.events import Activity, Audit, AuditEvent, AuditId
from watchword.domain.lockout import Failure, count_failure, count_refused_prompt
from watchword.domain.otp import Matched
from watchword.domain.users import Person
from watchword.domain.verification import Reason
from watchword.ports.login import ReportFraud, SetFailures, SetPrompts, SpendBackupCode, SpendStep, Write

SYSTEM = "system"
"""The actor of what Watchword does by itself."""


class Ending(NamedTuple):
    """What the end of a login changes of its user, and by how much his epoch moves."""

    writes: tuple[Write, ...] = ()
    audit: tuple[Audit, ...] = ()
    bumps: int = 0


def spending(spend: Matched) -> Write:
    """Return the conditional write that spends a code."""
    if spend.digest:
        return SpendBackupCode(method=spend.method, digest=spend.digest)
    return SpendStep(spend.method, spend.step, spend.drift)


def _event(parts: Parts, event: AuditEvent, person: Person) -> Audit:
    return Audit(
        id=AuditId(parts.identifiers.new()), at=parts.clock.now(), event=event, actor=SYSTEM, user=person.user.id
    )


def bypass_used(parts: Parts, person: Person, bypass: BypassId | None, row: Activity) -> Audit:
    """Return the audit row of a bypass that lets the login of `row` pass."""
    return Audit(
        id=AuditId(parts.identifiers.new()),
        at=row.at,
        event=AuditEvent.BYPASS_USED,
        actor=SYSTEM,
        user=person.user.id,
        subject=bypass,
        words=(("activity", row.id.hex()), ("source", row.source or "")),
    )


def failing(parts: Parts, person: Person, source: str | None) -> Ending:
    """Return what a wrong second step writes: one more failure, and the lock where it was the last one allowed."""
    now = parts.clock.now()
    failures = count_failure(person.failures, Failure(now, source), parts.configuration.value.settings.lock)
    locks = failures.locked(now) and not person.failures.locked(now)
    return Ending(
        (SetFailures(user=person.user.id, failures=failures, bump=locks),),
        (_event(parts, AuditEvent.USER_LOCKED, person),) if locks else (),
        int(locks),
    )


def refusing(parts: Parts, person: Person, *, bump: bool) -> Ending:
    """
    Return what a prompt writes that was not approved: one more refused, and push off where it was the last one allowed.
    """
    now = parts.clock.now()
    prompts = count_refused_prompt(person.prompts, now, parts.configuration.value.settings.prompt)
    turned_off = prompts.off(now) and not person.prompts.off(now)
    return Ending(
        (SetPrompts(user=person.user.id, prompts=prompts, bump=bump),),
        (_event(parts, AuditEvent.PUSH_TURNED_OFF, person),) if turned_off else (),
        int(bump),
    )


def reporting(parts: Parts, person: Person) -> Ending:
    """
    Return what 'this was not me' writes: everything older of the user ends, and he is blocked where that is chosen.
    """
    blocks = parts.configuration.value.settings.prompt.block_on_fraud
    write = ReportFraud(
        user=person.user.id, at=parts.clock.now(), block="the user said: this was not me" if blocks else None
    )
    return Ending((write,), (_event(parts, AuditEvent.USER_FRAUD, person),), 1)


def ending(parts: Parts, person: Person, reason: Reason, source: str | None) -> Ending:
    """Return what a prompt's end writes that let nobody in."""
    match reason:
        case Reason.DENIED_BY_USER:
            return refusing(parts, person, bump=True)
        case Reason.FRAUD:
            return reporting(parts, person)
        case Reason.NO_ANSWER:
            return refusing(parts, person, bump=False)
        case Reason.WRONG_NUMBER:
            failed = failing(parts, person, source)
            refused = refusing(parts, person, bump=not failed.bumps)
            return Ending((*failed.writes, *refused.writes), (*failed.audit, *refused.audit), 1)
        case _:
            return Ending()
