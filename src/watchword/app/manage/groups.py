"""
Replication groups: the MFA servers that share users' live state.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid
from watchword.app.manage import finding
from watchword.app.manage.texts import label_of
from watchword.domain.applications import DEFAULT_GROUP, GroupId
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
class GroupRename:
    """The replication group that is to be renamed, by its name or id, and what it is to be called."""

    group: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNamed:
    """The replication group that is meant, by its name or id."""

    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A replication group."""

    id: str
    name: str


async def add(context: Administration, actor: Actor, arguments: GroupAdd) -> GroupRow | Refusal:
    """Add a replication group."""
    name = _name(arguments.name)
    if isinstance(name, Refusal):
        return name
    scribe = context.scribe(actor)
    group = Group(id=GroupId(context.identifiers.new()), name=name)

    def change(records: Changer) -> GroupRow:
        records.add_group(group)
        records.audit(scribe.row(AuditEvent.GROUP_ADDED, subject=group.id, name=name))
        return GroupRow(id=text(group.id), name=name)

    try:
        return await context.records.change(change)
    except Taken:
        return conflict(f"there is a replication group {name} already", field="/name")


def _name(written: str) -> str | Refusal:
    name = label_of(written, "a replication group")
    if name == finding.EVERY_GROUP:
        return invalid(f"`{finding.EVERY_GROUP}` means every replication group; choose another name", field="/name")
    return name


def _changeable(records: Reader, written: str) -> Group | Refusal:
    """Find a group that may be changed: any but the one that always exists."""
    group = finding.group(records.configuration(), written)
    if not isinstance(group, Refusal) and group.id == DEFAULT_GROUP:
        return conflict(f"the group {group.name} always exists, under this name")
    return group


async def rename(context: Administration, actor: Actor, arguments: GroupRename) -> GroupRow | Refusal:
    """Give a replication group another name."""
    name = _name(arguments.name)
    if isinstance(name, Refusal):
        return name
    scribe = context.scribe(actor)

    def change(records: Changer) -> GroupRow | Refusal:
        group = _changeable(records, arguments.group)
        if isinstance(group, Refusal):
            return group
        records.rename_group(group.id, name)
        records.audit(scribe.row(AuditEvent.GROUP_RENAMED, subject=group.id, name=group.name, to=name))
        return GroupRow(id=text(group.id), name=name)

    try:
        return await context.records.change(change)
    except Taken:
        return conflict(f"there is a replication group {name} already", field="/name")


async def remove(context: Administration, actor: Actor, arguments: GroupNamed) -> GroupRow | Refusal:
    """Remove a replication group that nothing is in any more."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> GroupRow | Refusal:
        group = _changeable(records, arguments.group)
        if isinstance(group, Refusal):
            return group
        held = records.group_holds(group.id, now=scribe.at)
        if held:
            return conflict(
                f"the group {group.name} is not empty: it holds {held[0]}; move, withdraw or cancel that first"
            )
        records.remove_group(group.id)
        records.audit(scribe.row(AuditEvent.GROUP_REMOVED, subject=group.id, name=group.name))
        return GroupRow(id=text(group.id), name=group.name)

    return await context.records.change(change)


async def listed(context: Administration, _actor: Actor, _arguments: GroupList) -> list[GroupRow] | Refusal:
    """List the replication groups."""

    def read(records: Reader) -> list[GroupRow]:
        return [GroupRow(id=text(group.id), name=group.name) for group in finding.groups(records.configuration())]

    return await context.records.read(read)
