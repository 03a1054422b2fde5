"""
The decision without a portal (design.md section 8): codes, against a server's replica, for a quarter of an hour.

Time is counted from the last word that a portal had of this server, on the clock of the machine's start: a wall clock
that is set cannot stretch it. Where the two clocks do not agree, or the machine was started since, nothing is decided.
What a code is good for now is told by the portal's own clock, as far as it was heard, and never by this machine's.

The questions are those of `policy.decide`, in the same order, about facts that hold neither a cache, nor a bypass, nor
anything to join. A counter token (HOTP) is checked as it is at the portal, from the counter that the portal or this
server saw last, ten ahead: what was spent is spent, but a code that lies ahead is good once at each server. It is never
brought back from further away: that takes two tries that one place has to count.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from watchword.domain import policy
from watchword.domain.applications import Application, PortalAway, PrimaryKind
from watchword.domain.caching import Miss
from watchword.domain.decisions import Admitted, Allow, Deny, Facts
from watchword.domain.joining import Standing
from watchword.domain.methods import Hotp, Method, MethodId, MethodKind, Totp
from watchword.domain.otp import Matched, is_code
from watchword.domain.servers import ACTS_SECONDS
from watchword.domain.trace import Answer, Question, Step, Trace
from watchword.domain.users import Person, Resolution, UserId
from watchword.domain.verification import PrimaryResult, PrimaryVerdict, Reason, VerificationRequest

NANOSECONDS: Final = 1_000_000_000

WINDOW: Final = ACTS_SECONDS * NANOSECONDS
"""Nanoseconds for which a server decides by itself."""

MOST_SLIP: Final = 60 * NANOSECONDS
"""Nanoseconds by which the wall clock may have fallen behind since the last word: more than any clock is slewed by."""

_OATH: Final = frozenset({MethodKind.TOTP, MethodKind.HOTP})
_CHECKED_HERE: Final = frozenset({PrimaryKind.LDAP, PrimaryKind.RADIUS})
_STRANGER: Final = UserId(b"")
"""Whoever bears an identifier of a directory that is not known here to be the user's."""


class Moment(NamedTuple):
    """
    One instant on this machine.

    Attributes:
        boot: which start of the machine it belongs to.
        elapsed: nanoseconds since that.
        wall: UTC microseconds as the machine's clock shows them.
    """

    boot: bytes
    elapsed: int
    wall: int


class Word(NamedTuple):
    """
    The last word of this server that a portal is known to have had.

    Attributes:
        said: when it was said, which is not later than the portal heard it.
        answered: nanoseconds since the machine's start at which the answer came.
        portal: the portal's clock as the answer told it, UTC microseconds.
    """

    said: Moment
    answered: int
    portal: int


class Shut(StrEnum):
    """Why nothing is decided here, whatever the application allows."""

    NEVER = "no portal was heard since this server has a replica"
    BOOT = "the machine was started since a portal was heard"
    CLOCK = "this machine's clock went back since a portal was heard"
    OVER = "a portal was last heard more than 15 minutes ago"


class Open(NamedTuple):
    """Codes may be decided here: `now` is the portal's time, UTC microseconds, `left` nanoseconds of it are left."""

    now: int
    left: int


Window = Open | Shut


def window(word: Word | None, moment: Moment) -> Window:
    """Tell whether a server may decide by itself at `moment`."""
    if word is None:
        return Shut.NEVER
    if word.said.boot != moment.boot:
        return Shut.BOOT
    steady = moment.elapsed - word.said.elapsed
    walked = (moment.wall - word.said.wall) * 1_000
    if steady < 0 or moment.elapsed < word.answered or walked < steady - MOST_SLIP:
        return Shut.CLOCK
    # A machine that was halted by whatever runs it has missed time that its own clocks do not know of until they are
    # set: the longer of the two counts.
    left = WINDOW - max(steady, walked)
    if left <= 0:
        return Shut.OVER
    return Open(now=word.portal + (moment.elapsed - word.answered) // 1_000, left=left)


def eligible(application: Application) -> bool:
    """Tell whether an application's logins can ever be decided without a portal."""
    return (
        application.enabled
        and application.portal_away is PortalAway.CODES
        and (application.primary in _CHECKED_HERE or application.primary is PrimaryKind.ASSERTED)
    )


def hindrance(application: Application | None, *, code: str | None, held: bool, opened: Window) -> str | None:
    """
    Tell why a login cannot be decided here at all, None where it can.

    Args:
        application: what asks, None where it is not known here.
        code: what was typed as one.
        held: whether there is a whole replica.
        opened: whether this server may decide by itself now.
    """
    if application is None or application.portal_away is not PortalAway.CODES:
        return "the application does not allow codes without a portal"
    if application.primary is PrimaryKind.LOCAL:
        return "the application's passwords are kept at the portal"
    if code is None or not is_code(code):
        return "no code of a token was typed"
    if not held:
        return "this server has no replica of those who have codes"
    return None if isinstance(opened, Open) else opened.value


class Alone(NamedTuple):
    """
    What a decision without a portal reads.

    Attributes:
        resolution: whom the name means in the replica, with everything in it that happened here since.
        now: the portal's time, UTC microseconds.
    """

    request: VerificationRequest
    application: Application
    resolution: Resolution
    primary: PrimaryResult
    now: int


_OFFLINE: Final = Step(Question.PORTAL, Answer.OFFLINE, detail="decided by the server itself")


def gate(application: Application, resolution: Resolution, *, now: int, throttled: bool) -> Admitted | Deny:
    """Ask what can be asked before the password is checked: nobody passes here who is not known."""
    known = _known(resolution)
    asked = policy.gate(application, resolution, now=now, throttled=throttled) if known is None else known
    return Deny(asked.reason, (_OFFLINE, *asked.trace)) if isinstance(asked, Deny) else asked


def _known(resolution: Resolution) -> Deny | None:
    if isinstance(resolution, Person):
        return None
    step = Step(Question.USER, Answer.UNKNOWN, decided=True, detail="in the replica")
    return Deny(Reason.UNKNOWN_USER, (step,))


def decide(alone: Alone, *, gated: Trace = ()) -> Allow | Deny:
    """
    Decide a login whose password has been checked, without a portal.

    Everything but the right and unused code of a token denies.
    """
    denied = _known(alone.resolution) or _unchecked(alone)
    if denied is not None:
        return denied._replace(trace=(_OFFLINE, *denied.trace))
    decision = policy.decide(_facts(alone), gated=gated)
    if isinstance(decision, Allow) and isinstance(decision.spend, Matched) and decision.spend.kind in _OATH:
        return Allow(Reason.OFFLINE_CODE, (_OFFLINE, *decision.trace), spend=decision.spend)
    if isinstance(decision, Deny):
        return Deny(decision.reason, (_OFFLINE, *decision.trace), counts=decision.counts)
    return Deny(Reason.ERROR, (_OFFLINE, *decision.trace))


def _unchecked(alone: Alone) -> Deny | None:
    """Refuse what policy might ask more about: no code, or a password that nobody here has checked."""
    if alone.request.code is None:
        return Deny(Reason.PORTAL_AWAY, (Step(Question.CODE, Answer.NO, decided=True),))
    primary, kind = alone.primary, alone.application.primary
    if primary.verdict is not PrimaryVerdict.ACCEPTED:
        return None
    if kind is PrimaryKind.LOCAL or (kind in _CHECKED_HERE and not primary.by_directory):
        step = Step(Question.PASSWORD, Answer.AWAY, decided=True, detail="no directory of this server has checked it")
        return Deny(Reason.PORTAL_AWAY, (step,))
    return None


def _facts(alone: Alone) -> Facts:
    person, found = alone.resolution, alone.primary.directory_id
    owner = None
    if found is not None and isinstance(person, Person):
        # Who else might bear it is not known here, so only the user's own is believed.
        owner = person.user.id if person.user.directory_id == found else _STRANGER
    return Facts(
        request=alone.request,
        application=alone.application,
        resolution=person,
        primary=alone.primary,
        directory_owner=owner,
        cache=Miss.KEY,
        bypass=None,
        standing=Standing.NONE,
        contended=False,
        now=alone.now,
        wall=alone.now,
    )


def spent(person: Person, method: MethodId, step: int, drift: int) -> Person:
    """Return somebody with the step of a code spent: none as early is ever taken again."""
    methods = tuple(_spent(one, step, drift) if one.id == method else one for one in person.methods)
    return person._replace(methods=methods)


def _spent(method: Method, step: int, drift: int) -> Method:
    detail = method.detail
    if isinstance(detail, Totp):
        return method._replace(detail=detail._replace(last_step=max(detail.last_step, step), drift=drift))
    if isinstance(detail, Hotp):
        return method._replace(detail=detail._replace(counter=max(detail.counter, step + 1), resync=None))
    return method
