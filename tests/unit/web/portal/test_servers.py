"""
The pages of MFA servers: how each stands, live, and what is done to it.
"""

import html
from typing import Any

import pytest

from tests.fakes.changes import replace
from tests.fakes.machines import Machine, contact, known
from tests.fakes.office import Office
from tests.unit.web.portal.rooms import Room, room_of, visitor
from watchword.app.manage.groups import GroupAdd
from watchword.app.servers.listing import ServerList, ServerRow
from watchword.domain.roles import Role
from watchword.domain.servers import MICROSECONDS, Report
from watchword.kit.identifiers import text
from watchword.web.portal.servers import path_of

CANARY = '"><img src=x onerror=alert(1)>{{7*7}}'
WELL = Report(
    version="1.0", host_name="berlin-1", address="10.0.0.7", listeners=("radius 10.0.0.7:1812",), clock_skew=100_000
)


@pytest.fixture
async def machine(office: Office) -> Machine:
    machine = await known(office)
    hear(office, machine)
    return machine


@pytest.fixture
async def at(office: Office) -> Room:
    return room_of(office)


def hear(office: Office, machine: Machine, **report: Any) -> None:
    office.connected.heard[machine.id] = contact(office, report=replace(WELL, **report))


def home(machine: Machine) -> str:
    return path_of(text(machine.id))


async def row(office: Office) -> ServerRow:
    (found,) = await office.do("server.list", ServerList())
    assert isinstance(found, ServerRow)
    return found


async def page(at: Room, path: str) -> str:
    answer = await at.get(path)
    assert answer.status == 200, path
    return html.unescape(answer.body.decode())


async def test_before_there_is_a_server_the_page_says_what_one_is(at: Room) -> None:
    assert "No MFA server yet" in await page(at, "/servers")


@pytest.mark.usefixtures("machine")
async def test_status_shows_version_status_address_and_last_communication(at: Room, office: Office) -> None:
    shown = await page(at, "/servers")

    for words in ("berlin-1", "1.0", "online", "198.51.100.7", "says 10.0.0.7", "default", "0.1 s"):
        assert words in shown
    assert (await row(office)).last_communication is not None
    assert f'<time datetime="{(await row(office)).last_communication}"' in shown
    assert "callout" not in shown


@pytest.mark.parametrize(
    ("seconds", "state", "wrong", "helps"),
    [
        (31, "late", "It has missed three beats", "Wait a moment"),
        (120, "offline", "It is not heard any more", "See whether the machine runs"),
    ],
)
@pytest.mark.usefixtures("machine")
async def test_a_server_that_stops_is_said_so_without_a_reload(
    at: Room, office: Office, seconds: int, state: str, wrong: str, helps: str
) -> None:
    assert 'data-source="/servers/now" data-topics="servers" data-every="3"' in await page(at, "/servers")
    office.clock.advance(seconds)

    fragment = await page(at, "/servers/now")

    assert "<html" not in fragment
    for words in (f">{state}<", f"berlin-1: {wrong}", helps, f'data-says="berlin-1 is {state}."'):
        assert words in fragment


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"clock_skew": 60 * MICROSECONDS}, "Its clock is wrong"),
        ({"listeners": ()}, "It serves no VPN"),
    ],
)
async def test_what_is_wrong_stands_on_the_servers_page_with_what_helps(
    at: Room, office: Office, machine: Machine, report: dict[str, Any], words: str
) -> None:
    assert words not in await page(at, home(machine))
    hear(office, machine, **report)

    assert words in await page(at, home(machine) + "/now")


async def test_of_two_that_claim_to_be_one_the_right_one_is_activated_anew(at: Room, machine: Machine) -> None:
    copied = machine.copy()
    await machine.open()
    await copied.open()

    assert "Give the right one a new key" in await page(at, home(machine))
    made = await at.post(home(machine) + "/new-key", once="1")

    shown = html.unescape(made.body.decode())
    assert made.status == 200
    assert "watchword server activate" in shown
    assert "--email server-" in shown
    assert f'href="{home(machine)}"' in shown


async def test_a_server_is_renamed_also_to_what_is_no_path(at: Room, office: Office, machine: Machine) -> None:
    answer = await at.post(home(machine) + "/rename", name="a/b?c#d", once="1")

    assert (answer.status, answer.headers["location"]) == (303, home(machine))
    assert "a/b?c#d" in await page(at, home(machine))
    assert f'href="{home(machine)}"' in await page(at, "/servers")
    assert (await at.post(home(machine) + "/rename", name=" ")).status == 422
    assert (await row(office)).name == "a/b?c#d"


async def test_a_server_is_moved_where_there_is_another_group(at: Room, office: Office, machine: Machine) -> None:
    assert "There is one replication group only" in await page(at, home(machine) + "/move")
    await office.do("group.add", GroupAdd(name="Potsdam"))
    offered = await page(at, home(machine) + "/move")
    assert '<option value="Potsdam">' in offered
    assert '<option value="default">' not in offered

    answer = await at.post(home(machine) + "/move", group="Potsdam", once="1")

    assert answer.status == 303
    assert (await row(office)).group == "Potsdam"


async def test_a_server_is_asked_to_renew_its_key(at: Room, office: Office, machine: Machine) -> None:
    assert (await at.post(home(machine) + "/renew", once="1")).status == 303

    assert (await row(office)).renewal_wanted
    assert "asked for; it makes a new key when it is next heard" in await page(at, home(machine))


async def test_whoever_revokes_is_shown_who_has_not_heard_of_it_and_until_when_it_could_act(
    at: Room, office: Office, machine: Machine
) -> None:
    until = office.clock.now() + 900 * MICROSECONDS
    office.commit()
    await office.records.change(
        lambda records: records.note_contact(machine.id, contact(office, report=WELL), acts_until=until)
    )
    assert (await at.post(home(machine) + "/revoke", reason=" ")).status == 422

    answer = await at.post(home(machine) + "/revoke", reason="stolen", once="1")

    shown = html.unescape(answer.body.decode())
    assert answer.status == 200
    assert "It may not have heard of that" in shown
    assert "15:00" in shown
    assert (await row(office)).status == "revoked"
    assert "As long as it has not heard of that" in await page(at, home(machine))
    refused = await at.post(home(machine) + "/remove", once="2")
    assert refused.status == 422
    assert "Wait until it can act no more" in html.unescape(refused.body.decode())
    office.clock.advance(901)
    assert (await at.post(home(machine) + "/remove", once="3")).headers["location"] == "/servers"
    assert await office.do("server.list", ServerList()) == []
    assert (await at.get(home(machine))).status == 404


async def test_a_revoked_server_that_was_reached_is_revoked_at_once(at: Room, office: Office, machine: Machine) -> None:
    office.connected.settled = frozenset({machine.id})

    answer = await at.post(home(machine) + "/revoke", reason="stolen", once="1")

    assert (answer.status, answer.headers["location"]) == (303, home(machine))
    assert (await row(office)).status == "revoked"


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.AUDITOR])
async def test_who_only_reads_sees_how_servers_stand_and_is_offered_nothing(
    office: Office, machine: Machine, role: Role
) -> None:
    at = room_of(office, visitor(role))

    for path in ("/servers", home(machine), "/groups"):
        shown = await page(at, path)
        assert "online" in shown
        for act in ("/rename", "/move", "/renew", "/revoke", "/remove", "/new-key", "/add"):
            assert f'{act}"' not in shown
    assert (await at.get(home(machine) + "/revoke")).status == 403
    assert (await at.get("/server-settings")).status == (200 if role is Role.AUDITOR else 403)


@pytest.mark.parametrize("act", ["move", "revoke", "remove", "new-key"])
async def test_what_is_dangerous_needs_a_fresh_second_step(office: Office, machine: Machine, act: str) -> None:
    at = room_of(office, visitor(fresh=False))

    answer = await at.get(f"{home(machine)}/{act}")

    assert answer.status == 303
    assert answer.headers["location"].startswith("/confirm")


async def test_what_a_server_says_of_itself_is_text_everywhere(at: Room, office: Office) -> None:
    machine = await known(office, host=CANARY)
    hear(office, machine, version=CANARY, host_name=CANARY, address=CANARY, listeners=(CANARY,))

    for path in ("/servers", home(machine), "/groups", "/", "/server-settings", home(machine) + "/revoke"):
        assert b"<img" not in (await at.get(path)).body


async def test_the_first_page_names_servers_that_are_silent(at: Room, office: Office) -> None:
    machine = await known(office)
    hear(office, machine)
    assert "Every MFA server is heard." in await page(at, "/overview/now")
    office.clock.advance(150)

    assert f'<a href="{home(machine)}"><strong>berlin-1</strong></a>' in await page(at, "/overview/now")
    first = await page(at, "/")
    assert "The MFA server berlin-1 is offline." in first
    at.who[0] = visitor(Role.HELP_DESK)
    assert f'<a href="{home(machine)}"><strong>berlin-1</strong></a>' in await page(at, "/")
