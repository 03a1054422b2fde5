"""
The newest configuration that a server has obeyed, kept sealed on its disk.

With it a server can tell its clients that no portal answers, also after a restart, and takes no older one afterwards.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from watchword.kit.sealing import KeyRing, Place, SealBroken

NAME: Final = "configuration"
"""Name of the file in the data folder."""

LONGEST: Final = 16 * 1024 * 1024
"""Octets of a file that is read."""

_PLACE: Final = Place("server", b"", "configuration")
_encode: Final = msgspec.msgpack.Encoder().encode
_pair: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes])


class FileSnapshot:
    """One file, written whole or not at all."""

    def __init__(self, folder: Path, keys: KeyRing) -> None:
        self._path = folder / NAME
        self._keys = keys

    def load(self) -> tuple[bytes, bytes] | None:
        """Return the octets of a snapshot and the portal's signature of them, None where there is none to be read."""
        try:
            with self._path.open("rb") as file:
                return _pair.decode(self._keys.open(file.read(LONGEST), _PLACE))
        except (OSError, SealBroken, msgspec.MsgspecError):
            return None

    def keep(self, body: bytes, signature: bytes) -> None:
        """Keep a snapshot and its signature. Raises OSError."""
        sealed = self._keys.seal(_encode((body, signature)), _PLACE)
        temporary = self._path.with_name(f"{NAME}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)

    def forget(self) -> None:
        """Take the file away."""
        with suppress(OSError):
            self._path.unlink()
