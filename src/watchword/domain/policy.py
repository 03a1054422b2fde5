"""
The decision (design.md section 4): whether a login passes, and by what.

`gate` asks the questions that need no password, `decide` all of them, `answer` those that are left once a challenge
was sent. All three are pure and total: every way through them ends in one of the five decisions, and whatever is
missing or in doubt is a refusal. The order of the questions is the order of the text; the first that applies decides,
and each leaves a step in the trace.
"""

from functools import lru_cache
from typing import Final

from watchword.domain import otp
from watchword.domain.applications import Application, PrimaryKind
from watchword.domain.caching import CacheType, Hit, Miss
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Admitted, Allow, Ask, Decision, Deny, Facts, Join, Released, Stale, Wait
from watchword.domain.joining import Standing
from watchword.domain.methods import MethodKind, has_codes, push_devices
from watchword.domain.otp import Matched, Used
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Ambiguous, Person, Resolution, Unknown
from watchword.domain.verification import PrimaryVerdict, Reason, VerificationRequest

# The steps that nearly every login takes are made once.
_STANDS: Final = Step(Question.STANDING, Answer.YES)
_IN_GOOD_STANDING: Final = (_STANDS, Step(Question.LOCK, Answer.NO))
_UNTHROTTLED: Final = Step(Question.THROTTLE, Answer.NO)
_JUST_NOW: Final = Step(Question.JOIN, Answer.JOINED, decided=True, detail="the same password was refused a moment ago")
_NO_BYPASS: Final = Step(Question.BYPASS, Answer.NO)
_NOTHING_TO_JOIN: Final = Step(Question.JOIN, Answer.NO)
_UNCONTENDED: Final = Step(Question.CONTENDED, Answer.NO)
_HITS: Final = {
    cache_type: Step(Question.CACHE, Answer.HIT, decided=True, detail=cache_type.value) for cache_type in CacheType
}
_MISSES: Final = {miss: Step(Question.CACHE, Answer.MISS, detail=miss.value) for miss in Miss}
_RIGHT: Final = {kind: Step(Question.CODE, Answer.RIGHT, decided=True, detail=kind.value) for kind in MethodKind}
_USED_CODE: Final = Step(Question.CODE, Answer.USED, decided=True)
_WRONG_CODE: Final = Step(Question.CODE, Answer.WRONG, decided=True)
_BYPASSED: Final = Step(Question.BYPASS, Answer.YES, decided=True)
_JOINED: Final = Step(Question.JOIN, Answer.JOINED, decided=True)
ADMITTED: Final = Admitted((_UNTHROTTLED,))
"""Of a login that nothing speaks against so far."""
RELEASED: Final = Released(Step(Question.RELEASE, Answer.YES))
"""Of a login about which nothing has changed when it is answered."""


def gate(
    application: Application,
    resolution: Resolution,
    *,
    now: int,
    throttled: bool = False,
    just_refused: Reason | None = None,
) -> Admitted | Deny:
    """
    Ask what can be asked before the password is checked.

    Args:
        application: what asks.
        resolution: whom the name means.
        now: UTC microseconds, never going back.
        throttled: whether another password must wait.
        just_refused: why the same password was refused a moment ago, None where it was not.
    """
    denied, trace = _user(application, resolution, now)
    if denied is not None:
        return denied
    if throttled:
        step = Step(Question.THROTTLE, Answer.WAITING, decided=True)
        return Deny(reason=Reason.THROTTLED, trace=(*trace, step))
    if just_refused is not None:
        return Deny(reason=just_refused, trace=(*trace, _UNTHROTTLED, _JUST_NOW))
    return ADMITTED


def decide(facts: Facts, *, gated: Trace = ()) -> Decision:
    """
    Decide a login whose password has been checked, one way or the other.

    Args:
        facts: everything that is known at this moment.
        gated: the steps that `gate` left.
    """
    denied, trace = _user(facts.application, facts.resolution, facts.now)
    if denied is not None:
        return denied
    denied, trace = _password(facts, trace + gated)
    if denied is not None:
        return denied
    if not isinstance(facts.resolution, Person):
        return _without_user(facts, trace)
    return _second_step(facts, facts.resolution, trace)


def answer(
    request: VerificationRequest,
    application: Application,
    challenge: Challenge | None,
    person: Person | None,
    *,
    name: str | None,
    waiting: bool,
    now: int,
    wall: int,
) -> Decision:
    """
    Decide the answer to a challenge: no password, no cache, no bypass, no joining.

    Args:
        request: the answer; its `code` is what was typed, where that has a code's form.
        application: what asks.
        challenge: what the State stands for, None where it stands for nothing or was spent.
        person: the challenge's user as he is now.
        name: the request's folded user name.
        waiting: whether the challenge's prompt on a phone is still in progress, or has just ended.
        now: UTC microseconds, never going back.
        wall: as the machine's clock shows them.
    """
    stale = _stale(request, application, challenge, person, name=name, now=now)
    if challenge is None or person is None or stale:
        step = Step(Question.CHALLENGE, Answer.NO, decided=True, detail=stale)
        return Deny(reason=Reason.WRONG_STATE, trace=(step,))
    denied, standing = _standing(person, now)
    trace: Trace = (Step(Question.CHALLENGE, Answer.YES), *standing)
    if denied is not None:
        return Deny(reason=denied, trace=trace)
    if request.code is not None and has_codes(person.methods):
        return _code(person, request.code, trace, wall)
    if challenge.verification is None:
        step = Step(Question.CODE, Answer.WRONG, decided=True, detail="no code was typed")
        return Deny(reason=Reason.WRONG_CODE, trace=(*trace, step), counts=True)
    if not waiting:
        step = Step(Question.ANSWER, Answer.NO_ANSWER, decided=True)
        return Deny(reason=Reason.NO_ANSWER, trace=(*trace, step))
    return Wait(verification=challenge.verification, trace=trace)


def _stale(
    request: VerificationRequest,
    application: Application,
    challenge: Challenge | None,
    person: Person | None,
    *,
    name: str | None,
    now: int,
) -> str:
    """Return why a State is worth nothing, empty where it is good."""
    if challenge is None:
        return "it was never made, or was used before"
    checks = (
        (challenge.application != application.id or not application.enabled, "it was made for another application"),
        (challenge.client != request.client, "it came from another client"),
        (challenge.name != name, "it came with another user name"),
        (person is None or person.user.id != challenge.user, "the user is gone"),
        (person is not None and person.user.epoch != challenge.epoch, "something happened to the user since"),
        (now >= challenge.expires_at, "it has expired"),
    )
    return next((words for wrong, words in checks if wrong), "")


def _user(application: Application, resolution: Resolution, now: int) -> tuple[Deny | None, Trace]:
    """Ask questions 1 and 2: who it is, and whether he may sign in at all."""
    if not application.enabled:
        trace: Trace = (Step(Question.APPLICATION, Answer.DISABLED, decided=True),)
        return Deny(reason=Reason.ERROR, trace=trace), trace
    if isinstance(resolution, Ambiguous):
        trace = (Step(Question.USER, Answer.AMBIGUOUS, decided=True),)
        return Deny(reason=Reason.AMBIGUOUS_USER, trace=trace), trace
    if isinstance(resolution, Unknown):
        if not application.user_match and application.primary in (PrimaryKind.LDAP, PrimaryKind.RADIUS):
            return None, (Step(Question.USER, Answer.UNKNOWN),)
        trace = (Step(Question.USER, Answer.UNKNOWN, decided=True),)
        return Deny(reason=Reason.UNKNOWN_USER, trace=trace), trace
    reason, steps = _standing(resolution, now)
    trace = (Step(Question.USER, Answer.YES, False, resolution.user.username), *steps)  # noqa: FBT003 - see ADR 0009
    return (None if reason is None else Deny(reason=reason, trace=trace)), trace


def _standing(person: Person, now: int) -> tuple[Reason | None, Trace]:
    if person.user.block is not None:
        return Reason.BLOCKED, (Step(Question.STANDING, Answer.BLOCKED, decided=True),)
    if person.user.disabled:
        return Reason.DISABLED, (Step(Question.STANDING, Answer.DISABLED, decided=True),)
    if person.failures.locked(now):
        return Reason.LOCKED, (_STANDS, Step(Question.LOCK, Answer.LOCKED, decided=True))
    return None, _IN_GOOD_STANDING


_VERDICTS: Final[dict[PrimaryVerdict, tuple[Reason | None, Answer]]] = {
    PrimaryVerdict.ACCEPTED: (None, Answer.RIGHT),
    PrimaryVerdict.REJECTED: (Reason.WRONG_PASSWORD, Answer.WRONG),
    PrimaryVerdict.UNKNOWN: (Reason.WRONG_PASSWORD, Answer.UNKNOWN),
    PrimaryVerdict.AMBIGUOUS: (Reason.AMBIGUOUS_USER, Answer.AMBIGUOUS),
    PrimaryVerdict.REFUSED: (Reason.ACCOUNT_REFUSED, Answer.REFUSED),
    PrimaryVerdict.AWAY: (Reason.DIRECTORY_AWAY, Answer.AWAY),
}
"""What each verdict of the first step is denied with, and how it is told."""


@lru_cache(maxsize=64)
def _accepted(said: Answer, detail: str) -> Step:
    return Step(Question.PASSWORD, said, detail=detail)


def _password(facts: Facts, trace: Trace) -> tuple[Deny | None, Trace]:
    primary = facts.primary
    reason, said = _VERDICTS[primary.verdict]
    detail = f"{primary.checked_by}: {primary.detail}" if primary.detail else primary.checked_by
    if reason is None:
        step = _accepted(Answer.ASSERTED if facts.application.primary is PrimaryKind.ASSERTED else said, detail)
    else:
        step = Step(Question.PASSWORD, said, decided=True, detail=detail)
        return Deny(reason=reason, trace=(*trace, step)), (*trace, step)
    if _someone_else(facts):
        stranger = Step(Question.USER, Answer.DIRECTORY_ID, decided=True)
        return Deny(reason=Reason.AMBIGUOUS_USER, trace=(*trace, step, stranger)), (*trace, step)
    return None, (*trace, step)


def _someone_else(facts: Facts) -> bool:
    """Tell whether the directory has checked the password of somebody else than the user whom the name means (B6)."""
    known = facts.primary.directory_id
    if known is None:
        return False
    if not isinstance(facts.resolution, Person):
        return facts.directory_owner is not None
    user = facts.resolution.user
    return facts.directory_owner not in (None, user.id) or user.directory_id not in (None, known)


def _without_user(facts: Facts, trace: Trace) -> Decision:
    if facts.primary.by_directory:
        step = Step(Question.METHOD, Answer.NOT_REQUIRED, decided=True)
        return Allow(reason=Reason.NOT_REQUIRED, trace=(*trace, step))
    step = Step(Question.USER, Answer.UNKNOWN, decided=True)
    return Deny(reason=Reason.UNKNOWN_USER, trace=(*trace, step))


def _second_step(facts: Facts, person: Person, trace: Trace) -> Decision:
    """Ask questions 3 to 8."""
    code = facts.request.code
    standing, cache = (Standing.NONE, Miss.KEY) if _nameless(facts) else (facts.standing, facts.cache)
    if code is not None:
        if standing is not Standing.NONE:
            return Join(trace=(*trace, _JOINED))
        return _code(person, code, trace, facts.wall)
    if isinstance(cache, Hit):
        return Allow(reason=Reason.CACHE, trace=(*trace, _HITS[cache.cache_type]), origin=cache.origin)
    trace = (*trace, _MISSES[cache])
    # The login that a bypass has just let through is found here when it is asked for again (design.md section 6), so
    # what has ended answers before another bypass is spent; what is still pending does not stand in a bypass's way.
    if standing is Standing.ENDED:
        return Join(trace=(*trace, _JOINED))
    if facts.bypass is not None:
        return Allow(reason=Reason.BYPASS, trace=(*trace, _BYPASSED), spend=facts.bypass)
    trace = (*trace, _NO_BYPASS)
    if standing is not Standing.NONE:
        return Join(trace=(*trace, _JOINED))
    return _ask(facts, person, (*trace, _NOTHING_TO_JOIN))


def _nameless(facts: Facts) -> bool:
    """Tell whether only the name says who asks: every asserted password has the same proof (design.md section 11)."""
    return facts.application.primary is PrimaryKind.ASSERTED and facts.request.source is None


def _code(person: Person, code: str, trace: Trace, wall: int) -> Decision:
    found = otp.check(person.methods, code, wall)
    if isinstance(found, Matched):
        reason = Reason.BACKUP_CODE if found.kind is MethodKind.BACKUP_CODE else Reason.CODE
        return Allow(reason=reason, trace=(*trace, _RIGHT[found.kind]), spend=found, second_step=True)
    if isinstance(found, Used):
        return Deny(reason=Reason.USED_CODE, trace=(*trace, _USED_CODE), counts=True)
    return Deny(reason=Reason.WRONG_CODE, trace=(*trace, _WRONG_CODE), counts=True, resync=found.resync)


def _ask(facts: Facts, person: Person, trace: Trace) -> Decision:
    """Ask questions 6b to 8."""
    challenge = facts.application.challenge
    devices, codes = bool(push_devices(person.methods)), has_codes(person.methods)
    ring = devices and not person.prompts.off(facts.now)
    if facts.contended:
        if challenge and (ring or codes):
            step = Step(Question.CONTENDED, Answer.CHALLENGED, decided=True)
            return Ask(trace=(*trace, step), ring=False, contend=True, challenge=True, number=ring)
        step = Step(Question.CONTENDED, Answer.YES, decided=True)
        return Deny(reason=Reason.CONTENDED, trace=(*trace, step))
    trace = (*trace, _UNCONTENDED)
    if ring:
        said = Answer.CHALLENGED if challenge else Answer.STARTED
        step = Step(Question.METHOD, said, decided=True, detail=MethodKind.PUSH.value)
        return Ask(trace=(*trace, step), ring=True, contend=False, challenge=challenge, number=challenge)
    if challenge and codes:
        step = Step(Question.METHOD, Answer.CHALLENGED, decided=True, detail="a code is asked for")
        return Ask(trace=(*trace, step), ring=False, contend=False, challenge=True, number=False)
    why = "push is off after prompts that were not approved" if devices else ""
    return Deny(reason=Reason.NO_METHOD, trace=(*trace, Step(Question.METHOD, Answer.NO, decided=True, detail=why)))


def release(
    application: Application | None, person: Person | None, *, epoch: int, now: int, in_time: bool
) -> Released | Stale:
    """
    Ask at the last moment whether a login that was found good may still pass (C9).

    What counts are user, epoch, application and deadline as they are now.

    Args:
        application: as it is now, None where it is gone.
        person: as he is now, None where he is gone.
        epoch: the user's epoch when the login began.
        now: UTC microseconds, never going back.
        in_time: whether the application still waits.
    """
    reason: Reason | None = None
    if application is None or not application.enabled or person is None:
        reason = Reason.ERROR
    elif (standing := _standing(person, now)[0]) is not None:
        reason = standing
    elif person.user.epoch != epoch:
        reason = Reason.SUPERSEDED
    elif not in_time:
        reason = Reason.NO_ANSWER
    if reason is not None:
        return Stale(reason, Step(Question.RELEASE, Answer.STALE, decided=True, detail=reason.value))
    return RELEASED
