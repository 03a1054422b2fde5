"""
The CSV of the bypass report: a spreadsheet that opens it runs nothing (N27).
"""

import csv
import io
from dataclasses import fields, replace

import pytest

from watchword.app.manage.csv_lines import cell
from watchword.app.manage.report import BypassRow, as_csv
from watchword.domain.bypass import BypassState

ROW = BypassRow(
    id="0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12",
    user="alice@example.org",
    group="default",
    application=None,
    reason="lost her phone",
    seconds=300,
    created_by="host",
    created_at="2026-01-01T00:00:00.000000Z",
    expires_at="2026-01-01T00:05:00.000000Z",
    state=BypassState.ACTIVE,
    ended_at=None,
    ended_by=None,
    used_at_application=None,
    used_from=None,
)

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%0A", "\t=1+1", "\r=1+1", " =1+1", "\n@x", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_cell_that_begins_like_a_formula_is_text(formula: str) -> None:
    assert cell(formula)[0] == "'"


@pytest.mark.parametrize("field", ["user", "reason", "created_by", "used_from", "used_at_application"])
def test_no_field_that_people_supply_runs(field: str) -> None:
    for formula in FORMULAS:
        row = replace(ROW, **{field: formula})  # type: ignore[arg-type]
        _, written = csv.reader(io.StringIO("".join(as_csv([row])), newline=""))
        at = [one.name for one in fields(BypassRow)].index(field)
        assert written[at][0] == "'"


def test_a_line_break_in_a_cell_is_a_space() -> None:
    lines = list(as_csv([replace(ROW, reason='lost\r\nher,"phone"')]))

    assert len(lines) == 2
    assert all(line.endswith("\r\n") and line.count("\n") == 1 for line in lines)
    assert '"lost her,""phone"""' in lines[1]


def test_the_header_names_the_fields_of_the_contract() -> None:
    (header,) = as_csv([])

    assert header == (
        "id,user,group,application,reason,seconds,created_by,created_at,expires_at,state,ended_at,ended_by,"
        "used_at_application,used_from\r\n"
    )


def test_a_row_reads_as_it_is() -> None:
    _, line = as_csv([ROW])

    assert line == (
        "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12,alice@example.org,default,,lost her phone,300,host,"
        "2026-01-01T00:00:00.000000Z,2026-01-01T00:05:00.000000Z,active,,,,\r\n"
    )
