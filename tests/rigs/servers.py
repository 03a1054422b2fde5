"""
MFA servers as processes of their own, activated at a portal as people activate them.
"""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.rigs.nas import Nas
from tests.rigs.watchword import PROGRAM, Watchword, until

HEALED_SECONDS: Final = 10.0
"""Seconds after a fault's end in which everything works again."""


class MfaServer(Watchword):
    """The data folder of an MFA server, and the process that serves it while one does."""

    def __init__(self, folder: Path, portal: Watchword) -> None:
        """Take a folder; nothing is activated yet."""
        folder.mkdir()
        super().__init__(folder)
        self.portal = portal
        self.canaries = portal.canaries
        self.identifier = ""
        self.name = ""

    def activate(self, *options: str, group: str | None = None) -> dict[str, Any]:
        """Become known to the portal by credentials that it has just made."""
        given = () if group is None else ("--group", group)
        made = self.portal.ask("server", "credentials", *given)
        self.canaries.add(made["password"])
        ran = self.run(
            *("server", "activate", made["url"], "--email", made["email"], "--password-stdin", "--json", *options),
            stdin=made["password"],
        )
        assert ran.code == 0, ran.err
        done: dict[str, Any] = json.loads(ran.out)
        self.identifier, self.name = done["id"], done["name"]
        return done

    def start(self, *options: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Start it at ports that the system chooses, unless told otherwise, and return its ready line."""
        defaults = ("--http", "--radius")
        given = [*options, *(word for name in defaults if name not in options for word in (name, "127.0.0.1:0"))]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "server", "run", "--data", self.data, *given, "--json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment(environment),
            )
        try:
            self.ready = self._ready(self.process)
        except BaseException:
            self._end(signal.SIGKILL, 10)
            raise
        return self.ready

    def row(self) -> dict[str, Any]:
        """Return what the portal's server status says of it."""
        (row,) = (row for row in self.portal.perform("server.list") if row["id"] == self.identifier)
        found: dict[str, Any] = row
        return found

    def client(self, nas: Nas) -> Nas:
        """Return the same client, asking this server."""
        return Nas(self.radius, nas.secret, name=nas.name, address=nas.address)

    def serves(self, nas: Nas) -> Nas:
        """Return the same client, asking this server, once the server knows it and reaches its portal."""
        mine = self.client(nas)

        def answered() -> bool:
            with mine.probe() as probe:
                try:
                    probe.answer(0.2)
                except (AssertionError, ConnectionRefusedError):
                    return False
            return True

        until(answered, f"{self.name} serving {nas.name}", HEALED_SECONDS)
        return mine


@contextmanager
def servers(folder: Path, portal: Watchword, count: int, *, group: str | None = None) -> Iterator[list[MfaServer]]:
    """Run so many servers of one group while the block runs; none of them may write a secret down."""
    made = [MfaServer(folder / f"server-{number}", portal) for number in range(1, count + 1)]
    try:
        for server in made:
            server.activate(group=group)
            server.start()
        yield made
        for server in made:
            if server.process is not None:
                assert server.metric("watchword_faults_total") == 0, server.logged()[-4000:]
                assert server.leaks() == []
                assert server.stop() == 0, server.logged()[-2000:]
            assert server.leaks() == []
            assert "Traceback" not in server.logged(), server.logged()[-4000:]
    finally:
        for server in made:
            if server.process is not None:
                server.kill()
