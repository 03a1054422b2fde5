"""
What a server obeys: its part of the configuration, signed by the portal's identity key.

The signature covers the octets as they crossed. A snapshot names the server that it is for, and bears a serial number
that only grows: another server's, one that was sent before, and one that a proxy has made are all refused. Whatever
this version does not understand, an application, client or directory of a kind that came later, is left out, and
nobody passes by it.
"""

from typing import Annotated, Final, TypeVar

import msgspec

from watchword.wire.channel.undecodable import UNDECODABLE

_PURPOSE: Final = b"watchword channel configuration\x00"
"""What a signature is for, so that none can be taken for another."""


Seconds = Annotated[float, msgspec.Meta(ge=0, le=3_600)]
"""A span that somebody may wait: longer than any setting allows, and neither infinite nor no number."""


Delay = Annotated[float, msgspec.Meta(ge=0)]
"""A span that whoever obeys it cuts down to what he allows."""


MOST_PORTALS: Final = 16

Url = Annotated[str, msgspec.Meta(max_length=256, pattern=r"^https?://\S+$")]
"""Where a portal is."""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.applications.Application`."""

    id: bytes
    name: str
    authentication_type: str
    version: int
    enabled: bool
    primary: str
    directories: tuple[bytes, ...]
    challenge: bool
    deadline: int
    user_match: bool
    portal_away: str


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """As `domain.clients.Client`."""

    id: bytes
    application: bytes
    network: str
    secrets: tuple[bytes, ...]
    require_message_authenticator: bool


class LdapDirectory(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ldap"):
    """As `domain.directories.LdapDirectory`."""

    id: bytes
    name: str
    url: str
    base: str
    bind_dn: str
    bind_password: bytes | None
    user_filter: str
    start_tls: bool
    ca: str
    timeout: Seconds


class RadiusDirectory(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="radius"):
    """As `domain.directories.RadiusDirectory`."""

    id: bytes
    name: str
    host: str
    port: int
    secret: bytes
    timeout: Seconds
    tries: int


Directory = LdapDirectory | RadiusDirectory


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    server: bytes
    serial: int
    name: str
    group: str
    group_id: bytes
    version: int
    reject_delay: Delay
    proof_keys: tuple[bytes, ...]
    applications: tuple[msgspec.Raw, ...]
    clients: tuple[msgspec.Raw, ...]
    directories: tuple[msgspec.Raw, ...]
    portals: tuple[msgspec.Raw, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    The part of the configuration that a server needs.

    Attributes:
        server: whom it is for.
        serial: grows with every snapshot that a server is sent, also over restores of the portal's database.
        name: the server's.
        group: name of its replication group, and `group_id` which that is.
        version: of the portal's configuration.
        reject_delay: seconds, as `domain.settings.RadiusSettings`.
        proof_keys: keys of the group's proofs of passwords, the newest first.
        portals: URLs of the portals that this server may go to besides the one that it was activated at.
    """

    server: bytes
    serial: int
    name: str
    group: str
    group_id: bytes
    version: int
    reject_delay: Delay
    proof_keys: tuple[bytes, ...]
    applications: tuple[Application, ...]
    clients: tuple[Client, ...]
    directories: tuple[Directory, ...]
    portals: tuple[Url, ...] = ()


Part = TypeVar("Part")

_encode: Final = msgspec.msgpack.Encoder().encode
_written: Final = msgspec.msgpack.Decoder(_Written)
_applications: Final = msgspec.msgpack.Decoder(Application)
_clients: Final = msgspec.msgpack.Decoder(Client)
_directories: Final = msgspec.msgpack.Decoder(Directory)
_urls: Final = msgspec.msgpack.Decoder(Url)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Return the octets of a snapshot, without a signature."""
    return _encode(snapshot)


def signed(body: bytes) -> bytes:
    """Return what the portal signs."""
    return _PURPOSE + body


def decode_snapshot(body: bytes) -> Snapshot | None:
    """Return a snapshot without the parts that cannot be understood, None where nothing can."""
    try:
        written = _written.decode(body)
    except UNDECODABLE:
        return None
    return Snapshot(
        server=written.server,
        serial=written.serial,
        name=written.name,
        group=written.group,
        group_id=written.group_id,
        version=written.version,
        reject_delay=written.reject_delay,
        proof_keys=written.proof_keys,
        applications=_understood(written.applications, _applications),
        clients=_understood(written.clients, _clients),
        directories=_understood(written.directories, _directories),
        portals=_understood(written.portals[:MOST_PORTALS], _urls),
    )


def _understood(raws: tuple[msgspec.Raw, ...], decoder: msgspec.msgpack.Decoder[Part]) -> tuple[Part, ...]:
    found = []
    for raw in raws:
        try:
            found.append(decoder.decode(raw))
        except UNDECODABLE:
            continue
    return tuple(found)
