"""
What a person is found by: the words of his display name, and of his user name behind its first.

The first word of a user name needs no entry of its own, because it begins a name that is looked up as such.
"""

import unicodedata
from typing import Final

from watchword.domain.users import fold

LONGEST_WORD: Final = 40
"""Characters of a word by which somebody is found; what is longer is cut."""

MOST_WORDS: Final = 12
"""Words by which one person is found, or that a search may have."""


def words_in(written: str) -> tuple[str, ...]:
    """Return the folded words of a text in their order, each once: runs of letters, marks and digits."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", written).casefold())
    spaced = "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in folded)
    return tuple(dict.fromkeys(word[:LONGEST_WORD] for word in spaced.split()))[:MOST_WORDS]


def words_of(username: str, name: str) -> tuple[str, ...]:
    """Return the words by which a user is found, besides his names."""
    local = username.rpartition("@")[0]
    return tuple(dict.fromkeys((*words_in(name), *words_in(local)[1:])))[:MOST_WORDS]


def matches(words: tuple[str, ...], username: str, name: str) -> bool:
    """Tell whether each of `words` begins a word of a user's name or user name."""
    known = (*words_in(name), *words_in(username))
    return all(any(one.startswith(word) for one in known) for word in words)


def beginning(written: str) -> str | None:
    """Return the beginning of a name that somebody has typed, folded as names are; None for what begins nobody's."""
    return fold(written.strip())
