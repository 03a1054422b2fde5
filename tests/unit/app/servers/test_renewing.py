"""
How a server renews its key (E5): by both keys, and as often as the answer is lost.
"""

import pytest

from tests.fakes.machines import Machine, known
from tests.fakes.office import Office
from watchword.app.servers.identity import portal_identity
from watchword.app.servers.listing import ServerNamed
from watchword.app.servers.managing import ServerRevoke
from watchword.app.servers.renewing import Renewed
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.events import AuditEvent
from watchword.domain.servers import Server
from watchword.kit.identities import Identity, stated_by
from watchword.kit.randomness import SeededRandomness

NEW = Identity.new(SeededRandomness(50))
OTHER = Identity.new(SeededRandomness(51))


async def test_a_new_key_takes_the_place_of_the_old_one_at_once(office: Office) -> None:
    machine = await known(office)
    await office.do("server.renew", ServerNamed(server="berlin-1"))

    done = await machine.renew(NEW)

    assert isinstance(done, Renewed)
    assert stated_by((await portal_identity(office.context)).public, done.statement.canonical(), done.signature)
    assert await machine.open() is EnrolmentRefusal.PROOF
    machine.identity = NEW
    opened = await machine.open()
    assert isinstance(opened, Server)
    assert opened.renew_at is None
    assert office.audited()[-1] == (AuditEvent.SERVER_RENEWED, "system")


async def test_a_lost_answer_is_told_again_also_after_a_day(office: Office) -> None:
    machine = await known(office)
    first = await machine.renew(NEW)
    office.clock.advance(86_400)

    assert await machine.renew(NEW) == first
    assert [event for event, _ in office.audited()].count(AuditEvent.SERVER_RENEWED) == 1


async def test_the_old_key_gets_no_other_one_afterwards(office: Office) -> None:
    machine = await known(office)
    await machine.renew(NEW)

    assert await machine.renew(OTHER) is EnrolmentRefusal.PROOF
    assert await machine.renew(NEW, signer=OTHER) is EnrolmentRefusal.PROOF


async def test_both_keys_must_be_shown_to_be_held(office: Office) -> None:
    machine = await known(office)

    assert await machine.renew(NEW, signer=OTHER) is EnrolmentRefusal.PROOF
    assert await machine.renew(NEW, new_proof=bytes(64)) is EnrolmentRefusal.PROOF
    assert await machine.renew(NEW, portal=bytes(32)) is EnrolmentRefusal.WRONG_PORTAL
    assert await machine.renew(NEW, at=0) is EnrolmentRefusal.CLOCK
    assert await Machine(office).renew(NEW) is EnrolmentRefusal.UNKNOWN_SERVER


async def test_a_key_that_another_has_is_refused(office: Office) -> None:
    machine, other = await known(office), await known(office, 2, host="potsdam")

    assert await machine.renew(other.identity) is EnrolmentRefusal.KNOWN_KEY


@pytest.mark.parametrize("how", ["revoked", "alarmed"])
async def test_whose_word_counts_no_more_gets_no_new_key(office: Office, how: str) -> None:
    machine = await known(office)
    if how == "revoked":
        await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))
    else:
        copied = machine.copy()
        await machine.open()
        await copied.open()

    expected = EnrolmentRefusal.REVOKED if how == "revoked" else EnrolmentRefusal.CLONE
    assert await machine.renew(NEW) is expected
