"""
Lists: as one JSON array, as tables, as CSV, page by page, and as things happen.
"""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.unit.cli.terminal import Told, typed

AT: Final = "2026-11-24T05:25:43.000000Z"


def user(number: int) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "username": f"user{number:05}@example.org",
        "name": f"User {number}",
        "blocked": None,
        "disabled": False,
    }


def bypass(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number:05}",
        "user": "ann@example.org",
        "group": "default",
        "application": None,
        "reason": "phone at home",
        "seconds": 300,
        "created_by": "host",
        "created_at": AT,
        "expires_at": AT,
        "state": "active",
        "ended_at": None,
        "ended_by": None,
        "used_at_application": None,
        "used_from": None,
    } | fields


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number:05}",
        "at": AT,
        "kind": "login",
        "user": "ann@example.org",
        "application": "vpn",
        "source": "198.51.100.7",
        "outcome": "allowed",
        "reason": "code",
        "count": 1,
    } | fields


def paged(rows: list[dict[str, Any]], after: str, key: str) -> Any:
    """Return an operation that gives `limit` of the rows behind the one that is named."""

    def listed(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        named = arguments.get(after)
        begin = 0 if named is None else 1 + next(n for n, one in enumerate(rows) if one[key] == named)
        return rows[begin : begin + arguments["limit"]]

    return listed


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1_000, 1_203])
def test_a_list_is_one_array_however_many_pages_it_has(count: int) -> None:
    rows = [user(number) for number in range(count)]
    told = Told({"user.list": paged(rows, "after", "username")})

    ran = typed("user", "list", "--json", told=told)

    assert ran.document == rows
    assert ran.out.endswith("]\n")
    assert len(told.calls) == count // 500 + 1


@pytest.mark.parametrize(("limit", "asked"), [(1, [1]), (500, [500]), (501, [500, 1]), (1_203, [500, 500, 203])])
def test_no_more_rows_are_asked_for_than_are_wanted(limit: int, asked: list[int]) -> None:
    rows = [row(number) for number in range(2_000)]
    told = Told({"activity.list": paged(rows, "before", "id")})

    ran = typed("activity", "--limit", str(limit), "--json", told=told)

    assert ran.document == rows[:limit]
    assert [arguments["limit"] for _, arguments in told.calls] == asked


def test_where_there_are_fewer_the_list_is_shorter() -> None:
    rows = [row(number) for number in range(600)]
    told = Told({"activity.list": paged(rows, "before", "id")})

    assert typed("activity", "--limit", "5000", "--json", told=told).document == rows


def test_a_limit_that_is_none_is_the_catalogues_to_refuse() -> None:
    told = Told({"activity.list": []})

    typed("activity", "--limit", "0", told=told)
    typed("activity", "--limit", "-3", told=told)

    assert [arguments["limit"] for _, arguments in told.calls] == [0, -3]


def test_an_empty_list_says_so() -> None:
    assert typed("user", "list", told=Told({"user.list": []})).out == "none\n"


def test_a_table_holds_what_others_wrote_as_text() -> None:
    rows = [user(1) | {"name": "[bold red]Ann[/]\x1b[2J"}]

    out = typed("user", "list", told=Told({"user.list": rows})).out

    assert "[bold red]Ann[/]\\u{1b}[2J" in out
    assert "\x1b" not in out


def test_a_report_is_csv_that_no_spreadsheet_runs() -> None:
    rows = [bypass(number, reason="=HYPERLINK(1)" if number == 3 else 'a, "b"') for number in range(700)]
    told = Told({"bypass.list": paged(rows, "before", "id")})

    ran = typed("bypass", "list", "--all", "--csv", told=told)

    read = list(csv.DictReader(io.StringIO(ran.out)))
    assert [one["id"] for one in read] == [one["id"] for one in rows]
    assert read[3]["reason"] == "'=HYPERLINK(1)"
    assert read[4]["reason"] == 'a, "b"'
    assert set(read[0]) == set(rows[0])


# --- following


def test_whoever_follows_gets_an_object_a_line() -> None:
    told = Told(happens=[row(1), row(2, user="two\nlines")])

    ran = typed("activity", "--follow", "--json", "--user", "ann", told=told)

    assert [json.loads(line) for line in ran.out.splitlines()] == told.happens
    assert told.followed == [{"user": "ann"}]
    assert told.calls == [], "and nothing of what was before"


def test_whoever_wants_to_see_what_was_before_gets_it_in_its_order() -> None:
    before = [row(number) for number in (3, 2, 1)]
    told = Told({"activity.list": paged(before, "before", "id")}, happens=[row(4)])

    ran = typed("activity", "--follow", "--limit", "2", "--json", told=told)

    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["id-00002", "id-00003", "id-00004"]


def test_what_happens_is_a_line_each_for_people_too() -> None:
    told = Told(happens=[row(1, user="m\x1bm"), row(2, outcome=None, kind="accounting", reason="accounting", count=3)])

    lines = typed("activity", "--follow", told=told).out.splitlines()

    assert len(lines) == 2
    assert "m\\u{1b}m" in lines[0]
    assert "accounting (3 times)" in lines[1]
