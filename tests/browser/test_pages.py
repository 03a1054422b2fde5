"""
What holds on every page: it can be used by everybody, in every language, on every screen, and does nothing unsafe.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.rigs.accessibility import faults
from tests.rigs.browser import Chromium, Tab, site
from tests.rigs.pages import PAGES, paths, sample
from tests.rigs.portal import administrator
from tests.rigs.watchword import Watchword
from watchword.web.portal.navigation import PLACES

pytestmark = pytest.mark.needs("chromium", "oathtool")

NARROW: Final = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def places(portal: Watchword) -> dict[str, str]:
    """Make something to look at, and tell where it is."""
    return paths(sample(portal))


@pytest.fixture(scope="module")
def olga(portal: Watchword, chromium: Chromium) -> Iterator[Any]:
    """Have an owner signed in, and return what browsers keep of it."""
    with chromium.tab(locale="en") as tab:
        administrator(portal).enter(tab)
        yield tab.context.storage_state()


LOOKS: Final = (("light", "en"), ("dark", "de"), ("light", "de"), ("dark", "en"))


def faults_of(
    portal: Watchword, chromium: Chromium, olga: Any, places: dict[str, str], look: tuple[str, str]
) -> dict[str, list[str]]:
    """Return what axe-core says against pages in a scheme and a language."""
    scheme, language = look
    with chromium.tab(storage_state=olga, color_scheme=scheme, locale=language) as tab:
        tab.context.add_cookies([{"name": "watchword-language", "value": language, "url": site(portal)}])
        found: dict[str, list[str]] = {}
        for name, path in places.items():
            tab.page.goto(site(portal) + path)
            assert tab.page.locator("html").get_attribute("lang") == language
            found[name] = faults(tab.page)
    return {name: wrong for name, wrong in found.items() if wrong}


def test_every_page_can_be_used_by_everybody(
    portal: Watchword, chromium: Chromium, olga: Any, places: dict[str, str]
) -> None:
    # Every other page in each look; the long tests see all of them in all.
    for number, look in enumerate(LOOKS[:2]):
        some = dict(list(places.items())[number::2])
        assert faults_of(portal, chromium, olga, some, look) == {}


@pytest.mark.soak
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_can_be_used_by_everybody_in_every_look(
    portal: Watchword, chromium: Chromium, olga: Any, places: dict[str, str], look: tuple[str, str]
) -> None:
    assert faults_of(portal, chromium, olga, places, look) == {}


def test_every_page_fits_a_narrow_screen_and_does_not_jump(
    portal: Watchword, chromium: Chromium, olga: Any, places: dict[str, str]
) -> None:
    with chromium.tab(storage_state=olga, viewport=NARROW) as tab:
        tab.context.add_init_script(
            "window.shifts = 0; new PerformanceObserver((list) => {"
            " for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;"
            "}).observe({ type: 'layout-shift', buffered: true });"
        )
        wide: dict[str, float] = {}
        jumping: dict[str, float] = {}
        for name, path in places.items():
            tab.page.goto(site(portal) + path, wait_until="load")
            over = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            shifted = tab.page.evaluate("window.shifts")
            wide |= {name: over} if over > 0 else {}
            # Chromium calls up to 0.1 good; ours are still.
            jumping |= {name: shifted} if shifted > 0.02 else {}

    assert wide == {}
    assert jumping == {}


def test_every_page_says_the_same_without_javascript(
    portal: Watchword, chromium: Chromium, olga: Any, places: dict[str, str]
) -> None:
    with chromium.tab(storage_state=olga, java_script_enabled=False) as tab:
        for name, path in places.items():
            answer = tab.page.goto(site(portal) + path)
            assert answer is not None
            assert answer.status == 200, name
            assert tab.page.locator("h1").count() == 1, name


def test_the_design_page_is_for_developers_only(portal: Watchword, tab: Tab) -> None:
    tab.expect("404")
    answer = tab.page.goto(site(portal) + "/design")

    assert answer is not None
    assert answer.status == 404


def test_every_place_of_the_navigation_is_among_the_pages() -> None:
    assert {place.path for place in PLACES} <= set(PAGES.values())
