"""
Statements: names and positions fit, or it is a bug that is told at once.
"""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.schema import CreateTable

from watchword.stores.statements import ONE, Statement, constant
from watchword.stores.tables import SETTINGS


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE settings (name TEXT, value REAL)")
    connection.execute("INSERT INTO settings VALUES ('a', 1), ('b', 2), ('c', 3)")
    yield connection
    connection.close()


BETWEEN = (
    select(SETTINGS.c.name)
    .where(SETTINGS.c.value > bindparam("low"), SETTINGS.c.value < bindparam("high"), SETTINGS.c.name != "x")
    .order_by(SETTINGS.c.name)
)


def test_values_go_by_name(connection: sqlite3.Connection) -> None:
    statement = Statement(BETWEEN)

    assert statement.all(connection, high=4, low=1) == [("b",), ("c",)]
    assert statement.one(connection, low=0, high=4) == ("a",)
    assert statement.one(connection, low=5, high=6) is None


@pytest.mark.parametrize("values", [{}, {"low": 1}, {"low": 1, "high": 2, "name_1": "x"}, {"low": 1, "hi": 2}])
def test_a_name_too_many_or_too_few_is_a_bug(connection: sqlite3.Connection, values: dict[str, int]) -> None:
    with pytest.raises(TypeError, match="takes"):
        Statement(BETWEEN).run(connection, **values)


def test_positions_are_what_the_text_says() -> None:
    statement = select(SETTINGS.c.name).where(SETTINGS.c.value > bindparam("low"), SETTINGS.c.value < bindparam("high"))

    assert Statement(statement, "low", "high").names == ("low", "high")
    with pytest.raises(ValueError, match="not"):
        Statement(statement, "high", "low")


def test_what_has_no_parameters_is_none() -> None:
    with pytest.raises(TypeError, match="no statement"):
        Statement(CreateTable(SETTINGS))


def test_literals_stand_in_the_text() -> None:
    statement = Statement(select(ONE).where(SETTINGS.c.name == constant("active")))

    assert "'active'" in statement.sql
    assert statement.names == ()
