"""
Replication groups: the servers of one share what users have in progress, and nothing passes from one to another.
"""

from functools import partial

import pytest

from tests.fakes.world import Asked, World
from watchword.app.login import Login
from watchword.app.proofs import PasswordProofs
from watchword.app.verify.serving import ServerVerifier
from watchword.domain.applications import DEFAULT_GROUP, GroupId, PrimaryKind
from watchword.domain.caching import CacheType
from watchword.domain.prompts import AnswerDecision
from watchword.domain.servers import LOCAL, ServedBy
from watchword.domain.verification import Allowed, Challenged, Credential, Denied, OutcomeKind, Reason

BERLIN, POTSDAM = GroupId(b"B" * 16), GroupId(b"P" * 16)
ONE, TWO, FAR = ServedBy(BERLIN, "berlin-1"), ServedBy(BERLIN, "berlin-2"), ServedBy(POTSDAM, "potsdam-1")


class Town(World):
    """A world whose logins come in at servers."""

    def at(self, server: ServedBy, **fields: object) -> Asked:
        """Send a login to a server."""
        before = self.login
        self.login = Login(
            verifier=ServerVerifier(self.service, server),
            primary=self.passwords,
            proofs=PasswordProofs(partial(self.proof_keys.of, server.group)),
            fault=self._fault,
            metrics=self.metrics,
        )
        try:
            return self.ask(**fields)  # type: ignore[arg-type]
        finally:
            self.login = before

    def rows(self) -> list[tuple[Reason, GroupId, str]]:
        """Return what is written down: why each ended, in which group, at which server."""
        return [(row.reason, row.group, row.server) for row in self.store.activity]


@pytest.fixture
def town() -> Town:
    return Town()


def reason_of(asked: Asked) -> Reason | None:
    return asked.outcome.reason if isinstance(asked.outcome, Allowed | Denied) else None


def test_the_same_login_at_two_servers_of_a_group_is_one_prompt(town: Town) -> None:
    phone = town.user_with_phone()

    asked = [town.at(ONE), town.at(TWO), town.at(ONE)]
    rung = len(town.phones.rings)
    town.answer(phone)

    assert rung == 1
    assert [reason_of(one) for one in asked] == [Reason.PUSH, Reason.JOINED, Reason.JOINED]
    assert town.rows() == [
        (Reason.PUSH, BERLIN, "berlin-1"),
        (Reason.JOINED, BERLIN, "berlin-2"),
        (Reason.JOINED, BERLIN, "berlin-1"),
    ]


def test_the_retry_at_the_other_server_shares_what_has_just_ended(town: Town) -> None:
    phone = town.user_with_phone()
    first = town.at(ONE)
    town.answer(phone, AnswerDecision.DENY)

    assert reason_of(first) is reason_of(town.at(TWO)) is Reason.DENIED_BY_USER
    assert len(town.person(phone.owner.user).prompts.refused) == 1


def test_the_same_login_in_another_group_is_another_login_and_never_rings_again(town: Town) -> None:
    phone = town.user_with_phone()
    first, other = town.at(ONE), town.at(FAR)

    assert reason_of(other) is Reason.CONTENDED
    assert not first.outcomes
    assert len(town.parts.pending.of(phone.owner.user)) == 1


def test_where_the_application_has_checked_the_password_groups_are_told_apart_too(town: Town) -> None:
    phone = town.user_with_phone()
    town.application(primary=PrimaryKind.ASSERTED)
    first, joined, other = (town.at(server, typed=b"") for server in (ONE, TWO, FAR))
    town.answer(phone)

    assert reason_of(other) is Reason.CONTENDED
    assert not isinstance(first.outcome, Allowed)
    assert reason_of(joined) == reason_of(first)


def test_a_bypass_of_one_group_is_worth_nothing_in_another(town: Town) -> None:
    phone = town.user_with_phone()
    bypass = town.bypass(phone.owner.user, group=BERLIN)

    for server in (FAR, LOCAL):
        asked = town.at(server)
        assert not asked.outcomes
        asked.cancel()
    assert town.person(phone.owner.user).bypasses == (bypass,)
    assert reason_of(town.at(TWO)) is Reason.BYPASS


def test_a_bypass_of_all_groups_is_used_once_in_all(town: Town) -> None:
    phone = town.user_with_phone()
    town.bypass(phone.owner.user, group=None)

    assert reason_of(town.at(FAR)) is Reason.BYPASS
    assert not town.at(ONE).outcomes


def test_what_a_caching_rule_remembers_is_the_groups_alone(town: Town) -> None:
    phone = town.user_with_phone()
    town.rule(CacheType.USER)
    town.at(ONE)
    town.answer(phone)
    town.pass_time(11)

    assert [key.group for key in town.cache.entries] == [BERLIN]
    assert reason_of(town.at(TWO)) is Reason.CACHE
    for server in (FAR, LOCAL):
        asked = town.at(server)
        assert not asked.outcomes
        asked.cancel()


def test_a_state_stands_for_nothing_in_another_group(town: Town) -> None:
    town.user("alice@example.com", town.totp())
    town.application(challenge=True)
    challenged = town.at(ONE).outcome
    assert isinstance(challenged, Challenged)

    elsewhere = town.at(FAR, typed=town.code().encode(), state=challenged.state, credential=Credential.PAP)
    assert reason_of(elsewhere) is Reason.WRONG_STATE
    here = town.at(TWO, typed=town.code().encode(), state=challenged.state, credential=Credential.PAP)
    assert reason_of(here) is Reason.CODE


async def test_a_login_of_another_group_is_let_through_by_a_bypass_of_that_group_only(town: Town) -> None:
    phone = town.user_with_phone()
    asked = town.at(ONE)
    wrong = town.bypass(phone.owner.user, group=DEFAULT_GROUP)
    (login,) = town.parts.pending.of(phone.owner.user)

    assert not await town.live.let_through(login.id, wrong.id)
    right = town.bypass(phone.owner.user, group=BERLIN)
    assert await town.live.let_through(login.id, right.id)
    assert reason_of(asked) is Reason.BYPASS


def test_repeated_rejects_are_counted_at_the_server_where_they_were(town: Town) -> None:
    for server in (ONE, ONE, FAR, FAR, FAR):
        town.at(server, user="nobody@example.com")
    town.parts.recorder.settle(lambda: None)

    assert [(row.kind, row.group, row.server, row.count) for row in town.store.activity] == [
        (OutcomeKind.DENIED, BERLIN, "berlin-1", 1),
        (OutcomeKind.DENIED, POTSDAM, "potsdam-1", 1),
        (OutcomeKind.DENIED, BERLIN, "berlin-1", 1),
        (OutcomeKind.DENIED, POTSDAM, "potsdam-1", 2),
    ]


def test_the_portals_own_listeners_are_in_the_group_default(town: Town) -> None:
    town.user_with_phone()
    town.ask()
    town.pass_time(60)

    assert {(row.group, row.server) for row in town.store.activity} == {(DEFAULT_GROUP, "local")}
