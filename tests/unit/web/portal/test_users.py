"""
The pages of users: found, added, changed, and given second steps.
"""

import html
import re

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.manage.user_page import UserShown
from watchword.app.manage.users import UserAdd, UserNamed
from watchword.domain.methods import MethodKind
from watchword.domain.roles import Role
from watchword.web.portal.user_acts import ACTS, Act

BOB = "bob@example.org"
CANARY = '"><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture
async def staffed(office: Office) -> Office:
    for username, name in ((ALICE, "Alice Miller"), (BOB, "")):
        await office.do("user.add", UserAdd(username=username, name=name))
    return office


@pytest.fixture
async def at(staffed: Office) -> Room:
    return room_of(staffed)


async def page(at: Room, path: str, status: int = 200) -> str:
    answer = await at.get(path)
    assert answer.status == status, answer.body
    return answer.body.decode()


async def once_of(at: Room, path: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', await page(at, path))
    assert found
    return found[1]


async def alice(staffed: Office) -> UserShown:
    shown = await staffed.do("user.show", UserNamed(user=ALICE))
    assert isinstance(shown, UserShown)
    return shown


@pytest.mark.parametrize(("wanted", "there", "not_there"), [("alice", ALICE, BOB), ("Miller", ALICE, BOB)])
async def test_users_are_found_by_what_is_known_of_them(at: Room, wanted: str, there: str, not_there: str) -> None:
    shown = await page(at, f"/users?q={wanted}")

    assert f'href="/users/{there}"' in shown
    assert f'href="/users/{not_there}"' not in shown


async def test_a_name_that_nobody_has_is_said_and_is_only_text(at: Room) -> None:
    shown = await page(at, "/users?q=%22%3E%3Cimg%20src%3Dx%3E")

    assert "Nobody goes by" in shown
    assert "<img" not in shown


async def test_the_list_goes_on_behind_its_last_user(at: Room, staffed: Office) -> None:
    for number in range(51):
        await staffed.user(f"user{number:02}@example.org")

    first = await page(at, "/users")
    following = re.search(r'href="(/users\?after=[^"]+)"', first)
    assert following
    second = await page(at, html.unescape(following[1]))

    names = [re.findall(r'<th scope="row"><a href="/users/([^"]+)"', shown) for shown in (first, second)]
    assert [len(one) for one in names] == [50, 3]
    assert not set(names[0]) & set(names[1])
    assert "rel=&quot;next&quot;" not in second
    assert 'rel="next"' not in second


async def test_who_stands_otherwise_is_listed_alone(at: Room) -> None:
    await at.post(f"/users/{ALICE}/block", reason="left", once=await once_of(at, f"/users/{ALICE}/block"))

    assert BOB not in await page(at, "/users?standing=blocked")
    assert ALICE in await page(at, "/users?standing=blocked")
    assert ALICE in await page(at, "/users?standing=nonsense")


async def test_a_user_is_added_with_all_names_and_a_password(at: Room, staffed: Office) -> None:
    fields = {
        "username": "dora@example.org",
        "name": "Dora",
        "aliases": "d.ora@example.org\ndo",
        "password": "long enough",
    }

    answer = await at.post("/users/add", **fields, once=await once_of(at, "/users/add"))

    assert (answer.status, answer.headers["location"]) == (303, "/users/dora@example.org")
    shown = await staffed.do("user.show", UserNamed(user="do"))
    assert (shown.username, shown.name, shown.password) == ("dora@example.org", "Dora", True)
    assert "d.ora@example.org" in shown.aliases


async def test_what_is_wrong_with_a_new_user_is_said_and_the_password_is_not_sent_back(at: Room) -> None:
    fields = {"username": "no domain", "password": "the secret of one"}

    answer = await at.post("/users/add", **fields, once=await once_of(at, "/users/add"))

    shown = answer.body.decode()
    assert answer.status == 422
    assert 'value="no domain"' in shown
    assert "is no user name" in html.unescape(shown)
    assert fields["password"] not in shown


async def test_one_users_page_tells_how_he_stands_and_what_he_has(at: Room, staffed: Office) -> None:
    await staffed.token(ALICE)
    await at.post(f"/users/{ALICE}/block", reason=f"lost {CANARY}", once=await once_of(at, f"/users/{ALICE}/block"))

    shown = await page(at, f"/users/{ALICE}")

    assert "Alice Miller" in shown
    assert "Authenticator app" in shown
    assert html.escape(f"lost {CANARY}", quote=False) in shown.replace("&#34;", '"')
    assert "<img" not in shown
    assert f'href="/users/{ALICE}/unblock"' in shown
    assert f'href="/users/{ALICE}/block"' not in shown


async def test_whom_nobody_knows_has_no_page(at: Room) -> None:
    assert "Nobody goes by nobody" in html.unescape(await page(at, "/users/nobody", status=404))


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
async def test_every_act_says_what_it_does_before(at: Room, act: Act) -> None:
    shown = html.unescape(await page(at, f"/users/{ALICE}/{act.name}"))

    assert act.means in shown
    assert f'action="/users/{ALICE}/{act.name}"' in shown


@pytest.mark.parametrize("act", [act for act in ACTS if act.field == "reason"], ids=lambda act: act.name)
async def test_what_needs_a_reason_is_not_done_without_one(at: Room, act: Act) -> None:
    path = f"/users/{ALICE}/{act.name}"

    answer = await at.post(path, reason=" ", once=await once_of(at, path))

    assert (answer.status, b"This is needed." in answer.body) == (422, True)


async def test_a_user_is_blocked_and_unblocked(at: Room, staffed: Office) -> None:
    for name, blocked in (("block", True), ("unblock", False)):
        path = f"/users/{ALICE}/{name}"
        answer = await at.post(path, reason="as told", once=await once_of(at, path))
        assert (answer.status, answer.headers["location"]) == (303, f"/users/{ALICE}")
        assert ((await alice(staffed)).blocked is not None) is blocked


async def test_a_user_is_called_otherwise_and_goes_by_another_name(at: Room, staffed: Office) -> None:
    for name, fields in (
        ("rename", {"name": "Alice Smith"}),
        ("alias-add", {"alias": "smith@example.org"}),
        ("password", {"password": "another long one"}),
    ):
        path = f"/users/{ALICE}/{name}"
        answer = await at.post(path, **fields, once=await once_of(at, path))
        assert answer.status == 303, answer.body
    shown = await alice(staffed)
    assert (shown.name, "smith@example.org" in shown.aliases, shown.password) == ("Alice Smith", True, True)

    path = f"/users/{ALICE}/alias-remove"
    assert 'value="smith@example.org"' in await page(at, f"{path}?alias=smith@example.org")
    await at.post(path, alias="smith@example.org", once=await once_of(at, path))
    assert "smith@example.org" not in (await alice(staffed)).aliases


async def test_a_user_is_removed_and_one_is_back_at_the_list(at: Room) -> None:
    path = f"/users/{ALICE}/remove"

    answer = await at.post(path, once=await once_of(at, path))

    assert (answer.status, answer.headers["location"]) == (303, "/users")
    await page(at, f"/users/{ALICE}", status=404)


# --- second steps


@pytest.mark.parametrize(
    ("kind", "words", "given"),
    [
        ("totp", "Scan this code", MethodKind.TOTP),
        ("hotp", "Scan this code", MethodKind.HOTP),
        ("push", "Pair the phone", MethodKind.PUSH),
        ("backup-codes", "This is shown once.", MethodKind.BACKUP_CODE),
    ],
)
async def test_a_second_step_is_given_and_its_secret_shown_by_that_answer_alone(
    at: Room, staffed: Office, kind: str, words: str, given: MethodKind
) -> None:
    path = f"/users/{ALICE}/methods/add"
    once = await once_of(at, path)

    answer = await at.post(path, type=kind, digits="6", algorithm="sha1", once=once)

    shown = answer.body.decode()
    assert (answer.status, words in shown) == (200, True)
    assert answer.headers["cache-control"] == "no-store"
    (method,) = (await alice(staffed)).methods
    assert method.kind is given
    secrets = re.findall(r'data-copy="([^"]+)"', shown)
    assert secrets
    later = await page(at, f"/users/{ALICE}")
    assert all(secret not in later for secret in secrets)


async def test_a_second_step_pressed_twice_is_one(at: Room, staffed: Office) -> None:
    path = f"/users/{ALICE}/methods/add"
    once = await once_of(at, path)

    both = [await at.post(path, type="totp", digits="8", algorithm="sha256", once=once) for _ in range(2)]

    assert both[0].body == both[1].body
    (method,) = (await alice(staffed)).methods
    assert (method.digits, method.algorithm) == (8, "sha256")


async def test_what_is_no_second_step_is_said(at: Room) -> None:
    path = f"/users/{ALICE}/methods/add"

    answer = await at.post(path, type="carrier-pigeon", once=await once_of(at, path))

    assert (answer.status, b"Choose one of these." in answer.body) == (422, True)


async def test_the_last_second_step_is_removed_with_a_warning(at: Room, staffed: Office) -> None:
    await staffed.token(ALICE)
    (method,) = (await alice(staffed)).methods
    path = f"/users/{ALICE}/methods/{method.id}/remove"

    assert "It is the only one" in await page(at, path)
    answer = await at.post(path, once=await once_of(at, path))

    assert (answer.status, answer.headers["location"]) == (303, f"/users/{ALICE}")
    assert (await alice(staffed)).methods == ()
    assert "gone already" in await page(at, path)


# --- who may


async def test_an_auditor_sees_users_and_can_change_none(staffed: Office) -> None:
    at = room_of(staffed, visitor(Role.AUDITOR))

    shown = await page(at, f"/users/{ALICE}")

    assert "/block" not in shown
    assert "/methods/add" not in shown
    for act in ACTS:
        await page(at, f"/users/{ALICE}/{act.name}", status=403)
    await page(at, f"/users/{ALICE}/methods/add", status=403)
    await page(at, "/users/add", status=403)


@pytest.mark.parametrize("act", [act for act in ACTS if act.fresh], ids=lambda act: act.name)
async def test_what_lets_somebody_in_needs_a_fresh_second_step(staffed: Office, act: Act) -> None:
    at = room_of(staffed, visitor(fresh=False))
    path = f"/users/{ALICE}/{act.name}"

    for answer in (await at.get(path), await at.post(path, reason="x", password="long enough", alias="x@y.z")):
        assert answer.status == 303
        assert answer.headers["location"].startswith("/confirm?next=")
    assert (await at.get(f"/users/{ALICE}/methods/add")).status == 303
