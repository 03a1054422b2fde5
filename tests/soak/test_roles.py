"""
What each role sees at a running portal: every link and every form that a page shows it leads to what it may do.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

import pytest

from tests.rigs.browser import run_chromium, site
from tests.rigs.pages import PAGES, paths, sample
from tests.rigs.portal import Caller, administrator
from tests.rigs.rest import PREFIX, Program
from tests.rigs.roles import LETTERS, OPEN, OPERATIONS
from tests.rigs.roles import PAGES as MATRIX
from tests.rigs.watchword import Watchword, serving
from watchword.web.api.resources import ALL, WITH_BODY

pytestmark = pytest.mark.soak

AWAY: Final = ("/sign-in", "/confirm")
"""Where those are led on who may not, or not yet."""

MOST_OF_A_KIND: Final = 6
"""Addresses of one route that are followed: rows of a list look alike."""


class Shown(HTMLParser):
    """What a page leads to: its links, and where its forms go."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self._page = page
        self.links: list[str] = []
        self.forms: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append((given.get("method", "get").upper(), self._path(given.get("action", ""))))
        if "formaction" in given:
            self.forms.append(("POST", self._path(given["formaction"])))

    def _path(self, action: str) -> str:
        return urlsplit(urljoin(self._page, action)).path


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    """Run a portal with something of everything in it."""
    with serving(tmp_path_factory.mktemp("roles")) as server:
        yield server


@pytest.fixture(scope="module")
def places(portal: Watchword) -> dict[str, str]:
    return paths(sample(portal))


def route_of(method: str, path: str) -> str:
    """Return the address in the table that a request reaches; what is written out goes before what has a name in it."""
    written = sorted((address for all_of in MATRIX.values() for address in all_of), key=lambda each: each.count("{"))
    for address in written:
        of, route = address.split(" ")
        pattern = re.sub(r"{[^}]*}", "[^/]+", route)
        if of == method and re.fullmatch(pattern, path):
            return address
    raise AssertionError(f"{method} {path} is in no table")


def may(letter: str, address: str) -> bool:
    return any(letter in letters and address in written for letters, written in MATRIX.items())


class Walk:
    """Somebody who follows every link that he is shown."""

    def __init__(self, letter: str, caller: Caller) -> None:
        self._letter = letter
        self._caller = caller
        self._seen: set[str] = set()
        self._of_a_kind: dict[str, int] = {}
        self.wrong: list[str] = []
        self.kinds: set[str] = set()

    def through(self, *starts: str) -> None:
        """Follow what is shown from these pages on."""
        waiting = list(starts)
        while waiting:
            path = waiting.pop()
            page = path.partition("?")[0]
            kind = route_of("GET", page)
            if path in self._seen or self._of_a_kind.get(kind, 0) >= MOST_OF_A_KIND:
                continue
            self._seen.add(path)
            self._of_a_kind[kind] = self._of_a_kind.get(kind, 0) + 1
            waiting += self._visit(path, kind)

    def _visit(self, path: str, kind: str) -> list[str]:
        answer = self._caller.get(path)
        self.kinds.add(kind)
        if answer.status == 303 and followed(answer.location, path) and not answer.location.startswith(AWAY):
            return [answer.location]
        if answer.status != 200:
            self.wrong.append(f"{path}: {answer.status} {answer.location}")
            return []
        if "html" not in (answer.headers["content-type"] or ""):
            return []
        shown = Shown(path, answer.body)
        self.wrong += [
            f"{path} shows a form for {method} {aim}"
            for method, aim in shown.forms
            if f"{method} {aim}" not in OPEN and not may(self._letter, route_of(method, aim))
        ]
        return [link for link in shown.links if followed(link, path)]


def followed(link: str, page: str) -> bool:
    """Tell whether a link leads to another page of the portal."""
    whole = urlsplit(urljoin(page, link))
    return not whole.netloc and not whole.scheme and not link.startswith(("#", "/static/", "/api/", "?"))


@pytest.mark.parametrize("letter", LETTERS)
def test_whatever_a_page_shows_a_role_it_may_do(portal: Watchword, places: dict[str, str], letter: str) -> None:
    somebody = administrator(portal, LETTERS[letter].value)
    walk = Walk(letter, somebody.caller)

    walk.through("/", *(path for path in places.values() if may(letter, route_of("GET", path.partition("?")[0]))))

    assert walk.wrong == []
    opened = {address for letters, written in MATRIX.items() if letter in letters for address in written}
    assert walk.kinds <= opened
    assert len(walk.kinds) > len(places) // 2


@pytest.mark.parametrize("letter", LETTERS)
def test_every_operation_of_the_api_is_done_for_or_refused_to_a_key_of_every_role(
    portal: Watchword, letter: str
) -> None:
    may_do = {name for letters, names in OPERATIONS.items() if letter in letters for name in names}
    program = Program.of(portal, LETTERS[letter].value)
    wrong: list[str] = []

    for resource in ALL:
        path = re.sub(r"{[^}]*}", "nobody-here", resource.path)
        answer = program.ask(resource.method, PREFIX + path, {} if resource.method in WITH_BODY else None)
        lacks = answer.status == 403 and "permission" in answer.document
        if lacks is (resource.name in may_do) or answer.status in {401, 429} or answer.status >= 500:
            wrong.append(f"{resource.name}: {answer.status}")

    assert wrong == []


@pytest.mark.needs("chromium")
def test_every_page_opens_in_a_browser_for_those_who_may_and_says_so_to_the_others(
    portal: Watchword, places: dict[str, str]
) -> None:
    wrong: list[str] = []
    with run_chromium() as chromium:
        for letter, role in LETTERS.items():
            with chromium.tab() as tab:
                administrator(portal, role.value).enter(tab)
                for name, path in places.items():
                    allowed = may(letter, route_of("GET", path.partition("?")[0]))
                    if not allowed:
                        tab.expect("403")
                    answer = tab.page.goto(site(portal) + path)
                    assert answer is not None
                    if answer.status != (200 if allowed else 403) or tab.page.locator("h1").count() != 1:
                        wrong.append(f"{role.value} at {name}: {answer.status}")
    assert wrong == []
    assert set(places) == set(PAGES)
