"""
How a server opens a session, and how a copy of it is noticed (E6, E7, N20).
"""

from tests.fakes.machines import Machine, credentials, known
from tests.fakes.office import Office
from watchword.app.servers.enrolling import Activated
from watchword.app.servers.listing import ServerList, ServerNamed
from watchword.app.servers.managing import ServerRevoke
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.events import AuditEvent
from watchword.domain.servers import Links, Server, ServerId
from watchword.kit.identities import Identity
from watchword.kit.randomness import SeededRandomness
from watchword.ports.records import Changer


async def test_a_server_opens_one_session_after_the_other(office: Office) -> None:
    machine = await known(office)

    for _ in range(3):
        assert isinstance(await machine.open(), Server)


async def test_a_session_whose_answer_was_lost_is_opened_again(office: Office) -> None:
    machine = await known(office)
    drawn = bytes(31) + b"d"

    assert isinstance(await machine.open(lost=True, drawn=drawn), Server)
    assert isinstance(await machine.open(drawn=drawn), Server)
    assert isinstance(await machine.open(), Server)


async def test_an_old_copy_is_noticed_and_neither_may_act_until_somebody_has_looked(office: Office) -> None:
    machine = await known(office)
    copied = machine.copy()
    await machine.open()

    assert await copied.open() is EnrolmentRefusal.CLONE
    assert await machine.open() is EnrolmentRefusal.CLONE
    assert await copied.open() is EnrolmentRefusal.CLONE

    assert office.connected.ends == [(machine.id, EnrolmentRefusal.CLONE)]
    assert [event for event, _ in office.audited()].count(AuditEvent.SERVER_ALARMED) == 1
    (row,) = await office.do("server.list", ServerList())
    assert "two servers" in row.alarm


async def test_the_server_itself_finds_out_where_the_copy_came_first(office: Office) -> None:
    machine = await known(office)
    copied = machine.copy()

    assert isinstance(await copied.open(), Server)
    assert await machine.open() is EnrolmentRefusal.CLONE


async def test_new_credentials_let_the_right_one_act_again(office: Office) -> None:
    machine = await known(office)
    copied = machine.copy()
    await machine.open()
    await copied.open()
    fresh = Machine(office, 9)

    done = await fresh.activate(await credentials(office, server="berlin-1"))

    assert isinstance(done, Activated)
    assert isinstance(await fresh.open(), Server)
    assert await copied.open() is EnrolmentRefusal.PROOF
    (row,) = await office.do("server.list", ServerList())
    assert row.alarm is None


async def test_a_revoked_server_opens_nothing(office: Office) -> None:
    machine = await known(office)
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))

    assert await machine.open() is EnrolmentRefusal.REVOKED
    await office.do("server.remove", ServerNamed(server="berlin-1"))
    assert await machine.open() is EnrolmentRefusal.UNKNOWN_SERVER


async def test_a_stranger_opens_nothing_and_learns_nothing(office: Office) -> None:
    machine = await known(office)
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))
    machine.identity = Identity.new(SeededRandomness(60))

    assert await machine.open() is EnrolmentRefusal.PROOF
    assert await Machine(office, 61).open() is EnrolmentRefusal.UNKNOWN_SERVER


async def test_after_a_restore_of_the_portal_no_server_is_taken_for_a_copy(office: Office) -> None:
    machine = await known(office)
    await machine.open()
    await office.records.change(lambda records: _forget(records, machine.id))

    assert isinstance(await machine.open(), Server)


def _forget(records: Changer, server: ServerId) -> None:
    known = records.server(server)
    assert known is not None
    assert records.open_link(server, Links(current=None), kept=known.links)
