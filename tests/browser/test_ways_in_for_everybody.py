"""
The pages before one is signed in, and those that turn somebody away, as everybody has to be able to use them.
"""

from typing import Final

import pytest
from playwright.sync_api import Page

from tests.rigs.accessibility import faults
from tests.rigs.browser import Chromium, site
from tests.rigs.portal import PASSWORD, administrator
from tests.rigs.watchword import Watchword

pytestmark = pytest.mark.needs("chromium")

NARROW: Final = {"width": 320, "height": 640}

PAINTED: Final = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Colours that change with the scheme have changed."""


class Looked:
    """Looks at page after page, in both schemes, and keeps what is wrong."""

    def __init__(self, page: Page, language: str) -> None:
        self._page = page
        self._language = language
        self.wrong: dict[str, object] = {}

    def at(self, name: str) -> None:
        """Look at the page that is open now."""
        assert self._page.locator("html").get_attribute("lang") == self._language
        over = self._page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            self.wrong[f"{name} is wider than the screen by"] = over
        for scheme in ("light", "dark"):
            self._page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self._page.evaluate(PAINTED)
            found = faults(self._page)
            if found:
                self.wrong[f"{name}, {scheme}"] = found


@pytest.mark.parametrize("language", ["en", pytest.param("de", marks=pytest.mark.soak)])
def test_everybody_comes_in(portal: Watchword, chromium: Chromium, language: str) -> None:
    link = portal.perform("admin.invite", name=f"olga-{language}", role="auditor")["url"]
    with chromium.tab(viewport=NARROW, locale=language, reduced_motion="reduce") as tab:
        tab.expect("403")
        tab.context.add_cookies([{"name": "watchword-language", "value": language, "url": site(portal)}])
        page, looked = tab.page, Looked(tab.page, language)
        page.goto(f"{site(portal)}/setup/nobody-has-made-it")
        looked.at("a link that is not good")
        page.goto(link)
        looked.at("set up")
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        page.locator("main button[type=submit], form button").first.click()
        page.wait_for_url("**/setup/second")
        looked.at("second step to be set up")
        page.goto(f"{site(portal)}/sign-in")
        looked.at("sign in")

    assert looked.wrong == {}


@pytest.mark.parametrize("language", ["en", pytest.param("de", marks=pytest.mark.soak)])
def test_everybody_confirms_and_is_told_what_is_not_for_them(
    portal: Watchword, chromium: Chromium, language: str
) -> None:
    auditor = administrator(portal, "auditor")
    with chromium.tab(viewport=NARROW, locale=language, reduced_motion="reduce") as tab:
        tab.expect("403")
        tab.context.add_cookies([{"name": "watchword-language", "value": language, "url": site(portal)}])
        page, looked = tab.page, Looked(tab.page, language)
        page.goto(f"{site(portal)}/sign-in")
        page.locator("input[name=name]").fill(auditor.name)
        page.locator("input[name=password]").fill("a wrong one, typed in haste")
        page.locator("input[name=password]").press("Enter")
        page.locator("[role=alert], .callout").first.wait_for()
        looked.at("wrong password")
        page.locator("input[name=name]").fill(auditor.name)
        page.locator("input[name=password]").fill(auditor.password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url("**/sign-in/second**")
        looked.at("second step")
        auditor.enter(tab)
        page.goto(f"{site(portal)}/confirm?next=/account")
        looked.at("confirm")
        page.goto(f"{site(portal)}/users/add")
        looked.at("not for this role")

    assert looked.wrong == {}
