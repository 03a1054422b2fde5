"""
A portal without a socket: its pages over an office, and somebody who is signed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.types import ASGIApp

from tests.fakes.changes import replace
from tests.fakes.office import Office
from tests.unit.web.asgi import Answer, Faults, ask
from tests.unit.web.phones import Portal
from watchword.app.administration import Actor
from watchword.app.feed import Feed
from watchword.domain.roles import Role
from watchword.web.application import application
from watchword.web.portal.portal import portal
from watchword.web.portal.visitor import Visitor

CSRF = "the-token-of-the-session"


def visitor(role: Role = Role.OWNER, *, session: bytes = b"s" * 16, fresh: bool = True) -> Visitor:
    return Visitor(
        actor=Actor(name="carol@example.org", role=role),
        administrator=b"a" * 16,
        session=session,
        csrf=CSRF,
        fresh=fresh,
        language="en",
        name="Carol Example",
    )


@dataclass
class Room:
    """Somebody at the portal."""

    app: ASGIApp
    faults: Faults
    who: list[Visitor | None]
    feed: Feed
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return await self._ask(path, "GET", b"", dict(headers or {}))

    async def post(self, path: str, **fields: str) -> Answer:
        body = urlencode({"csrf": CSRF, **fields}).encode()
        return await self._ask(path, "POST", body, {"content-type": "application/x-www-form-urlencoded"})

    async def _ask(self, path: str, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await ask(self.app, path, body, method=method, headers=headers)
        assert self.faults == []
        return answer


def room_of(office: Office, who: Visitor | None = None, *, development: bool = True) -> Room:
    """Return somebody at the portal of an office, its owner where nobody else is named."""
    at: list[Visitor | None] = [who or visitor()]
    feed = Feed()
    office.context = replace(office.context, feed=feed)
    surroundings = replace(Portal(office).surroundings, development=development)
    faults = Faults()

    async def recognise(_request: Request) -> Visitor | None:
        return at[0]

    app = application(portal(surroundings, recognise), fault=faults)
    return Room(app=app, faults=faults, who=at, feed=feed)
