"""
Watchword on hosts of their own: a portal behind TLS, MFA servers next to a VPN, and where users and their VPN are.
"""

import http.client
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

from tests.rigs.certificates import make_server_certificate
from tests.rigs.hosts import Host, Lan, wired
from tests.rigs.nas import PATIENCE, Address, Exchange, Nas, Request
from tests.rigs.servers import MfaServer
from tests.rigs.watchword import Ran, Watchword

HTTPS: Final = 8443
RADIUS: Final = 1812


class FarNas(Nas):
    """A client of one application on a host of its own."""

    def __init__(self, server: Address, secret: bytes, *, name: str, address: str, host: Host) -> None:
        """Ask from one of the host's addresses."""
        super().__init__(server, secret, name=name, address=address)
        self.host = host

    def at(self, server: Address) -> "FarNas":
        """Return the same client, asking another server."""
        return FarNas(server, self.secret, name=self.name, address=self.address, host=self.host)

    def send(self, request: Request, *, port: int = 0, address: str | None = None) -> Exchange:
        """Send a request from a new socket there, from one of the host's addresses."""
        with self.host.inside():
            return Exchange(self.server, request, address=address or self.address, port=port)

    def radclient(self, user: str, password: str, *, station: str, tries: int = 3, seconds: float = 10) -> str:
        """Log in with Debian's radclient, and return the name of the answer's code, empty where none came."""
        asked = (
            f'User-Name = "{user}"\nUser-Password = "{password}"\nCalling-Station-Id = "{station}"\n'
            f"Packet-Src-IP-Address = {self.address}\nMessage-Authenticator = 0x00\n"
        )
        server = f"{self.server[0]}:{self.server[1]}"
        with self.host.inside():
            done = subprocess.run(
                ["radclient", "-x", "-r", str(tries), "-t", f"{seconds:g}", server, "auth", self.secret.decode()],
                input=asked,
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE + tries * seconds,
            )
        received = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("Received ")]
        return received[-1] if received else ""


class FarPortal(Watchword):
    """A portal on a host of its own; phones and VPNs are in the field."""

    def __init__(self, folder: Path, host: Host, field: Host) -> None:
        """Make its certificate; nothing is started."""
        super().__init__(folder)
        self.host = host
        self.field = field
        self.certificate = make_server_certificate(folder, host="portal.test", address=host.address)
        self._tls = ssl.create_default_context(cafile=str(self.certificate.authority))

    def start(self, *options: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Start it where it always serves, and return its ready line."""
        where = (
            *("--http", f"{self.host.address}:{HTTPS}", "--radius", f"{self.host.address}:{RADIUS}"),
            *("--tls-cert", str(self.certificate.certificate), "--tls-key", str(self.certificate.key)),
        )
        with self.host.inside():
            return super().start(*where, *options, environment=environment)

    def here(self, *tokens: str, stdin: str = "") -> Ran:
        """Run a command inside of this process, as somebody in the field."""
        with self.field.inside():
            return super().here(*tokens, stdin=stdin)

    def metrics(self) -> str:
        """Return what `/metrics` says."""
        with self.field.inside():
            connection = http.client.HTTPSConnection(self.host.address, HTTPS, timeout=PATIENCE, context=self._tls)
            with closing(connection):
                connection.request("GET", "/metrics")
                return connection.getresponse().read().decode()

    def far_nas(self, *options: str) -> FarNas:
        """Add an application, and return its client, which asks from an address of its own in the field."""
        made = self.nas(*options, address=self.field.another_address())
        return FarNas(made.server, made.secret, name=made.name, address=made.address, host=self.field)


class FarServer(MfaServer):
    """An MFA server on a host of its own."""

    def __init__(self, folder: Path, portal: FarPortal, host: Host) -> None:
        """Take a folder; nothing is activated yet."""
        super().__init__(folder, portal)
        self.host = host
        self._authority = portal.certificate.authority

    def activate(self, *options: str, group: str | None = None) -> dict[str, Any]:
        """Become known to the portal by credentials that it has just made."""
        return super().activate("--ca", str(self._authority), *options, group=group)

    def activate_with(self, made: Mapping[str, Any]) -> Ran:
        """Try to become known by credentials that were made before."""
        given = ("--email", made["email"], "--password-stdin", "--ca", str(self._authority), "--json")
        ran = self.run("server", "activate", made["url"], *given, stdin=made["password"])
        if ran.code == 0:
            self.identifier, self.name = ran.document["id"], ran.document["name"]
        return ran

    def run(self, *tokens: str, stdin: str | bytes = b"", environment: Mapping[str, str] | None = None) -> Ran:
        """Run a command as a process there."""
        with self.host.inside():
            return super().run(*tokens, stdin=stdin, environment=environment)

    def start(self, *options: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Start it where it always serves, and return its ready line."""
        with self.host.inside():
            return super().start("--radius", f"{self.host.address}:{RADIUS}", *options, environment=environment)

    def metrics(self) -> str:
        """Return what `/metrics` says on its own host."""
        with self.host.inside():
            return super().metrics()

    def client(self, nas: Nas) -> Nas:
        """Return the same client, asking this server."""
        return nas.at(self.radius) if isinstance(nas, FarNas) else super().client(nas)


class Estate:
    """A portal and some servers, each on a host of its own, and the field."""

    def __init__(self, folder: Path, lan: Lan) -> None:
        """Take a folder for everything; nothing is started."""
        self._folder = folder
        self.lan = lan
        self.field = lan.host("field")
        (folder / "portal").mkdir()
        self.portal = FarPortal(folder / "portal", lan.host("portal"), self.field)
        self.servers: list[FarServer] = []

    def server(self, *, name: str | None = None, at: Host | None = None) -> FarServer:
        """Have one more server, on a host of its own unless told where; it is not activated."""
        name = name or f"server{len(self.servers) + 1}"
        made = FarServer(self._folder / name, self.portal, at or self.lan.host(name))
        self.servers.append(made)
        return made

    def serving(self, nas: FarNas, *servers: FarServer) -> list[FarNas]:
        """Return the client as it asks each of some servers, or all, once each serves it."""
        asked = []
        for server in servers or self.servers:
            server.serves(nas)
            asked.append(nas.at(server.radius))
        return asked

    def both(self, nas: FarNas) -> list[FarNas]:
        """Return the client as it asks the first two servers, once both serve it."""
        return self.serving(nas, *self.servers[:2])

    def end(self) -> None:
        """End what still runs, which has to end well: no bug was caught, and no secret is where none may be."""
        for each in (*self.servers, self.portal):
            if each.process is not None:
                assert each.metric("watchword_faults_total") == 0, each.logged()[-4000:]
                assert each.leaks() == []
                assert each.stop() == 0, each.logged()[-2000:]
            assert "Traceback" not in each.logged(), each.logged()[-4000:]
        verified = self.portal.here("audit", "verify")
        assert verified.code == 0, verified

    def kill(self) -> None:
        """End what still runs by force."""
        for each in (*self.servers, self.portal):
            if each.process is not None:
                each.kill()


@contextmanager
def estate(folder: Path, count: int, *, environment: Mapping[str, str] | None = None) -> Iterator[Estate]:
    """Run a portal, in an environment of its own, and so many servers of one group while the block runs."""
    with ExitStack() as stack:
        hosts = Estate(folder, stack.enter_context(wired()))
        stack.callback(hosts.kill)
        stack.enter_context(_trusting(hosts.portal.certificate.authority))
        hosts.portal.environment = {**(environment or {})}
        hosts.portal.start()
        hosts.portal.ask("setting", "set", "radius.reject_delay", "0")
        for _ in range(count):
            server = hosts.server()
            server.activate()
            server.start()
        yield hosts
        hosts.end()


@contextmanager
def _trusting(authority: Path) -> Iterator[None]:
    """Have phones of this process trust one more authority."""
    before = os.environ.get("SSL_CERT_FILE")
    trusted = authority.with_name("trusted.pem")
    trusted.write_text((Path(before).read_text("ascii") if before else "") + authority.read_text("ascii"), "ascii")
    os.environ["SSL_CERT_FILE"] = str(trusted)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SSL_CERT_FILE"]
        else:
            os.environ["SSL_CERT_FILE"] = before
