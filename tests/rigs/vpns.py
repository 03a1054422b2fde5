"""
Real systems that ask for the second step: pam_radius, ocserv and openconnect, OpenVPN and its plugin, PostgreSQL.

Each has its files in a folder of its own and changes nothing of the machine: OpenVPN's server makes an interface that
is never configured and goes away with it. What comes back of a login is whether it let the user in.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.rigs.certificates import ServerCertificate, make_server_certificate
from tests.rigs.nas import Nas
from tests.rigs.processes import free_ports, running

HOST: Final = "127.0.0.1"
PATIENCE: Final = 60
"""Seconds that a client is given for a login, its waits for lost answers among them."""

_PAM_WRAPPER: Final = "libpam_wrapper.so"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a login ended: whether the user is in, and all that the client wrote."""

    is_in: bool
    written: str


def _client(
    command: Sequence[str], typed: str = "", *, folder: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=folder,
        env={**os.environ, **(environment or {})},
    )


# --- pam_radius


def pam_radius(folder: Path, nas: Nas, user: str, *typed: str) -> Ended:
    """Log in through PAM, as sshd or sudo would, with what is typed at each prompt; a server has three times 10 s."""
    folder.mkdir()
    servers = folder / "servers"
    servers.write_text(f"{nas.server[0]}:{nas.server[1]} {nas.secret.decode()} 10 {nas.address}\n")
    servers.chmod(0o600)
    services = folder / "services"
    services.mkdir()
    (services / "vpn").write_text(f"auth required pam_radius_auth.so conf={servers}\n")
    wrapped = {"LD_PRELOAD": _PAM_WRAPPER, "PAM_WRAPPER": "1", "PAM_WRAPPER_SERVICE_DIR": str(services)}
    ended = _client(
        ["pamtester", "vpn", user, "authenticate"], "".join(f"{line}\n" for line in typed), environment=wrapped
    )
    return Ended(ended.returncode == 0, ended.stdout)


# --- ocserv


_OCSERV: Final = """\
auth = "radius[config={folder}/radcli.conf]"
listen-host = {host}
tcp-port = {port}
run-as-user = root
run-as-group = root
socket-file = {folder}/ocserv-socket
server-cert = {certificate}
server-key = {key}
isolate-workers = false
max-clients = 16
max-same-clients = 4
device = vpns
ipv4-network = 192.0.2.0/24
auth-timeout = 60
"""

_RADCLI: Final = """\
authserver {server}
acctserver {server}
servers {folder}/radcli-servers
dictionary /etc/radcli/dictionary
default_realm
radius_timeout {timeout}
radius_retries 3
bindaddr {address}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ocserv:
    """ocserv, where it listens, and whom its certificate names."""

    port: int
    certificate: ServerCertificate

    def connect(self, user: str, *typed: str) -> Ended:
        """Log in with openconnect, which ends when it has its cookie: no tunnel is made."""
        answers = "".join(f"{line}\n" for line in typed)
        ended = _client(
            [
                "openconnect",
                "--authenticate",
                "--passwd-on-stdin",
                f"--user={user}",
                f"--cafile={self.certificate.authority}",
                f"https://{HOST}:{self.port}",
            ],
            answers,
        )
        return Ended(ended.returncode == 0 and "COOKIE=" in ended.stdout, ended.stdout)


@contextmanager
def ocserv(folder: Path, nas: Nas, *, timeout: int = 10) -> Iterator[Ocserv]:
    """Run ocserv as the client that `nas` is; radcli asks again after `timeout` seconds, three times."""
    folder.mkdir()
    (port,) = free_ports(1)
    certificate = make_server_certificate(folder, host="vpn.test", address=HOST)
    server = f"{nas.server[0]}:{nas.server[1]}"
    (folder / "radcli-servers").write_text(f"{server} {nas.secret.decode()}\n{nas.server[0]} {nas.secret.decode()}\n")
    radcli = folder / "radcli.conf"
    radcli.write_text(_RADCLI.format(server=server, folder=folder, timeout=timeout, address=nas.address))
    configuration = folder / "ocserv.conf"
    configuration.write_text(
        _OCSERV.format(folder=folder, host=HOST, port=port, certificate=certificate.certificate, key=certificate.key)
    )
    with running(["ocserv", "--foreground", "--config", str(configuration)], ports=[port], log=folder / "log"):
        yield Ocserv(port=port, certificate=certificate)


# --- OpenVPN


_PLUGIN: Final = "/usr/lib/openvpn/radiusplugin.so"
_FOUR_DIGITS: Final = range(2_000, 10_000)


def short_ports(count: int) -> list[int]:
    """Find UDP ports of the loopback address with four digits: OpenVPN's plugin reads no more of them."""
    found: list[int] = []
    for port in _FOUR_DIGITS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
            try:
                tried.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no port is free")


_RADIUSPLUGIN: Final = """\
NAS-Identifier=openvpn
Service-Type=5
Framed-Protocol=1
NAS-Port-Type=5
NAS-IP-Address={address}
OpenVPNConfig={folder}/server.conf
subnet=255.255.255.0
overwriteccfiles=true
useauthcontrolfile=false
nonfatalaccounting=true
server
{{
    acctport={accounting}
    authport={port}
    name={host}
    retry=2
    wait={wait}
    sharedsecret={secret}
}}
"""

_OPENVPN: Final = """\
mode server
tls-server
topology subnet
dev ww{server_port}
dev-type tun
ifconfig-noexec
route-noexec
proto tcp-server
local {host}
port {server_port}
ca {certificate.authority}
cert {certificate.certificate}
key {certificate.key}
dh none
verify-client-cert none
username-as-common-name
plugin {plugin} {folder}/radiusplugin.conf
verb 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVpn:
    """An OpenVPN server."""

    folder: Path
    port: int
    certificate: ServerCertificate

    def connect(self, user: str, password: str) -> Ended:
        """Log in with its client, which makes no interface."""
        typed = self.folder / "typed"
        typed.write_text(f"{user}\n{password}\n")
        typed.chmod(0o600)
        log = self.folder / "client.log"
        with log.open("wb") as output:
            client = subprocess.Popen(
                [
                    *("openvpn", "--client", "--dev", "null", "--proto", "tcp-client"),
                    *("--remote", HOST, str(self.port), "--ca", str(self.certificate.authority)),
                    *("--auth-user-pass", str(typed), "--auth-retry", "none", "--nobind", "--verb", "3"),
                    *("--connect-retry-max", "1", "--ifconfig-noexec", "--route-noexec", "--tls-exit"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            return Ended(_is_up(client, log), log.read_text(errors="replace"))
        finally:
            client.terminate()
            client.wait(timeout=10)


def _is_up(client: subprocess.Popen[bytes], log: Path) -> bool:
    """Wait until the client says that it is in, or ends."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ended = client.poll() is not None
        written = log.read_text(errors="replace")
        if "Initialization Sequence Completed" in written:
            return True
        if "AUTH_FAILED" in written or ended:
            return False
        assert time.monotonic() < deadline, f"neither in nor refused: {written[-2000:]}"
        time.sleep(0.02)


@contextmanager
def openvpn(folder: Path, nas: Nas, *, accounting: int, wait: int = 5) -> Iterator[OpenVpn]:
    """
    Run OpenVPN, which asks from 127.0.0.1 and tells `accounting` of sessions.

    Its plugin asks again from a new port after `wait` seconds, once, and no longer listens at the old one.
    """
    folder.mkdir()
    (port,) = free_ports(1)
    certificate = make_server_certificate(folder, host="vpn.test", address=HOST)
    (folder / "radiusplugin.conf").write_text(
        _RADIUSPLUGIN.format(
            address=nas.address,
            folder=folder,
            host=nas.server[0],
            port=nas.server[1],
            accounting=accounting,
            wait=wait,
            secret=nas.secret.decode(),
        )
    )
    configuration = folder / "server.conf"
    configuration.write_text(
        _OPENVPN.format(host=HOST, server_port=port, certificate=certificate, plugin=_PLUGIN, folder=folder)
    )
    with running(["openvpn", "--config", str(configuration)], ports=[port], log=folder / "server.log"):
        yield OpenVpn(folder=folder, port=port, certificate=certificate)


# --- PostgreSQL


_PG_HBA: Final = """\
local all postgres trust
host all all {host}/32 radius radiusservers={server} radiusports={port} radiussecrets="{secret}"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgreSql:
    """A PostgreSQL that asks for the second step of whoever connects."""

    folder: Path
    port: int

    def _psql(self, *options: str, password: str = "") -> subprocess.CompletedProcess[str]:
        return _client(["psql", "--no-psqlrc", "--dbname=postgres", *options], environment={"PGPASSWORD": password})

    def add(self, role: str) -> None:
        """Make a role that may connect."""
        here = ("--host", str(self.folder), "--port", str(self.port), "--username=postgres")
        made = self._psql(*here, "--command", f'CREATE ROLE "{role}" LOGIN')
        assert made.returncode == 0, made.stdout

    def connect(self, role: str, password: str) -> Ended:
        """Log in and ask for nothing."""
        there = ("--host", HOST, "--port", str(self.port), f"--username={role}", "--no-password")
        ended = self._psql(*there, "--command", "SELECT 1", password=password)
        return Ended(ended.returncode == 0, ended.stdout)


@contextmanager
def postgresql(nas: Nas) -> Iterator[PostgreSql]:
    """Run PostgreSQL, which asks from 127.0.0.1 and gives up after three seconds."""
    # It does not run as root, and nobody else may enter the folders of a test.
    with TemporaryDirectory(prefix="postgresql-") as folder:
        yield from _postgresql(Path(folder), nas)


def _postgresql(folder: Path, nas: Nas) -> Iterator[PostgreSql]:
    folder.chmod(0o755)
    programs = max(Path("/usr/lib/postgresql").iterdir()) / "bin"
    data = folder / "data"
    data.mkdir()
    shutil.chown(data, "postgres")
    as_postgres = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    made = _client([*as_postgres, str(programs / "initdb"), "--pgdata", str(data), "--auth=trust", "--no-sync"])
    assert made.returncode == 0, made.stdout
    host, port = nas.server
    rules = _PG_HBA.format(host=HOST, server=host, port=port, secret=nas.secret.decode())
    (data / "pg_hba.conf").write_text(rules)
    (listening,) = free_ports(1)
    command = [
        *as_postgres,
        str(programs / "postgres"),
        "-D",
        str(data),
        "-h",
        HOST,
        "-p",
        str(listening),
        "-k",
        str(data),
    ]
    with running(command, ports=[listening], log=folder / "log"):
        yield PostgreSql(folder=data, port=listening)
