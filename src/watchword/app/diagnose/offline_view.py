"""
What an MFA server could decide by itself, in sentences: what `doctor` and the server's own page say of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from watchword.app.diagnose.checks import Finding, Level
from watchword.domain.applications import PortalAway, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.offline import eligible
from watchword.domain.servers import ACTS_SECONDS

CHECK: Final = "codes-without-portal"

SECONDS: Final = ACTS_SECONDS
"""For how long codes are taken after the last word that a portal had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineView:
    """
    How a server stands that may have to decide by itself.

    Attributes:
        works: whether the disk lets it keep anything.
        users: of the replica, None where there is none; `too_many` of them where they are more than a replica holds.
        left: seconds for which codes would be taken if no portal were heard any more, None for not at all.
        shut: why not, where that is so.
        untold: rows of what was decided that the portal does not have yet.
    """

    works: bool = True
    users: int | None = None
    too_many: int = 0
    left: float | None = None
    shut: str = ""
    untold: int = 0


def where(configuration: Configuration) -> list[str]:
    """Return the names of the applications whose codes may be taken without a portal."""
    return sorted(one.name for one in configuration.applications.values() if eligible(one))


def never(configuration: Configuration) -> list[str]:
    """Return the names of applications that allow codes and can never have them: their passwords are at the portal."""
    return sorted(
        one.name
        for one in configuration.applications.values()
        if one.enabled and one.portal_away is PortalAway.CODES and one.primary is PrimaryKind.LOCAL
    )


def answered(configuration: Configuration, view: OfflineView, *, connected: bool) -> str:
    """Return in one sentence what a login is answered with now."""
    names = where(configuration)
    if connected:
        return "the portal decides every login"
    if view.left is None or view.users is None or not names:
        return "every login is denied"
    minutes = max(1, round(view.left / 60))
    return f"codes are taken at {', '.join(names)} for {minutes} more minutes, each once; every other login is denied"


def findings(configuration: Configuration, view: OfflineView) -> Sequence[Finding]:
    """Look at what would happen, or happens, without a portal."""
    found = []
    names = where(configuration)
    if names:
        found.append(_replica(", ".join(names), view))
    if neither := never(configuration):
        found.append(
            Finding(
                check=CHECK,
                level=Level.WARNING,
                sentence=f"{', '.join(neither)} would take codes without a portal, but its passwords are at the portal",
                advice="check its passwords at a directory, or set --portal-away deny, which is what happens",
            )
        )
    if view.untold:
        sentence = f"{view.untold} rows of what was decided without a portal wait until it is back"
        found.append(Finding(check="activity", level=Level.WARNING, sentence=sentence))
    return found


def _replica(names: str, view: OfflineView) -> Finding:
    if not view.works:
        return _warns("nothing can be kept on the disk, so no code is taken without a portal", "see this server's log")
    if view.too_many:
        sentence = f"{view.too_many} users or more have tokens: too many for a replica, so no code is taken"
        return _warns(sentence, "set --portal-away deny, or let fewer users have tokens")
    if view.users is None:
        return _warns(f"there is no replica of those who have tokens yet, so no code is taken at {names}", "")
    if view.left is None:
        return _warns(f"no code is taken at {names} without a portal: {view.shut}", "")
    sentence = (
        f"without a portal codes would be taken at {names} for {view.left / 60:.0f} minutes, "
        f"by a sealed replica of {view.users} users, each code once at this server"
    )
    return Finding(check=CHECK, level=Level.OK, sentence=sentence)


def _warns(sentence: str, advice: str) -> Finding:
    return Finding(check=CHECK, level=Level.WARNING, sentence=sentence, advice=advice)
