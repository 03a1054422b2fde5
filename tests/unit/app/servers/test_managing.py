"""
What is done to servers and to their groups.
"""

import pytest

from tests.fakes.machines import Machine, credentials, known
from tests.fakes.office import ALICE, OWNER, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.groups import GroupAdd, GroupList, GroupNamed, GroupRename
from watchword.app.servers.enrolling import Activated
from watchword.app.servers.listing import ServerList, ServerNamed
from watchword.app.servers.managing import ServerMove, ServerRename, ServerRevoke
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.events import AuditEvent
from watchword.kit.identifiers import text
from watchword.kit.identities import fingerprint


async def test_a_server_is_moved_and_opens_another_session_for_its_new_group(office: Office) -> None:
    machine = await known(office)
    await office.do("group.add", GroupAdd(name="berlin"))

    await office.do("server.move", ServerMove(server="berlin-1", group="berlin"), OWNER)

    assert office.connected.ends == [(machine.id, None)]
    assert [row.group for row in await office.do("server.list", ServerList())] == ["berlin"]
    assert office.audited()[-1] == (AuditEvent.SERVER_MOVED, OWNER.name)
    refused = await office.refused("server.move", ServerMove(server="berlin-1", group="berlin"))
    assert kinds(refused) == (RefusalKind.CONFLICT, "berlin-1 is in the group berlin already")
    refused = await office.refused("server.move", ServerMove(server="berlin-1", group="x"))
    assert refused.kind is RefusalKind.NOT_FOUND


async def test_a_server_is_renamed(office: Office) -> None:
    await known(office)
    await known(office, 2, host="potsdam")

    renamed = await office.do("server.rename", ServerRename(server="berlin-1", name=" Berlin  one "))

    assert renamed.name == "Berlin one"
    refused = await office.refused("server.rename", ServerRename(server="Berlin one", name="potsdam"))
    assert kinds(refused) == (RefusalKind.CONFLICT, "there is a server potsdam already")
    refused = await office.refused("server.rename", ServerRename(server="nobody", name="x"))
    assert refused.kind is RefusalKind.NOT_FOUND
    assert (await office.refused("server.rename", ServerRename(server="x", name=""))).kind is RefusalKind.INVALID


async def test_a_server_is_asked_to_renew_its_key(office: Office) -> None:
    await known(office)

    done = await office.do("server.renew", ServerNamed(server="berlin-1"))

    assert done.notes
    (row,) = await office.do("server.list", ServerList())
    assert row.renewal_wanted


async def test_whose_word_counts_no_more_is_asked_for_nothing(office: Office) -> None:
    machine = await known(office)
    copied = machine.copy()
    await machine.open()
    await copied.open()
    assert "--server berlin-1" in (await office.refused("server.renew", ServerNamed(server="berlin-1"))).sentence
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))
    assert "revoked" in (await office.refused("server.renew", ServerNamed(server="berlin-1"))).sentence


async def test_a_server_is_revoked_once_and_its_session_ends(office: Office) -> None:
    machine = await known(office)

    done = await office.do("server.revoke", ServerRevoke(server=text(machine.id), reason="stolen"), OWNER)

    assert (done.name, done.not_reached) == ("berlin-1", ())
    assert office.connected.ends == [(machine.id, EnrolmentRefusal.REVOKED)]
    (row,) = await office.do("server.list", ServerList())
    assert (row.status, row.revoked_at is None) == ("revoked", False)
    refused = await office.refused("server.revoke", ServerRevoke(server="berlin-1", reason="again"))
    assert kinds(refused) == (RefusalKind.CONFLICT, "berlin-1 is revoked already")
    refused = await office.refused("server.revoke", ServerRevoke(server="berlin-1", reason=""))
    assert refused.kind is RefusalKind.INVALID


async def test_nothing_needs_to_run(office: Office) -> None:
    await known(office)
    await office.do("group.add", GroupAdd(name="berlin"))
    office.stop()

    await office.do("server.move", ServerMove(server="berlin-1", group="berlin"))
    await office.do("server.revoke", ServerRevoke(server="berlin-1", reason="stolen"))
    await office.do("server.remove", ServerNamed(server="berlin-1"))

    assert await office.do("server.list", ServerList()) == []


async def test_a_server_is_forgotten_only_once_it_is_revoked(office: Office) -> None:
    await known(office)

    refused = await office.refused("server.remove", ServerNamed(server="berlin-1"))

    assert kinds(refused) == (RefusalKind.CONFLICT, "berlin-1 is not revoked; `watchword server revoke` comes first")


async def test_a_server_is_shown_with_the_digest_of_its_key(office: Office) -> None:
    machine = await known(office)

    found = await office.do("server.show", ServerNamed(server="berlin-1"))

    assert (found.server.name, found.key_sha256) == ("berlin-1", fingerprint(machine.identity.public).hex())
    assert (await office.refused("server.show", ServerNamed(server="x"))).kind is RefusalKind.NOT_FOUND


async def test_a_group_is_renamed_and_removed_when_it_is_empty(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="berlin"))
    await office.do("group.rename", GroupRename(group="berlin", name="Berlin"))
    await known(office, group="Berlin")

    refused = await office.refused("group.remove", GroupNamed(group="Berlin"))
    assert kinds(refused) == (
        RefusalKind.CONFLICT,
        "the group Berlin is not empty: it holds the server berlin-1; move, withdraw or cancel that first",
    )
    await office.do("server.move", ServerMove(server="berlin-1", group="default"))
    await office.do("group.remove", GroupNamed(group="Berlin"))

    assert [group.name for group in await office.do("group.list", GroupList())] == ["default"]


async def test_a_group_goes_by_its_id_too(office: Office) -> None:
    added = await office.do("group.add", GroupAdd(name="a/b"))

    assert (await office.do("group.rename", GroupRename(group=added.id, name="berlin"))).name == "berlin"
    assert (await office.refused("group.remove", GroupNamed(group=added.id[:-1]))).kind is RefusalKind.NOT_FOUND
    await office.do("group.remove", GroupNamed(group=added.id))


@pytest.mark.parametrize("what", ["credentials", "bypass"])
async def test_a_group_in_which_something_is_still_good_stays(office: Office, what: str) -> None:
    await office.user()
    await office.do("group.add", GroupAdd(name="berlin"))
    if what == "bypass":
        await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", seconds=60, group="berlin"))
    else:
        await credentials(office, group="berlin")

    assert what in (await office.refused("group.remove", GroupNamed(group="berlin"))).sentence
    office.clock.advance(600)
    await office.do("group.remove", GroupNamed(group="berlin"))


async def test_the_group_default_stays_as_it_is(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="berlin"))
    for name, arguments in (
        ("group.rename", GroupRename(group="default", name="x")),
        ("group.remove", GroupNamed(group="default")),
    ):
        assert kinds(await office.refused(name, arguments)) == (
            RefusalKind.CONFLICT,
            "the group default always exists, under this name",
        )
    assert kinds(await office.refused("group.rename", GroupRename(group="berlin", name="default"))) == (
        RefusalKind.CONFLICT,
        "there is a replication group default already",
    )
    refused = await office.refused("group.rename", GroupRename(group="berlin", name="all"))
    assert refused.kind is RefusalKind.INVALID
    assert (await office.refused("group.remove", GroupNamed(group="x"))).kind is RefusalKind.NOT_FOUND
    assert (await office.refused("group.rename", GroupRename(group="x", name="y"))).kind is RefusalKind.NOT_FOUND


async def test_a_group_that_is_added_again_has_nothing_of_the_old_one(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="berlin"))
    made = await credentials(office, group="berlin")
    office.clock.advance(600)
    await office.do("group.remove", GroupNamed(group="berlin"))
    await office.do("group.add", GroupAdd(name="berlin"))

    assert not isinstance(await Machine(office).activate(made), Activated)
