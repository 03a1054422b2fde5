"""
Administrators of a portal, made as they are made: by a link, a password and the code of an authenticator app.

    owner = administrator(portal, "owner")
    owner.enter(tab)                       # signed in, his second step fresh for five minutes
    tab.page.goto(site(portal) + "/bypasses")

It goes over plain HTTP without a browser, so that a test of a page begins in some tens of milliseconds. What a person
does by hand at those pages is shown in `tests/browser/test_signing_in.py`.
"""

import html
import http.client
import itertools
import re
import time
from base64 import b32decode
from contextlib import closing
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode

from tests.rigs.browser import Tab, site
from tests.rigs.nas import PATIENCE
from tests.rigs.watchword import Watchword
from watchword.domain.otp import code_at

PASSWORD: Final = "several words and a number 7"
"""Of every administrator, where a test wants no other."""

STEP_SECONDS: Final = 30

COOKIE: Final = "watchword"
"""Holds the token of a session, where there is no TLS."""

_NUMBERS: Final = itertools.count(1)


def now_step() -> int:
    """Return the time step of authenticator apps that it is now."""
    return int(time.time()) // STEP_SECONDS


@dataclass
class Answer:
    """An answer over HTTP."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def location(self) -> str:
        """Where it leads."""
        return self.headers["location"] or ""


@dataclass
class Caller:
    """Somebody who speaks HTTP, and keeps cookies as browsers do."""

    portal: Watchword
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> Answer:
        """Send a request, a form where there are fields, and keep what cookies the answer sets."""
        host, _, port = self.portal.ready["http"].partition("://")[2].rpartition(":")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("host", f"localhost:{port}")
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None if fields is None else urlencode(fields).encode()
        if body is not None:
            sent.setdefault("content-type", "application/x-www-form-urlencoded")
        with closing(http.client.HTTPConnection(host, int(port), timeout=PATIENCE)) as connection:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            for written in answer.headers.get_all("set-cookie", []):
                for name, morsel in SimpleCookie(written).items():
                    self.cookies.pop(name, None)
                    if morsel["max-age"] != "0":
                        self.cookies[name] = morsel.value
            return Answer(answer.status, answer.headers, answer.read().decode())

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path)

    def submit(self, page: str, to: str | None = None, **fields: str) -> Answer:
        """Load a page and send its form, with its token."""
        loaded = self.get(page)
        assert loaded.status == 200, (page, loaded.status, loaded.location)
        return self.ask("POST", to or page, {"csrf": token_in(loaded.body), **fields})


def token_in(page: str) -> str:
    """Return the token that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, page
    return html.unescape(found[1])


@dataclass
class Administrator:
    """An administrator, and what he signs in with."""

    portal: Watchword
    name: str
    role: str
    password: str
    seed: bytes = field(repr=False)
    caller: Caller
    _step: int = 0

    def code(self) -> str:
        """Return the next code of his authenticator app: each counts once, and the portal learns that it runs ahead."""
        self._step = max(now_step(), self._step + 1)
        return code_at(self.seed, self._step, 6)

    def enter(self, tab: Tab) -> None:
        """Let a tab be signed in as he is."""
        tab.context.add_cookies([{"name": COOKIE, "value": self.caller.cookies[COOKIE], "url": site(self.portal)}])


def administrator(portal: Watchword, role: str = "owner", *, name: str | None = None, **invited: Any) -> Administrator:
    """
    Make an administrator who is signed in.

    Args:
        portal: where.
        role: what he may do.
        name: what he signs in with; one of his own where a test does not say.
        invited: more arguments of `admin.invite`, such as `user`.
    """
    name = name or f"{role}-{next(_NUMBERS)}"
    link = portal.perform("admin.invite", name=name, role=role, **invited)["url"]
    return follow(portal, link, name=name, role=role)


def follow(portal: Watchword, link: str, *, name: str, role: str = "owner") -> Administrator:
    """Follow a link and become whom it makes."""
    caller = Caller(portal)
    path = link.partition("/setup/")[2]
    assert caller.get(f"/setup/{path}").location == "/setup"
    chosen = caller.submit("/setup", name=name, password=PASSWORD, again=PASSWORD)
    assert chosen.location == "/setup/second", chosen.body
    page = caller.get("/setup/second")
    written = re.search(r"<code>([A-Z2-7 ]+)</code>", page.body)
    assert written is not None
    seed = b32decode(written[1].replace(" ", ""))
    made = Administrator(portal=portal, name=name, role=role, password=PASSWORD, seed=seed, caller=caller)
    done = caller.submit("/setup/second", code=made.code())
    assert (done.status, done.location) == (303, "/"), done.body
    portal.canaries |= {written[1], written[1].replace(" ", ""), caller.cookies[COOKIE], PASSWORD}
    return made
