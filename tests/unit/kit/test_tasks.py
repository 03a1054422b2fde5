import asyncio
import inspect

from watchword.kit.tasks import Tasks


class Reports:
    def __init__(self) -> None:
        self.where: list[str] = []

    def __call__(self, where: str) -> None:
        self.where.append(where)


async def test_what_a_task_raises_is_reported_under_its_name_and_goes_no_further() -> None:
    reports = Reports()
    tasks = Tasks(fault=reports)

    async def broken() -> None:
        raise ValueError

    await tasks.start(broken(), name="upkeep")

    assert reports.where == ["upkeep"]


async def test_a_task_is_kept_until_it_has_ended() -> None:
    tasks = Tasks(fault=Reports())
    may_end = asyncio.Event()

    async def work() -> None:
        await may_end.wait()

    task = tasks.start(work(), name="work")
    assert len(tasks) == 1
    may_end.set()
    await task

    assert len(tasks) == 0


async def test_stop_ends_everything_and_waits_for_it() -> None:
    reports = Reports()
    tasks = Tasks(fault=reports)
    ended: list[str] = []

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    tasks.start(work("one"), name="one")
    tasks.start(work("two"), name="two")
    started = asyncio.Event()
    asyncio.get_running_loop().call_soon(started.set)
    await started.wait()
    await tasks.stop()

    assert sorted(ended) == ["one", "two"]
    assert len(tasks) == 0
    assert reports.where == []


async def test_a_task_that_raises_while_it_is_stopped_is_reported_too() -> None:
    reports = Reports()
    tasks = Tasks(fault=reports)

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError

    tasks.start(work(), name="stubborn")
    started = asyncio.Event()
    asyncio.get_running_loop().call_soon(started.set)
    await started.wait()
    await tasks.stop()

    assert reports.where == ["stubborn"]


async def test_a_task_that_is_stopped_before_it_began_leaves_nothing_behind() -> None:
    tasks = Tasks(fault=Reports())

    async def work() -> None:
        await asyncio.Event().wait()

    coroutine = work()
    tasks.start(coroutine, name="work")
    await tasks.stop()

    assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
