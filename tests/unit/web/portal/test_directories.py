"""
The pages of directories: listed, added, tested, removed.
"""

import html

import pytest

from tests.fakes.office import ALICE, VPN, Office
from tests.unit.web.portal.rooms import Room, room_of
from watchword.app.manage.applications import ApplicationAdd
from watchword.app.manage.directories import DirectoryList, DirectoryRow, DirectoryType
from watchword.app.manage.directory_test import DirectoryTested
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.web.portal.directories import steps_of

PASSWORD = "correct horse battery"
LDAP = {"type": "ldap", "name": "AD", "url": "ldaps://dc.example.org", "base": "dc=example,dc=org", "timeout": "2.5"}
RADIUS = {"type": "radius", "name": "Old", "url": "radius://192.0.2.8:1812", "tries": "2", "timeout": "3"}
SECRET = "shared-with-the-old-one"


@pytest.fixture
def at(office: Office) -> Room:
    return room_of(office)


async def page(at: Room, path: str, status: int = 200) -> str:
    answer = await at.get(path)
    assert answer.status == status, answer.body
    return html.unescape(answer.body.decode())


async def added(at: Room, office: Office, **sent: str) -> DirectoryRow:
    answer = await at.post("/directories/add", **sent)
    assert answer.status == 303, answer.body
    row: DirectoryRow = (await office.do("directory.list", DirectoryList()))[0]
    assert answer.headers["location"] == f"/directories/{row.id}/test"
    return row


async def test_an_empty_list_teaches(at: Room) -> None:
    assert "Add your Active Directory or LDAP server" in await page(at, "/directories")


async def test_an_ldap_directory_is_added_and_listed(at: Room, office: Office) -> None:
    await added(at, office, **LDAP, bind_dn="cn=watchword", bind_password=PASSWORD, user_filter="", ca="")

    (row,) = await office.do("directory.list", DirectoryList())
    assert (row.type, row.url, row.timeout, row.bind_dn) == (
        DirectoryType.LDAP,
        "ldaps://dc.example.org",
        2.5,
        "cn=watchword",
    )
    shown = await page(at, "/directories")
    assert "ldaps://dc.example.org" in shown
    assert "TLS" in shown
    assert PASSWORD not in shown


async def test_a_radius_server_is_added_and_listed(at: Room, office: Office) -> None:
    assert "radius://192.0.2.8:1812" in await page(at, "/directories/add?type=radius")
    await added(at, office, **RADIUS, secret=SECRET)

    assert "2 tries of 3 s each" in await page(at, "/directories")


async def test_clear_text_is_warned_of(at: Room, office: Office) -> None:
    await added(at, office, **{**LDAP, "url": "ldap://dc.example.org"})

    assert "clear text" in await page(at, "/directories")


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({**LDAP, "name": ""}, "name", "This is needed."),
        ({**LDAP, "name": "local"}, "name", "is neither “local” nor “asserted”"),
        ({**LDAP, "url": "dc.example.org"}, "url", "Write ldaps://HOST, ldap://HOST or radius://HOST:PORT."),
        ({**LDAP, "url": "ldaps://dc/x"}, "url", "Write scheme, host and port alone"),
        ({**LDAP, "url": "radius://dc:1"}, "url", "Write ldaps://HOST or ldap://HOST."),
        ({**LDAP, "start_tls": "on"}, "start_tls", "leave StartTLS off"),
        ({**LDAP, "base": "example"}, "base", "Write the distinguished name"),
        ({**LDAP, "bind_dn": "cn=w"}, "bind_dn", "Bind DN and password go together"),
        ({**LDAP, "user_filter": "(uid=x)"}, "user_filter", "The filter must say with {username}"),
        ({**LDAP, "ca": "no certificate"}, "ca", "There is no certificate in PEM"),
        ({**LDAP, "timeout": "61"}, "timeout", "Choose from 0.1 to 60 seconds."),
        ({**RADIUS, "url": "ldap://dc", "secret": SECRET}, "url", "Write radius://HOST:PORT."),
        ({**RADIUS, "secret": "short"}, "secret", "A secret has at least 16 characters."),
        ({**RADIUS, "secret": SECRET, "tries": "11"}, "tries", "Choose from 1 to 10."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field(at: Room, sent: dict[str, str], field: str, words: str) -> None:
    answer = await at.post("/directories/add", **sent)

    shown = html.unescape(answer.body.decode())
    assert answer.status == 422
    assert words in shown
    assert f'id="f-{field}-error"' in shown or f'data-field="{field}"' in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (PrimaryVerdict.ACCEPTED, "the password is right"),
        (PrimaryVerdict.REJECTED, "the password is wrong"),
        (PrimaryVerdict.AWAY, "the directory could not be asked"),
    ],
)
async def test_a_test_is_told_step_by_step_and_keeps_no_password(
    at: Room, office: Office, verdict: PrimaryVerdict, words: str
) -> None:
    row = await added(at, office, **LDAP)
    office.directories.result = PrimaryResult(verdict=verdict, checked_by="AD", detail="80090308 data 52e")
    assert PASSWORD not in await page(at, f"/directories/{row.id}/test")

    answer = await at.post(f"/directories/{row.id}/test", user=ALICE, password=PASSWORD)

    shown = answer.body.decode()
    assert answer.status == 200
    for part in (words, "80090308 data 52e", "Step by step", "The directory is reached", f'value="{ALICE}"'):
        assert part in shown, part
    assert PASSWORD not in shown
    assert office.directories.attempts[-1].password.octets == PASSWORD.encode()
    refused = await at.post(f"/directories/{row.id}/test", user=ALICE, password="")
    assert refused.status == 422


@pytest.mark.parametrize(
    ("kind", "verdict", "held"),
    [
        (DirectoryType.LDAP, PrimaryVerdict.ACCEPTED, [True, True, True]),
        (DirectoryType.LDAP, PrimaryVerdict.REJECTED, [True, True, False]),
        (DirectoryType.LDAP, PrimaryVerdict.REFUSED, [True, True, False]),
        (DirectoryType.LDAP, PrimaryVerdict.UNKNOWN, [True, False, None]),
        (DirectoryType.LDAP, PrimaryVerdict.AMBIGUOUS, [True, False, None]),
        (DirectoryType.LDAP, PrimaryVerdict.AWAY, [False, None, None]),
        (DirectoryType.RADIUS, PrimaryVerdict.ACCEPTED, [True, True]),
        (DirectoryType.RADIUS, PrimaryVerdict.REJECTED, [True, False]),
        (DirectoryType.RADIUS, PrimaryVerdict.UNKNOWN, [True, False]),
        (DirectoryType.RADIUS, PrimaryVerdict.AWAY, [False, None]),
    ],
)
def test_the_steps_end_where_the_verdict_came(
    kind: DirectoryType, verdict: PrimaryVerdict, held: list[bool | None]
) -> None:
    tested = DirectoryTested(
        name="AD", user=ALICE, verdict=verdict, sentence="", detail="", directory_id=None, seconds=0.1
    )

    assert [step.held for step in steps_of(tested, kind)] == held


async def test_one_in_use_is_not_removed_and_says_where(at: Room, office: Office) -> None:
    row = await added(at, office, **LDAP)
    assert "No application asks it." in await page(at, f"/directories/{row.id}/remove")
    await office.do("application.add", ApplicationAdd(name=VPN, clients=("192.0.2.7",), primary="AD"))

    shown = await page(at, f"/directories/{row.id}/remove")
    answer = await at.post(f"/directories/{row.id}/remove")

    assert f'href="/applications/named?name={VPN}"' in shown
    assert 'method="post"' not in shown.partition("<main")[2]
    assert answer.status == 422
    assert (await office.do("directory.list", DirectoryList()))[0].id == row.id


async def test_one_that_nobody_asks_is_removed(at: Room, office: Office) -> None:
    row = await added(at, office, **LDAP)

    answer = await at.post(f"/directories/{row.id}/remove")

    assert (answer.status, answer.headers["location"]) == (303, "/directories")
    assert await office.do("directory.list", DirectoryList()) == []
    assert "There is no such directory." in await page(at, f"/directories/{row.id}/test", 404)
