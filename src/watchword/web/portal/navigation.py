"""
What there is in the portal, as its navigation, its command palette and its shortcuts show it.

Whoever writes a page adds a line here; it is shown to those whose role may open it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from watchword.domain.roles import PERMISSIONS, Permission, Role
from watchword.web.portal.languages import marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    A page of the navigation.

    Attributes:
        label: marked for translation, as `section` and `hint` are.
        hint: what one does there, for the command palette.
        key: the letter that opens it after `g`.
        permission: what the role must be allowed, None for everybody who is signed in.
    """

    path: str
    label: str
    icon: str
    section: str
    hint: str
    key: str | None = None
    permission: Permission | None = None

    def holds(self, path: str) -> bool:
        """Tell whether a page is this one, or one below it."""
        page = path.partition("?")[0]
        return page == self.path or (self.path != "/" and page.startswith(f"{self.path}/"))


_NOW: Final = marked("Now")
_PEOPLE: Final = marked("People")
_PORTAL: Final = marked("This portal")
_POLICY: Final = marked("Policy")
_SERVERS: Final = marked("MFA servers")

PLACES: Final[tuple[Place, ...]] = (
    Place(
        path="/",
        label=marked("Overview"),
        icon="home",
        section=_NOW,
        hint=marked("Is everything well? What needs me?"),
        key="o",
    ),
    Place(
        path="/bypasses",
        label=marked("One-time bypass"),
        icon="bypass",
        section=_NOW,
        hint=marked("Let somebody in once without the second step"),
        key="b",
        permission=Permission.BYPASS_READ,
    ),
    Place(
        path="/pending",
        label=marked("Waiting logins"),
        icon="clock",
        section=_NOW,
        hint=marked("Who waits for a phone or a code at this moment"),
        key="l",
        permission=Permission.ACTIVITY_READ,
    ),
    Place(
        path="/activity",
        label=marked("Activity"),
        icon="activity",
        section=_NOW,
        hint=marked("What happened, and why it ended so"),
        key="v",
        permission=Permission.ACTIVITY_READ,
    ),
    Place(
        path="/what-if",
        label=marked("What if …?"),
        icon="question",
        section=_POLICY,
        hint=marked("How a login would end at this moment, and why"),
        key="w",
        permission=Permission.ACTIVITY_READ,
    ),
    Place(
        path="/rules",
        label=marked("Caching rules"),
        icon="cache",
        section=_POLICY,
        hint=marked("Let somebody in again without a new prompt"),
        key="c",
        permission=Permission.RULE_READ,
    ),
    Place(
        path="/applications",
        label=marked("Applications"),
        icon="apps",
        section=_POLICY,
        hint=marked("VPNs and whatever else asks: add, test, give a new secret"),
        key="p",
        permission=Permission.APPLICATION_READ,
    ),
    Place(
        path="/directories",
        label=marked("Directories"),
        icon="directory",
        section=_POLICY,
        hint=marked("Where passwords are checked that are not kept here"),
        key="r",
        permission=Permission.APPLICATION_READ,
    ),
    Place(
        path="/servers",
        label=marked("Server status"),
        icon="server",
        section=_SERVERS,
        hint=marked("Version, status, IP and last communication of each MFA server"),
        key="s",
        permission=Permission.SERVER_READ,
    ),
    Place(
        path="/server-settings",
        label=marked("Server settings"),
        icon="download",
        section=_SERVERS,
        hint=marked("Download an MFA server and generate activation credentials"),
        key="d",
        permission=Permission.SETTING_READ,
    ),
    Place(
        path="/groups",
        label=marked("Replication groups"),
        icon="copy",
        section=_SERVERS,
        hint=marked("Servers that behave as one"),
        permission=Permission.SERVER_READ,
    ),
    Place(
        path="/users",
        label=marked("Users"),
        icon="users",
        section=_PEOPLE,
        hint=marked("Who signs in, and with what; block, unlock, second steps"),
        key="u",
        permission=Permission.USER_READ,
    ),
    Place(
        path="/administrators",
        label=marked("Administrators"),
        icon="shield",
        section=_PORTAL,
        hint=marked("Who opens this portal, and what each may do"),
        permission=Permission.ADMINISTRATOR_READ,
    ),
    Place(
        path="/audit",
        label=marked("Audit trail"),
        icon="audit",
        section=_PORTAL,
        hint=marked("Who changed what, and whether nothing was taken out"),
        key="t",
        permission=Permission.AUDIT_READ,
    ),
    Place(
        path="/api-keys",
        label=marked("API keys"),
        icon="key",
        section=_PORTAL,
        hint=marked("Keys of programs that use the REST API"),
        permission=Permission.API_KEY_READ,
    ),
    Place(
        path="/settings",
        label=marked("Settings"),
        icon="settings",
        section=_PORTAL,
        hint=marked("Locks, limits, how long is kept what happened, sessions"),
        key="e",
        permission=Permission.SETTING_READ,
    ),
    Place(
        path="/account",
        label=marked("Your account"),
        icon="user",
        section=_PORTAL,
        hint=marked("Password, passkeys, authenticator app, sessions"),
        key="a",
    ),
)


def places(role: Role, all_: Iterable[Place] = PLACES) -> tuple[Place, ...]:
    """Return what a role may open."""
    return tuple(place for place in all_ if place.permission is None or place.permission in PERMISSIONS[role])
