"""
When servers were last heard, until when one could still act, and who is told so.
"""

import pytest

from tests.fakes.machines import Machine, contact, known
from tests.fakes.office import ALICE, Office
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.texts import instant
from watchword.app.manage.users import UserNamed
from watchword.app.servers.contacts import Contacts
from watchword.app.servers.listing import ServerList, ServerNamed, ServerRow
from watchword.app.servers.managing import ServerRevoke
from watchword.domain.servers import ACTS_SECONDS, AHEAD_SECONDS, MICROSECONDS, Report, Server, ServerId
from watchword.ports.login import StoreAway


@pytest.fixture
def contacts(office: Office) -> Contacts:
    made = Contacts(office.records)
    office.connected.heard = made.all()  # type: ignore[assignment]
    return made


async def kept(office: Office, machine: Machine) -> Server:
    found = await office.records.read(lambda records: records.server(machine.id))
    assert found is not None
    return found


async def row(office: Office) -> ServerRow:
    (found,) = await office.do("server.list", ServerList())
    assert isinstance(found, ServerRow)
    return found


async def test_a_word_is_written_down_once_a_minute_and_never_too_late(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    written = 0
    for _ in range(60):
        before = (await kept(office, machine)).heard_at
        await contacts.heard(machine.id, contact(office))
        after = await kept(office, machine)
        written += after.heard_at != before
        assert after.acts_until >= office.clock.now() + ACTS_SECONDS * MICROSECONDS
        office.clock.advance(10)

    assert written == 600 // (AHEAD_SECONDS + 10) + 1


async def test_a_word_that_cannot_be_written_down_is_not_taken_in(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    office.records.away = True

    with pytest.raises(StoreAway):
        await contacts.heard(machine.id, contact(office))

    assert contacts.all() == {}


async def test_what_a_server_says_of_itself_is_written_down_when_it_changes(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    await contacts.heard(machine.id, contact(office, report=Report(version="1.0", load=1)))
    await contacts.heard(machine.id, contact(office, report=Report(version="1.0", load=2)))
    assert (await kept(office, machine)).report.load == 1
    await contacts.heard(machine.id, contact(office, report=Report(version="1.1", load=3)))
    assert (await kept(office, machine)).report == Report(version="1.1", load=3)

    contacts.forget(machine.id)
    assert contacts.all() == {}


async def test_who_is_heard_is_told_as_he_is_known_now(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    first = await contacts.heard(machine.id, contact(office))
    await office.do("server.renew", ServerNamed(server="berlin-1"))
    second = await contacts.heard(machine.id, contact(office))

    assert first is not None
    assert second is not None
    assert (first.renew_at, second.renew_at) == (None, office.clock.now())
    assert await contacts.heard(ServerId(bytes(16)), contact(office)) is None


async def test_status_follows_the_last_word_by_the_portals_clock(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    assert ((await row(office)).status, (await row(office)).last_communication) == ("never", None)

    report = Report(version="1.1", host_name="b", address="10.0.0.7", clock_skew=-1_500_000, listeners=("radius x",))
    await contacts.heard(machine.id, contact(office, report=report, address="192.0.2.9"))
    heard = await row(office)
    assert (heard.status, heard.version, heard.ip, heard.reported_ip) == ("online", "1.1", "192.0.2.9", "10.0.0.7")
    assert (heard.clock_skew, heard.listeners) == (-1.5, ("radius x",))
    assert heard.last_communication == instant(office.clock.now())
    statuses = []
    for seconds in (30, 1, 88, 1):
        office.clock.advance(seconds)
        statuses.append((await row(office)).status)
    assert statuses == ["online", "late", "late", "offline"]


async def test_a_portal_that_was_started_anew_knows_what_was_written_down(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    await contacts.heard(machine.id, contact(office))
    office.stop()

    assert (await row(office)).status == "online"
    office.clock.advance(121)
    assert (await row(office)).status == "offline"


async def test_what_a_server_says_cannot_rewrite_a_screen(office: Office, contacts: Contacts) -> None:
    machine = await known(office)
    evil = "\x1b[2J\u202e" + "x" * 100
    report = Report(version=evil, host_name=evil, address=evil, listeners=(evil,))
    await contacts.heard(machine.id, contact(office, report=report, address=evil))

    shown = await row(office)
    for text in (shown.version, shown.host_name, shown.reported_ip, shown.ip, *shown.listeners):
        assert text is not None
        assert text.isprintable()
        assert len(text) < 70


@pytest.mark.parametrize("operation", ["user.block", "user.disable"])
async def test_who_keeps_a_user_out_is_told_which_servers_have_not_heard_of_it(
    office: Office, contacts: Contacts, operation: str
) -> None:
    await office.user()
    near, far = await known(office), await known(office, 2, host="potsdam")
    await known(office, 3, host="never")
    for machine in (near, far):
        await contacts.heard(machine.id, contact(office))
    until = instant(office.clock.now() + ACTS_SECONDS * MICROSECONDS)
    office.connected.settled = frozenset({near.id})

    blocked = await office.do(operation, UserReasoned(user=ALICE, reason="left"))

    assert [(one.server, one.until) for one in blocked.not_reached] == [("potsdam", until)]
    (note,) = blocked.notes
    assert "potsdam" in note
    assert until in note
    removed = await office.do("user.remove", UserNamed(user=ALICE))
    assert [one.server for one in removed.not_reached] == ["potsdam"]


async def test_a_server_that_can_act_no_more_is_not_named(office: Office, contacts: Contacts) -> None:
    await office.user()
    machine = await known(office)
    await contacts.heard(machine.id, contact(office))
    office.clock.advance(ACTS_SECONDS)

    blocked = await office.do("user.block", UserReasoned(user=ALICE, reason="left"))

    assert blocked.not_reached == ()


async def test_a_portal_that_was_killed_names_no_instant_that_is_too_early(office: Office, contacts: Contacts) -> None:
    await office.user()
    machine = await known(office)
    await contacts.heard(machine.id, contact(office))
    office.clock.advance(AHEAD_SECONDS)
    await contacts.heard(machine.id, contact(office))
    last = office.clock.now()
    office.stop()

    blocked = await office.do("user.block", UserReasoned(user=ALICE, reason="left"))

    (one,) = blocked.not_reached
    assert one.until >= instant(last + ACTS_SECONDS * MICROSECONDS)


async def test_a_server_that_was_revoked_is_named_until_it_has_heard_of_it(office: Office, contacts: Contacts) -> None:
    machine, other = await known(office), await known(office, 2, host="potsdam")
    for each in (machine, other):
        await contacts.heard(each.id, contact(office))

    done = await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))

    assert [one.server for one in done.not_reached] == ["berlin-1"]
    refused = await office.refused("server.remove", ServerNamed(server="berlin-1"))
    assert "remove it after" in refused.sentence
    office.clock.advance(ACTS_SECONDS + AHEAD_SECONDS)
    await office.do("server.remove", ServerNamed(server="berlin-1"))
