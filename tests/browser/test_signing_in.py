"""
Administrators come in: the first one by his link, later by a password and a second step, or by a passkey alone.
"""

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import pytest

from tests.rigs.browser import Authenticator, Chromium, Tab, site
from tests.rigs.portal import COOKIE, PASSWORD, Administrator, administrator, now_step
from tests.rigs.watchword import Watchword, serving
from watchword.domain.otp import code_at

pytestmark = pytest.mark.needs("chromium")

ADA: Final = "ada"


@pytest.fixture
def fresh_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    """Run Watchword where nobody has ever been."""
    with serving(tmp_path_factory.mktemp("fresh")) as server:
        yield server


def choose(tab: Tab, link: str, *, name: str | None = None) -> None:
    """Follow a link and choose a password, and a name where the link is nobody's."""
    page = tab.page
    page.goto(link)
    assert page.url.endswith("/setup"), "the token is in no address that stays"
    if name is not None:
        page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password once more").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/setup/second")


def with_passkey(tab: Tab, link: str, *, name: str | None = None) -> Authenticator:
    """Follow a link and become somebody who has a passkey."""
    authenticator = tab.authenticator()
    choose(tab, link, name=name)
    tab.page.get_by_role("button", name="Make a passkey").click()
    tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()
    return authenticator


def password(tab: Tab, portal: Watchword, name: str, *, onto: str = "/") -> None:
    """Sign in as far as the password goes."""
    page = tab.page
    page.goto(f"{site(portal)}/sign-in?next={onto}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/sign-in/second?**")


def sign_out(tab: Tab) -> None:
    tab.page.locator("details.menu > summary").click()
    tab.page.get_by_role("button", name="Sign out").click()
    tab.page.wait_for_url("**/sign-in")


def test_the_first_owner_comes_by_the_link_and_chooses_a_passkey(fresh_portal: Watchword, tab: Tab) -> None:
    link = fresh_portal.ready["setup_url"]

    authenticator = with_passkey(tab, link, name=ADA)

    (row,) = fresh_portal.perform("admin.list")
    assert (row["name"], row["role"], row["state"], row["passkeys"], row["totp"]) == (ADA, "owner", "active", 1, False)
    assert len(authenticator.passkeys()) == 1
    tab.page.goto(f"{site(fresh_portal)}/administrators")
    assert tab.page.get_by_role("link", name=ADA).is_visible()


def test_a_link_is_good_once(fresh_portal: Watchword, chromium: Chromium) -> None:
    link = fresh_portal.ready["setup_url"]
    with chromium.tab() as first:
        with_passkey(first, link, name=ADA)

    with chromium.tab() as second:
        second.expect("403")
        second.page.goto(link)

        assert second.page.get_by_role("heading").inner_text() == "This link is not good"
    assert len(fresh_portal.perform("admin.list")) == 1


def test_a_new_start_voids_the_link_before_and_makes_none_for_an_owned_portal(
    fresh_portal: Watchword, chromium: Chromium
) -> None:
    old = fresh_portal.ready["setup_url"]
    fresh_portal.stop()
    new = fresh_portal.start()["setup_url"]
    token = old.rpartition("/")[2]

    with chromium.tab() as stale:
        stale.expect("403")
        stale.page.goto(f"{site(fresh_portal)}/setup/{token}")
        assert stale.page.get_by_role("heading").inner_text() == "This link is not good"
    with chromium.tab() as tab:
        with_passkey(tab, new, name=ADA)
    fresh_portal.stop()
    assert fresh_portal.start()["setup_url"] is None


def test_the_first_owner_comes_without_javascript_too(fresh_portal: Watchword, chromium: Chromium) -> None:
    with chromium.tab(java_script_enabled=False) as tab:
        choose(tab, fresh_portal.ready["setup_url"], name=ADA)
        page = tab.page
        assert page.get_by_role("button", name="Make a passkey").count() == 0
        seed = page.locator("pre code").inner_text().replace(" ", "")
        page.get_by_label("The code that the app shows now").fill(code_of(seed))
        page.get_by_role("button", name="Finish").click()
        page.get_by_role("heading", name="Overview", exact=True).wait_for()

    (row,) = fresh_portal.perform("admin.list")
    assert (row["totp"], row["passkeys"]) == (True, 0)


def code_of(seed: str) -> str:
    return code_at(base64.b32decode(seed), now_step(), 6)


# --- signing in


@pytest.fixture(scope="module")
def owner(portal: Watchword) -> Administrator:
    return administrator(portal, "owner")


def test_a_password_and_a_code_open_the_page_that_was_asked_for(
    portal: Watchword, owner: Administrator, tab: Tab
) -> None:
    page = tab.page
    page.goto(f"{site(portal)}/bypasses?x=1")
    assert page.url == f"{site(portal)}/sign-in?next=/bypasses%3Fx%3D1"
    page.get_by_label("Name", exact=True).fill(owner.name)
    page.get_by_label("Password", exact=True).fill(owner.password)
    page.get_by_label("Password", exact=True).press("Enter")
    page.get_by_label("Code of your authenticator app").fill(owner.code())
    page.get_by_role("button", name="Sign in").click()

    page.wait_for_url("**/bypasses?x=1")


def test_a_wrong_password_and_a_wrong_code_are_told_beside_the_form(
    portal: Watchword, owner: Administrator, tab: Tab
) -> None:
    tab.expect("status of 4")
    page = tab.page
    page.goto(f"{site(portal)}/sign-in")
    page.get_by_label("Name", exact=True).fill(owner.name)
    page.get_by_label("Password", exact=True).fill("something else entirely")
    page.get_by_role("button", name="Go on").click()
    assert "wrong" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Name", exact=True).input_value() == owner.name
    assert page.get_by_label("Password", exact=True).input_value() == ""

    password(tab, portal, owner.name)
    page.get_by_label("Code of your authenticator app").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    assert "wrong" in page.get_by_role("alert").inner_text()


def test_nothing_opens_between_the_password_and_the_second_step(
    portal: Watchword, owner: Administrator, tab: Tab
) -> None:
    password(tab, portal, owner.name)

    for path in ("/", "/account", "/administrators", "/account/passkeys/add", "/confirm"):
        tab.page.goto(site(portal) + path)
        assert "/sign-in?next=" in tab.page.url, path
    assert tab.cookie(COOKIE) is None


def test_a_passkey_alone_opens_the_portal(portal: Watchword, tab: Tab) -> None:
    link = portal.perform("admin.invite", name="grace", role="owner")["url"]
    with_passkey(tab, link)
    sign_out(tab)

    tab.page.get_by_role("button", name="Sign in with a passkey").click()

    tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()


def test_a_passkey_alone_takes_a_finger_and_after_the_password_does_not(portal: Watchword, tab: Tab) -> None:
    link = portal.perform("admin.invite", name="hedy", role="owner")["url"]
    authenticator = with_passkey(tab, link)
    sign_out(tab)
    authenticator.forgets_its_holder()

    tab.page.get_by_role("button", name="Sign in with a passkey").click()
    tab.page.get_by_role("alert").get_by_text("The passkey was not used").wait_for()

    password(tab, portal, "hedy")
    tab.page.get_by_role("button", name="Use a passkey").click()
    tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()


def test_a_copied_passkey_is_noticed(portal: Watchword, tab: Tab) -> None:
    link = portal.perform("admin.invite", name="copied", role="owner")["url"]
    authenticator = with_passkey(tab, link)
    (passkey,) = authenticator.passkeys()
    sign_out(tab)
    tab.page.get_by_role("button", name="Sign in with a passkey").click()
    tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()
    sign_out(tab)
    authenticator.empty()
    authenticator.put(passkey)
    tab.expect("422")

    tab.page.get_by_role("button", name="Sign in with a passkey").click()

    tab.page.get_by_role("alert").get_by_text("not accepted").wait_for()
    assert portal.perform("session.list", administrator="copied") == []


# --- sessions


def test_ending_a_session_ends_the_other_browser(portal: Watchword, owner: Administrator, chromium: Chromium) -> None:
    with chromium.tab() as here, chromium.tab() as there:
        owner.enter(here)
        password(there, portal, owner.name)
        there.page.get_by_label("Code of your authenticator app").fill(owner.code())
        there.page.get_by_role("button", name="Sign in").click()
        there.page.get_by_role("heading", name="Overview", exact=True).wait_for()

        here.page.goto(f"{site(portal)}/account")
        here.page.get_by_role("button", name="End all others").click()
        here.page.get_by_text("Your other sessions have ended.").wait_for()

        there.page.goto(f"{site(portal)}/account")
        assert "/sign-in?next=/account" in there.page.url


def test_whoever_knew_the_cookie_before_has_nothing_after(portal: Watchword, tab: Tab) -> None:
    fixed = "A" * 43
    person = administrator(portal, "auditor")
    tab.context.add_cookies([{"name": COOKIE, "value": fixed, "url": site(portal)}])

    password(tab, portal, person.name)
    before = tab.cookie("watchword-entry")["value"]
    tab.page.get_by_label("Code of your authenticator app").fill(person.code())
    tab.page.get_by_role("button", name="Sign in").click()
    tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()

    assert tab.cookie(COOKIE)["value"] not in (fixed, before)
    assert tab.cookie("watchword-entry") is None


def test_signing_out_ends_the_session_itself(portal: Watchword, chromium: Chromium) -> None:
    person = administrator(portal, "auditor")
    with chromium.tab() as tab:
        person.enter(tab)
        tab.page.goto(site(portal))
        sign_out(tab)

        person.enter(tab)
        tab.page.goto(site(portal))
        assert "/sign-in" in tab.page.url, "the token that the browser had opens nothing any more"


# --- dangerous acts


def test_what_is_dangerous_asks_for_a_fresh_second_step_and_goes_on(portal: Watchword, tab: Tab) -> None:
    person = administrator(portal, "owner")
    person.enter(tab)
    stale(portal, person.name)
    page = tab.page
    page.goto(f"{site(portal)}/api-keys/add")
    assert page.url == f"{site(portal)}/confirm?next=/api-keys/add"
    before = tab.cookie(COOKIE)["value"]

    page.get_by_label("Code of your authenticator app").fill(person.code())
    page.get_by_role("button", name="Confirm").click()

    page.wait_for_url("**/api-keys/add")
    assert tab.cookie(COOKIE)["value"] != before, "more was shown, so the token is another one"
    page.get_by_label("Name").fill("ticket system")
    page.get_by_role("button", name="Add").click()
    assert re.fullmatch(r"wwk_[\w-]{51}", page.locator(".secret code").inner_text())


def test_a_passkey_confirms_too(portal: Watchword, tab: Tab) -> None:
    link = portal.perform("admin.invite", name="confirming", role="owner")["url"]
    with_passkey(tab, link)
    stale(portal, "confirming")
    tab.page.goto(f"{site(portal)}/account/app")

    tab.page.get_by_role("button", name="Use a passkey").click()

    tab.page.wait_for_url("**/account/app")


def stale(portal: Watchword, name: str) -> None:
    """Let the second step of somebody's sessions be an old one, as somebody with the database in his hands can."""
    with closing(sqlite3.connect(portal.data / "watchword.db", isolation_level=None)) as connection:
        changed = connection.execute(
            "UPDATE sessions SET confirmed_at = confirmed_at - 301000000 WHERE administrator_id IN"
            " (SELECT id FROM administrators WHERE name = ?)",
            (name,),
        )
        assert changed.rowcount >= 1


# --- own account


def test_a_second_passkey_is_added_and_the_first_removed(portal: Watchword, tab: Tab) -> None:
    link = portal.perform("admin.invite", name="two-keys", role="auditor")["url"]
    with_passkey(tab, link)
    tab.authenticator(transport="usb")
    page = tab.page
    page.goto(f"{site(portal)}/account/passkeys/add")
    page.get_by_label("What you call it").fill("blue key")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/account")
    assert page.get_by_text("blue key").is_visible()

    page.get_by_role("link", name="Remove the passkey Passkey").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_text("The passkey is removed.").wait_for()

    (row,) = [row for row in portal.perform("admin.list") if row["name"] == "two-keys"]
    assert row["passkeys"] == 1


def test_an_owner_invites_somebody_who_comes(portal: Watchword, owner: Administrator, chromium: Chromium) -> None:
    with chromium.tab() as tab:
        owner.enter(tab)
        page = tab.page
        page.goto(f"{site(portal)}/administrators/invite")
        page.get_by_label("Name", exact=True).fill("dora")
        page.get_by_label("help desk").check()
        page.get_by_role("button", name="Make the link").click()
        link = page.locator(".secret code").inner_text()

    with chromium.tab() as guest:
        guest.authenticator()
        guest.page.goto(link)
        guest.page.get_by_label("Password", exact=True).fill(PASSWORD)
        guest.page.get_by_label("The password once more").fill(PASSWORD)
        guest.page.get_by_role("button", name="Go on").click()
        guest.page.get_by_role("button", name="Make a passkey").click()
        guest.page.get_by_role("heading", name="Overview", exact=True).wait_for()
        assert guest.page.get_by_role("link", name="Administrators").count() == 0, "not for the help desk"
        guest.expect("403")
        guest.page.goto(f"{site(portal)}/administrators")
        assert "may not do that" in guest.page.locator("main").inner_text()
