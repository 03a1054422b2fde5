"""
Keys of programs: shown once, good for their role until they end, and no person.
"""

import zlib
from pathlib import Path

import pytest

from tests.fakes.office import ALICE, OWNER, Office, kinds
from watchword.app.administration import HOST, Actor, RefusalKind
from watchword.app.manage.api_keys import LONGEST_LIFE, PERSONS_ONLY, KeyAdd, KeyAdded, KeyList, KeyRevoke, authenticate
from watchword.app.manage.bypasses import KEYS_MAKE_NONE, BypassAdd
from watchword.app.manage.report import BypassList
from watchword.domain.administrators import AdministratorId
from watchword.domain.events import AuditEvent
from watchword.domain.roles import Role
from watchword.domain.secrets import Secret

OWNER_SIGNED_IN = Actor(name=OWNER.name, role=Role.OWNER, administrator=AdministratorId(b"o" * 16))


async def made(office: Office, role: Role = Role.HELP_DESK, **fields: object) -> KeyAdded:
    added = await office.do("key.add", KeyAdd(role=role, **fields))  # type: ignore[arg-type]
    assert isinstance(added, KeyAdded)
    return added


async def whose(office: Office, key: str) -> Actor | None:
    return await authenticate(office.context, Secret(key.encode()))


def holding(folder: Path, octets: bytes) -> list[str]:
    return [file.name for file in folder.iterdir() if octets in file.read_bytes()]


async def test_a_key_stands_for_its_role(office: Office) -> None:
    key = await made(office, name="ticket system")

    assert await whose(office, key.key) == Actor(name="key:ticket system", role=Role.HELP_DESK)


async def test_a_key_is_known_by_its_beginning_and_shown_once(office: Office, folder: Path) -> None:
    key = await made(office)

    assert key.key.startswith("wwk_")
    assert len(key.key) == 4 + 43 + 8
    assert key.key not in repr(key)
    assert not holding(folder, key.key[4:47].encode())
    assert office.audited()[-1] == (AuditEvent.API_KEY_ADDED, "host")


@pytest.mark.parametrize("put", ["", "wwk_", "wwk_" + "A" * 43 + "00000000", "Bearer x", "wwk_" + "ü" * 51])
async def test_what_is_no_key_is_nobody(office: Office, put: str) -> None:
    assert await whose(office, put) is None


async def test_a_key_that_was_never_made_here_is_nobody(office: Office) -> None:
    await made(office)
    token = "A" * 43
    forged = f"wwk_{token}{zlib.crc32(token.encode()):08x}"

    assert await whose(office, forged) is None


async def test_a_key_ends_when_it_was_made_to(office: Office) -> None:
    key = await made(office, expires_in=60)
    assert key.expires_at is not None

    office.clock.advance(59)
    assert await whose(office, key.key) is not None
    office.clock.advance(1)
    assert await whose(office, key.key) is None
    (row,) = await office.do("key.list", KeyList())
    assert row.state == "expired"


async def test_a_revoked_key_is_nobody_at_once(office: Office) -> None:
    key = await made(office)

    await office.do("key.revoke", KeyRevoke(id=key.id), OWNER_SIGNED_IN)

    assert await whose(office, key.key) is None
    (row,) = await office.do("key.list", KeyList())
    assert (row.state, row.revoked_at is not None) == ("revoked", True)
    assert office.audited()[-1] == (AuditEvent.API_KEY_REVOKED, OWNER.name)
    refused = await office.refused("key.revoke", KeyRevoke(id=key.id))
    assert refused.kind is RefusalKind.CONFLICT


async def test_the_list_says_when_a_key_was_used_to_the_minute(office: Office) -> None:
    key = await made(office)
    (before,) = await office.do("key.list", KeyList())
    await whose(office, key.key)
    (first,) = await office.do("key.list", KeyList())
    office.clock.advance(30)
    await whose(office, key.key)
    (second,) = await office.do("key.list", KeyList())
    office.clock.advance(30)
    await whose(office, key.key)
    (third,) = await office.do("key.list", KeyList())

    assert before.used_at is None
    assert first.used_at == second.used_at
    assert third.used_at > second.used_at


async def test_a_program_with_a_key_makes_and_revokes_none(office: Office) -> None:
    key = await made(office, Role.OWNER)
    program = await whose(office, key.key)
    assert program is not None

    for name, arguments in (("key.add", KeyAdd(role=Role.AUDITOR)), ("key.revoke", KeyRevoke(id=key.id))):
        refused = await office.refused(name, arguments, program)
        assert kinds(refused) == (RefusalKind.FORBIDDEN, PERSONS_ONLY)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_LIFE + 1])
async def test_a_key_is_good_for_a_time_that_makes_sense(office: Office, seconds: int) -> None:
    refused = await office.refused("key.add", KeyAdd(role=Role.AUDITOR, expires_in=seconds))

    assert refused.kind is RefusalKind.INVALID


async def test_no_key_is_the_host(office: Office) -> None:
    assert (await office.refused("key.add", KeyAdd(role=Role.HOST), HOST)).kind is RefusalKind.INVALID


async def test_two_keys_never_have_one_name(office: Office) -> None:
    await made(office, name="backup")

    refused = await office.refused("key.add", KeyAdd(role=Role.AUDITOR, name=" backup "))

    assert refused.kind is RefusalKind.CONFLICT


async def test_a_key_that_is_not_there_cannot_be_revoked(office: Office) -> None:
    refused = await office.refused("key.revoke", KeyRevoke(id="0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"))

    assert refused.kind is RefusalKind.NOT_FOUND
    assert (await office.refused("key.revoke", KeyRevoke(id="x"))).kind is RefusalKind.INVALID


# --- no key makes a bypass unless that was said (B2)


async def program(office: Office, actor: Actor, role: Role, *, bypasses: bool | None) -> Actor:
    added = await office.do("key.add", KeyAdd(role=role, bypasses=bypasses), actor)
    found = await whose(office, added.key)
    assert found is not None
    return found


@pytest.mark.parametrize("role", [Role.OWNER, Role.AUTHENTICATION_ADMINISTRATOR, Role.HELP_DESK])
async def test_a_key_makes_no_bypass_by_its_role_alone(office: Office, role: Role) -> None:
    await office.user()
    key = await program(office, OWNER_SIGNED_IN, role, bypasses=None)

    refusal = await office.refused("bypass.add", BypassAdd(user=ALICE, reason="phone lost"), key)

    assert kinds(refusal) == (RefusalKind.FORBIDDEN, KEYS_MAKE_NONE)
    assert await office.do("bypass.list", BypassList(all=True)) == []


async def test_a_key_that_was_made_for_it_makes_bypasses_and_the_trail_says_so(office: Office) -> None:
    await office.user()
    key = await program(office, OWNER_SIGNED_IN, Role.HELP_DESK, bypasses=True)
    added = next(row for row in office.records.audit if row.event is AuditEvent.API_KEY_ADDED)

    await office.do("bypass.add", BypassAdd(user=ALICE, reason="phone lost"), key)

    assert ("bypasses", "yes") in added.words
    (row,) = await office.do("key.list", KeyList())
    assert row.bypasses


async def test_whoever_holds_the_data_folder_makes_keys_that_do_unless_he_says_no(office: Office) -> None:
    assert (await program(office, HOST, Role.HELP_DESK, bypasses=None)).makes_bypasses
    assert not (await program(office, HOST, Role.HELP_DESK, bypasses=False)).makes_bypasses


async def test_no_key_makes_what_its_role_may_not(office: Office) -> None:
    await office.user()
    key = await program(office, HOST, Role.AUDITOR, bypasses=True)

    assert not key.makes_bypasses
    refusal = await office.refused("bypass.add", BypassAdd(user=ALICE, reason="phone lost"), key)
    assert refusal.kind is RefusalKind.FORBIDDEN
