"""
Makes the captures beside this file anew, from Debian's slapd, Samba and ldap-utils.

usage: python -m tests.vectors.ldap.capture

A relay stands between client and server and keeps what each of them sends; towards Samba it speaks TLS, because a
domain controller refuses passwords without. Each file is one connection. A line is "C" or "S" and, in hexadecimal, what
client or server sent before the other one spoke again. Identifiers and times differ with each run, so the tests do not
name them.
"""

import contextlib
import socket
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final

from tests.rigs import samba, slapd

FOLDER: Final = Path(__file__).parent

AS_SERVICE: Final = ("-x", "-D", slapd.SERVICE_DN, "-w", slapd.SERVICE_PASSWORD)
ALICE: Final = f"cn=0,ou=people,{slapd.BASE}"
ESCAPED: Final = slapd.AWKWARD.replace("\\", r"\5c").replace("*", r"\2a").replace("(", r"\28").replace(")", r"\29")
EVERY_FILTER: Final = (
    "(&(|(uid=alice)(uid~=bob))(!(cn=x))(sn>=0)(sn<=9)(mail=*)(uid=a*l*c*e)(uid=al*)(uid=*ce)(cn:dn:2.5.13.2:=0)"
    f"(cn:caseExactMatch:=0)(:2.5.13.2:=0)(uid={ESCAPED}))"
)
CHANGE: Final = f"dn: {ALICE}\nchangetype: modify\nreplace: sn\nsn: other\n"
NEW: Final = f"dn: cn=new,{slapd.BASE}\nchangetype: add\nobjectClass: device\ncn: new\n"

SLAPD: Final[dict[str, tuple[list[str], str]]] = {
    "bind-and-search": (
        ["ldapsearch", *AS_SERVICE, "-b", slapd.BASE, "(uid=alice)", "uid", "mail", "entryUUID"],
        "",
    ),
    "every-filter": (["ldapsearch", *AS_SERVICE, "-b", slapd.BASE, EVERY_FILTER, "1.1"], ""),
    "pages": (["ldapsearch", *AS_SERVICE, "-b", slapd.BASE, "-E", "!pr=2/noprompt", "(mail=*)", "uid"], ""),
    "search-options": (
        [
            *("ldapsearch", *AS_SERVICE, "-b", f"ou=people,{slapd.BASE}", "-s", "one", "-a", "always", "-z", "1"),
            *("-l", "7", "-A", "(mail=*)", "*", "+"),
        ],
        "",
    ),
    "no-such-object": (["ldapsearch", *AS_SERVICE, "-b", f"ou=nowhere,{slapd.BASE}"], ""),
    "referral": (["ldapsearch", *AS_SERVICE, "-b", f"ou=away,{slapd.BASE}"], ""),
    "wrong-password": (["ldapwhoami", "-x", "-D", ALICE, "-w", "wrong"], ""),
    "unauthenticated": (["ldapwhoami", "-x", "-D", ALICE, "-w", ""], ""),
    "anonymous": (["ldapsearch", "-x", "-s", "base", "-b", "", "supportedLDAPVersion"], ""),
    "whoami": (["ldapwhoami", "-x", "-D", ALICE, "-w", slapd.PASSWORD], ""),
    "compare": (["ldapcompare", *AS_SERVICE, ALICE, "uid:alice"], ""),
    "delete": (["ldapdelete", *AS_SERVICE, ALICE], ""),
    "rename": (["ldapmodrdn", *AS_SERVICE, ALICE, "cn=other"], ""),
    "modify": (["ldapmodify", *AS_SERVICE], CHANGE),
    "add": (["ldapmodify", *AS_SERVICE], NEW),
    "start-tls": (["ldapwhoami", "-x", "-ZZ"], ""),
}


def samba_commands(controller: samba.Samba) -> dict[str, list[str]]:
    """Give the commands for Samba; the order matters, because wrong passwords lock an account."""
    commands = {
        "search": [
            *("ldapsearch", "-x", "-D", controller.dn("service"), "-w", samba.PASSWORD, "-b", samba.BASE),
            *("(sAMAccountName=alice)", "objectGUID", "userPrincipalName"),
        ]
    }
    attempts = [("52e", "locked", "wrong")] * 3 + [
        ("533", "disabled", samba.PASSWORD),
        ("701", "expired", samba.PASSWORD),
        ("773", "mustchange", samba.PASSWORD),
        ("775", "locked", samba.PASSWORD),
    ]
    for number, (code, name, password) in enumerate(attempts):
        commands[f"{number}:{code}"] = ["ldapwhoami", "-x", "-D", controller.dn(name), "-w", password]
    return commands


class Relay:
    """Passes one connection on and keeps what went through it."""

    def __init__(self, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Wait for one connection that is for *port* at *address*."""
        self._target = (address, port)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._turns: list[tuple[str, bytearray]] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        client = self._listener.accept()[0]
        server = socket.create_connection(self._target)
        if self._tls is not None:
            server = self._tls.wrap_socket(server, server_hostname=self._target[0])
        back = threading.Thread(target=self._pass, args=("S", server, client), daemon=True)
        back.start()
        self._pass("C", client, server)
        back.join(10)

    def _pass(self, side: str, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self._lock:
                    if not self._turns or self._turns[-1][0] != side:
                        self._turns.append((side, bytearray()))
                    self._turns[-1][1].extend(data)
                sink.sendall(data)
            if not isinstance(sink, ssl.SSLSocket):
                sink.shutdown(socket.SHUT_WR)

    def finish(self) -> list[tuple[str, bytes]]:
        """Wait until both have closed, and give what each said."""
        self._thread.join(20)
        self._listener.close()
        return [(side, bytes(data)) for side, data in self._turns]


def keep(name: str, turns: list[tuple[str, bytes]]) -> None:
    """Write a capture's file."""
    (FOLDER / f"{name}.txt").write_text("".join(f"{side} {data.hex()}\n" for side, data in turns))


def run(relay: Relay, command: list[str], given: str = "") -> list[tuple[str, bytes]]:
    """Run a client through a relay."""
    program, *arguments = command
    subprocess.run(
        [program, "-H", f"ldap://127.0.0.1:{relay.port}", *arguments],
        input=given.encode(),
        capture_output=True,
        check=False,
        timeout=20,
    )
    return relay.finish()


def speak(port: int, data: bytes) -> list[tuple[str, bytes]]:
    """Send what no client sends and take what the server says until it hangs up or has nothing more to say."""
    answer = b""
    with socket.create_connection((slapd.HOST, port), timeout=2) as connection:
        connection.sendall(data)
        with contextlib.suppress(TimeoutError):
            while more := connection.recv(65536):
                answer += more
    return [("C", data), ("S", answer)]


def main() -> None:
    """Make every file."""
    with tempfile.TemporaryDirectory() as folder, slapd.run_slapd(Path(folder)) as server:
        for name, (command, given) in SLAPD.items():
            turns = run(Relay(slapd.HOST, server.port), command, given)
            # Behind the answer to StartTLS there is TLS.
            keep(f"slapd-{name}", turns[:2] if name == "start-tls" else turns)
        keep("slapd-notice-of-disconnection", speak(server.port, bytes.fromhex("3005 020101 7d00")))
        sasl = bytes.fromhex("3018 020101 6013 020103 0400 a30c 0408") + b"EXTERNAL" + bytes.fromhex("0400")
        keep("slapd-sasl-external", speak(server.port, sasl))
    with tempfile.TemporaryDirectory() as folder, samba.run_samba(Path(folder)) as controller:
        tls = ssl.create_default_context(cafile=str(controller.authority))
        for name, command in samba_commands(controller).items():
            keep(f"samba-{name.rpartition(':')[2]}", run(Relay(samba.ADDRESS, samba.LDAPS_PORT, tls), command))
        refused = ["ldapwhoami", "-x", "-D", controller.dn("alice"), "-w", samba.PASSWORD]
        keep("samba-without-tls", run(Relay(samba.ADDRESS, samba.LDAP_PORT), refused))


if __name__ == "__main__":
    main()
