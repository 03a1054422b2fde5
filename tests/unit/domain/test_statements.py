"""
What portal and server sign: for one purpose each, and unlike for unlike values.
"""

from dataclasses import fields, replace
from typing import Any

import pytest

from watchword.domain.applications import GroupId
from watchword.domain.servers import ServerId
from watchword.domain.statements import (
    ActivatedStatement,
    ActivationStatement,
    PortalStatement,
    RefusalStatement,
    RenewalStatement,
    RenewedStatement,
    SessionStatement,
)

SERVER = ServerId(b"S" * 16)
STATEMENTS: tuple[Any, ...] = (
    PortalStatement(nonce=b"n" * 32, box_key=b"b" * 32, at=1),
    ActivationStatement(portal=b"p" * 32, email="a@b", key=b"k" * 32, link=b"l" * 32, at=1),
    ActivatedStatement(server=SERVER, key=b"k" * 32, name="berlin-1", group=GroupId(b"G" * 16), group_name="berlin"),
    RenewalStatement(portal=b"p" * 32, server=SERVER, key=b"k" * 32, at=1),
    RenewedStatement(server=SERVER, key=b"k" * 32),
    SessionStatement(portal=b"p" * 32, nonce=b"n" * 32, server=SERVER, shown=b"s" * 32, drawn=b"d" * 32, at=-1),
    RefusalStatement(nonce=b"n" * 32, server=SERVER, refusal="revoked"),
)


def test_no_statement_says_what_another_says() -> None:
    purposes = {octets[4 : 4 + octets[3]] for octets in (statement.canonical() for statement in STATEMENTS)}

    assert len(purposes) == len(STATEMENTS)


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: type(statement).__name__)
def test_every_field_is_signed(statement: Any) -> None:
    for field in fields(statement):
        value = getattr(statement, field.name)
        other = value + 1 if isinstance(value, int) else value[1:]
        assert replace(statement, **{field.name: other}).canonical() != statement.canonical(), field.name


def test_a_statement_is_the_octets_that_are_written_down_here() -> None:
    assert RenewedStatement(server=ServerId(b"s"), key=b"k").canonical() == (
        b"\x00\x00\x00\x13watchword renewed 1\x00\x00\x00\x01s\x00\x00\x00\x01k"
    )
