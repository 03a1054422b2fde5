"""
One-time bypasses in the portal, as the help desk uses it while a VPN asks.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.rigs.browser import Chromium, Tab, site
from tests.rigs.portal import administrator
from tests.rigs.watchword import PASSWORD, Watchword

pytestmark = pytest.mark.needs("chromium", "oathtool")

CANARY = '"><img src=x onerror=alert(1)><b>'


@contextmanager
def somebody(portal: Watchword, chromium: Chromium, role: str = "owner") -> Iterator[Tab]:
    """Have somebody signed in in a browser of their own, at the first page."""
    with chromium.tab(locale="en") as tab:
        tab.page.on("dialog", lambda dialog: tab.faults.append(f"a dialog: {dialog.message}"))
        administrator(portal, role).enter(tab)
        tab.page.goto(site(portal))
        yield tab


def test_a_bypass_is_added_by_keyboard_alone_and_the_vpn_lets_the_user_in(
    portal: Watchword, chromium: Chromium
) -> None:
    user, nas = portal.user(name="anna.keys@example.test"), portal.nas()
    portal.totp(user)
    with somebody(portal, chromium, "help-desk") as tab:
        page, keyboard = tab.page, tab.page.keyboard
        keyboard.type("gb")
        page.get_by_role("heading", name="One-time bypass", level=1).wait_for()
        keyboard.press("n")
        expect(page.get_by_role("combobox", name="User")).to_be_focused()
        keyboard.type("anna.k")
        page.get_by_role("option", name=user).wait_for()
        keyboard.press("ArrowDown")
        keyboard.press("Enter")
        expect(page.get_by_role("combobox", name="User")).to_have_value(user)
        keyboard.press("Tab")
        expect(page.get_by_label("Seconds")).to_be_focused()
        keyboard.press("Control+A")
        keyboard.type("90")
        expect(page.get_by_text("1 minute 30 seconds", exact=True)).to_be_visible()
        while page.evaluate("document.activeElement.name") != "reason":
            keyboard.press("Tab")
        keyboard.type("Phone at home")
        while page.evaluate("document.activeElement.innerText.trim()") != "Add":
            keyboard.press("Tab")
        keyboard.press("Enter")
        page.get_by_text(
            f"{user} may log in once without the second step, from now on for 1 minute 30 seconds."
        ).wait_for()
        row = page.get_by_role("row", name=user)
        expect(row.get_by_text("active")).to_be_visible()

        assert nas.login(user, PASSWORD, station="203.0.113.7").accepted
        expect(row.get_by_text("used", exact=True)).to_be_visible()
        expect(row.get_by_text(f"at {nas.name}, from 203.0.113.7")).to_be_visible()


def test_two_who_look_see_it_at_once(portal: Watchword, chromium: Chromium) -> None:
    user, nas = portal.user(), portal.nas()
    portal.totp(user)
    with somebody(portal, chromium) as ada, somebody(portal, chromium, "help-desk") as ben:
        ada.page.goto(site(portal) + "/bypasses")
        ada.page.locator("[data-live-state][data-state=on]").wait_for()
        ada.page.evaluate("window.stays = true")

        ben.page.goto(site(portal) + "/bypasses/add")
        ben.page.get_by_role("combobox", name="User").fill(user.partition("@")[0])
        ben.page.get_by_label("Reason").fill("Phone at home")
        ben.page.get_by_role("button", name="Add").click()

        row = ada.page.get_by_role("row", name=user)
        expect(row.get_by_text("Phone at home")).to_be_visible()
        row.get_by_role("link", name="Cancel").click()
        ada.page.get_by_label("Why it is cancelled").fill("It was found")
        ada.page.get_by_role("button", name="Cancel the bypass").click()
        expect(ben.page.get_by_role("row", name=user).get_by_text("cancelled")).to_be_visible()

        assert not nas.login(user, PASSWORD, station="203.0.113.8").accepted


def test_what_waits_is_let_in_only_where_it_is_chosen(portal: Watchword, chromium: Chromium) -> None:
    user, nas = portal.user(), portal.nas()
    portal.phone(user)
    with somebody(portal, chromium) as tab, nas.begin(user, PASSWORD, station="203.0.113.9") as exchange:
        portal.waits(user)
        page = tab.page
        page.goto(site(portal) + "/bypasses/add")
        page.get_by_role("combobox", name="User").fill(user)
        page.get_by_label("Reason").fill("Phone is silent")
        choice = page.get_by_label(f"Let this one in now: {nas.name}")
        expect(page.get_by_text("from 203.0.113.9")).to_be_visible()
        assert not choice.is_checked()
        choice.check()
        page.get_by_role("button", name="Add").click()
        page.get_by_text(f"{user} was let in.").wait_for()

        assert exchange.answer().accepted


def test_pressed_twice_it_is_made_once(portal: Watchword, chromium: Chromium) -> None:
    user = portal.user()
    with somebody(portal, chromium) as tab:
        state = tab.context.storage_state()
        with chromium.tab(storage_state=state, java_script_enabled=False) as plain:
            page = plain.page
            page.goto(f"{site(portal)}/bypasses/add?user={user}")
            page.get_by_label("Reason").fill("Phone at home")
            page.get_by_role("button", name="Add").dblclick()
            page.get_by_role("row", name=user).wait_for()

    assert len([row for row in portal.ask("bypass", "list", "--all") if row["user"] == user]) == 1


def test_what_people_write_is_text_on_every_page(portal: Watchword, chromium: Chromium) -> None:
    user, nas = portal.user(), portal.nas(name=CANARY)
    portal.perform("bypass.add", user=user, reason=CANARY, seconds=60, application=nas.name)
    with somebody(portal, chromium) as tab:
        for path in ("/", "/bypasses", "/bypasses/report", f"/bypasses/add?user={user}", "/rules/add", "/find?q=img"):
            tab.page.goto(site(portal) + path)
            assert tab.page.locator("img").count() == 0
            assert "<img" in tab.page.locator("body").inner_text() or path == "/rules/add"


def test_a_cell_of_the_report_is_no_formula(portal: Watchword, chromium: Chromium) -> None:
    user = portal.user()
    portal.perform("bypass.add", user=user, reason="=1+cmd|' /C calc'!A0", seconds=60)
    with somebody(portal, chromium, "auditor") as tab:
        tab.page.goto(f"{site(portal)}/bypasses/report?user={user}")
        with tab.page.expect_download() as saved:
            tab.page.get_by_role("link", name="Save as CSV").click()
        lines = saved.value.path().read_text().splitlines()

    assert saved.value.suggested_filename == "one-time-bypasses.csv"
    assert len(lines) == 2
    assert "'=1+cmd" in lines[1]


def test_everything_is_found_from_everywhere(portal: Watchword, chromium: Chromium) -> None:
    user = portal.user(name="zoe.findme@example.test")
    with somebody(portal, chromium) as tab:
        page, keyboard = tab.page, tab.page.keyboard
        keyboard.press("Control+k")
        expect(page.get_by_role("combobox", name="Find")).to_be_focused()
        keyboard.type("zoe.f")
        page.get_by_role("option", name=user).wait_for()
        keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        keyboard.press("Control+k")
        keyboard.press("Control+A")
        keyboard.type("one-time")
        page.get_by_role("option", name="One-time bypass").wait_for()
        keyboard.press("Enter")
        page.get_by_role("heading", name="One-time bypass", level=1).wait_for()
        keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
