"""
How a server becomes known (E1, E2, N20): once, by one key, and told the same as often as its answer is lost.
"""

from dataclasses import replace

import pytest

from tests.fakes.machines import ADDRESS, Machine, credentials, known
from tests.fakes.office import Office
from watchword.app.manage.groups import GroupAdd
from watchword.app.servers.credentials import CredentialsMade
from watchword.app.servers.enrolling import Activated
from watchword.app.servers.identity import portal_identity
from watchword.app.servers.listing import ServerNamed
from watchword.app.servers.managing import ServerRevoke
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.enrolment import CREDENTIALS_SECONDS, MOST_TRIES, EnrolmentRefusal
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.servers import Server
from watchword.kit.identities import Identity, stated_by
from watchword.kit.randomness import SeededRandomness


async def servers(office: Office) -> list[Server]:
    return await office.records.read(lambda records: records.servers())


def events(office: Office) -> list[AuditEvent]:
    return [event for event, _ in office.audited()]


async def test_a_server_becomes_known_and_is_told_so_by_the_portal_itself(office: Office) -> None:
    machine = Machine(office)

    done = await machine.activate(await credentials(office))

    assert isinstance(done, Activated)
    assert (done.statement.name, done.statement.group_name) == ("berlin-1", "default")
    assert stated_by((await portal_identity(office.context)).public, done.statement.canonical(), done.signature)
    (server,) = await servers(office)
    assert (server.id, server.public_key, server.group) == (machine.id, machine.identity.public, DEFAULT_GROUP)
    assert (server.report.version, server.report.address, server.address) == ("1.0", "10.0.0.7", ADDRESS)
    assert events(office)[-1] is AuditEvent.SERVER_ACTIVATED


async def test_the_password_is_read_however_it_is_typed(office: Office) -> None:
    made = await credentials(office)

    done = await Machine(office).activate(made, password=Secret(f" {made.password.upper()} \n".encode()))

    assert isinstance(done, Activated)


async def test_credentials_are_good_once(office: Office) -> None:
    made = await credentials(office)
    await Machine(office, 1).activate(made)

    assert await Machine(office, 2).activate(made) is EnrolmentRefusal.USED
    assert len(await servers(office)) == 1
    assert events(office)[-1] is AuditEvent.CREDENTIALS_MISUSED


async def test_a_lost_answer_is_told_again_to_the_same_key_and_nothing_is_spent_twice(office: Office) -> None:
    made, machine = await credentials(office), Machine(office)
    first = await machine.activate(made)
    office.clock.advance(CREDENTIALS_SECONDS)

    assert await machine.activate(made) == first
    assert len(await servers(office)) == 1
    assert events(office).count(AuditEvent.SERVER_ACTIVATED) == 1


@pytest.mark.parametrize("seconds", [CREDENTIALS_SECONDS, CREDENTIALS_SECONDS + 1])
async def test_credentials_that_have_expired_are_refused(office: Office, seconds: int) -> None:
    made = await credentials(office)
    office.clock.advance(seconds)

    assert await Machine(office).activate(made) is EnrolmentRefusal.EXPIRED
    assert await servers(office) == []


async def test_a_portals_clock_set_back_makes_nothing_good_again(office: Office) -> None:
    made = await credentials(office)
    office.clock.advance(CREDENTIALS_SECONDS)
    office.clock.step(-86_400)

    assert await Machine(office).activate(made) is EnrolmentRefusal.EXPIRED


@pytest.mark.parametrize(("seconds", "refused"), [(-301, True), (-299, False), (299, False), (301, True)])
async def test_a_server_with_a_wrong_clock_is_told_so(office: Office, seconds: int, *, refused: bool) -> None:
    made = await credentials(office)

    done = await Machine(office).activate(made, at=office.clock.wall() + seconds * 1_000_000)

    assert (done is EnrolmentRefusal.CLOCK) is refused


async def test_five_wrong_passwords_void_the_credentials(office: Office) -> None:
    made, machine = await credentials(office), Machine(office)

    wrong = [await machine.activate(made, password=Secret(b"x")) for _ in range(MOST_TRIES)]

    assert wrong == [EnrolmentRefusal.WRONG] * MOST_TRIES
    assert await machine.activate(made) is EnrolmentRefusal.VOID
    assert events(office).count(AuditEvent.CREDENTIALS_VOIDED) == 1


async def test_who_guesses_e_mails_learns_nothing_and_writes_nothing(office: Office) -> None:
    made = await credentials(office)
    before = len(office.records.audit)

    nobody = await Machine(office).activate(made, email="server-aaaaaaaaaa@activation.invalid")

    assert nobody is EnrolmentRefusal.WRONG
    assert len(office.records.audit) == before


async def test_a_key_must_be_shown_to_be_held(office: Office) -> None:
    made, machine = await credentials(office), Machine(office)
    activation = await machine.activation(made)
    stranger = Identity.new(SeededRandomness(77))

    for proof in (b"", bytes(64), stranger.sign(activation.statement.canonical())):
        assert await machine.activate(made, proof=proof) is EnrolmentRefusal.PROOF
    changed = replace(activation.statement, key=b"no key")
    assert await machine.activate(made, statement=changed) is EnrolmentRefusal.PROOF
    assert isinstance(await machine.activate(made), Activated)


async def test_what_was_stated_to_another_portal_is_refused(office: Office) -> None:
    assert await Machine(office).activate(await credentials(office), portal=bytes(32)) is EnrolmentRefusal.WRONG_PORTAL


async def test_a_server_is_in_the_group_of_its_credentials_or_the_one_that_it_asks_for(office: Office) -> None:
    for name in ("berlin", "potsdam"):
        await office.do("group.add", GroupAdd(name=name))
    groups = {}
    for number, (bound, asked) in enumerate([("berlin", None), ("berlin", "berlin"), (None, "potsdam"), (None, None)]):
        done = await Machine(office, number).activate(await credentials(office, group=bound), group=asked)
        assert isinstance(done, Activated)
        groups[bound, asked] = done.statement.group_name

    assert list(groups.values()) == ["berlin", "berlin", "potsdam", "default"]
    for asked in ("potsdam", "nowhere"):
        made = await credentials(office, group="berlin")
        assert await Machine(office, 9).activate(made, group=asked) is EnrolmentRefusal.OTHER_GROUP


async def test_credentials_of_an_address_are_no_good_elsewhere(office: Office) -> None:
    made = await credentials(office, address=ADDRESS)

    assert await Machine(office).activate(made, address="198.51.100.8") is EnrolmentRefusal.OTHER_ADDRESS
    assert isinstance(await Machine(office).activate(made), Activated)


async def test_servers_of_one_name_are_told_apart(office: Office) -> None:
    for number in range(3):
        await known(office, number, host="berlin")
    await known(office, 4, host=" \x1b[2J ")
    await known(office, 5, host="x" * 300)

    names = [server.name for server in await servers(office)]
    assert names == ["berlin", "berlin-2", "berlin-3", "server", "x" * 94]


async def test_a_key_that_is_known_becomes_no_second_server(office: Office) -> None:
    machine = await known(office)

    assert await machine.activate(await credentials(office)) is EnrolmentRefusal.KNOWN_KEY
    await machine.renew(Identity.new(SeededRandomness(50)))
    assert await machine.activate(await credentials(office)) is EnrolmentRefusal.KNOWN_KEY
    assert len(await servers(office)) == 1


async def again(office: Office) -> tuple[CredentialsMade, Machine]:
    made, machine = await credentials(office), Machine(office)
    assert isinstance(await machine.activate(made), Activated)
    return made, machine


async def test_who_was_revoked_meanwhile_is_not_told_that_he_is_known(office: Office) -> None:
    made, machine = await again(office)
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))

    assert await machine.activate(made) is EnrolmentRefusal.REVOKED
    await office.do("server.remove", ServerNamed(server="berlin-1"))
    assert await machine.activate(made) is EnrolmentRefusal.UNKNOWN_SERVER


async def test_who_has_another_key_meanwhile_is_not_told_the_old_one(office: Office) -> None:
    made, machine = await again(office)
    await machine.renew(Identity.new(SeededRandomness(50)))

    assert await machine.activate(made) is EnrolmentRefusal.USED


async def test_a_server_that_is_revoked_before_its_new_key_is_asked_for_gets_none(office: Office) -> None:
    await known(office)
    made = await credentials(office, server="berlin-1")
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))

    assert await Machine(office, 7).activate(made) is EnrolmentRefusal.REVOKED
