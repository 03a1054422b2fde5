"""
The steps of a decision in the reader's language: nothing of our own is left in another.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.unit.web.portal.test_filled import READING
from tests.unit.web.portal.test_sentences import GERMAN, PACKAGE
from watchword.app.diagnose.words import steps_of
from watchword.domain.caching import CacheType, Miss
from watchword.domain.methods import MethodKind
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.verification import PrimaryVerdict, Reason
from watchword.web.portal.step_words import ANSWERS, DETAILS, QUESTIONS, answer_said, question_said

CALLS: Final = {"Step", "PrimaryResult", "Said", "Broken", "_away"}
"""What is told behind an answer is an argument of one of these."""

NOT_TOLD: Final = {"server", "push"}
"""A name and a closed value, which are no sentences."""


def said(step: Step, reading: object = GERMAN) -> tuple[str, str]:
    (row,) = steps_of((step,))
    return question_said(row, reading), answer_said(row, reading)  # type: ignore[arg-type]


def texts(file: Path) -> Iterator[str]:
    """Yield every text of a module that may stand behind an answer."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [*node.args, *(one.value for one in node.keywords if one.arg in ("detail", "words"))]
            if called in CALLS:
                yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))
        elif isinstance(node, ast.FunctionDef) and node.name == "_stale":
            yield from (one for one in map(stale_text, ast.walk(node)) if one)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_STATES":
            values = node.value.values if isinstance(node.value, ast.Dict) else []
            yield from (one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str))


def stale_text(node: ast.AST) -> str:
    """Return the text that a node of `_stale` returns or holds beside its check."""
    last = node.value if isinstance(node, ast.Return) else node.elts[-1] if isinstance(node, ast.Tuple) else None
    return last.value if isinstance(last, ast.Constant) and isinstance(last.value, str) else ""


def own_texts() -> set[str]:
    return {
        text
        for room in ("app", "domain", "upstream", "ports")
        for file in (PACKAGE / room).rglob("*.py")
        for text in texts(file)
        if text
    }


def test_every_question_and_every_answer_is_said_in_german() -> None:
    assert set(QUESTIONS) == set(Question)
    assert set(ANSWERS) == set(Answer)
    for question in Question:
        for answer in Answer:
            asked, answered = said(Step(question, answer))
            assert (asked, answered) != said(Step(question, answer), READING)
            assert asked != QUESTIONS[question]
            assert answered != ANSWERS[answer]


def test_every_text_of_our_own_behind_an_answer_is_translated() -> None:
    found = own_texts()

    assert {"no code was typed", "it has expired", "the account is locked", "no time was left"} < found
    assert found - NOT_TOLD - set(DETAILS) == set()
    assert {miss.value for miss in Miss} <= set(DETAILS)
    passed_on = {verdict.value for verdict in (PrimaryVerdict.UNKNOWN, PrimaryVerdict.AWAY)}
    assert passed_on <= set(DETAILS)


@pytest.mark.parametrize(
    ("step", "german"),
    [
        (Step(Question.PASSWORD, Answer.RIGHT, detail="local"), "richtig (hier geprüft)"),
        (Step(Question.PASSWORD, Answer.RIGHT, detail="Berlin"), "richtig (Berlin)"),
        (
            Step(Question.PASSWORD, Answer.REFUSED, detail="AD: the password has expired (532)"),
            "abgewiesen (AD: das Passwort ist abgelaufen)",
        ),
        (
            Step(Question.PASSWORD, Answer.AWAY, detail="AD: no answer came in time; LDAP: unknown"),
            "es ließ sich nicht prüfen (AD: es kam rechtzeitig keine Antwort; LDAP: niemand heißt so)",
        ),
        (Step(Question.PASSWORD, Answer.WRONG, detail="AD: Zugang <b>"), "falsch (AD: Zugang <b>)"),
        (Step(Question.USER, Answer.YES, detail="local@example.org"), "ja (local@example.org)"),
        (Step(Question.CACHE, Answer.MISS, detail=Miss.NO_RULE.value), "nein (keine Zwischenspeicherregel passt)"),
        (Step(Question.CACHE, Answer.HIT, detail=CacheType.USER.value), "ja (Benutzer)"),
        (Step(Question.CODE, Answer.RIGHT, detail=MethodKind.HOTP.value), "richtig (Token mit Knopf)"),
        (
            Step(Question.RELEASE, Answer.STALE, detail=Reason.BLOCKED.value),
            "nein, inzwischen hat sich etwas geändert (blockiert)",
        ),
    ],
)
def test_what_stands_behind_an_answer_is_said_in_german(step: Step, german: str) -> None:
    assert said(step)[1] == german
