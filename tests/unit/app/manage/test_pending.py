"""
What is in progress at this moment.
"""

from dataclasses import replace

from tests.fakes.office import ALICE, VPN, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.pending import PendingList
from watchword.domain.applications import ApplicationId
from watchword.domain.verification import VerificationId
from watchword.kit.identifiers import parse, text
from watchword.ports.live import PendingVerification


async def test_what_is_in_progress_is_listed_with_names(office: Office) -> None:
    alice, bob = await office.user(), await office.user("bob@example.org")
    application = ApplicationId(parse(await office.application()) or b"")
    first = PendingVerification(
        id=VerificationId(b"1" * 16),
        user=alice,
        application=application,
        source="192.0.2.7",
        since=office.clock.now(),
        contended=True,
    )
    gone = replace(first, id=VerificationId(b"2" * 16), user=bob, application=ApplicationId(b"g" * 16), source=None)
    office.running.verifications = [first, gone]

    rows = await office.do("pending", PendingList())

    assert [row.id for row in rows] == [text(first.id), text(gone.id)]
    assert (rows[0].user, rows[0].application, rows[0].source, rows[0].contended) == (ALICE, VPN, "192.0.2.7", True)
    assert rows[0].since == "2023-11-14T22:13:20.000000Z"
    assert (rows[1].application, rows[1].source) == (text(gone.application), None)
    assert await office.do("pending", PendingList(user="bob")) == [rows[1]]
    assert (await office.refused("pending", PendingList(user="carol"))).kind is RefusalKind.NOT_FOUND


async def test_where_nothing_runs_that_is_said(office: Office) -> None:
    office.stop()

    assert kinds(await office.refused("pending", PendingList())) == (
        RefusalKind.UNAVAILABLE,
        "nothing is running on this data folder, so nothing is in progress; `watchword up` starts it",
    )
