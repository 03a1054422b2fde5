"""
Logins of one user in every order of passwords checked, units committed, results told, phones answered and all the rest.

What must hold is small, and holds whatever came first: everybody is answered once, what is good once is good once, and
nobody passes by somebody else's second step.
"""

import asyncio
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fakes.memory_store import Fate
from tests.fakes.world import Asked, World
from watchword.app.verify.prompting import AnswerResult
from watchword.domain.events import Activity
from watchword.domain.prompts import AnswerDecision
from watchword.domain.users import Block
from watchword.domain.verification import Allowed, Challenged, OutcomeKind, Reason

SOURCES = ("198.51.100.7", "203.0.113.9", "192.0.2.44")
PROVEN = frozenset({Reason.CODE, Reason.PUSH, Reason.BYPASS})


class Interleaved(RuleBasedStateMachine):
    """Nothing is done before a rule does it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.phone = self.world.user_with_phone("alice@example.com", self.world.totp())
        self.user = self.phone.owner.user
        self.world.passwords.hold = True
        self.world.store.hold = self.world.store.hold_results = True
        self.codes: dict[int, str] = {}
        self.approved: Counter[str | None] = Counter()
        self.bypasses = 0

    # --- logins

    @rule(source=st.sampled_from(SOURCES), typed=st.sampled_from((None, None, None, "right", "wrong")))
    def asks(self, source: str, typed: str | None) -> None:
        """Somebody logs in."""
        code = {None: None, "right": self.world.code(), "wrong": "000000"}[typed]
        self.typed(self.world.ask(code=code, source=source), code)

    @precondition(lambda self: self.challenges())
    @rule(which=st.integers(0, 50), typed=st.sampled_from((None, None, "right", "wrong")))
    def answers_a_challenge(self, which: int, typed: str | None) -> None:
        """A challenge is answered, or answered again."""
        challenges = self.challenges()
        code = {None: None, "right": self.world.code(), "wrong": "000000"}[typed]
        state = challenges[which % len(challenges)].state
        self.typed(self.world.ask(typed=b"", code=code, state=state), code)

    @precondition(lambda self: self.world.asked)
    @rule(which=st.integers(0, 50))
    def is_given_up(self, which: int) -> None:
        """A listener waits for a request no more."""
        self.world.asked[which % len(self.world.asked)].cancel()

    # --- what they wait for

    @precondition(lambda self: self.world.passwords.waiting)
    @rule()
    def passwords_are_checked(self) -> None:
        """The directory answers."""
        self.world.passwords.run()

    @precondition(lambda self: self.world.store.queue)
    @rule(fate=st.sampled_from((Fate.SOUND, Fate.SOUND, Fate.SOUND, Fate.FAILED, Fate.REFUSED, Fate.UNKNOWN)))
    def a_unit_is_committed(self, fate: Fate) -> None:
        """The store commits, or does not."""
        before = len(self.world.store.activity)
        standing = self.world.person(self.user).user
        self.world.store.fate = lambda _: fate
        self.world.store.run_one()
        self.world.store.fate = lambda _: Fate.SOUND
        new = self.world.store.activity[before:]
        if standing.block is not None or standing.disabled:
            assert all(row.kind is not OutcomeKind.ALLOWED for row in new)

    @precondition(lambda self: self.world.store.results)
    @rule()
    def a_result_is_told(self) -> None:
        """Whoever waits for a commit hears of it."""
        self.world.store.tell_one()

    @rule()
    def everything_goes_on(self) -> None:
        """Whatever can go on does."""
        self.go_on()

    # --- the phone

    @precondition(lambda self: self.shown() is not None)
    @rule()
    def the_phone_approves(self) -> None:
        """The user taps."""
        logins = self.world.parts.pending.of(self.user)
        sources = {login.leader.source for login in logins}
        result = self.world.answer(self.phone)
        if result is AnswerResult.TAKEN:
            assert len(sources) == 1
            self.approved.update(sources)
        else:
            assert result is AnswerResult.NUMBER_NEEDED

    @precondition(lambda self: self.shown() is not None)
    @rule(which=st.integers(0, 5))
    def a_number_is_typed(self, which: int) -> None:
        """The user types a number that a screen shows, or one that none shows."""
        logins = self.world.parts.pending.of(self.user)
        number = None if which >= len(logins) else logins[which].number
        result = self.world.answer(self.phone, number=number or "00")
        if number is None:
            assert result is AnswerResult.WRONG_NUMBER
        else:
            assert result is AnswerResult.TAKEN
            self.approved[logins[which].leader.source] += 1
        assert not self.world.parts.pending.of(self.user)

    @precondition(lambda self: self.shown() is not None)
    @rule(decision=st.sampled_from((AnswerDecision.DENY, AnswerDecision.FRAUD)))
    def the_phone_says_no(self, decision: AnswerDecision) -> None:
        """The user says no, which ends everything."""
        assert self.world.answer(self.phone, decision) is AnswerResult.TAKEN
        assert not self.world.parts.pending.of(self.user)

    # --- administration, and the world

    @rule()
    def a_bypass_is_made(self) -> None:
        """The help desk helps."""
        self.world.bypass(self.user)
        self.bypasses += 1

    @precondition(lambda self: len(self.world.parts.pending) > 0)
    @rule()
    def a_login_is_let_through(self) -> None:
        """The help desk helps whoever waits."""
        bypass = self.world.bypass(self.user)
        self.bypasses += 1

        async def let_through() -> None:
            await self.world.live.let_through(self.world.live.pending()[0].id, bypass.id)

        asyncio.run(let_through())

    @rule(tells=st.booleans())
    def something_happens_to_the_user(self, *, tells: bool) -> None:
        """His epoch moves."""
        self.world.store.change(self.user)
        if tells:
            self.world.live.ended(self.user)

    @rule()
    def he_is_blocked_or_not(self) -> None:
        """An administrator acts."""
        blocked = self.world.person(self.user).user.block is not None
        self.world.store.change(self.user, block=None if blocked else Block(at=1, reason="stolen"))
        self.world.live.ended(self.user)

    @rule(challenge=st.booleans(), enabled=st.sampled_from((True, True, True, False)))
    def the_application_is_changed(self, *, challenge: bool, enabled: bool) -> None:
        """An administrator acts."""
        self.world.application(challenge=challenge, enabled=enabled, version=self.world.vpn.version + 1)

    @rule(seconds=st.sampled_from((0.5, 9, 11, 31, 51, 181)))
    def time_passes(self, seconds: float) -> None:
        """Time passes."""
        self.world.pass_time(seconds)

    @rule(seconds=st.sampled_from((-86_400, -31, 31, 86_400)))
    def the_clock_is_set(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.world.clock.step(seconds)

    # --- what must hold

    @invariant()
    def no_bug_was_caught(self) -> None:
        assert not self.world.faults

    @invariant()
    def nobody_is_answered_twice(self) -> None:
        assert all(len(asked.outcomes) <= 1 for asked in self.world.asked)

    @invariant()
    def what_is_good_once_was_good_once(self) -> None:
        allowed = [row for row in self.world.store.activity if row.kind is OutcomeKind.ALLOWED]
        reasons = Counter((row.reason, row.source) for row in allowed)
        assert sum(row.reason is Reason.BYPASS for row in allowed) <= self.bypasses
        for source in SOURCES:
            assert reasons[Reason.PUSH, source] <= self.approved[source]
        rows = {row.id: row for row in allowed}
        for row in allowed:
            if row.reason is Reason.JOINED:
                assert row.origin is not None
                self.is_the_same_login(row, rows[row.origin])

    def is_the_same_login(self, row: Activity, origin: Activity) -> None:
        assert origin.reason in PROVEN
        assert (row.user, row.source, row.application) == (origin.user, origin.source, origin.application)

    def teardown(self) -> None:
        """Let everything come to its end, and see that nothing is left."""
        self.go_on()
        for _ in range(4):
            self.world.pass_time(200)
            self.go_on()
        for asked in self.world.asked:
            assert len(asked.outcomes) == (not asked.cancelled)
        passed = Counter(self.codes[id(asked)] for asked in self.world.asked if self.passed_by_code(asked))
        assert all(times == 1 for times in passed.values())
        allowed = {row.id for row in self.world.store.activity if row.kind is OutcomeKind.ALLOWED}
        for asked in self.world.asked:
            assert not isinstance(asked.outcome, Allowed) or asked.outcome.activity in allowed
        assert self.world.timer.next() is None
        assert not len(self.world.parts.pending)
        freed: list[bool] = []
        self.world.parts.turns.take(self.user, lambda: freed.append(True))
        assert freed
        assert not any(self.world.releases.spoken_for(digest) for digest in self.world.minted)

    # --- helpers

    def typed(self, asked: Asked, code: str | None) -> None:
        if code is not None:
            self.codes[id(asked)] = code

    def passed_by_code(self, asked: Asked) -> bool:
        return isinstance(asked.outcome, Allowed) and asked.outcome.reason is Reason.CODE

    def challenges(self) -> list[Challenged]:
        return [asked.outcome for asked in self.world.asked if isinstance(asked.outcome, Challenged)]

    def shown(self) -> object:
        return self.world.prompting.shown(self.user)

    def go_on(self) -> None:
        while self.world.passwords.waiting or self.world.store.queue or self.world.store.results:
            self.world.passwords.run()
            if self.world.store.queue:
                self.world.store.run_one()
            while self.world.store.results:
                self.world.store.tell_one()


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(stateful_step_count=40, max_examples=100)
