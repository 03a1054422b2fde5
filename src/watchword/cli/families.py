"""
How commands are made: what holds for each of them.
"""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Final

from cyclopts import App, Parameter, Token

from watchword.cli.session import Session

Here = Annotated[Session, Parameter(parse=False)]
"""What `cli.main` hands to a command, and nobody types."""

LARGEST: Final = 10**18
"""What a larger number is taken for: it is out of every range, and has to be refused as that and not as no number."""

_WHOLE: Final = re.compile(r"([+-]?)0*([0-9]+)")
_DIGITS: Final = 18


def _whole(_type: object, tokens: Sequence[Token]) -> int:
    written = tokens[0].value
    found = _WHOLE.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no whole number")
    value = int(found[2]) if len(found[2]) <= _DIGITS else LARGEST
    return -value if found[1] == "-" else value


def _real(_type: object, tokens: Sequence[Token]) -> float:
    written = tokens[0].value
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{written!r} is no number")
    return value


Whole = Annotated[int, Parameter(converter=_whole)]
"""A whole number: what has a fraction is no mistake to be rounded away."""

Real = Annotated[float, Parameter(converter=_real)]
"""A number that can be written down."""


def family(name: str, words: str, *lines: str) -> App:
    """
    Make a family of commands, or the command that is one of its own.

    Args:
        name: what is typed.
        words: what it is about, in a line.
        lines: examples of a command that is one of its own.
    """
    return App(
        name=name,
        help=words,
        help_format="plaintext",
        help_epilogue=examples(*lines) if lines else None,
        default_parameter=Parameter(negative=""),
    )


def examples(*lines: str) -> str:
    """Return what stands below the help of a command."""
    return "Examples:\n" + "\n".join(f"  {line}" for line in lines)
