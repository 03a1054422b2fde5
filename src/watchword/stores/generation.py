"""
How far the chain had come, written beside the database: what tells a restored copy from the database itself (B19).

After each commit the new head is written into one of two slots in turn, so that a write that was torn leaves the other;
it is synced about once a second, because a machine that loses power loses it together with nothing else. The file
belongs to the machine: a backup of the database must not bring it along.
"""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAME: Final = "generation"

_MAGIC: Final = b"WWGEN001"
_SLOT: Final = struct.Struct(">8s16sQ32sQ")
_CHECK: Final = struct.Struct(">I")
_SLOT_OCTETS: Final = 512
"""A sector, which a disk writes whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A head that was committed: of which database, how far, its digest and its latest instant (UTC microseconds)."""

    origin: bytes
    sequence: int
    digest: bytes
    at: int


class Generation:
    """The file, open."""

    def __init__(self, path: Path) -> None:
        """Open the file and read it. Raises OSError."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        first, second = self._slots()
        self._next = 1 if first is not None and (second is None or second.sequence <= first.sequence) else 0
        self.unsynced = False

    def _slots(self) -> tuple[Known | None, Known | None]:
        written = os.pread(self._descriptor, 2 * _SLOT_OCTETS, 0)
        return _read(written[:_SLOT_OCTETS]), _read(written[_SLOT_OCTETS:])

    def known(self) -> Known | None:
        """Return the head that was written down last, None where there is none that can be read. Raises OSError."""
        return max((slot for slot in self._slots() if slot is not None), key=lambda slot: slot.sequence, default=None)

    def advance(self, *, origin: bytes, sequence: int, digest: bytes, at: int) -> None:
        """Write down a head that was committed. Raises OSError."""
        slot = _SLOT.pack(_MAGIC, origin, sequence, digest, at)
        os.pwrite(self._descriptor, slot + _CHECK.pack(zlib.crc32(slot)), self._next * _SLOT_OCTETS)
        self._next ^= 1
        self.unsynced = True

    def start(self, *, origin: bytes, sequence: int, digest: bytes, at: int) -> None:
        """Forget what was written and start from this head, durably. Raises OSError."""
        os.ftruncate(self._descriptor, 0)
        self._next = 0
        self.advance(origin=origin, sequence=sequence, digest=digest, at=at)
        self.sync()

    def sync(self) -> None:
        """Make what was written last a loss of power. Raises OSError."""
        if self.unsynced:
            os.fsync(self._descriptor)
            self.unsynced = False

    def close(self) -> None:
        """Sync and close. Raises OSError."""
        try:
            self.sync()
        finally:
            os.close(self._descriptor)


def _read(octets: bytes) -> Known | None:
    slot, check = octets[: _SLOT.size], octets[_SLOT.size : _SLOT.size + _CHECK.size]
    if len(check) != _CHECK.size or _CHECK.unpack(check)[0] != zlib.crc32(slot):
        return None
    magic, origin, sequence, digest, at = _SLOT.unpack(slot)
    return Known(origin=origin, sequence=sequence, digest=digest, at=at) if magic == _MAGIC else None
