"""
What must hold in the very transaction that changes something.

That is that nobody has changed it meanwhile, and that the same request was not done before.

An operation is handed records that check first. A check that does not hold raises in the writer, so nothing is changed.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from watchword.app import operations
from watchword.app.administration import Actor, Administration, Refusal
from watchword.domain.configuration import Configuration
from watchword.domain.events import Activity
from watchword.ports.records import Changer, Reader, Records

Value = TypeVar("Value")


class Unmet(Exception):  # noqa: N818 - it is a refusal that ends the transaction
    """Somebody has changed it meanwhile, or it was done before; `problem` is the name of a kind of problem."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What is asked before a change, and what is written with one that was not refused. Both may raise `Unmet`."""

    before: Callable[[Changer], None] | None = None
    after: Callable[[Changer], None] | None = None


class ConditionalRecords:
    """Records whose first change is made only where the conditions hold."""

    def __init__(self, records: Records, conditions: Conditions) -> None:
        self._records = records
        self._conditions = conditions
        self._done = False

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        """Run a read."""
        return self._records.read(use_case)

    def change(self, use_case: Callable[[Changer], Value]) -> Awaitable[Value]:
        """Run a change under the conditions."""
        if self._done:
            return self._records.change(use_case)
        self._done = True

        def conditional(changer: Changer) -> Value:
            if self._conditions.before is not None:
                self._conditions.before(changer)
            value = use_case(changer)
            if self._conditions.after is not None and not isinstance(value, Refusal):
                self._conditions.after(changer)
            return value

        return self._records.change(conditional)

    def follow(self, told: Callable[[Activity], None]) -> Callable[[], None]:
        """Follow what happens."""
        return self._records.follow(told)

    def on_configuration(self, told: Callable[[Configuration], None]) -> None:
        """Follow the configuration."""
        self._records.on_configuration(told)


def under(context: Administration, conditions: Conditions) -> Administration:
    """Return what operations may reach, their first change under conditions."""
    return replace(context, records=ConditionalRecords(context.records, conditions))


# --- reading inside of a change ---------------------------------------------------------------------------------------


class _There(Generic[Value]):
    """An awaitable that has its value already."""

    def __init__(self, value: Value) -> None:
        self._value = value

    def __await__(self) -> Generator[Any, None, Value]:
        yield from ()
        return self._value


class _Inside:
    """Records that are read in the transaction of a change."""

    def __init__(self, changer: Changer) -> None:
        self._changer = changer

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        return _There(use_case(self._changer))


def performed_inside(context: Administration, actor: Actor, name: str, arguments: object, changer: Changer) -> object:
    """Perform an operation that only reads, inside of a change, and return its result or its refusal."""
    inside = replace(context, records=cast(Records, _Inside(changer)))
    return _run(operations.perform(inside, actor, name, arguments))


def _run(coroutine: Coroutine[Any, None, object]) -> object:
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    raise RuntimeError("an operation that is looked at inside of a change waits for something else")
