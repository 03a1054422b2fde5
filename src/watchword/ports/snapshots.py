"""
Between the configuration of a portal and the snapshot of it that a server obeys.

What a server does not decide does not cross: no rules, no groups, no users. What crosses and is not known here, such as
an application whose password is checked in a way that came later, is left out: nobody passes by it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeVar

from watchword.domain.applications import (
    Application,
    ApplicationId,
    AuthenticationType,
    ClientId,
    DirectoryId,
    PortalAway,
    PrimaryKind,
)
from watchword.domain.clients import Client, parse_network
from watchword.domain.configuration import Configuration
from watchword.domain.directories import Directory, LdapDirectory, RadiusDirectory
from watchword.domain.secrets import Secret
from watchword.domain.servers import Group
from watchword.domain.settings import DEFAULTS, RadiusSettings
from watchword.wire.channel import configuration as wire

LONGEST_DELAY: Final = 10.0
"""Seconds that a server holds a Reject back at most, whatever it is told (`domain.settings.RadiusSettings`)."""

Part = TypeVar("Part")


def snapshot_of(
    configuration: Configuration,
    *,
    server: bytes,
    serial: int,
    name: str,
    group: Group,
    proof_keys: tuple[bytes, ...],
    portals: tuple[str, ...] = (),
) -> wire.Snapshot:
    """Return what a server needs of a configuration."""
    return wire.Snapshot(
        server=server,
        serial=serial,
        name=name,
        group=group.name,
        group_id=group.id,
        version=configuration.version,
        reject_delay=configuration.settings.radius.reject_delay,
        proof_keys=proof_keys,
        applications=tuple(_application(one) for one in configuration.applications.values()),
        clients=tuple(_client(one) for one in configuration.clients),
        directories=tuple(_directory(one) for one in configuration.directories.values()),
        portals=portals,
    )


def _application(application: Application) -> wire.Application:
    return wire.Application(
        id=application.id,
        name=application.name,
        authentication_type=application.authentication_type.value,
        version=application.version,
        enabled=application.enabled,
        primary=application.primary.value,
        directories=application.directories,
        challenge=application.challenge,
        deadline=application.deadline,
        user_match=application.user_match,
        portal_away=application.portal_away.value,
    )


def _client(client: Client) -> wire.Client:
    return wire.Client(
        id=client.id,
        application=client.application,
        network=str(client.network),
        secrets=tuple(secret.octets for secret in client.secrets),
        require_message_authenticator=client.require_message_authenticator,
    )


def _directory(directory: Directory) -> wire.Directory:
    match directory:
        case LdapDirectory():
            return wire.LdapDirectory(
                id=directory.id,
                name=directory.name,
                url=directory.url,
                base=directory.base,
                bind_dn=directory.bind_dn,
                bind_password=None if directory.bind_password is None else directory.bind_password.octets,
                user_filter=directory.user_filter,
                start_tls=directory.start_tls,
                ca=directory.ca,
                timeout=directory.timeout,
            )
        case RadiusDirectory():
            return wire.RadiusDirectory(
                id=directory.id,
                name=directory.name,
                host=directory.host,
                port=directory.port,
                secret=directory.secret.octets,
                timeout=directory.timeout,
                tries=directory.tries,
            )


def configuration_of(snapshot: wire.Snapshot) -> Configuration:
    """Return the configuration that a snapshot is of."""
    applications = _known(_application_of(one) for one in snapshot.applications)
    delay = max(0.0, min(snapshot.reject_delay, LONGEST_DELAY))
    return Configuration(
        version=snapshot.version,
        applications={one.id: one for one in applications},
        clients=_known(_client_of(one) for one in snapshot.clients),
        directories={one.id: one for one in map(_directory_of, snapshot.directories)},
        settings=replace(DEFAULTS, radius=RadiusSettings(reject_delay=delay)),
    )


def _known(found: Iterable[Part | None]) -> tuple[Part, ...]:
    return tuple(one for one in found if one is not None)


def _application_of(written: wire.Application) -> Application | None:
    try:
        kind, primary = AuthenticationType(written.authentication_type), PrimaryKind(written.primary)
    except ValueError:
        return None
    return Application(
        id=ApplicationId(written.id),
        name=written.name,
        authentication_type=kind,
        version=written.version,
        enabled=written.enabled,
        primary=primary,
        directories=tuple(DirectoryId(one) for one in written.directories),
        challenge=written.challenge,
        deadline=written.deadline,
        user_match=written.user_match,
        portal_away=PortalAway.CODES if written.portal_away == PortalAway.CODES.value else PortalAway.DENY,
    )


def _client_of(written: wire.Client) -> Client | None:
    network = parse_network(written.network)
    if network is None:
        return None
    return Client(
        id=ClientId(written.id),
        application=ApplicationId(written.application),
        network=network,
        secrets=tuple(Secret(octets) for octets in written.secrets),
        require_message_authenticator=written.require_message_authenticator,
    )


def _directory_of(written: wire.Directory) -> Directory:
    match written:
        case wire.LdapDirectory():
            return LdapDirectory(
                id=DirectoryId(written.id),
                name=written.name,
                url=written.url,
                base=written.base,
                bind_dn=written.bind_dn,
                bind_password=None if written.bind_password is None else Secret(written.bind_password),
                user_filter=written.user_filter,
                start_tls=written.start_tls,
                ca=written.ca,
                timeout=written.timeout,
            )
        case wire.RadiusDirectory():
            return RadiusDirectory(
                id=DirectoryId(written.id),
                name=written.name,
                host=written.host,
                port=written.port,
                secret=Secret(written.secret),
                timeout=written.timeout,
                tries=written.tries,
            )
