"""
The one-time bypass report: every bypass that ever was, narrowed down, and as a CSV file.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from watchword.app import operations
from watchword.app.administration import Refusal
from watchword.app.manage.report import BypassList, BypassRow
from watchword.domain.bypass import BypassState
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.listing import Listing
from watchword.web.portal.reading import Reading
from watchword.web.portal.visitor import Visitor

PAGE: Final = 50
HOME: Final = "/bypasses/report"

_NAMES: Final = ("user", "created_by", "state", "since", "until", "before")
_CSV: Final = {"content-disposition": 'attachment; filename="one-time-bypasses.csv"'}


@dataclass(frozen=True, slots=True)
class _Report:
    """What is wanted: what stands in the filters, and the same as an operation takes it."""

    listing: Listing
    form: Form
    wanted: BypassList


class BypassReport:
    """Serves the report."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        return [
            Route(HOME, door(self._show, permission=Permission.BYPASS_READ), methods=["GET"]),
            Route(f"{HOME}.csv", door(self._export, permission=Permission.BYPASS_READ), methods=["GET"]),
        ]

    async def _show(self, visitor: Visitor, request: Request) -> Response:
        report = self._read(visitor, request)
        rows: list[BypassRow] | Refusal = await self._desk.perform(visitor, "bypass.list", report.wanted)
        refusal = rows if isinstance(rows, Refusal) else None
        form = report.form if refusal is None else report.form.refused(refusal, known=_NAMES)
        found = [] if isinstance(rows, Refusal) else rows
        return self._desk.shell.page(
            visitor,
            request,
            "bypasses/report.html",
            status=422 if form.wrong else 200,
            form=form,
            rows=found,
            listing=report.listing,
            older=report.listing.page(before=found[-1].id) if len(found) == PAGE else None,
            states=tuple(BypassState),
            csv=Listing(f"{HOME}.csv", report.listing.values).page(),
        )

    async def _export(self, visitor: Visitor, request: Request) -> Response:
        report = self._read(visitor, request)
        pieces = await operations.export_bypasses(self._desk.context, visitor.actor, report.wanted)
        if isinstance(pieces, Refusal):
            return self._desk.refused(visitor, request, pieces)
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8; header=present", headers=_CSV)

    def _read(self, visitor: Visitor, request: Request) -> _Report:
        listing = Listing.of(request, _NAMES)
        reading = self._desk.shell.reading(request, visitor)
        state = listing.maybe("state")
        return _Report(
            listing=listing,
            form=Form(values=dict(listing.values)),
            wanted=BypassList(
                all=True,
                user=listing.maybe("user"),
                created_by=listing.maybe("created_by"),
                state=BypassState(state) if state in set(BypassState) else None,
                since=_first(reading, listing.maybe("since")),
                until=_first(reading, listing.maybe("until"), days=1),
                before=listing.maybe("before"),
                limit=PAGE,
            ),
        )


def _first(reading: Reading, written: str | None, *, days: int = 0) -> str | None:
    """Return the first instant of a day, or of so many days later, as operations take it."""
    return None if written is None else reading.day_begins(written, days)
