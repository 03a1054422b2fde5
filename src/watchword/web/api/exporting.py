"""
Lists as CSV files: everything that filters leave, streamed in short pieces, in cells that no spreadsheet runs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from watchword.app import operations
from watchword.app.administration import Refusal
from watchword.app.manage.activity import ActivityRow
from watchword.app.manage.report import BypassRow
from watchword.ports.login import StoreAway
from watchword.web.api.reading import unknown
from watchword.web.api.resources import Resource

MEDIA_TYPE: Final = "text/csv"

_PLACES: Final = ("before", "limit")
"""Arguments of a list that make no sense where all of it is wanted."""

Pieces = Callable[[Any, Any, Any], Awaitable[AsyncIterator[str] | Refusal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """
    A list as a file.

    Attributes:
        resource: the list's filters; it is served at a path of its own.
        row: a row of it, whose fields are the columns.
        pieces: makes the file.
        file: what it is called where it is kept.
    """

    resource: Resource
    row: type[Any]
    pieces: Pieces
    file: str

    def filters(self) -> tuple[str, ...]:
        """Return what a request may name."""
        return tuple(name for name in self.resource.elsewhere() if name not in _PLACES)

    def refused(self, query: Mapping[str, str]) -> Refusal | None:
        """Refuse what a request names that there is not."""
        wrong = next((name for name in query if name not in self.filters()), None)
        return None if wrong is None else unknown("parameter", wrong, self.filters())


EXPORTS: Final = (
    Export(
        resource=Resource(name="activityExport", operation="activity.list", method="GET", path="/activity/export"),
        row=ActivityRow,
        pieces=operations.export_activity,
        file="activity.csv",
    ),
    Export(
        resource=Resource(name="bypassExport", operation="bypass.list", method="GET", path="/bypasses/export"),
        row=BypassRow,
        pieces=operations.export_bypasses,
        file="one-time-bypasses.csv",
    ),
)


def accepts_csv(written: str) -> bool:
    """Tell whether `Accept` admits CSV."""
    kinds = {part.partition(";")[0].strip().lower() for part in written.split(",")}
    return bool(kinds & {"*/*", "text/*", MEDIA_TYPE})


def file_of(export: Export, pieces: AsyncIterator[str]) -> Response:
    """Return what sends a file."""
    headers = {"content-disposition": f'attachment; filename="{export.file}"'}
    return StreamingResponse(
        _while_there(pieces), media_type=f"{MEDIA_TYPE}; charset=utf-8; header=present", headers=headers
    )


async def _while_there(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    with suppress(StoreAway):
        async for piece in pieces:
            yield piece
