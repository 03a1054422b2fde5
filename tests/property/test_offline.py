"""
Whatever comes in while no portal answers: only an unused code of a token passes, once, and only in time.
"""

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.fakes.changes import replace
from tests.property import domain_values as drawn
from tests.unit.domain import values
from watchword.domain import policy
from watchword.domain.applications import PortalAway, PrimaryKind
from watchword.domain.caching import Miss
from watchword.domain.decisions import Allow, Deny, Facts
from watchword.domain.joining import Standing
from watchword.domain.methods import MethodKind
from watchword.domain.offline import WINDOW, Alone, Moment, Open, Word, decide, spent, window
from watchword.domain.otp import Matched, code_at, is_code
from watchword.domain.users import Person
from watchword.domain.verification import PrimaryVerdict, Reason

APPLICATIONS = drawn.applications.map(lambda one: replace(one, portal_away=PortalAway.CODES))
LOGINS = st.builds(
    Alone,
    request=drawn.requests,
    application=st.one_of(
        APPLICATIONS, APPLICATIONS.map(lambda one: replace(one, primary=PrimaryKind.ASSERTED, enabled=True))
    ),
    resolution=drawn.resolutions,
    primary=st.one_of(
        drawn.primaries,
        drawn.primaries.map(lambda one: replace(one, verdict=PrimaryVerdict.ACCEPTED, directory_id=None)),
    ),
    now=drawn.instants,
)
#: Of somebody whom only the code can stop, and a code of one of his tokens, used or not.
LIKELY = st.builds(
    lambda login, methods, counter, moved: login._replace(
        application=replace(login.application, enabled=True, primary=PrimaryKind.ASSERTED),
        request=login.request._replace(code=code_at(values.SEED.octets, (values.STEP, counter)[moved], 6)),
        resolution=replace(values.PERSON, methods=tuple(methods)),
        primary=replace(login.primary, verdict=PrimaryVerdict.ACCEPTED, directory_id=None),
        now=values.NOW,
    ),
    LOGINS,
    st.permutations([values.totp(last_step=values.STEP - 1), values.hotp(counter=3, digits=6, secret=values.SEED)]),
    st.integers(min_value=0, max_value=20),
    st.sampled_from([0, 1]),
)
INSTANTS = st.integers(min_value=0, max_value=10**16)
MOMENTS = st.builds(Moment, st.sampled_from([b"one", b"two"]), INSTANTS, INSTANTS)
WORDS = st.builds(Word, MOMENTS, INSTANTS, INSTANTS)


@given(st.one_of(LOGINS, LIKELY))
def test_only_an_unused_code_of_a_token_passes(login: Alone) -> None:
    decision = decide(login)
    assert isinstance(decision, Allow | Deny)
    assert any(step.decided for step in decision.trace)
    if isinstance(decision, Allow):
        assert decision.reason is Reason.OFFLINE_CODE
        assert isinstance(decision.spend, Matched)
        assert decision.spend.kind in {MethodKind.TOTP, MethodKind.HOTP}
        assert login.request.code is not None
        assert is_code(login.request.code)
        assert isinstance(login.resolution, Person)
        assert login.resolution.user.block is None
        assert not login.resolution.user.disabled
        assert not login.resolution.failures.locked(login.now)
        assert login.primary.verdict is PrimaryVerdict.ACCEPTED
        assert login.application.primary is not PrimaryKind.LOCAL


@given(LIKELY)
def test_no_code_passes_twice(login: Alone) -> None:
    decision = decide(login)
    assume(isinstance(decision, Allow))
    assert isinstance(decision, Allow)
    assert isinstance(decision.spend, Matched)
    assert isinstance(login.resolution, Person)
    after = spent(login.resolution, decision.spend.method, decision.spend.step, decision.spend.drift)
    again = decide(login._replace(resolution=after))
    assert isinstance(again, Deny) or again.spend != decision.spend


@given(LIKELY)
def test_nobody_passes_here_who_would_not_pass_at_the_portal_with_the_same_facts(login: Alone) -> None:
    decision = decide(login)
    assume(isinstance(decision, Allow))
    facts = Facts(
        request=login.request,
        application=login.application,
        resolution=login.resolution,
        primary=login.primary,
        directory_owner=None,
        cache=Miss.KEY,
        bypass=None,
        standing=Standing.NONE,
        contended=False,
        now=login.now,
        wall=login.now,
    )
    assert isinstance(policy.decide(facts), Allow)


@given(st.one_of(st.none(), WORDS), MOMENTS)
def test_it_is_never_open_for_longer_than_a_quarter_of_an_hour(word: Word | None, moment: Moment) -> None:
    opened = window(word, moment)
    if isinstance(opened, Open):
        assert word is not None
        assert moment.boot == word.said.boot
        assert 0 <= moment.elapsed - word.said.elapsed < WINDOW
        assert (moment.wall - word.said.wall) * 1_000 < WINDOW
        assert 0 < opened.left <= WINDOW


@given(
    st.integers(min_value=0, max_value=WINDOW),
    st.integers(min_value=0, max_value=WINDOW),
    st.integers(min_value=-(10**15), max_value=10**15),
)
def test_no_step_of_the_wall_clock_stretches_it(passed: int, more: int, step: int) -> None:
    word = Word(Moment(b"one", 10**10, 10**15), 10**10, 10**15)
    before = window(word, Moment(b"one", 10**10 + passed, 10**15 + passed // 1_000))
    after = window(word, Moment(b"one", 10**10 + passed + more, 10**15 + (passed + more) // 1_000 + step))
    if isinstance(after, Open):
        assert isinstance(before, Open)
        assert after.left <= WINDOW - passed - more
