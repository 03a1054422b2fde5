"""
Getting operations done by the process that serves the data folder, over its control socket.
"""

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from watchword.cli.session import Refused

ALIVE_SECONDS: Final = 2.0
"""Seconds in which a process that works answers: nothing keeps its loop for longer than some milliseconds."""

LONGEST_SECONDS: Final = 3_600.0
"""Seconds that an operation may take; a walk of the whole chain of years is the longest."""

PIECE: Final = 1 << 16

_LOST: Final = (
    "the process that has the data folder went away before it answered; whether it was done is not known,"
    " so look before you try again"
)


class NotAlive(Exception):  # noqa: N818 - it is a state of the world
    """Whoever listens at the socket does not answer in time."""


class ControlPerformer:
    """Implements `cli.session.Performer`."""

    def __init__(self, connected: socket.socket) -> None:
        """Take over a connection. Raises `NotAlive`."""
        self._connection = http.client.HTTPConnection("watchword")
        self._connection.sock = connected
        connected.settimeout(ALIVE_SECONDS)
        try:
            self._connection.request("GET", "/alive")
            self._connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NotAlive from error
        connected.settimeout(LONGEST_SECONDS)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def perform(self, name: str, arguments: Mapping[str, object]) -> Any:
        """Do an operation."""
        try:
            return json.loads(self._asked(f"/operations/{name}", arguments).read())
        except (OSError, http.client.HTTPException) as error:
            raise Refused(_LOST) from error

    def follow(self, wanted: Mapping[str, object]) -> Iterator[Any]:
        """Yield rows of activity as they happen, until the process ends."""
        # The end of a connection is the end of what could be followed.
        with suppress(OSError, http.client.HTTPException):
            answer = self._asked("/follow", wanted)
            if self._connection.sock is not None:
                self._connection.sock.settimeout(None)
            while line := answer.readline():
                yield json.loads(line)

    def octets(self, path: str) -> Iterator[bytes]:
        """Yield the octets of a file that the portal offers."""
        try:
            self._connection.request("GET", path)
            answer = self._answered()
            while some := answer.read(PIECE):
                yield some
        except (OSError, http.client.HTTPException) as error:
            raise Refused(_LOST) from error

    def _asked(self, path: str, document: Mapping[str, object]) -> http.client.HTTPResponse:
        body = json.dumps(document).encode()
        self._connection.request("POST", path, body, {"content-type": "application/json"})
        return self._answered()

    def _answered(self) -> http.client.HTTPResponse:
        answer = self._connection.getresponse()
        if answer.status != http.client.OK:
            raise Refused(json.loads(answer.read())["detail"])
        return answer
