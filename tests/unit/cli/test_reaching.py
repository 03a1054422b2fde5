"""
The way to a data folder: through the process that has it, through the database, or none.
"""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Event, Thread
from typing import Any, Final

import pytest

from watchword.cli import control_client, reaching
from watchword.cli.control_client import ControlPerformer
from watchword.cli.offline import OfflinePerformer, opened
from watchword.cli.reaching import reach
from watchword.cli.session import Refused
from watchword.stores.lock import Lock
from watchword.web.sockets import listen_control

Answering = Callable[[str, Any], tuple[int, bytes]]
"""From path and arguments to status and body; a status of 0 closes the connection in the middle of the answer."""

SOON: Final = 0.1
"""Seconds after which a process that does not answer is given up, here."""


class _Handler(BaseHTTPRequestHandler):
    answering: Answering
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status, answer = self.answering(self.path, json.loads(body) if body else None)
        if status == 0:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + answer)
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""

    def address_string(self) -> str:
        return ""


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True


@contextmanager
def serving(data: Path, answering: Answering) -> Iterator[None]:
    """Serve a control socket as a process that has the folder does."""

    def answered(path: str, arguments: Any) -> tuple[int, bytes]:
        return (200, b"{}") if path == "/alive" else answering(path, arguments)

    handler = type("Handler", (_Handler,), {"answering": staticmethod(answered)})
    server = _Server(str(data / "control.sock"), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listen_control(data)
    server.socket.settimeout(None)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """Return a data folder that a process has."""
    lock = Lock(tmp_path)
    yield tmp_path
    lock.release()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon."""
    monkeypatch.setattr(control_client, "ALIVE_SECONDS", SOON)
    monkeypatch.setattr(reaching, "ALIVE_SECONDS", SOON)


# --- which way


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"there is no folder .*typo; `watchword up --data .*typo` makes it"):
        reach(tmp_path / "typo")

    assert list(tmp_path.iterdir()) == []


def test_the_process_that_has_the_folder_is_asked(held: Path) -> None:
    with serving(held, lambda path, arguments: (200, json.dumps([path, arguments]).encode())):
        performer = reach(held)
        done = performer.perform("user.show", {"user": "ann"})
        again = performer.perform("user.list", {})
        performer.close()

    assert isinstance(performer, ControlPerformer)
    assert done == ["/operations/user.show", {"user": "ann"}]
    assert again == ["/operations/user.list", {}]


def test_where_nobody_has_it_the_database_is_opened(tmp_path: Path) -> None:
    listen_control(tmp_path).close()

    with pytest.raises(Refused, match="holds other things"):
        reach(tmp_path)
    (tmp_path / "control.sock").unlink()
    performer = reach(tmp_path)

    assert isinstance(performer, OfflinePerformer)
    assert performer.perform("user.list", {}) == []
    performer.close()


@pytest.mark.usefixtures("impatient")
def test_a_process_that_does_not_listen_is_not_passed_by(held: Path) -> None:
    with pytest.raises(Refused, match=r"a process has .* and does not answer at .*control\.sock; look at its log"):
        reach(held)


@pytest.mark.usefixtures("impatient")
def test_a_process_that_does_not_answer_is_not_passed_by(held: Path) -> None:
    listening = listen_control(held)

    with pytest.raises(Refused, match="does not answer"):
        reach(held)

    listening.close()


def test_a_process_that_starts_is_waited_for(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as later:

        class Starting(Event):
            def wait(self, timeout: float | None = None) -> bool:
                later.enter_context(serving(held, lambda _path, _arguments: (200, b"[]")))
                return super().wait(0 if timeout is None else timeout)

        monkeypatch.setattr(reaching, "Event", Starting)
        performer = reach(held)
        assert performer.perform("user.list", {}) == []
        performer.close()


def test_a_command_that_ends_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lock(tmp_path)

    class Ending(Event):
        def wait(self, timeout: float | None = None) -> bool:
            other.release()
            return super().wait(0 if timeout is None else timeout)

    monkeypatch.setattr(reaching, "Event", Ending)

    performer = reach(tmp_path)
    assert isinstance(performer, OfflinePerformer)
    performer.close()


def test_somebody_elses_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_data: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(reaching, "is_held", forbidden)

    with pytest.raises(Refused, match="belongs to somebody else; run this as the user that Watchword runs as"):
        reach(tmp_path)


# --- through the process


def performer_of(held: Path, answering: Answering, stack: ExitStack) -> ControlPerformer:
    stack.enter_context(serving(held, answering))
    performer = reach(held)
    assert isinstance(performer, ControlPerformer)
    stack.callback(performer.close)
    return performer


def test_a_refusal_is_told_in_the_processs_words(held: Path) -> None:
    problem = json.dumps({"detail": "there is no user x", "status": 404}).encode()
    with ExitStack() as stack:
        performer = performer_of(held, lambda _path, _arguments: (404, problem), stack)

        with pytest.raises(Refused, match=r"^there is no user x$"):
            performer.perform("user.show", {"user": "x"})


def test_a_process_that_goes_away_leaves_it_open_whether_it_was_done(held: Path) -> None:
    with ExitStack() as stack:
        performer = performer_of(held, lambda _path, _arguments: (0, b'{"half'), stack)

        with pytest.raises(Refused, match="went away before it answered; whether it was done is not known"):
            performer.perform("user.add", {"username": "x"})


def test_what_happens_comes_line_by_line_until_the_process_ends(held: Path) -> None:
    asked: list[Any] = []

    def follow(path: str, arguments: Any) -> tuple[int, bytes]:
        asked.append((path, arguments))
        return 200, b'{"id": 1}\n{"id": 2}\n'

    with ExitStack() as stack:
        performer = performer_of(held, follow, stack)
        assert list(performer.follow({"user": "ann"})) == [{"id": 1}, {"id": 2}]

    assert asked == [("/follow", {"user": "ann"})]


def test_following_that_is_refused_is_told(held: Path) -> None:
    with ExitStack() as stack:
        performer = performer_of(held, lambda _path, _arguments: (422, b'{"detail": "nobody\'s name"}'), stack)

        with pytest.raises(Refused, match="nobody's name"):
            list(performer.follow({"user": "\x07"}))


def test_an_operation_may_take_longer_than_a_sign_of_life(held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float | None] = []
    settimeout = socket.socket.settimeout

    def watched(opened: socket.socket, seconds: float | None) -> None:
        seen.append(seconds)
        settimeout(opened, seconds)

    with ExitStack() as stack:
        stack.enter_context(serving(held, lambda _path, _arguments: (200, b"{}")))
        monkeypatch.setattr(socket.socket, "settimeout", watched)
        reach(held).close()

    assert seen[-1] == control_client.LONGEST_SECONDS >= 600


# --- through the database


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[OfflinePerformer]:
    performer = opened(tmp_path)
    assert performer is not None
    yield performer
    performer.close()


def test_operations_are_done_on_the_database_alone(alone: OfflinePerformer) -> None:
    added = alone.perform("user.add", {"username": "ann@example.org"})

    assert alone.perform("user.show", {"user": "ann"})["id"] == added["id"]
    assert alone.perform("audit.verify", {})["whole"] is True


def test_what_is_refused_there_is_refused_in_the_same_words(alone: OfflinePerformer) -> None:
    with pytest.raises(Refused, match="there is no user bob; `watchword user list` shows who is there"):
        alone.perform("user.show", {"user": "bob"})
    with pytest.raises(Refused, match="has no argument 'usre'"):
        alone.perform("user.show", {"usre": "bob"})
    with pytest.raises(Refused, match="nothing is running on this data folder"):
        alone.perform("pending", {})
    with pytest.raises(Refused, match="nothing runs with this data folder"):
        list(alone.follow({}))


def test_somebody_who_has_it_is_none(alone: OfflinePerformer, tmp_path: Path) -> None:
    assert alone is not None
    assert opened(tmp_path) is None


def test_what_may_be_there_before_the_first_start_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "watchword.toml").touch()
    (tmp_path / "lock").touch()
    (tmp_path / "lost+found").mkdir()

    performer = opened(tmp_path)

    assert performer is not None
    performer.close()


def test_a_folder_with_other_things_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letters.txt").touch()

    with pytest.raises(Refused, match="holds other things and no data of Watchword"):
        opened(tmp_path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["letters.txt"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("name", "octets", "words"),
    [
        ("watchword.toml", b"radius = 1812", "radius must be a text in quotes"),
        ("watchword.toml", b"colour = 'red'", "there is no key 'colour'"),
        ("watchword.db", b"no database" * 100, "watchword.db"),
    ],
)
def test_what_is_broken_is_told(tmp_path: Path, name: str, octets: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(octets)

    with pytest.raises(Refused, match=words) as refused:
        opened(tmp_path)

    assert "\n" not in str(refused.value)
