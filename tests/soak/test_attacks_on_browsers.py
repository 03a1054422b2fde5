"""
What strangers try against the browsers of administrators: scripts in what they write, frames, forms of other sites.

Every free text carries a canary that would run where a page took it for more than text; every page is then opened.
Other sites are pages of a server of the test's own: at another port of the same host name, which browsers hold for the
same site and send cookies to, and at another name.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest

from tests.rigs.browser import Chromium, Tab, run_chromium, site
from tests.rigs.pages import PAGES, Samples, paths
from tests.rigs.portal import COOKIE, administrator
from tests.rigs.servers import MfaServer
from tests.rigs.watchword import PASSWORD, Watchword, serving
from watchword.cli.session import secret_of

pytestmark = [pytest.mark.soak, pytest.mark.needs("chromium", "oathtool")]

CANARY: Final = (
    """'"><img src=x onerror=window.ran=1><svg/onload=window.ran=1>{{7*191}}</script><script>window.ran=1</script>"""
)
SHORT: Final = "'\"><img src=x onerror=window.ran=1>"
"""For names, which are at most some tens of characters long."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    with serving(tmp_path_factory.mktemp("attacked")) as server:
        yield server


def write_everywhere(portal: Watchword) -> Samples:
    """Write a canary into every text that people choose, and let it be met by logins."""
    user = "anna.berg@example.org"
    password = secret_of(PASSWORD.encode())
    portal.perform("user.add", username=user, name=CANARY, password=password)
    vpn = portal.nas(name=SHORT)
    token = portal.hotp(user)
    group = portal.perform("group.add", name=SHORT)["id"]
    server = MfaServer(portal.folder / "server", portal)
    server.activate()
    portal.perform("server.rename", server=server.identifier, name=SHORT)
    portal.perform("admin.invite", name="mallory", role="auditor", display=SHORT)
    portal.perform("key.add", role="auditor", name=SHORT)
    portal.perform("user.block", user=user, reason=CANARY)
    portal.perform("user.unblock", user=user, reason=CANARY)
    rule = portal.perform("rule.add", type="ip", seconds=600, application=vpn.name)["id"]
    vpn.login(user, "wrong", station=SHORT)
    vpn.login(SHORT, "wrong", station="203.0.113.7")
    vpn.login(user, f"{PASSWORD},{token.code(0)}", station="203.0.113.7")
    ended = portal.perform("bypass.add", user=user, seconds=300, reason=CANARY, group="default")["id"]
    portal.perform("bypass.cancel", id=ended, reason=CANARY)
    bypass = portal.perform("bypass.add", user=user, seconds=900, reason=CANARY, group="default")["id"]
    url, base = "ldaps://dc1.example.org", "DC=example,DC=org"
    directory = portal.perform("directory.add", name=SHORT, type="ldap", url=url, base=base)["id"]
    (asks,) = [row["id"] for row in portal.perform("application.list")]
    return Samples(
        user=user,
        application=vpn.name,
        asks=asks,
        halfway=asks,
        directory=directory,
        bypass=bypass,
        rule=rule,
        server=server.identifier,
        group=group,
    )


def test_what_people_write_runs_on_no_page(portal: Watchword, chromium: Chromium) -> None:
    samples = write_everywhere(portal)
    rows = portal.activity(samples.user)
    more = {f"why {row['id']}": f"/activity/{row['id']}" for row in rows[:3]}
    more |= {"mallory": "/administrators/mallory", "found": "/find?q=img", "users found": "/users?q=img"}
    shown: set[str] = set()

    with chromium.tab(locale="en") as tab:
        tab.page.on("dialog", lambda dialog: tab.faults.append(f"a dialog: {dialog.message}"))
        administrator(portal).enter(tab)
        for name, path in (paths(samples) | more).items():
            tab.page.goto(site(portal) + path)
            tab.page.wait_for_load_state("networkidle") if "live" not in path else None
            assert tab.page.evaluate("window.ran") is None, name
            assert tab.page.locator("img[src='x'], svg[onload], main script").count() == 0, name
            text = tab.page.locator("body").inner_text()
            assert "1337" not in text, name
            shown |= {name} if "onerror=window.ran=1" in text else set()

    assert {"overview", "user", "activity", "bypasses", "bypass-report", "mallory", "api-keys"} <= shown
    assert set(PAGES) >= shown - set(more)


class Elsewhere(BaseHTTPRequestHandler):
    """A site of somebody else's."""

    page = ""

    def do_GET(self) -> None:
        body = self.page.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def elsewhere(page: str, host: str) -> Iterator[str]:
    """Serve a page at a host name of this machine, and tell where."""
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Page", (Elsewhere,), {"page": page})) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def signed_in(portal: Watchword, tab: Tab) -> None:
    administrator(portal).enter(tab)
    tab.page.goto(site(portal))
    assert tab.page.get_by_role("heading", level=1).inner_text() == "Overview"


NAMES: Final = ("localhost", "elsewhere.localhost")


@pytest.mark.parametrize("name", NAMES)
def test_no_other_site_shows_a_page_in_a_frame(portal: Watchword, chromium: Chromium, name: str) -> None:
    with elsewhere(f'<iframe src="{site(portal)}/users"></iframe>', name) as there, chromium.tab() as tab:
        signed_in(portal, tab)
        tab.expect("frame")
        tab.page.goto(there)

        frame = tab.page.frames[1]
        assert "users" not in frame.url
        assert "Users" not in frame.content()


@pytest.mark.parametrize("name", NAMES)
def test_a_form_of_another_site_changes_nothing(portal: Watchword, chromium: Chromium, name: str) -> None:
    user = portal.user()
    page = f"""<form method="post" action="{site(portal)}/users/{user}/block">
        <input name="reason" value="because"><button>Win a prize</button></form>"""
    with elsewhere(page, name) as there, chromium.tab() as tab:
        signed_in(portal, tab)
        tab.expect("403")
        tab.page.goto(there)
        with tab.page.expect_response(lambda answer: answer.url.endswith("/block")) as answered:
            tab.page.get_by_role("button").click()

        assert answered.value.status == 403
        assert portal.ask("user", "show", user)["blocked"] is None


def test_nobody_is_led_to_another_site_after_signing_in(portal: Watchword, chromium: Chromium) -> None:
    for aim in ("//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)"):
        with chromium.tab() as tab:
            owner = administrator(portal)
            tab.page.goto(f"{site(portal)}/sign-in?next={aim}")
            tab.page.get_by_label("Name", exact=True).fill(owner.name)
            tab.page.get_by_label("Password", exact=True).fill(owner.password)
            tab.page.get_by_role("button", name="Go on").click()
            tab.page.get_by_label("Code of your authenticator app").fill(owner.code())
            tab.page.get_by_role("button", name="Sign in").click()
            tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()

            assert tab.page.url == f"{site(portal)}/"


def test_no_script_reads_the_cookie_and_no_other_site_sends_it(portal: Watchword, chromium: Chromium) -> None:
    with chromium.tab() as tab:
        owner = administrator(portal)
        tab.page.goto(f"{site(portal)}/sign-in")
        tab.page.get_by_label("Name", exact=True).fill(owner.name)
        tab.page.get_by_label("Password", exact=True).fill(owner.password)
        tab.page.get_by_role("button", name="Go on").click()
        before = tab.cookie(COOKIE)
        tab.page.get_by_label("Code of your authenticator app").fill(owner.code())
        tab.page.get_by_role("button", name="Sign in").click()
        tab.page.get_by_role("heading", name="Overview", exact=True).wait_for()
        after = tab.cookie(COOKIE)

        assert (after["httpOnly"], after["sameSite"], after["path"]) == (True, "Lax", "/")
        assert before is None or before["value"] != after["value"]
        assert after["value"] not in tab.page.evaluate("document.cookie")
