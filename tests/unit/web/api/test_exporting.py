"""
Lists as CSV files over REST: everything that filters leave, in pieces, and no cell that runs.
"""

import csv
import io

import pytest

from tests.fakes.office import ALICE, Office
from tests.unit.web.api.desk import Desk
from tests.unit.web.portal.test_activity import login
from watchword.app.manage import activity
from watchword.app.manage.bypasses import BypassAdd
from watchword.domain.roles import Role
from watchword.domain.verification import OutcomeKind, Reason
from watchword.ports.login import StoreAway

FORMULA = "=cmd|' /C calc'!A0"


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


@pytest.fixture
async def alice(office: Office) -> bytes:
    return await office.user(ALICE)


async def test_the_bypass_report_is_a_file_in_which_nothing_runs(desk: Desk, office: Office, alice: bytes) -> None:
    assert alice
    await office.user("bob@example.org")
    for user in (ALICE, "bob@example.org"):
        await office.do("bypass.add", BypassAdd(user=user, reason=FORMULA, seconds=300))

    answer = await desk.get("/bypasses/export?user=alice")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="one-time-bypasses.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    (row,) = rows(answer.body)
    assert (row["user"], row["reason"], row["state"]) == (ALICE, f"'{FORMULA}", "active")


async def test_activity_is_a_file_of_everything_in_short_pieces(
    desk: Desk, office: Office, alice: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "PIECE", 3)
    made = [login(office, alice) for _ in range(8)]  # type: ignore[arg-type]
    login(office, None, user_name=FORMULA, source="+1", reason=Reason.UNKNOWN_USER)
    login(office, alice, kind=OutcomeKind.ALLOWED, reason=Reason.CODE)  # type: ignore[arg-type]

    answer = await desk.get("/activity/export?outcome=denied")
    found = rows(answer.body)

    assert [row["id"] for row in found[1:]] == made[::-1]
    assert (found[0]["user"], found[0]["source"]) == (f"'{FORMULA}", "'+1")
    assert len([one for one in answer.messages if one.get("body")]) > 2
    assert answer.body.count(b"id,at,kind") == 1


async def test_an_empty_list_is_a_header(desk: Desk) -> None:
    for path in ("/bypasses/export", "/activity/export"):
        answer = await desk.get(path)
        assert (answer.status, rows(answer.body)) == (200, [])
        assert answer.body.startswith(b"id,")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/bypasses/export?limit=1", 422),
        ("/bypasses/export?before=x", 422),
        ("/bypasses/export?cursor=x", 422),
        ("/bypasses/export?state=nothing", 422),
        ("/bypasses/export?user=nobody@example.org", 404),
        ("/activity/export?since=yesterday", 422),
        ("/activity/export?application=nowhere", 404),
        ("/activity/export?user=a&user=b", 422),
    ],
)
async def test_what_cannot_be_exported_is_refused_before_the_file_begins(desk: Desk, path: str, status: int) -> None:
    answer = await desk.get(path)

    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_whoever_has_no_key_or_takes_no_csv_gets_none(desk: Desk) -> None:
    assert (await desk.get("/activity/export", role=None)).status == 401
    assert (await desk.get("/activity/export", headers={"accept": "application/json"})).status == 406
    assert (await desk.ask("HEAD", "/bypasses/export")).body == b""
    for role in (Role.HELP_DESK, Role.AUDITOR):
        assert (await desk.get("/activity/export", role=role, headers={"accept": "text/csv"})).status == 200


async def test_a_store_that_is_away_is_told_or_ends_the_file(
    desk: Desk, office: Office, alice: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "PIECE", 1)
    for _ in range(3):
        login(office, alice)  # type: ignore[arg-type]
    read, left = office.records.read, [2]

    def sometimes(use_case: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise StoreAway
        return read(use_case)  # type: ignore[arg-type]

    monkeypatch.setattr(office.records, "read", sometimes)
    assert len(rows((await desk.get("/activity/export")).body)) == 2
    assert (await desk.get("/activity/export")).status == 503
