"""
How long it takes from the start of the process to the first answers, and how much memory it has when nothing happens.
"""

import contextlib
import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.generator import Asking, packets
from bench.people import CLIENTS, name, seed
from bench.servers import HOST, PATIENCE, command, resident
from watchword.domain.otp import code_at
from watchword.wire.radius.packet import Code

PERIOD = 30


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds to the first Accept and to the first page, and MiB of memory some seconds after."""

    accept: float
    page: float
    idle: float


def _free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


def _first_accept(port: int, user: int) -> float:
    """Ask, as fast as a VPN never would, until somebody accepts; return when that was."""
    code = code_at(seed(user), int(time.time() // PERIOD), 6).encode()
    (request,) = packets([Asking(user=name("totp", user), password=code)])
    deadline = time.perf_counter() + PATIENCE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((CLIENTS["totp"], 0))
        client.settimeout(0.01)
        while time.perf_counter() < deadline:
            with contextlib.suppress(OSError):
                client.sendto(request, (HOST, port))
                reply = client.recv(4096)
                assert reply[0] == Code.ACCESS_ACCEPT
                return time.perf_counter()
    raise TimeoutError("nobody answers")


def _first_page(port: int) -> float:
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/healthz/ready", timeout=PATIENCE):
                return time.perf_counter()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise TimeoutError("nobody serves")


def measure(folder: Path, user: int) -> Started:
    """Start Watchword on a data folder once."""
    radius, http = _free(socket.SOCK_DGRAM), _free(socket.SOCK_STREAM)
    begun = time.perf_counter()
    process = subprocess.Popen(
        command(folder, http=http, radius=radius), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    pages: list[float] = []
    page = threading.Thread(target=lambda: pages.append(_first_page(http)))
    page.start()
    try:
        accept = _first_accept(radius, user)
        page.join()
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        time.sleep(2)
        return Started(accept - begun, pages[0] - begun, resident(process.pid))
    finally:
        process.terminate()
        process.wait()
