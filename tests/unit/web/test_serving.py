"""
Applications served over real sockets, by a loop that is ours.
"""

import asyncio
import http.client
import io
import logging
import resource
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.fakes.office import Office
from tests.rigs.certificates import make_server_certificate
from tests.unit.web.asgi import Faults
from tests.unit.web.phones import Portal
from watchword.kit.clock import ManualClock
from watchword.kit.tasks import Tasks
from watchword.kit.telemetry import LogForm, SeldomLog, open_log
from watchword.web import connections
from watchword.web import serving as serving_module
from watchword.web.application import application
from watchword.web.servers import Web
from watchword.web.serving import LONGEST_HEAD, WebServer, hear
from watchword.web.sockets import connect_control, listen, listen_control, tls


async def hello(_request: Request) -> Response:
    return Response(b"hello")


def app(**routes: Any) -> ASGIApp:
    served = [Route(f"/{name}", endpoint) for name, endpoint in ({"hello": hello} | routes).items()]
    return application(served, fault=Faults())


@asynccontextmanager
async def serving(served: ASGIApp, *, secure: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, int]]:
    """Serve, and fail where a task of the server's does."""
    faults = Faults()
    tasks = Tasks(fault=faults)
    server = WebServer(served, listen("127.0.0.1", 0), tls=secure)
    host, _, port = server.url.partition("://")[2].rpartition(":")
    await server.start(tasks)
    try:
        yield host, int(port)
    finally:
        await server.stop()
        assert len(tasks) == 0
        assert faults == []


def asked(address: tuple[str, int], path: str, *, secure: ssl.SSLContext | None = None) -> tuple[int, bytes]:
    connection: http.client.HTTPConnection
    if secure is None:
        connection = http.client.HTTPConnection(*address, timeout=20)
    else:
        connection = http.client.HTTPSConnection("localhost", address[1], timeout=20, context=secure)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


async def connected(address: tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*address)


async def test_an_application_is_served_at_the_port_that_the_system_chose() -> None:
    async with serving(app()) as address:
        assert await asyncio.to_thread(asked, address, "/hello") == (200, b"hello")


async def test_it_says_when_it_is_and_not_what_it_is() -> None:
    async with serving(app()) as address:
        reader, writer = await connected(address)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert b"date: " in answer
    assert b"server:" not in answer
    assert b"uvicorn" not in answer.lower()


async def test_tls_is_served(tmp_path: Path) -> None:
    made = make_server_certificate(tmp_path, host="localhost")
    trusting = ssl.create_default_context(cafile=str(made.authority))

    async with serving(app(), secure=tls(made.certificate, made.key)) as address:
        assert await asyncio.to_thread(asked, address, "/hello", secure=trusting) == (200, b"hello")


async def test_signals_are_left_to_whoever_has_started_us() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    async with serving(app()):
        assert {number: signal.getsignal(number) for number in before} == before


async def test_what_a_proxy_would_write_is_not_believed() -> None:
    seen: list[str] = []

    async def whence(request: Request) -> Response:
        seen.append("" if request.client is None else request.client.host)
        return Response()

    async with serving(app(whence=whence)) as address:
        reader, writer = await connected(address)
        writer.write(b"GET /whence HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 8.8.8.8\r\nConnection: close\r\n\r\n")
        await reader.read()
        writer.close()

    assert seen == ["127.0.0.1"]


async def test_what_is_in_progress_ends_before_the_server_does() -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> Response:
        begun.set()
        await goes_on.wait()
        return Response(b"done")

    tasks = Tasks(fault=Faults())
    server = WebServer(app(slow=slow), listen("127.0.0.1", 0))
    await server.start(tasks)
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    async with asyncio.TaskGroup() as both:
        answer = both.create_task(asyncio.to_thread(asked, (host, int(port)), "/slow"))
        await begun.wait()
        stopping = both.create_task(server.stop())
        await asyncio.wait((stopping,), timeout=0)
        assert not stopping.done()
        goes_on.set()

    assert answer.result() == (200, b"done")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


# --- connections


async def test_who_does_not_speak_tls_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_module, "HEAD_SECONDS", 0.05)
    made = make_server_certificate(tmp_path, host="localhost")
    async with serving(app(), secure=tls(made.certificate, made.key)) as address:
        assert await closed(*await connected(address)) == b""


async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.05)
    async with serving(app()) as address:
        silent, half = await connected(address), await connected(address)
        half[1].write(b"GET /hello HTTP/1.1\r\nHos")

        assert [await closed(*one) for one in (silent, half)] == [b"", b""]


async def closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return what still came before the connection was closed by the other side."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_who_asks_once_and_then_dribbles_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    async with serving(app()) as address:
        reader, writer = await connected(address)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /hel")

        assert await closed(reader, writer) == b""


async def test_who_waits_for_an_answer_is_not_hurried() -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(_request: Request) -> Response:
        begun.set()
        await goes_on.wait()
        return Response(b"done")

    tasks = Tasks(fault=Faults())
    server = WebServer(app(slow=slow), listen("127.0.0.1", 0))
    await server.start(tasks)
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    reader, writer = await connected((host, int(port)))
    writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await begun.wait()
    (connection,) = server._server.server_state.connections  # noqa: SLF001 - nobody else has reason to look
    assert isinstance(connection, connections.ImpatientProtocol)
    # What the timer would do, had it not been waited for.
    connection.is_late()
    goes_on.set()

    assert (await reader.read()).endswith(b"done")
    writer.close()
    await server.stop()


async def test_connections_are_bounded_and_those_that_are_there_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    async with serving(app()) as address:
        first, second = await connected(address), await connected(address)
        first[1].write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        await first[0].readuntil(b"hello")
        second[1].write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        await second[0].readuntil(b"hello")

        third = await connected(address)
        assert await closed(*third) == b""

        first[1].write(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
        await first[0].readuntil(b"hello")
        for _, writer in (first, second):
            writer.close()


def test_half_of_the_file_descriptors_stay_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1_024, 4_096))
    assert connections.most_connections() == 512
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1 << 20, 1 << 20))
    assert connections.most_connections() == connections.MOST_CONNECTIONS


async def test_the_head_of_a_request_is_bounded() -> None:
    async with serving(app()) as address:
        reader, writer = await connected(address)
        writer.write(b"GET /hello HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 2 * LONGEST_HEAD)
        answer = await closed(reader, writer)

    assert answer.startswith((b"HTTP/1.1 400", b""))
    assert b"hello" not in answer


# --- what uvicorn would say


@pytest.fixture
def _loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    yield
    for logger, handlers, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate


@pytest.mark.usefixtures("_loggers")
async def test_what_uvicorn_says_is_a_line_of_ours_without_what_a_stranger_wrote(
    capfd: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    clock = ManualClock()
    hear(SeldomLog(open_log(clock=clock, stream=stream, form=LogForm.JSON), clock=clock))

    async with serving(app()) as address:
        for _ in range(2):
            reader, writer = await connected(address)
            writer.write(b"s3cret\r\n\r\n")
            assert (await closed(reader, writer)).startswith(b"HTTP/1.1 400")

    (line,) = stream.getvalue().splitlines()
    assert '"words": "Invalid HTTP request received."' in line
    assert "s3cret" not in line
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("_loggers")
def test_what_asyncio_says_of_objects_is_left_out() -> None:
    stream = io.StringIO()
    clock = ManualClock()
    hear(SeldomLog(open_log(clock=clock, stream=stream, form=LogForm.JSON), clock=clock))

    logging.getLogger("asyncio").error("Exception in callback check('s3cret')\nhandle: <Handle check('s3cret')>")

    assert '"words": "Exception in callback check"' in stream.getvalue()
    assert "s3cret" not in stream.getvalue()


# --- both together


async def test_both_are_served_and_end_together(office: Office, tmp_path: Path) -> None:
    portal = Portal(office)
    faults = Faults()
    tasks = Tasks(fault=faults)
    web = Web(portal.surroundings, opened=listen("127.0.0.1", 0), control=listen_control(tmp_path))
    log = SeldomLog(open_log(clock=office.clock, stream=io.StringIO(), form=LogForm.JSON), clock=office.clock)
    await web.start(tasks=tasks, log=log)
    host, _, port = web.url.removeprefix("http://").rpartition(":")

    def administered() -> int:
        connection = http.client.HTTPConnection("watchword")
        connection.sock = connect_control(tmp_path, seconds=20)
        with closing(connection):
            connection.request("GET", "/alive")
            return connection.getresponse().status

    assert (await asyncio.to_thread(asked, (host, int(port)), "/healthz/ready"))[0] == 200
    assert (await asyncio.to_thread(asked, (host, int(port)), "/operations/user.list"))[0] == 404
    assert await asyncio.to_thread(administered) == 200
    await web.stop()

    assert len(tasks) == 0
    assert faults == []
    listen("127.0.0.1", int(port)).close()
