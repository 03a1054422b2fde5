"""
The search for users.
"""

import pytest

from tests.fakes.office import Office
from watchword.app.manage.methods import MethodRemove
from watchword.app.manage.searching import UserFound, UserSearch
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserAdd, UserList, UserNamed
from watchword.ports.finding import Standing

PEOPLE = (
    ("alice@example.org", "Alice Miller"),
    ("alicia@example.org", "Alicia Keen"),
    ("bob.stone@example.com", "Bob"),
    ("carol@example.org", "Carol Alice"),
    ("alice@example.com", ""),
)


@pytest.fixture
async def town(office: Office) -> Office:
    for username, name in PEOPLE:
        await office.do("user.add", UserAdd(username=username, name=name))
    return office


async def names(office: Office, wanted: str, limit: int = 20) -> list[str]:
    found = await office.do("user.search", UserSearch(wanted=wanted, limit=limit))
    assert isinstance(found, UserFound)
    return [user.username for user in found.users]


@pytest.mark.parametrize(
    ("wanted", "usernames"),
    [
        ("alice@example.org", ["alice@example.org"]),
        ("  ALICE@EXAMPLE.o ", ["alice@example.org"]),
        ("EXAMPLE\\BOB.", ["bob.stone@example.com"]),
        ("bob", ["bob.stone@example.com"]),
        ("stone", ["bob.stone@example.com"]),
        ("mill ali", ["alice@example.org"]),
        ("ali", ["alice@example.com", "alice@example.org", "alicia@example.org", "carol@example.org"]),
        ("nobody", []),
        ("", []),
        ("\x00", []),
        ("a_b%", []),
    ],
)
async def test_people_are_found_by_what_is_known_of_them(town: Office, wanted: str, usernames: list[str]) -> None:
    assert sorted(await names(town, wanted)) == sorted(usernames)


async def test_whoever_goes_by_just_that_comes_first_though_the_name_names_neither(town: Office) -> None:
    found = await town.do("user.search", UserSearch(wanted="Alice"))

    assert [user.exact for user in found.users] == [True, True, False]
    assert {user.username for user in found.users[:2]} == {"alice@example.org", "alice@example.com"}
    assert found.users[2].username == "carol@example.org"
    assert found.users[2].matched == "alice"
    assert not found.more


async def test_a_search_is_bounded_and_says_that_there_is_more(town: Office) -> None:
    found = await town.do("user.search", UserSearch(wanted="a", limit=2))

    assert len(found.users) == 2
    assert found.more
    for limit in (0, 51):
        refusal = await town.refused("user.search", UserSearch(wanted="a", limit=limit))
        assert "from 1 to 50" in refusal.sentence


async def test_who_was_removed_is_found_no_more(town: Office) -> None:
    await town.do("user.remove", UserNamed(user="bob.stone@example.com"))

    assert await names(town, "bob") == []
    assert await names(town, "stone") == []


async def listed(office: Office, standing: Standing, **fields: object) -> list[str]:
    rows = await office.do("user.list", UserList(standing=standing, **fields))  # type: ignore[arg-type]
    return [row.username for row in rows]


async def test_users_are_listed_by_how_they_stand(town: Office) -> None:
    assert await listed(town, Standing.BLOCKED) == []
    for name in ("carol", "alice@example.org"):
        await town.do("user.block", UserReasoned(user=name, reason="lost"))
    await town.do("user.disable", UserReasoned(user="alicia", reason="leave"))
    await town.token("alicia")

    assert await listed(town, Standing.BLOCKED) == ["alice@example.org", "carol@example.org"]
    assert await listed(town, Standing.BLOCKED, after="alice@example.org") == ["carol@example.org"]
    assert await listed(town, Standing.DISABLED) == ["alicia@example.org"]
    assert await listed(town, Standing.LOCKED) == []
    bare = ["alice@example.com", "alice@example.org", "bob.stone@example.com", "carol@example.org"]
    assert await listed(town, Standing.WITHOUT_METHOD) == bare
    assert await listed(town, Standing.WITHOUT_METHOD, limit=1) == bare[:1]


async def test_whoever_lost_his_last_method_is_without_one(town: Office) -> None:
    token = await town.token("carol")
    assert "carol@example.org" not in await listed(town, Standing.WITHOUT_METHOD)
    await town.do("method.remove", MethodRemove(user="carol", id=token.id))
    assert "carol@example.org" in await listed(town, Standing.WITHOUT_METHOD)
    await town.do("user.remove", UserNamed(user="carol"))
    assert "carol@example.org" not in await listed(town, Standing.WITHOUT_METHOD)
