"""
A request that creates something and is sent again.
"""

import asyncio
from typing import Any

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.api.desk import Desk
from watchword.domain.events import AuditEvent
from watchword.domain.roles import Role
from watchword.kit.clock import MICROSECONDS
from watchword.ports.login import StoreAway
from watchword.web.api.repeating import KEPT_SECONDS

NAMED = {"idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
USER = {"username": ALICE}


async def users(desk: Desk) -> list[str]:
    return [row["username"] for row in (await desk.shown("/users"))["items"]]


async def test_it_is_done_once_and_answered_alike(desk: Desk) -> None:
    first = await desk.post("/users", USER, headers=NAMED)
    again = await desk.post("/users", USER, headers=NAMED)

    assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
    assert again.headers["location"] == first.headers["location"]
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert len([event for event, _ in desk.office.audited() if event is AuditEvent.USER_ADDED]) == 1


async def test_it_is_done_once_even_where_it_was_undone_since(desk: Desk) -> None:
    await desk.post("/users", USER, headers=NAMED)
    await desk.ask("DELETE", f"/users/{ALICE}")

    assert (await desk.post("/users", USER, headers=NAMED)).status == 201
    assert await users(desk) == []


async def test_without_a_name_it_is_another_request(desk: Desk) -> None:
    await desk.post("/users", USER)

    assert (await desk.post("/users", USER)).document["type"] == "/problems/conflict"


async def test_a_name_is_good_for_one_request(desk: Desk) -> None:
    await desk.post("/users", USER, headers=NAMED)

    for path, body in (
        ("/users", {"username": "bob@example.org"}),
        ("/groups", {"name": "x"}),
        ("/users", {**USER, "name": "A"}),
    ):
        answer = await desk.post(path, body, headers=NAMED)
        assert (answer.status, answer.document["type"]) == (409, "/problems/other-request")
    assert await users(desk) == [ALICE]


async def test_a_name_is_its_keys_own(desk: Desk) -> None:
    await desk.post("/groups", {"name": "a"}, headers=NAMED)

    other = await desk.post("/groups", {"name": "b"}, headers=NAMED, role=Role.AUTHENTICATION_ADMINISTRATOR)

    assert other.status == 201


async def test_a_refusal_is_not_remembered(desk: Desk, office: Office) -> None:
    await office.user()
    refused = await desk.post("/users", USER, headers=NAMED)
    await desk.ask("DELETE", f"/users/{ALICE}")

    assert refused.status == 409
    assert (await desk.post("/users", USER, headers=NAMED)).status == 201


async def test_what_was_shown_once_is_not_shown_again(desk: Desk, office: Office) -> None:
    await office.user()
    asked = {"user": ALICE, "type": "totp"}
    first = await desk.post("/methods", asked, headers=NAMED)
    again = await desk.post("/methods", asked, headers=NAMED)

    assert first.status == 201
    assert (again.status, again.document["type"]) == (409, "/problems/shown-once")
    assert first.document["secret"].encode() not in again.body
    assert len((await desk.shown(f"/methods?user={ALICE}"))["items"]) == 1


async def test_an_answer_that_was_lost_is_told_and_nothing_is_done_again(desk: Desk, office: Office) -> None:
    changes, seen = office.records.change, []

    async def away_at_the_second(use_case: Any) -> Any:
        seen.append(use_case)
        if len(seen) > 1:
            raise StoreAway
        return await changes(use_case)

    office.records.change = away_at_the_second  # type: ignore[method-assign]
    lost = await desk.post("/users", USER, headers=NAMED)
    office.records.change = changes  # type: ignore[method-assign]
    again = await desk.post("/users", USER, headers=NAMED)

    assert lost.status == 503
    assert (again.status, again.document["type"]) == (409, "/problems/answer-lost")
    assert await users(desk) == [ALICE]


async def test_while_the_first_runs_the_second_is_told_so(desk: Desk, office: Office) -> None:
    changes, begun, go_on = office.records.change, asyncio.Event(), asyncio.Event()

    async def slow(use_case: Any) -> Any:
        begun.set()
        await go_on.wait()
        return await changes(use_case)

    office.records.change = slow  # type: ignore[method-assign]
    async with asyncio.TaskGroup() as both:
        first = both.create_task(desk.post("/users", USER, headers=NAMED))
        await begun.wait()
        second = await desk.post("/users", USER, headers=NAMED)
        go_on.set()

    assert first.result().status == 201
    assert (second.status, second.document["type"]) == (409, "/problems/running")


async def test_a_second_process_cannot_do_it_too(desk: Desk, office: Office) -> None:
    """Two portals look at the same time: both see nothing, and one of them writes."""
    other = Desk(office)
    reads = office.records.read
    looked: list[Any] = []

    async def both_look(use_case: Any) -> Any:
        found = await reads(use_case)
        if not looked:
            looked.append(found)
            assert (await other.post("/users", USER, headers=NAMED)).status == 201
            await other.ask("DELETE", f"/users/{ALICE}")
        return found

    office.records.read = both_look  # type: ignore[method-assign]
    late = await desk.post("/users", USER, headers=NAMED)

    assert looked == [None]
    assert (late.status, late.document["type"]) == (409, "/problems/running")
    assert await users(desk) == []


async def test_after_a_day_a_name_is_free(desk: Desk, office: Office) -> None:
    await desk.post("/groups", {"name": "a"}, headers=NAMED)
    office.clock.advance(KEPT_SECONDS + 1)

    assert (await desk.post("/groups", {"name": "b"}, headers=NAMED)).status == 201


async def test_what_is_old_is_swept(desk: Desk, office: Office) -> None:
    await desk.post("/groups", {"name": "a"}, headers=NAMED)
    upkeep, later = office.context.upkeep, office.clock.now() + (KEPT_SECONDS + 1) * MICROSECONDS

    assert await upkeep.sweep(now=office.clock.now(), limit=10) == 0
    assert await upkeep.sweep(now=later, limit=0) == 0
    assert await upkeep.sweep(now=later, limit=10) == 1
    assert await upkeep.sweep(now=later, limit=10) == 0


async def test_nothing_of_a_request_can_be_read_from_what_is_kept(desk: Desk, office: Office) -> None:
    await desk.post("/users", {**USER, "password": "correct horse"}, headers=NAMED)
    kept: list[Any] = []
    reads = office.records.read

    async def noted(use_case: Any) -> Any:
        kept.append(await reads(use_case))
        return kept[-1]

    office.records.read = noted  # type: ignore[method-assign]
    await desk.post("/users", {**USER, "password": "correct horse"}, headers=NAMED)
    await Desk(office).post("/users", {**USER, "password": "correct horses"}, headers=NAMED)

    assert b"correct horse" not in kept[0].answer
    assert len(kept[0].request) == 32


@pytest.mark.parametrize("name", ["x" * 256, "a b\x7f", "sch\xc3\xb6n"])
async def test_a_name_is_short_and_visible(desk: Desk, name: str) -> None:
    answer = await desk.post("/users", USER, headers={"idempotency-key": name})

    assert answer.status == 400


async def test_what_creates_nothing_needs_no_name(desk: Desk, office: Office) -> None:
    await office.user()

    for _ in range(2):
        answer = await desk.post(f"/users/{ALICE}/unlock", headers=NAMED)
        assert (answer.status, "idempotency-replayed" in answer.headers) == (200, False)
