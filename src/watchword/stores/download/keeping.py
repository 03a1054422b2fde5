"""
The file as a portal keeps it, in `DIR/downloads`: made by a process of its own, once for each installation.

That process does the reading, compiling and packing, so that neither the loop nor the interpreter's lock is held. It
looks first whether what is there is still right, and one at a time works in a folder, whoever has started it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.ports.downloads import DownloadFile, DownloadProgress, DownloadState
from watchword.stores.download.child import read_known

FOLDER: Final = "downloads"

AGAIN_SECONDS: Final = 5
"""Seconds after a failure in which nothing is tried again: a page looks every two."""

_CALL: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from watchword.stores.download.child import main; main(sys.argv[2])"
)
_DIED: Final = "the process that makes the file ended before it was done; try again"


class Threads(Protocol):
    """Does what waits: `kit.workers.Workers`."""

    def submit(
        self, work: Callable[[], DownloadProgress], done: Callable[[DownloadProgress | None], None]
    ) -> Callable[[], None]:
        """Let a thread do `work`, then call `done` on the loop's thread; with None where it could not."""


def command(folder: Path) -> list[str]:
    """Return what starts the process: this very Python, with the packages that this process has and no others."""
    isolated = ["-I", "-B", *(["-S"] if sys.flags.no_site else [])]
    return [sys.executable, *isolated, "-c", _CALL, json.dumps(sys.path), str(folder)]


class FileDownloads:
    """Implements `ports.downloads.Downloads`."""

    def __init__(
        self, data: Path, *, threads: Threads, clock: Clock, made_by: Callable[[Path], list[str]] = command
    ) -> None:
        """
        Make it; nothing is begun yet.

        Args:
            data: the data folder.
            threads: wait for the process.
            clock: what tells when it may be tried again.
            made_by: the process, for a folder.
        """
        self._folder = data / FOLDER
        self._threads = threads
        self._made_by = made_by
        self._clock = clock
        self._not_before = clock.monotonic()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._over: asyncio.Event | None = None
        self._now = DownloadProgress(state=DownloadState.BUILDING)
        known = read_known(self._folder)
        self._file: DownloadFile | None = None if known is None else known[0]

    async def wanted(self, *, seconds: float) -> DownloadProgress:
        """Begin to make the file unless it is there or being made, and tell how things stand."""
        if self._over is None and not self._is_ready() and self._clock.monotonic() >= self._not_before:
            self._begin()
        if self._over is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._over.wait()
        return self._now

    def kept(self, *, sha256: str, name: str) -> Path | None:
        """Return where the file with this digest and name is, None where it is another one or not there."""
        file = self._file
        if file is None or (file.sha256, file.name) != (sha256, name):
            return None
        path = self._folder / file.name
        return path if _has(path, file.size) else None

    def close(self) -> None:
        """Begin nothing more, and end what makes the file."""
        self._closed = True
        child = self._child
        if child is not None:
            child.terminate()

    def _is_ready(self) -> bool:
        file = self._now.file
        return file is not None and _has(self._folder / file.name, file.size)

    def _begin(self) -> None:
        over = self._over = asyncio.Event()
        self._now = DownloadProgress(state=DownloadState.BUILDING)

        def ended(how: DownloadProgress | None) -> None:
            self._now = how or DownloadProgress(state=DownloadState.FAILED, why=_DIED)
            self._file = self._now.file or self._file
            self._over = None
            self._not_before = self._clock.monotonic() + (0 if self._now.file else AGAIN_SECONDS * NANOSECONDS)
            over.set()

        self._threads.submit(self._run, ended)

    def _run(self) -> DownloadProgress:
        """Let the process do it, on a thread, and return how it ended."""
        failed = DownloadProgress(state=DownloadState.FAILED, why=_DIED)
        if self._closed:
            return failed
        started = self._made_by(self._folder)
        with subprocess.Popen(started, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:  # noqa: S603 - ours
            self._child = child
            for line in child.stdout or ():
                said: dict[str, Any] = json.loads(line)
                if "percent" in said:
                    self._now = replace(self._now, percent=said["percent"])
                elif "ready" in said:
                    file = DownloadFile(**said["ready"])
                    return DownloadProgress(state=DownloadState.READY, percent=100, file=file)
                else:
                    return replace(failed, why=said["failed"])
        return failed


def _has(path: Path, size: int) -> bool:
    """Tell whether a file is there and has so many octets."""
    try:
        return path.stat().st_size == size
    except OSError:
        return False
