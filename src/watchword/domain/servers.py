"""
Replication groups, and the server that a row of activity names.
"""

from dataclasses import dataclass
from typing import Final

from watchword.domain.applications import GroupId

LOCAL_SERVER: Final = "local"
"""The name under which a portal's own listeners stand in activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """MFA servers that share users' live state."""

    id: GroupId
    name: str
