"""
Directories: where passwords are checked that are not ours.

What is saved here is asked at every login, so it is checked as far as it can be without asking; `directory test` asks.
"""

from dataclasses import dataclass
from enum import StrEnum

from watchword.app.administration import Actor, Administration, Refusal, conflict, invalid
from watchword.app.manage import finding
from watchword.app.manage.directory_checks import endpoint_of, ldap_fault, radius_fault
from watchword.app.manage.texts import label_of
from watchword.domain.applications import DirectoryId, PrimaryKind
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.kit.identifiers import text
from watchword.ports.records import Changer, Reader, Taken


class DirectoryType(StrEnum):
    """How a directory speaks."""

    LDAP = "ldap"
    RADIUS = "radius"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryAdd:
    """
    A directory to be added.

    Attributes:
        url: `ldap://HOST[:PORT]`, `ldaps://HOST[:PORT]` or `radius://HOST:PORT`.
        base, bind_dn, bind_password, user_filter, start_tls, ca: of an LDAP directory; `ca` is PEM text.
        secret, tries: of a RADIUS server.
        timeout: seconds for the whole check at an LDAP directory, for each try at a RADIUS server.
    """

    name: str
    type: DirectoryType
    url: str
    base: str = ""
    bind_dn: str = ""
    bind_password: Secret | None = None
    user_filter: str = ""
    start_tls: bool = False
    ca: str = ""
    secret: Secret | None = None
    timeout: float = 3.0
    tries: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryAdded:
    """The directory was added. `notes` are sentences about what else is worth knowing."""

    id: str
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryList:
    """All directories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRow:
    """A directory as it is shown; what its type does not have is null."""

    id: str
    name: str
    type: DirectoryType
    url: str
    base: str | None
    bind_dn: str | None
    user_filter: str | None
    start_tls: bool | None
    own_ca: bool | None
    timeout: float
    tries: int | None
    applications: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNamed:
    """The directory that is meant."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRemoved:
    """The directory is gone."""

    id: str
    name: str


async def add(context: Administration, actor: Actor, arguments: DirectoryAdd) -> DirectoryAdded | Refusal:
    """Add a directory."""
    directory = _made(DirectoryId(context.identifiers.new()), arguments)
    if isinstance(directory, Refusal):
        return directory
    scribe = context.scribe(actor)

    def change(records: Changer) -> DirectoryAdded:
        records.add_directory(directory)
        records.audit(
            scribe.row(
                AuditEvent.DIRECTORY_ADDED,
                subject=directory.id,
                name=directory.name,
                type=arguments.type.value,
                url=url_of(directory),
            )
        )
        notes = ("passwords go to it in clear text; use ldaps:// or --start-tls",) if in_clear(directory) else ()
        return DirectoryAdded(id=text(directory.id), name=directory.name, notes=notes)

    try:
        return await context.records.change(change)
    except Taken:
        return conflict(f"there is a directory {directory.name} already", field="/name")


def _made(identifier: DirectoryId, arguments: DirectoryAdd) -> Directory | Refusal:
    """Return the directory that the arguments describe."""
    name = label_of(arguments.name, "a directory")
    if isinstance(name, Refusal):
        return name
    if "," in name or name in (PrimaryKind.LOCAL, PrimaryKind.ASSERTED):
        return invalid(
            "a directory's name has no comma and is neither `local` nor `asserted`: --primary reads them", field="/name"
        )
    endpoint = endpoint_of(arguments.url)
    if isinstance(endpoint, Refusal):
        return endpoint
    match arguments.type:
        case DirectoryType.LDAP:
            fault = ldap_fault(
                endpoint,
                base=arguments.base,
                bind_dn=arguments.bind_dn,
                bind_password=arguments.bind_password,
                user_filter=arguments.user_filter,
                start_tls=arguments.start_tls,
                ca=arguments.ca,
                timeout=arguments.timeout,
            )
            return fault or LdapDirectory(
                id=identifier,
                name=name,
                url=endpoint.url(),
                base=arguments.base.strip(),
                bind_dn=arguments.bind_dn.strip(),
                bind_password=arguments.bind_password,
                user_filter=arguments.user_filter.strip(),
                start_tls=arguments.start_tls,
                ca=arguments.ca,
                timeout=arguments.timeout,
            )
        case DirectoryType.RADIUS:
            secret = arguments.secret or Secret(b"")
            return radius_fault(
                endpoint, secret=secret, timeout=arguments.timeout, tries=arguments.tries
            ) or RadiusDirectory(
                id=identifier,
                name=name,
                host=endpoint.host,
                port=endpoint.port,
                secret=secret,
                timeout=arguments.timeout,
                tries=arguments.tries,
            )


def url_of(directory: Directory) -> str:
    """Return where a directory is."""
    if isinstance(directory, LdapDirectory):
        return directory.url
    host = f"[{directory.host}]" if ":" in directory.host else directory.host
    return f"radius://{host}:{directory.port}"


def in_clear(directory: Directory) -> bool:
    """Tell whether passwords travel to a directory as they are."""
    return isinstance(directory, LdapDirectory) and directory.url.startswith("ldap://") and not directory.start_tls


async def listed(context: Administration, _actor: Actor, _arguments: DirectoryList) -> list[DirectoryRow] | Refusal:
    """List the directories by name."""

    def read(records: Reader) -> list[DirectoryRow]:
        configuration = records.configuration()
        users = {
            directory.id: tuple(
                sorted(one.name for one in configuration.applications.values() if directory.id in one.directories)
            )
            for directory in configuration.directories.values()
        }
        found = sorted(configuration.directories.values(), key=lambda directory: directory.name)
        return [_row(directory, users[directory.id]) for directory in found]

    return await context.records.read(read)


def _row(directory: Directory, applications: tuple[str, ...]) -> DirectoryRow:
    ldap = directory if isinstance(directory, LdapDirectory) else None
    return DirectoryRow(
        id=text(directory.id),
        name=directory.name,
        type=DirectoryType.RADIUS if ldap is None else DirectoryType.LDAP,
        url=url_of(directory),
        base=None if ldap is None else ldap.base,
        bind_dn=None if ldap is None else ldap.bind_dn,
        user_filter=None if ldap is None else ldap.user_filter,
        start_tls=None if ldap is None else ldap.start_tls,
        own_ca=None if ldap is None else bool(ldap.ca),
        timeout=directory.timeout,
        tries=directory.tries if isinstance(directory, RadiusDirectory) else None,
        applications=applications,
    )


async def remove(context: Administration, actor: Actor, arguments: DirectoryNamed) -> DirectoryRemoved | Refusal:
    """Remove a directory that no application asks."""
    scribe = context.scribe(actor)

    def change(records: Changer) -> DirectoryRemoved | Refusal:
        configuration = records.configuration()
        found = finding.directory(configuration, arguments.name)
        if isinstance(found, Refusal):
            return found
        users = [one.name for one in configuration.applications.values() if found.id in one.directories]
        if users:
            return conflict(
                f"{found.name} checks the passwords of {', '.join(sorted(users))}; remove or change those first"
            )
        records.remove_directory(found.id)
        records.audit(scribe.row(AuditEvent.DIRECTORY_REMOVED, subject=found.id, name=found.name))
        return DirectoryRemoved(id=text(found.id), name=found.name)

    return await context.records.change(change)
