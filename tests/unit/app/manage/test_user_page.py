"""
One user with everything that is known of him but his secrets.
"""

import msgspec

from tests.fakes.office import ALICE, VPN, Office
from watchword.app.enrol import MethodAdd, MethodType
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.standing import UserReasoned
from watchword.app.manage.users import UserAdd, UserNamed
from watchword.domain.secrets import Secret


async def test_a_user_is_shown_with_all_of_it(office: Office) -> None:
    await office.application()
    await office.do(
        "user.add",
        UserAdd(username=ALICE, name="Alice", password=Secret(b"correct horse"), aliases=("a1",)),
    )
    token = await office.token()
    bypass = await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", seconds=60, application=VPN))

    shown = await office.do("user.show", UserNamed(user="a1"))

    assert (shown.username, shown.name, shown.password, shown.directory_id) == (ALICE, "Alice", True, None)
    assert set(shown.aliases) == {"a1", "alice", "example\\alice"}
    assert (shown.blocked, shown.disabled, shown.locked_until, shown.push_off_until) == (None, False, None, None)
    assert shown.wrong_second_steps == 0
    assert [method.id for method in shown.methods] == [token.id]
    assert [(one.id, one.group, one.application, one.expires_at) for one in shown.bypasses] == [
        (bypass.id, "default", VPN, bypass.expires_at)
    ]


async def test_no_secret_is_shown(office: Office) -> None:
    await office.user()
    token = await office.token()
    codes = (await office.do("method.add", MethodAdd(user=ALICE, type=MethodType.BACKUP_CODES))).codes

    document = msgspec.json.encode(await office.do("user.show", UserNamed(user=ALICE))).decode()

    assert "argon2" not in document
    assert not any(secret in document for secret in (token.secret, *codes))


async def test_a_block_and_a_bypass_that_has_run_out_are_told(office: Office) -> None:
    await office.user()
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", seconds=60))
    await office.do("user.block", UserReasoned(user=ALICE, reason="left"))
    office.clock.advance(60)

    shown = await office.do("user.show", UserNamed(user=ALICE))

    assert (shown.blocked.at, shown.blocked.reason) == ("2023-11-14T22:13:20.000000Z", "left")
    assert shown.bypasses == ()
