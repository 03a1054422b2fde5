"""
The pages of activation credentials and of replication groups.
"""

import html
import re

import pytest

from tests.fakes.machines import Machine, credentials, known
from tests.fakes.office import Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.manage.groups import GroupAdd, GroupList, GroupRow
from watchword.app.servers.credentials import CredentialsList, CredentialsMade, CredentialsRow
from watchword.app.servers.enrolling import Activated
from watchword.domain.enrolment import CredentialsState

SETTINGS = "/server-settings"
ADD = f"{SETTINGS}/credentials/add"


@pytest.fixture
async def at(office: Office) -> Room:
    return room_of(office)


async def page(at: Room, path: str) -> str:
    answer = await at.get(path)
    assert answer.status == 200, path
    return html.unescape(answer.body.decode())


async def rows(office: Office) -> list[CredentialsRow]:
    found: list[CredentialsRow] = await office.do("server.credentials-list", CredentialsList())
    return found


async def groups(office: Office) -> list[GroupRow]:
    found: list[GroupRow] = await office.do("group.list", GroupList())
    return found


async def test_credentials_are_shown_once_with_the_commands_that_use_them(at: Room, office: Office) -> None:
    answer = await at.post(ADD, address="", once="1")

    shown = html.unescape(answer.body.decode())
    (made,) = await rows(office)
    assert answer.status == 200
    password = re.search(r'data-copy="((?:[a-z2-9]{5}-?){6})"', shown)
    assert password is not None
    url = re.search(r"watchword server activate '?(http://127\.0\.0\.1:8080#sha256=[0-9a-f]{64})'? ", shown)
    assert url is not None
    assert f"--email {made.email} --data /var/lib/watchword-server" in shown
    assert "watchword server run --data /var/lib/watchword-server --radius 0.0.0.0:1812" in shown
    assert "--ca FILE" in shown
    assert "--group" not in shown
    assert "data-left>10:00" in shown
    for path in (SETTINGS, f"{SETTINGS}/credentials/now", f"{SETTINGS}/credentials/{made.id}/now"):
        assert password[1] not in await page(at, path)
        assert "data-left>10:00" in await page(at, path)
    printed = CredentialsMade(
        id=made.id, email=made.email, password=password[1], url=url[1], expires_at=made.expires_at
    )
    assert isinstance(await Machine(office).activate(printed), Activated)


async def test_sent_twice_they_are_made_once(at: Room, office: Office) -> None:
    for _ in range(2):
        await at.post(ADD, once="1")

    assert len(await rows(office)) == 1


async def test_whoever_has_made_them_sees_that_the_server_has_come(at: Room, office: Office) -> None:
    made = await credentials(office)
    now = f"{SETTINGS}/credentials/{made.id}/now"
    assert "Waiting for the server." in await page(at, now)

    await Machine(office).activate(made)

    assert "berlin-1 is activated." in await page(at, now)
    assert 'href="/servers/' in await page(at, now)
    assert 'href="/servers/' in await page(at, SETTINGS)
    assert (await at.get(f"{SETTINGS}/credentials/x/now")).status == 404


async def test_the_group_is_asked_only_where_there_is_more_than_one(at: Room, office: Office) -> None:
    assert 'name="group"' not in await page(at, ADD)
    await office.do("group.add", GroupAdd(name="Branch"))
    assert '<option value="Branch">' in await page(at, ADD)

    bound = await at.post(ADD, group="Branch", once="1")
    free = await at.post(ADD, group="", once="2")

    assert [row.group for row in await rows(office)] == [None, "Branch"]
    assert "--group" not in bound.body.decode()
    assert "--group NAME" in free.body.decode()
    assert "a server of the group Branch" in await page(at, SETTINGS)


async def test_an_address_that_is_none_is_said_beside_its_field(at: Room, office: Office) -> None:
    answer = await at.post(ADD, address="berlin", once="1")

    assert answer.status == 422
    assert 'id="f-address-error"' in answer.body.decode()
    assert await rows(office) == []


async def test_unused_ones_are_listed_with_who_made_them_and_can_be_withdrawn(at: Room, office: Office) -> None:
    made = await credentials(office, address="192.0.2.0/24")
    listed = await page(at, SETTINGS)
    for words in (made.email, "owner", "only from 192.0.2.0/24", "10:00"):
        assert words in listed
    withdraw = f"{SETTINGS}/credentials/{made.id}/withdraw"
    assert made.email in await page(at, withdraw)

    answer = await at.post(withdraw, once="1")

    assert (answer.status, answer.headers["location"]) == (303, SETTINGS)
    assert [row.state for row in await rows(office)] == [CredentialsState.WITHDRAWN]
    assert withdraw not in await page(at, SETTINGS)
    assert (await at.post(withdraw, once="2")).status == 422


async def test_making_them_needs_a_fresh_second_step(office: Office) -> None:
    at = room_of(office, visitor(fresh=False))

    for answer in (await at.get(ADD), await at.post(ADD)):
        assert answer.headers["location"].startswith("/confirm")
    assert await rows(office) == []


async def test_a_group_is_added_renamed_and_removed_while_nobody_is_in_it(at: Room, office: Office) -> None:
    assert (await at.post("/groups/add", name="a/b", once="1")).headers["location"] == "/groups"
    assert (await at.post("/groups/add", name="a/b", once="2")).status == 422
    _, added = await groups(office)
    assert f'href="/groups/{added.id}/rename"' in await page(at, "/groups")
    assert 'value="a/b"' in await page(at, f"/groups/{added.id}/rename")

    assert (await at.post(f"/groups/{added.id}/rename", name="Branch", once="3")).status == 303

    await known(office, group="Branch")
    assert f'href="/groups/{added.id}/remove"' not in await page(at, "/groups/now")
    refused = await at.post(f"/groups/{added.id}/remove", once="4")
    assert refused.status == 422
    assert "The group Branch is not empty." in refused.body.decode()
    assert [group.name for group in await groups(office)] == ["default", "Branch"]


async def test_an_empty_group_is_removed(at: Room, office: Office) -> None:
    added = await office.do("group.add", GroupAdd(name="Branch"))

    assert (await at.post(f"/groups/{added.id}/remove", once="1")).headers["location"] == "/groups"

    assert [group.name for group in await groups(office)] == ["default"]
    assert (await at.get(f"/groups/{added.id}/rename")).status == 404


async def test_the_group_that_always_exists_is_offered_no_change(at: Room, office: Office) -> None:
    (default,) = await groups(office)

    assert f"/groups/{default.id}/" not in await page(at, "/groups")
    assert (await at.post(f"/groups/{default.id}/rename", name="x", once="1")).status == 422


async def test_a_caching_rule_asks_for_no_group_it_holds_in_all(at: Room, office: Office) -> None:
    await office.do("group.add", GroupAdd(name="Branch"))

    assert 'name="group"' not in await page(at, "/rules/add")


async def test_what_if_asks_the_group_only_where_there_is_more_than_one(at: Room, office: Office) -> None:
    await office.application()
    await office.user()
    assert 'name="group"' not in await page(at, "/what-if")
    await office.do("group.add", GroupAdd(name="Branch"))

    assert 'name="group"' in await page(at, "/what-if")
    shown = await page(at, "/what-if?user=alice&application=VPN&group=Branch")
    assert "At the servers of the group Branch." in shown
