"""
Starting a real server and waiting until it takes connections.
"""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path


def free_ports(count: int) -> list[int]:
    """Find TCP ports of the loopback address that nobody uses now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def running(
    command: Sequence[str], *, ports: Sequence[int], log: Path, address: str = "127.0.0.1", seconds: float = 60
) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run *command* while the block runs, from when all *ports* take connections on.

    Raises:
        AssertionError: It ended, or was not ready within *seconds*; the log's end is in the message.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + seconds
        waiting = list(ports)
        while waiting:
            assert process.poll() is None, f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}"
            assert time.monotonic() < deadline, f"{command[0]} is late: {log.read_text(errors='replace')[-2000:]}"
            try:
                socket.create_connection((address, waiting[0]), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                waiting.pop(0)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
