"""
Words by which people are found.
"""

import pytest

from watchword.domain.searching import LONGEST_WORD, MOST_WORDS, beginning, matches, words_in, words_of


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", ()),
        ("  Anna-Maria  O'Neill ", ("anna", "maria", "o", "neill")),
        ("STRASSE Straße", ("strasse",)),
        ("Ø 7 Jose\u0301", ("ø", "7", "jos\u00e9")),
        ("a" * 99, ("a" * LONGEST_WORD,)),
        (" ".join(map(str, range(99))), tuple(map(str, range(MOST_WORDS)))),
        ("नमस्ते", ("नमस्ते",)),
    ],
)
def test_a_text_falls_into_folded_words(written: str, words: tuple[str, ...]) -> None:
    assert words_in(written) == words


def test_a_user_is_found_by_his_display_name_and_the_later_words_of_his_user_name() -> None:
    assert words_of("anna.miller-2@example.org", "Dr. Anna") == ("dr", "anna", "miller", "2")


def test_every_word_of_a_search_must_begin_one_of_the_user() -> None:
    assert matches(("mil", "an"), "x@example.org", "Anna Miller")
    assert matches((), "x@example.org", "")
    assert matches(("exam",), "x@example.org", "")
    assert not matches(("nna",), "x@example.org", "Anna Miller")
    assert not matches(("mil", "bert"), "x@example.org", "Anna Miller")


def test_the_beginning_of_a_name_is_folded_as_names_are() -> None:
    assert beginning(" EXAMPLE\\Al ") == "example\\al"
    assert beginning("a\x00") is None
