"""
Every operation of the API, tried with a key of every role: what the table of roles says, and nothing else.
"""

import re

import pytest

from tests.rigs.roles import LETTERS, OPERATIONS
from tests.unit.web.api.desk import Desk
from watchword.web.api.resources import ALL


def test_every_operation_stands_in_the_table_once() -> None:
    assert sorted(name for all_of in OPERATIONS.values() for name in all_of) == sorted(one.name for one in ALL)


@pytest.mark.parametrize("letter", LETTERS)
async def test_a_key_does_what_its_role_may_and_nothing_else(desk: Desk, letter: str) -> None:
    may = {name for letters, names in OPERATIONS.items() if letter in letters for name in names}
    wrong: list[str] = []

    for resource in ALL:
        path = re.sub(r"{[^}]*}", "nobody-here", resource.path)
        # What it cannot answer in is asked for, so that what may be done is not done.
        answer = await desk.ask(resource.method, path, {}, role=LETTERS[letter], headers={"accept": "text/plain"})
        if answer.status != (406 if resource.name in may else 403):
            wrong.append(f"{resource.name}: {answer.status}")

    assert wrong == []


async def test_without_a_key_nothing_is_answered(desk: Desk) -> None:
    wrong: list[str] = []

    for number, resource in enumerate(ALL):
        path = re.sub(r"{[^}]*}", "nobody-here", resource.path)
        # Each from an address of its own: one that guesses is slowed down after some tens.
        answer = await desk.ask(resource.method, path, {}, role=None, client=f"203.0.113.{number}")
        if answer.status != 401:
            wrong.append(f"{resource.name}: {answer.status}")

    assert wrong == []
