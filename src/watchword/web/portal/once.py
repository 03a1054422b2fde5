"""
A form does what it asks for once, however often it is sent.

Each form carries a token of its own. The first answer to it is kept, and whoever sends the same form again gets that
answer: a second press of the button, or Back and Send again. One that comes while the first is still being done waits
for it. Tokens count in one session, so that nobody can reach for an answer of somebody else.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from watchword.kit.clock import NANOSECONDS, Clock
from watchword.web.portal.forms import fields_of
from watchword.web.portal.visitor import Visitor

FIELD: Final = "once"
LONGEST: Final = 64

KEPT_SECONDS: Final = 600
"""How long the answer that leads to another page is kept."""

SHOWN_SECONDS: Final = 60
"""How long a page is kept, which may hold a secret that is shown once: a second press comes within seconds."""

MOST: Final = 2_000
"""Answers that are kept; past them the oldest go."""

Key = tuple[bytes, str, str]


@dataclass(slots=True)
class _Kept:
    answer: "asyncio.Future[Response]"
    until: int | None = None


class Once:
    """Keeps the first answer of each form."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def answer(self, visitor: Visitor, request: Request, do: Callable[[], Awaitable[Response]]) -> Response:
        """
        Return the answer to a form.

        Args:
            visitor: who sends it.
            request: what he sends.
            do: does what the form asks for; called for the first of equal ones alone. An answer of it is not to be
                one that can be sent once only, such as a stream.
        """
        fields = await fields_of(request)
        token = "" if isinstance(fields, Response) else fields.get(FIELD, "")
        if not isinstance(token, str) or not 0 < len(token) <= LONGEST:
            return await do()
        self._forget()
        key = (visitor.session, request.url.path, token)
        kept = self._kept.get(key)
        if kept is not None:
            return await asyncio.shield(kept.answer)
        kept = self._kept[key] = _Kept(asyncio.get_running_loop().create_future())
        try:
            response = await do()
        except BaseException as raised:
            # Whoever waits is told the same, and the next try is a first one.
            del self._kept[key]
            kept.answer.set_exception(raised)
            kept.answer.exception()
            raise
        kept.answer.set_result(response)
        seconds = KEPT_SECONDS if 300 <= response.status_code < 400 else SHOWN_SECONDS  # noqa: PLR2004 - HTTP's ranges
        kept.until = self._clock.monotonic() + seconds * NANOSECONDS
        return response

    def _forget(self) -> None:
        now = self._clock.monotonic()
        for key in [key for key, kept in self._kept.items() if kept.until is not None and kept.until <= now]:
            del self._kept[key]
        while len(self._kept) >= MOST:
            self._kept.popitem(last=False)
