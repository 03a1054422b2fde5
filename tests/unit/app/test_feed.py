"""
Live events: what has changed, told to whoever listens, and nothing that grows.
"""

import asyncio

import pytest

from watchword.app.feed import MOST_LISTENERS, Feed, Topic

BOTH = (Topic.BYPASSES, Topic.USERS)


async def test_a_listener_is_told_what_it_wants_once() -> None:
    feed = Feed()
    listener = feed.listen(BOTH)
    assert listener is not None

    with listener:
        for _ in range(1_000):
            feed.operation("bypass.add")
            feed.operation("rule.add")
            feed.operation("nothing.of-ours")

        assert await listener.changed(0) == frozenset(BOTH)
        assert await listener.changed(0) == frozenset()


async def test_one_who_waits_is_woken() -> None:
    feed = Feed()
    listener = feed.listen([Topic.RULES])
    assert listener is not None
    async with asyncio.TaskGroup() as group:
        waits = group.create_task(listener.changed(60))
        await asyncio.wait([waits], timeout=0)
        feed.operation("rule.remove")

    assert waits.result() == frozenset({Topic.RULES})


async def test_after_the_block_nobody_is_told() -> None:
    feed = Feed()
    listener = feed.listen([Topic.RULES])
    assert listener is not None
    with listener:
        pass

    feed.publish(Topic.RULES)

    assert await listener.changed(0) == frozenset()


async def test_there_are_only_so_many() -> None:
    feed = Feed()
    listeners = [feed.listen([Topic.RULES]) for _ in range(MOST_LISTENERS)]

    assert None not in listeners
    assert feed.listen([Topic.RULES]) is None
    assert listeners[0] is not None
    feed.leave(listeners[0])
    assert feed.listen([Topic.RULES]) is not None


@pytest.mark.parametrize("waits", ["changed", "ended"])
async def test_when_the_process_ends_everybody_is_let_go(waits: str) -> None:
    feed = Feed()
    listener = feed.listen([Topic.RULES])
    assert listener is not None
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(getattr(listener, waits)(60))
        await asyncio.wait([waiting], timeout=0)
        feed.close()

    assert waiting.result() in (None, True)
    assert feed.listen([Topic.RULES]) is None


async def test_a_login_that_begins_to_wait_is_a_topic_of_its_own() -> None:
    feed = Feed()
    feed.pending()
    listener = feed.listen([Topic.PENDING])
    assert listener is not None

    feed.pending()

    assert await listener.changed(1) == frozenset({Topic.PENDING})
