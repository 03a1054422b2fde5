"""
Codes while no portal answers (design.md section 8): where the application allows them, each once, and told afterwards.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.nas import Nas
from tests.rigs.servers import HEALED_SECONDS, MfaServer, servers
from tests.rigs.watchword import STATION, Watchword, until
from watchword.stores.spool import FileSpool

pytestmark = pytest.mark.needs("oathtool")

CODES = ("--primary", "asserted", "--portal-away", "codes")


@pytest.fixture
def portal(own: Watchword) -> Iterator[Watchword]:
    """Run a portal that the test may kill."""
    own.start()
    own.ask("setting", "set", "radius.reject_delay", "0")
    yield own
    if own.process is None:
        own.start("--http", own.ready["http"].removeprefix("http://"))
    assert own.metric("watchword_faults_total") == 0, own.logged()[-4000:]
    assert own.stop() == 0


def says(server: MfaServer, words: str) -> bool:
    """Tell whether `doctor` on a server says something."""
    return any(words in finding["sentence"] for finding in server.here("doctor", "--json").document)


def ready(server: MfaServer) -> None:
    """Wait until a server would take codes without a portal."""
    until(lambda: says(server, "without a portal codes would be taken"), "the replica there", HEALED_SECONDS)


def at(server: MfaServer, nas: Nas) -> Nas:
    """Return the same client, asking this server, which answers nobody's probe now."""
    return Nas(server.radius, nas.secret, name=nas.name, address=nas.address)


def test_a_code_passes_once_without_a_portal_and_the_portal_learns_of_it_once(
    portal: Watchword, tmp_path: Path
) -> None:
    user = portal.user()
    token = portal.hotp(user)
    with servers(tmp_path, portal, 1) as (server,):
        nas = server.serves(portal.nas(*CODES))
        other = at(server, portal.nas("--primary", "asserted"))
        ready(server)
        portal.kill()

        until(lambda: says(server, "codes are taken at"), "the server to decide by itself", HEALED_SECONDS)
        assert nas.login(user, token.code(0), station=STATION).accepted
        assert nas.login(user, token.code(0), station=STATION).rejected, "each code once"
        assert other.login(user, token.code(1), station=STATION).rejected, "an application that does not allow it"
        until(lambda: len(FileSpool(server.data).load()) == 1, "the denial written down, after its answer")
        server.kill()
        server.start()
        nas = at(server, nas)
        assert nas.login(user, token.code(0), station=STATION).rejected, "each code once, also after kill -9"
        assert nas.login(user, token.code(1), station=STATION).accepted

        portal.start("--http", portal.ready["http"].removeprefix("http://"))
        until(lambda: len(portal.reasons(user)) == 5, "what happened told to the portal", HEALED_SECONDS)
        server.serves(nas)
        assert nas.login(user, token.code(1), station=STATION).rejected, "spent here, spent there"
        assert nas.login(user, token.code(2), station=STATION).accepted

        said = ["offline-code", "offline-code", "portal-away", "used-code", "used-code"]
        assert sorted(portal.reasons(user)[:5]) == said
        assert portal.reasons(user)[5:] == ["used-code", "code"]
        assert {row["server"] for row in portal.activity(user)} == {server.name}
        assert portal.run("audit", "verify").code == 0
