"""
What portal and MFA server sign when one becomes known to the other, renews its key, or opens a session.

Each statement is octets that both make alike: a list of fields, each its length in four octets, most significant first,
and then its octets. The first field names the list and its version, so that a signature holds for one purpose and for
no other; number and order of the fields are fixed, so no two values have the same octets. Text is UTF-8, an instant
microseconds in eight octets.
"""

from dataclasses import dataclass
from typing import Final

from watchword.domain.applications import GroupId
from watchword.domain.servers import ServerId

NONCE_OCTETS: Final = 32
"""Octets of the nonces that keep a statement from being played back."""

ACTIVATION_BOX: Final = b"watchword activation box 1"
"""What the box that carries an activation is made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalStatement:
    """
    What a portal states before anything is entrusted to it.

    Attributes:
        nonce: the asker's.
        box_key: the public key that boxes for the portal are made for.
        at: UTC microseconds of the portal's clock.
    """

    nonce: bytes
    box_key: bytes
    at: int

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(b"watchword portal 1", self.nonce, self.box_key, _instant(self.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationStatement:
    """
    What a server states to show that it holds the key that is to become known.

    Attributes:
        portal: fingerprint of the portal that it means.
        email: of the credentials that it spends.
        key: its public key.
        link: digest of the secret that its first session will show.
        at: UTC microseconds of the server's clock.
    """

    portal: bytes
    email: str
    key: bytes
    link: bytes
    at: int

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(
            b"watchword activation 1", self.portal, self.email.encode(), self.key, self.link, _instant(self.at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivatedStatement:
    """What the portal states of a server that is known to it now: its id, key, name, group and the group's name."""

    server: ServerId
    key: bytes
    name: str
    group: GroupId
    group_name: str

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(
            b"watchword activated 1",
            self.server,
            self.key,
            self.name.encode(),
            self.group,
            self.group_name.encode(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalStatement:
    """What a server states, signed by the key that it has and by the one that it is to have."""

    portal: bytes
    server: ServerId
    key: bytes
    at: int

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(b"watchword renewal 1", self.portal, self.server, self.key, _instant(self.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedStatement:
    """What the portal states of a server whose key is `key` now."""

    server: ServerId
    key: bytes

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(b"watchword renewed 1", self.server, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatement:
    """
    What a server states to open a session.

    Attributes:
        portal: fingerprint of the portal that it means.
        nonce: the portal's, made for this session.
        server: who it is.
        shown: digest of the secret that it shows (`domain.servers.Links`).
        drawn: digest of the secret that it has drawn for the session after this one.
        at: UTC microseconds of the server's clock.
    """

    portal: bytes
    nonce: bytes
    server: ServerId
    shown: bytes
    drawn: bytes
    at: int

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(
            b"watchword session 1", self.portal, self.nonce, self.server, self.shown, self.drawn, _instant(self.at)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalStatement:
    """What the portal states where it refuses a server: a no that makes one forget its secrets must be the portal's."""

    nonce: bytes
    server: ServerId
    refusal: str

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return _list(b"watchword refusal 1", self.nonce, self.server, self.refusal.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadStatement:
    """
    What the portal states of the file that it offers: its name and its SHA-256 in hexadecimal.

    It is text of three lines, so that people can verify it with openssl; no list begins with its first four octets.
    """

    name: str
    sha256: str

    def canonical(self) -> bytes:
        """Return the octets that are signed."""
        return f"watchword download 1\n{self.name}\n{self.sha256}\n".encode()


def _list(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _instant(microseconds: int) -> bytes:
    return microseconds.to_bytes(8, "big", signed=True)
