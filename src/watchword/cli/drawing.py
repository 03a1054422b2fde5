"""
Tables for people. rich is imported here, and here only, because a command that draws nothing has no time for it.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchword.cli.texts import safe

WIDTH: Final = 160
"""Columns where nobody's terminal says how many there are."""


def table(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Draw rows under their columns, or say that there are none; long cells are wrapped, and nothing is markup."""
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    _console(out).print(drawn if drawn.rows else "none")


def facts(out: TextIO, pairs: Iterable[tuple[str, object]]) -> None:
    """Draw what is known of one thing, a line each."""
    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(style="bold")
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        drawn.add_row(Text(name), _cell(value))
    _console(out).print(drawn)


def _console(out: TextIO) -> Console:
    return Console(file=out, highlight=False, width=None if out.isatty() else WIDTH)


def _cell(value: object) -> Text:
    return Text("" if value is None else safe(value))
