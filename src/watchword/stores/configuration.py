"""
The configuration, read whole.

Shared secrets and bind passwords are sealed for their own row. A setting that this version does not know, or that lies
outside of its bounds, is left out: the default is always safe.
"""

import sqlite3
from ipaddress import ip_network
from typing import Final

import msgspec
from sqlalchemy import select

from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import (
    Application,
    ApplicationId,
    AuthenticationType,
    ClientId,
    DirectoryId,
    GroupId,
    PortalAway,
    PrimaryKind,
)
from watchword.domain.caching import CacheType, CachingRule, RuleId, in_order
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.domain.servers import Group
from watchword.domain.settings import Settings, changed
from watchword.kit.sealing import KeyRing, Place
from watchword.stores.api_tables import API_CLIENTS
from watchword.stores.statements import Row, Statement
from watchword.stores.tables import (
    APPLICATION_DIRECTORIES,
    APPLICATIONS,
    CACHING_RULES,
    CLIENTS,
    CONFIGURATION,
    DIRECTORIES,
    GROUPS,
    SETTINGS,
)

_APPLICATIONS: Final = Statement(
    select(
        APPLICATIONS.c.id,
        APPLICATIONS.c.name,
        APPLICATIONS.c.authentication_type,
        APPLICATIONS.c.version,
        APPLICATIONS.c.enabled,
        APPLICATIONS.c.primary_kind,
        APPLICATIONS.c.challenge,
        APPLICATIONS.c.deadline,
        APPLICATIONS.c.user_match,
        APPLICATIONS.c.portal_away,
    ).order_by(APPLICATIONS.c.name)
)
_PLACES: Final = Statement(
    select(APPLICATION_DIRECTORIES.c.application_id, APPLICATION_DIRECTORIES.c.directory_id).order_by(
        APPLICATION_DIRECTORIES.c.application_id, APPLICATION_DIRECTORIES.c.place
    )
)
_CLIENTS: Final = Statement(
    select(
        CLIENTS.c.id,
        CLIENTS.c.application_id,
        CLIENTS.c.network,
        CLIENTS.c.secrets,
        CLIENTS.c.require_message_authenticator,
    ).order_by(CLIENTS.c.id)
)
_API_CLIENTS: Final = Statement(
    select(API_CLIENTS.c.application_id, API_CLIENTS.c.networks, API_CLIENTS.c.secrets).order_by(
        API_CLIENTS.c.application_id
    )
)
_DIRECTORIES: Final = Statement(
    select(
        DIRECTORIES.c.id, DIRECTORIES.c.name, DIRECTORIES.c.kind, DIRECTORIES.c.details, DIRECTORIES.c.secret
    ).order_by(DIRECTORIES.c.name)
)
_RULES: Final = Statement(
    select(
        CACHING_RULES.c.id,
        CACHING_RULES.c.cache_type,
        CACHING_RULES.c.seconds,
        CACHING_RULES.c.authentication_type,
        CACHING_RULES.c.application_id,
        CACHING_RULES.c.enabled,
        CACHING_RULES.c.version,
    )
)
_GROUPS: Final = Statement(select(GROUPS.c.id, GROUPS.c.name).order_by(GROUPS.c.name))
_SETTINGS: Final = Statement(select(SETTINGS.c.name, SETTINGS.c.value).order_by(SETTINGS.c.name))
_VERSION: Final = Statement(select(CONFIGURATION.c.version))

LDAP: Final = "ldap"
RADIUS: Final = "radius"
"""Kinds of directory."""


class LdapDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What an LDAP directory has besides its name and password."""

    url: str
    base: str
    bind_dn: str
    user_filter: str
    start_tls: bool
    ca: str
    timeout: float


class RadiusDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What a RADIUS server behind us has besides its name and secret."""

    host: str
    port: int
    timeout: float
    tries: int


_octets: Final = msgspec.msgpack.Decoder(tuple[bytes, ...])
_networks: Final = msgspec.json.Decoder(tuple[str, ...])
_ldap: Final = msgspec.json.Decoder(LdapDetails)
_radius: Final = msgspec.json.Decoder(RadiusDetails)


def client_place(client: bytes) -> Place:
    """Return the place of a client's secrets."""
    return Place("clients", client, "secrets")


def api_client_place(application: bytes) -> Place:
    """Return the place of the secrets of an application of type `api`."""
    return Place("api_clients", application, "secrets")


def directory_place(directory: bytes) -> Place:
    """Return the place of a directory's secret."""
    return Place("directories", directory, "secret")


def load_configuration(connection: sqlite3.Connection, keys: KeyRing) -> Configuration:
    """
    Load the whole configuration; `connection` is inside a transaction, so that it fits together.

    Raises sqlite3.Error, `SealBroken`, ValueError (of which msgspec's are).
    """
    directories: dict[bytes, list[DirectoryId]] = {}
    for application, directory in _PLACES.all(connection):
        directories.setdefault(application, []).append(DirectoryId(directory))
    applications = (_application(row, tuple(directories.get(row[0], ()))) for row in _APPLICATIONS.all(connection))
    version = _VERSION.one(connection)
    return Configuration(
        version=0 if version is None else version[0],
        applications={one.id: one for one in applications},
        clients=tuple(_client(row, keys) for row in _CLIENTS.all(connection)),
        api_clients={one.application: one for one in (_api_client(row, keys) for row in _API_CLIENTS.all(connection))},
        directories={one.id: one for one in (_directory(row, keys) for row in _DIRECTORIES.all(connection))},
        rules=in_order(tuple(_rule(row) for row in _RULES.all(connection))),
        groups=tuple(Group(id=GroupId(group), name=name) for group, name in _GROUPS.all(connection)),
        settings=_settings(connection),
    )


def _application(row: Row, directories: tuple[DirectoryId, ...]) -> Application:
    identifier, name, kind, version, enabled, primary, challenge, deadline, user_match, portal_away = row
    return Application(
        id=ApplicationId(identifier),
        name=name,
        authentication_type=AuthenticationType(kind),
        version=version,
        enabled=bool(enabled),
        primary=PrimaryKind(primary),
        directories=directories,
        challenge=bool(challenge),
        deadline=deadline,
        user_match=bool(user_match),
        portal_away=PortalAway(portal_away),
    )


def _client(row: Row, keys: KeyRing) -> Client:
    identifier, application, network, sealed, required = row
    secrets = _octets.decode(keys.open(sealed, client_place(identifier)))
    return Client(
        id=ClientId(identifier),
        application=ApplicationId(application),
        network=ip_network(network),
        secrets=tuple(Secret(octets) for octets in secrets),
        require_message_authenticator=bool(required),
    )


def _api_client(row: Row, keys: KeyRing) -> ApiClient:
    application, networks, sealed = row
    secrets = _octets.decode(keys.open(sealed, api_client_place(application)))
    return ApiClient(
        application=ApplicationId(application),
        networks=tuple(ip_network(network) for network in _networks.decode(networks)),
        secrets=tuple(Secret(octets) for octets in secrets),
    )


def _directory(row: Row, keys: KeyRing) -> Directory:
    identifier, name, kind, details, sealed = row
    secret = None if sealed is None else Secret(keys.open(sealed, directory_place(identifier)))
    if kind == LDAP:
        ldap = _ldap.decode(details)
        return LdapDirectory(
            id=DirectoryId(identifier),
            name=name,
            url=ldap.url,
            base=ldap.base,
            bind_dn=ldap.bind_dn,
            bind_password=secret,
            user_filter=ldap.user_filter,
            start_tls=ldap.start_tls,
            ca=ldap.ca,
            timeout=ldap.timeout,
        )
    if kind != RADIUS or secret is None:
        raise ValueError(f"the directory {name} is of a kind that this version cannot read")
    radius = _radius.decode(details)
    return RadiusDirectory(
        id=DirectoryId(identifier),
        name=name,
        host=radius.host,
        port=radius.port,
        secret=secret,
        timeout=radius.timeout,
        tries=radius.tries,
    )


def _rule(row: Row) -> CachingRule:
    identifier, cache_type, seconds, kind, application, enabled, version = row
    return CachingRule(
        id=RuleId(identifier),
        cache_type=CacheType(cache_type),
        seconds=seconds,
        authentication_type=None if kind is None else AuthenticationType(kind),
        application=None if application is None else ApplicationId(application),
        enabled=bool(enabled),
        version=version,
    )


def _settings(connection: sqlite3.Connection) -> Settings:
    settings = Settings()
    for name, value in _SETTINGS.all(connection):
        kept = changed(settings, name, value)
        settings = kept if isinstance(kept, Settings) else settings
    return settings
