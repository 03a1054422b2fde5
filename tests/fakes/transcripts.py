"""
What a login has left behind, as text that a reader can check.
"""

from tests.fakes.world import Asked, World
from watchword.domain.events import Activity, Audit
from watchword.domain.trace import Step
from watchword.domain.verification import ActivityId, Allowed, Challenged, Denied
from watchword.kit.clock import MICROSECONDS, ManualClock


class Transcript:
    """Names rows by their number, in the order in which they were written."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._began = ManualClock().now()
        self._numbers = {row.id: number for number, row in enumerate(world.store.activity, 1)}

    def lines(self, asked: list[Asked]) -> list[str]:
        """Tell each row, each line of the audit trail, each answer, what is left of the user, and what was counted."""
        world = self._world
        return [
            *(self._row(row) for row in world.store.activity),
            *(self._audit(line) for line in world.store.audit),
            *(self._answer(one) for one in asked),
            *self._users(),
            *self._counters(),
        ]

    def _row(self, row: Activity) -> str:
        steps = " ".join(_step(step) for step in row.trace)
        about = [
            f"{self._numbers[row.id]}: {row.kind} {row.reason} {row.user_name!a}/{row.epoch} from {row.source}",
            "" if row.origin is None else f"after {self._numbers.get(row.origin, '?')}",
            "" if row.rule is None else "by a rule",
            "" if row.bypass is None else "by a bypass",
            "" if row.count == 1 else f"{row.count} times",
        ]
        return f"{', '.join(part for part in about if part)}: {steps}"

    def _audit(self, line: Audit) -> str:
        assert line.actor == "system"
        whose = self._world.person(line.user).user.username if line.user in self._world.store.state.persons else ""
        words = dict(line.words)
        if "activity" in words:
            words["activity"] = str(self._number(ActivityId(bytes.fromhex(words["activity"]))))
        subject = "" if line.subject is None else " of something"
        return " ".join(
            [
                f"audit after {self._seconds(line.at)} s:",
                line.event + subject,
                whose,
                *(f"{name}={word}" for name, word in words.items()),
            ]
        )

    def _seconds(self, at: int) -> int:
        return (at - self._began) // MICROSECONDS

    def _answer(self, asked: Asked) -> str:
        match asked.outcome:
            case Allowed() as allowed:
                return f"told: allowed {allowed.reason}/{allowed.epoch} by {self._number(allowed.activity)}"
            case Denied() as denied:
                return f"told: denied {denied.reason}/{denied.epoch} by {self._number(denied.activity)}"
            case Challenged() as challenged:
                number = "a code" if challenged.prompt.number is None else "a number"
                return f"told: challenged for {number} by {self._number(challenged.activity)}"
            case None:
                return "told: nothing"

    def _number(self, row: ActivityId | None) -> int | str:
        return "nothing" if row is None else self._numbers.get(row, "?")

    def _users(self) -> list[str]:
        return [
            f"{person.user.username}: epoch {person.user.epoch}, {len(person.failures.recent)} failures, "
            f"{len(person.prompts.refused)} refused, {len(person.bypasses)} bypasses"
            for person in self._world.store.state.persons.values()
        ]

    def _counters(self) -> list[str]:
        metrics = self._world.metrics
        counters = (metrics.joins, metrics.bypass_uses, metrics.cache_hits)
        told = [
            f"{counter.name}{[str(label) for label in labels] or ''} {times}"
            for counter in counters
            for labels, times in counter.values.items()
        ]
        entries = [
            f"cached from {self._number(entry.origin)}/{entry.epoch}" for entry in self._world.cache.entries.values()
        ]
        hits = [f"hit {len(self._world.cache.hits)}"] if self._world.cache.hits else []
        return [*told, *entries, *hits]


def _step(step: Step) -> str:
    detail = f"({step.detail})" if step.detail else ""
    return f"{step.question.name.lower()}={step.answer.name.lower()}{detail}{'!' if step.decided else ''}"
