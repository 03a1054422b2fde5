"""
FreeRADIUS as the RADIUS server behind us, with a handful of people.

Debian 12's 3.2.1 puts no Message-Authenticator into its answers by itself; `signed` has it told to, in the way that its
operator would. It asks for one in requests, so that nothing but a signed request gets an answer at all.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.rigs.processes import running
from watchword.wire.radius.client import status_server
from watchword.wire.radius.shared_secret import SharedSecret

HOST: Final = "127.0.0.1"
SECRET: Final = b"long enough to be a secret"
PASSWORD: Final = "correct horse"

CONFIGURATION: Final = """\
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {folder}
run_dir = {folder}
logdir = {folder}
name = radiusd
max_request_time = 30
max_requests = 16384
cleanup_delay = 5
hostname_lookups = no
log {{
    destination = stdout
    auth = yes
}}
security {{
    reject_delay = 0
    status_server = yes
}}
modules {{
    files {{
        filename = {folder}/users
    }}
    pap {{
    }}
    always handled {{
        rcode = handled
    }}
}}
client watchword {{
    ipaddr = {host}
    secret = "{secret}"
    require_message_authenticator = yes
}}
server behind {{
    listen {{
        type = auth
        ipaddr = {host}
        port = {port}
    }}
    authorize {{
        if (&User-Name == "carol") {{
            update control {{
                &Response-Packet-Type := Access-Challenge
            }}
            update reply {{
                &Reply-Message := "Enter the code of your other token"
                &State := 0x0102030405
            }}
            {sign}
            handled
        }}
        files
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
    }}
    post-auth {{
        {sign}
        Post-Auth-Type REJECT {{
            {sign}
        }}
    }}
}}
"""

SIGN: Final = """update reply {
                &Message-Authenticator := 0x00
            }"""

USERS: Final = """\
alice Cleartext-Password := "{password}"
    Filter-Id = "%{{NAS-Identifier}} %{{%{{Calling-Station-Id}}:-nowhere}}",
    Class = 0x0001fe,
    Framed-IP-Address = 10.1.2.3,
    Session-Timeout = 3600,
    Cisco-AVPair = "shell:priv-lvl=15",
    MS-MPPE-Send-Key = 0x00112233445566778899aabbccddeeff,
    Reply-Message = "Welcome"

dave Cleartext-Password := "{password}"

zoë Cleartext-Password := "pässwörd"

bob Cleartext-Password := "{password}", Auth-Type := Reject
    Reply-Message = "Your account is closed. "

DEFAULT
    Reply-Message = "Who are you?"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeRadius:
    """A running FreeRADIUS, and the file that it writes what it did into."""

    port: int
    log: Path

    def logins(self) -> int:
        """Return how many logins it has decided."""
        return len(re.findall(r"\) Login (?:OK|incorrect)", self.log.read_text(errors="replace")))


def free_udp_port() -> int:
    """Find a UDP port of the loopback address that nobody uses now."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def run_freeradius(folder: Path, *, signed: bool = True, port: int | None = None) -> Iterator[FreeRadius]:
    """Run FreeRADIUS with its files in *folder*; `signed` tells whether its answers carry Message-Authenticator."""
    server = FreeRadius(port=port or free_udp_port(), log=folder / "freeradius.log")
    configuration = CONFIGURATION.format(
        folder=folder, host=HOST, port=server.port, secret=SECRET.decode(), sign=SIGN if signed else ""
    )
    (folder / "radiusd.conf").write_text(configuration)
    (folder / "users").write_text(USERS.format(password=PASSWORD))
    (folder / "dictionary").touch()
    command = ["freeradius", "-fxx", "-l", "stdout", "-d", str(folder)]
    with running(command, ports=(), log=server.log) as process:
        deadline = time.monotonic() + 30
        while not _answers(server.port):
            end = server.log.read_text(errors="replace")[-2000:]
            assert process.poll() is None, f"freeradius ended: {end}"
            assert time.monotonic() < deadline, f"freeradius is late: {end}"
        yield server


def _answers(port: int) -> bool:
    asked = status_server(SharedSecret(SECRET), identifier=0, authenticator=b"is anybody there")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
        asking.settimeout(0.1)
        asking.connect((HOST, port))
        try:
            asking.send(asked)
            return bool(asking.recv(4_096))
        except TimeoutError:
            return False
        except ConnectionRefusedError:
            time.sleep(0.05)
            return False
