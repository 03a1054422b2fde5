"""
What the application layer needs from outside, and how each need may fail.

Every answer that may have to wait comes through a callback, called exactly once, on the loop's thread; possibly
before the call returns. Nothing here is a coroutine: a login that waits holds a callback and nothing else (design.md
section 11). Whatever cannot be answered is answered with the value that denies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple, Protocol

from watchword.domain.applications import Application, ApplicationId
from watchword.domain.bypass import BypassId
from watchword.domain.caching import CacheEntry, CacheKey
from watchword.domain.challenges import Challenge
from watchword.domain.events import Activity, Audit, refused
from watchword.domain.lockout import Failures, Prompts
from watchword.domain.methods import MethodId
from watchword.domain.secrets import Secret
from watchword.domain.trace import Trace
from watchword.domain.users import Person, Resolution, UserId
from watchword.domain.verification import Outcome, PrimaryResult, Reason, VerificationId, VerificationRequest

# --- what a login writes ----------------------------------------------------------------------------------------------


class SpendStep(NamedTuple):
    """Spend a TOTP step or HOTP counter: takes only where nothing as late was accepted before (O3)."""

    method: MethodId
    step: int
    drift: int


class SpendBackupCode(NamedTuple):
    """Spend a backup code: takes only where its digest is still there."""

    method: MethodId
    digest: bytes


class SpendBypass(NamedTuple):
    """Use a bypass: takes only where it is active, unexpired at `at`, the epoch still `epoch`; bumps the epoch (B7)."""

    bypass: BypassId
    user: UserId
    epoch: int
    at: int
    application: ApplicationId
    source: str | None


class SpendState(NamedTuple):
    """Spend the State of a challenge: takes only where it was not spent."""

    digest: bytes


class MintState(NamedTuple):
    """Write down a new challenge."""

    challenge: Challenge


class ConfirmEpoch(NamedTuple):
    """Change nothing: takes only where the user is there, neither blocked nor disabled, his epoch still `epoch`."""

    user: UserId
    epoch: int


class SetFailures(NamedTuple):
    """Write the user's wrong second steps; `bump` where they lock him."""

    user: UserId
    failures: Failures
    bump: bool


class SetPrompts(NamedTuple):
    """Write the user's refused prompts; `bump` where he denied one."""

    user: UserId
    prompts: Prompts
    bump: bool


class NoteResync(NamedTuple):
    """Remember the counter whose code brings a counter token back, None for none."""

    method: MethodId
    counter: int | None


class LearnDirectoryId(NamedTuple):
    """Remember the directory's immutable identifier of a user who has none yet."""

    user: UserId
    directory_id: bytes


class ReportFraud(NamedTuple):
    """The user says 'this was not me': bump his epoch, cancel his bypasses, and block him where `block` is a reason."""

    user: UserId
    at: int
    block: str | None


Write = (
    SpendStep
    | SpendBackupCode
    | SpendBypass
    | SpendState
    | MintState
    | ConfirmEpoch
    | SetFailures
    | SetPrompts
    | NoteResync
    | LearnDirectoryId
    | ReportFraud
)
"""All that a login may change. The first five kinds are conditional, as is `ConfirmEpoch`; the others always take."""


class Unit(NamedTuple):
    """
    What is committed for one request, all of it or nothing.

    Attributes:
        writes: in order.
        activity: the row that says what happened.
        audit: rows of administration that go with it.
        otherwise: the reason with which the rows of activity are written as denied, instead of everything else, where a
            conditional write does not take; None where there is no such write.
    """

    writes: tuple[Write, ...]
    activity: tuple[Activity, ...]
    audit: tuple[Audit, ...] = ()
    otherwise: Reason | None = None

    def refused(self) -> tuple[Activity, ...]:
        """Return the rows that are written where a conditional write does not take."""
        reason = self.otherwise
        return () if reason is None else tuple(refused(row, reason) for row in self.activity)


class Committed(Enum):
    """What became of a unit."""

    TAKEN = auto()
    REFUSED = auto()
    """A conditional write did not take; `otherwise` is written."""
    FAILED = auto()
    """Nothing is known to be written. Deny."""


class Ledger(Protocol):
    """The single writer. Units that arrive while it commits are committed together, each on its own terms."""

    def commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        """Commit `unit`, durably, then call `done`. What fails, times out or is unknown is FAILED."""


class People(Protocol):
    """Users as decisions read them: always what was committed last."""

    def resolve(self, name: str, done: Callable[[Resolution], None]) -> None:
        """Find whom a folded name means. Raises `StoreAway` where nothing can be read."""

    def load(self, user: UserId, done: Callable[[Person | None], None]) -> None:
        """Load a user by id, None where he is gone. Raises `StoreAway`."""

    def owner(self, directory_id: bytes, done: Callable[[UserId | None], None]) -> None:
        """Find the user who bears a directory's identifier. Raises `StoreAway`."""


PasswordHash = Callable[[UserId, Callable[[str | None], None]], None]
"""Finds the stored hash of a user's password, None where he has none. Raises `StoreAway` where nothing can be read."""


class Challenges(Protocol):
    """States that wait for an answer."""

    def find(self, digest: bytes, done: Callable[[Challenge | None], None]) -> None:
        """Find an unspent challenge by the digest of its State. Raises `StoreAway`."""


class StoreAway(Exception):  # noqa: N818 - it is a state of the world, not a fault of the caller
    """The store cannot be read. Whoever asked denies."""


# --- what may vanish --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedLogin:
    """A live entry as the portal shows it."""

    key: CacheKey
    entry: CacheEntry
    hits: int


class LoginCache(Protocol):
    """Successes that caching rules remember. Losing one costs a prompt."""

    def find(self, key: CacheKey, done: Callable[[CacheEntry | None], None]) -> None:
        """Find an entry, None where there is none or none can be read."""

    def hit(self, key: CacheKey) -> None:
        """Count a use of an entry, which neither writes nor extends it otherwise."""

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        """Keep an entry until its deadline."""

    def listed(self) -> Sequence[CachedLogin]:
        """Return the live entries."""

    def purge(self, user: UserId | None) -> int:
        """Drop the entries of one user, or all, and return how many there were."""


# --- the first step ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryAttempt:
    """
    A password to check.

    Attributes:
        user_name: as typed.
        user: the canonical user, None where the name means nobody.
        deadline: monotonic nanosecond by which the application must be answered.
    """

    application: Application
    user_name: str
    user: UserId | None
    password: Secret
    client: str
    source: str | None
    deadline: int


class PrimaryAuthentication(Protocol):
    """The first step. One attempt is one check: never two binds for one password."""

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        """Check a password. What cannot be checked in time is `PrimaryVerdict.AWAY`."""


# --- the second step --------------------------------------------------------------------------------------------------


class Ticket(NamedTuple):
    """
    What `gate` hands to `decide`.

    Attributes:
        name: as folded; `user` is whom it meant, in `epoch`.
        reserved: whether an attempt was reserved that `decide` settles; where no password is checked there is none.
        trace: the steps so far.
        number: what a verifier that is far away knows the login by.
    """

    name: str
    user: UserId | None
    epoch: int
    reserved: bool
    trace: Trace
    number: int = 0


class Waiting(Protocol):
    """A request that was taken in and not answered yet."""

    def cancel(self) -> None:
        """Answer it no more. What others wait for goes on."""


class Verifier(Protocol):
    """The two halves of the second step, near or far; nobody above can tell which."""

    def gate(self, request: VerificationRequest, done: Callable[[Ticket | Outcome], None]) -> None:
        """Find the user, refuse whom no password helps, and reserve an attempt that `decide` settles."""

    def decide(
        self, ticket: Ticket, primary: PrimaryResult, request: VerificationRequest, done: Callable[[Outcome], None]
    ) -> Waiting:
        """Decide a login whose password has been checked, and call `done` once the outcome is committed."""

    def answer(self, request: VerificationRequest, done: Callable[[Outcome], None]) -> Waiting:
        """Decide the answer to a challenge."""

    def refuse(self, request: VerificationRequest, reason: Reason, done: Callable[[Outcome], None]) -> None:
        """Write down a refusal that needed no decision, and call `done`."""


# --- what reaches people ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ring:
    """A prompt for a user's devices; they fetch what it says themselves."""

    verification: VerificationId
    user: UserId
    devices: tuple[MethodId, ...]


class PushDelivery(Protocol):
    """Rings devices. A device that cannot be reached is not an answer."""

    def ring(self, ring: Ring) -> None:
        """Tell the devices that something waits."""

    def quiet(self, ring: Ring) -> None:
        """Tell the devices that nothing waits any more."""
