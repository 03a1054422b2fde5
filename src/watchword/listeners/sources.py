"""
Where a user is, as a RADIUS client says it: Calling-Station-Id.
"""

from functools import lru_cache

from watchword.domain.sources import place_of
from watchword.wire.radius.attributes import name_of


@lru_cache(maxsize=8_192)
def canonical(written: bytes) -> tuple[str | None, str | None]:
    """Bring a Calling-Station-Id into its one form (`place_of`); what is no text says nothing."""
    return place_of(name_of(written) or "")
