"""
The example that `up --demo` starts with.
"""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fakes.office import Office, kinds
from watchword.app.administration import Refusal, RefusalKind
from watchword.app.demo import Demo, lines, prepare
from watchword.app.manage.clients import ClientAdd, ClientRemove
from watchword.app.manage.users import UserAdd
from watchword.domain import otp
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret


async def prepared(office: Office) -> Demo:
    made = await prepare(office.context)
    assert isinstance(made, Demo)
    return made


async def test_there_is_a_user_with_password_and_token_and_a_vpn_on_this_machine(office: Office) -> None:
    demo = await prepared(office)

    person = await office.person("alice@example.org")
    (client,) = (await office.configuration()).clients
    assert office.hashed == [demo.password.encode()]
    code = otp.code_at(base64.b32decode(demo.totp_secret), office.clock.wall() // 30_000_000, 6)
    assert isinstance(otp.check(person.methods, code, office.clock.wall()), otp.Matched)
    assert (str(client.network), client.secrets) == ("127.0.0.1/32", (Secret(demo.secret.encode()),))
    assert client.require_message_authenticator
    assert (await office.configuration()).applications[client.application].name == demo.application == "Example VPN"
    assert parse_qs(urlsplit(demo.totp_uri).query)["secret"] == [demo.totp_secret]
    assert {event for event, _ in office.audited()} == {
        AuditEvent.USER_ADDED,
        AuditEvent.PASSWORD_SET,
        AuditEvent.METHOD_ADDED,
        AuditEvent.APPLICATION_ADDED,
    }
    assert {actor for _, actor in office.audited()} == {"system"}


async def test_made_again_it_is_the_same_but_for_the_password(office: Office) -> None:
    first = await prepared(office)
    before = await office.person(), await office.configuration()
    second = await prepared(office)

    assert (second.totp_secret, second.secret, second.username) == (first.totp_secret, first.secret, first.username)
    assert second.password != first.password
    assert office.hashed[-1] == second.password.encode()
    assert ((await office.person()).methods, await office.configuration()) == (before[0].methods, before[1])


async def test_what_is_missing_is_made_anew(office: Office) -> None:
    await office.user("alice@example.org")
    demo = await prepared(office)

    assert len((await office.person()).methods) == 1
    assert demo.username == "alice@example.org"


async def test_what_is_somebody_elses_is_not_touched(office: Office) -> None:
    await office.do("user.add", UserAdd(username="bob@example.com", aliases=("alice@example.org",)))

    refused = await prepare(office.context)

    assert isinstance(refused, Refusal)
    assert kinds(refused) == (
        RefusalKind.CONFLICT,
        "alice@example.org is a name of somebody else already, so there is no example user",
    )
    assert (await office.configuration()).applications == {}


async def test_a_network_that_belongs_to_another_application_is_left_to_it(office: Office) -> None:
    await office.application()

    refused = await prepare(office.context)

    assert isinstance(refused, Refusal)
    assert kinds(refused) == (
        RefusalKind.CONFLICT,
        "127.0.0.1/32 is a client of VPN already; one network belongs to one application",
    )


async def test_an_example_that_was_changed_is_left_as_it_is(office: Office) -> None:
    await prepared(office)
    elsewhere = ClientAdd(name="Example VPN", client="192.0.2.7", secret=Secret(b"x" * 24))
    await office.do("application.client-add", elsewhere)
    await office.do("application.client-remove", ClientRemove(name="Example VPN", client="127.0.0.1"))

    refused = await prepare(office.context)

    assert isinstance(refused, Refusal)
    assert refused.sentence.startswith("Example VPN is there, and does not ask from 127.0.0.1/32")


async def test_the_terminal_shows_all_that_is_needed_to_try(office: Office) -> None:
    demo = await prepared(office)
    shown = "\n".join(lines(demo, radius="127.0.0.1:1812", folder="/var/lib/my data"))

    for needed in (demo.username, demo.password, demo.totp_secret, demo.totp_uri, demo.secret, "127.0.0.1:1812"):
        assert needed in shown
    assert f"oathtool --totp -b {demo.totp_secret}" in shown
    assert (
        f"printf %s {demo.password} | watchword try 'Example VPN' alice@example.org --password-stdin --code CODE"
        " --data '/var/lib/my data'"
    ) in shown


@pytest.mark.parametrize("field", ["password", "totp_uri", "totp_secret", "secret"])
async def test_no_repr_shows_it(office: Office, field: str) -> None:
    demo = await prepared(office)

    assert getattr(demo, field) not in repr(demo)
