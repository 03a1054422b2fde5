"""
How often one may ask, and how often one may guess.
"""

from tests.unit.web.api.desk import KEYS, Desk
from watchword.domain.roles import Role
from watchword.web.api import bearer, limits


async def test_what_is_left_is_told_with_every_answer(desk: Desk) -> None:
    answer = await desk.get("/groups")

    assert answer.headers["ratelimit-policy"] == f'"key";q={limits.AT_ONCE};w=4'
    assert answer.headers["ratelimit"] == f'"key";r={limits.AT_ONCE - 1};t=1'


async def test_one_key_has_so_many_and_another_has_its_own(desk: Desk) -> None:
    for _ in range(limits.AT_ONCE):
        assert (await desk.get("/groups")).status == 200

    refused = await desk.get("/groups")

    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert refused.document["type"] == "/problems/too-many"
    assert (await desk.get("/groups", role=Role.AUDITOR)).status == 200
    desk.office.clock.advance(1)
    again = await desk.get("/groups")
    assert (again.status, again.headers["ratelimit"].split(";")[1]) == (200, f"r={limits.A_SECOND - 1}")


async def test_one_network_has_so_many_whatever_it_shows(desk: Desk) -> None:
    for _ in range(limits.NETWORK_AT_ONCE):
        assert (await desk.get("/openapi.json", role=None)).status == 200

    refused = await desk.get("/openapi.json", role=None)

    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert (await desk.get("/openapi.json", role=None, client="198.51.100.1")).status == 200


async def guess(desk: Desk, number: int = 0, *, client: str = "203.0.113.66") -> int:
    headers = {"authorization": f"Bearer guess-{number}"}
    return (await desk.get("/groups", role=None, headers=headers, client=client)).status


async def test_who_guesses_is_slowed_down_by_his_network(desk: Desk) -> None:
    for number in range(bearer.FAILURES_AT_ONCE):
        assert await guess(desk, number) == 401
        desk.office.clock.advance(-bearer.REFUSAL_SECONDS)

    refused = await desk.get("/groups", role=None, client="203.0.113.66")

    assert (refused.status, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert await guess(desk, client="198.51.100.1") == 401
    desk.office.clock.advance(1 / bearer.FAILURES_A_SECOND)
    assert await guess(desk) == 401
    assert await guess(desk) == 429


async def test_a_stranger_behind_the_same_address_keeps_nobody_out(desk: Desk) -> None:
    assert (await desk.get("/groups", client="203.0.113.66")).status == 200
    for number in range(bearer.FAILURES_AT_ONCE + 1):
        await guess(desk, number)

    assert await guess(desk) == 429
    assert (await desk.get("/groups", client="203.0.113.66")).status == 200


async def test_a_key_that_was_withdrawn_is_a_guess_again(desk: Desk) -> None:
    await desk.get("/groups", client="203.0.113.66")
    desk.portal.actors.pop(KEYS[Role.OWNER].encode())

    statuses = [(await desk.get("/groups", client="203.0.113.66")).status for _ in range(bearer.FAILURES_AT_ONCE + 1)]

    assert statuses == [401] * bearer.FAILURES_AT_ONCE + [429]


async def test_a_refusal_takes_as_long_however_long_the_look_up_did(desk: Desk) -> None:
    before = desk.office.clock.monotonic()
    await guess(desk)
    await guess(desk, 2)
    await desk.get("/groups", role=None, headers={"authorization": "nothing"})

    assert desk.office.clock.monotonic() - before == 3 * int(bearer.REFUSAL_SECONDS * 1_000_000_000)


async def test_those_who_are_remembered_are_bounded(desk: Desk) -> None:
    guesses = bearer.Guesses(desk.office.context, pause=desk.portal.surroundings.pause)
    for number in range(bearer.MOST_KNOWN + 5):
        guesses.good(number.to_bytes(4, "big"))

    assert len(guesses._good) == bearer.MOST_KNOWN  # noqa: SLF001 - nothing else shows it
