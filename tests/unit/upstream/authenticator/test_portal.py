"""
How a device speaks to its portal, and what it takes from nobody else.
"""

import ssl
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from tests.rigs.certificates import make_server_certificate
from tests.unit.upstream.authenticator.portals import serving
from watchword.upstream.authenticator import portal as module
from watchword.upstream.authenticator.portal import PairingUrl, PortalClient, PortalError
from watchword.wire import authenticator as wire

FETCH: Final = wire.FetchRequest(device=b"d" * 16, issued_at=1, signature=b"s", wait=3)
NOTHING: Final = wire.encode(wire.FetchReply(prompt=None))


# --- URLs


def test_a_pairing_url_says_where_the_portal_is_and_holds_the_token() -> None:
    read = PairingUrl.read(" https://portal.example.org/mfa/pair#T0KEN\n")

    assert (read.portal, read.token) == ("https://portal.example.org/mfa", "T0KEN")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "T0KEN",
        "https://portal.example.org/pair",
        "https://portal.example.org/pair#",
        "https://portal.example.org/#T0KEN",
        "https://portal.example.org/pair?token=T0KEN",
    ],
)
def test_what_is_no_pairing_url_is_refused_and_not_shown(written: str) -> None:
    with pytest.raises(PortalError) as refused:
        PairingUrl.read(written)

    assert str(refused.value) == "that is no pairing URL; it looks like https://portal.example.org/pair#TOKEN"


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example.org",
        "https://portal.example.org:8443/mfa",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://[::1]:8080",
        "http://localhost:8080",
    ],
)
def test_tls_is_spoken_with_everybody_and_clear_text_with_this_machine(url: str) -> None:
    PortalClient(url)


@pytest.mark.parametrize(
    "url", ["http://portal.example.org", "http://192.0.2.7:8080", "http://10.0.0.1", "http://localhost.example.org"]
)
def test_nobody_else_is_spoken_with_in_clear_unless_it_is_meant(url: str) -> None:
    with pytest.raises(PortalError, match="would be spoken to in clear"):
        PortalClient(url)
    PortalClient(url, in_clear=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.example.org",
        "ftp://portal.example.org",
        "https://",
        "https://user:password@portal.example.org",
        "https://portal.example.org:port",
        "https://portal.example.org:99999",
        "http://[::1",
    ],
)
def test_what_is_no_url_of_a_portal_is_refused(url: str) -> None:
    with pytest.raises(PortalError, match=r"must be https://HOST or https://HOST:PORT"):
        PortalClient(url, in_clear=True)


# --- requests


def test_each_request_has_its_place_below_the_portals_own() -> None:
    paired = wire.PairReply(device=b"d" * 16, user=b"u" * 16, username="ann", issuer="Watchword")

    def answering(path: str, _body: bytes) -> tuple[int, bytes]:
        reply: wire.Message = paired if path.endswith("/pair") else wire.AnswerReply(result="taken")
        return 200, NOTHING if path.endswith("/prompts") else wire.encode(reply)

    pair = wire.PairRequest(token="T0KEN", public_key=b"k", proof=b"p")
    answer = wire.AnswerRequest(
        device=b"d" * 16, verification=b"v" * 16, decision="deny", number=None, displayed=b"d", signature=b"s"
    )
    with serving(answering) as portal:
        client = PortalClient(portal.url + "/mfa")
        assert client.pair(pair) == paired
        assert client.fetch(FETCH) is None
        assert client.answer(answer) == "taken"

    prefix = "/mfa/authenticator/v1"
    assert [(path, body) for path, _, body in portal.asked] == [
        (f"{prefix}/pair", wire.encode(pair)),
        (f"{prefix}/prompts", wire.encode(FETCH)),
        (f"{prefix}/answer", wire.encode(answer)),
    ]
    assert all(headers["content-type"] == "application/json" for _, headers, _ in portal.asked)


def test_the_portal_has_time_for_what_it_was_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    connection = PortalClient._connection  # noqa: SLF001 - only its time is looked at

    def watched(client: PortalClient, seconds: float) -> Any:
        seen.append(seconds)
        return connection(client, seconds)

    monkeypatch.setattr(PortalClient, "_connection", watched)
    with serving(lambda _path, _body: (200, NOTHING)) as portal:
        PortalClient(portal.url).fetch(FETCH)

    assert seen == [13.0]


# --- refusals


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"detail": "this device is not paired"}', "^this device is not paired$"),
        (500, b"", "^the portal answers with HTTP status 500$"),
        (502, b"<html>", "^the portal answers with HTTP status 502$"),
        (404, b"[]", "^the portal answers with HTTP status 404$"),
        (404, b'{"detail": 7}', "^the portal answers with HTTP status 404$"),
        (404, b"[" * 5_000, "^the portal answers with HTTP status 404$"),
        (307, b"", "^the portal answers with HTTP status 307$"),
        (200, b"{}", "^the portal's answer cannot be understood: prompt is missing$"),
        (200, b"x" * (wire.LONGEST_MESSAGE + 1), "^the portal's answer cannot be understood: a message has at most"),
    ],
)
def test_whatever_is_no_reply_is_one_sentence(status: int, body: bytes, words: str) -> None:
    with serving(lambda _path, _body: (status, body)) as portal, pytest.raises(PortalError, match=words):
        PortalClient(portal.url).fetch(FETCH)

    assert len(portal.asked) == 1, "and nobody is followed elsewhere"


def test_a_portal_that_is_not_there_is_told() -> None:
    with serving(lambda _path, _body: (200, NOTHING)) as portal:
        pass

    with pytest.raises(PortalError, match=r"the portal at 127.0.0.1 cannot be reached: Connection refused"):
        PortalClient(portal.url).fetch(FETCH)


def test_a_portal_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.05)
    request = wire.FetchRequest(device=b"d" * 16, issued_at=1, signature=b"s", wait=0)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)

    with pytest.raises(PortalError, match=r"cannot be reached: timed out"):
        PortalClient(f"http://127.0.0.1:{server.server_address[1]}").fetch(request)

    server.server_close()


# --- TLS


def test_a_certificate_that_the_system_trusts_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_server_certificate(tmp_path, host="localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))

    with serving(lambda _path, _body: (200, NOTHING), tls=context) as portal:
        assert PortalClient(f"https://localhost:{portal.port}").fetch(FETCH) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_any_other_certificate_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    made = make_server_certificate(tmp_path, host="localhost" if host == "127.0.0.1" else "other.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))

    with (
        serving(lambda _path, _body: (200, NOTHING), tls=context) as portal,
        pytest.raises(PortalError, match="the portal's certificate is not trusted here: "),
    ):
        PortalClient(f"https://{host}:{portal.port}").fetch(FETCH)

    assert portal.asked == []


def test_an_authority_that_the_system_does_not_know_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_server_certificate(tmp_path, host="localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    with (
        serving(lambda _path, _body: (200, NOTHING), tls=context) as portal,
        pytest.raises(PortalError, match="not trusted here"),
    ):
        PortalClient(f"https://localhost:{portal.port}").fetch(FETCH)
