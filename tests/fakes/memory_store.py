"""
A store in memory: the ports of the request path, applied to frozen values, one unit after the other.

It commits when it is told to, so that a test decides what is under way at the same time, and tells what became of it
when it is told to; and it can be told to fail, also in the ways of which nobody knows whether they are failures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.fakes.changes import replace
from watchword.domain.bypass import Bypass, BypassState
from watchword.domain.challenges import Challenge
from watchword.domain.events import Activity, Audit
from watchword.domain.lockout import NO_FAILURES, NO_PROMPTS
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, Totp
from watchword.domain.users import Ambiguous, Block, Person, Resolution, Unknown, UserId
from watchword.ports.login import (
    Committed,
    ConfirmEpoch,
    LearnDirectoryId,
    MintState,
    NoteResync,
    ReportFraud,
    SetFailures,
    SetPrompts,
    SpendBackupCode,
    SpendBypass,
    SpendState,
    SpendStep,
    StoreAway,
    Unit,
    Write,
)


class Fate(Enum):
    """What is to become of a commit."""

    SOUND = auto()
    FAILED = auto()
    REFUSED = auto()
    """Somebody else has taken what it is to take."""
    UNKNOWN = auto()
    """It is said to have failed, and was written all the same."""


_CONDITIONAL = (SpendStep, SpendBackupCode, SpendBypass, SpendState, MintState, ConfirmEpoch)


@dataclass
class State:
    """Everything that is committed; a unit that is refused leaves it as it was."""

    persons: dict[UserId, Person] = field(default_factory=dict)
    names: dict[str, tuple[UserId, ...]] = field(default_factory=dict)
    challenges: dict[bytes, Challenge] = field(default_factory=dict)
    bypasses: dict[bytes, BypassState] = field(default_factory=dict)


class MemoryStore:
    """Implements `Ledger`, `People` and `Challenges`."""

    def __init__(self) -> None:
        self.state = State()
        self.activity: list[Activity] = []
        self.audit: list[Audit] = []
        self.queue: list[tuple[Unit, Callable[[Committed], None]]] = []
        self.results: list[tuple[Callable[[Committed], None], Committed]] = []
        self.hold = False
        self.hold_results = False
        self.fate: Callable[[Unit], Fate] = lambda _unit: Fate.SOUND
        self.broken = False
        self.away = False
        self.committed: list[Unit] = []

    # --- set up

    def add(self, person: Person, *names: str) -> None:
        """Put a user there under his names."""
        self.state.persons[person.user.id] = person
        for name in names or (person.user.username,):
            self.state.names[name] = (*self.state.names.get(name, ()), person.user.id)
        for bypass in person.bypasses:
            self.state.bypasses[bypass.id] = BypassState.ACTIVE

    def change(self, user: UserId, **fields: object) -> None:
        """Change a user as administration would, and bump his epoch."""
        person = self.state.persons[user]
        changed = replace(person.user, epoch=person.user.epoch + 1, **fields)
        self.state.persons[user] = replace(person, user=changed)

    def remove(self, user: UserId) -> None:
        """Remove a user as administration would; his names are free again."""
        del self.state.persons[user]

    def unlock(self, user: UserId) -> None:
        """Unlock a user as administration would."""
        self.state.persons[user] = replace(self.state.persons[user], failures=NO_FAILURES, prompts=NO_PROMPTS)

    def cancel_bypasses(self, user: UserId) -> None:
        """Cancel a user's bypasses as administration would."""
        self.change(user)
        person = self.state.persons[user]
        for bypass in person.bypasses:
            self.state.bypasses[bypass.id] = BypassState.CANCELLED
        self.state.persons[user] = replace(person, bypasses=())

    def give_bypass(self, user: UserId, bypass: Bypass) -> None:
        """Give a user an active bypass, which supersedes those of the same group."""
        person = self.state.persons[user]
        older = tuple(one for one in person.bypasses if one.group == bypass.group)
        for one in older:
            self.state.bypasses[one.id] = BypassState.SUPERSEDED
        kept = tuple(one for one in person.bypasses if one not in older)
        self.state.persons[user] = replace(person, bypasses=(*kept, bypass))
        self.state.bypasses[bypass.id] = BypassState.ACTIVE

    # --- People, Challenges

    def resolve(self, name: str, done: Callable[[Resolution], None]) -> None:
        self._readable()
        found = self.state.names.get(name, ())
        known = [self.state.persons[user] for user in found if user in self.state.persons]
        done(known[0] if len(known) == 1 else Ambiguous() if known else Unknown())

    def load(self, user: UserId, done: Callable[[Person | None], None]) -> None:
        self._readable()
        done(self.state.persons.get(user))

    def owner(self, directory_id: bytes, done: Callable[[UserId | None], None]) -> None:
        self._readable()
        done(next((one for one, p in self.state.persons.items() if p.user.directory_id == directory_id), None))

    def find(self, digest: bytes, done: Callable[[Challenge | None], None]) -> None:
        self._readable()
        done(self.state.challenges.get(digest))

    def _readable(self) -> None:
        if self.away:
            raise StoreAway

    # --- Ledger

    def commit(self, unit: Unit, done: Callable[[Committed], None]) -> None:
        self.queue.append((unit, done))
        if not self.hold:
            self.run()

    def run(self) -> None:
        """Commit what waits, and what comes of it."""
        while self.queue:
            self.run_one()

    def run_one(self) -> None:
        """Commit the unit that waits longest."""
        unit, done = self.queue.pop(0)
        result = self._commit(unit)
        if self.hold_results:
            self.results.append((done, result))
        else:
            done(result)

    def tell_one(self) -> None:
        """Tell what became of the unit that was committed first, to whoever waits for that."""
        done, result = self.results.pop(0)
        done(result)

    def _commit(self, unit: Unit) -> Committed:
        fate = Fate.FAILED if self.broken else self.fate(unit)
        if fate is Fate.REFUSED and any(isinstance(write, _CONDITIONAL) for write in unit.writes):
            self.activity += unit.refused()
            return Committed.REFUSED
        if fate is Fate.FAILED:
            return Committed.FAILED
        result = self._apply(unit)
        return Committed.FAILED if fate is Fate.UNKNOWN else result

    def _apply(self, unit: Unit) -> Committed:
        before = State(
            dict(self.state.persons), dict(self.state.names), dict(self.state.challenges), dict(self.state.bypasses)
        )
        if not all(self._write(write) for write in unit.writes):
            self.state = before
            self.activity += unit.refused()
            return Committed.REFUSED
        self.activity += unit.activity
        self.audit += unit.audit
        self.committed.append(unit)
        return Committed.TAKEN

    def _write(self, write: Write) -> bool:
        persons = self.state.persons
        match write:
            case SpendStep():
                return self._spend_step(write)
            case SpendBackupCode():
                return self._spend_backup(write)
            case SpendBypass():
                return self._spend_bypass(write)
            case SpendState():
                return self.state.challenges.pop(write.digest, None) is not None
            case MintState():
                return self.state.challenges.setdefault(write.challenge.digest, write.challenge) is write.challenge
            case ConfirmEpoch():
                return self._stands(write.user, write.epoch)
            case SetFailures():
                persons[write.user] = replace(self._bumped(write.user, bump=write.bump), failures=write.failures)
            case SetPrompts():
                persons[write.user] = replace(self._bumped(write.user, bump=write.bump), prompts=write.prompts)
            case NoteResync():
                self._detail(write.method, lambda detail: replace(detail, resync=write.counter))
            case LearnDirectoryId():
                self._learn(write)
            case ReportFraud():
                self._report(write)
        return True

    def _learn(self, write: LearnDirectoryId) -> None:
        persons = self.state.persons
        person = persons[write.user]
        known = {one.user.directory_id for one in persons.values()}
        if person.user.directory_id is None and write.directory_id not in known:
            persons[write.user] = replace(person, user=replace(person.user, directory_id=write.directory_id))

    def _report(self, write: ReportFraud) -> None:
        person = self._bumped(write.user, bump=True)
        block = person.user.block
        if block is None and write.block is not None:
            block = Block(at=write.at, reason=write.block)
        for one in person.bypasses:
            self.state.bypasses[one.id] = BypassState.CANCELLED
        self.state.persons[write.user] = replace(person, bypasses=(), user=replace(person.user, block=block))

    def _stands(self, user: UserId, epoch: int) -> bool:
        person = self.state.persons.get(user)
        if person is None:
            return False
        return person.user.epoch == epoch and person.user.block is None and not person.user.disabled

    def _bumped(self, user: UserId, *, bump: bool) -> Person:
        person = self.state.persons[user]
        return replace(person, user=replace(person.user, epoch=person.user.epoch + bump))

    def _detail(self, method: MethodId, change: Callable[[Hotp], Hotp]) -> None:
        for user, person in self.state.persons.items():
            methods = tuple(
                replace(one, detail=change(one.detail)) if one.id == method and isinstance(one.detail, Hotp) else one
                for one in person.methods
            )
            self.state.persons[user] = replace(person, methods=methods)

    def _method(self, method: MethodId) -> tuple[Person, Method] | None:
        return next(((p, m) for p in self.state.persons.values() for m in p.methods if m.id == method), None)

    def _replace_method(self, person: Person, changed: Method) -> bool:
        methods = tuple(changed if one.id == changed.id else one for one in person.methods)
        self.state.persons[person.user.id] = replace(person, methods=methods)
        return True

    def _spend_step(self, write: SpendStep) -> bool:
        found = self._method(write.method)
        if found is None:
            return False
        person, method = found
        match method.detail:
            case Totp() as token if token.last_step < write.step:
                token = replace(token, last_step=write.step, drift=write.drift)
                return self._replace_method(person, replace(method, detail=token))
            case Hotp() as counter if counter.counter <= write.step:
                counter = replace(counter, counter=write.step + 1, resync=None)
                return self._replace_method(person, replace(method, detail=counter))
            case _:
                return False

    def _spend_backup(self, write: SpendBackupCode) -> bool:
        found = self._method(write.method)
        if found is None or not isinstance(found[1].detail, BackupCodes):
            return False
        person, method = found
        codes = found[1].detail
        if write.digest not in codes.left:
            return False
        left = tuple(one for one in codes.left if one != write.digest)
        return self._replace_method(person, replace(method, detail=replace(codes, left=left)))

    def _spend_bypass(self, write: SpendBypass) -> bool:
        person = self.state.persons.get(write.user)
        if person is None or not self._stands(write.user, write.epoch):
            return False
        if self.state.bypasses.get(write.bypass) is not BypassState.ACTIVE:
            return False
        bypass = next((one for one in person.bypasses if one.id == write.bypass), None)
        if bypass is None or write.at >= bypass.expires_at or bypass.application not in (None, write.application):
            return False
        self.state.bypasses[write.bypass] = BypassState.USED
        left = tuple(one for one in person.bypasses if one.id != write.bypass)
        self.state.persons[write.user] = replace(self._bumped(write.user, bump=True), bypasses=left)
        return True
