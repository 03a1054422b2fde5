"""
The lock of a data folder: one process at a time has its database open.

The system lets go of it when the process ends, however that ends. The file itself stays, and says nothing.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

NAME: Final = "lock"


class Held(Exception):  # noqa: N818 - it is a state of the world
    """Another process has the data folder. The message is one sentence for an administrator."""


class Lock:
    """Held from its making until `release`."""

    def __init__(self, directory: Path) -> None:
        """Take the lock. Raises `Held`, OSError."""
        self._descriptor = os.open(directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise Held(f"the data folder {directory} is in use by another process") from None

    def release(self) -> None:
        """Let go of it; once is enough, and more does no harm."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def is_held(directory: Path) -> bool:
    """Tell whether a process has the data folder. Raises OSError other than that there is no lock yet."""
    try:
        descriptor = os.open(directory / NAME, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
