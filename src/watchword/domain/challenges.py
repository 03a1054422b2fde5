"""
Challenges: a login that was asked once more, and what its State stands for (R63).

A State is good once, for the application, the client and the user that it was made for, in the epoch in which it was
made.
"""

from dataclasses import dataclass

from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, GroupId
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, Attributes, VerificationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """
    What is kept of a login until the answer to its challenge comes.

    Attributes:
        digest: SHA-256 of the State; the State itself is kept by the application alone.
        name: the folded name that was typed.
        verification: the prompt on a phone that it waits for, None where only a code is asked for.
        expires_at: UTC microseconds.
        attributes: what goes into the Access-Accept in the end.
        origin: the activity row of the first request.
        group: the replication group where it was sent; in another it stands for nothing.
        learns: the directory's identifier of the person whose password it has checked.
    """

    digest: bytes
    user: UserId
    application: ApplicationId
    client: str
    name: str
    epoch: int
    source: str | None
    address: str | None
    proof: bytes
    verification: VerificationId | None
    expires_at: int
    attributes: Attributes
    origin: ActivityId
    learns: bytes | None = None
    group: GroupId = DEFAULT_GROUP
