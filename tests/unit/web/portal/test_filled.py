"""
From what was typed to an operation's arguments, and back with words beside the fields.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from watchword.app.administration import conflict, invalid
from watchword.domain.secrets import Secret
from watchword.web.portal.filled import Form, arguments_of, form_of
from watchword.web.portal.languages import read_languages
from watchword.web.portal.reading import Reading


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Wish:
    id: str
    name: str
    count: int
    share: float = 0.5
    colour: Colour | None = None
    note: str | None = None
    needed: str | None
    names: tuple[str, ...] = ()
    secret: Secret = field(default=Secret(b""), repr=False)
    on: bool = False


READING = Reading(
    language=read_languages().named("en"),
    visitor=None,
    zone=UTC,
    zone_name="UTC",
    look="auto",
    path="/",
    now=datetime(2026, 11, 24, tzinfo=UTC),
    token=lambda: "",
)


def test_texts_become_what_the_operation_takes() -> None:
    sent = {
        "name": "  Ann ",
        "count": " 300 ",
        "share": "0.25",
        "colour": "red",
        "note": " ",
        "names": "one\n\n two \r\n",
        "secret": " as typed ",
        "on": "on",
        "more": "is ignored",
    }

    assert arguments_of(sent, Wish, READING, id="7") == Wish(
        id="7",
        name="Ann",
        count=300,
        share=0.25,
        colour=Colour.RED,
        needed=None,
        names=("one", "two"),
        secret=Secret(b" as typed "),
        on=True,
    )


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert arguments_of({"count": "many", "colour": "mauve"}, Wish, READING, id="7") == {
        "name": "This is needed.",
        "count": "Write a whole number, such as 300.",
        "colour": "Choose one of these.",
    }


@pytest.mark.parametrize("number", ["1.5", "1e9", "9" * 13, "٣", "0x10", "", "NaN"])
def test_what_is_no_number_is_none(number: str) -> None:
    assert "count" in arguments_of({"name": "a", "count": number}, Wish, READING, id="7")  # type: ignore[operator]


def test_what_was_typed_comes_back_but_for_secrets() -> None:
    form = form_of({"user": "<b>", "password": "p", "odd": 7}, hidden=("password",))

    assert (form.value("user"), form.value("password"), form.value("odd")) == ("<b>", "", "")


def test_a_refusal_stands_beside_the_field_that_it_is_about() -> None:
    refusal = invalid("too long", field="/seconds")

    beside = Form().refused(refusal, known=("seconds",))
    whole = Form().refused(refusal, known=("user",))

    assert (beside.error("seconds"), beside.refusal, beside.first_wrong) == ("too long", None, "seconds")
    assert (whole.error("seconds"), whole.refusal, whole.first_wrong) == (None, "too long", None)
    assert Form().refused(conflict("no")).wrong
    assert not Form().wrong
