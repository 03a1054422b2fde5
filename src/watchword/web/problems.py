"""
Refusals over HTTP: problem documents (RFC 9457), each kind with a stable type and one status.
"""

import json
from typing import Final

from starlette.responses import Response

from watchword.app.administration import Refusal, RefusalKind

MEDIA_TYPE: Final = "application/problem+json"

_PREFIX: Final = "urn:watchword:problem:"

STATUS: Final = {
    RefusalKind.NOT_FOUND: 404,
    RefusalKind.INVALID: 422,
    RefusalKind.CONFLICT: 409,
    RefusalKind.FORBIDDEN: 403,
    RefusalKind.UNAVAILABLE: 503,
}
"""The one table from what kind of no it is to HTTP's."""

_OURS: Final = {
    400: ("malformed", "The request cannot be read"),
    401: ("not-authenticated", "Whoever asks has not shown who he is"),
    404: ("not-found", "There is nothing here"),
    405: ("method-not-allowed", "That cannot be done here"),
    408: ("too-slow", "The request took too long"),
    413: ("too-large", "The request is too large"),
    429: ("too-many", "Too many requests; try again a little later"),
    500: ("fault", "This is a bug"),
    503: ("busy", "There is no room for that now; try again a little later"),
}
"""What is refused by the transport itself, by its status."""

_TITLES: Final = {
    RefusalKind.NOT_FOUND: "It is not there",
    RefusalKind.INVALID: "A value cannot be used",
    RefusalKind.CONFLICT: "It does not go with what is there",
    RefusalKind.FORBIDDEN: "Whoever asks may not do that",
    RefusalKind.UNAVAILABLE: "What is needed for it cannot be reached",
}


def refused(refusal: Refusal) -> Response:
    """Return what tells a refusal of an operation."""
    return _response(STATUS[refusal.kind], refusal.kind.value, _TITLES[refusal.kind], refusal.sentence)


def problem(status: int, detail: str | None = None) -> Response:
    """Return what tells a refusal of the transport. `detail` holds no value that came with the request."""
    kind, title = _OURS[status]
    return _response(status, kind, title, detail or title)


def _response(status: int, kind: str, title: str, detail: str) -> Response:
    document = {"type": _PREFIX + kind, "title": title, "status": status, "detail": detail}
    return Response(json.dumps(document), status_code=status, media_type=MEDIA_TYPE)
