"""
Debian's Chromium, driven by Playwright, as the portal's visitors use it.

One browser serves the tests of a file; each test opens fresh tabs, and each tab has cookies and storage of its own, so
that two tabs are two people. A test that uses it is marked `@pytest.mark.needs("chromium")`, is no coroutine
(Playwright's plain interface keeps this thread's loop until its file ends), and lies in `tests/browser`, whose
`conftest.py` has the fixtures `chromium`, `tab` and `portal` (Watchword, for the tests of a file):

    @pytest.mark.needs("chromium")
    def test_the_page_has_a_heading(portal: Watchword, tab: Tab) -> None:
        tab.page.goto(site(portal) + "/sign-in")
        assert tab.page.get_by_role("heading").inner_text() == "Sign in"

    @pytest.mark.needs("chromium")
    def test_two_people(portal: Watchword, chromium: Chromium) -> None:
        with chromium.tab() as ada, chromium.tab() as bob:
            ...

When a tab closes, everything that went wrong in it fails the test: errors that scripts throw, errors on the console,
and what the Content-Security-Policy refused. `tab.expect("403")` says which of them must be there (and fails where it
is not): Chromium tells every answer of status 400 and more on the console.

`tab.authenticator()` plugs a virtual passkey in, built into the device and able to know its holder by his finger.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, ConsoleMessage, Page, Playwright, sync_playwright

from tests.rigs.watchword import Watchword

FLAGS: Final = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE: Final = 10_000
"""Milliseconds that anything on a page may take."""

_VIOLATIONS: Final = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`);
});
"""


def site(portal: Watchword) -> str:
    """Return where browsers find a portal, without a slash at its end: by a name, which passkeys are bound to."""
    url: str = portal.ready["http"]
    return url.replace("127.0.0.1", "localhost")


class Authenticator:
    """A virtual passkey of one tab."""

    def __init__(self, devtools: CDPSession, identifier: str) -> None:
        self._devtools = devtools
        self._identifier = identifier

    def forgets_its_holder(self) -> None:
        """Let nobody's finger be known to it any more."""
        self._send("WebAuthn.setUserVerified", isUserVerified=False)

    def passkeys(self) -> list[dict[str, Any]]:
        """Return what it holds, private keys and counts included."""
        held: list[dict[str, Any]] = self._send("WebAuthn.getCredentials")["credentials"]
        return held

    def put(self, passkey: dict[str, Any]) -> None:
        """Let it hold a passkey, such as a copy of another authenticator's."""
        self._send("WebAuthn.addCredential", credential=passkey)

    def empty(self) -> None:
        """Let it hold nothing any more."""
        self._send("WebAuthn.clearCredentials")

    def remove(self) -> None:
        """Pull it out."""
        self._send("WebAuthn.removeVirtualAuthenticator")

    def _send(self, command: str, **arguments: Any) -> Any:
        return self._devtools.send(command, {"authenticatorId": self._identifier, **arguments})


class Tab:
    """One person's browser: `page` is what he looks at, `context` holds his cookies."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.faults: list[str] = []
        self._expected: list[str] = []
        context.set_default_timeout(PATIENCE)
        context.add_init_script(_VIOLATIONS)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"thrown: {error.error}"))
        self.page: Page = context.new_page()

    def expect(self, part: str) -> None:
        """Say that a fault with these words in it is what the test wants to see."""
        self._expected.append(part)

    def authenticator(self, *, transport: str = "internal", verifies: bool = True) -> Authenticator:
        """Plug in a passkey: `internal`, `usb`, `nfc` or `ble`; who does not verify knows his holder by no finger."""
        devtools = self.context.new_cdp_session(self.page)
        devtools.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": True,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return Authenticator(devtools, made["authenticatorId"])

    def cookie(self, name: str) -> Any:
        """Return a cookie with its flags, None where there is none."""
        return next((cookie for cookie in self.context.cookies() if cookie.get("name") == name), None)

    def faults_left(self) -> list[str]:
        """Return what went wrong and was not expected, and what was expected and did not come."""
        unexpected = [fault for fault in self.faults if not any(part in fault for part in self._expected)]
        missing = [f"missing: {part}" for part in self._expected if not any(part in fault for fault in self.faults)]
        return unexpected + missing

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "assert"):
            where = re.sub(r"^https?://[^/]+", "", message.location.get("url", ""))
            self.faults.append(f"console: {message.text} ({where})")


class Chromium:
    """A browser that runs."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    @property
    def version(self) -> str:
        """Which one it is."""
        return self._browser.version

    @contextmanager
    def tab(self, **options: Any) -> Iterator[Tab]:
        """
        Open the browser of somebody who has never been here.

        Args:
            options: of Playwright's `Browser.new_context`, such as `locale`, `color_scheme` or `java_script_enabled`.
        """
        context = self._browser.new_context(**options)
        try:
            tab = Tab(context)
            yield tab
            # What a page has said on its way out is still under way.
            if options.get("java_script_enabled", True):
                tab.page.evaluate("() => 0")
            left = tab.faults_left()
            assert not left, "\n".join(left)
        finally:
            context.close()


@contextmanager
def run_chromium(*flags: str) -> Iterator[Chromium]:
    """
    Run Chromium.

    Args:
        flags: more of its command line.
    """
    program = shutil.which("chromium")
    assert program is not None
    with sync_playwright() as playwright:
        browser = _launch(playwright, program, flags)
        try:
            yield Chromium(browser)
        finally:
            browser.close()


def _launch(playwright: Playwright, program: str, flags: tuple[str, ...]) -> Browser:
    return playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags], timeout=60_000)
