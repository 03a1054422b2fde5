"""
Roles of administrators, and what each may do.
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who administers. `HOST` is whoever holds the data folder: the break-glass on the machine itself."""

    OWNER = "owner"
    AUTHENTICATION_ADMINISTRATOR = "authentication-administrator"
    HELP_DESK = "help-desk"
    AUDITOR = "auditor"
    HOST = "host"


class Permission(StrEnum):
    """What an operation needs, as noun:verb."""

    USER_READ = "user:read"
    USER_WRITE = "user:write"
    USER_BLOCK = "user:block"
    METHOD_WRITE = "method:write"
    APPLICATION_READ = "application:read"
    APPLICATION_WRITE = "application:write"
    BYPASS_READ = "bypass:read"
    BYPASS_CREATE = "bypass:create"
    RULE_READ = "rule:read"
    RULE_WRITE = "rule:write"
    ACTIVITY_READ = "activity:read"
    AUDIT_READ = "audit:read"
    SETTING_READ = "setting:read"
    SETTING_WRITE = "setting:write"
    KEY_WRITE = "key:write"
    SERVER_READ = "server:read"
    SERVER_WRITE = "server:write"
    ADMINISTRATOR_READ = "administrator:read"
    ADMINISTRATOR_WRITE = "administrator:write"
    ADMINISTRATOR_RECOVER = "administrator:recover"
    ACCOUNT_WRITE = "account:write"
    API_KEY_READ = "api-key:read"
    API_KEY_WRITE = "api-key:write"

    @property
    def only_reads(self) -> bool:
        """Whether it is allowed to look at something, and to change nothing."""
        return self.value.endswith(":read")


_READS: Final = frozenset(permission for permission in Permission if permission.only_reads)
_EVERYTHING: Final = frozenset(Permission)
_OWNERS_ALONE: Final = frozenset(
    {
        Permission.KEY_WRITE,
        Permission.SETTING_WRITE,
        Permission.ADMINISTRATOR_WRITE,
        Permission.API_KEY_WRITE,
    }
)

PERMISSIONS: Final = {
    Role.HOST: _EVERYTHING,
    # Whoever has lost what he signs in with comes back by the host alone (E12).
    Role.OWNER: _EVERYTHING - {Permission.ADMINISTRATOR_RECOVER},
    Role.AUTHENTICATION_ADMINISTRATOR: _EVERYTHING - _OWNERS_ALONE - {Permission.ADMINISTRATOR_RECOVER},
    Role.HELP_DESK: frozenset(
        {
            Permission.USER_READ,
            Permission.USER_BLOCK,
            Permission.METHOD_WRITE,
            Permission.BYPASS_READ,
            Permission.BYPASS_CREATE,
            Permission.APPLICATION_READ,
            Permission.ACTIVITY_READ,
            Permission.SERVER_READ,
            Permission.ACCOUNT_WRITE,
        }
    ),
    Role.AUDITOR: _READS | {Permission.ACCOUNT_WRITE},
}
"""The one table of who may do what."""

BYPASS_CAPS: Final = {Role.HELP_DESK: 900}
"""Seconds beyond which a role may not give a bypass, whatever the organisation allows (design.md section 6)."""
