"""
Activation credentials: what is made and shown once, and what is kept of it.
"""

from dataclasses import replace

import pytest

from tests.fakes.machines import Machine, credentials, known
from tests.fakes.office import OWNER, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.groups import GroupAdd
from watchword.app.servers.credentials import CredentialsList, CredentialsWithdraw, ServerCredentials
from watchword.app.servers.enrolling import Activated
from watchword.app.servers.identity import portal_identity
from watchword.app.servers.managing import ServerRevoke
from watchword.domain.enrolment import CREDENTIALS_SECONDS, EnrolmentRefusal
from watchword.domain.events import AuditEvent
from watchword.kit.identities import fingerprint


async def test_credentials_name_the_portal_by_its_fingerprint_and_are_good_for_ten_minutes(office: Office) -> None:
    made = await credentials(office)

    identity = await portal_identity(office.context)
    assert made.url == f"http://127.0.0.1:8080#sha256={fingerprint(identity.public).hex()}"
    assert made.email.endswith("@activation.invalid")
    assert len(made.password.replace("-", "")) == 30
    assert made.password not in repr(made)
    assert [event for event, _ in office.audited()] == [AuditEvent.PORTAL_IDENTITY_MADE, AuditEvent.CREDENTIALS_MADE]


async def test_no_two_are_alike_and_the_portal_stays_the_same(office: Office) -> None:
    first, second = await credentials(office), await credentials(office)

    assert (first.email, first.password) != (second.email, second.password)
    assert first.url == second.url


async def test_the_password_is_nowhere(office: Office) -> None:
    made = await credentials(office)

    (kept,) = await office.records.read(lambda records: records.credentials(now=office.clock.now()))
    assert made.password.encode() not in kept.digest
    assert all(made.password not in word for row in office.records.audit for pair in row.words for word in pair)


@pytest.mark.parametrize(
    ("url", "note"),
    [
        ("http://127.0.0.1:8080", "leads to this machine only"),
        ("https://localhost", "leads to this machine only"),
        ("http://portal.example.org", "in clear"),
        ("https://portal.example.org", None),
    ],
)
async def test_a_url_that_servers_elsewhere_cannot_use_is_told(office: Office, url: str, note: str | None) -> None:
    office.context = replace(office.context, portal_url=url)

    notes = (await credentials(office)).notes

    assert len(notes) == (note is not None)
    assert all(note is not None and note in said for said in notes)


async def test_what_they_are_bound_to_must_be_there(office: Office) -> None:
    machine = await known(office)
    revoked = await known(office, 2, host="potsdam")
    await office.do("server.revoke", ServerRevoke(server="potsdam", reason="stolen"))

    for arguments, kind, words in (
        (ServerCredentials(group="nowhere"), RefusalKind.NOT_FOUND, "no replication group"),
        (ServerCredentials(server="nowhere"), RefusalKind.NOT_FOUND, "no server"),
        (ServerCredentials(address="everywhere"), RefusalKind.INVALID, "192.0.2.0/24"),
        (ServerCredentials(server="potsdam"), RefusalKind.CONFLICT, "revoked"),
    ):
        refused = await office.refused("server.credentials", arguments, OWNER)
        assert refused.kind is kind
        assert words in refused.sentence
    assert machine.id != revoked.id


async def test_they_are_listed_with_how_they_ended(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="berlin"))
    late = await credentials(office, group="berlin", address="198.51.100.0/24")
    office.clock.advance(CREDENTIALS_SECONDS)
    machine = await known(office)
    withdrawn = await credentials(office, server="berlin-1")
    await office.do("server.credentials-withdraw", CredentialsWithdraw(credentials=withdrawn.email.upper()))

    rows = {row.email: row for row in await office.do("server.credentials-list", CredentialsList())}

    assert [row.state for row in rows.values()] == ["withdrawn", "used", "expired"]
    assert (rows[late.email].group, rows[late.email].address) == ("berlin", "198.51.100.0/24")
    assert [row.used_by for row in rows.values()] == [None, machine.host, None]
    assert rows[withdrawn.email].server == machine.host


async def test_withdrawn_credentials_activate_nobody(office: Office) -> None:
    made = await credentials(office)
    await office.do("server.credentials-withdraw", CredentialsWithdraw(credentials=made.id))

    assert await Machine(office).activate(made) is EnrolmentRefusal.WITHDRAWN
    assert kinds(await office.refused("server.credentials-withdraw", CredentialsWithdraw(credentials=made.id))) == (
        RefusalKind.CONFLICT,
        "these credentials are withdrawn, so there is nothing left to withdraw",
    )
    refused = await office.refused("server.credentials-withdraw", CredentialsWithdraw(credentials="x"))
    assert refused.kind is RefusalKind.NOT_FOUND


async def test_credentials_of_a_server_give_it_a_new_key_and_keep_its_name(office: Office) -> None:
    old = await known(office)
    new = Machine(office, 5, host="another")

    done = await new.activate(await credentials(office, server="berlin-1"))

    assert isinstance(done, Activated)
    assert (done.statement.server, done.statement.name) == (old.id, "berlin-1")
    old.id = new.id
    assert await old.open() is EnrolmentRefusal.PROOF
    assert not isinstance(await new.open(), EnrolmentRefusal)
