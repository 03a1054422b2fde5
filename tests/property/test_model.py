"""
Bypass, cache, joining, lock-out and epochs against a small reference model, with clock steps both ways.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fakes.changes import replace
from tests.fakes.world import PASSWORD, SEED, Asked, World
from tests.property.reference_model import CACHE_SECONDS, DEADLINE, Model
from watchword.app.verify.prompting import AnswerResult
from watchword.domain.caching import CacheType
from watchword.domain.lockout import Failures
from watchword.domain.otp import code_at
from watchword.domain.prompts import AnswerDecision
from watchword.domain.users import Block
from watchword.domain.verification import Allowed, Denied
from watchword.kit.clock import MICROSECONDS

SOURCES = ("198.51.100.7", "203.0.113.9", "192.0.2.44")


class OneUser(RuleBasedStateMachine):
    """Whatever befalls one user, the service and the model tell the same."""

    def __init__(self) -> None:
        super().__init__()
        self.world = self.made_world()
        self.world.application(deadline=DEADLINE)
        self.phone = self.world.user_with_phone("alice@example.com", self.world.totp())
        self.user = self.phone.owner.user
        start = self.world.clock.now() / MICROSECONDS
        self.model = Model(now=start, wall=start)
        self.waiting: list[Asked] = []

    def made_world(self) -> World:
        """Return the world that it happens in."""
        return World()

    # --- what may happen

    @rule(
        source=st.sampled_from(SOURCES),
        password=st.sampled_from((0, 0, 0, 0, 1, 2)),
        typed=st.sampled_from((None, None, None, "now", "before", "wrong")),
        retries=st.integers(1, 3),
    )
    def login(self, source: str, password: int, typed: str | None, retries: int) -> None:
        """The same login comes, perhaps more than once."""
        current = self.world.clock.wall() // (30 * MICROSECONDS)
        step = {None: None, "now": current, "before": current - 1, "wrong": -1}[typed]
        code = None if step is None else "000000" if step < 0 else code_at(SEED, step, 6)
        for _ in range(retries):
            expected = self.model.login(source, password, step)
            asked = self.world.ask(typed=PASSWORD + b"!" * password, code=code, source=source)
            if expected == "pending":
                assert not asked.outcomes
                self.waiting.append(asked)
            else:
                self.told(asked, expected)
            if self.model.prompt is None:
                self.all_ended()

    @precondition(lambda self: self.model.prompt is not None)
    @rule()
    def approve(self) -> None:
        """The phone approves."""
        expected = self.model.approve()
        result = self.world.answer(self.phone)
        if expected is None:
            assert result is AnswerResult.NUMBER_NEEDED
            return
        assert result is AnswerResult.TAKEN
        self.released(expected)

    @precondition(lambda self: self.model.prompt is not None)
    @rule(fraud=st.booleans())
    def deny(self, *, fraud: bool) -> None:
        """The phone denies."""
        expected = self.model.deny(fraud=fraud)
        decision = AnswerDecision.FRAUD if fraud else AnswerDecision.DENY
        assert self.world.answer(self.phone, decision) is AnswerResult.TAKEN
        self.released(expected)

    @rule(seconds=st.sampled_from((1, 3, 9.5, 10.5, 31, 49, 61, 290, 901)))
    def pass_time(self, seconds: float) -> None:
        """Time passes."""
        expected = self.model.advance(seconds)
        self.world.pass_time(seconds)
        if expected is not None:
            self.released(expected)

    @rule(seconds=st.sampled_from((-86_400, -3_600, -45, 45, 3_600, 86_400)))
    def step_clock(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.model.step(seconds)
        self.world.clock.step(seconds)

    @rule(seconds=st.sampled_from((5, 60, 300)))
    def give_bypass(self, seconds: int) -> None:
        """The help desk helps; a new bypass supersedes an old one."""
        self.world.bypass(self.user, seconds=seconds)
        self.model.bypass_until = self.model.now + seconds

    @rule()
    def cancel_bypass(self) -> None:
        """The help desk thinks better of it."""
        self.world.cancel_bypasses(self.user)
        self.model.bypass_until = None
        self.epoch_moves()

    @rule()
    def block_or_unblock(self) -> None:
        """An administrator acts."""
        self.model.blocked = not self.model.blocked
        block = Block(at=self.world.clock.now(), reason="test") if self.model.blocked else None
        self.world.block(self.user, block)
        self.epoch_moves()

    @rule()
    def unlock(self) -> None:
        """An administrator unlocks."""
        self.world.unlock(self.user)
        self.model.unlock()

    @rule()
    def rule_on_or_off(self) -> None:
        """An administrator turns the caching rule on, or removes it."""
        self.model.rule = not self.model.rule
        self.model.cached.clear()
        if self.model.rule:
            self.world.rule(CacheType.IP, seconds=CACHE_SECONDS)
        else:
            self.world.configuration.swap(replace(self.world.configuration.value, rules=()))

    # --- what must then be so

    def epoch_moves(self) -> None:
        expected = self.model.everything_older_ends()
        self.world.live.ended(self.user)
        if expected is not None:
            self.released(expected)

    def released(self, expected: str) -> None:
        """Everybody who waited is told the same."""
        first, self.waiting = self.waiting[:1], self.waiting[1:]
        for asked in first:
            self.told(asked, expected)
        for asked in self.waiting:
            self.told(asked, "joined" if expected in ("push", "bypass") else expected)
        self.waiting = []

    def all_ended(self) -> None:
        """Whatever ended a prompt on the way has answered everybody."""
        for asked in self.waiting:
            assert isinstance(asked.outcome, Denied)
        self.waiting = []

    def told(self, asked: Asked, expected: str) -> None:
        outcome = asked.outcome
        assert isinstance(outcome, Allowed | Denied)
        assert outcome.reason.value == expected
        allowed = expected in ("code", "push", "cache", "bypass", "joined")
        assert isinstance(outcome, Allowed) is allowed

    @invariant()
    def no_bug_was_caught(self) -> None:
        assert not self.world.faults

    @invariant()
    def counters_agree(self) -> None:
        failures = self.world.person(self.user).failures
        if failures == Failures():
            return
        assert failures.locked(self.world.clock.now()) is (self.model.now < self.model.locked_until)

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        assert len(self.world.parts.pending) == (self.model.prompt is not None)


TestOneUser = OneUser.TestCase
TestOneUser.settings = settings(stateful_step_count=40, max_examples=150)
