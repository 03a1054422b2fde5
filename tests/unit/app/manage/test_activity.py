"""
Activity, as a list and as it happens.
"""

import asyncio
from typing import Any

import pytest

from tests.fakes.office import ALICE, DESK, VPN, Office, kinds
from watchword.app.administration import Actor, Refusal, RefusalKind
from watchword.app.manage.activity import ActivityList, ActivityRow
from watchword.app.manage.following import MOST_BEHIND, Following
from watchword.app.manage.users import UserNamed
from watchword.app.operations import follow
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType
from watchword.domain.bypass import BypassId
from watchword.domain.caching import RuleId
from watchword.domain.events import Activity
from watchword.domain.roles import Role
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.kit.identifiers import parse, text


def row(number: int, office: Office, **fields: Any) -> Activity:
    wanted: dict[str, Any] = {
        "id": ActivityId(number.to_bytes(16, "big")),
        "at": office.clock.now(),
        "group": DEFAULT_GROUP,
        "kind": OutcomeKind.DENIED,
        "reason": Reason.UNKNOWN_USER,
        "user": None,
        "user_name": "Stranger",
        "epoch": 0,
        "application": ApplicationId(b"g" * 16),
        "authentication_type": AuthenticationType.RADIUS,
        "client": "127.0.0.1",
        "source": "192.0.2.7",
        "server": "local",
    } | fields
    return Activity(**wanted)


def commit(office: Office, *rows: Activity) -> None:
    for one in rows:
        office.commit(activity=(one,))


def ids(rows: list[ActivityRow]) -> list[int]:
    return [int.from_bytes(parse(one.id) or b"", "big") for one in rows]


async def test_a_row_shows_what_happened_in_the_words_of_the_contract(office: Office) -> None:
    user = await office.user()
    application = ApplicationId(parse(await office.application()) or b"")
    commit(
        office,
        row(
            1,
            office,
            kind=OutcomeKind.ALLOWED,
            reason=Reason.CACHE,
            user=user,
            user_name=ALICE,
            application=application,
            rule=RuleId(b"r" * 16),
            bypass=BypassId(b"b" * 16),
            origin=ActivityId(b"o" * 16),
            detail="a word",
        ),
    )

    (shown,) = await office.do("activity.list", ActivityList())

    assert shown == ActivityRow(
        id=text((1).to_bytes(16, "big")),
        at="2023-11-14T22:13:20.000000Z",
        kind="login",
        user=ALICE,
        application=VPN,
        authentication_type=AuthenticationType.RADIUS,
        client="127.0.0.1",
        source="192.0.2.7",
        server="local",
        outcome=OutcomeKind.ALLOWED,
        reason=Reason.CACHE,
        rule=text(b"r" * 16),
        bypass=text(b"b" * 16),
        origin=text(b"o" * 16),
        count=1,
        detail="a word",
    )


async def test_who_is_nobody_is_shown_as_typed_and_what_is_gone_by_its_identifier(office: Office) -> None:
    commit(office, row(1, office, count=7), row(2, office, kind=None, reason=Reason.ACCOUNTING, application=None))

    accounting, login = await office.do("activity.list", ActivityList())

    assert (login.user, login.application, login.count) == ("Stranger", text(b"g" * 16), 7)
    assert (accounting.kind, accounting.outcome, accounting.application) == ("accounting", None, None)


async def test_who_was_removed_is_still_named(office: Office) -> None:
    user = await office.user()
    commit(office, row(1, office, user=user, user_name=ALICE))
    await office.do("user.remove", UserNamed(user=ALICE))

    (shown,) = await office.do("activity.list", ActivityList())
    assert shown.user == ALICE


async def test_rows_come_newest_first_page_by_page(office: Office) -> None:
    commit(office, *(row(number, office) for number in range(1, 6)))

    first = await office.do("activity.list", ActivityList(limit=2))
    rest = await office.do("activity.list", ActivityList(before=first[-1].id))

    assert ids(first) + ids(rest) == [5, 4, 3, 2, 1]
    for wrong in (ActivityList(limit=0), ActivityList(limit=1_001), ActivityList(before="7"), ActivityList(user="")):
        assert (await office.refused("activity.list", wrong)).kind is RefusalKind.INVALID


async def test_rows_of_one_user_are_found_under_any_of_his_names_and_a_strangers_under_what_he_typed(
    office: Office,
) -> None:
    user = await office.user()
    commit(
        office,
        row(1, office, user=user, user_name=ALICE),
        row(2, office),
        row(3, office, user_name="Somebody else"),
        row(4, office, user=user, user_name=ALICE),
    )

    assert ids(await office.do("activity.list", ActivityList(user="EXAMPLE\\alice"))) == [4, 1]
    assert ids(await office.do("activity.list", ActivityList(user="Stranger"))) == [2]
    assert await office.do("activity.list", ActivityList(user="nobody")) == []


# --- as it happens


async def followed(office: Office, user: str | None = None) -> Following:
    following = await follow(office.context, DESK, user)
    assert isinstance(following, Following)
    return following


async def test_whoever_follows_gets_rows_once_they_are_committed(office: Office) -> None:
    commit(office, row(1, office))
    with await followed(office) as following:
        commit(office, row(2, office), row(3, office))
        assert ids([await anext(following), await anext(following)]) == [2, 3]
        waiting = asyncio.ensure_future(anext(following))  # noqa: TID251 - the test plays both sides
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
        commit(office, row(4, office))
        assert ids([await waiting]) == [4]


async def test_whoever_follows_one_user_gets_his_rows_only(office: Office) -> None:
    alice, bob = await office.user(), await office.user("bob@example.org")
    with await followed(office, "alice") as mine, await followed(office, "sTRANGER") as strange:
        commit(
            office,
            row(1, office, user=bob, user_name="bob@example.org"),
            row(2, office),
            row(3, office, user=alice, user_name=ALICE),
            row(4, office, user_name="Nobody"),
            row(5, office, user=alice, user_name=ALICE),
        )
        assert ids([await anext(mine), await anext(mine)]) == [3, 5]
        assert ids([await anext(strange)]) == [2]


async def test_whoever_is_too_slow_loses_the_oldest_rows_and_holds_no_more_of_them(office: Office) -> None:
    with await followed(office) as following:
        for number in range(MOST_BEHIND + 5):
            following.told(row(number, office))
        assert ids([await anext(following)]) == [5]


async def test_who_has_stopped_gets_nothing_more_and_waits_no_longer(office: Office) -> None:
    following = await followed(office)
    waiting = asyncio.ensure_future(anext(following, None))  # noqa: TID251 - as above
    await asyncio.wait([waiting], timeout=0)

    following.close()
    following.close()
    commit(office, row(1, office))

    assert await waiting is None
    assert [one async for one in following] == []


@pytest.mark.parametrize("role", list(Role))
async def test_every_role_that_reads_activity_may_follow_it(office: Office, role: Role) -> None:
    following = await follow(office.context, Actor(name="x", role=role), None)

    assert isinstance(following, Following)
    following.close()


async def test_what_can_be_nobodys_name_cannot_be_followed(office: Office) -> None:
    refused = await follow(office.context, DESK, "\x07")

    assert isinstance(refused, Refusal)
    assert kinds(refused) == (RefusalKind.INVALID, "'?' can be nobody's name")


async def test_where_nothing_can_be_read_that_is_said(office: Office) -> None:
    office.records.away = True

    refused = await follow(office.context, DESK, None)

    assert isinstance(refused, Refusal)
    assert refused.kind is RefusalKind.UNAVAILABLE
