"""
The ways in, over HTTP: what browsers are told, what nobody else can send, and where it all leads.
"""

import base64
import re
from typing import Final

import pytest
from starlette.routing import Route

from tests.fakes.administrators import PASSWORD, Person, link_of, person
from tests.fakes.authenticator import Authenticator
from tests.fakes.changes import replace
from tests.fakes.office import Office
from tests.unit.web.phones import Portal
from tests.unit.web.portal.browsing import FORM, Browser, browser_of, signed_in, token_in
from watchword.app.entrance.setting_up import first_link
from watchword.domain.roles import Role
from watchword.web.portal.entering import TRIES_AT_ONCE
from watchword.web.portal.portal import portal

TYPED: Final = PASSWORD.octets.decode()
EVIL: Final = ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "")


async def with_password(browser: Browser, name: str = "ada", onto: str = "/") -> None:
    answer = await browser.submit(f"/sign-in?next={onto}", name=name, password=TYPED, next=onto)
    assert (answer.status, answer.headers["location"]) == (303, f"/sign-in/second?next={onto}")


# --- signing in


async def test_a_password_and_a_code_open_the_page_that_was_asked_for(office: Office) -> None:
    ada, browser = await person(office), browser_of(office)
    asked = await browser.get("/administrators")
    assert (asked.status, asked.headers["location"]) == (303, "/sign-in?next=/administrators")
    await with_password(browser, onto="/administrators")

    answer = await browser.submit("/sign-in/second", code=ada.code(), next="/administrators")

    assert (answer.status, answer.headers["location"]) == (303, "/administrators")
    assert (await browser.get("/administrators")).status == 200
    assert set(browser.cookies) == {"watchword"}, "the way in is over"


@pytest.mark.parametrize(
    ("site", "session", "entry", "secure"),
    [
        ("http://localhost:8080", "watchword", "watchword-entry", set()),
        ("https://mfa.example.org", "__Host-watchword", "__Host-watchword-entry", {"secure"}),
    ],
)
async def test_browsers_are_told_to_keep_cookies_to_themselves(
    office: Office, site: str, session: str, entry: str, secure: set[str]
) -> None:
    ada, browser = await person(office), browser_of(office, site)
    await with_password(browser)
    assert browser.flags[entry] == {"httponly", "path=/", "samesite=strict"} | secure

    await browser.submit("/sign-in/second", code=ada.code())

    assert browser.flags[session] == {"httponly", "path=/", "samesite=lax"} | secure


async def test_every_step_in_gives_another_token(office: Office) -> None:
    ada, browser = await person(office), browser_of(office)
    await browser.get("/sign-in")
    first = browser.cookies["watchword-entry"]
    await with_password(browser)
    second = browser.cookies["watchword-entry"]
    await browser.submit("/sign-in/second", code=ada.code())

    assert len({first, second, browser.cookies["watchword"]}) == 3


async def test_a_session_that_the_browser_had_before_ends(office: Office) -> None:
    ada, browser = await person(office), browser_of(office)
    before = signed_in(browser, ada)
    await before.get("/sign-out")
    browser.cookies["watchword"] = "A" * 43
    await with_password(browser)
    browser.cookies["watchword"] = ada.token.octets.decode()

    await browser.post("/sign-in/second", csrf=token_in(await browser.get("/sign-in/second")), code=ada.code())

    assert (await before.get("/")).status == 303


@pytest.mark.parametrize("onto", EVIL)
async def test_nobody_is_led_elsewhere(office: Office, onto: str) -> None:
    ada, browser = await person(office), browser_of(office)
    await browser.submit("/sign-in", name="ada", password=TYPED, next=onto)

    answer = await browser.submit("/sign-in/second", code=ada.code(), next=onto)

    assert (answer.status, answer.headers["location"]) == (303, "/")
    here = await browser.get(f"/sign-in?next={onto}")
    assert (here.status, here.headers["location"]) == (303, "/")


async def test_a_wrong_password_says_so_and_begins_anew(office: Office) -> None:
    await person(office)
    browser = browser_of(office)

    answer = await browser.submit("/sign-in", name="ada", password="not the right one")

    assert answer.status == 403
    assert b"he name or the password is wrong" in answer.body
    assert b"not the right one" not in answer.body
    assert b'value="ada"' in answer.body


async def test_a_wrong_code_says_so_and_may_be_typed_again(office: Office) -> None:
    ada, browser = await person(office), browser_of(office)
    await with_password(browser)
    wrong = await browser.submit("/sign-in/second", code="000000")
    assert wrong.status == 422

    right = await browser.post("/sign-in/second", csrf=token_in(wrong), code=ada.code())

    assert right.status == 303


async def test_the_second_step_without_the_first_is_the_first(office: Office) -> None:
    await person(office)
    browser = browser_of(office)
    assert (await browser.get("/sign-in/second?next=/account")).headers["location"] == "/sign-in?next=/account"
    loaded = await browser.get("/sign-in")

    answer = await browser.post("/sign-in/second", csrf=token_in(loaded), code="123456")

    assert answer.status == 403
    assert b"Start again with the password" in answer.body


async def test_this_machine_is_called_by_its_name(office: Office) -> None:
    browser = browser_of(office, "http://127.0.0.1:8080")

    answer = await browser.get("/sign-in?next=/account")

    assert answer.headers["location"] == "http://localhost:8080/sign-in?next=/account"


async def test_a_passkey_opens_the_page_that_was_asked_for(office: Office) -> None:
    passkey = Authenticator()
    await person(office, passkey=passkey)
    browser = browser_of(office)
    token = token_in(await browser.get("/sign-in"))
    options = (await browser.tell("/sign-in/passkey/ask", token, {})).document

    answer = await browser.tell(
        "/sign-in/passkey", token, {"answer": passkey.signed(options), "next": "/account", "label": ""}
    )

    assert (answer.status, answer.document) == (200, {"to": "/account"})
    assert (await browser.get("/account")).status == 200


@pytest.mark.parametrize("answer", [None, 7, [], {}, {"rawId": 7}])
async def test_what_is_no_passkey_opens_nothing(office: Office, answer: object) -> None:
    await person(office)
    browser = browser_of(office)
    token = token_in(await browser.get("/sign-in"))

    told = await browser.tell("/sign-in/passkey", token, {"answer": answer})

    assert (told.status, list(told.document)) == (422, ["refused"])


async def test_signing_out_is_a_form_and_ends_the_session(office: Office) -> None:
    ada, browser = await person(office), browser_of(office)
    here = signed_in(browser, ada)
    there = signed_in(browser, ada)

    answer = await here.submit("/account", "/sign-out")

    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert here.cookies == {}
    assert (await there.get("/account")).status == 303


# --- what nobody else can send


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/second", "/sign-in/passkey", "/sign-in/passkey/ask"])
async def test_no_other_site_signs_anybody_in(office: Office, path: str) -> None:
    await person(office)
    browser = browser_of(office)
    token = token_in(await browser.get("/sign-in"))

    for headers in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = await browser.ask("POST", path, f"csrf={token}".encode(), {"content-type": FORM, **headers})
        assert answer.status == 403
    for body in (b"", b"csrf=wrong"):
        assert (await browser.ask("POST", path, body, {"content-type": FORM})).status == 403
    assert (await browser.anew().ask("POST", path, f"csrf={token}".encode(), {"content-type": FORM})).status == 403


async def test_whoever_tries_again_and_again_waits(office: Office) -> None:
    await person(office)
    browser = browser_of(office)
    token = token_in(await browser.get("/sign-in"))
    for number in range(TRIES_AT_ONCE):
        assert (await browser.post("/sign-in", csrf=token, name=f"n{number}", password="x")).status == 403
        token = token_in(await browser.get("/sign-in"))

    assert (await browser.post("/sign-in", csrf=token, name="ada", password=TYPED)).status == 429
    office.clock.advance(2)
    assert (await browser.post("/sign-in", csrf=token, name="ada", password=TYPED)).status == 303


def every_route(office: Office) -> list[tuple[str, str]]:
    """Return every method and path of the portal, with something in the places of their names."""
    routes = [route for route in portal(Portal(office).surroundings) if isinstance(route, Route)]
    return [
        (method, re.sub(r"\{[^}]+\}", "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12", route.path))
        for route in routes
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


OPEN: Final = ("/static/", "/sign-in", "/setup", "/design")
"""What begins so is there for everybody."""


async def test_nothing_is_shown_to_who_is_not_signed_in(office: Office) -> None:
    browser = browser_of(office)
    seen = 0
    for method, path in every_route(office):
        if path.startswith(OPEN):
            continue
        answer = await browser.ask(method, path, b"csrf=x", {"content-type": FORM})
        assert answer.status == 303, (method, path)
        assert answer.headers["location"].startswith("/sign-in?next="), (method, path)
        seen += 1
    assert seen > 30


async def test_no_form_is_taken_without_its_token_or_from_elsewhere(office: Office) -> None:
    ada = await person(office)
    browser = signed_in(browser_of(office), ada)
    token = token_in(await browser.get("/account"))
    seen = 0
    for method, path in every_route(office):
        if method == "GET" or path.startswith(OPEN):
            continue
        for body, headers in (
            (b"", {}),
            (b"csrf=wrong", {}),
            (f"csrf={token}".encode(), {"origin": "https://evil.example"}),
            (f"csrf={token}".encode(), {"sec-fetch-site": "cross-site"}),
        ):
            answer = await browser.ask(method, path, body, {"content-type": FORM, **headers})
            assert answer.status == 403, (method, path, body, headers)
        seen += 1
    assert seen > 15


async def test_no_page_can_be_framed_kept_or_made_to_load_what_is_not_ours(office: Office) -> None:
    ada = await person(office)
    browser = signed_in(browser_of(office), ada)
    nobody = browser.anew()
    pages = [
        *(
            (browser, path)
            for path in ("/account", "/administrators", "/api-keys", "/confirm", "/administrators/invite")
        ),
        *((nobody, path) for path in ("/sign-in", "/setup")),
    ]
    for who, path in pages:
        answer = await who.get(path)
        assert answer.status in (200, 403), path
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert b"<script>" not in answer.body


# --- roles


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.OWNER, {"/administrators", "/administrators/invite", "/api-keys", "/api-keys/add", "/account"}),
        (Role.AUTHENTICATION_ADMINISTRATOR, {"/administrators", "/api-keys", "/account"}),
        (Role.HELP_DESK, {"/account"}),
        (Role.AUDITOR, {"/administrators", "/api-keys", "/account"}),
    ],
)
async def test_each_role_sees_what_is_for_it(office: Office, role: Role, sees: set[str]) -> None:
    await person(office, "olga")
    browser = signed_in(browser_of(office), await person(office, "ada", role))
    pages = ("/administrators", "/administrators/invite", "/api-keys", "/api-keys/add", "/account")

    seen = {path for path in pages if (await browser.get(path)).status == 200}

    assert seen == sees


# --- the first owner


async def test_a_link_leaves_no_token_in_an_address(office: Office) -> None:
    url = await first_link(office.context)
    assert url is not None
    browser = browser_of(office)

    answer = await browser.get("/setup/" + url.rpartition("/")[2])

    assert (answer.status, answer.headers["location"]) == (303, "/setup")
    assert browser.flags["watchword-setup"] == {"httponly", "path=/", "samesite=lax"}
    assert (await browser.get("/setup")).status == 200


async def test_the_first_owner_comes_without_a_script(office: Office) -> None:
    url = await first_link(office.context)
    assert url is not None
    browser = browser_of(office)
    await browser.follow("/setup/" + url.rpartition("/")[2])

    unequal = await browser.submit("/setup", name="ada", password=TYPED, again="something else")
    assert unequal.status == 422
    assert b"not the same" in unequal.body
    assert TYPED.encode() not in unequal.body
    chosen = await browser.post("/setup", csrf=token_in(unequal), name="ada", password=TYPED, again=TYPED)
    assert chosen.headers["location"] == "/setup/second"
    shown = await browser.get("/setup/second")
    seed = re.search(rb"<code>([A-Z2-7 ]+)</code>", shown.body)
    assert seed is not None
    assert b'<path class="modules" d="M4 4h7' in shown.body, "the code to scan"
    wrong = await browser.post("/setup/second", csrf=token_in(shown), code="000000")
    assert wrong.status == 422
    ada = Person(office=office, name="ada", seed=unseeded(seed[1]), token=PASSWORD)
    done = await browser.post("/setup/second", csrf=token_in(wrong), code=ada.code())

    assert (done.status, done.headers["location"]) == (303, "/")
    assert (await browser.get("/")).status == 200
    assert set(browser.cookies) == {"watchword"}


def unseeded(written: bytes) -> bytes:
    return base64.b32decode(written.replace(b" ", b""))


@pytest.mark.parametrize("path", ["/setup", "/setup/second"])
async def test_without_a_link_there_is_nothing_to_set_up(office: Office, path: str) -> None:
    answer = await browser_of(office).get(path)

    assert answer.status == 403
    assert b"This link is not good" in answer.body


@pytest.mark.parametrize("token", ["x" * 300, "%C3%BC", "a%00b"])
async def test_what_can_be_no_link_is_none(office: Office, token: str) -> None:
    assert (await browser_of(office).follow(f"/setup/{token}")).status == 403


async def test_a_passkey_is_made_behind_a_link(office: Office) -> None:
    link = await link_of(office, "ada", Role.HELP_DESK)
    browser = browser_of(office)
    await browser.follow("/setup/" + link.octets.decode())
    await browser.submit("/setup", password=TYPED, again=TYPED)
    token = token_in(await browser.get("/setup/second"))
    options = (await browser.tell("/setup/passkey/ask", token, {})).document

    answer = await browser.tell("/setup/passkey", token, {"answer": Authenticator().created(options), "label": "x"})

    assert answer.document == {"to": "/"}
    assert (await browser.get("/account")).status == 200


# --- a fresh second step


@pytest.mark.parametrize(
    "path",
    ["/api-keys/add", "/administrators/invite", "/account/password", "/account/app", "/account/passkeys/add"],
)
async def test_what_is_dangerous_takes_a_fresh_second_step(office: Office, path: str) -> None:
    ada = await person(office)
    browser = signed_in(browser_of(office), ada)
    token = token_in(await browser.get("/account"))
    office.clock.advance(300)

    shown = await browser.get(path)
    sent = await browser.post(path, csrf=token)

    assert [shown.status, shown.headers["location"]] == [303, f"/confirm?next={path}"]
    assert [sent.status, sent.headers["location"]] == [303, f"/confirm?next={path}"]


async def test_a_code_confirms_and_goes_on(office: Office) -> None:
    ada = await person(office)
    browser = signed_in(browser_of(office), ada)
    office.clock.advance(300)
    before = browser.cookies["watchword"]
    wrong = await browser.submit("/confirm?next=/account/app", code="000000", next="/account/app")
    assert wrong.status == 422

    answer = await browser.post("/confirm", csrf=token_in(wrong), code=ada.code(), next="/account/app")

    assert (answer.status, answer.headers["location"]) == (303, "/account/app")
    assert browser.cookies["watchword"] != before
    assert (await browser.get("/account/app")).status == 200


async def test_a_passkey_confirms_and_goes_on(office: Office) -> None:
    passkey = Authenticator()
    ada = await person(office, passkey=passkey)
    browser = signed_in(browser_of(office), ada)
    office.clock.advance(300)
    token = token_in(await browser.get("/account"))
    options = (await browser.tell("/confirm/passkey/ask", token, {})).document

    answer = await browser.tell("/confirm/passkey", token, {"answer": passkey.signed(options), "next": "/account/app"})

    assert answer.document == {"to": "/account/app"}
    assert (await browser.get("/account/app")).status == 200


# --- where the store is away


@pytest.mark.parametrize("path", ["/sign-in/second", "/account", "/setup"])
async def test_nobody_is_let_in_while_the_store_is_away(office: Office, path: str) -> None:
    ada = await person(office)
    browser = signed_in(browser_of(office), ada)
    await browser.get("/sign-in")
    browser.cookies |= {"watchword-entry": "A" * 43, "watchword-setup": "A" * 43}
    office.records.away = True

    assert (await browser.get(path)).status == 503


async def test_passkeys_are_offered_where_the_portal_has_a_name(office: Office) -> None:
    assert b"passkey-button" in (await browser_of(office).get("/sign-in")).body
    office.context = replace(office.context, portal_url="http://192.0.2.7:8080")
    by_address = await browser_of(office, "http://192.0.2.7:8080").get("/sign-in")
    assert b"passkey-button" not in by_address.body
