"""
Text for people: on its line, in their time zone, and without what could rewrite their terminal (N27).
"""

from datetime import datetime


def safe(written: object) -> str:
    """Return text with everything escaped that is not to be seen."""
    line = str(written)
    return line if line.isprintable() else "".join(map(_escaped, line))


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def when(instant: str | None) -> str:
    """Return an instant of RFC 3339 as clocks here show it, empty for none."""
    return "" if instant is None else f"{datetime.fromisoformat(instant).astimezone():%Y-%m-%d %H:%M:%S}"


def number(value: float) -> str:
    """Return a number without a fraction that says nothing."""
    return f"{value:g}" if value != int(value) else f"{int(value)}"


def yes(value: object) -> str:
    """Return yes or no."""
    return "yes" if value else "no"
