"""
Administration over the control socket: every operation of the catalogue, for whoever holds the data folder.

The socket's mode 0600 is what shows that: whoever can open it can read the database too.

- `POST /operations/NAME` with a JSON object of arguments answers with the operation's result as JSON.
- `POST /follow` with `{"user": NAME or null}`, and with what else is wanted of a row (`ActivityWanted`), answers with
  rows of activity from now on, a JSON object a line.
- `GET /download/SHA256/NAME` answers with the MFA server as one file, as everywhere.
- `GET /alive` answers at once, so that whoever asks can tell a long operation from a process that hangs.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from watchword.app import operations
from watchword.app.administration import HOST, Refusal, not_found
from watchword.app.manage.following import Following
from watchword.app.manage.texts import shown
from watchword.ports.login import StoreAway
from watchword.web.application import application
from watchword.web.bodies import body_of
from watchword.web.downloads import Downloads
from watchword.web.problems import problem, refused
from watchword.web.surroundings import Surroundings

LONGEST_BODY: Final = 1 << 20
"""Octets of a request: a bundle of certificate authorities fits."""

_JSON: Final = "application/json"
_LINES: Final = "application/x-ndjson"


class Control:
    """Serves administration on the host."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._context = surroundings.context
        self._following: set[Following] = set()

    def app(self) -> ASGIApp:
        """Return the application for the control socket."""
        routes = [
            Route("/alive", self._alive, methods=["GET"]),
            Route("/operations/{name}", self._operate, methods=["POST"]),
            Route("/follow", self._follow, methods=["POST"]),
            *Downloads(self._surroundings).routes(),
        ]
        return application(routes, fault=self._surroundings.fault)

    def close(self) -> None:
        """End what is followed, so that no connection keeps the process from ending."""
        for following in tuple(self._following):
            following.close()

    async def _alive(self, _request: Request) -> Response:
        return Response(b"{}", media_type=_JSON)

    async def _operate(self, request: Request) -> Response:
        name = request.path_params["name"]
        operation = operations.OPERATIONS.get(name)
        if operation is None:
            return refused(not_found(f"there is no operation {shown(name)!r}"))
        document = await _object(request)
        if isinstance(document, Response):
            return document
        arguments = operations.read_arguments(operation, document)
        if isinstance(arguments, Refusal):
            return refused(arguments)
        result = await operations.perform(self._context, HOST, name, arguments)
        if isinstance(result, Refusal):
            return refused(result)
        return Response(msgspec.json.encode(result), media_type=_JSON)

    async def _follow(self, request: Request) -> Response:
        document = await _object(request)
        if isinstance(document, Response):
            return document
        wanted = operations.read_wanted(document)
        if isinstance(wanted, Refusal):
            return refused(wanted)
        following = await operations.follow(self._context, HOST, *wanted)
        if isinstance(following, Refusal):
            return refused(following)
        return _Followed(following, self._following)


class _Followed(Response):
    """What is followed, a JSON object a line, and followed no more once this was sent or nobody is there to read it."""

    def __init__(self, following: Following, all_: set[Following]) -> None:
        self._following = following
        self._all = all_
        all_.add(following)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._following:
                await StreamingResponse(self._lines(), media_type=_LINES)(scope, receive, send)
        finally:
            self._all.discard(self._following)

    async def _lines(self) -> AsyncIterator[bytes]:
        # A store that went away is the end of what can be followed.
        with suppress(StoreAway):
            async for row in self._following:
                yield msgspec.json.encode(row) + b"\n"


async def _object(request: Request) -> Mapping[str, Any] | Response:
    """Return the JSON object that a request holds, or its refusal."""
    body = await body_of(request, most=LONGEST_BODY)
    if isinstance(body, Response):
        return body
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (ValueError, RecursionError):
        return problem(400, "arguments are a JSON object")
