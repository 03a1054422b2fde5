"""
Applications: what asks for a second step, how it asks, and what it allows.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Final, NewType

ApplicationId = NewType("ApplicationId", bytes)
GroupId = NewType("GroupId", bytes)
DirectoryId = NewType("DirectoryId", bytes)
ClientId = NewType("ClientId", bytes)

DEFAULT_GROUP: Final = GroupId(bytes(16))
"""The replication group `default`, which always exists."""

DEFAULT_DEADLINE: Final = 50
"""Seconds until an application is told something: under the 60 s that vendors advise for push (R90)."""

LONGEST_DEADLINE: Final = 300
LONGEST_NAME: Final = 100
"""Characters of an application's name: what a screen shows on one line."""

SHORTEST_SECRET: Final = 16
"""Octets of a shared secret below which one is refused (R4)."""
SHORT_SECRET: Final = 24
"""Octets of a shared secret below which `doctor` advises a longer one (R4)."""
WIDEST_PREFIX: Final = {4: 16, 6: 48}
"""Prefix lengths below which a client's network must be allowed on purpose (R3)."""

Network = IPv4Network | IPv6Network


class AuthenticationType(StrEnum):
    """How an application speaks to us."""

    RADIUS = "radius"
    LDAP = "ldap"
    HTTP = "http"
    API = "api"


class PrimaryKind(StrEnum):
    """Where the password is checked."""

    LOCAL = "local"
    ASSERTED = "asserted"
    LDAP = "ldap"
    RADIUS = "radius"


class PortalAway(StrEnum):
    """What a server does for an application while no portal answers."""

    DENY = "deny"
    CODES = "codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """
    Something that asks.

    Attributes:
        version: counts its changes; part of every cache entry, so that a change ends them.
        directories: where the password is checked, in order; empty for `local` and `asserted`.
        challenge: whether it can show a prompt and ask again.
        deadline: seconds after which it must have an answer.
        user_match: whether only known users may pass.
    """

    id: ApplicationId
    name: str
    authentication_type: AuthenticationType = AuthenticationType.RADIUS
    version: int = 0
    enabled: bool = True
    primary: PrimaryKind = PrimaryKind.LOCAL
    directories: tuple[DirectoryId, ...] = ()
    challenge: bool = False
    deadline: int = DEFAULT_DEADLINE
    user_match: bool = True
    portal_away: PortalAway = PortalAway.DENY


class ApplicationRefusal(StrEnum):
    """Why an application is not taken."""

    NAME = "an application needs a name of 1 to 100 printable characters"
    DEADLINE = "the deadline must be from 1 to 300 seconds"
    SECRET = "the secret must have at least 16 octets; `openssl rand -base64 32` makes a good one"  # noqa: S105 - words
    WIDE = "the network is wider than /16 (IPv4) or /48 (IPv6); allow it on purpose with --allow-wide"


def refusal(
    *, name: str, deadline: int, secret_octets: int, networks: tuple[Network, ...], wide_allowed: bool
) -> ApplicationRefusal | None:
    """Tell why an application may not be made, None where it may."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        return ApplicationRefusal.NAME
    if not 1 <= deadline <= LONGEST_DEADLINE:
        return ApplicationRefusal.DEADLINE
    if secret_octets < SHORTEST_SECRET:
        return ApplicationRefusal.SECRET
    if not wide_allowed and any(network.prefixlen < WIDEST_PREFIX[network.version] for network in networks):
        return ApplicationRefusal.WIDE
    return None
