"""
The checks of `doctor` on MFA servers, as the portal knows them.
"""

from collections.abc import Sequence
from typing import Final

from watchword.app.diagnose.checks import Finding, Level
from watchword.app.servers.listing import ServerRow
from watchword.app.servers.troubles import Trouble
from watchword.domain.servers import RENEW_DAYS

CHECK: Final = "servers"

_LEVELS: Final = {Trouble.CLONE: Level.ERROR, Trouble.OFFLINE: Level.ERROR}
"""What is no warning."""


def servers(rows: Sequence[ServerRow]) -> list[Finding]:
    """Tell what is wrong with MFA servers."""
    found = [_finding(row, trouble) for row in rows for trouble in row.troubles]
    return found or [Finding(check=CHECK, level=Level.OK, sentence="nothing to remark on MFA servers")]


def _finding(row: ServerRow, trouble: Trouble) -> Finding:
    sentence, advice = _words(row, trouble)
    return Finding(check=CHECK, level=_LEVELS.get(trouble, Level.WARNING), sentence=sentence, advice=advice)


def _words(row: ServerRow, trouble: Trouble) -> tuple[str, str]:
    name, heard = row.name, row.last_communication or "never"
    match trouble:
        case Trouble.CLONE:
            return (
                f"two servers claim to be {name}, or its folder was put back from a copy; neither may act",
                f"stop the wrong one; `watchword server credentials --server {name!r}` gives the right one a new key",
            )
        case Trouble.OFFLINE:
            return (
                f"the server {name} is offline: it was last heard at {heard}",
                "see whether its machine runs and reaches this portal; there, `watchword doctor` tells more",
            )
        case Trouble.LATE:
            return (
                f"the server {name} has missed three beats: it was last heard at {heard}",
                "wait a moment: it may be starting anew; after two minutes it counts as offline",
            )
        case Trouble.NEVER:
            return (
                f"the server {name} was activated and has not been heard yet",
                "start it on its machine: `watchword server run`",
            )
        case Trouble.SKEW:
            seconds = f"{abs(row.clock_skew):.0f} seconds"
            return (
                f"the clock of the server {name} is {seconds} ahead of the portal's"
                if row.clock_skew > 0
                else f"the clock of the server {name} is {seconds} behind the portal's",
                "let a time service (NTP) set both: by more than 5 minutes the portal lets the server in no more",
            )
        case Trouble.BEHIND:
            return (
                f"the server {name} has not taken the newest configuration",
                "what was changed lately does not count there; its log says why, and starting it anew may help",
            )
        case Trouble.NO_LISTENER:
            return (
                f"the server {name} is connected and serves nobody",
                "start it with an address that VPNs ask, as in `--radius 0.0.0.0:1812`",
            )
        case Trouble.OLD_KEY:
            return (
                f"the server {name} has not renewed its key since {row.key_since}",
                f"it does so every {RENEW_DAYS} days while it is heard; `watchword server renew {name!r}` asks it to",
            )
