"""
From what an administrator wrote to the thing that he means, or to the sentence that tells him why there is none.
"""

from watchword.app.administration import Refusal, conflict, invalid, not_found
from watchword.app.manage.texts import shown
from watchword.domain.applications import DEFAULT_GROUP, Application, ApplicationId, DirectoryId, GroupId
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory
from watchword.domain.servers import Group
from watchword.domain.users import Ambiguous, Person, Unknown, UserId, fold
from watchword.kit.identifiers import parse
from watchword.ports.records import Reader

EVERY_GROUP = "all"
"""How all replication groups at once are written."""


def person(records: Reader, written: str) -> Person | Refusal:
    """Find a user by any name that he goes by."""
    folded = fold(written.strip())
    if folded is None:
        return invalid(f"{shown(written)!r} can be nobody's name; write it as username@domain", field="/user")
    match records.resolve(folded):
        case Person() as found:
            return found
        case Unknown():
            return not_found(f"there is no user {folded}; `watchword user list` shows who is there", field="/user")
        case Ambiguous():
            return conflict(
                f"more than one user goes by {folded}; write the whole name, username@domain", field="/user"
            )


def anybody(records: Reader, written: str) -> UserId | Refusal:
    """Find a user by any name that he goes by, or by his id, which also finds who was removed."""
    known = parse(written.strip())
    if known is not None:
        return UserId(known)
    found = person(records, written)
    return found if isinstance(found, Refusal) else found.user.id


def application(configuration: Configuration, written: str) -> Application | Refusal:
    """Find an application by its name or its id."""
    found = configuration.application_named(written.strip())
    if found is None:
        known = parse(written.strip())
        found = None if known is None else configuration.applications.get(ApplicationId(known))
    if found is None:
        return not_found(
            f"there is no application {shown(written)!r}; `watchword application list` shows them", field="/application"
        )
    return found


def directory(configuration: Configuration, written: str) -> Directory | Refusal:
    """Find a directory by its name or its id."""
    found = configuration.directory_named(written.strip())
    if found is None:
        known = parse(written.strip())
        found = None if known is None else configuration.directories.get(DirectoryId(known))
    if found is None:
        return not_found(f"there is no directory {shown(written)!r}; `watchword directory list` shows them")
    return found


def groups(configuration: Configuration) -> tuple[Group, ...]:
    """Return every replication group: `default`, which always exists, then the others by name."""
    others = sorted((group for group in configuration.groups if group.id != DEFAULT_GROUP), key=lambda one: one.name)
    return Group(id=DEFAULT_GROUP, name="default"), *others


def group(configuration: Configuration, written: str) -> Group | Refusal:
    """Find a replication group by its name or its id."""
    wanted, identifier = written.strip(), parse(written.strip())
    found = next((one for one in groups(configuration) if one.name == wanted), None)
    if found is None and identifier is not None:
        found = next((one for one in groups(configuration) if one.id == identifier), None)
    if found is None:
        return not_found(
            f"there is no replication group {shown(written)!r}; `watchword group list` shows them", field="/group"
        )
    return found


def group_names(configuration: Configuration) -> dict[GroupId, str]:
    """Return the name of each replication group."""
    return {known.id: known.name for known in groups(configuration)}


def application_names(configuration: Configuration) -> dict[ApplicationId, str]:
    """Return the name of each application."""
    return {known.id: known.name for known in configuration.applications.values()}


def identifier(written: str, what: str) -> bytes | Refusal:
    """Read the identifier of a thing. `what` names the thing, with its article."""
    found = parse(written.strip())
    if found is None:
        return invalid(
            f"{shown(written)!r} is not the id of {what}; ids look like 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"
        )
    return found
