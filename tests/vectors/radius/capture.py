"""
Makes `freeradius.json` anew, from Debian's freeradius and freeradius-utils.

usage: python -m tests.vectors.radius.capture

FreeRADIUS's clients ask FreeRADIUS's server, and a relay between the two keeps what each sends; our codec has no part
in it. Authenticators, identifiers and salts change with each run; the tests compute what follows from them.
"""

import contextlib
import json
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
HOST: Final = "127.0.0.1"
SECRET: Final = "testing123-captured-for-vectors"
PASSWORD: Final = "correct horse battery staple"
NAS: Final = 'NAS-Identifier = "vpn-1", Calling-Station-Id = "203.0.113.77"'
ALICE: Final = f'User-Name = "alice@example.org", {NAS}'
SIGNED: Final = "Message-Authenticator = 0x00"

ATTRIBUTES: Final = {
    "pap-accept": (
        "auth",
        f'{ALICE}, User-Password = "{PASSWORD}", Proxy-State = 0x61, Proxy-State = 0x6262, {SIGNED}',
    ),
    "pap-reject": ("auth", f'{ALICE}, User-Password = "wrong", {SIGNED}'),
    "pap-challenge": ("auth", f'User-Name = "challenged", {NAS}, User-Password = "x", {SIGNED}'),
    "pap-unsigned": ("auth", f'{ALICE}, User-Password = "{PASSWORD}"'),
    "chap-accept": ("auth", f'{ALICE}, CHAP-Password = "{PASSWORD}", {SIGNED}'),
    "ms-chap-reject": ("auth", f'{ALICE}, MS-CHAP-Password = "x", {SIGNED}'),
    "eap-reject": ("eap", f'{ALICE}, EAP-Code = Response, EAP-Id = 210, EAP-Type-Identity = "alice", {SIGNED}'),
    "status": ("status", SIGNED),
    "accounting": (
        "acct",
        f'{ALICE}, Acct-Status-Type = Start, Acct-Session-Id = "2a", Framed-IP-Address = 10.8.0.42, Proxy-State = 0x61',
    ),
    "accounting-signed": ("acct", f'{ALICE}, Acct-Status-Type = Stop, Acct-Session-Id = "2a", {SIGNED}'),
    "status-accounting": ("status-acct", SIGNED),
}

CONFIGURATION: Final = """
prefix = {folder}
logdir = {folder}
run_dir = {folder}
libdir = /usr/lib/freeradius
log {{
    destination = stdout
}}
security {{
    reject_delay = 0
    status_server = yes
    allow_vulnerable_openssl = yes
}}
client loopback {{
    ipaddr = 127.0.0.1
    secret = {secret}
}}
modules {{
    pap {{
    }}
    chap {{
    }}
    always handled {{
        rcode = handled
    }}
    always ok {{
        rcode = ok
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {auth}
    }}
    listen {{
        type = acct
        ipaddr = 127.0.0.1
        port = {acct}
    }}
    authorize {{
        update control {{
            Cleartext-Password := "{password}"
        }}
        if (User-Name == "challenged") {{
            update reply {{
                State := 0x636861702d73746174652d30303031
                Reply-Message := "Enter your code"
            }}
            update control {{
                Response-Packet-Type := Access-Challenge
            }}
            handled
        }}
        chap
        pap
    }}
    authenticate {{
        Auth-Type PAP {{
            pap
        }}
        Auth-Type CHAP {{
            chap
        }}
    }}
    post-auth {{
        update reply {{
            Class := 0x0102030405
            Session-Timeout := 3600
            Filter-Id := "staff"
            Tunnel-Password:1 := "tunnel secret"
            MS-MPPE-Send-Key := 0x00112233445566778899aabbccddeeff
            Cisco-AVPair := "shell:priv-lvl=15"
            Message-Authenticator := 0x00
        }}
    }}
    preacct {{
        ok
    }}
    accounting {{
        ok
    }}
}}
"""


def open_socket() -> socket.socket:
    """Open a socket on a port that nobody uses."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((HOST, 0))
    opened.settimeout(5)
    return opened


@contextlib.contextmanager
def run_server(folder: Path) -> Iterator[tuple[int, int]]:
    """Run FreeRADIUS while the block runs, and give its two ports."""
    with open_socket() as first, open_socket() as second:
        auth, acct = first.getsockname()[1], second.getsockname()[1]
    text = CONFIGURATION.format(folder=folder, secret=SECRET, password=PASSWORD, auth=auth, acct=acct)
    (folder / "radiusd.conf").write_text(text)
    command = ["freeradius", "-fxx", "-l", "stdout", "-d", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            assert any("Ready to process requests" in line for line in server.stdout), "the server ended"
            # What it says from here on is read away, or it would wait until somebody does.
            threading.Thread(target=server.stdout.read, daemon=True).start()
            yield auth, acct
        finally:
            server.terminate()


def capture(kind: str, attributes: str, port: int) -> tuple[bytes, bytes]:
    """Let a client ask once through a relay, and return what it asked and what it was told."""
    program, command = ("radeapclient", "auth") if kind == "eap" else ("radclient", kind.removesuffix("-acct"))
    with open_socket() as front, open_socket() as back:
        address = f"{HOST}:{front.getsockname()[1]}"
        client = subprocess.Popen(
            [program, "-r", "1", "-t", "3", address, command, SECRET],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert client.stdin is not None
        client.stdin.write(attributes.encode() + b"\n")
        client.stdin.close()
        request, sender = front.recvfrom(4096)
        back.sendto(request, (HOST, port))
        reply = back.recv(4096)
        front.sendto(reply, sender)
        client.wait(10)
    return request, reply


def main() -> None:
    """Write the file."""
    vectors = []
    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder)) as (auth, acct):
        for name, (kind, attributes) in ATTRIBUTES.items():
            request, reply = capture(kind, attributes, acct if kind.endswith("acct") else auth)
            vectors.append({"name": name, "secret": SECRET, "request": request.hex(), "reply": reply.hex()})
    (FOLDER / "freeradius.json").write_text(json.dumps(vectors, indent=2) + "\n")


if __name__ == "__main__":
    main()
