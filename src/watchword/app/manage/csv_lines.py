"""
Rows as the lines of a CSV file (RFC 4180) that no spreadsheet runs.

A spreadsheet takes a cell that begins like a formula for one, a quoted cell too, and people supply the text of these
cells: such a cell gets an apostrophe in front, which shows it as text (N27). What breaks lines became a space when it
was taken in; it is made one here again, because rows may be older than that rule.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from typing import Any, Final

_FORMULA: Final = frozenset("=+-@\t\r\n|%")


def cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet runs."""
    line = "" if value is None else " ".join(str(value).split())
    return f"'{line}" if line and line[0] in _FORMULA else line


def lines_of(kind: type[Any], rows: Iterable[Any], *, header: bool = True) -> Iterator[str]:
    """
    Yield lines, each with its line end.

    Args:
        kind: a dataclass, whose fields are the columns.
        rows: values of it.
        header: whether the names of the columns come first.
    """
    line = io.StringIO()
    writer = csv.writer(line)
    if header:
        writer.writerow(field.name for field in fields(kind))
        yield line.getvalue()
    for row in rows:
        line.seek(0)
        line.truncate()
        writer.writerow(cell(value) for value in astuple(row))
        yield line.getvalue()
