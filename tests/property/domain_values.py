"""
Strategies for everything that a decision reads: in order and out of order, likely and unlikely, together in any way.

Few values of each kind are drawn, so that equal ones meet often; times lie around their bounds.
"""

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from tests.fakes.changes import replace
from tests.unit.domain import values
from watchword.domain.applications import Application, AuthenticationType, PrimaryKind
from watchword.domain.bypass import Bypass, BypassId
from watchword.domain.caching import CacheType, Hit, Miss
from watchword.domain.challenges import Challenge
from watchword.domain.decisions import Facts
from watchword.domain.joining import Standing
from watchword.domain.lockout import Failures, Prompts
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodKind, OathAlgorithm, Push, Totp
from watchword.domain.otp import backup_digest, code_at
from watchword.domain.users import Ambiguous, Block, Person, Resolution, Unknown, User
from watchword.domain.verification import ActivityId, PrimaryResult, PrimaryVerdict, VerificationRequest

users: Final = st.sampled_from([values.ALICE, values.BOB])
sources: Final = st.sampled_from([None, "198.51.100.7", "203.0.113.9", "00-11-22-33-44-55"])
instants: Final = st.integers(min_value=-3, max_value=3).map(lambda offset: values.NOW + offset)
walls: Final = st.one_of(
    st.integers(min_value=-3, max_value=3).map(lambda steps: values.NOW + steps * 30 * values.SECOND),
    st.integers(min_value=-(10**13), max_value=10**17),
)

_algorithms: Final = st.sampled_from(OathAlgorithm)
_digits: Final = st.sampled_from([6, 8])
_totp: Final = st.builds(
    Totp,
    secret=st.just(values.SEED),
    algorithm=_algorithms,
    digits=_digits,
    period=st.sampled_from([30, 60]),
    last_step=st.sampled_from([-1, values.STEP - 1, values.STEP, values.STEP + 1]),
    drift=st.integers(min_value=-10, max_value=10),
)
_hotp: Final = st.builds(
    Hotp,
    secret=st.just(values.SEED),
    algorithm=_algorithms,
    digits=_digits,
    counter=st.integers(min_value=0, max_value=60),
    resync=st.one_of(st.none(), st.integers(min_value=0, max_value=200)),
)
_backup: Final = st.builds(
    BackupCodes,
    secret=st.just(values.SEED),
    left=st.sampled_from([(), (backup_digest(values.SEED, values.BACKUP_CODE),), (bytes(32),)]),
)
_push: Final = st.builds(Push, public_key=st.sampled_from([b"", b"a key"]))

methods: Final = st.one_of(
    st.builds(Method, id=st.just(values.TOTP_ID), kind=st.just(MethodKind.TOTP), detail=_totp),
    st.builds(Method, id=st.just(values.HOTP_ID), kind=st.just(MethodKind.HOTP), detail=_hotp),
    st.builds(Method, id=st.just(values.BACKUP_ID), kind=st.just(MethodKind.BACKUP_CODE), detail=_backup),
    st.builds(Method, id=st.just(values.PUSH_ID), kind=st.just(MethodKind.PUSH), detail=_push),
)

#: Codes that some token has now or had before, codes that none has, and what is no code at all.
codes: Final = st.one_of(
    st.integers(min_value=-3, max_value=3).map(lambda offset: code_at(values.SEED.octets, values.STEP + offset, 6)),
    st.integers(min_value=0, max_value=130).map(lambda counter: code_at(values.SEED.octets, counter, 6)),
    st.sampled_from([values.WRONG_CODE, values.BACKUP_CODE, "", "12345", "\uff11\uff12\uff13\uff14\uff15\uff16"]),
    st.text(max_size=9),
)

people: Final = st.builds(
    Person,
    user=st.builds(
        User,
        id=users,
        username=st.just("alice@example.com"),
        epoch=st.integers(min_value=6, max_value=8),
        disabled=st.booleans(),
        block=st.sampled_from([None, None, Block(at=values.NOW, reason="lost badge")]),
        directory_id=st.sampled_from([None, b"object", b"other"]),
    ),
    methods=st.lists(methods, max_size=4).map(tuple),
    failures=st.builds(Failures, locked_until=st.one_of(st.just(0), instants)),
    prompts=st.builds(Prompts, off_until=st.one_of(st.just(0), instants)),
)
resolutions: Final[st.SearchStrategy[Resolution]] = st.one_of(people, people, st.just(Unknown()), st.just(Ambiguous()))

applications: Final = st.builds(
    Application,
    id=st.sampled_from([values.VPN, values.MAIL]),
    name=st.just("VPN"),
    enabled=st.sampled_from([True, True, True, False]),
    primary=st.sampled_from(PrimaryKind),
    challenge=st.booleans(),
    user_match=st.booleans(),
)
requests: Final = st.builds(
    VerificationRequest,
    application=st.just(values.VPN),
    authentication_type=st.sampled_from(AuthenticationType),
    user_name=st.just("Alice"),
    client=st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    source=sources,
    address=st.sampled_from([None, "198.51.100.7"]),
    proofs=st.sampled_from([(), (b"today",), (b"today", b"yesterday")]),
    code=st.one_of(st.none(), codes),
    received_at=instants,
    deadline=st.just(values.MONOTONIC),
)
primaries: Final = st.builds(
    PrimaryResult,
    verdict=st.sampled_from([PrimaryVerdict.ACCEPTED, PrimaryVerdict.ACCEPTED, *PrimaryVerdict]),
    checked_by=st.sampled_from(["local", "Corp"]),
    by_directory=st.booleans(),
    detail=st.sampled_from(["", "52e"]),
    directory_id=st.sampled_from([None, b"object", b"other"]),
)
bypasses: Final = st.builds(
    Bypass,
    id=st.binary(min_size=1, max_size=1).map(BypassId),
    group=st.sampled_from([None, values.EAST, values.WEST]),
    application=st.sampled_from([None, values.VPN, values.MAIL]),
    created_at=instants,
    expires_at=instants,
)
_any_facts: Final = st.builds(
    Facts,
    request=requests,
    application=applications,
    resolution=resolutions,
    primary=primaries,
    directory_owner=st.one_of(st.none(), users),
    cache=st.one_of(st.sampled_from(Miss), st.builds(Hit, st.sampled_from(CacheType), st.just(ActivityId(b"success")))),
    bypass=st.one_of(st.none(), bypasses),
    standing=st.sampled_from(Standing),
    contended=st.booleans(),
    now=instants,
    wall=walls,
)


def _in_order(facts: Facts, person: Person) -> Facts:
    """Take away what would end the decision before the second step."""
    return replace(
        facts,
        application=replace(facts.application, enabled=True),
        resolution=replace(
            person, user=replace(person.user, block=None, disabled=False), failures=Failures(locked_until=facts.now)
        ),
        primary=replace(facts.primary, verdict=PrimaryVerdict.ACCEPTED, directory_id=None),
    )


#: Of somebody whom no question before the second step stops.
facts_in_order: Final = st.builds(_in_order, _any_facts, people)
facts: Final = st.one_of(_any_facts, facts_in_order)

challenges: Final = st.builds(
    Challenge,
    digest=st.just(bytes(32)),
    user=users,
    application=st.sampled_from([values.VPN, values.MAIL]),
    client=st.sampled_from(["192.0.2.1", "192.0.2.2"]),
    name=st.sampled_from(["alice", "bob"]),
    epoch=st.integers(min_value=6, max_value=8),
    source=sources,
    address=st.none(),
    proof=st.just(b"today"),
    verification=st.sampled_from([None, values.CHALLENGE.verification]),
    expires_at=instants,
    attributes=st.just(()),
    origin=st.just(values.CHALLENGE.origin),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Everything that the answer to a challenge reads."""

    request: VerificationRequest
    application: Application
    challenge: Challenge | None
    person: Person | None
    name: str | None
    waiting: bool
    now: int
    wall: int


_any_answers: Final = st.builds(
    Answered,
    request=requests,
    application=applications,
    challenge=st.one_of(st.none(), challenges),
    person=st.one_of(st.none(), people),
    name=st.sampled_from([None, "alice", "bob"]),
    waiting=st.booleans(),
    now=instants,
    wall=walls,
)


def _of_the_challenge(answered: Answered, challenge: Challenge, person: Person) -> Answered:
    """Let the answer belong to the challenge, or nearly: a State that fits is rare among all that could be drawn."""
    return replace(
        answered,
        application=replace(answered.application, id=challenge.application, enabled=True),
        challenge=replace(challenge, client=answered.request.client, user=person.user.id, epoch=person.user.epoch),
        person=person,
        name=challenge.name,
        now=challenge.expires_at - 1,
    )


fitting_answers: Final = st.builds(_of_the_challenge, _any_answers, challenges, people)
answers: Final = st.one_of(_any_answers, fitting_answers)
