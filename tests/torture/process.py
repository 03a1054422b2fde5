"""
The real process, started again and again on one data folder and one pair of ports.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Final

from tests.rigs.nas import Address

PROGRAM: Final = str(Path(sys.executable).with_name("watchword"))
PATIENCE: Final = 30.0
"""Seconds that it has to end when it is asked to."""


class Process:
    """One after the other."""

    def __init__(self, data: Path, *, radius: Address, http: Address, log: Path) -> None:
        """
        Start nothing yet.

        Args:
            data: its folder.
            radius: where it serves RADIUS, in each of its lives.
            http: where it serves devices.
            log: where its log is kept, of all lives together.
        """
        self.data = data
        self.log = log
        self.radius = radius
        self._command = [
            *(PROGRAM, "up", "--data", str(data), "--json", "--accounting", "off"),
            *("--radius", f"{radius[0]}:{radius[1]}", "--http", f"{http[0]}:{http[1]}"),
        ]
        self._running: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def start(self) -> int:
        """Start it, wait for nothing, and return the descriptor that its ready line will be read from."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )
        self.started = time.monotonic()
        return self._out.fileno()

    @property
    def _out(self) -> IO[bytes]:
        assert self._running is not None
        assert self._running.stdout is not None
        return self._running.stdout

    @property
    def pid(self) -> int:
        """The number of the one that runs."""
        assert self._running is not None
        return self._running.pid

    def ready(self) -> dict[str, Any]:
        """Read its ready line, once there is something to read."""
        line = self._out.readline()
        assert line, f"it ended before it served: {self.logged()[-3000:]}"
        read: dict[str, Any] = json.loads(line)
        return read

    def kill(self) -> None:
        """End it as a crash does, and wait until it is gone."""
        running, self._running = self._running, None
        assert running is not None
        assert running.stdout is not None
        os.kill(running.pid, signal.SIGKILL)
        code = running.wait(PATIENCE)
        running.stdout.close()
        assert code == -signal.SIGKILL, f"it had ended by itself with {code}: {self.logged()[-3000:]}"

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        running, self._running = self._running, None
        assert running is not None
        assert running.stdout is not None
        running.send_signal(signal.SIGTERM)
        try:
            return running.wait(PATIENCE)
        finally:
            running.kill()
            running.wait()
            running.stdout.close()

    def clear(self) -> None:
        """End it, where it still runs."""
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait()

    def verifies(self) -> tuple[bool, str]:
        """Ask `watchword audit verify` whether the chain is whole, and return what it says."""
        done = subprocess.run(
            [PROGRAM, "audit", "verify", "--data", str(self.data), "--json"],
            capture_output=True,
            check=False,
            text=True,
            timeout=600,
        )
        return done.returncode == 0, done.stdout + done.stderr

    def logged(self) -> str:
        """Return everything that it has logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""
