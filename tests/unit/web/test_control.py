"""
Administration over the control socket.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from starlette.types import ASGIApp, Message

from tests.fakes.office import ALICE, Office
from tests.unit.web.asgi import Answer, ask, scope_of
from tests.unit.web.phones import Portal
from watchword.app import operations
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.events import Activity, AuditEvent
from watchword.domain.verification import ActivityId, OutcomeKind, Reason
from watchword.web.control import LONGEST_BODY, Control

PASSWORD: Final = {"octets": "Y29ycmVjdCBob3JzZQ=="}


@pytest.fixture
def control(office: Office) -> Control:
    return Control(Portal(office).surroundings)


@pytest.fixture
def app(control: Control) -> ASGIApp:
    return control.app()


async def operate(app: ASGIApp, name: str, document: object) -> Answer:
    return await ask(app, f"/operations/{name}", document)


async def test_a_process_that_works_says_so(app: ASGIApp) -> None:
    answer = await ask(app, "/alive", method="GET")

    assert (answer.status, answer.document) == (200, {})


async def test_an_operation_is_done_by_the_host(app: ASGIApp, office: Office) -> None:
    answer = await operate(app, "user.add", {"username": ALICE, "password": PASSWORD})

    person = await office.person()
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.document["username"] == ALICE
    assert office.hashed == [b"correct horse"]
    assert person.user.username == ALICE
    assert (AuditEvent.USER_ADDED, "host") in office.audited()


async def test_a_list_is_an_array(app: ASGIApp, office: Office) -> None:
    await office.user()

    answer = await operate(app, "user.list", {})

    assert [row["username"] for row in answer.document] == [ALICE]


async def test_a_refusal_is_a_problem(app: ASGIApp) -> None:
    answer = await operate(app, "user.show", {"user": "nobody@example.org"})

    assert (answer.status, answer.document["type"]) == (404, "/problems/not-found")
    assert answer.document["detail"].startswith("there is no user nobody@example.org")


async def test_an_operation_that_there_is_not_is_a_problem(app: ASGIApp) -> None:
    answer = await operate(app, "user.promote", {})

    assert (answer.status, answer.document["detail"]) == (404, "there is no operation 'user.promote'")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"user": ALICE, "resaon": "typo"}, "has no argument 'resaon'"),
        ({"user": ALICE}, "reason"),
        ({"user": ALICE, "reason": 7}, "reason"),
        ({"user": None, "reason": "none"}, "user"),
    ],
)
async def test_arguments_that_do_not_fit_are_told(
    app: ASGIApp, office: Office, document: dict[str, Any], words: str
) -> None:
    await office.user()

    answer = await operate(app, "user.block", document)

    assert answer.status == 422
    assert words in answer.document["detail"]


@pytest.mark.parametrize("seconds", ["60", 60.5, True, None])
async def test_a_number_is_a_number(app: ASGIApp, seconds: object) -> None:
    answer = await operate(app, "rule.add", {"type": "user", "seconds": seconds})

    assert answer.status == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"a":' * 2_000, b"\xff", b'{"user": "\xff"}'])
async def test_what_is_no_object_is_refused(app: ASGIApp, body: bytes) -> None:
    answer = await ask(app, "/operations/user.list", [body])

    assert (answer.status, answer.document["detail"]) == (400, "arguments are a JSON object")


async def test_arguments_are_bounded(app: ASGIApp) -> None:
    answer = await ask(app, "/operations/user.list", [b" " * LONGEST_BODY, b" "])

    assert answer.status == 413


async def test_a_store_that_is_away_is_told(app: ASGIApp, office: Office) -> None:
    office.records.away = True

    answer = await operate(app, "user.list", {})

    assert (answer.status, answer.document["type"]) == (503, "/problems/unavailable")


@pytest.mark.parametrize("name", sorted(operations.OPERATIONS))
async def test_every_operation_can_be_asked_for_and_nothing_breaks(office: Office, name: str) -> None:
    portal = Portal(office)

    answer = await operate(Control(portal.surroundings).app(), name, {})

    # The host has no account of its own.
    assert answer.status in ({409, 422} if name.startswith("account.") else {200, 422, 503})
    assert portal.faults == []


# --- following


class Follower:
    """A client that reads what happens, line by line, until it goes away."""

    def __init__(self, app: ASGIApp, document: object) -> None:
        self._app = app
        self._body = json.dumps(document).encode()
        self._gone = asyncio.Event()
        self._asked = False
        self._lines: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.begun = asyncio.Event()

    async def __call__(self) -> None:
        await self._app(scope_of("/follow"), self._receive, self._send)

    async def line(self) -> dict[str, Any]:
        return await self._lines.get()

    def leave(self) -> None:
        self._gone.set()

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
            self.begun.set()
        for line in message.get("body", b"").splitlines():
            self._lines.put_nowait(json.loads(line))


def happened(office: Office, number: int, user_name: str = "Stranger") -> None:
    office.commit(
        activity=(
            Activity(
                id=ActivityId(number.to_bytes(16, "big")),
                at=office.clock.now(),
                group=DEFAULT_GROUP,
                kind=OutcomeKind.DENIED,
                reason=Reason.UNKNOWN_USER,
                user=None,
                user_name=user_name,
                epoch=0,
                application=None,
                authentication_type=None,
                client="127.0.0.1",
                source=None,
                server="local",
            ),
        )
    )


async def test_what_happens_is_told_a_line_each(app: ASGIApp, office: Office) -> None:
    follower = Follower(app, {"user": None})
    async with asyncio.TaskGroup() as both:
        both.create_task(follower())
        await follower.begun.wait()
        happened(office, 1)
        happened(office, 2, "\n{")
        assert (await follower.line())["user"] == "Stranger"
        assert (await follower.line())["user"] == "\n{"
        follower.leave()


async def test_what_happens_to_others_is_not(app: ASGIApp, office: Office) -> None:
    follower = Follower(app, {"user": "stranger"})
    async with asyncio.TaskGroup() as both:
        both.create_task(follower())
        await follower.begun.wait()
        happened(office, 1, "somebody")
        happened(office, 2)
        assert (await follower.line())["user"] == "Stranger"
        follower.leave()


async def test_who_follows_is_let_go_when_the_process_ends(control: Control) -> None:
    follower = Follower(control.app(), {})
    async with asyncio.TaskGroup() as both:
        served = both.create_task(follower())
        await follower.begun.wait()
        control.close()
        await served


async def test_who_goes_away_before_the_first_row_is_followed_no_more(app: ASGIApp, office: Office) -> None:
    follows = office.records.follow
    followed: list[bool] = []

    def watched(told: Callable[[Activity], None]) -> Callable[[], None]:
        followed.append(True)
        unfollow = follows(told)

        def ended() -> None:
            followed.append(False)
            unfollow()

        return ended

    office.records.follow = watched  # type: ignore[method-assign]
    follower = Follower(app, {})
    follower.leave()

    await follower()

    assert followed == [True, False]


async def test_who_follows_while_the_store_goes_away_is_let_go(office: Office) -> None:
    portal = Portal(office)
    follower = Follower(Control(portal.surroundings).app(), {})
    async with asyncio.TaskGroup() as both:
        served = both.create_task(follower())
        await follower.begun.wait()
        office.records.away = True
        happened(office, 1)
        await served
    assert portal.faults == []


@pytest.mark.parametrize("document", [{"users": "alice"}, {"user": 7}, {"user": None, "limit": 1}, {"outcome": "x"}])
async def test_following_takes_what_can_be_wanted_of_a_row(app: ASGIApp, document: dict[str, Any]) -> None:
    answer = await ask(app, "/follow", document)

    assert answer.status == 422
    assert answer.document["detail"].startswith("follow")


async def test_what_can_be_nobodys_name_cannot_be_followed(app: ASGIApp) -> None:
    assert (await ask(app, "/follow", {"user": "\x07"})).status == 422
    assert (await ask(app, "/follow", [b"[]"])).status == 400
