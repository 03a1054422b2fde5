"""
A browser without a screen, at the portal as everybody reaches it: it keeps cookies, and forms carry their tokens.
"""

import json
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp

from tests.fakes.administrators import Person
from tests.fakes.changes import replace
from tests.fakes.office import Office
from tests.unit.web.asgi import Answer, Faults, ask
from tests.unit.web.phones import Portal
from watchword.web.application import application
from watchword.web.portal.portal import portal

FORM = "application/x-www-form-urlencoded"


@dataclass
class Browser:
    """Somebody's browser. `site` is what its address line begins with."""

    app: ASGIApp
    faults: Faults
    site: str = "http://localhost:8080"
    cookies: dict[str, str] = field(default_factory=dict)
    flags: dict[str, set[str]] = field(default_factory=dict)

    def anew(self) -> "Browser":
        """Return the browser of somebody else at the same portal."""
        return Browser(app=self.app, faults=self.faults, site=self.site)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, b"", headers)

    async def follow(self, path: str) -> Answer:
        """Ask for a page, and for those that it leads on to."""
        answer = await self.get(path)
        for _ in range(5):
            if answer.status != 303:
                return answer
            answer = await self.get(answer.headers["location"])
        raise AssertionError(f"{path} leads round and round")

    async def submit(self, page: str, to: str | None = None, **fields: str) -> Answer:
        """Load a page and send its form."""
        loaded = await self.get(page)
        assert loaded.status == 200, (page, loaded.status, loaded.headers)
        return await self.post(to or page.partition("?")[0], csrf=token_in(loaded), **fields)

    async def post(self, path: str, **fields: str) -> Answer:
        return await self.ask("POST", path, urlencode(fields).encode(), {"content-type": FORM})

    async def tell(self, path: str, token: str, document: dict[str, Any]) -> Answer:
        """Send what a script sends."""
        headers = {"content-type": "application/json", "x-csrf-token": token}
        return await self.ask("POST", path, json.dumps(document).encode(), headers)

    async def ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        scheme, _, host = self.site.partition("://")
        sent = {"host": host, **({"origin": self.site, "sec-fetch-site": "same-origin"} if method == "POST" else {})}
        sent |= headers
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await ask(self.app, path, body, method=method, headers=sent, scheme=scheme)
        assert self.faults == []
        for written in answer.cookies:
            self._keep(written)
        return answer

    def _keep(self, written: str) -> None:
        for name, morsel in SimpleCookie(written).items():
            self.cookies.pop(name, None)
            if morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
                self.flags[name] = {part.strip().lower() for part in written.split(";")[1:]}


def token_in(page: Answer) -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(rb'name="csrf" value="([^"]+)"', page.body)
    assert found is not None, page.body
    return found[1].decode()


def browser_of(office: Office, site: str = "http://localhost:8080", *, portal_url: str | None = None) -> Browser:
    """Return a browser at the portal of an office."""
    office.context = replace(office.context, portal_url=portal_url or site)
    surroundings, faults = Portal(office).surroundings, Faults()
    return Browser(app=application(portal(surroundings), fault=faults), faults=faults, site=site)


def signed_in(browser: Browser, person: Person) -> Browser:
    """Return the browser of somebody who is signed in."""
    other = browser.anew()
    name = "__Host-watchword" if other.site.startswith("https") else "watchword"
    other.cookies[name] = person.token.octets.decode()
    return other
