"""
A decision in words: every question that was asked, what it was answered with, and whether that decided.
"""

from dataclasses import dataclass

from watchword.domain.trace import Trace, answer_in_words, question_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """One step of a decision."""

    question: str
    answer: str
    decided: bool


def steps_of(trace: Trace) -> tuple[StepRow, ...]:
    """Return the steps of a decision, in the order in which they were taken."""
    return tuple(
        StepRow(question=question_in_words(step), answer=answer_in_words(step), decided=step.decided) for step in trace
    )
