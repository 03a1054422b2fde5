"""
The trace of a decision: every question that was asked, its answer, and whether the answer decided.

It is stored with the activity row and explains the decision for ever, so the numbers of the two enumerations are
never used again for something else (`wire.channel` stores them).
"""

from enum import IntEnum
from typing import Final, NamedTuple


class Question(IntEnum):
    """The questions of design.md section 4, and those around them. `OTHER` reads what a later version asked."""

    OTHER = 0
    PROTOCOL = 1
    CHALLENGE = 2
    USER = 3
    STANDING = 4
    LOCK = 5
    THROTTLE = 6
    PASSWORD = 7
    CODE = 8
    CACHE = 9
    BYPASS = 10
    JOIN = 11
    CONTENDED = 12
    METHOD = 13
    ANSWER = 14
    RELEASE = 15
    APPLICATION = 16
    PORTAL = 17


class Answer(IntEnum):
    """What a question was answered with. `OTHER` reads what a later version answered."""

    OTHER = 0
    NO = 1
    YES = 2
    UNKNOWN = 3
    AMBIGUOUS = 4
    BLOCKED = 5
    DISABLED = 6
    LOCKED = 7
    WAITING = 8
    RIGHT = 9
    WRONG = 10
    USED = 11
    REFUSED = 12
    AWAY = 13
    ASSERTED = 14
    NOT_REQUIRED = 15
    MISS = 16
    HIT = 17
    JOINED = 18
    CHALLENGED = 19
    STARTED = 20
    APPROVED = 21
    DENIED = 22
    FRAUD = 23
    NO_ANSWER = 24
    EXPIRED = 25
    STALE = 26
    FAILED = 27
    DIRECTORY_ID = 28
    OFFLINE = 29


class Step(NamedTuple):
    """One question and its answer. `detail` is a short text of our own or of a directory, never a secret."""

    question: Question
    answer: Answer
    decided: bool = False
    detail: str = ""


Trace = tuple[Step, ...]

QUESTIONS: Final = {
    Question.OTHER: "A question that this version does not know",
    Question.PROTOCOL: "Is the way the password came in supported?",
    Question.CHALLENGE: "Does the State belong to a challenge that waits for an answer?",
    Question.USER: "Who is the user?",
    Question.STANDING: "May the user sign in at all?",
    Question.LOCK: "Is the user's second step locked?",
    Question.THROTTLE: "Were there too many wrong passwords from this source?",
    Question.PASSWORD: "Is the password right?",
    Question.CODE: "Is the typed code right and unused?",
    Question.CACHE: "Does a caching rule let this login through?",
    Question.BYPASS: "Is there a one-time bypass?",
    Question.JOIN: "Is there a verification in progress, or just ended, for the same login?",
    Question.CONTENDED: "Is there a verification of this user in progress from another source?",
    Question.METHOD: "Which second step can be asked for?",
    Question.ANSWER: "What came of the second step?",
    Question.APPLICATION: "May the application ask at all?",
    Question.PORTAL: "Does a portal answer the server?",
    Question.RELEASE: "Does everything still stand at the moment of the answer?",
}
"""Each question in words."""

ANSWERS: Final = {
    Answer.OTHER: "an answer that this version does not know",
    Answer.NO: "no",
    Answer.YES: "yes",
    Answer.UNKNOWN: "nobody goes by that name",
    Answer.AMBIGUOUS: "more than one user goes by that name",
    Answer.BLOCKED: "blocked",
    Answer.DISABLED: "disabled",
    Answer.LOCKED: "locked after wrong second steps",
    Answer.WAITING: "yes, the next one must wait",
    Answer.RIGHT: "right",
    Answer.WRONG: "wrong",
    Answer.USED: "right, but used before",
    Answer.REFUSED: "refused",
    Answer.AWAY: "it could not be checked",
    Answer.ASSERTED: "the application says that it has checked it",
    Answer.NOT_REQUIRED: "the application does not require a known user",
    Answer.MISS: "no",
    Answer.HIT: "yes",
    Answer.JOINED: "yes, its outcome is shared",
    Answer.CHALLENGED: "the user was asked for a code or shown a number",
    Answer.STARTED: "the phone was asked",
    Answer.APPROVED: "approved",
    Answer.DENIED: "denied by the user",
    Answer.FRAUD: "the user says that this was not him",
    Answer.NO_ANSWER: "no answer came in time",
    Answer.EXPIRED: "expired",
    Answer.STALE: "no, something changed in the meantime",
    Answer.FAILED: "it could not be written down",
    Answer.DIRECTORY_ID: "the directory's identifier belongs to a user of another name",
    Answer.OFFLINE: "no: offline",
}
"""Each answer in words."""


def question_in_words(step: Step) -> str:
    """Return the question of a step as people read it."""
    return QUESTIONS[step.question]


def answer_in_words(step: Step) -> str:
    """Return the answer of a step as people read it."""
    return f"{ANSWERS[step.answer]} ({step.detail})" if step.detail else ANSWERS[step.answer]
