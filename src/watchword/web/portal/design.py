"""
`/design`: every component in every state, for whoever makes pages. Only where one develops.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import HOST, RefusalKind
from watchword.app.manage.texts import instant
from watchword.domain.bypass import BypassState
from watchword.web.portal.charts import Series, stacked
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.listing import Listing
from watchword.web.portal.visitor import Visitor

_NOBODY: Final = Visitor(
    actor=HOST, administrator=b"", session=b"", csrf="specimen", fresh=True, language="", name="Alice Example"
)
_COLOURS: Final = (
    *("ground", "paper", "raised", "sunken", "hover", "line", "edge"),
    *("ink", "ink-soft", "ink-faint", "accent", "accent-fill", "accent-soft"),
    *("good", "good-soft", "bad", "bad-soft", "warn", "warn-soft"),
)
_MICROSECONDS: Final = 1_000_000


class Design:
    """Shows what pages are made of."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/design", self._show, methods=["GET"])]

    async def _show(self, request: Request) -> Response:
        now = self._desk.context.clock.now()
        shell = self._desk.shell
        hours = [f"{hour:02}:00" for hour in range(24)]
        chart = stacked(
            shell.reading(request, _NOBODY),
            axis="Hour",
            labels=hours,
            series=(
                Series(label="allowed", figures=[40 + (hour * 37) % 90 for hour in range(24)], fill=1),
                Series(label="by a caching rule", figures=[(hour * 53) % 60 for hour in range(24)], fill=4),
                Series(label="denied", figures=[(hour * 13) % 17 for hour in range(24)], fill=2),
            ),
        )
        return shell.page(
            _NOBODY,
            request,
            "design.html",
            colours=_COLOURS,
            chart=chart,
            empty=Form(),
            filled=Form(values={"user": "alice@example.org", "seconds": "300", "type": "application"}),
            wrong=Form(
                values={"subject": "alicia", "seconds": "0", "reason": ""},
                errors={
                    "subject": "There is no user alicia.",
                    "seconds": "A bypass lasts from 1 to 900 seconds.",
                    "reason": "This is needed.",
                    "type": "Choose one of these.",
                },
                refusal="The database cannot be read or written at this moment, so nothing was changed; try again.",
            ),
            kinds=RefusalKind,
            states=BypassState,
            listing=Listing("/design", (("sort", "-created"), ("before", "1"))),
            past=instant(now - 83 * _MICROSECONDS),
            soon=instant(now + 252 * _MICROSECONDS),
        )
