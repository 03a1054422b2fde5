"""
Closed values as pages call them, marked for translation.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from watchword.app.diagnose.checks import Level
from watchword.domain.applications import AuthenticationType
from watchword.domain.bypass import BypassState
from watchword.domain.caching import CacheType
from watchword.domain.roles import Role
from watchword.web.portal.languages import marked

LABELS: Final[Mapping[StrEnum, str]] = {
    Level.OK: marked("well"),
    Level.ADVICE: marked("advice"),
    Level.WARNING: marked("warning"),
    Level.ERROR: marked("error"),
    AuthenticationType.RADIUS: marked("RADIUS"),
    AuthenticationType.LDAP: marked("LDAP"),
    AuthenticationType.HTTP: marked("web site"),
    AuthenticationType.API: marked("API"),
    CacheType.IP: marked("IP address"),
    CacheType.APPLICATION: marked("Application"),
    CacheType.USER: marked("User"),
    BypassState.ACTIVE: marked("active"),
    BypassState.USED: marked("used"),
    BypassState.EXPIRED: marked("expired"),
    BypassState.CANCELLED: marked("cancelled"),
    BypassState.SUPERSEDED: marked("replaced by a newer one"),
    Role.OWNER: marked("owner"),
    Role.AUTHENTICATION_ADMINISTRATOR: marked("authentication administrator"),
    Role.HELP_DESK: marked("help desk"),
    Role.AUDITOR: marked("auditor"),
    Role.HOST: marked("this machine"),
}
"""What each is called."""

TONES: Final[Mapping[StrEnum, str]] = {
    Level.OK: "good",
    Level.ADVICE: "live",
    Level.WARNING: "warn",
    Level.ERROR: "bad",
    BypassState.ACTIVE: "live",
    BypassState.USED: "good",
    BypassState.EXPIRED: "calm",
    BypassState.CANCELLED: "warn",
    BypassState.SUPERSEDED: "calm",
}
"""In which tone each badge stands; whatever is not here is calm."""
