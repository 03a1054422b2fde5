"""
The servers that are measured: Watchword as `watchword up` starts it, and FreeRADIUS with static users as the yardstick.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.generator import SECRET
from watchword.wire.radius.client import status_server
from watchword.wire.radius.shared_secret import SharedSecret

HOST: Final = "127.0.0.1"
PATIENCE: Final = 30.0
"""Seconds in which a server must be there."""
SERVER_CORE: Final = 0
GENERATOR_CORE: Final = 1

_PINNED: Final = ("taskset", "--cpu-list", str(SERVER_CORE))
"""What comes before a command so that it stays on its core, threads and all."""

_FREERADIUS: Final = """\
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {folder}
run_dir = {folder}
logdir = {folder}
name = radiusd
max_request_time = 30
max_requests = 65536
cleanup_delay = 5
hostname_lookups = no
log {{
    destination = files
    file = {folder}/log
    auth = no
}}
security {{
    reject_delay = 0
    status_server = yes
}}
thread pool {{
    start_servers = 2
    max_servers = 4
    min_spare_servers = 1
    max_spare_servers = 4
}}
modules {{
    files {{
        filename = {folder}/users
    }}
    pap {{
    }}
}}
client generator {{
    ipaddr = 127.0.0.0/8
    secret = "{secret}"
    require_message_authenticator = yes
}}
server yardstick {{
    listen {{
        type = auth
        ipaddr = {host}
        port = {port}
    }}
    authorize {{
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
    }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs, and where it answers."""

    process: subprocess.Popen[bytes]
    address: tuple[str, int]

    def processor_seconds(self) -> float:
        """Return how long it has had a processor: other programs on the machine blur that little."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command(folder: Path, *, http: int = 0, radius: int = 0) -> list[str]:
    """Return the command that starts Watchword on a data folder."""
    addresses = ("--http", f"{HOST}:{http}", "--radius", f"{HOST}:{radius}", "--accounting", "off")
    return [
        *_PINNED,
        str(Path(sys.executable).with_name("watchword")),
        *("up", "--data", str(folder), *addresses, "--json"),
    ]


def resident(process: int) -> float:
    """Return how many MiB of memory a process has."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextlib.contextmanager
def watchword(folder: Path) -> Iterator[Server]:
    """Start Watchword on a data folder."""
    with (folder / "bench.log").open("wb") as log:
        process = subprocess.Popen(command(folder), stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        host, _, port = ready["radius"].rpartition(":")
        yield Server(process, (host, int(port)))
    finally:
        _end(process)


@contextlib.contextmanager
def freeradius(folder: Path, users: int) -> Iterator[Server]:
    """Start FreeRADIUS with static users, whose passwords are `password`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    lines = "".join(f'totp{number}@example.org Cleartext-Password := "password"\n' for number in range(users))
    (folder / "users").write_text(lines)
    configuration = _FREERADIUS.format(folder=folder, host=HOST, port=port, secret=SECRET.decode())
    (folder / "radiusd.conf").write_text(configuration)
    with (folder / "output").open("wb") as log:
        starting = [*_PINNED, "freeradius", "-f", "-d", str(folder), "-n", "radiusd"]
        process = subprocess.Popen(starting, stdout=log, stderr=log)
    try:
        _await((HOST, port))
        yield Server(process, (HOST, port))
    finally:
        _end(process)


def _await(address: tuple[str, int]) -> None:
    """Ask until there is an answer."""
    packet = status_server(SharedSecret(SECRET), identifier=0, authenticator=bytes(range(16)))
    deadline = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(address)
        asking.settimeout(0.2)
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                asking.send(packet)
                asking.recv(4096)
                return
            time.sleep(0.05)
    raise TimeoutError("the server does not answer")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
