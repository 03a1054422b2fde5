"""
Applications as they are shown.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal
from watchword.app.manage import api_clients, finding
from watchword.app.manage.api_clients import ApiClientRow
from watchword.app.manage.clients import ClientRow, client_row, clients_of
from watchword.domain.applications import Application, AuthenticationType, PortalAway
from watchword.domain.configuration import Configuration
from watchword.kit.identifiers import text
from watchword.ports.records import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationList:
    """All applications."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRow:
    """An application as it is shown. `version` counts its changes; `api` is null where it is of another type."""

    id: str
    name: str
    version: int
    authentication_type: AuthenticationType
    enabled: bool
    primary: str
    clients: tuple[ClientRow, ...]
    challenge: bool
    deadline: int
    user_match: bool
    portal_away: PortalAway
    api: ApiClientRow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationNamed:
    """The application that is meant, by its name or id."""

    name: str


async def listed(context: Administration, _actor: Actor, _arguments: ApplicationList) -> list[ApplicationRow] | Refusal:
    """List the applications by name."""

    def read(records: Reader) -> list[ApplicationRow]:
        configuration = records.configuration()
        found = sorted(configuration.applications.values(), key=lambda application: application.name)
        return [row_of(application, configuration) for application in found]

    return await context.records.read(read)


async def show(context: Administration, _actor: Actor, arguments: ApplicationNamed) -> ApplicationRow | Refusal:
    """Show one application."""

    def read(records: Reader) -> ApplicationRow | Refusal:
        configuration = records.configuration()
        found = finding.application(configuration, arguments.name)
        return found if isinstance(found, Refusal) else row_of(found, configuration)

    return await context.records.read(read)


def row_of(application: Application, configuration: Configuration) -> ApplicationRow:
    """Return an application as it is shown."""
    return ApplicationRow(
        id=text(application.id),
        name=application.name,
        version=application.version,
        authentication_type=application.authentication_type,
        enabled=application.enabled,
        primary=primary_words(application, configuration),
        clients=tuple(client_row(client) for client in clients_of(configuration, application)),
        challenge=application.challenge,
        deadline=application.deadline,
        user_match=application.user_match,
        portal_away=application.portal_away,
        api=api_clients.row_of(configuration, application),
    )


def primary_words(application: Application, configuration: Configuration) -> str:
    """Return where an application's passwords are checked, as `--primary` reads it."""
    if not application.directories:
        return application.primary.value
    return ",".join(
        configuration.directories[one].name for one in application.directories if one in configuration.directories
    )
