"""
FreeRADIUS in front of us, as a proxy between a NAS and Watchword.

It knows nobody: every request goes to one home server, whose answers it passes on. When that one does not answer within
`response_window` it is a zombie, and dead when it stays so; Status-Server is how it is found alive again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.rigs.freeradius import free_udp_port
from tests.rigs.nas import PATIENCE, Address
from tests.rigs.processes import running
from tests.rigs.watchword import until

HOST: Final = "127.0.0.1"
SECRET: Final = "the secret between NAS and proxy"

CONFIGURATION: Final = """\
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {folder}
run_dir = {folder}
logdir = {folder}
name = radiusd
max_request_time = 60
cleanup_delay = 5
log {{
    destination = stdout
}}
security {{
    reject_delay = 0
    status_server = yes
}}
proxy server {{
    default_fallback = no
}}
home_server watchword {{
    type = auth
    ipaddr = {home}
    port = {home_port}
    secret = "{home_secret}"
    src_ipaddr = {source}
    response_window = {window}
    response_timeouts = 1
    zombie_period = 40
    status_check = status-server
    check_interval = 6
    check_timeout = 4
    num_answers_to_alive = 3
    revive_interval = 120
}}
home_server_pool pool {{
    type = fail-over
    home_server = watchword
}}
realm watchword {{
    auth_pool = pool
    nostrip
}}
modules {{
    always handled {{
        rcode = handled
    }}
}}
client nas {{
    ipaddr = {host}
    secret = "{secret}"
}}
server front {{
    listen {{
        type = auth
        ipaddr = {host}
        port = {port}
    }}
    authorize {{
        update control {{
            &Proxy-To-Realm := "watchword"
        }}
    }}
    authenticate {{
    }}
    post-proxy {{
    }}
    post-auth {{
    }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """A running proxy."""

    port: int
    log: Path

    @property
    def address(self) -> Address:
        """Where the NAS asks it."""
        return HOST, self.port

    def logged(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(errors="replace")


@contextmanager
def run_front(
    folder: Path,
    *,
    home: Address,
    home_secret: str,
    source: str,
    window: int = 20,
) -> Iterator[Front]:
    """
    Run the proxy with its files in *folder*.

    Args:
        folder: where its files are.
        home: where Watchword serves.
        home_secret: what it shares with that.
        source: the address that it asks from.
        window: seconds that it waits for an answer.
    """
    front = Front(port=free_udp_port(), log=folder / "front.log")
    (folder / "radiusd.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            home=home[0],
            home_port=home[1],
            home_secret=home_secret,
            source=source,
            window=window,
            host=HOST,
            port=front.port,
            secret=SECRET,
        )
    )
    (folder / "dictionary").touch()
    command = ["freeradius", "-fxx", "-l", "stdout", "-d", str(folder)]
    with running(command, ports=(), log=front.log) as process:
        until(
            lambda: "Ready to process requests" in front.logged() or process.poll() is not None,
            "the proxy is ready",
            PATIENCE,
        )
        assert process.poll() is None, front.logged()[-2_000:]
        yield front
