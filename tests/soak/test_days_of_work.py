"""
A day's work of an owner, of the help desk and of an auditor, in a browser, while a VPN asks.

Each signs in as people do, with a password and a code, and does what the day brings by what the pages show; what it
comes to is seen at the VPN.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.rigs.browser import Chromium, Tab, run_chromium, site
from tests.rigs.nas import Nas
from tests.rigs.portal import Administrator, administrator
from tests.rigs.watchword import PASSWORD, Token, Watchword, serving

pytestmark = [pytest.mark.soak, pytest.mark.needs("chromium", "oathtool")]

USER: Final = "anna.berg@example.org"
ADDRESS: Final = "127.4.3.2"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def portal(tmp_path: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    del tmp_path
    with serving(tmp_path_factory.mktemp("days")) as server:
        yield server


def sign_in(portal: Watchword, tab: Tab, who: Administrator) -> Page:
    """Come in as people do."""
    page = tab.page
    page.goto(site(portal))
    page.get_by_label("Name", exact=True).fill(who.name)
    page.get_by_label("Password", exact=True).fill(who.password)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Code of your authenticator app").fill(who.code())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
    return page


def go(page: Page, place: str) -> None:
    """Open a page of the navigation."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=place, exact=True).click()
    page.get_by_role("heading", name=place, level=1, exact=True).wait_for()


def places(page: Page) -> set[str]:
    return {link.inner_text().strip() for link in page.get_by_role("navigation", name="Main").get_by_role("link").all()}


def shown_once(portal: Watchword, page: Page) -> str:
    """Return the secret that a page shows."""
    secret = page.locator(".secret code, .secret pre").first.inner_text().strip()
    portal.canaries |= set(secret.split())
    return secret


def test_an_owner_sets_everything_up(portal: Watchword, chromium: Chromium) -> None:
    owner = administrator(portal, "owner")
    with chromium.tab(locale="en") as tab:
        page = sign_in(portal, tab, owner)

        go(page, "Users")
        page.get_by_role("link", name="Add a user").click()
        page.get_by_label("User name").fill(USER)
        page.get_by_label("Password", exact=False).first.fill(PASSWORD)
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("heading", name=USER, level=1).wait_for()
        page.get_by_role("link", name="Add a second step").first.click()
        page.get_by_role("radio", name="Authenticator app").check()
        page.get_by_role("button", name="Add", exact=True).click()
        token = Token(
            "", page.get_by_role("region", name="Secret to type").inner_text().strip(), ("sha1", "--digits=6")
        )
        portal.canaries.add(token.secret)

        go(page, "Applications")
        page.get_by_role("link", name="Add").first.click()
        page.get_by_role("link", name="OpenVPN").first.click()
        page.get_by_label("Name", exact=True).fill("VPN of the head office")
        page.get_by_label("Addresses that it asks from").fill(ADDRESS)
        page.get_by_label("Its requests must carry Message-Authenticator").check()
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("heading", name="VPN of the head office is added").wait_for()
        vpn = Nas(portal.radius, shown_once(portal, page).encode(), name="VPN of the head office", address=ADDRESS)
        assert vpn.login(USER, f"{PASSWORD},{token.code()}", station="203.0.113.7").accepted

        page.get_by_role("link", name="Open its page").click()
        page.get_by_role("cell", name="right code").first.wait_for()

        go(page, "Caching rules")
        page.get_by_role("link", name="Add").first.click()
        page.get_by_role("radio", name="IP address").check()
        page.get_by_label("Cache seconds").fill("600")
        page.locator("select[name=application]").select_option("VPN of the head office")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("row", name="VPN of the head office").wait_for()
        assert vpn.login(USER, f"{PASSWORD},{token.code(steps=1)}", station="203.0.113.7").accepted
        assert vpn.login(USER, PASSWORD, station="203.0.113.7").accepted


def test_an_owner_lets_others_help_and_puts_a_server_elsewhere(portal: Watchword, chromium: Chromium) -> None:
    owner = administrator(portal, "owner")
    with chromium.tab(locale="en") as tab:
        page = sign_in(portal, tab, owner)

        go(page, "Settings")
        page.get_by_role("link", name="Change", exact=False).first.click()
        page.get_by_role("button", name="Save").wait_for()

        go(page, "Server settings")
        page.get_by_role("link", name="Generate activation credentials").first.click()
        page.get_by_role("button", name="Generate").click()
        page.get_by_role("heading", name="Activate the server").wait_for()
        assert "watchword server activate" in page.get_by_role("region", name="Command that activates").inner_text()
        shown_once(portal, page)

        go(page, "Replication groups")
        page.get_by_role("link", name="Add").first.click()
        page.get_by_label("Name", exact=True).fill("berlin")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("row", name="berlin").wait_for()

        go(page, "Administrators")
        page.get_by_role("link", name="Invite").first.click()
        page.get_by_label("Name", exact=True).fill("hilda")
        page.get_by_role("radio", name="help desk").check()
        page.get_by_role("button", name="Make the link").click()
        assert "/setup/" in page.locator("main").inner_text()

    assert [row["role"] for row in portal.perform("admin.list") if row["name"] == "hilda"] == ["help-desk"]


def test_the_help_desk_helps(portal: Watchword, chromium: Chromium) -> None:
    portal.user(name=USER)
    vpn = portal.nas(name="VPN of the head office")
    desk = administrator(portal, "help-desk")
    with chromium.tab(locale="en") as tab:
        page = sign_in(portal, tab, desk)
        assert not places(page) & {"Settings", "Administrators", "API keys", "Server settings", "Caching rules"}

        # Somebody cannot log in and calls.
        assert vpn.login(USER, PASSWORD, station="203.0.113.7").rejected
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill("anna")
        page.get_by_role("option", name=USER).first.click()
        page.get_by_role("heading", name=USER, level=1).wait_for()
        page.get_by_role("cell", name="no second step").first.wait_for()

        # He is given codes on paper, and logs in with one, once.
        page.get_by_role("link", name="Add a second step").first.click()
        page.get_by_role("radio", name="Backup codes").check()
        page.get_by_role("button", name="Add", exact=True).click()
        first, *_others = shown_once(portal, page).split()
        assert vpn.login(USER, f"{PASSWORD},{first}", station="203.0.113.7").accepted
        assert vpn.login(USER, f"{PASSWORD},{first}", station="203.0.113.8").rejected
        page.get_by_role("link", name="Done").click()

        # The paper is left at home: once without.
        page.get_by_role("link", name="One-time bypass", exact=True).last.click()
        page.get_by_label("Reason").fill("Left the paper at home, called back")
        page.get_by_role("button", name="Add", exact=True).click()
        row = page.get_by_role("row", name=USER)
        expect(row.get_by_text("active")).to_be_visible()
        assert vpn.login(USER, PASSWORD, station="203.0.113.7").accepted
        expect(row.get_by_text("used", exact=True)).to_be_visible()

        # The bag with the paper is stolen.
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill("anna")
        page.get_by_role("option", name=USER).first.click()
        page.get_by_role("link", name="Block", exact=True).click()
        page.get_by_label("Why").fill("bag with the codes was stolen")
        page.get_by_role("button", name="Block").click()
        page.get_by_text("bag with the codes was stolen").wait_for()
        assert vpn.login(USER, PASSWORD, station="203.0.113.7").rejected


def test_an_auditor_looks_and_changes_nothing(portal: Watchword, chromium: Chromium) -> None:
    portal.user(name=USER)
    vpn = portal.nas(name="VPN of the head office")
    token = portal.hotp(USER)
    portal.perform("bypass.add", user=USER, seconds=600, reason="Phone at home")
    assert vpn.login(USER, PASSWORD, station="203.0.113.7").accepted
    assert vpn.login(USER, "wrong", station="198.51.100.9").rejected
    assert vpn.login(USER, f"{PASSWORD},{token.code(0)}", station="203.0.113.7").accepted
    before = len(portal.perform("audit.list", limit=500))
    auditor = administrator(portal, "auditor")
    joined = len(portal.perform("audit.list", limit=500))
    assert joined > before
    with chromium.tab(locale="en") as tab:
        page = sign_in(portal, tab, auditor)

        go(page, "Activity")
        page.get_by_label("Outcome").select_option("denied")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("row", name="198.51.100.9").get_by_role("link").first.click()
        expect(page.get_by_text("wrong password").first).to_be_visible()

        go(page, "One-time bypass")
        page.get_by_role("link", name="Report").click()
        page.get_by_role("row", name="Phone at home").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save as CSV").click()
        assert "Phone at home" in saved.value.path().read_text()

        go(page, "Audit trail")
        page.get_by_role("link", name="Verify").click()
        page.get_by_role("button", name="Verify").click()
        page.get_by_text("The trail is whole").wait_for()

        go(page, "What if …?")
        page.get_by_role("combobox", name="User").fill(USER)
        page.locator("select[name=application]").select_option("VPN of the head office")
        page.get_by_role("button", name="Show").click()
        page.get_by_role("heading", name="How it would end").wait_for()

        for place in sorted(places(page) - {"Your account"}):
            go(page, place)
            named = [button.inner_text().strip() for button in page.locator("main").get_by_role("button").all()]
            acts = {"Add", "Remove", "Block", "Turn off", "Turn on", "Revoke", "Withdraw", "Cancel", "Generate"}
            assert not acts & set(named), place
            assert page.locator("main a[data-new]").count() == 0, place

    events = {row["event"] for row in portal.perform("audit.list", limit=500)[: -joined or None]}
    assert all("administrator" in event or "session" in event or "audit" in event for event in events), events
