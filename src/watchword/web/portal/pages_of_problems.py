"""
Problems as pages: whoever asks with a browser for what is not there is answered by a page of the portal.

Everything refuses with problem documents. Of those a browser shows to a person (it accepts HTML) each becomes a page
here, with the navigation around it for somebody who is signed in. The API's stay as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchword.ports.login import StoreAway
from watchword.web.portal.doors import Recognise
from watchword.web.portal.languages import marked
from watchword.web.portal.shell import Shell
from watchword.web.portal.visitor import Visitor
from watchword.web.problems import MEDIA_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a page says: a title, and what to do; marked for translation."""

    title: str
    text: str


_ELSE: Final = Said(title=marked("That could not be done"), text=marked("Go back and try again. Nothing was changed."))

OF_STATUS: Final[Mapping[int, Said]] = {
    400: Said(
        title=marked("That could not be read"),
        text=marked("What was sent is not what this page sends. Open the page anew and try again."),
    ),
    404: Said(
        title=marked("There is nothing here"),
        text=marked("The address leads nowhere. Perhaps it was mistyped, or what was there is gone."),
    ),
    405: Said(
        title=marked("That is no page"),
        text=marked("Something is done at this address, by a form of another page. There is nothing to look at."),
    ),
    413: Said(
        title=marked("That is too large"), text=marked("Nothing was changed. A form takes one mebibyte at most.")
    ),
    429: Said(title=marked("Too many requests"), text=marked("Wait a moment, then try again. Nothing was changed.")),
    500: Said(
        title=marked("This is a bug"),
        text=marked("Look before you try again: whether it was done is not known. It was logged."),
    ),
    503: Said(
        title=marked("Not at this moment"),
        text=marked("The database cannot be reached, or too much is going on. Nothing was changed. Try again."),
    ),
}
"""What is said of each status; of any other that nothing was done."""

_KEPT: Final = (b"allow", b"retry-after")
_API: Final = "/api/"
_BUG: Final = 500


class PagesOfProblems:
    """An application whose problems are pages where a person looks at them."""

    def __init__(self, app: ASGIApp, *, shell: Shell, recognise: Recognise) -> None:
        """
        Make it.

        Args:
            app: what answers.
            shell: makes pages.
            recognise: tells who sends a request.
        """
        self._app = app
        self._shell = shell
        self._recognise = recognise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _shows_pages(Request(scope)):
            await self._app(scope, receive, send)
            return
        held: Message | None = None
        body = b""

        async def sending(message: Message) -> None:
            nonlocal held, body
            if message["type"] == "http.response.start" and _is_problem(message):
                held = message
            elif held is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    page = await self._page(Request(scope), held, body)
                    await page(scope, receive, send)

        await self._app(scope, receive, sending)

    async def _page(self, request: Request, start: Message, body: bytes) -> Response:
        status: int = start["status"]
        said = OF_STATUS.get(status, _ELSE)
        values = {"said": said, "reference": json.loads(body or b"{}").get("reference")}
        # After a bug nothing is asked of anybody: the next one would be met on the way to the first one's page.
        visitor = None if status == _BUG else await self._visitor(request)
        if visitor is None:
            page = self._shell.bare(request, "problem.html", status=status, visitor=None, **values)
        else:
            page = self._shell.page(visitor, request, "problem.html", status=status, **values)
        page.raw_headers.extend((name, value) for name, value in start["headers"] if name in _KEPT)
        return page

    async def _visitor(self, request: Request) -> Visitor | None:
        try:
            return await self._recognise(request)
        except StoreAway:
            return None


def _shows_pages(request: Request) -> bool:
    """Tell whether a person looks at the answer."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_API)


def _is_problem(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in start["headers"])
