"""
What templates may do to values: `{{ row.created_at | ago }}`. All of it is said in the reader's language.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from watchword.web.portal import application_words, login_words
from watchword.web.portal.reading import current
from watchword.web.portal.sentences import said, said_plainly
from watchword.web.portal.step_words import answer_said, question_said
from watchword.web.portal.words import LABELS, TONES

_LABELS_OF: Final = {**login_words.LABELS_OF, **application_words.LABELS_OF}
_TONES_OF: Final = {**login_words.TONES_OF, **application_words.TONES_OF}


def _label(value: StrEnum) -> str:
    """Return the word for a closed value."""
    return current().gettext(_LABELS_OF.get(type(value), LABELS)[value])


def _tone(value: StrEnum) -> str:
    return _TONES_OF.get(type(value), TONES).get(value, "calm")


def _reads_as(written: str) -> str:
    """Return seconds that somebody has typed in words, nothing where they are no number."""
    return current().seconds(int(written)) if written.isascii() and written.isdecimal() and len(written) < 10 else ""  # noqa: PLR2004 - a field's length


def _seconds_left(instant: str) -> int:
    return max(0, round((datetime.fromisoformat(instant) - current().now).total_seconds()))


def _initials(name: str) -> str:
    """Return one or two letters for a name or an address."""
    words = name.partition("@")[0].replace(".", " ").replace("-", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _groupby_kept(values: Iterable[Any], attribute: str) -> Sequence[tuple[Any, list[Any]]]:
    """Return values that have the same attribute together, in the order in which each first comes."""
    groups: dict[Any, list[Any]] = {}
    for value in values:
        groups.setdefault(getattr(value, attribute), []).append(value)
    return list(groups.items())


def _meant(values: Iterable[tuple[StrEnum, str]]) -> list[tuple[str, str, str]]:
    """Return closed values with their words and what each means, as `ui.choices` takes them."""
    return [(value.value, _label(value), current().gettext(meaning)) for value, meaning in values]


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "answer_said": lambda step: answer_said(step, current()),
    "ago": lambda instant: current().ago(instant),
    "exact": lambda instant: current().exact(instant),
    "groupby_kept": _groupby_kept,
    "initials": _initials,
    "label": _label,
    "labelled": lambda values: [(value.value, _label(value)) for value in values],
    "left": lambda instant: current().left(instant),
    "meant": _meant,
    "number": lambda value: current().number(value),
    "question_said": lambda step: question_said(step, current()),
    "pairs": lambda values: [(value, value) for value in values],
    "reads_as": _reads_as,
    "said": lambda sentence: said(sentence, current()),
    "in_words": lambda words: said_plainly(words, current())[0],
    "seconds": lambda count: current().seconds(count),
    "seconds_left": _seconds_left,
    "short": lambda instant: current().short(instant),
    "tone": _tone,
}
