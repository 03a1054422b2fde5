"""
`doctor` at the portal tells what is wrong with MFA servers, and so does server status.
"""

from typing import Any

import pytest

from tests.fakes.changes import replace
from tests.fakes.machines import Machine, contact, known
from tests.fakes.office import Office
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.doctor import Doctor
from watchword.app.servers.listing import ServerList
from watchword.app.servers.managing import ServerRevoke
from watchword.app.servers.troubles import Trouble
from watchword.domain.servers import DAY, MICROSECONDS, Report

WELL = Report(version="1.0", listeners=("radius 10.0.0.7:1812",))


def hear(office: Office, machine: Machine, **report: Any) -> None:
    office.connected.heard[machine.id] = contact(office, report=replace(WELL, **report))


async def troubles(office: Office) -> list[Trouble]:
    (row,) = await office.do("server.list", ServerList())
    return list(row.troubles)


async def said(office: Office) -> list[Finding]:
    return [one for one in await office.do("doctor", Doctor()) if one.check == "servers"]


async def test_of_servers_that_are_well_nothing_is_said(office: Office) -> None:
    hear(office, await known(office))

    assert await troubles(office) == []
    assert [(one.level, one.sentence) for one in await said(office)] == [(Level.OK, "nothing to remark on MFA servers")]


async def test_a_server_that_was_never_heard_is_named(office: Office) -> None:
    await known(office)

    assert await troubles(office) == [Trouble.NEVER]
    (finding,) = await said(office)
    assert (finding.level, finding.sentence) == (
        Level.WARNING,
        "the server berlin-1 was activated and has not been heard yet",
    )


@pytest.mark.parametrize(
    ("seconds", "found", "level"),
    [
        (30, [], Level.OK),
        (31, [Trouble.LATE], Level.WARNING),
        (119, [Trouble.LATE], Level.WARNING),
        (120, [Trouble.OFFLINE], Level.ERROR),
    ],
)
async def test_a_server_that_beats_no_more_is_late_and_then_offline(
    office: Office, seconds: int, found: list[Trouble], level: Level
) -> None:
    hear(office, await known(office))
    office.clock.advance(seconds)

    assert await troubles(office) == found
    (finding,) = await said(office)
    assert finding.level is level
    assert bool(finding.advice) is bool(found)


@pytest.mark.parametrize(("seconds", "words"), [(6.0, "6 seconds ahead of"), (-400.0, "400 seconds behind")])
async def test_a_clock_that_differs_is_told(office: Office, seconds: float, words: str) -> None:
    machine = await known(office)
    hear(office, machine, clock_skew=int(seconds * MICROSECONDS))

    assert await troubles(office) == [Trouble.SKEW]
    (finding,) = await said(office)
    assert finding.sentence == f"the clock of the server berlin-1 is {words} the portal's"
    hear(office, machine, clock_skew=5 * MICROSECONDS)
    assert await troubles(office) == []


async def test_what_a_silent_server_said_last_does_not_count_any_more(office: Office) -> None:
    hear(office, await known(office), clock_skew=60 * MICROSECONDS, listeners=())
    office.clock.advance(31)

    assert await troubles(office) == [Trouble.LATE]


async def test_a_configuration_that_is_not_taken_is_told_after_three_beats(office: Office) -> None:
    machine = await known(office)
    office.connected.sent[machine.id] = office.clock.now()
    for seconds, found in ((30, []), (1, [Trouble.BEHIND])):
        office.clock.advance(seconds)
        hear(office, machine)
        assert await troubles(office) == found
    (finding,) = await said(office)
    assert finding.sentence == "the server berlin-1 has not taken the newest configuration"


async def test_a_server_that_serves_nobody_is_told(office: Office) -> None:
    hear(office, await known(office), listeners=())

    assert await troubles(office) == [Trouble.NO_LISTENER]
    (finding,) = await said(office)
    assert "--radius" in finding.advice


async def test_a_key_that_was_not_renewed_for_long_is_told(office: Office) -> None:
    machine = await known(office)
    office.clock.advance(30 * DAY // MICROSECONDS)
    hear(office, machine)
    assert await troubles(office) == []
    office.clock.advance(DAY // MICROSECONDS)
    hear(office, machine)

    assert await troubles(office) == [Trouble.OLD_KEY]
    (finding,) = await said(office)
    assert "`watchword server renew 'berlin-1'`" in finding.advice


async def test_of_two_that_claim_to_be_one_nothing_else_is_said(office: Office) -> None:
    machine = await known(office)
    copied = machine.copy()
    await machine.open()
    await copied.open()
    office.clock.advance(300)

    assert await troubles(office) == [Trouble.CLONE]
    (finding,) = await said(office)
    assert finding.level is Level.ERROR
    assert "`watchword server credentials --server 'berlin-1'`" in finding.advice


async def test_of_a_revoked_server_nothing_is_said(office: Office) -> None:
    await known(office)
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))

    assert await troubles(office) == []
    assert [one.level for one in await said(office)] == [Level.OK]
