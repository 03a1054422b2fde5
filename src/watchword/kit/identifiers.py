"""
Identifiers: UUIDv7 (RFC 9562 section 5.7) as 16 octets inside, as the usual text outside.
"""

import uuid
from struct import Struct
from typing import Final

from watchword.kit.clock import Clock
from watchword.kit.randomness import Randomness

LENGTH: Final = 16
"""Octets of an identifier."""

_STAMP_OCTETS: Final = 6

_TAILS: Final = Struct(">128Q")
"""The random ends of identifiers that are drawn together."""
_RANDOM: Final = (1 << 62) - 1
_VARIANT: Final = 1 << 63
"""What of an end is random, and the two bits of the variant above it (RFC 9562 section 4.1)."""


class Identifiers:
    """Makes identifiers that sort by the time of their making, also within one millisecond; for one thread."""

    def __init__(self, *, clock: Clock, randomness: Randomness) -> None:
        self._clock = clock
        self._randomness = randomness
        self._last = 0
        self._tails: list[int] = []

    def new(self) -> bytes:
        """Return a new identifier of 16 octets."""
        return self.at(self._clock.now())

    def at(self, now: int) -> bytes:
        """Return a new identifier for what happens `now` (UTC microseconds, as the clock has just told)."""
        # RFC 9562 section 6.2, method 3: the 12 bits after the milliseconds carry the fraction of the millisecond.
        milliseconds, rest = divmod(now, 1_000)
        stamp = (milliseconds << 12) | (rest * 4_096 // 1_000)
        if stamp <= self._last:
            stamp = self._last + 1
        self._last = stamp
        if not self._tails:
            # The system is asked seldom: a call of it costs as much as all the rest. No secret hangs on these octets.
            self._tails = [*_TAILS.unpack(self._randomness.octets(_TAILS.size))]
        head = stamp >> 12 << 16 | 0x7000 | stamp & 0xFFF
        return (head << 64 | self._tails.pop(0) & _RANDOM | _VARIANT).to_bytes(LENGTH, "big")


def made_at(identifier: bytes) -> int:
    """Return the instant that an identifier was made at, in UTC microseconds, to the millisecond."""
    return int.from_bytes(identifier[:6], "big") * 1_000


def first_id(at: int) -> bytes:
    """Return what sorts before every identifier made in the millisecond of the instant `at`, in UTC microseconds."""
    return max(at // 1_000, 0).to_bytes(_STAMP_OCTETS, "big") + bytes(LENGTH - _STAMP_OCTETS)


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
