"""
How a server becomes known, from its side: whom it trusts with the password, and a clear word for whatever goes wrong.
"""

import select
import socket
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from tests.rigs.certificates import make_server_certificate
from tests.unit.upstream.portal.portals import SERVER, Portal, running, serving
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.secrets import Secret
from watchword.domain.statements import ActivationStatement
from watchword.kit.clock import SystemClock
from watchword.kit.identities import Identity, stated_by
from watchword.kit.randomness import SeededRandomness, SystemRandomness
from watchword.upstream.portal.enrolment import TRIES, NotEnrolled, PortalDoor, PortalUrl, UrlFault, Wish
from watchword.wire.channel import enrolment as wire

IDENTITY = Identity.new(SeededRandomness(1))
NEW = Identity.new(SeededRandomness(2))
LINK = bytes(range(32))
PIN = "5f" * 32
WISH = Wish(
    email="server-a@activation.invalid",
    password=Secret(b"abcde-fghjk"),
    group="berlin",
    version="1.0",
    host_name="berlin-1",
)


@pytest.fixture
def portal() -> Iterator[Portal]:
    with serving(Portal()) as portal:
        yield portal


def door_of(portal: Portal, **how: Any) -> PortalDoor:
    url = how.pop("url", portal.pinned)
    return PortalDoor(PortalUrl.read(url), clock=SystemClock(), randomness=SystemRandomness(), **how)


def refused(door: PortalDoor) -> EnrolmentRefusal:
    with pytest.raises(NotEnrolled) as why:
        door.activate(door.prove(), IDENTITY, link=LINK, wish=WISH)
    assert str(why.value).startswith(str(why.value).partition(" (")[0])
    return why.value.refusal


# --- URLs


def test_a_url_says_where_the_portal_is_and_who() -> None:
    read = PortalUrl.read(f" https://portal.example.org:8443/mfa/#sha256={PIN}\n")

    assert (read.url, read.pin.hex()) == ("https://portal.example.org:8443/mfa", PIN)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "https://portal.example.org",
        "https://portal.example.org#",
        f"https://portal.example.org#{PIN}",
        f"https://portal.example.org#sha256={PIN}00",
        f"https://portal.example.org#sha256={'zz' * 32}",
        f"ftp://portal.example.org#sha256={PIN}",
        f"https://#sha256={PIN}",
        f"https://user@portal.example.org#sha256={PIN}",
        f"https://portal.example.org:0#sha256={PIN}",
        f"https://portal.example.org:x#sha256={PIN}",
        f"http://portal.example.org#sha256={PIN}",
    ],
)
def test_what_is_no_url_of_a_portal_is_refused(written: str) -> None:
    with pytest.raises(UrlFault):
        PortalUrl.read(written)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9:80", "[::1]:8080", "localhost"])
def test_clear_text_is_for_this_machine_or_for_who_wants_it(host: str) -> None:
    PortalUrl.read(f"http://{host}#sha256={PIN}")
    PortalUrl.read(f"http://portal.example.org#sha256={PIN}", in_clear=True)


# --- becoming known


def test_a_server_becomes_known(portal: Portal) -> None:
    door = door_of(portal)

    told = door.activate(door.prove(), IDENTITY, link=LINK, wish=WISH)

    assert (told.server, told.name, told.group_name, told.key) == (SERVER, "berlin-1", "berlin", IDENTITY.public)
    (asked,) = portal.asked
    assert (asked.password, asked.group, asked.host_name) == ("abcde-fghjk", "berlin", "berlin-1")
    statement = ActivationStatement(portal=asked.portal, email=asked.email, key=asked.key, link=LINK, at=asked.at)
    assert stated_by(IDENTITY.public, statement.canonical(), asked.proof)


@pytest.mark.parametrize("how", ["another key", "another signature", "another box key"])
def test_another_portal_never_sees_the_password(portal: Portal, how: str) -> None:
    url = portal.pinned
    other = Identity.new(SeededRandomness(77))
    if how == "another key":
        portal.identity = portal.signs = portal.shows = other
    elif how == "another signature":
        portal.signs = other
    else:
        # Somebody in the middle passes the portal's proof on, and would have the box made for himself.
        shown = portal._portal  # noqa: SLF001 - the real portal's
        portal.instead = lambda name: (200, _with_box_key(shown, other)) if name == "/portal" else None

    assert refused(door_of(portal, url=url)) is EnrolmentRefusal.WRONG_PORTAL
    assert portal.paths == ["/portal"]


def _with_box_key(shown: Any, other: Identity) -> bytes:
    made = shown("/portal?nonce=" + "00" * 32, b"")
    return wire.encode(wire.PortalShown(key=made.key, box_key=other.box_key, at=made.at, signature=made.signature))


@pytest.mark.parametrize(("seconds", "wrong"), [(-310, True), (-290, False), (290, False), (310, True)])
def test_a_wrong_clock_is_told_before_the_password_leaves(portal: Portal, seconds: int, *, wrong: bool) -> None:
    portal.ahead = seconds
    door = door_of(portal)

    if wrong:
        assert refused(door) is EnrolmentRefusal.CLOCK
        assert portal.asked == []
    else:
        door.prove()


def test_a_lost_answer_is_asked_for_again_with_the_same_key(portal: Portal) -> None:
    portal.loses = TRIES - 1
    door = door_of(portal)

    door.activate(door.prove(), IDENTITY, link=LINK, wish=WISH)

    assert len(portal.asked) == TRIES
    assert {(asked.key, asked.link) for asked in portal.asked} == {(IDENTITY.public, LINK)}


def test_who_gets_no_answer_at_all_is_told_to_ask_again(portal: Portal) -> None:
    portal.loses = TRIES

    assert refused(door_of(portal)) is EnrolmentRefusal.ANSWER_LOST
    assert len(portal.asked) == TRIES


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (403, b'{"code": "used"}', EnrolmentRefusal.USED),
        (403, b'{"code": "revoked", "detail": "\\u001b[2J"}', EnrolmentRefusal.REVOKED),
        (403, b'{"code": "\\u001b"}', EnrolmentRefusal.NOT_UNDERSTOOD),
        (403, b"[]", EnrolmentRefusal.NOT_UNDERSTOOD),
        (403, b"<html>", EnrolmentRefusal.NOT_UNDERSTOOD),
        (429, b"{}", EnrolmentRefusal.BUSY),
        (503, b"", EnrolmentRefusal.BUSY),
        (200, b"<html>a proxy says hello</html>", EnrolmentRefusal.NOT_UNDERSTOOD),
        (200, b"x" * 20_000, EnrolmentRefusal.NOT_UNDERSTOOD),
        (302, b"", EnrolmentRefusal.NOT_UNDERSTOOD),
    ],
)
@pytest.mark.parametrize("name", ["/portal", "/activate"])
def test_a_no_is_told_in_words_of_ours(
    portal: Portal, name: str, status: int, body: bytes, refusal: EnrolmentRefusal
) -> None:
    portal.instead = lambda asked: (status, body) if asked == name else None

    assert refused(door_of(portal)) is refusal


def test_who_only_says_that_the_server_is_known_is_not_believed(portal: Portal) -> None:
    door = door_of(portal)
    shown = door.prove()
    portal.signs = Identity.new(SeededRandomness(78))

    with pytest.raises(NotEnrolled) as why:
        door.activate(shown, IDENTITY, link=LINK, wish=WISH)

    assert why.value.refusal is EnrolmentRefusal.NOT_UNDERSTOOD


def test_a_key_is_renewed(portal: Portal) -> None:
    door = door_of(portal)
    portal.loses = 1

    door.renew(door.prove(), SERVER, IDENTITY, NEW)

    assert [renewing.key for renewing in portal.renewing] == [NEW.public] * 2


@pytest.mark.parametrize("how", ["signature", "key"])
def test_who_only_says_that_the_key_is_renewed_is_not_believed(portal: Portal, how: str) -> None:
    door = door_of(portal)
    shown = door.prove()
    if how == "signature":
        portal.signs = Identity.new(SeededRandomness(78))
    else:
        first = portal._renew  # noqa: SLF001 - what the portal would answer
        portal.instead = lambda name: (200, _encoded(first, NEW)) if name == "/renew" else None
    new = NEW if how == "signature" else Identity.new(SeededRandomness(4))

    with pytest.raises(NotEnrolled) as why:
        door.renew(shown, SERVER, IDENTITY, new)

    assert why.value.refusal is EnrolmentRefusal.NOT_UNDERSTOOD


def _encoded(renew: Any, key: Identity) -> bytes:
    asked = wire.Renewing(portal=b"", server=SERVER, key=key.public, at=0, proof=b"", new_proof=b"")
    return wire.encode(renew("", wire.encode(asked)))


# --- the way there


def test_nobody_listens(portal: Portal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}#sha256={PIN}"
        assert refused(door_of(portal, url=url)) is EnrolmentRefusal.NOT_REACHED


def test_the_name_is_not_found(portal: Portal) -> None:
    url = f"https://portal.invalid#sha256={PIN}"

    assert refused(door_of(portal, url=url)) is EnrolmentRefusal.NAME_NOT_FOUND


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Portal, Path]]:
    files = make_server_certificate(tmp_path, host="localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    with serving(Portal(), tls=context) as portal:
        yield portal, files.authority


def test_a_certificate_is_checked_and_an_authority_of_ones_own_may_be_named(secure: tuple[Portal, Path]) -> None:
    portal, authority = secure
    url = portal.pinned.replace("http://127.0.0.1", "https://localhost")

    assert refused(door_of(portal, url=url)) is EnrolmentRefusal.TLS_NOT_TRUSTED
    assert portal.paths == []
    trusting = ssl.create_default_context(cadata=authority.read_text())
    door_of(portal, url=url, tls=trusting).prove()
    by_address = url.replace("localhost", "127.0.0.1")
    assert refused(door_of(portal, url=by_address, tls=trusting)) is EnrolmentRefusal.TLS_NOT_TRUSTED


def test_what_speaks_no_tls_is_told(portal: Portal) -> None:
    url = portal.pinned.replace("http://", "https://")

    assert refused(door_of(portal, url=url)) is EnrolmentRefusal.NOT_UNDERSTOOD


class Tunnel(BaseHTTPRequestHandler):
    """A proxy that connects to where it is told, or says no."""

    status: ClassVar = 200
    seen: ClassVar[list[tuple[str, str | None]]] = []

    def do_CONNECT(self) -> None:
        self.seen.append((self.path, self.headers.get("proxy-authorization")))
        host, _, port = self.path.rpartition(":")
        self.send_response(self.status)
        self.end_headers()
        if self.status != 200:
            return
        with socket.create_connection((host, int(port))) as further:
            self.connection.settimeout(5)
            pump(self.connection, further)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def pump(one: socket.socket, other: socket.socket) -> None:
    """Pass octets both ways until one side has no more."""
    while True:
        readable, _, _ = select.select([one, other], [], [], 5)
        for each in readable:
            octets = each.recv(65_536)
            if not octets:
                return
            (other if each is one else one).sendall(octets)


def test_a_proxy_that_lets_through_is_gone_through(secure: tuple[Portal, Path]) -> None:
    portal, authority = secure
    url = portal.pinned.replace("http://127.0.0.1", "https://localhost")

    class Open(Tunnel):
        seen: ClassVar[list[tuple[str, str | None]]] = []

    with running(Open) as port:
        proxy = urlsplit(f"http://user:p%40ss@127.0.0.1:{port}")
        tls = ssl.create_default_context(cadata=authority.read_text())
        door_of(portal, url=url, tls=tls, proxy=proxy).prove()
        assert refused(door_of(portal, url=url, proxy=proxy)) is EnrolmentRefusal.TLS_NOT_TRUSTED

    assert Open.seen[0] == (f"localhost:{portal.port}", "Basic dXNlcjpwQHNz")


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_does_not_is_told(portal: Portal, status: int) -> None:
    url = portal.pinned.replace("http://", "https://")

    class Closed(Tunnel):
        seen: ClassVar[list[tuple[str, str | None]]] = []

    Closed.status = status
    with running(Closed) as port:
        assert refused(door_of(portal, url=url, proxy=urlsplit(f"http://127.0.0.1:{port}"))) is EnrolmentRefusal.PROXY

    assert Closed.seen[0][1] is None


def test_a_proxy_that_is_not_there_is_told(portal: Portal) -> None:
    for proxy in ("http://127.0.0.1:1", "http://proxy.invalid:8080"):
        assert refused(door_of(portal, proxy=urlsplit(proxy))) is EnrolmentRefusal.PROXY


def test_no_repr_shows_a_password() -> None:
    assert "abcde" not in repr(WISH)
