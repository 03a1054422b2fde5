"""
How servers become known over HTTP: in a box for the portal alone, capped, and no more often than is sensible (E1, E2).
"""

import json
from typing import Any

import pytest

from tests.fakes.machines import Machine, credentials
from tests.fakes.office import Office
from tests.unit.web.asgi import Answer, ask
from tests.unit.web.phones import Portal
from watchword.app.servers.credentials import CredentialsMade
from watchword.app.servers.identity import portal_identity
from watchword.domain.servers import ServerId
from watchword.domain.statements import ACTIVATION_BOX, PortalStatement, RenewalStatement
from watchword.kit.identities import Identity, put_into_box, stated_by
from watchword.kit.randomness import SeededRandomness
from watchword.web.enrolment import FAILURES_AT_ONCE, PREFIX, PROOFS_AT_ONCE
from watchword.wire.channel import enrolment as wire

NONCE = bytes(range(32))


@pytest.fixture
def portal(office: Office) -> Portal:
    return Portal(office)


async def asked_of(machine: Machine, made: CredentialsMade, **fields: Any) -> wire.Asked:
    activation = await machine.activation(made)
    statement = activation.statement
    document = {
        "portal": statement.portal,
        "email": statement.email,
        "key": statement.key,
        "link": statement.link,
        "at": statement.at,
        "proof": activation.proof,
        "password": made.password,
        "version": "1.0",
        "host_name": machine.host,
        "address": "10.0.0.7",
    }
    return wire.Asked(**{**document, **fields})


async def boxed(portal: Portal, asked: wire.Asked, *, purpose: bytes = ACTIVATION_BOX) -> bytes:
    identity = await portal_identity(portal.office.context)
    box = put_into_box(wire.encode(asked), box_key=identity.box_key, purpose=purpose)
    return wire.encode(wire.Boxed(box=box))


async def activate(portal: Portal, body: bytes | object, **how: Any) -> Answer:
    return await ask(portal.app, f"{PREFIX}/activate", body, **how)


async def test_the_portal_proves_who_it_is_to_whoever_asks(portal: Portal) -> None:
    answer = await ask(portal.app, f"{PREFIX}/portal?nonce={NONCE.hex()}", method="GET")

    shown = wire.decode(answer.body, wire.PortalShown)
    identity = await portal_identity(portal.office.context)
    assert shown is not None
    assert (answer.status, shown.key, shown.box_key) == (200, identity.public, identity.box_key)
    statement = PortalStatement(nonce=NONCE, box_key=shown.box_key, at=portal.office.clock.wall())
    assert stated_by(identity.public, statement.canonical(), shown.signature)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["", "?nonce=", "?nonce=zz", f"?nonce={NONCE.hex()}00", f"?nonce={NONCE[1:].hex()}"])
async def test_it_signs_nothing_but_a_nonce(portal: Portal, query: str) -> None:
    answer = await ask(portal.app, f"{PREFIX}/portal{query}", method="GET")

    assert (answer.status, answer.document["type"]) == (400, "/problems/malformed")


async def test_a_server_becomes_known(portal: Portal) -> None:
    machine = Machine(portal.office)

    answer = await activate(portal, await boxed(portal, await asked_of(machine, await credentials(portal.office))))

    known = wire.decode(answer.body, wire.Known)
    assert known is not None
    assert (answer.status, known.name, known.key) == (200, "berlin-1", machine.identity.public)
    (server,) = await portal.office.records.read(lambda records: records.servers())
    assert (server.id, server.address, server.report.address) == (known.server, "203.0.113.9", "10.0.0.7")
    assert portal.faults == []


async def test_a_refusal_says_why_in_words_and_in_a_code(portal: Portal) -> None:
    made = await credentials(portal.office)
    await activate(portal, await boxed(portal, await asked_of(Machine(portal.office, 1), made)))

    answer = await activate(portal, await boxed(portal, await asked_of(Machine(portal.office, 2), made)))

    document = answer.document
    assert (answer.status, document["code"], document["type"]) == (403, "used", "/problems/enrolment-refused")
    assert "used by another server" in document["detail"]
    assert made.password not in answer.body.decode()


async def test_only_what_lies_in_a_box_for_this_portal_is_read(portal: Portal) -> None:
    asked = await asked_of(Machine(portal.office), await credentials(portal.office))
    stranger = Identity.new(SeededRandomness(99))
    for body in (
        b"",
        b"{}",
        wire.encode(asked),
        wire.encode(wire.Boxed(box=b"")),
        wire.encode(wire.Boxed(box=put_into_box(wire.encode(asked), box_key=stranger.box_key, purpose=ACTIVATION_BOX))),
        await boxed(portal, asked, purpose=b"something else"),
        json.dumps({"box": "x" * wire.LONGEST_MESSAGE}).encode(),
    ):
        answer = await activate(portal, body)
        assert answer.status in {400, 413}
        assert answer.document["detail"]
    assert await portal.office.records.read(lambda records: records.servers()) == []


async def test_a_box_with_nonsense_in_it_is_refused(portal: Portal) -> None:
    identity = await portal_identity(portal.office.context)
    box = put_into_box(b"nonsense", box_key=identity.box_key, purpose=ACTIVATION_BOX)

    assert (await activate(portal, wire.encode(wire.Boxed(box=box)))).status == 400


async def test_a_key_is_renewed(portal: Portal) -> None:
    machine, new = Machine(portal.office), Identity.new(SeededRandomness(50))
    answer = await activate(portal, await boxed(portal, await asked_of(machine, await credentials(portal.office))))
    known = wire.decode(answer.body, wire.Known)
    assert known is not None
    statement = RenewalStatement(
        portal=await machine.portal(), server=ServerId(known.server), key=new.public, at=portal.office.clock.wall()
    )
    renewing = wire.Renewing(
        portal=statement.portal,
        server=statement.server,
        key=statement.key,
        at=statement.at,
        proof=machine.identity.sign(statement.canonical()),
        new_proof=new.sign(statement.canonical()),
    )

    answer = await ask(portal.app, f"{PREFIX}/renew", wire.encode(renewing))
    renewed = wire.decode(answer.body, wire.Renewed)
    assert renewed is not None
    assert (answer.status, renewed.key) == (200, new.public)
    refused = await ask(
        portal.app, f"{PREFIX}/renew", wire.encode(wire.Renewing(**{**fields_of(renewing), "new_proof": b""}))
    )
    assert (refused.status, refused.document["code"]) == (403, "proof")
    assert (await ask(portal.app, f"{PREFIX}/renew", b"{}")).status == 400
    assert (await ask(portal.app, f"{PREFIX}/renew", [b"x" * 20_000])).status == 413


def fields_of(message: wire.Renewing) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


async def test_a_network_may_fail_so_often_and_what_succeeds_counts_for_nothing(portal: Portal) -> None:
    office = portal.office
    for number in range(3):
        made = await credentials(office)
        answer = await activate(portal, await boxed(portal, await asked_of(Machine(office, number), made)))
        assert answer.status == 200
    statuses = [(await activate(portal, b"{}")).status for _ in range(FAILURES_AT_ONCE + 1)]

    assert statuses == [400] * FAILURES_AT_ONCE + [429]
    assert (await ask(portal.app, f"{PREFIX}/renew", b"{}")).status == 429
    assert (await activate(portal, b"{}", client=("198.51.100.1", 1))).status == 400


async def test_a_network_may_ask_so_often_who_the_portal_is(portal: Portal) -> None:
    path = f"{PREFIX}/portal?nonce={NONCE.hex()}"
    statuses = [(await ask(portal.app, path, method="GET")).status for _ in range(PROOFS_AT_ONCE + 1)]

    assert statuses == [200] * PROOFS_AT_ONCE + [429]


async def test_a_store_that_is_away_is_told(portal: Portal) -> None:
    portal.office.records.away = True

    assert (await ask(portal.app, f"{PREFIX}/portal?nonce={NONCE.hex()}", method="GET")).status == 503
    assert portal.faults == []
