"""
What operations say, as pages show it.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.unit.web.portal.test_filled import READING
from watchword.domain.applications import ApplicationRefusal
from watchword.domain.bypass import BypassRefusal
from watchword.domain.caching import RuleRefusal
from watchword.web.portal.languages import read_languages
from watchword.web.portal.reading import Reading
from watchword.web.portal.said import PATTERNS
from watchword.web.portal.sentences import said, said_plainly

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


# --- every refusal of every operation


REFUSE: Final = {"invalid", "not_found", "conflict", "forbidden", "unavailable"}

NO_PAGE_CAUSES: Final = {
    # What an operation's arguments are called is said to programs; forms are made from the same types.
    "X has no argument X; it has X",
    "X: X",
    "there is no operation X",
    "follow takes user, a name or null, and X",
    "follow: X",
    "wait must be between 0 and X seconds",
    # The example of `watchword up --demo`.
    "alice@example.org is a name of somebody else already, so there is no example user",
    "Example VPN is there, and does not ask from X; remove it to have it made anew",
    # `watchword try` at a terminal.
    "only on the host itself may a login be sent elsewhere: the secret would go with it",
    "X is no place; write HOST:PORT, as in 192.0.2.7:1812 or [2001:db8::7]:1812",
    "--state must be the state of a challenge, as `watchword try` has printed it",
    # Phones.
    "the device's key must be an ECDSA P-256 public key, SubjectPublicKeyInfo in DER",
    "the device has not shown that it holds the private half of its key",
    "this pairing link was used, has expired or never was; `watchword method add USER push` makes another",
}

OF_ENUMS: Final = (*BypassRefusal, *RuleRefusal, *ApplicationRefusal)
"""Reasons whose words are part of a refusal."""


@cache
def constants() -> dict[str, ast.expr]:
    """Return every constant of the package by its name."""
    found: dict[str, ast.expr] = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.parse(file.read_text()).body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
            value = getattr(node, "value", None)
            if isinstance(value, ast.expr):
                found |= {target.id: value for target in targets if isinstance(target, ast.Name)}
    return found


def texts_of(node: ast.expr, known: dict[str, ast.expr]) -> list[str]:
    """Return what a refusal can say, an X for each value; nothing where only running it tells."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name) and node.id in known:
        return texts_of(known[node.id], {name: value for name, value in known.items() if name != node.id})
    if isinstance(node, ast.Attribute) and node.attr == "value":
        return [reason.value for reason in OF_ENUMS]
    if not isinstance(node, ast.JoinedStr):
        return []
    said = [""]
    for place, part in enumerate(node.values):
        words = ["X"]
        if isinstance(part, ast.Constant):
            words = [str(part.value)]
        elif isinstance(part, ast.FormattedValue) and (place == 0 or isinstance(part.value, ast.Name)):
            words = texts_of(part.value, known) or words
        said = [before + word for before in said for word in words]
    return said


@cache
def refusals() -> tuple[tuple[str, list[str]], ...]:
    """Return where operations refuse, and what each may say."""
    return tuple(_refusals(constants()))


def _refusals(known: dict[str, ast.expr]) -> Iterator[tuple[str, list[str]]]:
    for file in sorted((PACKAGE / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSE and node.args:
                yield f"{file.name}:{node.lineno}", texts_of(node.args[0], known)


def in_german(sentence: str) -> bool:
    whole, own = said_plainly(sentence, GERMAN)
    return own and whole != said_plainly(sentence, READING)[0]


def test_every_refusal_of_every_operation_is_said_in_german() -> None:
    found = refusals()
    left = {where: said for where, all_of in found for said in all_of[:1] if not any(in_german(one) for one in all_of)}

    assert len(found) > 150
    assert {where: said for where, said in left.items() if said not in NO_PAGE_CAUSES} == {}


def test_nothing_is_left_out_that_a_page_may_say() -> None:
    said = {one for _, all_of in refusals() for one in all_of}

    assert NO_PAGE_CAUSES - said == set()
