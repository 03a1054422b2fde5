"""
Sockets that are had, and sentences about those that are not.
"""

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.rigs.certificates import make_server_certificate
from watchword.web import sockets
from watchword.web.sockets import ServeError, connect_control, listen, listen_control, remove_control, tls


@pytest.fixture
def mask() -> Iterator[int]:
    """Give this process a umask that takes nothing away."""
    before = os.umask(0)
    yield 0
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- TCP


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "::1"])  # noqa: S104 - bound for a moment
def test_an_address_is_listened_at(host: str) -> None:
    with closing(listen(host, 0)) as opened:
        address = ("::1" if ":" in host else "127.0.0.1", opened.getsockname()[1])
        socket.create_connection(address, timeout=5).close()


def test_a_port_in_use_is_one_sentence() -> None:
    with closing(listen("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        with pytest.raises(ServeError) as refused:
            listen("127.0.0.1", port)

    assert str(refused.value) == (
        f"127.0.0.1:{port} is in use by another program; stop that one, or choose another with --http"
    )


def test_a_port_whose_connections_linger_can_be_had_again() -> None:
    with closing(listen("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port), timeout=5)
        opened.settimeout(5)
        taken, _ = opened.accept()
        # The side that closes first is the one whose connection lingers.
        taken.close()
        client.close()

    listen("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "192.0.2.1:0 is no address of this machine"),
        ("2001:db8::1", "[2001:db8::1]:0 is no address of this machine"),
        ("no.such.name.invalid", "no.such.name.invalid is neither an address nor a name"),
        ("a" * 64 + ".example", "is neither an address nor a name"),
    ],
)
def test_an_address_that_cannot_be_had_is_one_sentence(host: str, words: str) -> None:
    with pytest.raises(ServeError) as refused:
        listen(host, 0)

    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(1, "no"), "may not be bound by this user"),
        (PermissionError(13, "no"), "may not be bound by this user"),
        (OSError(105, "No buffer space available"), "cannot be bound: No buffer space available"),
    ],
)
def test_what_else_the_system_says_is_handed_on(monkeypatch: pytest.MonkeyPatch, error: OSError, words: str) -> None:
    def refuse(_socket: socket.socket, _backlog: int) -> None:
        raise error

    monkeypatch.setattr(socket.socket, "listen", refuse)

    with pytest.raises(ServeError, match=words):
        listen("127.0.0.1", 0)


# --- the control socket


def test_the_control_socket_is_for_its_owner_alone(tmp_path: Path, mask: int) -> None:
    assert mask == 0
    with closing(listen_control(tmp_path)):
        assert mode_of(tmp_path / "control.sock") == 0o600


def test_it_is_for_its_owner_alone_from_its_first_moment(
    tmp_path: Path, mask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    bind = socket.socket.bind

    def watched(opened: socket.socket, address: str) -> None:
        bind(opened, address)
        seen.append(mode_of(tmp_path / "control.sock"))

    monkeypatch.setattr(socket.socket, "bind", watched)
    listen_control(tmp_path).close()

    assert seen == [0o600]
    assert os.umask(mask) == mask, "the process's umask is as it was"


def test_the_command_line_finds_it(tmp_path: Path) -> None:
    with closing(listen_control(tmp_path)) as opened, closing(connect_control(tmp_path, seconds=5)) as client:
        opened.settimeout(5)
        taken, _ = opened.accept()
        taken.sendall(b"hello")
        taken.close()
        assert client.recv(5) == b"hello"


def test_a_folder_with_a_long_path_is_served_too(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a folder with a rather long name"] * 6)
    folder.mkdir(parents=True)

    with closing(listen_control(folder)), closing(connect_control(folder, seconds=5)):
        assert mode_of(folder / "control.sock") == 0o600
    remove_control(folder)
    assert list(folder.iterdir()) == []


def test_a_socket_that_was_left_there_is_replaced(tmp_path: Path) -> None:
    listen_control(tmp_path).close()
    assert (tmp_path / "control.sock").is_socket()

    with closing(listen_control(tmp_path)), closing(connect_control(tmp_path, seconds=5)):
        pass


def test_what_is_no_socket_stays(tmp_path: Path) -> None:
    (tmp_path / "control.sock").write_text("mine")

    with pytest.raises(ServeError, match=r"control\.sock cannot be made: Address already in use"):
        listen_control(tmp_path)

    assert (tmp_path / "control.sock").read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with closing(listen_control(other)):
        (tmp_path / "control.sock").symlink_to(other / "control.sock")

        with pytest.raises(ServeError):
            listen_control(tmp_path)

        assert (other / "control.sock").is_socket()


def test_where_nobody_listens_nothing_is_reached(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        connect_control(tmp_path, seconds=5)
    listen_control(tmp_path).close()
    with pytest.raises(ConnectionRefusedError):
        connect_control(tmp_path, seconds=5)


def test_taking_away_what_is_gone_is_nothing(tmp_path: Path) -> None:
    remove_control(tmp_path)
    listen_control(tmp_path).close()
    remove_control(tmp_path)
    remove_control(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_path_of_a_socket_is_as_long_as_the_system_takes() -> None:
    longest = "x" * sockets._LONGEST_PATH  # noqa: SLF001 - the bound is the system's
    with closing(socket.socket(socket.AF_UNIX)) as opened:
        with pytest.raises(FileNotFoundError):
            opened.connect(f"/{longest[1:]}")
        with pytest.raises(OSError, match="path too long"):
            opened.connect(f"/{longest}x")


# --- TLS


def test_a_certificate_and_its_key_are_taken(tmp_path: Path) -> None:
    made = make_server_certificate(tmp_path, host="localhost")

    context = tls(made.certificate, made.key)

    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("server.pem", "none.key", "cannot be read: .*No such file"),
        ("server.key", "server.pem", "do not fit together or are no PEM"),
        ("authority.pem", "server.key", "do not fit together or are no PEM"),
        ("garbage.pem", "server.key", "do not fit together or are no PEM"),
        ("server.pem", "locked.key", "do not fit together or are no PEM"),
    ],
)
def test_files_that_cannot_be_used_are_one_sentence(tmp_path: Path, certificate: str, key: str, words: str) -> None:
    made = make_server_certificate(tmp_path, host="localhost")
    (tmp_path / "garbage.pem").write_text("no certificate")
    private = load_pem_private_key(made.key.read_bytes(), None)
    locked = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase"))
    (tmp_path / "locked.key").write_bytes(locked)

    with pytest.raises(ServeError, match=words):
        tls(tmp_path / certificate, tmp_path / key)
