"""
What design.md sections 4 to 7 say of one user with a phone and a token, in the plainest words that run.

It shares no code with the product, on purpose: no epochs, no keys, no proofs, only what must be true. One application,
no challenge, a caching rule of type `ip` that may be in force, three sources.
"""

from dataclasses import dataclass, field

SHARED = 10
CACHE_SECONDS = 60
DEADLINE = 50
LOCK_AFTER, LOCK_WITHIN, LOCKED_FOR = 5, 900, 900
PUSH_OFF_AFTER, PUSH_WITHIN, PUSH_OFF_FOR = 3, 600, 1_800
FREE_PASSWORDS, LONGEST_WAIT = 5, 60


@dataclass
class Shared:
    """How a login ended, for its repetitions."""

    reason: str
    allowed: bool
    at: float


@dataclass
class Prompt:
    """What the phone shows."""

    source: str
    began: float
    requests: int = 1
    contended: bool = False


@dataclass
class Model:
    """
    The user's state.

    `now` never goes back, `wall` is what the machine's clock shows, `mono` is time that has really passed.
    """

    now: float
    wall: float
    mono: float = 0
    blocked: bool = False
    locked_until: float = 0
    failures: list[tuple[float, str]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    push_off_until: float = 0
    last_step: int = -1
    bypass_until: float | None = None
    rule: bool = False
    cached: dict[str, tuple[float, float]] = field(default_factory=dict)
    shared: dict[tuple[str, str | None], Shared] = field(default_factory=dict)
    wrong: dict[tuple[str, int], float] = field(default_factory=dict)
    throttle: dict[str, tuple[int, float]] = field(default_factory=dict)
    prompt: Prompt | None = None

    # --- time

    def advance(self, seconds: float) -> str | None:
        """Let time pass; return how the prompt ended, where its deadline came on the way."""
        if self.prompt is not None and self.mono + seconds >= self.prompt.began + DEADLINE:
            before = self.prompt.began + DEADLINE - self.mono
            self._pass(before)
            ended = self.unanswered()
            self._pass(seconds - before)
            return ended
        self._pass(seconds)
        return None

    def _pass(self, seconds: float) -> None:
        self.mono += seconds
        self.wall += seconds
        self.now = max(self.wall, self.now + seconds)

    def step(self, seconds: float) -> None:
        """Set the wall clock."""
        self.wall += seconds
        self.now = max(self.now, self.wall)

    # --- a login

    def login(self, source: str, password: int, code: int | None) -> str:
        """
        Return how a login ends: a reason, or `pending`.

        Args:
            source: where from.
            password: 0 is the right one.
            code: the step whose code is typed, -1 for a wrong code, None for none.
        """
        if self.blocked:
            return "blocked"
        if self.now < self.locked_until:
            return "locked"
        if self.mono - self.wrong.get((source, password), -SHARED) < SHARED:
            return "wrong-password"
        count, not_before = self.throttle.get(source, (0, 0))
        if self.mono < not_before:
            return "throttled"
        if password:
            self._wrong_password(source, password, count)
            return "wrong-password"
        self.throttle.pop(source, None)
        return self._code(source, code) if code is not None else self._no_code(source)

    def _wrong_password(self, source: str, password: int, count: int) -> None:
        self.wrong[source, password] = self.mono
        count += 1
        wait = 0 if count < FREE_PASSWORDS else min(LONGEST_WAIT, 2 ** (count - FREE_PASSWORDS))
        self.throttle[source] = (count, self.mono + wait if wait else self.throttle.get(source, (0, 0))[1])

    def _repeats(self, source: str, code: str | None) -> str | None:
        ended = self.shared.get((source, code))
        if ended is None or self.mono - ended.at >= SHARED:
            return None
        return "joined" if ended.allowed else ended.reason

    def _code(self, source: str, step: int) -> str:
        repeated = self._repeats(source, str(step))
        if repeated is not None:
            return repeated
        current = int(self.wall // 30)
        if step < 0 or abs(step - current) > 1:
            reason = "wrong-code"
        elif step <= self.last_step:
            reason = "used-code"
        else:
            self.last_step = step
            self.failures = [failure for failure in self.failures if failure[1] != source]
            self.shared[source, str(step)] = Shared("code", allowed=True, at=self.mono)
            self._cache(source)
            return "code"
        self.fail(source)
        if not self.now < self.locked_until:
            self.shared[source, str(step)] = Shared(reason, allowed=False, at=self.mono)
        return reason

    def _cache(self, source: str) -> None:
        if self.rule:
            self.cached[source] = (self.now + CACHE_SECONDS, self.mono + CACHE_SECONDS)

    def fail(self, source: str) -> None:
        """Count a wrong second step."""
        self.failures = [failure for failure in self.failures if failure[0] > self.now - LOCK_WITHIN]
        self.failures.append((self.now, source))
        if len(self.failures) >= LOCK_AFTER:
            self.failures = []
            self.locked_until = self.now + LOCKED_FOR
            self.everything_older_ends()

    def _no_code(self, source: str) -> str:
        expires, deadline = self.cached.get(source, (0, 0))
        if self.rule and self.now < expires and self.mono < deadline:
            return "cache"
        repeated = self._repeats(source, None)
        if repeated is not None and self.prompt is None:
            return repeated
        if repeated is not None and self.prompt is not None and self.prompt.source != source:
            return repeated
        if self.bypass_until is not None and self.now < self.bypass_until:
            self.bypass_until = None
            self.everything_older_ends()
            self.shared[source, None] = Shared("bypass", allowed=True, at=self.mono)
            return "bypass"
        return self._prompt(source)

    def _prompt(self, source: str) -> str:
        if self.prompt is not None and self.prompt.source == source:
            self.prompt.requests += 1
            return "pending"
        if self.prompt is not None:
            self.prompt.contended = True
            return "contended"
        if self.now < self.push_off_until:
            return "no-method"
        self.prompt = Prompt(source, self.mono)
        return "pending"

    # --- what happens besides

    def unlock(self) -> None:
        """Let an administrator forgive what was wrong, and prompts that were refused."""
        self.locked_until, self.failures = 0, []
        self.push_off_until, self.refused = 0, []

    def everything_older_ends(self) -> str | None:
        """Drop caches, shared outcomes and the prompt; return how the prompt ends."""
        self.cached.clear()
        self.shared.clear()
        self.wrong.clear()
        ended, self.prompt = self.prompt, None
        if ended is None:
            return None
        return "blocked" if self.blocked else "locked" if self.now < self.locked_until else "superseded"

    def approve(self) -> str | None:
        """Let the phone approve; None where a number is needed."""
        assert self.prompt is not None
        if self.prompt.contended:
            return None
        source, self.prompt = self.prompt.source, None
        self.refused, self.push_off_until = [], 0
        self.failures = [failure for failure in self.failures if failure[1] != source]
        self.shared[source, None] = Shared("push", allowed=True, at=self.mono)
        self._cache(source)
        return "push"

    def _refuse(self) -> None:
        self.refused = [at for at in self.refused if at > self.now - PUSH_WITHIN]
        self.refused.append(self.now)
        if len(self.refused) >= PUSH_OFF_AFTER:
            self.refused, self.push_off_until = [], self.now + PUSH_OFF_FOR

    def deny(self, *, fraud: bool) -> str:
        """Let the phone deny."""
        assert self.prompt is not None
        source, self.prompt = self.prompt.source, None
        if fraud:
            self.bypass_until = None
        else:
            self._refuse()
        reason = "fraud" if fraud else "denied-by-user"
        self.everything_older_ends()
        self.shared[source, None] = Shared(reason, allowed=False, at=self.mono)
        return reason

    def unanswered(self) -> str:
        """Let the deadline of the prompt pass."""
        assert self.prompt is not None
        prompt, self.prompt = self.prompt, None
        reason = "contended" if prompt.contended else "no-answer"
        if not prompt.contended:
            self._refuse()
        self.shared[prompt.source, None] = Shared(reason, allowed=False, at=self.mono)
        return reason
