"""
Changes of the configuration, each of one part. Whoever makes one calls `count_version` in the same transaction.
"""

import sqlite3
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import Application, ApplicationId, ClientId, DirectoryId
from watchword.domain.caching import CachingRule, RuleId
from watchword.domain.clients import Client
from watchword.domain.directories import Directory, LdapDirectory
from watchword.domain.servers import Group
from watchword.kit.sealing import KeyRing, Place
from watchword.ports.records import Taken
from watchword.stores.api_tables import API_CLIENTS
from watchword.stores.configuration import (
    LDAP,
    RADIUS,
    LdapDetails,
    RadiusDetails,
    api_client_place,
    client_place,
    directory_place,
)
from watchword.stores.statements import ONE, Statement, Value
from watchword.stores.tables import (
    APPLICATION_DIRECTORIES,
    APPLICATIONS,
    CACHING_RULES,
    CHALLENGES,
    CLIENTS,
    CONFIGURATION,
    DIRECTORIES,
    GROUPS,
    SETTINGS,
)

_COUNT: Final = Statement(update(CONFIGURATION).values(version=CONFIGURATION.c.version + ONE))
_ADD_APPLICATION: Final = Statement(insert(APPLICATIONS))
_SET_APPLICATION: Final = Statement(
    update(APPLICATIONS)
    .where(APPLICATIONS.c.id == bindparam("application"))
    .values(
        version=APPLICATIONS.c.version + ONE,
        **{
            name: bindparam(name)
            for name in (
                "authentication_type",
                "enabled",
                "primary_kind",
                "challenge",
                "deadline",
                "user_match",
                "portal_away",
            )
        },
    )
)
_COUNT_APPLICATION: Final = Statement(
    update(APPLICATIONS)
    .where(APPLICATIONS.c.id == bindparam("application"))
    .values(version=APPLICATIONS.c.version + ONE)
)
_REMOVE_APPLICATION: Final = Statement(delete(APPLICATIONS).where(APPLICATIONS.c.id == bindparam("application")))
_REMOVE_CHALLENGES: Final = Statement(delete(CHALLENGES).where(CHALLENGES.c.application_id == bindparam("application")))
_ADD_PLACE: Final = Statement(insert(APPLICATION_DIRECTORIES), "application_id", "place", "directory_id")
_REMOVE_PLACES: Final = Statement(
    delete(APPLICATION_DIRECTORIES).where(APPLICATION_DIRECTORIES.c.application_id == bindparam("application"))
)
_ADD_CLIENT: Final = Statement(insert(CLIENTS))
_SET_CLIENT: Final = Statement(
    update(CLIENTS)
    .where(CLIENTS.c.id == bindparam("client"))
    .values(secrets=bindparam("secrets"), require_message_authenticator=bindparam("required"))
)
_REMOVE_API_CLIENT: Final = Statement(delete(API_CLIENTS).where(API_CLIENTS.c.application_id == bindparam("row")))
_ADD_API_CLIENT: Final = Statement(insert(API_CLIENTS))
_APPLICATION_OF: Final = Statement(select(CLIENTS.c.application_id).where(CLIENTS.c.id == bindparam("client")))
_REMOVE_CLIENT: Final = Statement(delete(CLIENTS).where(CLIENTS.c.id == bindparam("client")))
_ADD_DIRECTORY: Final = Statement(insert(DIRECTORIES))
_REMOVE_DIRECTORY: Final = Statement(delete(DIRECTORIES).where(DIRECTORIES.c.id == bindparam("directory")))
_ADD_RULE: Final = Statement(insert(CACHING_RULES))
_SET_RULE: Final = Statement(
    update(CACHING_RULES)
    .where(CACHING_RULES.c.id == bindparam("rule"))
    .values(seconds=bindparam("wanted"), enabled=bindparam("on"), version=CACHING_RULES.c.version + ONE)
)
_REMOVE_RULE: Final = Statement(delete(CACHING_RULES).where(CACHING_RULES.c.id == bindparam("rule")))
_ADD_GROUP: Final = Statement(insert(GROUPS))
_REMOVE_SETTING: Final = Statement(delete(SETTINGS).where(SETTINGS.c.name == bindparam("setting")))
_ADD_SETTING: Final = Statement(insert(SETTINGS))
_CLIENT_SECRETS: Final = Statement(select(CLIENTS.c.id, CLIENTS.c.secrets))
_RESEAL_CLIENT: Final = Statement(
    update(CLIENTS).where(CLIENTS.c.id == bindparam("row")).values(secrets=bindparam("sealed"))
)
_API_SECRETS: Final = Statement(select(API_CLIENTS.c.application_id, API_CLIENTS.c.secrets))
_RESEAL_API_CLIENT: Final = Statement(
    update(API_CLIENTS).where(API_CLIENTS.c.application_id == bindparam("row")).values(secrets=bindparam("sealed"))
)
_DIRECTORY_SECRETS: Final = Statement(
    select(DIRECTORIES.c.id, DIRECTORIES.c.secret).where(DIRECTORIES.c.secret.is_not(None))
)
_RESEAL_DIRECTORY: Final = Statement(
    update(DIRECTORIES).where(DIRECTORIES.c.id == bindparam("row")).values(secret=bindparam("sealed"))
)

_octets: Final = msgspec.msgpack.Encoder().encode


def count_version(connection: sqlite3.Connection) -> None:
    """Count a change of the configuration."""
    _COUNT.run(connection)


def _unique(statement: Statement, connection: sqlite3.Connection, words: str, **values: Value) -> None:
    try:
        statement.run(connection, **values)
    except sqlite3.IntegrityError as problem:
        if problem.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            raise Taken(words) from None
        raise


def _switches(application: Application) -> dict[str, Value]:
    return {
        "authentication_type": application.authentication_type.value,
        "enabled": application.enabled,
        "primary_kind": application.primary.value,
        "challenge": application.challenge,
        "deadline": application.deadline,
        "user_match": application.user_match,
        "portal_away": application.portal_away.value,
    }


def _place(connection: sqlite3.Connection, application: Application) -> None:
    places = [(application.id, place, directory) for place, directory in enumerate(application.directories)]
    connection.executemany(_ADD_PLACE.sql, places)


def add_application(connection: sqlite3.Connection, application: Application, *, at: int) -> None:
    """Add an application. Raises `Taken` where its name is in use."""
    _unique(
        _ADD_APPLICATION,
        connection,
        f"there is an application {application.name} already",
        id=application.id,
        name=application.name,
        version=application.version,
        created_at=at,
        **_switches(application),
    )
    _place(connection, application)


def set_application(connection: sqlite3.Connection, application: Application) -> None:
    """Replace what an application is but its name and clients, and count its version up."""
    _SET_APPLICATION.run(connection, application=application.id, **_switches(application))
    _REMOVE_PLACES.run(connection, application=application.id)
    _place(connection, application)


def remove_application(connection: sqlite3.Connection, application: ApplicationId) -> None:
    """Remove an application with its clients, rules and challenges."""
    _REMOVE_CHALLENGES.run(connection, application=application)
    _REMOVE_APPLICATION.run(connection, application=application)


def _sealed_secrets(keys: KeyRing, client: Client) -> bytes:
    return keys.seal(_octets(tuple(secret.octets for secret in client.secrets)), client_place(client.id))


def add_client(connection: sqlite3.Connection, keys: KeyRing, client: Client) -> None:
    """Add a client and count its application's version up. Raises `Taken` where its network is in use."""
    _unique(
        _ADD_CLIENT,
        connection,
        f"there is a client {client.network} already",
        id=client.id,
        application_id=client.application,
        network=str(client.network),
        secrets=_sealed_secrets(keys, client),
        require_message_authenticator=client.require_message_authenticator,
    )
    _COUNT_APPLICATION.run(connection, application=client.application)


def set_client_secrets(connection: sqlite3.Connection, keys: KeyRing, client: Client) -> None:
    """Replace the secrets and switches of a client, and count the application's version up."""
    _SET_CLIENT.run(
        connection,
        client=client.id,
        secrets=_sealed_secrets(keys, client),
        required=client.require_message_authenticator,
    )
    _COUNT_APPLICATION.run(connection, application=client.application)


def set_api_client(connection: sqlite3.Connection, keys: KeyRing, client: ApiClient) -> None:
    """Put a client of an application of type `api` in place, and count the application's version up."""
    _REMOVE_API_CLIENT.run(connection, row=client.application)
    _ADD_API_CLIENT.run(
        connection,
        application_id=client.application,
        networks=msgspec.json.encode([str(network) for network in client.networks]).decode(),
        secrets=keys.seal(
            _octets(tuple(secret.octets for secret in client.secrets)), api_client_place(client.application)
        ),
    )
    _COUNT_APPLICATION.run(connection, application=client.application)


def remove_client(connection: sqlite3.Connection, client: ClientId) -> None:
    """Remove a client and count its application's version up."""
    row = _APPLICATION_OF.one(connection, client=client)
    if row is not None:
        _REMOVE_CLIENT.run(connection, client=client)
        _COUNT_APPLICATION.run(connection, application=row[0])


def add_directory(connection: sqlite3.Connection, keys: KeyRing, directory: Directory) -> None:
    """Add a directory. Raises `Taken` where its name is in use."""
    details: LdapDetails | RadiusDetails
    if isinstance(directory, LdapDirectory):
        kind, secret = LDAP, directory.bind_password
        details = LdapDetails(
            url=directory.url,
            base=directory.base,
            bind_dn=directory.bind_dn,
            user_filter=directory.user_filter,
            start_tls=directory.start_tls,
            ca=directory.ca,
            timeout=directory.timeout,
        )
    else:
        kind, secret = RADIUS, directory.secret
        details = RadiusDetails(
            host=directory.host, port=directory.port, timeout=directory.timeout, tries=directory.tries
        )
    _unique(
        _ADD_DIRECTORY,
        connection,
        f"there is a directory {directory.name} already",
        id=directory.id,
        name=directory.name,
        kind=kind,
        details=msgspec.json.encode(details).decode(),
        secret=None if secret is None else keys.seal(secret.octets, directory_place(directory.id)),
    )


def remove_directory(connection: sqlite3.Connection, directory: DirectoryId) -> None:
    """Remove a directory that no application uses."""
    _REMOVE_DIRECTORY.run(connection, directory=directory)


def add_rule(connection: sqlite3.Connection, rule: CachingRule, *, at: int) -> None:
    """Add a caching rule."""
    _ADD_RULE.run(
        connection,
        id=rule.id,
        cache_type=rule.cache_type.value,
        seconds=rule.seconds,
        authentication_type=None if rule.authentication_type is None else rule.authentication_type.value,
        application_id=rule.application,
        enabled=rule.enabled,
        version=rule.version,
        created_at=at,
    )


def set_rule(connection: sqlite3.Connection, rule: CachingRule) -> None:
    """Replace a rule's seconds and whether it is on, and count its version up."""
    _SET_RULE.run(connection, rule=rule.id, wanted=rule.seconds, on=rule.enabled)


def remove_rule(connection: sqlite3.Connection, rule: RuleId) -> bool:
    """Remove a caching rule; False where there is none."""
    return _REMOVE_RULE.change(connection, rule=rule) == 1


def add_group(connection: sqlite3.Connection, group: Group) -> None:
    """Add a replication group. Raises `Taken` where its name is in use."""
    _unique(_ADD_GROUP, connection, f"there is a group {group.name} already", id=group.id, name=group.name)


def set_setting(connection: sqlite3.Connection, name: str, value: float) -> None:
    """Keep one setting."""
    _REMOVE_SETTING.run(connection, setting=name)
    _ADD_SETTING.run(connection, name=name, value=value)


def reseal_configuration(connection: sqlite3.Connection, keys: KeyRing, *, limit: int) -> int:
    """Seal up to `limit` secrets of clients and directories anew that are under an older key, and return how many."""
    done = 0
    for rows, place_of, reseal in (
        (_CLIENT_SECRETS, client_place, _RESEAL_CLIENT),
        (_API_SECRETS, api_client_place, _RESEAL_API_CLIENT),
        (_DIRECTORY_SECRETS, directory_place, _RESEAL_DIRECTORY),
    ):
        for identifier, sealed in rows.all(connection):
            if done < limit and not sealed.startswith(keys.header):
                place: Place = place_of(identifier)
                reseal.run(connection, row=identifier, sealed=keys.seal(keys.open(sealed, place), place))
                done += 1
    return done
