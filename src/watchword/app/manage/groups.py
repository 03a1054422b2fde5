"""
Replication groups: the MFA servers that share users' live state.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import label_of
from watchword.domain.applications import GroupId
from watchword.domain.events import AuditEvent
from watchword.domain.servers import Group
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Reader, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAdd:
    """A replication group to be added."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupList:
    """All replication groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A replication group."""

    id: str
    name: str


async def add(context: Administration, actor: Actor, arguments: GroupAdd) -> GroupRow | Refusal:
    """Add a replication group."""
    name = label_of(arguments.name, "a replication group")
    if isinstance(name, Refusal):
        return name
    if name == finding.EVERY_GROUP:
        return invalid(f"`{finding.EVERY_GROUP}` means every replication group; choose another name")
    scribe = context.scribe(actor)
    group = Group(id=GroupId(context.identifiers.new()), name=name)

    def change(records: Changer) -> GroupRow:
        records.add_group(group)
        records.audit(scribe.row(AuditEvent.GROUP_ADDED, subject=group.id, name=name))
        return GroupRow(id=text(group.id), name=name)

    try:
        return await context.records.change(change)
    except Taken:
        return conflict(f"there is a replication group {name} already")


async def listed(context: Administration, _actor: Actor, _arguments: GroupList) -> list[GroupRow] | Refusal:
    """List the replication groups."""

    def read(records: Reader) -> list[GroupRow]:
        return [GroupRow(id=text(group.id), name=group.name) for group in finding.groups(records.configuration())]

    return await context.records.read(read)
