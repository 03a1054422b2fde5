"""
Applications of type `api`: one secret, and the networks that they may ask from.
"""

from typing import Any

import pytest

from tests.fakes.office import SECRET, VPN, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.diagnose.doctor import Doctor
from watchword.app.diagnose.try_login import TryLogin
from watchword.app.manage.api_clients import ApiClientRow
from watchword.app.manage.application_rows import ApplicationList
from watchword.app.manage.applications import ApplicationAdd, ApplicationChange
from watchword.app.manage.clients import ClientAdd, ClientRemove, SecretFinish, SecretReplace
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import AuthenticationType
from watchword.domain.secrets import Secret
from watchword.ports.live import Listening

SHOP = "shop"
NEXT = Secret(b"the next secret of the shop's own")


async def shop(office: Office, **fields: Any) -> Any:
    wanted: dict[str, Any] = {"type": AuthenticationType.API, "secret": SECRET} | fields
    return await office.do("application.add", ApplicationAdd(name=SHOP, **wanted))


async def client(office: Office) -> ApiClient:
    (found,) = (await office.configuration()).api_clients.values()
    return found


async def row(office: Office) -> ApiClientRow | None:
    (found,) = await office.do("application.list", ApplicationList())
    return found.api  # type: ignore[no-any-return]


async def test_it_may_ask_from_anywhere_and_that_is_said(office: Office) -> None:
    added = await shop(office)

    assert added.notes == ("it may ask from anywhere; --client says from where alone",)
    assert (await client(office)).secrets == (SECRET,)
    assert (await office.configuration()).clients == ()
    assert await row(office) == ApiClientRow(networks=(), secrets=1, secret_octets=len(SECRET.octets))


async def test_it_may_ask_from_the_networks_of_others(office: Office) -> None:
    await office.application()

    assert (await shop(office, clients=("127.0.0.1", "2001:db8::/64"))).notes == ()

    assert [str(network) for network in (await client(office)).networks] == ["127.0.0.1/32", "2001:db8::/64"]


@pytest.mark.parametrize(
    "fields", [{"secret": Secret(b"short")}, {"clients": ("10.0.0.0/8",)}, {"clients": ("nowhere",)}]
)
async def test_it_is_held_to_the_rules_of_all(office: Office, fields: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {"name": SHOP, "type": AuthenticationType.API, "secret": SECRET} | fields

    assert (await office.refused("application.add", ApplicationAdd(**wanted))).kind is RefusalKind.INVALID


async def test_a_radius_application_needs_a_network(office: Office) -> None:
    refused = await office.refused("application.add", ApplicationAdd(name=VPN, secret=SECRET))

    assert refused.sentence.startswith("an application has 1 to 200 addresses")


async def test_its_networks_are_changed(office: Office) -> None:
    await shop(office)

    await office.do("application.change", ApplicationChange(name=SHOP, clients=("192.0.2.7",)))
    assert [str(network) for network in (await client(office)).networks] == ["192.0.2.7/32"]
    await office.do("application.change", ApplicationChange(name=SHOP, deadline=20))
    assert [str(network) for network in (await client(office)).networks] == ["192.0.2.7/32"]
    await office.do("application.change", ApplicationChange(name=SHOP, clients=()))
    assert (await client(office)).networks == ()
    for clients in (("10.0.0.0/8",), ("x",)):
        refused = await office.refused("application.change", ApplicationChange(name=SHOP, clients=clients))
        assert refused.kind is RefusalKind.INVALID


async def test_networks_of_a_radius_application_have_secrets_of_their_own(office: Office) -> None:
    await office.application()

    refused = await office.refused("application.change", ApplicationChange(name=VPN, clients=("192.0.2.7",)))

    assert refused.kind is RefusalKind.CONFLICT
    assert "client-add" in refused.sentence


async def test_it_has_one_secret(office: Office) -> None:
    await shop(office)

    added = await office.refused("application.client-add", ClientAdd(name=SHOP, client="192.0.2.7", secret=SECRET))
    removed = await office.refused("application.client-remove", ClientRemove(name=SHOP, client="192.0.2.7"))

    assert (added.kind, removed.kind) == (RefusalKind.CONFLICT, RefusalKind.NOT_FOUND)
    assert (await office.configuration()).clients == ()


async def test_its_secret_is_replaced_in_two_steps(office: Office) -> None:
    await shop(office)

    same = await office.refused("application.secret-replace", SecretReplace(name=SHOP, secret=SECRET))
    early = await office.refused("application.secret-finish", SecretFinish(name=SHOP))
    replaced = await office.do("application.secret-replace", SecretReplace(name=SHOP, secret=NEXT))
    both = (await client(office)).secrets
    twice = await office.refused("application.secret-replace", SecretReplace(name=SHOP, secret=Secret(b"x" * 30)))
    finished = await office.do("application.secret-finish", SecretFinish(name=SHOP))

    assert {each.kind for each in (same, early, twice)} == {RefusalKind.CONFLICT}
    assert (both, (await client(office)).secrets) == ((SECRET, NEXT), (NEXT,))
    assert (replaced.clients, finished.clients) == ((), ())


async def test_the_doctor_looks_at_its_secret_and_misses_no_network(office: Office) -> None:
    await office.application(secret=Secret(b"sixteen octets.."))
    await shop(office, secret=Secret(b"sixteen octets.."))
    await office.do("application.secret-replace", SecretReplace(name=SHOP, secret=NEXT))

    said = [finding.sentence for finding in await office.do("doctor", Doctor())]

    assert "the secret of shop has 16 octets; 24 random ones are advised" in said
    assert "the secret of shop is being replaced, and both count" in said
    assert f"{VPN}, shop have the same secret, so each could speak for the other" in said
    assert not [sentence for sentence in said if "never heard" in sentence]


async def test_it_is_not_tried_by_radius(office: Office) -> None:
    await shop(office)
    await office.user()
    office.seen.sockets.append(Listening(protocol="radius", host="127.0.0.1", port=1812))

    refused = await office.refused("try", TryLogin(application=SHOP, user="alice@example.org", password=Secret(b"x")))

    assert kinds(refused)[0] is RefusalKind.CONFLICT
    assert "/api/v1/verifications" in refused.sentence
