"""
Replication groups.
"""

from tests.fakes.office import OWNER, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.groups import GroupAdd, GroupList
from watchword.domain.events import AuditEvent
from watchword.kit.identifiers import text


async def test_the_group_default_always_exists(office: Office) -> None:
    (group,) = await office.do("group.list", GroupList())

    assert (group.name, group.id) == ("default", text(bytes(16)))


async def test_a_group_is_added(office: Office) -> None:
    added = await office.do("group.add", GroupAdd(name=" Head  office "), OWNER)

    assert added.name == "Head office"
    assert [group.name for group in await office.do("group.list", GroupList())] == ["default", "Head office"]
    assert office.audited() == [(AuditEvent.GROUP_ADDED, OWNER.name)]


async def test_a_group_that_cannot_be_is_refused(office: Office) -> None:
    await office.do("group.add", GroupAdd(name="Branch"))

    assert kinds(await office.refused("group.add", GroupAdd(name="all"))) == (
        RefusalKind.INVALID,
        "`all` means every replication group; choose another name",
    )
    for name in ("Branch", "default"):
        assert kinds(await office.refused("group.add", GroupAdd(name=name))) == (
            RefusalKind.CONFLICT,
            f"there is a replication group {name} already",
        )
    assert (await office.refused("group.add", GroupAdd(name=" "))).kind is RefusalKind.INVALID
