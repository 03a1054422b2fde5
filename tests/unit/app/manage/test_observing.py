"""
How applications ask, as the listeners of this process have seen it.
"""

import pytest

from tests.fakes.office import VPN, Office
from watchword.app.administration import RefusalKind
from watchword.app.manage.applications import ApplicationAdd
from watchword.app.manage.observing import ApplicationObserve, ClientObserved
from watchword.app.manage.texts import instant
from watchword.domain.applications import ClientId
from watchword.domain.clients import parse_network
from watchword.ports.live import ClientObservation

BRANCH = "Branch"
AT = 1_764_000_000_000_000


@pytest.fixture
async def seen(office: Office) -> Office:
    await office.do("application.add", ApplicationAdd(name=VPN, clients=("192.0.2.7", "192.0.2.9")))
    await office.do("application.add", ApplicationAdd(name=BRANCH, clients=("198.51.100.0/28",)))
    office.seen.observations = [
        ClientObservation(client=None, address="203.0.113.1", dropped=9),
        ClientObservation(client=await client_at(office, "192.0.2.7"), address="192.0.2.7", at=AT, newer_secret=True),
        ClientObservation(
            client=await client_at(office, "192.0.2.9"), address="192.0.2.9", at=AT + 1, without_authenticator=3
        ),
    ]
    return office


async def client_at(office: Office, network: str) -> ClientId:
    clients = (await office.configuration()).clients
    return next(client.id for client in clients if client.network == parse_network(network))


async def test_each_application_is_told_with_what_was_seen_of_its_networks(seen: Office) -> None:
    branch, vpn = await seen.do("application.observed", ApplicationObserve())

    assert (branch.name, branch.last_request) == (BRANCH, None)
    assert branch.clients == (ClientObserved(network="198.51.100.0/28"),)
    assert (vpn.name, vpn.last_request) == (VPN, instant(AT + 1))
    assert vpn.clients == (
        ClientObserved(network="192.0.2.7/32", address="192.0.2.7", at=instant(AT), newer_secret=True),
        ClientObserved(network="192.0.2.9/32", address="192.0.2.9", at=instant(AT + 1), without_authenticator=3),
    )


async def test_one_application_is_found_by_name_or_id(seen: Office) -> None:
    (vpn,) = await seen.do("application.observed", ApplicationObserve(name=VPN))

    assert await seen.do("application.observed", ApplicationObserve(name=vpn.id)) == [vpn]
    refusal = await seen.refused("application.observed", ApplicationObserve(name="elsewhere"))
    assert refusal.kind is RefusalKind.NOT_FOUND


async def test_nothing_is_seen_where_nothing_runs(seen: Office) -> None:
    seen.stop()

    assert (await seen.refused("application.observed", ApplicationObserve())).kind is RefusalKind.UNAVAILABLE
