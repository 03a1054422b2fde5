"""
Server settings and server status, step by step as the seed writes them, in a browser, with a real server.

The commands are those that the page shows: they are copied from it and run, with the password that it shows once.
"""

import json
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.rigs.browser import Chromium, Tab, run_chromium, site
from tests.rigs.portal import administrator
from tests.rigs.servers import MfaServer
from tests.rigs.watchword import PASSWORD, Watchword, serving

pytestmark = [pytest.mark.soak, pytest.mark.needs("chromium", "oathtool")]

LATE: float = 60_000
"""Milliseconds in which a server that beats no more is shown as late: thirty seconds, and some to look."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    with serving(tmp_path_factory.mktemp("portal")) as server:
        yield server


def copied(page: Page, label: str) -> str:
    """Copy a text by its button, as people do, and return what the clipboard holds."""
    code = page.locator(".code", has=page.get_by_role("region", name=label, exact=True))
    shown = code.locator("code").inner_text()
    code.get_by_role("button", name="Copy").click()
    page.wait_for_function("(shown) => navigator.clipboard.readText().then((held) => held === shown)", arg=shown)
    return shown


def pasted(command: str, data: Path) -> list[str]:
    """Return the words of a command that was shown, for this folder in place of the one that it names."""
    words = shlex.split(command)
    assert words[0] == "watchword"
    words[words.index("--data") + 1] = str(data)
    return words[1:]


def signed_in(portal: Watchword, tab: Tab, role: str = "owner") -> Page:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site(portal))
    administrator(portal, role).enter(tab)
    return tab.page


def activated(page: Page, portal: Watchword, server: MfaServer) -> None:
    """Generate activation credentials, and paste on the machine what the page shows."""
    # Server settings: generate activation credentials.
    page.goto(site(portal) + "/server-settings")
    page.get_by_role("link", name="Generate activation credentials").first.click()
    expect(page.get_by_label("Replication group")).to_have_count(0)
    page.get_by_role("button", name="Generate").click()
    page.get_by_text("Waiting for the server.").wait_for()
    password = copied(page, "Secret to copy")
    portal.canaries.add(password)
    command = copied(page, "Command that activates")
    assert password not in command

    # On the machine: paste it, and type the password.
    ran = server.run(*pasted(command, server.data), "--password-stdin", "--json", stdin=password)
    assert ran.code == 0, ran.err
    server.identifier, server.name = (json.loads(ran.out)[name] for name in ("id", "name"))
    page.get_by_role("main").get_by_text(f"{server.name} is activated.").wait_for()


def test_a_server_is_activated_by_what_the_page_shows_and_watched_until_it_is_revoked(
    portal: Watchword, chromium: Chromium, tmp_path: Path
) -> None:
    server = MfaServer(tmp_path / "gate", portal)
    user, nas = portal.user(), portal.nas()
    token = portal.hotp(user)
    with chromium.tab(locale="en") as tab:
        page = signed_in(portal, tab)

        activated(page, portal, server)

        # Server status: it has never been heard, and what helps stands there.
        page.get_by_role("link", name="See it come online").click()
        page.get_by_text("It was activated and has not been heard yet").wait_for()
        page.evaluate("window.stays = true")
        server.start()
        expect(page.get_by_role("definition").get_by_text("online", exact=True)).to_be_visible()
        assert page.evaluate("window.stays")
        known = server.row()
        page.goto(site(portal) + "/servers")
        row = page.get_by_role("row", name=server.name)
        for words in ("online", known["version"], "127.0.0.1", "default", "0 s"):
            expect(row.get_by_text(words, exact=True).first).to_be_visible()
        shown = row.locator("time").first
        assert (shown.get_attribute("datetime") or "") >= known["last_communication"]
        assert server.serves(nas).login(user, f"{PASSWORD},{token.code(0)}").accepted

        # Frozen it beats no more: late without a reload, and among what needs somebody; then online again.
        assert server.process is not None
        page.evaluate("window.stays = true")
        server.process.send_signal(signal.SIGSTOP)
        try:
            expect(row.get_by_text("late", exact=True)).to_be_visible(timeout=LATE)
            expect(page.get_by_text(f"{server.name}: It has missed three beats")).to_be_visible()
            with chromium.tab(storage_state=tab.context.storage_state(), locale="en") as other:
                other.page.goto(site(portal))
                other.page.get_by_text(f"The MFA server {server.name} has missed three beats.").wait_for()
        finally:
            server.process.send_signal(signal.SIGCONT)
        expect(row.get_by_text("online", exact=True)).to_be_visible(timeout=LATE)
        assert page.evaluate("window.stays")

        # Revoked it is heard no more.
        row.get_by_role("link", name=server.name).click()
        page.get_by_role("link", name="Revoke").click()
        page.get_by_label("Why").fill("The machine is given away")
        page.get_by_role("button", name="Revoke").click()
        expect(page.get_by_text("revoked").first).to_be_visible()
    assert server.row()["status"] == "revoked"
    server.kill()
    assert server.leaks() == []


def test_a_second_group_is_made_and_from_then_on_it_is_asked(portal: Watchword, chromium: Chromium) -> None:
    portal.user(name="gerda@example.test")
    with chromium.tab(locale="en") as tab:
        page = signed_in(portal, tab)
        page.goto(site(portal) + "/bypasses/add")
        expect(page.get_by_label("Replication group")).to_have_count(0)

        page.goto(site(portal) + "/groups")
        page.get_by_role("link", name="Add").click()
        page.get_by_label("Name").fill("Potsdam")
        page.get_by_role("button", name="Add").click()
        page.get_by_text("The group Potsdam is added.").wait_for()

        page.goto(site(portal) + "/bypasses/add?user=gerda")
        page.get_by_label("Replication group").select_option("Potsdam")
        page.get_by_label("Reason").fill("Phone at home")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("row", name="gerda@example.test").wait_for()
        page.goto(site(portal) + "/groups")
        tab.expect("422")
        page.get_by_role("link", name="Remove the group Potsdam").click()
        page.get_by_role("button", name="Remove").click()
        page.get_by_text("The group Potsdam is not empty.").wait_for()
    assert [row["group"] for row in portal.perform("bypass.list") if row["user"] == "gerda@example.test"] == ["Potsdam"]
