"""
Directories: where passwords are checked that are not ours.
"""

from dataclasses import dataclass

from watchword.domain.applications import DirectoryId
from watchword.domain.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapDirectory:
    """
    An LDAP directory: the user is searched for, then bound as.

    Attributes:
        url: `ldap://HOST[:PORT]` or `ldaps://HOST[:PORT]`.
        user_filter: RFC 4515 filter in which `{username}` stands for the typed name.
        ca: certificates in PEM that sign the directory's own, empty for the system's.
        timeout: seconds for the whole check.
    """

    id: DirectoryId
    name: str
    url: str
    base: str
    bind_dn: str = ""
    bind_password: Secret | None = None
    user_filter: str = ""
    start_tls: bool = False
    ca: str = ""
    timeout: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusDirectory:
    """A RADIUS server behind us. `timeout` is in seconds for each of `tries` tries."""

    id: DirectoryId
    name: str
    host: str
    port: int
    secret: Secret
    timeout: float = 3.0
    tries: int = 2


Directory = LdapDirectory | RadiusDirectory
