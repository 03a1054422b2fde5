"""
An administrator's day with applications: a VPN added that radclient then plays, its secret replaced, a login tried.
"""

import re
import subprocess
from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.rigs.browser import Chromium, site
from tests.rigs.nas import PATIENCE
from tests.rigs.portal import administrator
from tests.rigs.watchword import PASSWORD, STATION, Watchword

pytestmark = pytest.mark.needs("chromium", "oathtool", "radclient")

USER: Final = "vera@example.test"
ADDRESS: Final = "127.45.0.7"
"""Where the VPN asks from."""


def asked(portal: Watchword, secret: str, password: str, *, signed: bool = True, seconds: int = 10) -> str:
    """Let radclient ask as the VPN, and return what came back, nothing for silence."""
    attributes = [f'User-Name = "{USER}"', f'User-Password = "{password}"', f'Calling-Station-Id = "{STATION}"']
    attributes += [f"Packet-Src-IP-Address = {ADDRESS}", *(["Message-Authenticator = 0x00"] if signed else [])]
    host, port = portal.radius
    ran = subprocess.run(
        ["radclient", "-x", "-r", "1", "-t", str(seconds), f"{host}:{port}", "auth", secret],
        input="\n".join(attributes),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    found = re.search(r"Received (Access-\w+)", ran.stdout)
    return "" if found is None else found[1]


def secret_on(portal: Watchword, page: Page) -> str:
    """Return the secret that a page shows once."""
    secret = page.get_by_role("region", name="Secret to copy").inner_text().strip()
    assert re.fullmatch("[a-z2-7]{32}", secret)
    portal.canaries.add(secret)
    return secret


def added(portal: Watchword, page: Page, *, kind: str, name: str) -> str:
    """Add a VPN of a kind, and return the secret that was made for it."""
    page.goto(f"{site(portal)}/applications")
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_role("link", name=kind).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Addresses that it asks from").fill(ADDRESS)
    page.get_by_role("button", name="Add", exact=True).click()
    return secret_on(portal, page)


@pytest.fixture(scope="module")
def codes(portal: Watchword) -> Iterator[str]:
    """Return what a user types, each time the next code."""
    token = portal.hotp(portal.user(name=USER))
    return (f"{PASSWORD},{token.code(counter)}" for counter in range(20))


def test_a_vpn_is_added_and_asks_and_is_told_what_it_does_wrong(
    portal: Watchword, chromium: Chromium, codes: Iterator[str]
) -> None:
    with chromium.tab(locale="en") as tab:
        administrator(portal).enter(tab)
        page = tab.page
        secret = added(portal, page, kind="Cisco ASA", name="Harbour VPN")
        pasted = page.get_by_role("region", name="Configuration to copy").inner_text()
        assert f"key {secret}" in pasted
        assert f"authentication-port {portal.radius[1]}" in pasted

        assert asked(portal, secret, next(codes)) == "Access-Accept"
        assert asked(portal, secret, next(codes), signed=False, seconds=1) == ""
        page.get_by_role("link", name="Open its page").click()
        expect(page.get_by_role("cell", name="right code")).to_be_visible()
        expect(page.get_by_text("It asks without Message-Authenticator, and gets no answer")).to_be_visible()
        expect(page.get_by_text(f"One request from {ADDRESS} was dropped")).to_be_visible()

        page.get_by_role("link", name="Turn the requirement off").click()
        expect(page.get_by_text("What it costs")).to_be_visible()
        page.get_by_role("button", name="Turn the requirement off").click()
        expect(page.get_by_text(f"Requests from {ADDRESS}/32 need no Message-Authenticator")).to_be_visible()
        assert asked(portal, secret, next(codes), signed=False) == "Access-Accept"
        page.get_by_role("link", name="Remove", exact=True).click()
        page.get_by_role("button", name="Remove the application").click()
        page.get_by_text("Harbour VPN is removed.").wait_for()
    assert portal.leaks() == []


@pytest.mark.soak
def test_a_secret_is_replaced_without_a_pause(portal: Watchword, chromium: Chromium, codes: Iterator[str]) -> None:
    with chromium.tab(locale="en") as tab:
        administrator(portal).enter(tab)
        page = tab.page
        older = added(portal, page, kind="FortiGate", name="Island VPN")
        page.get_by_role("link", name="Open its page").click()
        page.get_by_role("link", name="Replace the secret").click()
        page.get_by_role("button", name="Make a new secret").click()
        newer = secret_on(portal, page)
        page.get_by_role("link", name="Done").click()
        expect(page.get_by_text("two; not seen yet")).to_be_visible()

        assert asked(portal, older, next(codes)) == "Access-Accept"
        page.get_by_text("two; still asks with the older one").wait_for()
        assert asked(portal, newer, next(codes)) == "Access-Accept"
        page.get_by_text("two; asked with the newer one").wait_for()
        page.get_by_role("link", name="End the older secret").click()
        page.get_by_role("button", name="End the older secret").click()
        page.get_by_text("The older secret of Island VPN has ended.").wait_for()
        assert asked(portal, newer, next(codes)) == "Access-Accept"
        assert asked(portal, older, next(codes), seconds=1) == ""
        for secret in (older, newer):
            assert secret not in page.content()
        portal.perform("application.remove", name="Island VPN")
    assert portal.leaks() == []


@pytest.mark.soak
def test_a_login_is_tried_from_the_portal(portal: Watchword, chromium: Chromium, codes: Iterator[str]) -> None:
    with chromium.tab(locale="en") as tab:
        administrator(portal).enter(tab)
        page = tab.page
        added(portal, page, kind="FortiGate", name="Cliff VPN")
        page.get_by_role("link", name="Try a login").click()
        page.get_by_role("link", name="Add this machine").click()
        page.get_by_role("button", name="Add", exact=True).click()
        secret_on(portal, page)
        page.get_by_role("link", name="Done").click()
        page.get_by_role("link", name="Try a login").click()
        page.get_by_role("combobox", name="User").fill(USER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Send it").click()
        page.get_by_text("Access-Challenge").wait_for()
        assert PASSWORD not in page.content()
        page.get_by_label("Code").fill(next(codes).partition(",")[2])
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_text("Access-Accept: they are let in").wait_for()

        page.get_by_role("link", name="Why it ended so").click()
        expect(page.get_by_role("heading", name="Why it ended so")).to_be_visible()
        page.get_by_role("link", name="Cliff VPN").click()
        expect(page.get_by_role("heading", name="Cliff VPN")).to_be_visible()
        portal.perform("application.remove", name="Cliff VPN")
    assert portal.leaks() == []
