"""
Directories, and trying them out.
"""

from typing import Any

import pytest

from tests.fakes.office import OWNER, SECRET, VPN, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.directories import DirectoryAdd, DirectoryList, DirectoryNamed, DirectoryType
from watchword.app.manage.directory_test import DirectoryTest
from watchword.domain.applications import PrimaryKind
from watchword.domain.directories import LdapDirectory, RadiusDirectory
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.identifiers import text

BIND = Secret(b"the search account's password")


def ldap(**fields: Any) -> DirectoryAdd:
    wanted: dict[str, Any] = {
        "name": "AD",
        "type": DirectoryType.LDAP,
        "url": "ldaps://dc.example.org",
        "base": "dc=example,dc=org",
    } | fields
    return DirectoryAdd(**wanted)


def radius(**fields: Any) -> DirectoryAdd:
    wanted: dict[str, Any] = {
        "name": "NPS",
        "type": DirectoryType.RADIUS,
        "url": "radius://[2001:db8::9]:1645",
        "secret": SECRET,
    } | fields
    return DirectoryAdd(**wanted)


async def test_an_ldap_directory_is_added(office: Office) -> None:
    added = await office.do(
        "directory.add",
        ldap(
            bind_dn=" cn=search,dc=example,dc=org ",
            bind_password=BIND,
            user_filter="(uid={username})",
            timeout=5.0,
        ),
        OWNER,
    )

    (directory,) = (await office.configuration()).directories.values()
    assert directory == LdapDirectory(
        id=directory.id,
        name="AD",
        url="ldaps://dc.example.org",
        base="dc=example,dc=org",
        bind_dn="cn=search,dc=example,dc=org",
        bind_password=BIND,
        user_filter="(uid={username})",
        timeout=5.0,
    )
    assert (added.id, added.notes) == (text(directory.id), ())
    assert office.audited() == [(AuditEvent.DIRECTORY_ADDED, OWNER.name)]
    assert BIND.octets.decode() not in str(office.records.audit)


async def test_a_radius_server_is_added(office: Office) -> None:
    await office.do("directory.add", radius(timeout=2.0, tries=3))

    (directory,) = (await office.configuration()).directories.values()
    assert directory == RadiusDirectory(
        id=directory.id, name="NPS", host="2001:db8::9", port=1645, secret=SECRET, timeout=2.0, tries=3
    )


async def test_passwords_in_clear_text_are_told(office: Office) -> None:
    added = await office.do("directory.add", ldap(url="ldap://dc.example.org"))

    assert added.notes == ("passwords go to it in clear text; use ldaps:// or --start-tls",)


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (ldap(name=""), RefusalKind.INVALID, "a directory needs a name of 1 to 100 printable characters"),
        (ldap(name="local"), RefusalKind.INVALID, "a directory's name has no comma and is neither"),
        (ldap(name="asserted"), RefusalKind.INVALID, "a directory's name has no comma and is neither"),
        (ldap(name="AD, the new one"), RefusalKind.INVALID, "a directory's name has no comma and is neither"),
        (ldap(url="dc.example.org"), RefusalKind.INVALID, "'dc.example.org' is no directory; write ldap://HOST"),
        (ldap(base=""), RefusalKind.INVALID, "--base must be the distinguished name"),
        (radius(secret=None), RefusalKind.INVALID, "the secret must have at least 16 octets"),
        (ldap(name="Taken"), RefusalKind.CONFLICT, "there is a directory Taken already"),
    ],
)
async def test_a_directory_that_cannot_be_is_refused(
    office: Office, arguments: DirectoryAdd, kind: RefusalKind, sentence: str
) -> None:
    await office.do("directory.add", ldap(name="Taken"))
    before = await office.configuration()

    refusal = await office.refused("directory.add", arguments)

    assert refusal.kind is kind
    assert refusal.sentence.startswith(sentence)
    assert await office.configuration() == before


async def test_directories_are_listed_without_their_secrets(office: Office) -> None:
    await office.do("directory.add", radius())
    await office.do("directory.add", ldap(bind_dn="cn=search", bind_password=BIND))
    await office.application(primary="NPS,AD")

    first, second = await office.do("directory.list", DirectoryList())

    assert (first.name, first.type, first.url, first.base) == (
        "AD",
        "ldap",
        "ldaps://dc.example.org",
        "dc=example,dc=org",
    )
    assert (first.bind_dn, first.start_tls, first.own_ca, first.tries) == ("cn=search", False, False, None)
    assert (second.name, second.type, second.url, second.base) == ("NPS", "radius", "radius://[2001:db8::9]:1645", None)
    assert (second.tries, second.bind_dn, second.own_ca) == (2, None, None)
    assert first.applications == second.applications == (VPN,)
    assert BIND.octets.decode() not in repr(first)


async def test_a_directory_in_use_is_not_removed(office: Office) -> None:
    await office.do("directory.add", ldap())
    await office.application(primary="AD")

    assert kinds(await office.refused("directory.remove", DirectoryNamed(name="AD"))) == (
        RefusalKind.CONFLICT,
        "AD checks the passwords of VPN; remove or change those first",
    )
    assert len((await office.configuration()).directories) == 1


async def test_a_directory_that_nobody_asks_is_removed(office: Office) -> None:
    await office.do("directory.add", ldap())

    removed = await office.do("directory.remove", DirectoryNamed(name="AD"), OWNER)

    assert removed.name == "AD"
    assert (await office.configuration()).directories == {}
    assert office.audited()[-1] == (AuditEvent.DIRECTORY_REMOVED, OWNER.name)
    assert kinds(await office.refused("directory.remove", DirectoryNamed(name="AD"))) == (
        RefusalKind.NOT_FOUND,
        "there is no directory 'AD'; `watchword directory list` shows them",
    )


# --- trying one out


def trial(**fields: Any) -> DirectoryTest:
    wanted: dict[str, Any] = {"name": "AD", "user": "CORP\\alice", "password": Secret(b"secret")} | fields
    return DirectoryTest(**wanted)


@pytest.mark.parametrize(("add", "kind"), [(ldap(), PrimaryKind.LDAP), (radius(name="AD"), PrimaryKind.RADIUS)])
async def test_a_password_is_checked_as_a_login_would_have_it_checked(
    office: Office, add: DirectoryAdd, kind: PrimaryKind
) -> None:
    await office.do("directory.add", add)
    office.directories.result = PrimaryResult(
        verdict=PrimaryVerdict.REFUSED, checked_by="AD", detail="533 disabled", directory_id=b"\x01\x02"
    )

    tested = await office.do("directory.test", trial())

    (attempt,) = office.directories.attempts
    (directory,) = (await office.configuration()).directories
    assert (attempt.application.primary, attempt.application.directories) == (kind, (directory,))
    assert (attempt.user_name, attempt.password.octets, attempt.user) == ("CORP\\alice", b"secret", None)
    assert attempt.deadline == office.clock.monotonic() + 60_000_000_000
    assert (tested.verdict, tested.detail, tested.directory_id) == (PrimaryVerdict.REFUSED, "533 disabled", "0102")
    assert tested.sentence == "the password was not taken: the account may not sign in"


@pytest.mark.parametrize("verdict", list(PrimaryVerdict))
async def test_every_verdict_has_a_sentence(office: Office, verdict: PrimaryVerdict) -> None:
    await office.do("directory.add", ldap())
    office.directories.result = PrimaryResult(verdict=verdict, checked_by="AD")

    assert (await office.do("directory.test", trial())).sentence


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"password": Secret(b"")}, RefusalKind.INVALID, "a password is needed: many a directory lets everybody in"),
        ({"user": ""}, RefusalKind.INVALID, "'' can be nobody's name"),
        ({"name": "Nobody"}, RefusalKind.NOT_FOUND, "there is no directory 'Nobody'"),
    ],
)
async def test_a_test_that_would_tell_nothing_is_refused(
    office: Office, fields: dict[str, Any], kind: RefusalKind, sentence: str
) -> None:
    await office.do("directory.add", ldap())

    refusal = await office.refused("directory.test", trial(**fields))

    assert refusal.kind is kind
    assert refusal.sentence.startswith(sentence)
    assert office.directories.attempts == []
