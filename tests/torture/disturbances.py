"""
What goes wrong beneath the process without ending it: a full disk, and a disk whose syncs fail.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

MEGABYTES: Final = 48
BLOCK: Final = 64 * 1024
ATTACH_SECONDS: Final = 10.0


class Impossible(Exception):  # noqa: N818 - it is a state of the machine
    """This machine does not let us do that. The text says what."""


class Disturbance(Protocol):
    """Something that begins, lasts, and ends."""

    def begin(self, pid: int) -> None:
        """Begin, for a process. Raises `Impossible`."""

    def end(self) -> None:
        """End."""


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a small file system of its own at `folder`. Raises `Impossible`."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "watchword-torture", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Impossible("no file system can be mounted here: that takes root") from error
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class FullDisk:
    """The file system of `folder` has no octet left."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def begin(self, pid: int) -> None:
        """Fill it, whoever uses it."""
        del pid
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            size = BLOCK
            while size:
                try:
                    os.write(descriptor, bytes(size))
                except OSError:
                    size //= 2
        finally:
            os.close(descriptor)

    def end(self) -> None:
        """Make room again."""
        self._ballast.unlink()


class FailingSyncs:
    """`fdatasync` ends with EIO: every time, or as `when` says in strace's words."""

    def __init__(self, when: str = "1+") -> None:
        self._when = when
        self._strace: subprocess.Popen[bytes] | None = None

    def begin(self, pid: int) -> None:
        """Attach to every thread of a process."""
        inject = f"inject=fdatasync:error=EIO:when={self._when}"
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", inject, "-p", str(pid)]
        self._strace = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + ATTACH_SECONDS
        while not _is_traced(pid):
            if self._strace.poll() is not None or time.monotonic() > deadline:
                self._strace.kill()
                raise Impossible(f"strace cannot attach here: {self._strace.communicate()[1].decode().strip()}")
            time.sleep(0.01)

    def end(self) -> None:
        """Detach; where the process has died meanwhile there is nothing to detach from."""
        strace, self._strace = self._strace, None
        if strace is not None:
            strace.send_signal(signal.SIGINT)
            strace.communicate(timeout=ATTACH_SECONDS)


def _is_traced(pid: int) -> bool:
    tasks = [task / "status" for task in Path(f"/proc/{pid}/task").iterdir()]
    return all("TracerPid:\t0\n" not in status.read_text() for status in tasks)
