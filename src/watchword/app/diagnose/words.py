"""
A decision in words: every question that was asked, what it was answered with, and whether that decided.
"""

from dataclasses import dataclass

from watchword.domain.trace import Answer, Question, Trace, answer_in_words, question_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """
    One step of a decision.

    Attributes:
        question: in words, as `answer` is.
        asked: which of the closed list of questions that is, and `answered` which of the answers; for whoever says it
            in another language.
        detail: what stands behind the answer, such as a name; empty where nothing does.
    """

    question: str
    answer: str
    decided: bool
    asked: str
    answered: str
    detail: str


def steps_of(trace: Trace) -> tuple[StepRow, ...]:
    """Return the steps of a decision, in the order in which they were taken."""
    return tuple(
        StepRow(
            question=question_in_words(step),
            answer=answer_in_words(step),
            decided=step.decided,
            asked=name_of(step.question),
            answered=name_of(step.answer),
            detail=step.detail,
        )
        for step in trace
    )


def name_of(value: Question | Answer) -> str:
    """Return the name of a question or an answer as documents have it."""
    return value.name.lower().replace("_", "-")
