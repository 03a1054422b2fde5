"""
What operations say, as pages show it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.unit.web.portal.test_filled import READING
from watchword.web.portal.languages import read_languages
from watchword.web.portal.reading import Reading
from watchword.web.portal.said import PATTERNS
from watchword.web.portal.sentences import said

PACKAGE: Final = Path(__file__).parents[4] / "src/watchword"
GERMAN: Final = Reading(
    language=read_languages().named("de"),
    visitor=None,
    zone=READING.zone,
    zone_name="UTC",
    look="auto",
    path="/",
    now=READING.now,
    token=READING.token,
)


def skeletons(room: Path) -> Iterator[str]:
    """Yield every text of a room's modules, a mark in place of each value."""
    for file in room.rglob("*.py"):
        if file.name.startswith("said"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_sentence_that_is_translated_is_still_said() -> None:
    texts = [text for room in ("app", "domain", "stores", "web/portal") for text in skeletons(PACKAGE / room)]
    enough = {re.sub(r"\0+", "\0", text) for text in texts}

    def is_said(pattern: str) -> bool:
        skeleton = re.sub(r"\{\w+\}", "\0", pattern)
        # A closed value's words stand apart from the sentence that goes on behind them.
        parts = {skeleton, *(skeleton[at:] for at in range(len(skeleton)) if skeleton[at : at + 2] in (": ", "; "))}
        return any(text.endswith(part) or text == skeleton for text in enough for part in parts if len(part) > 8)

    assert [pattern for pattern in PATTERNS if not is_said(pattern)] == []


@pytest.mark.parametrize(
    ("sentence", "english", "german"),
    [
        (
            "there is no user bob; `watchword user list` shows who is there",
            "Nobody goes by bob. Write it as username@domain, DOMAIN\\name or the short name.",
            "Niemand heißt bob. Schreiben Sie benutzer@domain, DOMAIN\\name oder den kurzen Namen.",
        ),
        (
            "the disk is full; `watchword doctor` tells more",
            "The disk is full.",
            '<span lang="en">The disk is full.</span>',
        ),
        ("there is no <b>; write it so", "There is no &lt;b&gt;; write it so.", None),
    ],
)
def test_a_page_says_it_in_its_own_words(sentence: str, english: str, german: str | None) -> None:
    assert str(said(sentence, READING)).replace("&#39;", "'") == english
    if german is not None:
        assert str(said(sentence, GERMAN)) == german


def test_a_name_cannot_speak_for_us() -> None:
    sentence = (
        "there is no user x; `watchword user list` shows who is there <b>; `watchword user list` shows who is there"
    )

    assert "<b>" not in str(said(sentence, READING))
