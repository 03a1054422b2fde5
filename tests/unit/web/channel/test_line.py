"""
Portal and server over real sockets: who is let in, what crosses, and what becomes of it when the line breaks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.fakes.line import SERVER, Bench, PortalEnd, ServerEnd
from watchword.domain.applications import DEFAULT_GROUP, PrimaryKind
from watchword.domain.configuration import Configuration
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.prompts import AnswerDecision
from watchword.domain.servers import ServerId
from watchword.domain.verification import (
    Allowed,
    Denied,
    Outcome,
    PrimaryResult,
    PrimaryVerdict,
    Reason,
    VerificationRequest,
)
from watchword.kit.clock import NANOSECONDS
from watchword.kit.identities import Identity
from watchword.kit.randomness import SeededRandomness
from watchword.kit.websocket import FrameSocket
from watchword.ports.login import Ticket
from watchword.web.channel import served
from watchword.web.channel.entrance import Entrance

ACCEPTED = PrimaryResult(verdict=PrimaryVerdict.ACCEPTED, checked_by="ad")


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():
            turned = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.005, turned.set_result, None)
            await turned


@asynccontextmanager
async def portal_alone() -> AsyncIterator[PortalEnd]:
    """Yield a portal that nobody has called."""
    bench = Bench()
    portal = PortalEnd(bench)
    async with portal.serving():
        try:
            yield portal
        finally:
            await bench.tasks.stop()
    assert not bench.faults, bench.text.getvalue()


@asynccontextmanager
async def line() -> AsyncIterator[tuple[PortalEnd, ServerEnd]]:
    """Yield a portal and a server that is connected to it."""
    async with portal_alone() as portal:
        server = ServerEnd(portal.bench, portal)
        await until(lambda: not server.requests.is_away)
        try:
            yield portal, server
        finally:
            server.kept.stop()


def request(portal: PortalEnd, server: ServerEnd, **fields: object) -> VerificationRequest:
    """Return a login of alice that types her code."""
    made = VerificationRequest(
        application=portal.world.vpn.id,
        authentication_type=portal.world.vpn.authentication_type,
        user_name="alice@example.com",
        client="192.0.2.1",
        source="198.51.100.7",
        address="198.51.100.7",
        proofs=(b"p" * 32,),
        received_at=0,
        deadline=server.bench.clock.monotonic() + 20 * NANOSECONDS,
        code=portal.world.code(),
    )
    return made._replace(**fields)  # type: ignore[arg-type]


class Login:
    """A login at a server, on its way."""

    def __init__(self, server: ServerEnd, asked: VerificationRequest) -> None:
        self.outcomes: list[Outcome] = []
        self.server, self.asked = server, asked
        server.verifier.gate(asked, self._gated)

    def _gated(self, gated: Ticket | Outcome) -> None:
        if isinstance(gated, Ticket):
            self.server.verifier.decide(gated, ACCEPTED, self.asked, self.outcomes.append)
        else:
            self.outcomes.append(gated)


async def test_a_server_gets_its_configuration_and_is_heard() -> None:
    async with line() as (portal, server):
        await until(lambda: ServerId(SERVER) in portal.heard.last and server.kept.heard_at)

        contact = portal.heard.last[ServerId(SERVER)]
        assert server.configurations[-1].applications == portal.world.configuration.value.applications
        assert (contact.address, contact.report.host_name) == ("127.0.0.1", "vpn-mfa-1.example.com")
        assert (contact.report.listeners, contact.report.load) == (("radius 127.0.0.1:1812",), 3)
        assert server.obeyed.proof_keys == portal.world.proof_keys.of(DEFAULT_GROUP)


async def test_a_login_is_decided_at_the_portal() -> None:
    async with line() as (portal, server):
        portal.world.application(primary=PrimaryKind.LDAP)
        portal.world.user("alice@example.com", portal.world.totp())

        first, again = Login(server, request(portal, server)), Login(server, request(portal, server))
        await until(lambda: first.outcomes and again.outcomes)

        assert [type(one) for one in first.outcomes + again.outcomes] == [Allowed, Allowed]
        assert len(portal.world.store.committed) == 2


async def test_a_changed_configuration_reaches_a_server_and_only_newer_ones_do() -> None:
    async with line() as (portal, server):
        before = server.obeyed.serial
        portal.world.application(deadline=7)

        await until(lambda: server.configurations[-1].applications[portal.world.vpn.id].deadline == 7)

        assert server.obeyed.serial > before


async def test_it_is_known_which_server_has_not_taken_the_newest_configuration() -> None:
    async with line() as (portal, _server):
        await until(lambda: ServerId(SERVER) in portal.heard.last and not portal.hub.untaken())
        portal.world.application(deadline=7)

        assert list(portal.hub.untaken()) == [ServerId(SERVER)]


async def test_what_waits_survives_a_broken_line_and_is_decided_once() -> None:
    async with line() as (portal, server):
        portal.world.application(primary=PrimaryKind.LDAP)
        phone = portal.world.user_with_phone("alice@example.com")
        login = Login(server, request(portal, server, code=None))
        await until(lambda: portal.world.prompting.shown(phone.owner.user))
        for socket in tuple(portal.sockets):
            socket.abort()
        await until(lambda: len(portal.doors.openings) == 2)
        portal.world.answer(phone, AnswerDecision.APPROVE)

        await until(lambda: login.outcomes)

        assert isinstance(login.outcomes[0], Allowed)
        assert len(portal.world.phones.rings) == 1


async def test_a_portal_that_was_started_anew_is_not_asked_to_decide_twice() -> None:
    bench = Bench()
    portal = PortalEnd(bench)
    async with portal.serving():
        server = ServerEnd(bench, portal)
        portal.world.application(primary=PrimaryKind.LDAP)
        phone = portal.world.user_with_phone("alice@example.com")
        await until(lambda: not server.requests.is_away)
        login = Login(server, request(portal, server, code=None))
        await until(lambda: portal.world.prompting.shown(phone.owner.user))
    portal.restart()
    async with portal.serving():
        await until(lambda: login.outcomes)

        assert login.outcomes == [Denied(reason=Reason.PORTAL_AWAY)]
        assert len(server.away) == 1
        assert len(portal.world.phones.rings) == 1
    server.kept.stop()
    await bench.tasks.stop()


async def test_without_a_portal_everything_is_denied_at_once_and_heals() -> None:
    bench = Bench()
    portal = PortalEnd(bench)
    portal.world.application(primary=PrimaryKind.LDAP)
    portal.world.user("alice@example.com", portal.world.totp())
    async with portal.serving():
        server = ServerEnd(bench, portal)
        await until(lambda: not server.requests.is_away)
    server.requests.away()

    login = Login(server, request(portal, server))
    assert login.outcomes == [Denied(reason=Reason.PORTAL_AWAY)]

    async with portal.serving():
        await until(lambda: not server.requests.is_away)
        login = Login(server, request(portal, server))
        await until(lambda: login.outcomes)
        assert isinstance(login.outcomes[0], Allowed)
        server.kept.stop()
    await bench.tasks.stop()


async def test_one_portal_gone_the_next_is_called() -> None:
    bench = Bench()
    gone, portal = PortalEnd(bench), PortalEnd(bench)
    async with gone.serving() as first, portal.serving() as second:
        pass
    portal.port = second
    async with portal.serving():
        server = ServerEnd(bench, portal, ports=(first, second))

        await until(lambda: server.kept.portal.endswith(str(second)))

        server.kept.stop()
        await bench.tasks.stop()


async def test_a_portal_that_was_only_told_of_is_called_when_the_first_is_gone() -> None:
    bench = Bench()
    first, second = PortalEnd(bench), PortalEnd(bench)
    async with second.serving() as port:
        first.portals = (f"http://127.0.0.1:{port}", "https://", "no URL at all")
        first.hub = first.make_hub()
        async with first.serving():
            server = ServerEnd(bench, first)
            await until(lambda: server.kept.portal.endswith(f":{first.port}"))
            assert server.obeyed.portals == (f"http://127.0.0.1:{port}",)

        await until(lambda: server.kept.portal.endswith(f":{port}"))

        server.kept.stop()
        await bench.tasks.stop()


async def test_another_portal_is_not_believed() -> None:
    async with portal_alone() as portal:
        server = ServerEnd(portal.bench, portal)
        server.portal = Identity.new(SeededRandomness(99)).public

        await until(lambda: server.kept.refusal)

        assert server.kept.refusal is not None
        assert server.kept.refusal.refusal is EnrolmentRefusal.WRONG_PORTAL
        assert portal.doors.openings == []


async def test_another_server_is_not_believed() -> None:
    async with portal_alone() as portal:
        server = ServerEnd(portal.bench, portal)
        server.identity = Identity.new(SeededRandomness(98))

        await until(lambda: server.kept.refusal)

        assert server.kept.refusal is not None
        assert server.kept.refusal.refusal is EnrolmentRefusal.PROOF
        assert len(portal.hub) == 0


@pytest.mark.parametrize("refusal", [EnrolmentRefusal.REVOKED, EnrolmentRefusal.CLONE])
async def test_a_server_that_is_revoked_while_it_serves_forgets_everything(refusal: EnrolmentRefusal) -> None:
    async with line() as (portal, server):
        portal.doors.refusal = refusal

        portal.hub.end(ServerId(SERVER), refusal)

        await until(lambda: server.requests.is_away and server.configurations[-1] == Configuration())
        assert server.obeyed.proof_keys == ()
        assert server.kept.refusal is not None
        assert server.kept.refusal.refusal is refusal


async def test_a_server_that_was_changed_opens_another_connection_at_once() -> None:
    async with line() as (portal, server):
        portal.hub.end(ServerId(SERVER), None)

        await until(lambda: len(portal.doors.openings) == 2 and not server.requests.is_away)

        assert server.configurations[-1] != Configuration()


async def test_a_second_connection_of_the_same_server_takes_the_place_of_the_first() -> None:
    async with line() as (portal, server):
        other = ServerEnd(portal.bench, portal)

        await until(lambda: not other.requests.is_away)

        assert len(portal.hub) == 1
        other.kept.stop()
        server.task.cancel()


async def test_servers_say_that_they_have_taken_in_what_is_in_force() -> None:
    async with line() as (portal, server):
        portal.world.application(deadline=9)

        assert await portal.hub.settle() == {ServerId(SERVER)}

        assert server.configurations[-1].applications[portal.world.vpn.id].deadline == 9


async def test_a_server_that_is_lost_while_it_is_waited_for_has_said_nothing() -> None:
    async with line() as (portal, _):
        (socket,) = portal.sockets
        socket.pause_reading()
        settled = portal.hub.settle()
        asyncio.get_running_loop().call_later(0.05, socket.abort)

        assert await settled == frozenset()


async def test_a_server_that_says_good_bye_leaves_nothing_waiting() -> None:
    async with line() as (portal, server):
        portal.world.application(primary=PrimaryKind.LDAP)
        phone = portal.world.user_with_phone("alice@example.com")
        Login(server, request(portal, server, code=None))
        await until(lambda: portal.world.prompting.shown(phone.owner.user))

        server.kept.stop()

        await until(lambda: portal.world.prompting.shown(phone.owner.user) is None)
        assert len(portal.hub) == 0


# --- strangers --------------------------------------------------------------------------------------------------------


class Stranger:
    """Whoever calls without being a server."""

    def __init__(self, port: int, path: str, *, origin: str | None = None) -> None:
        framing = ClientProtocol(parse_uri(f"ws://127.0.0.1:{port}{path}"), origin=origin)  # type: ignore[arg-type]
        self.framing = framing
        self.socket = FrameSocket(framing, self, loop=asyncio.get_running_loop())
        self.frames: list[bytes] = []
        self.is_open = self.is_lost = False

    async def call(self, port: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self.socket, "127.0.0.1", port)
        self.framing.send_request(self.framing.connect())
        self.socket.flush()
        await until(lambda: self.is_open or self.is_lost)

    def asked(self, request: object) -> None:
        raise AssertionError(request)

    def opened(self) -> None:
        self.is_open = True

    def received(self, octets: bytes) -> None:
        self.frames.append(octets)

    def heard(self) -> None:
        pass

    def held(self, *, back: bool) -> None:
        pass

    def lost(self) -> None:
        self.is_lost = True


@pytest.mark.parametrize(
    ("path", "origin"), [("/", None), ("/channel/v2", None), (served.PATH, "https://evil.example")]
)
async def test_nothing_but_the_channel_is_a_websocket_and_no_page_may_call(path: str, origin: str | None) -> None:
    async with portal_alone() as portal:
        stranger = Stranger(portal.port, path, origin=origin)
        await stranger.call(portal.port)

        assert stranger.is_lost
        assert not stranger.is_open


@pytest.mark.parametrize("octets", [b"", b"no hello", bytes(3_000)])
async def test_a_stranger_who_makes_no_sense_is_cut_off(octets: bytes) -> None:
    async with portal_alone() as portal:
        stranger = Stranger(portal.port, served.PATH)
        await stranger.call(portal.port)
        stranger.socket.send(octets)

        await until(lambda: stranger.is_lost)

        assert stranger.frames == []


async def test_a_stranger_who_says_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "ENTRANCE_SECONDS", 0.05)
    async with portal_alone() as portal:
        stranger = Stranger(portal.port, served.PATH)
        await stranger.call(portal.port)

        await until(lambda: stranger.is_lost)


async def test_a_server_that_falls_silent_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "SILENCE_SECONDS", 0.05)
    async with line() as (portal, server):
        await until(lambda: len(portal.doors.openings) > 1)
        server.task.cancel()


def test_the_entrance_holds_so_many_and_no_more() -> None:
    entrance = Entrance(most=3, most_of_one=2)
    assert [entrance.enter("a"), entrance.enter("a"), entrance.enter("a")] == [True, True, False]
    assert [entrance.enter("b"), entrance.enter("b")] == [True, False]
    entrance.leave("a")

    assert [entrance.enter("c"), entrance.enter("c")] == [True, False]


async def test_where_the_entrance_is_full_a_server_is_asked_to_call_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Entrance, "enter", lambda *_: False)
    async with portal_alone() as portal:
        stranger = Stranger(portal.port, served.PATH)
        await stranger.call(portal.port)

        assert stranger.is_lost
        assert "503" in str(stranger.framing.handshake_exc)
