"""
The MFA server as one file, as a portal has it: made once for each version of what is installed, and kept.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class DownloadState(StrEnum):
    """How far the file is."""

    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadFile:
    """
    The file.

    Attributes:
        name: of the file.
        version: of Watchword in it.
        size: in octets.
        sha256: in hexadecimal.
        platform: what it runs on: system and machine, as `linux-x86_64`.
        python: the Python that it needs, as `3.11`.
        glibc: the oldest C library that it runs with, None where it needs none.
    """

    name: str
    version: str
    size: int
    sha256: str
    platform: str
    python: str
    glibc: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadProgress:
    """
    How things stand with the file.

    Attributes:
        percent: how much of it is made, 0 to 100.
        file: None until it is ready.
        why: why it could not be made, a sentence; empty otherwise.
    """

    state: DownloadState
    percent: int = 0
    file: DownloadFile | None = None
    why: str = ""


class Downloads(Protocol):
    """Makes and keeps the file. Everything is called on the loop's thread."""

    async def wanted(self, *, seconds: float) -> DownloadProgress:
        """
        Begin to make the file unless it is there or being made, and tell how things stand.

        What could not be made is tried again. It returns after so many seconds at the latest, and at once when the file
        is ready or cannot be made.
        """

    def kept(self, *, sha256: str, name: str) -> Path | None:
        """Return where the file with this digest and name is, None where it is another one or not there."""
