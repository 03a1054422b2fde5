"""
How values look outside, and what text from outside must look like.

What people supply is text everywhere: it is one line, it has no control or format characters (they could rewrite a
terminal, a log or a page), and it is bounded (N27).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from watchword.app.administration import Refusal, invalid
from watchword.domain.bypass import LONGEST_REASON
from watchword.kit.identifiers import text

LONGEST_LABEL: Final = 100
"""Characters of a name that people give to a thing."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_SHOWN: Final = 60

Id = TypeVar("Id", bound=bytes)


def instant(microseconds: int) -> str:
    """Return UTC microseconds as RFC 3339 text, always with six digits after the second."""
    return f"{_EPOCH + timedelta(microseconds=microseconds):%Y-%m-%dT%H:%M:%S.%fZ}"


def moment(written: str) -> int | Refusal:
    """Return UTC microseconds of a date, or of a date and time as RFC 3339 has it; without an offset it is UTC."""
    try:
        read = datetime.fromisoformat(written.strip())
        at = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
        return (at - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return invalid(f"{shown(written)!r} is no date and time; write it like 2026-11-24T09:30:00Z or 2026-11-24")


def maybe_instant(microseconds: int | None) -> str | None:
    """Return `instant`, None for none; 0 is none too."""
    return instant(microseconds) if microseconds else None


def maybe_id(identifier: bytes | None) -> str | None:
    """Return the text form of an identifier, None for none."""
    return None if identifier is None else text(identifier)


def name_of(names: Mapping[Id, str], identifier: Id | None) -> str | None:
    """Return the name of what an identifier stands for, the identifier itself where it is gone, None for none."""
    return None if identifier is None else names.get(identifier, text(identifier))


def one_line(written: str) -> str | None:
    """Return a text with every run of blanks and line breaks as one space; None where it holds what cannot be shown."""
    line = " ".join(written.split())
    return line if line.isprintable() else None


def shown(written: str) -> str:
    """Return text that somebody supplied as a refusal may quote it: one line, shortened, only what can be shown."""
    line = "".join(character if character.isprintable() else "?" for character in written)
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}..."


def reason_of(written: str) -> str | Refusal:
    """Return a reason as it is kept."""
    line = one_line(written)
    if line is None or not 1 <= len(line) <= LONGEST_REASON:
        return invalid(f"a reason is needed: 1 to {LONGEST_REASON} printable characters", field="/reason")
    return line


def label_of(written: str, what: str) -> str | Refusal:
    """Return the name of a thing as it is kept. `what` names the thing, with its article."""
    line = one_line(written)
    if line is None or not 1 <= len(line) <= LONGEST_LABEL:
        return invalid(f"{what} needs a name of 1 to {LONGEST_LABEL} printable characters", field="/name")
    return line
