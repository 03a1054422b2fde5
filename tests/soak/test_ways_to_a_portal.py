"""
The ways from a server to its portal: several URLs, proxies on the way, and each thing that can be wrong there in words.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from tests.rigs.certificates import ServerCertificate, make_server_certificate
from tests.rigs.proxy import proxying
from tests.rigs.relay import relaying
from tests.rigs.servers import HEALED_SECONDS, MfaServer
from tests.rigs.watchword import PASSWORD, Ran, Watchword, serving, until

pytestmark = [pytest.mark.soak, pytest.mark.needs("oathtool")]

NOTHING: Final = {"HTTPS_PROXY": "", "https_proxy": "", "NO_PROXY": "", "no_proxy": ""}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return make_server_certificate(tmp_path_factory.mktemp("tls"), host="localhost", address="127.0.0.1")


@pytest.fixture(scope="module")
def portal(files: ServerCertificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watchword]:
    """Run a portal with a certificate of an authority of one's own."""
    folder = tmp_path_factory.mktemp("portal")
    with serving(folder, "--tls-cert", str(files.certificate), "--tls-key", str(files.key)) as running:
        yield running


def port_of(portal: Watchword) -> int:
    return urlsplit(portal.ready["http"]).port or 0


class Site:
    """A folder that is to be a server's."""

    def __init__(self, folder: Path, portal: Watchword, files: ServerCertificate) -> None:
        self.server = MfaServer(folder, portal)
        self.portal = portal
        self.files = files

    def activate(
        self,
        *options: str,
        trusts: bool = True,
        url: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run the command with new credentials, and no other proxy than the one that is named."""
        made = self.portal.ask("server", "credentials")
        self.portal.canaries.add(made["password"])
        ca = ("--ca", str(self.files.authority)) if trusts else ()
        given = ("--email", made["email"], "--password-stdin", "--json", *ca, *options)
        where = url or made["url"]
        variables = {**NOTHING, **(environment or {})}
        ran = self.server.run("server", "activate", where, *given, stdin=made["password"], environment=variables)
        if ran.code == 0:
            self.server.identifier, self.server.name = ran.document["id"], ran.document["name"]
        return ran

    def refused(self, *options: str, **how: Any) -> str:
        """Run the command, which must be refused in one sentence and leave nothing behind."""
        ran = self.activate(*options, **how)
        assert (ran.code, ran.out) == (1, ""), ran
        assert len(ran.err.splitlines()) == 1
        assert not self.server.data.exists()
        return ran.err

    @contextmanager
    def serves(self) -> Iterator[None]:
        """Run the server while the block does, without any proxy in its environment."""
        self.server.start(environment=NOTHING)
        try:
            yield
            assert self.server.leaks() == []
            assert self.server.stop() == 0
        finally:
            if self.server.process is not None:
                self.server.kill()

    def login(self) -> None:
        """See a login through the server."""
        user = self.portal.user()
        token = self.portal.totp(user)
        mine = self.server.serves(self.portal.nas())
        assert mine.login(user, f"{PASSWORD},{token.code()}").accepted


@pytest.fixture
def site(tmp_path: Path, portal: Watchword, files: ServerCertificate) -> Site:
    return Site(tmp_path / "server", portal, files)


@pytest.mark.parametrize("how", ["option", "WATCHWORD_PROXY", "HTTPS_PROXY"])
def test_activation_and_channel_go_through_a_proxy(site: Site, portal: Watchword, how: str) -> None:
    with proxying() as proxy:
        options = ("--proxy", proxy.url) if how == "option" else ()
        ran = site.activate(*options, environment={} if how == "option" else {how: proxy.url})
        assert ran.code == 0, ran.err
        activated = len(proxy.asked)
        assert set(proxy.asked) == {f"127.0.0.1:{port_of(portal)}"}

        with site.serves():
            site.login()
            assert len(proxy.asked) == activated + 1


def test_a_proxy_that_wants_a_password_gets_it_from_the_environment_alone(site: Site, portal: Watchword) -> None:
    with proxying(user="ann", password="a proxy's own") as proxy:
        portal.canaries.add("a proxy's own")
        assert "a proxy on the way refuses the connection" in site.refused("--proxy", proxy.url)
        secret = proxy.url.replace("//", "//ann:a%20proxy's%20own@")
        assert "a proxy's password is never an argument" in site.refused("--proxy", secret)
        ran = site.activate(environment={"WATCHWORD_PROXY": secret})
        assert ran.code == 0, ran.err

        with site.serves():
            site.login()


def test_no_proxy_leaves_the_portal_out(site: Site) -> None:
    with proxying() as proxy:
        ran = site.activate(environment={"HTTPS_PROXY": proxy.url, "NO_PROXY": "127.0.0.1"})
        assert ran.code == 0, ran.err
        assert proxy.asked == []


def test_a_proxy_that_bars_the_portal_and_one_that_is_not_there_are_told(site: Site, portal: Watchword) -> None:
    with proxying(barred=frozenset({port_of(portal)})) as proxy:
        assert "a proxy on the way refuses the connection" in site.refused("--proxy", proxy.url)
        gone = proxy.url
    assert "a proxy on the way refuses the connection" in site.refused("--proxy", gone)


def test_a_server_comes_back_when_its_proxy_does(site: Site) -> None:
    with proxying() as proxy:
        assert site.activate("--proxy", proxy.url).code == 0
        with site.serves():
            site.login()
            before = len(proxy.asked)
            proxy.cut()
            until(lambda: len(proxy.asked) > before, "the proxy asked again", HEALED_SECONDS)
            site.login()


# --- several URLs


def test_the_channel_goes_round_the_urls_of_the_portal(tmp_path: Path, files: ServerCertificate) -> None:
    (tmp_path / "portal").mkdir()
    port = _free()
    with relaying(port) as first, relaying(port) as second:
        urls = [f"https://127.0.0.1:{relay.port}" for relay in (first, second)]
        (tmp_path / "portal/data").mkdir(mode=0o700)
        (tmp_path / "portal/data/watchword.toml").write_text(
            f'public_url = "{urls[0]}"\nportal_urls = "{urls[1]}, https://portal.invalid"\n'
        )
        options = ("--tls-cert", str(files.certificate), "--tls-key", str(files.key), "--http", f"127.0.0.1:{port}")
        with serving(tmp_path / "portal", *options) as portal:
            site = Site(tmp_path / "server", portal, files)
            ran = site.activate()
            assert ran.code == 0, ran.err
            assert ran.document["portal"] == urls[0]

            with site.serves():
                assert site.server.ready["portal"] == urls[0]
                site.login()
                first.cut()
                until(lambda: second.passed > 0, "the second URL in use", HEALED_SECONDS)
                site.login()


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# --- what is wrong, in words


def test_each_failure_on_the_way_has_words_of_its_own(site: Site, portal: Watchword) -> None:
    pin = portal.ask("server", "credentials")["url"].partition("#")[2]
    port = port_of(portal)
    with relaying(1) as nobody:
        closed = nobody.port

    def at(url: str) -> str:
        return f"{url}#{pin}"

    assert "is not trusted here" in site.refused(trusts=False)
    assert "the portal's name is not found" in site.refused(url=at("https://portal.invalid"))
    assert "the portal cannot be reached" in site.refused(url=at(f"https://127.0.0.1:{closed}"))
    assert "does not speak as a portal does" in site.refused(url=at(f"http://127.0.0.1:{port}"))
    assert "is not the portal whose fingerprint is in it" in site.refused(
        url=f"https://127.0.0.1:{port}#sha256={'5f' * 32}"
    )
    assert "must end as it was printed" in site.refused(url=f"https://127.0.0.1:{port}")
