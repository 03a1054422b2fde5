"""
A whole verification service on a store in memory and a clock that is moved by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.changes import replace
from tests.fakes.memory_store import MemoryStore
from watchword.app.attempt import LoginAttempt
from watchword.app.directory import CurrentConfiguration
from watchword.app.login import Login
from watchword.app.pending import Pending
from watchword.app.proofs import PasswordProofs, ProofKeys
from watchword.app.recorder import Recorder
from watchword.app.throttles import Throttles
from watchword.app.verify.live import LiveVerifications
from watchword.app.verify.parts import Parts
from watchword.app.verify.prompting import AnswerResult, DeviceAnswer, Prompting
from watchword.app.verify.releases import Releases
from watchword.app.verify.service import VerificationService
from watchword.app.verify.turns import Turns
from watchword.domain.applications import DEFAULT_GROUP, Application, ApplicationId
from watchword.domain.bypass import Bypass, BypassId
from watchword.domain.caching import CacheEntry, CacheKey, CacheType, CachingRule, RuleId
from watchword.domain.configuration import Configuration
from watchword.domain.methods import Method, MethodId, MethodKind, Push, Totp
from watchword.domain.otp import code_at
from watchword.domain.prompts import AnswerDecision, AnswerStatement
from watchword.domain.secrets import Secret
from watchword.domain.users import Block, Person, User, UserId
from watchword.domain.verification import Credential, Outcome, PrimaryResult, PrimaryVerdict
from watchword.kit.clock import MICROSECONDS, NANOSECONDS, ManualClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.metrics import Metrics
from watchword.kit.randomness import SeededRandomness
from watchword.ports.login import (
    CachedLogin,
    Challenges,
    Ledger,
    MintState,
    People,
    PrimaryAttempt,
    Ring,
    Waiting,
)
from watchword.ports.records import DeviceOwner

PASSWORD = b"correct horse"
SEED = bytes(range(20))


class ManualTimer:
    """Deadlines that are called when the world's time has passed them."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[int, Callable[[], None]]] = {}
        self._numbers = count()

    def at(self, deadline: int, call: Callable[[], None]) -> Callable[[], None]:
        number = next(self._numbers)
        self._waiting[number] = (deadline, call)
        return lambda: self._waiting.pop(number, None) and None

    def expire(self, now: int) -> None:
        """Call what is due, the earliest first."""
        due = sorted((deadline, number) for number, (deadline, _) in self._waiting.items() if deadline <= now)
        for _, number in due:
            waiting = self._waiting.pop(number, None)
            if waiting is not None:
                waiting[1]()

    def next(self) -> int | None:
        """Return the next deadline."""
        return min((deadline for deadline, _ in self._waiting.values()), default=None)


class MemoryCache:
    """A login cache that forgets nothing, so that only what the decision checks ends an entry."""

    def __init__(self) -> None:
        self.entries: dict[CacheKey, CacheEntry] = {}
        self.hits: list[CacheKey] = []

    def find(self, key: CacheKey, done: Callable[[CacheEntry | None], None]) -> None:
        done(self.entries.get(key))

    def hit(self, key: CacheKey) -> None:
        self.hits.append(key)

    def put(self, key: CacheKey, entry: CacheEntry) -> None:
        self.entries[key] = entry

    def listed(self) -> list[CachedLogin]:
        return [CachedLogin(key=key, entry=entry, hits=self.hits.count(key)) for key, entry in self.entries.items()]

    def purge(self, user: UserId | None) -> int:
        dropped = [key for key in self.entries if user in (None, key.user)]
        for key in dropped:
            del self.entries[key]
        return len(dropped)


class Seams(Ledger, People, Challenges, Protocol):
    """What a decision reads and writes durably."""


class Phones:
    """Hears every ring."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []
        self.quiets: list[Ring] = []

    def ring(self, ring: Ring) -> None:
        self.rings.append(ring)

    def quiet(self, ring: Ring) -> None:
        self.quiets.append(ring)


class Passwords:
    """Checks passwords against one that is right; it answers at once, or when it is told to."""

    def __init__(self) -> None:
        self.right = PASSWORD
        self.checked: list[PrimaryAttempt] = []
        self.hold = False
        self.breaks = False
        self.waiting: list[tuple[PrimaryAttempt, Callable[[PrimaryResult], None]]] = []
        self.verdict: PrimaryResult | None = None

    def check(self, attempt: PrimaryAttempt, done: Callable[[PrimaryResult], None]) -> None:
        self.checked.append(attempt)
        if self.breaks:
            raise RuntimeError
        if self.hold:
            self.waiting.append((attempt, done))
        else:
            done(self.result(attempt))

    def result(self, attempt: PrimaryAttempt) -> PrimaryResult:
        if self.verdict is not None:
            return self.verdict
        right = attempt.password.octets == self.right
        return PrimaryResult(verdict=PrimaryVerdict.ACCEPTED if right else PrimaryVerdict.REJECTED, checked_by="local")

    def run(self) -> None:
        """Answer what waits."""
        waiting, self.waiting = self.waiting, []
        for attempt, done in waiting:
            done(self.result(attempt))


@dataclass
class Phone:
    """A paired device that signs for real."""

    owner: DeviceOwner
    key: ec.EllipticCurvePrivateKey


class World:
    """One user `alice@example.com`, one application `vpn`, and everything that decides between them."""

    def __init__(self, *, seed: int = 1) -> None:
        self.clock = ManualClock()
        self.timer = ManualTimer()
        self.store = MemoryStore()
        self.seams = self.open_seams()
        self.cache = MemoryCache()
        self.phones = Phones()
        self.passwords = Passwords()
        self.randomness = SeededRandomness(seed)
        self.identifiers = Identifiers(clock=self.clock, randomness=self.randomness)
        self.faults: list[str] = []
        self.asked: list[Asked] = []
        self.metrics = Metrics()
        self.vpn = Application(id=ApplicationId(self.identifiers.new()), name="vpn")
        self.configuration = CurrentConfiguration(Configuration(applications={self.vpn.id: self.vpn}))
        self.proof_keys = ProofKeys(clock=self.clock, randomness=self.randomness)
        self.parts = self._parts()
        self.releases = Releases(self.parts)
        self.service = VerificationService(self.parts, self.releases)
        self.live = LiveVerifications(self.parts, self.releases)
        self.prompting = Prompting(self.parts, self.releases)
        self.login = Login(
            verifier=self.service,
            primary=self.passwords,
            proofs=PasswordProofs(partial(self.proof_keys.of, DEFAULT_GROUP)),
            fault=self._fault,
            metrics=self.metrics,
        )

    def _fault(self, where: str) -> None:
        self.faults.append(where)

    def open_seams(self) -> Seams:
        """Return the store that decisions stand on; a world on another store has its own."""
        return self.store

    def _parts(self) -> Parts:
        return Parts(
            ledger=self.seams,
            people=self.seams,
            challenges=self.seams,
            cache=self.cache,
            push=self.phones,
            configuration=self.configuration,
            clock=self.clock,
            timer=self.timer,
            randomness=self.randomness,
            identifiers=self.identifiers,
            recorder=Recorder(
                ledger=self.seams,
                clock=self.clock,
                identifiers=self.identifiers,
            ),
            pending=Pending(clock=self.clock, timer=self.timer),
            throttles=Throttles(clock=self.clock),
            turns=Turns(),
            fault=self._fault,
            metrics=self.metrics,
        )

    # --- who and what there is

    def user(self, username: str = "alice@example.com", *methods: Method) -> UserId:
        """Add a user."""
        user = UserId(self.identifiers.new())
        self.add_person(Person(user=User(id=user, username=username), methods=methods))
        return user

    def add_person(self, person: Person) -> None:
        """Put a user there under his full and his short name."""
        username = person.user.username
        self.store.add(person, username, username.partition("@")[0])

    def totp(self, secret: bytes = SEED) -> Method:
        """Make a TOTP method."""
        return Method(id=MethodId(self.identifiers.new()), kind=MethodKind.TOTP, detail=Totp(secret=Secret(secret)))

    def push(self) -> tuple[Method, ec.EllipticCurvePrivateKey]:
        """Make a push method and the key of its device."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        method = Method(id=MethodId(self.identifiers.new()), kind=MethodKind.PUSH, detail=Push(public_key=public))
        return method, key

    def user_with_phone(self, username: str = "alice@example.com", *methods: Method) -> Phone:
        """Add a user with a paired device, and other methods."""
        method, key = self.push()
        user = self.user(username, method, *methods)
        detail = method.detail
        assert isinstance(detail, Push)
        return Phone(DeviceOwner(user=user, method=method.id, public_key=detail.public_key), key)

    def another_phone(self, phone: Phone) -> Phone:
        """Pair another device of the same user."""
        method, key = self.push()
        person = self.person(phone.owner.user)
        self.store.state.persons[phone.owner.user] = replace(person, methods=(*person.methods, method))
        assert isinstance(method.detail, Push)
        return Phone(replace(phone.owner, method=method.id, public_key=method.detail.public_key), key)

    def application(self, **fields: object) -> Application:
        """Change the application."""
        self.vpn = replace(self.vpn, **fields)
        self._swap(applications={self.vpn.id: self.vpn})
        return self.vpn

    def rule(self, cache_type: CacheType, seconds: int = 60, **fields: object) -> CachingRule:
        """Put one caching rule in force."""
        rule = CachingRule(id=RuleId(self.identifiers.new()), cache_type=cache_type, seconds=seconds, **fields)  # type: ignore[arg-type]
        self._swap(rules=(rule,))
        return rule

    def _swap(self, **fields: object) -> None:
        self.configuration.swap(replace(self.configuration.value, **fields))

    def bypass(self, user: UserId, seconds: int = 300, **fields: object) -> Bypass:
        """Give a user a bypass."""
        now = self.clock.now()
        bypass = Bypass(
            id=BypassId(self.identifiers.new()),
            group=None,
            application=None,
            created_at=now,
            expires_at=now + seconds * MICROSECONDS,
        )
        bypass = replace(bypass, **fields)
        self.give_bypass(user, bypass)
        return bypass

    def give_bypass(self, user: UserId, bypass: Bypass) -> None:
        """Give a user a bypass, which supersedes an older one."""
        self.store.give_bypass(user, bypass)

    def cancel_bypasses(self, user: UserId) -> None:
        """Cancel what a user has of bypasses."""
        self.store.cancel_bypasses(user)

    def block(self, user: UserId, block: Block | None) -> None:
        """Block a user, or do not."""
        self.store.change(user, block=block)

    def unlock(self, user: UserId) -> None:
        """Unlock a user."""
        self.store.unlock(user)

    def code(self, secret: bytes = SEED, *, ahead: int = 0) -> str:
        """Return the code that a token shows now, or so many steps ahead."""
        return code_at(secret, self.clock.wall() // (30 * MICROSECONDS) + ahead, 6)

    # --- what happens

    def ask(
        self,
        *,
        user: str = "alice@example.com",
        typed: bytes = PASSWORD,
        code: str | None = None,
        source: str | None = "198.51.100.7",
        state: bytes | None = None,
        client: str = "192.0.2.1",
        credential: Credential = Credential.PAP,
        application: Application | None = None,
    ) -> "Asked":
        """Send a login, as a listener would."""
        application = application or self.vpn
        if code is not None:
            typed = typed + b"," + code.encode() if typed else code.encode()
        attempt = LoginAttempt(
            application=application,
            client=client,
            user_name=user,
            typed=Secret(typed),
            credential=credential,
            source=source,
            address=source if source and source[0].isdigit() else None,
            state=state,
            received_at=self.clock.now(),
            deadline=self.clock.monotonic() + application.deadline * NANOSECONDS,
        )
        asked = Asked()
        self.asked.append(asked)
        asked.waiting = self.login.submit(attempt, asked.hear)
        return asked

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and call what falls due on the way."""
        end = self.clock.monotonic() + int(seconds * NANOSECONDS)
        while (due := self.timer.next()) is not None and due <= end:
            self.clock.advance(max(0, due - self.clock.monotonic()) / NANOSECONDS)
            self.timer.expire(max(due, self.clock.monotonic()))
        self.clock.advance(max(0, end - self.clock.monotonic()) / NANOSECONDS)

    def answer(
        self,
        phone: Phone,
        decision: AnswerDecision = AnswerDecision.APPROVE,
        number: str | None = None,
        *,
        displayed: bytes | None = None,
    ) -> AnswerResult:
        """Let a device answer what it is shown."""
        shown = self.prompting.shown(phone.owner.user)
        if shown is None:
            return AnswerResult.OVER
        displayed = shown.details.digest() if displayed is None else displayed
        statement = AnswerStatement(
            verification=shown.verification,
            nonce=shown.nonce,
            decision=decision,
            number=number,
            application=ApplicationId(shown.application),
            user=phone.owner.user,
            device=phone.owner.method,
            issued_at=shown.issued_at,
            expires_at=shown.expires_at,
            displayed=displayed,
        )
        signature = phone.key.sign(statement.canonical(), ec.ECDSA(hashes.SHA256()))
        answer = DeviceAnswer(
            verification=shown.verification,
            decision=decision,
            number=number,
            displayed=displayed,
            signature=signature,
        )
        return self.prompting.answer(phone.owner, answer)

    @property
    def minted(self) -> set[bytes]:
        """The digests of all States that were ever committed."""
        writes = (write for unit in self.store.committed for write in unit.writes)
        return {write.challenge.digest for write in writes if isinstance(write, MintState)}

    def person(self, user: UserId) -> Person:
        """Return a user as he is committed."""
        return self.store.state.persons[user]


class Asked:
    """A login that was sent, and what came back."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.waiting: Waiting | None = None
        self.cancelled = False
        self.breaks = False

    def hear(self, outcome: Outcome) -> None:
        """Take the answer, as a listener does."""
        self.outcomes.append(outcome)
        if self.breaks:
            raise RuntimeError

    def cancel(self) -> None:
        """Wait no more for the answer, as a listener that gives a request up."""
        assert self.waiting is not None
        self.cancelled = not self.outcomes
        self.waiting.cancel()

    @property
    def outcome(self) -> Outcome | None:
        """The one answer, None while there is none."""
        assert len(self.outcomes) <= 1, "a request is answered once"
        return self.outcomes[0] if self.outcomes else None
