"""
Verifications: what an application asks, and what it is told.
"""

import asyncio
import base64
from typing import Any

import pytest

from tests.unit.web.api.desk import Desk, Sent
from tests.unit.web.api.test_streaming import Reader
from watchword.app.attempt import LoginAttempt
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import Application, ApplicationId, AuthenticationType, PrimaryKind
from watchword.domain.clients import parse_network
from watchword.domain.configuration import Configuration
from watchword.domain.credentials import Credentials, split
from watchword.domain.secrets import Secret
from watchword.domain.verification import ActivityId, Allowed, Challenged, Denied, Prompt, Reason
from watchword.web.api import bearer, verifications, waiting

SECRET = "the shop's own secret, long"
ROW = ActivityId(b"row of activity!")
ALLOWED = Allowed(reason=Reason.PUSH, activity=ROW)


def application(name: str = "shop", number: int = 1, **fields: Any) -> Application:
    return Application(
        id=ApplicationId(bytes([number]) * 16), name=name, authentication_type=AuthenticationType.API, **fields
    )


def configured(desk: Desk, *applications: Application, networks: tuple[str, ...] = (), secret: str = SECRET) -> None:
    """Put applications in force, each with the same secret."""
    parsed = tuple(network for written in networks if (network := parse_network(written)) is not None)
    desk.portal.configuration = Configuration(
        applications={one.id: one for one in applications},
        api_clients={
            one.id: ApiClient(application=one.id, networks=parsed, secrets=(Secret(secret.encode()),))
            for one in applications
        },
    )


@pytest.fixture
def shop(desk: Desk) -> Desk:
    configured(desk, application())
    return desk


def basic(name: str = "shop", secret: str = SECRET) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


async def ask(desk: Desk, headers: dict[str, str] | None = None, **asked: Any) -> Sent:
    body = {"user": "alice@example.org", "password": "correct horse", "wait": 0} | asked
    body = {name: value for name, value in body.items() if value is not None}
    return await desk.post("/verifications", body, role=None, headers=basic() if headers is None else headers)


def taken(desk: Desk) -> LoginAttempt:
    return desk.portal.logins.attempts[-1]


# --- asking


async def test_a_login_is_handed_over_whole(shop: Desk) -> None:
    answer = await ask(shop, code="123456", source="::ffff:198.51.100.7")
    assert answer.status == 202, answer.body

    attempt = taken(shop)
    clock = shop.office.clock
    assert attempt.application == application()
    assert (attempt.client, attempt.user_name) == ("203.0.113.9", "alice@example.org")
    assert (attempt.source, attempt.address, attempt.state) == ("198.51.100.7", "198.51.100.7", None)
    assert (attempt.received_at, attempt.deadline) == (clock.now(), clock.monotonic() + 50 * 1_000_000_000)
    assert split(attempt.typed, asserted=False) == Credentials(password=Secret(b"correct horse"), code="123456")


@pytest.mark.parametrize("password", ["horse,123456", "SCRV1:YQ==:MTIz", "123456", "p:a,ss", "p\u0061\u0308ss"])
async def test_a_password_is_never_taken_for_one_with_a_code(shop: Desk, password: str) -> None:
    await ask(shop, password=password)

    read = split(taken(shop).typed, asserted=False)
    assert isinstance(read, Credentials)
    assert read.code is None
    assert read.password is not None
    assert read.password.octets.decode() in {password, "p\u00e4ss"}


async def test_an_application_may_have_checked_the_password(desk: Desk) -> None:
    configured(desk, application(primary=PrimaryKind.ASSERTED))

    await ask(desk, password=None, code="ABCD-EFGH")

    assert split(taken(desk).typed, asserted=True) == Credentials(password=None, code="ABCD-EFGH")
    await ask(desk, password=None)
    assert split(taken(desk).typed, asserted=True) == Credentials(password=None, code=None)


async def test_what_came_at_once_is_the_answer(shop: Desk) -> None:
    shop.portal.logins.at_once = ALLOWED

    answer = await ask(shop)

    assert answer.status == 200
    assert answer.document == {
        "outcome": "allowed",
        "reason": "push",
        "activity": "726f7720-6f66-2061-6374-697669747921",
        "url": None,
        "state": None,
        "number": None,
    }


async def test_a_denial_says_why(shop: Desk) -> None:
    shop.portal.logins.at_once = Denied(reason=Reason.WRONG_CODE)

    assert (await ask(shop)).document["outcome"] == "denied"
    assert (await ask(shop)).document["reason"] == "wrong-code"


async def test_a_challenge_is_answered_with_its_state(shop: Desk) -> None:
    shop.portal.logins.at_once = Challenged(state=b"\xffstate", prompt=Prompt(number="47"), activity=ROW)
    challenged = (await ask(shop)).document

    await ask(shop, password=None, state=challenged["state"], code="123456")

    assert (challenged["outcome"], challenged["number"]) == ("challenged", "47")
    assert (taken(shop).state, taken(shop).typed.octets) == (b"\xffstate", b"123456")


async def test_what_takes_longer_is_pending(shop: Desk) -> None:
    answer = await ask(shop)

    assert (answer.status, answer.document["outcome"]) == (202, "pending")
    assert answer.headers["location"] == answer.document["url"]
    pending = await shop.get(answer.document["url"], role=None, headers=basic())
    assert (pending.status, pending.document) == (200, answer.document)
    shop.portal.logins.done[0](ALLOWED)
    ended = await shop.get(answer.document["url"], role=None, headers=basic())
    assert (ended.status, ended.document["outcome"]) == (200, "allowed")


async def test_the_first_outcome_stands(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    shop.portal.logins.done[0](Denied(reason=Reason.FRAUD))
    shop.portal.logins.done[0](ALLOWED)

    assert (await shop.get(url, role=None, headers=basic())).document["reason"] == "fraud"


async def test_who_waits_is_told_at_once(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    async with asyncio.TaskGroup() as both:
        waits = both.create_task(shop.get(f"{url}?wait=30", role=None, headers=basic()))
        asks = both.create_task(ask(shop, wait=30))
        await shop.portal.logins.taken(2)
        for done in shop.portal.logins.done:
            done(ALLOWED)

    assert waits.result().document["outcome"] == asks.result().document["outcome"] == "allowed"


async def test_what_is_never_ended_is_denied(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    shop.office.clock.advance(50 + waiting.LATE_SECONDS)

    late = (await shop.get(url, role=None, headers=basic())).document

    assert (late["outcome"], late["reason"]) == ("denied", "no-answer")


async def test_an_outcome_is_there_for_a_minute(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    shop.portal.logins.done[0](ALLOWED)
    shop.office.clock.advance(waiting.KEPT_SECONDS - 1)
    assert (await shop.get(url, role=None, headers=basic())).status == 200
    shop.office.clock.advance(1)

    assert (await shop.get(url, role=None, headers=basic())).status == 404


async def test_an_outcome_is_its_applications_own(desk: Desk) -> None:
    configured(desk, application(), application("other", 2))
    url = (await ask(desk)).document["url"]
    desk.portal.logins.done[0](ALLOWED)

    for how in ("GET", "DELETE"):
        assert (await desk.ask(how, url, role=None, headers=basic("other"))).status == 404
        assert (await desk.ask(how, url, role=None)).status == 401
        assert (await desk.ask(how, url)).status == 401
    assert (await desk.get(url, role=None, headers=basic())).status == 200
    assert (await desk.get("/verifications/none", role=None, headers=basic())).status == 404


async def test_what_is_cancelled_is_forgotten(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]

    assert (await shop.ask("DELETE", url, role=None, headers=basic())).status == 204
    shop.portal.logins.done[0](ALLOWED)

    assert shop.portal.logins.cancelled == [0]
    assert (await shop.get(url, role=None, headers=basic())).status == 404
    assert (await shop.ask("DELETE", url, role=None, headers=basic())).status == 404


async def test_what_has_ended_is_not_cancelled(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    shop.portal.logins.done[0](ALLOWED)

    assert (await shop.ask("DELETE", url, role=None, headers=basic())).status == 204
    assert shop.portal.logins.cancelled == []


async def test_verifications_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(desk, application(), application("other", 2))
    monkeypatch.setattr(waiting, "MOST_OF_AN_APPLICATION", 2)
    monkeypatch.setattr(waiting, "MOST_AT_ONCE", 3)

    first = await ask(desk)
    assert (await ask(desk)).status == 202
    assert (await ask(desk)).status == 503
    assert (await ask(desk, basic("other"))).status == 202
    assert (await ask(desk, basic("other"))).status == 503
    await desk.ask("DELETE", first.document["url"], role=None, headers=basic())
    assert (await ask(desk)).status == 202
    desk.office.clock.advance(50 + waiting.LATE_SECONDS + waiting.KEPT_SECONDS)
    assert (await ask(desk)).status == 202
    assert (await ask(desk, basic("other"))).status == 202


async def test_one_application_asks_so_often(shop: Desk) -> None:
    shop.portal.logins.at_once = ALLOWED
    url = "/verifications/none"
    for _ in range(verifications.AT_ONCE):
        assert (await shop.get(url, role=None, headers=basic())).status == 404

    refused = await ask(shop)

    assert (refused.status, refused.headers["retry-after"]) == (429, "1")


# --- server-sent events


async def events(shop: Desk, url: str) -> tuple[Reader, asyncio.Task[None]]:
    reader = Reader(shop, accept="text/event-stream", path=url, headers=basic())
    task = asyncio.get_running_loop().create_task(reader())
    assert (await reader.begun)["content-type"].startswith("text/event-stream")
    return reader, task


async def test_an_outcome_comes_as_an_event(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    reader, task = await events(shop, url)
    assert (await reader.piece()).startswith(b'event: pending\ndata: {"outcome":"pending"')
    shop.portal.logins.done[0](ALLOWED)

    assert (await reader.piece()).startswith(b'event: allowed\ndata: {"outcome":"allowed","reason":"push"')
    await task


async def test_what_has_ended_is_one_event(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    shop.portal.logins.done[0](Denied(reason=Reason.FRAUD))
    reader, task = await events(shop, url)

    assert (await reader.piece()).startswith(b"event: denied\n")
    await task


async def test_a_stream_shows_that_it_lives(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifications, "BEAT_SECONDS", 0.001)
    url = (await ask(shop)).document["url"]
    reader, task = await events(shop, url)
    await reader.piece()

    assert await reader.piece() == b": waiting\n\n"
    shop.portal.logins.done[0](ALLOWED)
    await task


async def test_who_waits_is_let_go_when_the_process_ends(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]
    _, task = await events(shop, url)
    async with asyncio.TaskGroup() as both:
        polls = both.create_task(ask(shop, wait=30))
        await shop.portal.logins.taken(2)
        shop.portal.api.close()

    await task
    assert polls.result().document["outcome"] == "pending"


# --- who asks


async def test_an_application_may_say_who_it_is_in_the_body(shop: Desk) -> None:
    shop.portal.logins.at_once = ALLOWED

    assert (await ask(shop, {}, application={"name": "shop", "secret": SECRET})).status == 200
    octets = {"octets": base64.b64encode(SECRET.encode()).decode()}
    assert (await ask(shop, {}, application={"name": "shop", "secret": octets})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("nobody"),
        basic(secret="wrong"),
        basic(secret=""),
        basic(secret=SECRET + "x"),
        {"authorization": "Basic"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic " + base64.b64encode(b"shop").decode()},
        {"authorization": "Basic " + base64.b64encode(b"\xff:x").decode()},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": "Basic " + "A" * 10_000},
    ],
)
async def test_who_is_no_application_is_refused_alike(shop: Desk, headers: dict[str, str]) -> None:
    before = shop.office.clock.monotonic()

    answer = await ask(shop, headers)

    assert (answer.status, answer.document["type"]) == (401, "/problems/not-authenticated")
    assert answer.headers["www-authenticate"] == 'Basic realm="application", charset="UTF-8"'
    assert shop.office.clock.monotonic() - before == int(bearer.REFUSAL_SECONDS * 1_000_000_000)
    assert shop.portal.logins.attempts == []


async def test_an_application_that_is_off_is_none(desk: Desk) -> None:
    configured(desk, application(enabled=False))

    assert (await ask(desk)).status == 401


async def test_a_radius_application_cannot_ask_here(desk: Desk) -> None:
    vpn = Application(id=ApplicationId(b"v" * 16), name="vpn")
    desk.portal.configuration = Configuration(applications={vpn.id: vpn})

    assert (await ask(desk, basic("vpn", ""))).status == 401


async def test_an_application_asks_from_its_networks(desk: Desk) -> None:
    configured(desk, application(), networks=("203.0.113.0/24", "2001:db8::/48"))

    assert (await ask(desk)).status == 202
    configured(desk, application(), networks=("198.51.100.0/24",))
    assert (await ask(desk)).status == 401


async def test_both_secrets_count_while_one_is_replaced(desk: Desk) -> None:
    one = application()
    client = ApiClient(application=one.id, secrets=(Secret(b"the old secret"), Secret(b"the new secret")))
    desk.portal.configuration = Configuration(applications={one.id: one}, api_clients={one.id: client})

    assert (await ask(desk, basic(secret="the old secret"))).status == 202
    assert (await ask(desk, basic(secret="the new secret"))).status == 202
    assert (await ask(desk, basic(secret="the new secre"))).status == 401


async def test_who_guesses_secrets_is_slowed_down(shop: Desk) -> None:
    statuses = [(await ask(shop, basic(secret=f"guess {number}"))).status for number in range(30)]

    assert statuses[0] == 401
    assert statuses[-1] == 429
    assert (await ask(shop)).status == 429


# --- what cannot be asked


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"user": ""}, "/user"),
        ({"user": "x" * 254}, "/user"),
        ({"user": None}, "/user"),
        ({"password": None}, "/password"),
        ({"password": ""}, "/password"),
        ({"password": "x" * 513}, "/password"),
        ({"password": "a\x00b"}, "/password"),
        ({"password": {"octets": "/w=="}}, "/password"),
        ({"code": "12345"}, "/code"),
        ({"code": "1234567"}, "/code"),
        ({"code": "١٢٣٤٥٦"}, "/code"),
        ({"code": 123456}, "/code"),
        ({"source": "a\nb"}, "/source"),
        ({"source": "x" * 254}, "/source"),
        ({"wait": -1}, "/wait"),
        ({"wait": 31}, "/wait"),
        ({"wait": "1"}, "/wait"),
        ({"state": "Zm9v"}, "/state"),
        ({"state": "%%", "password": None}, "/state"),
        ({"state": "", "password": None}, "/state"),
        ({"state": "A" * 516, "password": None}, "/state"),
        ({"bypass": True}, "/bypass"),
        ({"application": {"name": "shop", "secret": SECRET}}, "/application"),
        ({"application": {"name": "shop"}}, "/application/secret"),
        ({"application": {"name": "shop", "secret": "x", "role": "owner"}}, "/application/role"),
        ({"application": 7}, "/application"),
    ],
)
async def test_what_does_not_fit_is_refused(shop: Desk, asked: dict[str, Any], pointer: str) -> None:
    answer = await ask(shop, **asked)

    assert (answer.status, answer.document["errors"][0]["pointer"]) == (422, pointer)
    assert shop.portal.logins.attempts == []


async def test_who_asserts_sends_no_password(desk: Desk) -> None:
    configured(desk, application(primary=PrimaryKind.ASSERTED))

    assert (await ask(desk)).document["errors"][0]["pointer"] == "/password"


async def test_what_is_asked_is_short(shop: Desk) -> None:
    assert (await ask(shop, padding="x" * verifications.LONGEST_ASKED)).status == 413


@pytest.mark.parametrize("query", ["wait=31", "wait=x", "wait=", "wait=1&wait=2", "limit=1", "wait=-1"])
async def test_a_poll_is_bounded(shop: Desk, query: str) -> None:
    url = (await ask(shop)).document["url"]

    assert (await shop.get(f"{url}?{query}", role=None, headers=basic())).status == 422


async def test_an_outcome_is_json_or_events(shop: Desk) -> None:
    url = (await ask(shop)).document["url"]

    assert (await shop.get(url, role=None, headers=basic() | {"accept": "text/html"})).status == 406
    assert (await shop.ask("HEAD", url, role=None, headers=basic() | {"accept": "text/event-stream"})).status == 406
