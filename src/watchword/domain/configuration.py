"""
The configuration that every request reads: one immutable value, swapped whole when something in it was changed.
"""

from dataclasses import dataclass, field

from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import Application, ApplicationId, AuthenticationType, DirectoryId
from watchword.domain.caching import CachingRule, RuleId, deciding_rule
from watchword.domain.clients import Client, ClientTable
from watchword.domain.directories import Directory
from watchword.domain.servers import Group
from watchword.domain.settings import DEFAULTS, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Applications, their clients, directories, caching rules in the order in which they decide, groups, settings."""

    version: int = 0
    applications: dict[ApplicationId, Application] = field(default_factory=dict)
    clients: tuple[Client, ...] = ()
    api_clients: dict[ApplicationId, ApiClient] = field(default_factory=dict)
    directories: dict[DirectoryId, Directory] = field(default_factory=dict)
    rules: tuple[CachingRule, ...] = ()
    groups: tuple[Group, ...] = ()
    settings: Settings = DEFAULTS
    _deciding: dict[tuple[AuthenticationType, ApplicationId], CachingRule | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def client_table(self) -> ClientTable:
        """Return the table that finds a client by address; made once for each configuration by whoever listens."""
        return ClientTable(self.clients)

    def application_named(self, name: str) -> Application | None:
        """Return the application of that name, None where there is none."""
        return next((known for known in self.applications.values() if known.name == name), None)

    def directory_named(self, name: str) -> Directory | None:
        """Return the directory of that name, None where there is none."""
        return next((known for known in self.directories.values() if known.name == name), None)

    def deciding_rule(self, authentication_type: AuthenticationType, application: ApplicationId) -> CachingRule | None:
        """Return the one caching rule that decides for an application, looked for once in each configuration."""
        wanted = authentication_type, application
        if wanted not in self._deciding:
            self._deciding[wanted] = deciding_rule(self.rules, authentication_type, application)
        return self._deciding[wanted]

    def rule(self, rule: RuleId) -> CachingRule | None:
        """Return a caching rule by its identifier, None where it is gone."""
        return next((known for known in self.rules if known.id == rule), None)
