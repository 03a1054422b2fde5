"""
What stands between a server and its portal: passes connections on, and loses what comes back when it is told to.
"""

import select
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread


class Relay:
    """Passes connections on to a port of this machine. `loses` is how many more answers are lost."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.loses = 0
        self.posts = 0
        self.passed = 0
        self._open: tuple[socket.socket, ...] = ()
        self.port = int(self._listener.getsockname()[1])

    def run(self) -> None:
        """Serve one connection after the other until the listener is closed."""
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.passed += 1
            with closing(near), socket.create_connection(("127.0.0.1", self._to)) as far, suppress(OSError):
                self._open = (near, far)
                self._pass(near, far)

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        posted = False
        while True:
            readable, _, _ = select.select([near, far], [], [], 10)
            if not readable:
                return
            for side in readable:
                octets = side.recv(65_536)
                if not octets:
                    return
                if side is near and octets.startswith(b"POST"):
                    posted, self.posts = True, self.posts + 1
                if side is far and posted and self.loses:
                    self.loses -= 1
                    return
                (far if side is near else near).sendall(octets)

    def cut(self) -> None:
        """Break the connection that it passes on, and take no more."""
        self.close()
        for side in self._open:
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def relaying(to: int) -> Iterator[Relay]:
    """Pass connections on to a port while the block runs."""
    relay = Relay(to)
    thread = Thread(target=relay.run, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join(10)
