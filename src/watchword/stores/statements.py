"""
Statements, written once in SQLAlchemy Core and compiled once to SQLite's text and positional parameters.

The engine of SQLAlchemy would add its own work to each execution, several times what SQLite needs; so what runs is the
standard library's `sqlite3` with the compiled text. A constant that stands in the condition of a partial index must be
a literal (`constant`), or SQLite's planner does not see that they match. Where it would take another index that
looks as good, a hint names the one that is meant.
"""

import sqlite3
from typing import Any, Final

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Integer, Text, literal_column
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.sql.compiler import SQLCompiler

Value = None | int | float | str | bytes
"""What SQLite stores."""

Row = tuple[Any, ...]
"""A row as `sqlite3` gives it."""


class _Compiler(SQLiteCompiler):
    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        """Say it as it was given: `select(...).with_hint(TABLE, "INDEXED BY ix_...")`."""
        del table
        return text


_DIALECT: Final = sqlite.dialect(paramstyle="qmark")
_DIALECT.statement_compiler = _Compiler


class Statement:
    """A compiled statement: `sql` with one `?` for each of `names`, in order."""

    __slots__ = ("_constants", "_wanted", "names", "sql")

    def __init__(self, construct: ClauseElement, *order: str) -> None:
        """
        Compile.

        Args:
            construct: the statement; every value that is given when it runs has a name.
            order: the names as they must come out, where positions are bound by hand.
        """
        compiled = construct.compile(dialect=_DIALECT)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError(f"{compiled} is no statement with parameters")
        names = tuple(compiled.positiontup or ())
        if order and names != order:
            raise ValueError(f"the parameters of {compiled} are {names}, not {order}")
        constants = {name: compiled.binds[name].value for name in names if not compiled.binds[name].required}
        self.sql: Final = str(compiled)
        self.names: Final = names
        self._constants: Final[dict[str, Value]] = constants
        self._wanted: Final = frozenset(names) - constants.keys()

    def run(self, connection: sqlite3.Connection, **values: Value) -> sqlite3.Cursor:
        """Execute with `values` by name; a name too many or too few is a bug."""
        if values.keys() != self._wanted:
            raise TypeError(f"{self.sql} takes {sorted(self._wanted)}, not {sorted(values)}")
        values |= self._constants
        return connection.execute(self.sql, [values[name] for name in self.names])

    def change(self, connection: sqlite3.Connection, **values: Value) -> int:
        """Execute with `values` and return how many rows it changed."""
        return self.run(connection, **values).rowcount

    def rows(self, connection: sqlite3.Connection, *values: Value) -> list[Row]:
        """
        Execute with `values` in the order that was asked for when it was made, and return every row.

        For what every login reads: finding values by their names costs as much as SQLite does.
        """
        return connection.execute(self.sql, values).fetchall()

    def one(self, connection: sqlite3.Connection, **values: Value) -> Row | None:
        """Execute with `values` and return the first row, None where there is none."""
        row: Row | None = self.run(connection, **values).fetchone()
        return row

    def all(self, connection: sqlite3.Connection, **values: Value) -> list[Row]:
        """Execute with `values` and return every row."""
        return self.run(connection, **values).fetchall()


ONE: Final = literal_column("1", type_=Integer())
"""The number one, as a literal."""


def constant(written: str) -> ColumnElement[str]:
    """Return a word of our own as a literal of SQL."""
    return literal_column(f"'{written}'", type_=Text())
