"""
Connecting to an LDAP directory and beginning with TLS, over real sockets, against servers that do it wrong.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.rigs.certificates import make_server_certificate
from tests.unit.upstream.primary.fake_ldap import turns
from watchword.upstream.primary.datagrams import Address
from watchword.upstream.primary.ldap_connection import Broken, Connection, Dialler, Endpoint, endpoint_of, words_of
from watchword.upstream.primary.ldap_questions import bind
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError
from watchword.wire.ldap.messages import UNSOLICITED, BindResponse, ExtendedResponse, Message, Response
from watchword.wire.ldap.results import LdapResult, ResultCode

HOST: Final = "127.0.0.1"
SUCCESS: Final = LdapResult(code=ResultCode.SUCCESS)
SIMPLE_BIND_TAG: Final = b"\x60"


def octets(message_id: int, response: Response) -> bytes:
    return encode_message(Message(message_id=message_id, operation=response))


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    """Serve connections, and yield the port."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(ConnectionError):
            await serve(reader, writer)

    server = await asyncio.start_server(accept, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await turns()


async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Take in everything and say nothing."""
    await reader.read()


def dialler(*addresses: str) -> Dialler:
    def resolve(_host: str, port: int, done: Callable[[tuple[Address, ...]], None]) -> None:
        done(tuple((socket.AF_INET, (address, port)) for address in addresses))

    return Dialler(resolve)


def endpoint(port: int, *, start_tls: bool = True, tls: ssl.SSLContext | None = None) -> Endpoint:
    context = (tls or ssl.create_default_context()) if start_tls or tls else None
    return Endpoint(host=HOST, port=port, tls=context, start_tls=start_tls)


async def refusal(port: int, endpoint_: Endpoint | None = None) -> str:
    with pytest.raises(Broken) as broken:
        await dialler(HOST)(endpoint_ or endpoint(port))
    return str(broken.value)


@pytest.mark.parametrize(
    ("url", "start_tls", "port", "tls"),
    [
        ("ldap://directory.test", False, 389, False),
        ("ldap://directory.test:1389", True, 1389, True),
        ("ldaps://directory.test", False, 636, True),
        ("ldaps://directory.test:1636", False, 1636, True),
    ],
)
def test_a_url_says_where_and_whether_with_tls(url: str, start_tls: bool, port: int, tls: bool) -> None:  # noqa: FBT001
    made = endpoint_of(url, start_tls=start_tls, authority="")

    assert (made.host, made.port, made.start_tls, made.tls is not None) == ("directory.test", port, start_tls, tls)


def test_an_ipv6_address_is_a_host() -> None:
    assert endpoint_of("ldap://[2001:db8::1]:1389", start_tls=False, authority="").host == "2001:db8::1"


def test_certificates_and_their_names_are_always_checked(tmp_path: Path) -> None:
    authority = make_server_certificate(tmp_path, host="directory.test").authority.read_text()
    for pem in ("", authority):
        tls = endpoint_of("ldaps://directory.test", start_tls=False, authority=pem).tls
        assert tls is not None
        assert (tls.check_hostname, tls.verify_mode) == (True, ssl.CERT_REQUIRED)
        assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2
        if pem:
            assert len(tls.get_ca_certs()) == 1


async def test_a_host_without_an_address_is_said() -> None:
    with pytest.raises(Broken, match=r"^127\.0\.0\.1 has no address$"):
        await dialler()(endpoint(1))


async def test_the_addresses_of_a_host_are_tried_in_turn() -> None:
    async with served(listen) as port:
        connection = await dialler("127.0.0.2", HOST)(endpoint(port, start_tls=False))

        assert connection.usable
        connection.close()
        with pytest.raises(Broken, match=r"^it was closed here$"):
            await connection.ask(bind("cn=a", b"secret"))
        await turns()


async def test_nobody_listens() -> None:
    async with served(listen) as port:
        pass

    assert await refusal(port, endpoint(port, start_tls=False)) == "Connection refused"


async def test_a_refused_start_tls_is_not_gone_on_with_in_the_clear() -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(100))
        writer.write(octets(1, ExtendedResponse(result=LdapResult(code=ResultCode.PROTOCOL_ERROR))))
        heard.extend(await reader.read())

    async with served(serve) as port:
        assert await refusal(port) == "it refused StartTLS"
        await turns()

    assert b"1.3.6.1.4.1.1466.20037" in heard
    assert SIMPLE_BIND_TAG not in heard


@pytest.mark.parametrize(
    "injected",
    [octets(UNSOLICITED, ExtendedResponse(result=SUCCESS, name="1.2")), octets(2, BindResponse(result=SUCCESS))],
)
@pytest.mark.parametrize("together", [True, False])
async def test_what_is_put_in_before_tls_ends_the_connection(injected: bytes, together: bool) -> None:  # noqa: FBT001
    """Rule L12: the answer to a bind that is sent later, through TLS, must not lie ready already."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        answer = octets(1, ExtendedResponse(result=SUCCESS))
        if together:
            writer.write(answer + injected)
        else:
            writer.write(answer)
            await writer.drain()
            await turns(3)
            writer.write(injected)
        await reader.read()

    async with served(serve) as port:
        words = await refusal(port)

    if together:
        assert words == "it does not keep to the protocol: pipelined: StartTLS"
    else:
        # It came while TLS was beginning already, which takes it for what it is not.
        assert words.startswith(("it does not keep to the protocol: pipelined", "TLS failed"))


async def test_what_comes_through_tls_is_taken(tmp_path: Path) -> None:
    certificate = make_server_certificate(tmp_path, host="directory.test", address=HOST)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.certificate, certificate.key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(octets(1, ExtendedResponse(result=SUCCESS)))
        await writer.start_tls(tls)
        await reader.read(100)
        writer.write(octets(2, BindResponse(result=SUCCESS)))
        await reader.read()

    async with served(serve) as port:
        trusting = ssl.create_default_context(cafile=str(certificate.authority))
        connection = await dialler(HOST)(endpoint(port, tls=trusting))
        answer = await connection.ask(bind("cn=a", b"secret"))

        assert answer.result == SUCCESS
        connection.close()
        await turns()


async def test_a_server_that_hangs_up_in_the_handshake() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(octets(1, ExtendedResponse(result=SUCCESS)))
        await reader.read(1)
        writer.transport.abort()

    async with served(serve) as port:
        assert await refusal(port)


async def test_a_handshake_that_nobody_waits_for_leaves_no_connection() -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(octets(1, ExtendedResponse(result=SUCCESS)))
        with suppress(ConnectionError):
            while await reader.read(100):
                pass
        gone.set()

    async with served(serve) as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await dialler(HOST)(endpoint(port))
        async with asyncio.timeout(10):
            await gone.wait()


async def test_a_certificate_that_is_not_trusted_is_said(tmp_path: Path) -> None:
    certificate = make_server_certificate(tmp_path, host="directory.test", address=HOST)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.certificate, certificate.key)
    server = await asyncio.start_server(listen, HOST, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]

    words = await refusal(port, endpoint(port, start_tls=False, tls=ssl.create_default_context()))

    assert words.startswith("its certificate is not trusted: ")
    server.close()
    await turns()


async def test_nothing_is_asked_before_there_is_a_connection() -> None:
    connection = Connection(secure=False)
    with pytest.raises(Broken, match=r"^it is not connected$"):
        await connection.ask(bind("cn=a", b"secret"))


async def test_what_cannot_be_sent_changes_nothing() -> None:
    async with served(listen) as port:
        connection = await dialler(HOST)(endpoint(port, start_tls=False))
        with pytest.raises(LdapError):
            await connection.ask(bind("cn=a", b""))

        assert connection.usable
        connection.close()
        await turns()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "anything"), "Connection refused"),
        (OSError("no number"), "OSError"),
        (ValueError("no words"), "ValueError"),
    ],
)
def test_errors_are_said_in_the_systems_words(error: Exception, words: str) -> None:
    assert words_of(error) == words
