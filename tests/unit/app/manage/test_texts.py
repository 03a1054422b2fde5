"""
How values look outside, and what text from outside must look like.
"""

import pytest

from watchword.app.administration import Refusal, RefusalKind
from watchword.app.manage.texts import (
    instant,
    label_of,
    maybe_id,
    maybe_instant,
    name_of,
    one_line,
    reason_of,
    shown,
)

#: What could rewrite a terminal, a log or a page: escape sequences, an override of the direction of writing, a NUL.
UNSHOWABLE = ["\x1b[2J", "a\u202eb", "a\x00b", "\x9b31m", "a\u200bb"]


def test_an_instant_has_six_digits_after_the_second_always() -> None:
    assert instant(0) == "1970-01-01T00:00:00.000000Z"
    assert instant(1_700_000_000_000_001) == "2023-11-14T22:13:20.000001Z"


def test_no_instant_is_none() -> None:
    assert maybe_instant(None) is None
    assert maybe_instant(0) is None
    assert maybe_instant(1_000_000) == "1970-01-01T00:00:01.000000Z"


def test_what_is_gone_is_named_by_its_identifier() -> None:
    gone = bytes(15) + b"\x07"

    assert name_of({bytes(16): "default"}, bytes(16)) == "default"
    assert name_of({bytes(16): "default"}, gone) == "00000000-0000-0000-0000-000000000007"
    assert name_of({bytes(16): "default"}, None) is None
    assert maybe_id(None) is None
    assert maybe_id(gone) == "00000000-0000-0000-0000-000000000007"


def test_blanks_and_line_breaks_become_one_space() -> None:
    assert one_line("  lost\r\n his\tphone\u00a0today ") == "lost his phone today"


@pytest.mark.parametrize("written", UNSHOWABLE)
def test_what_cannot_be_shown_is_no_line(written: str) -> None:
    assert one_line(written) is None
    assert shown(written).isprintable()


def test_a_refusal_quotes_what_was_written_shortened() -> None:
    assert shown("a\nb") == "a?b"
    assert shown("x" * 1_000) == "x" * 60 + "..."


@pytest.mark.parametrize("written", ["", " \n", "x" * 501, *UNSHOWABLE])
def test_a_reason_is_needed(written: str) -> None:
    refused = reason_of(written)

    assert refused == Refusal("a reason is needed: 1 to 500 printable characters", RefusalKind.INVALID)


def test_a_reason_is_kept_as_one_line() -> None:
    assert reason_of(" lost\nphone ") == "lost phone"
    assert reason_of("x" * 500) == "x" * 500


@pytest.mark.parametrize("written", ["", "x" * 101, *UNSHOWABLE])
def test_a_name_is_needed(written: str) -> None:
    refused = label_of(written, "a group")

    assert refused == Refusal("a group needs a name of 1 to 100 printable characters", RefusalKind.INVALID)


def test_a_name_is_kept_as_one_line() -> None:
    assert label_of(" Head  office ", "a group") == "Head office"
