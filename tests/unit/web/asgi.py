"""
Requests to an application without a socket, and what it answers.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Scope


class Faults(list[str]):
    """Where bugs were caught."""

    def __call__(self, where: str) -> None:
        self.append(where)


@dataclass
class Answer:
    """What an application has answered so far."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False
    cookies: list[str] = field(default_factory=list)

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def scope_of(
    path: str,
    *,
    method: str = "POST",
    client: tuple[str, int] | None = ("203.0.113.9", 50_000),
    headers: dict[str, str] | None = None,
    scheme: str = "http",
) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": client,
        "server": ("127.0.0.1", 8080),
    }


async def ask(
    app: ASGIApp,
    path: str,
    body: bytes | Iterable[bytes] | object = b"",
    *,
    ends: bool = True,
    **how: Any,
) -> Answer:
    """
    Send a request and return its answer.

    Args:
        app: what is asked.
        path: for what.
        body: octets, pieces of them, or what is written as JSON.
        ends: whether the body ever does; otherwise the client goes away after its last piece.
        how: of `scope_of`.
    """
    pieces = [body] if isinstance(body, bytes) else body if isinstance(body, list) else [json.dumps(body).encode()]
    answer = Answer()
    received = _received(pieces, ends=ends)

    async def receive() -> Message:
        return await anext(received)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            answer.cookies = [value.decode() for name, value in message["headers"] if name == b"set-cookie"]
        else:
            answer.body += message.get("body", b"")
            answer.complete = not message.get("more_body", False)

    await app(scope_of(path, **how), receive, send)
    return answer


async def _received(pieces: list[bytes], *, ends: bool) -> AsyncIterator[Message]:
    for number, piece in enumerate(pieces, start=1):
        yield {"type": "http.request", "body": piece, "more_body": not (ends and number == len(pieces))}
    if not ends:
        yield {"type": "http.disconnect"}
    # A client that waits for its answer says nothing more.
    await asyncio.get_running_loop().create_future()
