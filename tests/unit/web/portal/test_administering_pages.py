"""
The pages of administrators, of keys and of one's own account: what each is for is done there, and seen.
"""

import base64
import re
from typing import Final

import pytest

from tests.fakes.administrators import PASSWORD, person
from tests.fakes.authenticator import Authenticator
from tests.fakes.office import ALICE, Office
from tests.unit.web.portal.browsing import Browser, browser_of, signed_in, token_in
from watchword.app.administering.administrators import AdminList, AdminNamed, AdminRow
from watchword.app.manage.api_keys import KeyList
from watchword.domain.roles import Role

TYPED: Final = PASSWORD.octets.decode()


async def owner(office: Office) -> Browser:
    return signed_in(browser_of(office), await person(office, "olga"))


async def row(office: Office, name: str) -> AdminRow:
    rows: list[AdminRow] = await office.do("admin.list", AdminList())
    return next(one for one in rows if one.name == name)


# --- administrators


async def test_an_owner_invites_and_is_shown_the_link_once(office: Office) -> None:
    browser = await owner(office)

    answer = await browser.submit("/administrators/invite", name="dora", role="help-desk", display="Dora <b>Desk</b>")

    assert answer.status == 200
    assert re.search(rb"http://localhost:8080/setup/[\w-]{43}", answer.body)
    assert (await row(office, "dora")).state == "invited"
    home = await browser.get("/administrators")
    assert b"Dora &lt;b&gt;Desk&lt;/b&gt;" in home.body
    assert b"invited" in home.body
    assert b"/setup/" not in home.body


async def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_lost(office: Office) -> None:
    browser = await owner(office)

    answer = await browser.submit("/administrators/invite", name="a b", role="auditor", display="Ada")

    assert answer.status == 422
    assert b'value="Ada"' in answer.body
    assert re.search(rb'value="auditor" checked', answer.body)


async def test_one_of_them_is_changed(office: Office) -> None:
    await office.user()
    browser = await owner(office)
    await person(office, "ada", Role.AUDITOR)

    linked = await browser.submit("/administrators/ada", role="help-desk", display="Ada L.", user=ALICE)
    assert (linked.status, linked.headers["location"]) == (303, "/administrators/ada")
    changed = await row(office, "ada")
    assert (changed.role, changed.display, changed.user) == ("help-desk", "Ada L.", ALICE)

    await browser.submit("/administrators/ada", role="help-desk", display="Ada L.", user="")
    assert (await row(office, "ada")).user is None


@pytest.mark.parametrize(
    ("act", "state", "onto"),
    [("disable", "disabled", "/administrators/ada"), ("sign-out", "active", "/administrators/ada")],
)
async def test_something_is_done_about_one_of_them(office: Office, act: str, state: str, onto: str) -> None:
    browser = await owner(office)
    ada = await person(office, "ada", Role.AUDITOR)
    theirs = signed_in(browser, ada)

    answer = await browser.submit(f"/administrators/ada/{act}")

    assert (answer.status, answer.headers["location"]) == (303, onto)
    assert (await row(office, "ada")).state == state
    assert (await theirs.get("/account")).status == 303


async def test_one_of_them_is_enabled_unlocked_and_removed(office: Office) -> None:
    browser = await owner(office)
    await person(office, "ada", Role.AUDITOR)
    await office.do("admin.disable", AdminNamed(name="ada"))

    await browser.submit("/administrators/ada/enable")
    assert (await row(office, "ada")).state == "active"
    assert (await browser.submit("/administrators/ada/unlock")).status == 303
    removed = await browser.submit("/administrators/ada/remove")
    assert removed.headers["location"] == "/administrators"
    assert (await browser.get("/administrators/ada")).status == 404


async def test_what_cannot_be_done_is_said(office: Office) -> None:
    browser = await owner(office)
    await person(office, "ada", Role.AUDITOR)

    again = await browser.submit("/administrators/ada/enable")
    assert again.status == 422
    himself = await browser.submit("/administrators/olga/disable")
    assert himself.status == 422
    assert b"Nobody changes what they themselves may do" in himself.body
    for path in ("/administrators/nobody", "/administrators/ada/promote", "/administrators/nobody/remove"):
        assert (await browser.get(path)).status == 404
    token = token_in(await browser.get("/account"))
    assert (await browser.post("/administrators/ada/promote", csrf=token)).status == 404


async def test_nobody_is_offered_what_would_change_himself(office: Office) -> None:
    browser = await owner(office)

    page = await browser.get("/administrators/olga")

    assert b"This is you" in page.body
    assert b"/administrators/olga/remove" not in page.body


async def test_an_auditor_sees_administrators_and_is_offered_nothing(office: Office) -> None:
    await owner(office)
    browser = signed_in(browser_of(office), await person(office, "ada", Role.AUDITOR))

    page = await browser.get("/administrators/olga")

    assert page.status == 200
    assert b"/administrators/olga/" not in page.body
    assert b"/administrators/invite" not in (await browser.get("/administrators")).body


# --- keys


async def test_a_key_is_made_shown_once_and_revoked(office: Office) -> None:
    browser = await owner(office)
    assert b"No program has a key" in (await browser.get("/api-keys")).body

    made = await browser.submit("/api-keys/add", name="ticket system", role="help-desk", expires_in="86400")

    assert made.status == 200
    key = re.search(rb"wwk_[\w-]{51}", made.body)
    assert key is not None
    home = await browser.get("/api-keys")
    assert b"ticket system" in home.body
    assert key[0] not in home.body
    (kept,) = await office.do("key.list", KeyList())
    revoked = await browser.submit(f"/api-keys/{kept.id}/revoke")
    assert (revoked.status, revoked.headers["location"]) == (303, "/api-keys")
    (kept,) = await office.do("key.list", KeyList())
    assert kept.state == "revoked"
    assert (await browser.submit(f"/api-keys/{kept.id}/revoke")).status == 422


async def test_a_key_makes_bypasses_only_where_the_box_was_ticked(office: Office) -> None:
    browser = await owner(office)
    assert b"It may make one-time bypasses" in (await browser.get("/api-keys/add")).body
    await browser.submit("/api-keys/add", name="scanner", role="help-desk", bypasses="off")
    assert b"makes bypasses" not in (await browser.get("/api-keys")).body
    await browser.submit("/api-keys/add", name="tickets", role="help-desk", bypasses="on")
    assert b"makes bypasses" in (await browser.get("/api-keys")).body


async def test_the_same_form_twice_makes_one_key(office: Office) -> None:
    browser = await owner(office)
    page = await browser.get("/api-keys/add")
    once = re.search(rb'name="once" value="([^"]+)"', page.body)
    assert once is not None
    fields = {"csrf": token_in(page), "once": once[1].decode(), "role": "auditor", "name": "", "expires_in": ""}

    first, second = await browser.post("/api-keys/add", **fields), await browser.post("/api-keys/add", **fields)

    assert first.body == second.body
    assert len(await office.do("key.list", KeyList())) == 1


async def test_a_key_that_cannot_be_is_refused_beside_the_form(office: Office) -> None:
    browser = await owner(office)

    assert (await browser.submit("/api-keys/add", role="host")).status == 422
    assert (await browser.submit("/api-keys/add", role="")).status == 422
    assert (await browser.get("/api-keys/0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12/revoke")).status == 404


# --- one's own account


async def test_ones_name_and_language_are_changed(office: Office) -> None:
    browser = await owner(office)

    await browser.submit("/account", display="Olga O.", language="de")

    page = await browser.get("/account")
    assert b'<html lang="de"' in page.body
    assert b"Olga O." in page.body
    assert (await browser.submit("/account", display="", language="de")).status == 422


async def test_ones_password_is_changed(office: Office) -> None:
    browser = await owner(office)
    new = "other words and a number 8"

    unequal = await browser.submit("/account/password", present_password=TYPED, new_password=new, again="else")
    wrong = await browser.submit("/account/password", present_password="not it", new_password=new, again=new)
    done = await browser.submit("/account/password", present_password=TYPED, new_password=new, again=new)

    assert (unequal.status, wrong.status, done.status) == (422, 422, 303)
    for answer in (unequal, wrong):
        assert TYPED.encode() not in answer.body
        assert new.encode() not in answer.body
    fresh = browser_of(office)
    assert (await fresh.submit("/sign-in", name="olga", password=new)).status == 303


async def test_an_app_is_set_and_removed(office: Office) -> None:
    passkey = Authenticator()
    olga = await person(office, "olga", passkey=passkey)
    browser = signed_in(browser_of(office), olga)
    page = await browser.get("/account/app")
    assert (await browser.post("/account/app", csrf=token_in(page), code="000000")).status == 422
    page = await browser.get("/account/app")
    seed = re.search(rb"<code>([A-Z2-7 ]+)</code>", page.body)
    assert seed is not None
    olga.seed = unseeded(seed[1])

    done = await browser.post("/account/app", csrf=token_in(page), code=olga.code())

    assert (done.status, done.headers["location"]) == (303, "/account")
    assert (await row(office, "olga")).totp
    assert (await browser.submit("/account/app/remove")).status == 303
    assert not (await row(office, "olga")).totp
    assert (await browser.submit("/account/app/remove")).status == 422


async def test_a_passkey_is_added_and_removed(office: Office) -> None:
    browser = await owner(office)
    token = token_in(await browser.get("/account"))
    options = (await browser.tell("/account/passkeys/add/ask", token, {})).document
    told = {"answer": Authenticator().created(options), "label": "blue <key>"}
    added = await browser.tell("/account/passkeys/add", token, told)
    assert (added.status, added.document) == (200, {"to": "/account"})
    refused = await browser.tell("/account/passkeys/add", token, told)
    assert (refused.status, list(refused.document)) == (422, ["refused"])
    page = await browser.get("/account")
    assert b"blue &lt;key&gt;" in page.body
    removal = re.search(rb'href="(/account/passkeys/[\w-]+/remove)"', page.body)
    assert removal is not None

    assert (await browser.submit(removal[1].decode())).status == 303

    assert (await row(office, "olga")).passkeys == 0
    assert b"There is no such passkey" in (await browser.get(removal[1].decode())).body


async def test_ones_own_sessions_are_ended(office: Office) -> None:
    olga = await person(office, "olga")
    browser = signed_in(browser_of(office), olga)
    other = browser.anew()
    await other.submit("/sign-in", name="olga", password=TYPED)
    await other.submit("/sign-in/second", code=olga.code())
    page = await browser.get("/account")
    ending = re.findall(rb'action="(/account/sessions/[\w-]+/end)"', page.body)
    assert len(ending) == 1

    assert (await browser.post(ending[0].decode(), csrf=token_in(page))).status == 303
    assert (await other.get("/account")).status == 303
    gone = await browser.post(ending[0].decode(), csrf=token_in(page))
    assert gone.status == 404
    assert (await browser.post("/account/sessions/end", csrf=token_in(page))).status == 303


def unseeded(written: bytes) -> bytes:
    return base64.b32decode(written.replace(b" ", b""))
