"""
Requests to the API as a program would send them, with a key of each role.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from tests.fakes.office import Office
from tests.unit.web.asgi import Answer
from tests.unit.web.phones import Portal
from watchword.app.administration import Actor
from watchword.domain.roles import Role
from watchword.web.api.resources import PREFIX

KEYS = {role: f"wwk_{role.value}_key" for role in Role}
"""A key of each role."""


@dataclass
class Sent(Answer):
    """What was answered, and all that was sent of it."""

    messages: list[Message] = field(default_factory=list)


class Desk:
    """Asks."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.portal = Portal(office)
        self.portal.actors = {key.encode(): Actor(name=f"{role.value} key", role=role) for role, key in KEYS.items()}

    @property
    def app(self) -> ASGIApp:
        return self.portal.app

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: Role | None = Role.OWNER,
        headers: dict[str, str] | None = None,
        client: str = "203.0.113.9",
    ) -> Sent:
        """Send a request; a body that is no octets is written as JSON."""
        octets = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {} if role is None else {"authorization": f"Bearer {KEYS[role]}"}
        given |= {"content-type": "application/json"} if body is not None else {}
        given |= {name.lower(): value for name, value in (headers or {}).items()}
        raw, _, query = (PREFIX + path if path.startswith("/") and not path.startswith(PREFIX) else path).partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items() if value],
            "client": (client, 50_000),
            "server": ("127.0.0.1", 8080),
        }
        answer = Sent()
        pieces: list[Message] = [{"type": "http.request", "body": octets, "more_body": False}]

        async def receive() -> Message:
            if pieces:
                return pieces.pop()
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

        async def send(message: Message) -> None:
            answer.messages.append(message)
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")
                answer.complete = not message.get("more_body", False)

        await self.app(scope, receive, send)
        return answer

    async def get(self, path: str, **how: Any) -> Sent:
        return await self.ask("GET", path, **how)

    async def post(self, path: str, body: Any = None, **how: Any) -> Sent:
        return await self.ask("POST", path, body, **how)

    async def shown(self, path: str, **how: Any) -> Any:
        """Get something that must be there, and return its document."""
        answer = await self.get(path, **how)
        assert answer.status == 200, answer.body
        return answer.document
