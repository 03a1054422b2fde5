"""
The keys under which secrets are sealed.
"""

from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal
from watchword.app.manage.texts import instant
from watchword.app.upkeep import reseal
from watchword.domain.events import AuditEvent

MOST_AT_ONCE: Final = 20_000
"""Secrets that are sealed anew before the operation answers; what is left is done by upkeep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotate:
    """Seal under a new key from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated:
    """The key's version, how many secrets were sealed under it, and whether that is all of them."""

    version: int
    created_at: str
    resealed: int
    finished: bool


async def rotate(context: Administration, actor: Actor, _arguments: KeyRotate) -> KeyRotated | Refusal:
    """Add a key to the ring and seal under it what is sealed under older ones; both can be read meanwhile (O14)."""
    scribe = context.scribe(actor)
    key = await context.upkeep.rotate_key(scribe.row(AuditEvent.KEY_ROTATED))
    resealed = 0
    while resealed < MOST_AT_ONCE and (step := await reseal(context)):
        resealed += step
    finished = resealed < MOST_AT_ONCE
    return KeyRotated(version=key.version, created_at=instant(key.created_at), resealed=resealed, finished=finished)
