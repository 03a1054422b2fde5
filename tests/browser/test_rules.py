"""
Caching rules in the portal, as the seed's "Set up caching" goes, while a VPN asks.
"""

import pytest
from playwright.sync_api import expect

from tests.rigs.browser import Chromium, site
from tests.rigs.portal import administrator
from tests.rigs.watchword import PASSWORD, Watchword

pytestmark = pytest.mark.needs("chromium", "oathtool")


def test_a_rule_is_added_by_keyboard_alone_and_the_vpn_is_let_in_again(portal: Watchword, chromium: Chromium) -> None:
    user, nas = portal.user(), portal.nas(name="Branch office VPN")
    token = portal.hotp(user)
    with chromium.tab(locale="en") as tab:
        page, keyboard = tab.page, tab.page.keyboard
        administrator(portal, "authentication-administrator").enter(tab)
        page.goto(site(portal))

        def onto(name: str) -> None:
            while page.evaluate("document.activeElement.name ?? ''") != name:
                keyboard.press("Tab")

        keyboard.type("gc")
        page.get_by_role("heading", name="Caching rules", level=1).wait_for()
        keyboard.press("n")
        page.get_by_role("heading", name="Add a caching rule", level=1).wait_for()
        onto("type")
        expect(page.get_by_role("radio").first).to_be_focused()
        while page.evaluate("document.activeElement.value") != "ip":
            keyboard.press("ArrowDown")
        onto("seconds")
        keyboard.press("Control+A")
        keyboard.type("3600")
        expect(page.get_by_text("1 hour", exact=True).first).to_be_visible()
        onto("authentication_type")
        keyboard.type("RADIUS")
        onto("application")
        keyboard.type("Branch")
        while page.evaluate("document.activeElement.innerText.trim()") != "Add":
            keyboard.press("Tab")
        keyboard.press("Enter")
        row = page.get_by_role("row", name="Branch office VPN")
        expect(row.get_by_text("1 hour")).to_be_visible()
        (rule,) = portal.ask("rule", "list")
        assert (rule["type"], rule["seconds"], rule["application"]) == ("ip", 3600, "Branch office VPN")

        assert nas.login(user, f"{PASSWORD},{token.code(0)}", station="203.0.113.7").accepted
        assert nas.login(user, PASSWORD, station="203.0.113.7").accepted
        assert not nas.login(user, PASSWORD, station="203.0.113.8").accepted

        page.goto(site(portal) + "/rules/entries")
        expect(page.get_by_role("row", name=user).get_by_text("203.0.113.7")).to_be_visible()
        page.goto(site(portal) + "/rules")
        row.get_by_role("button", name="Turn off").click()
        expect(row.get_by_text("off", exact=True)).to_be_visible()
        assert not nas.login(user, PASSWORD, station="203.0.113.7").accepted
