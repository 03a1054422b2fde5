"""
Servers and their credentials under every order of events: clocks are stepped, answers are lost, passwords are guessed.

What must hold: credentials let one server be known, once, within their ten minutes, by one key; whoever spent them is
told the same as often as he asks; a session is opened by nobody who missed one; and nothing old passes for current.
"""

from dataclasses import dataclass, replace
from itertools import count
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from watchword.domain.enrolment import (
    CREDENTIALS_SECONDS,
    MOST_TRIES,
    ActivationCredentials,
    Claim,
    CredentialsId,
    CredentialsState,
    EnrolmentRefusal,
    Verdict,
    judge,
)
from watchword.domain.servers import (
    ACTS_SECONDS,
    LATE_SECONDS,
    MICROSECONDS,
    OFFLINE_SECONDS,
    Links,
    LinkVerdict,
    ServerId,
    ServerStatus,
    acts_until,
    judge_links,
    status_of,
    to_be_written,
    written_until,
)

START: Final = 1_700_000_000 * MICROSECONDS
RIGHT, WRONG = b"r" * 32, b"w" * 32
KEYS: Final = (b"1" * 32, b"2" * 32)

instants: Final = st.integers(0, 1 << 52)


# --- status


@given(instants, instants)
def test_status_is_what_the_last_word_and_the_time_say(heard_at: int, now: int) -> None:
    status = status_of(revoked=False, heard_at=heard_at, now=now)

    silent = now - heard_at
    assert (status is ServerStatus.ONLINE) is (silent <= LATE_SECONDS * MICROSECONDS)
    assert (status is ServerStatus.OFFLINE) is (silent >= OFFLINE_SECONDS * MICROSECONDS)
    assert status_of(revoked=True, heard_at=heard_at, now=now) is ServerStatus.REVOKED


@given(instants, st.integers(0, 1 << 40), st.integers(0, 1 << 40))
def test_without_a_word_a_server_never_looks_better(heard_at: int, first: int, then: int) -> None:
    worse = [ServerStatus.ONLINE, ServerStatus.LATE, ServerStatus.OFFLINE]
    before = status_of(revoked=False, heard_at=heard_at, now=heard_at + first)
    after = status_of(revoked=False, heard_at=heard_at, now=heard_at + first + then)

    assert worse.index(before) <= worse.index(after)


@given(st.lists(st.integers(1, 3 * ACTS_SECONDS * MICROSECONDS), max_size=40))
def test_what_is_written_down_never_promises_too_little_whenever_the_portal_is_killed(gaps: list[int]) -> None:
    now, kept, written = START, 0, 0
    for gap in gaps:
        now += gap
        if to_be_written(kept, now):
            kept, written = written_until(now), written + 1
        # Here the portal may be killed, and all that is known is what was written.
        assert kept >= acts_until(now)
        assert kept <= acts_until(now) + 60 * MICROSECONDS
    assert written <= len(gaps)


# --- sessions


@dataclass
class Holder:
    """A server's folder, or a copy of one: the secret to show, and the one drawn for the session after it, if any."""

    link: bytes
    drawn: bytes | None = None


@given(st.lists(st.sampled_from(["server", "copy", "lost"]), max_size=30), st.integers(0, 5))
def test_a_copy_and_its_server_never_both_open_a_session_of_their_own(events: list[str], copied_after: int) -> None:
    draws = count(2)
    kept, server, copy = Links(current=b"first"), Holder(b"first"), None
    opened: set[str] = set()
    for number, event in enumerate(events):
        if number == copied_after:
            copy = replace(server)
        name, who = ("copy", copy) if event == "copy" else ("server", server)
        if who is None:
            continue
        if who.drawn is None:
            who.drawn = next(draws).to_bytes(32, "big")
        verdict = judge_links(kept, shown=who.link, drawn=who.drawn)
        if verdict is LinkVerdict.STALE:
            # It is noticed where the second of the two comes, and never where there is no copy.
            assert copy is not None
            return
        if verdict is LinkVerdict.NEXT:
            kept = Links(current=who.drawn, previous=who.link)
            # What both had drawn before the copy was made is the session of either.
            opened |= {name} if copy is not None and copy != server else set()
        if event != "lost":
            who.link, who.drawn = who.drawn, None
        assert len(opened) <= 1


# --- activation


class Office:
    """What a portal does with one set of credentials; contract tests show that the store's conditional writes do it."""

    def __init__(self) -> None:
        self.now = START
        self.credentials = ActivationCredentials(
            id=CredentialsId(bytes(16)),
            email="server-a@activation.invalid",
            digest=RIGHT,
            group=None,
            network=None,
            server=None,
            created_by="olga@example.org",
            created_at=START,
            expires_at=START + CREDENTIALS_SECONDS * MICROSECONDS,
        )
        self.known: list[tuple[bytes, int]] = []
        self.told: list[bytes] = []

    def step(self, seconds: int) -> None:
        """Set the wall clock; `now` follows it forward, and never back."""
        self.now = max(self.now, self.now + seconds * MICROSECONDS)

    def claim(self, key: bytes, digest: bytes) -> None:
        """Take a claim."""
        claim = Claim(digest=digest, key=key, group=None, address="198.51.100.7")
        verdict = judge(self.credentials, claim, now=self.now)
        if verdict is Verdict.SPEND:
            self.known.append((key, self.now))
            self.credentials = replace(
                self.credentials, state=CredentialsState.USED, key=key, used_by=ServerId(key[:16])
            )
        elif verdict is EnrolmentRefusal.WRONG and self.credentials.state is CredentialsState.ACTIVE:
            tries = self.credentials.tries + 1
            state = CredentialsState.VOID if tries >= MOST_TRIES else CredentialsState.ACTIVE
            self.credentials = replace(self.credentials, tries=tries, state=state)
        if isinstance(verdict, Verdict):
            self.told.append(key)

    def withdraw(self) -> None:
        """Withdraw them."""
        if self.credentials.state_at(self.now) is CredentialsState.ACTIVE:
            self.credentials = replace(self.credentials, state=CredentialsState.WITHDRAWN)


events: Final = st.one_of(
    st.tuples(st.just("claim"), st.sampled_from(KEYS), st.sampled_from([RIGHT, RIGHT, WRONG])),
    st.tuples(st.just("step"), st.integers(-1_000, 400)),
    st.tuples(st.just("withdraw")),
)


@given(st.lists(events, max_size=25))
def test_one_key_is_known_by_credentials_once_and_in_time(happens: list[tuple[object, ...]]) -> None:
    office = Office()
    wrong_before = 0
    for event in happens:
        match event:
            case ("claim", bytes(key), bytes(digest)):
                office.claim(key, digest)
                wrong_before += digest is WRONG and not office.known
            case ("step", int(seconds)):
                office.step(seconds)
            case _:
                office.withdraw()

    assert len(office.known) <= 1
    assert len(set(office.told)) <= 1
    for key, at in office.known:
        assert at < office.credentials.expires_at
        assert set(office.told) == {key}
        assert wrong_before < MOST_TRIES


@given(st.lists(events, max_size=15), st.integers(1, 10))
def test_who_was_told_once_is_told_again_whatever_the_time(happens: list[tuple[object, ...]], times: int) -> None:
    office = Office()
    office.claim(KEYS[0], RIGHT)
    for event in happens:
        match event:
            case ("claim", bytes(key), bytes(digest)):
                office.claim(key, digest)
            case ("step", int(seconds)):
                office.step(seconds)
            case _:
                office.withdraw()
    before = len(office.told)

    for _ in range(times):
        office.claim(KEYS[0], RIGHT)

    assert office.told[before:] == [KEYS[0]] * times
    assert len(office.known) == 1
