"""
Identifiers: UUIDv7 (RFC 9562 section 5.7) as 16 octets inside, as the usual text outside.
"""

import uuid
from typing import Final

from watchword.kit.clock import Clock
from watchword.kit.randomness import Randomness

LENGTH: Final = 16
"""Octets of an identifier."""

_DRAWN: Final = 1_024
"""Octets that are drawn together."""


class Identifiers:
    """Makes identifiers that sort by the time of their making, also within one millisecond; for one thread."""

    def __init__(self, *, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness
        self._last = 0
        self._drawn = b""
        self._taken = 0

    def new(self) -> bytes:
        """Return a new identifier of 16 octets."""
        # RFC 9562 section 6.2, method 3: the 12 bits after the milliseconds carry the fraction of the millisecond.
        milliseconds, rest = divmod(self._clock.now(), 1_000)
        stamp = (milliseconds << 12) | (rest * 4_096 // 1_000)
        self._last = stamp = max(stamp, self._last + 1)
        tail = int.from_bytes(self._eight_octets(), "big") & 0x3FFF_FFFF_FFFF_FFFF
        value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0x2 << 62 | tail
        return value.to_bytes(LENGTH, "big")

    def _eight_octets(self) -> bytes:
        # The system is asked seldom: a call of it costs as much as all the rest. No secret hangs on these octets.
        if self._taken == len(self._drawn):
            self._drawn, self._taken = self._randomness.octets(_DRAWN), 0
        self._taken += 8
        return self._drawn[self._taken - 8 : self._taken]


def text(identifier: bytes) -> str:
    """Return the text form of an identifier, as screens, scripts and URLs show it."""
    return str(uuid.UUID(bytes=identifier))


def parse(written: str) -> bytes | None:
    """Return the identifier whose text form `written` is, in either case of letters, None where it is none."""
    try:
        named = uuid.UUID(written)
    except ValueError:
        return None
    # What Python reads besides (braces, blanks, digits of other scripts) would be a second name for the same thing.
    return named.bytes if str(named) == written.lower() else None
