"""
The clock of one process, set by a file: a library stands between it and the system. What is monotonic goes on.
"""

import importlib.util
from pathlib import Path

import pytest


def library() -> Path:
    """Return the library that stands between a process and its clock."""
    found = importlib.util.find_spec("libfaketime")
    if found is None or found.origin is None:
        pytest.skip("not installed: libfaketime, which is there for Linux on x86-64 only")
    (path,) = Path(found.origin).parent.rglob("libfaketime.so.1")
    return path


class ProcessClock:
    """The clock of the processes that are started in `environment`."""

    def __init__(self, file: Path) -> None:
        """Let it show what the machine's shows."""
        self._file = file
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            # Its mending of an old glibc's monotonic waits makes threads that wait for Python's lock spin.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            # What it shares with children it leaves in /dev/shm when it is killed, and there are no children.
            "FAKETIME_DISABLE_SHM": "1",
        }

    def set(self, offset: str) -> None:
        """Set it so far from the machine's, as in `+1h`, `-1d` and `+0`."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.replace(self._file)
