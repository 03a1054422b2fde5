"""
What holds for every answer: headers that keep browsers careful, and a bug that becomes a 500 and is told.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchword.kit.telemetry import FaultReport
from watchword.web.problems import bug

HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""OWASP Secure Headers, as strict as answers without pages can be."""

_STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000")
"""A browser that has once been here by TLS comes by nothing else for a year (RFC 6797)."""

_NOT_KEPT: Final = (b"cache-control", b"no-store")


class Guard:
    """An application with what holds for every answer around it."""

    def __init__(self, app: ASGIApp, *, fault: FaultReport) -> None:
        self._app = app
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": _with_ours(message.get("headers", ()), scope)}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as raised:  # noqa: BLE001 - this is where a bug of the web is seen
            self._fault("web")
            if not started:
                await bug(raised)(scope, receive, sending)


def _with_ours(headers: list[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with ours; what an answer says itself, such as a page's own policy, stands."""
    strict = [_STRICT_TRANSPORT] if scope["scheme"] == "https" else []
    said = {name for name, _ in headers}
    return [*headers, *(ours for ours in (*HEADERS, *strict, _NOT_KEPT) if ours[0] not in said)]
