"""
How an MFA server becomes known to its portal, with two data folders and real HTTP between them (E1, E2, E5, N20).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.e2e.test_clock import Stepped
from tests.rigs.certificates import make_server_certificate
from tests.rigs.relay import relaying
from tests.rigs.watchword import Ran, Watchword
from watchword.kit.clock import SystemClock
from watchword.kit.identities import Identity, fingerprint
from watchword.kit.randomness import SystemRandomness
from watchword.upstream.portal.enrolment import TRIES, PortalDoor, PortalUrl
from watchword.upstream.portal.folder import ServerFolder

OTHER: Final = "#sha256=" + "5f" * 32


class Site:
    """A folder on a machine that is to become a server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "server"
        self.client = Watchword(folder)
        self.client.data = self.data

    def activate(self, made: dict[str, Any], *options: str, url: str | None = None, password: str | None = None) -> Ran:
        """Run the command with these credentials."""
        given = ("--email", made["email"], "--password-stdin", *options, "--json")
        ran = self.client.here("server", "activate", url or made["url"], *given, stdin=password or made["password"])
        assert made["password"] not in ran.out + ran.err
        return ran

    def refused(self, made: dict[str, Any], *options: str, **how: Any) -> str:
        """Run the command, which must be refused and leave nothing behind, and return why."""
        ran = self.activate(made, *options, **how)
        assert (ran.code, ran.out) == (1, ""), ran
        assert not self.data.exists()
        return ran.err

    def open(self) -> ServerFolder:
        """Open what was made."""
        return ServerFolder.open(self.data, randomness=SystemRandomness())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def second(tmp_path: Path) -> Site:
    (tmp_path / "second").mkdir()
    return Site(tmp_path / "second")


def credentials(server: Watchword, *options: str) -> dict[str, Any]:
    """Make activation credentials, whose password must stand nowhere."""
    made: dict[str, Any] = server.ask("server", "credentials", *options)
    server.canaries.add(made["password"])
    return made


def rows(server: Watchword) -> dict[str, dict[str, Any]]:
    """Return the servers that are known, by id."""
    return {row["id"]: row for row in server.ask("server", "list")}


def row(server: Watchword, ran: Ran) -> dict[str, Any]:
    """Return what is known of the server that was activated by a command."""
    return rows(server)[ran.document["id"]]


def port_of(server: Watchword) -> int:
    return urlsplit(server.ready["http"]).port or 0


def test_a_server_is_activated_and_listed(server: Watchword, site: Site) -> None:
    made = credentials(server)
    given = ("--email", made["email"], "--password-stdin", "--json")
    ran = site.client.run(
        "server",
        "activate",
        made["url"],
        *given,
        stdin=made["password"],
        environment={"WATCHWORD_DATA": str(site.data)},
    )

    assert ran.code == 0, ran.err
    assert set(ran.document) == {"id", "name", "group", "portal", "data"}
    listed = row(server, ran)
    assert listed.keys() >= {"id", "name", "group", "version", "status", "ip", "last_communication"}
    assert (listed["status"], listed["ip"], listed["group"]) == ("never", "127.0.0.1", "default")
    kept = site.open()
    assert kept.membership.portals == (server.ready["http"],)
    shown = server.ask("server", "show", listed["name"])
    assert shown["key_sha256"] == fingerprint(kept.identity.public).hex()


def test_credentials_are_good_once(server: Watchword, site: Site, second: Site) -> None:
    made = credentials(server)
    assert site.activate(made).code == 0
    before = len(rows(server))

    assert "were used by another server" in second.refused(made)
    assert len(rows(server)) == before


def test_a_wrong_password_is_refused_and_the_fifth_voids_the_credentials(server: Watchword, site: Site) -> None:
    made = credentials(server)
    wrong = [site.refused(made, password="wrong") for _ in range(5)]

    assert all("the e-mail or the password is wrong" in why for why in wrong)
    assert "are void after too many wrong passwords" in site.refused(made)


def test_credentials_can_be_withdrawn(server: Watchword, site: Site) -> None:
    made = credentials(server)
    server.ask("server", "credentials-withdraw", made["email"])

    assert "were withdrawn" in site.refused(made)
    states = {one["email"]: one["state"] for one in server.ask("server", "credentials-list")}
    assert states[made["email"]] == "withdrawn"


def test_another_portal_than_the_one_in_the_url_never_sees_the_password(server: Watchword, site: Site) -> None:
    made = credentials(server)
    with relaying(port_of(server)) as relay:
        url = f"http://127.0.0.1:{relay.port}{OTHER}"
        assert "is not the portal whose fingerprint is in it" in site.refused(made, url=url)
        # One question and its answer: nothing was posted.
        assert relay.posts == 0

    assert site.activate(made).code == 0


def test_a_lost_answer_is_asked_for_again_by_itself(server: Watchword, site: Site) -> None:
    made = credentials(server)
    with relaying(port_of(server)) as relay:
        relay.loses = TRIES - 1
        ran = site.activate(made, url=made["url"].replace(f":{port_of(server)}", f":{relay.port}"))
        assert relay.loses == 0

    assert ran.code == 0, ran.err
    assert row(server, ran)["status"] == "never"


def test_the_same_command_ends_well_where_every_answer_was_lost(server: Watchword, site: Site, second: Site) -> None:
    made, before = credentials(server), len(rows(server))
    with relaying(port_of(server)) as relay:
        url = made["url"].replace(f":{port_of(server)}", f":{relay.port}")
        relay.loses = TRIES
        lost = site.activate(made, url=url)
        assert lost.code == 1
        assert "run the same command again" in lost.err
        assert "were used by another server" in second.refused(made)
        again = site.activate(made, url=url)

    assert again.code == 0, again.err
    assert len(rows(server)) == before + 1
    shown = server.ask("server", "show", again.document["id"])
    assert shown["key_sha256"] == fingerprint(site.open().identity.public).hex()


def test_groups_of_credentials_and_of_wishes(server: Watchword, site: Site, second: Site) -> None:
    for name in ("berlin", "potsdam"):
        server.ask("group", "add", name)
    unspent = credentials(server, "--group", "berlin")
    assert "for another replication group" in site.refused(unspent, "--group", "potsdam")
    bound = site.activate(credentials(server, "--group", "berlin"))
    free = second.activate(credentials(server), "--group", "potsdam")

    assert (bound.document["group"], free.document["group"]) == ("berlin", "potsdam")
    server.ask("server", "move", bound.document["id"], "--group", "potsdam")
    assert row(server, bound)["group"] == "potsdam"
    assert "is not empty" in server.refused("group", "remove", "berlin")
    server.ask("server", "credentials-withdraw", unspent["email"])
    server.ask("group", "remove", "berlin")
    assert "is not empty" in server.refused("group", "remove", "potsdam")


def test_credentials_of_an_address_are_no_good_elsewhere(server: Watchword, site: Site) -> None:
    assert "for another address" in site.refused(credentials(server, "--address", "192.0.2.0/24"))
    assert site.activate(credentials(server, "--address", "127.0.0.1")).code == 0


def test_a_revoked_server_renews_nothing_and_asks_in_vain(server: Watchword, site: Site) -> None:
    made = credentials(server)
    ran = site.activate(made)
    kept = site.open()
    door = PortalDoor(PortalUrl.read(made["url"]), clock=SystemClock(), randomness=SystemRandomness())
    shown = door.prove()
    door.renew(shown, kept.membership.server, kept.identity, kept.begin_renewal())
    kept.finish_renewal()
    assert server.ask("server", "show", ran.document["id"])["key_sha256"] == fingerprint(kept.identity.public).hex()

    server.ask("server", "revoke", ran.document["id"], "--reason", "stolen")

    assert row(server, ran)["status"] == "revoked"
    new = Identity.new(SystemRandomness())
    with pytest.raises(Exception, match="was revoked at its portal"):
        door.renew(shown, kept.membership.server, kept.identity, new)
    server.ask("server", "remove", ran.document["id"])
    with pytest.raises(Exception, match="does not know this server"):
        door.renew(shown, kept.membership.server, kept.identity, new)


def test_a_server_gets_a_new_key_and_keeps_its_name(server: Watchword, site: Site, second: Site) -> None:
    first = site.activate(credentials(server))
    again = second.activate(credentials(server, "--server", first.document["name"]))

    assert (again.document["id"], again.document["name"]) == (first.document["id"], first.document["name"])
    shown = server.ask("server", "show", first.document["id"])
    assert shown["key_sha256"] == fingerprint(second.open().identity.public).hex()


def test_an_activated_folder_is_not_activated_over(server: Watchword, site: Site) -> None:
    assert site.activate(credentials(server)).code == 0
    before = (site.data / "server").read_bytes()

    ran = site.activate(credentials(server))

    assert (ran.code, "holds an activated server already" in ran.err) == (1, True)
    assert (site.data / "server").read_bytes() == before


def test_administration_needs_no_running_process(own: Watchword, site: Site) -> None:
    own.start()
    ran = site.activate(credentials(own))
    assert own.stop() == 0

    assert row(own, ran)["status"] == "never"
    own.ask("server", "revoke", ran.document["id"], "--reason", "stolen")
    assert row(own, ran)["status"] == "revoked"
    assert own.here("audit", "verify").code == 0


# --- TLS


def test_an_authority_of_ones_own_is_named_and_no_other_is_trusted(own: Watchword, site: Site) -> None:
    files = make_server_certificate(own.folder, host="localhost", address="127.0.0.1")
    own.start("--tls-cert", str(files.certificate), "--tls-key", str(files.key))
    made = credentials(own)
    assert made["url"].startswith("https://")

    assert "is not trusted here" in site.refused(made)
    ran = site.activate(made, "--ca", str(files.authority))
    assert ran.code == 0, ran.err
    assert site.open().membership.ca == files.authority.read_text()


# --- clocks


@contextmanager
def stepped(folder: Path) -> Iterator[Stepped]:
    """Run a portal whose clock can be set."""
    portal = Stepped(folder)
    try:
        yield portal
    finally:
        portal.server.kill()


def test_credentials_expire_also_where_the_portals_clock_is_set_back(tmp_path: Path, site: Site) -> None:
    (tmp_path / "portal").mkdir()
    with stepped(tmp_path / "portal") as portal:
        made = credentials(portal.server)
        portal.there_and_back("+0")

        assert "have expired" in site.refused(made)


def test_a_portal_with_another_clock_is_told_from_a_wrong_portal(tmp_path: Path, site: Site) -> None:
    (tmp_path / "portal").mkdir()
    with stepped(tmp_path / "portal") as portal:
        portal.set("+6m")
        made = credentials(portal.server)

        assert "differ by more than 5 minutes" in site.refused(made)
        portal.set("+0")
        states = {one["email"]: one["state"] for one in portal.server.ask("server", "credentials-list")}
        assert states[made["email"]] == "active"


def test_what_lies_in_the_servers_folder_shows_no_secret(server: Watchword, site: Site) -> None:
    made = credentials(server)
    assert site.activate(made).code == 0
    kept = site.open()

    written = (site.data / "server").read_bytes()
    assert set(json.loads(written)) >= {"seed", "link"}
    for secret in (kept.identity.seed, kept.draw()[0], made["password"].encode()):
        assert secret not in (site.data / "server").read_bytes()
