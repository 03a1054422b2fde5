"""
The help desk's day with users: found, given a second step that the VPN then takes, blocked.
"""

import pytest

from tests.rigs.browser import Tab, site
from tests.rigs.portal import administrator
from tests.rigs.watchword import PASSWORD, STATION, Token, Watchword

pytestmark = pytest.mark.needs("chromium", "oathtool")


def test_a_user_gets_an_authenticator_app_and_signs_in_with_it_until_he_is_blocked(portal: Watchword, tab: Tab) -> None:
    user, nas = portal.user(), portal.nas()
    administrator(portal, "help-desk").enter(tab)
    page = tab.page

    page.goto(f"{site(portal)}/users")
    page.get_by_label("Name", exact=True).fill(user.partition("@")[0])
    page.keyboard.press("Enter")
    page.get_by_role("link", name=user).click()
    page.get_by_role("link", name="Add a second step").first.click()
    page.get_by_role("radio", name="Authenticator app").check()
    page.get_by_role("button", name="Add", exact=True).click()
    assert page.get_by_role("img", name="QR code for an authenticator app").is_visible()
    secret = page.get_by_role("region", name="Secret to type").inner_text().strip()
    portal.canaries.add(secret)
    page.get_by_role("link", name="Done").click()
    assert page.get_by_text("never used").is_visible()

    token = Token("", secret, ("sha1", "--digits=6"))
    assert nas.login(user, f"{PASSWORD},{token.code()}", station=STATION).accepted
    page.get_by_role("cell", name="right code").wait_for()
    assert page.get_by_text("in use").is_visible(), "without a reload"

    page.get_by_role("link", name="Block", exact=True).click()
    page.get_by_label("Why").fill("the phone was stolen")
    page.get_by_role("button", name="Block").click()
    page.get_by_text("the phone was stolen").wait_for()
    assert nas.login(user, f"{PASSWORD},{token.code(steps=1)}", station=STATION).rejected
    page.get_by_role("cell", name="blocked").wait_for()
