"""
Refusals over HTTP: problem documents (RFC 9457), each kind with a stable type and one status.

The list of kinds is closed. A type is the path of the page that tells what it means (`web.problem_pages`), so it is the
same at every portal and can be followed at each.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from watchword.app.administration import Refusal, RefusalKind
from watchword.kit.telemetry import bug_reference

MEDIA_TYPE: Final = "application/problem+json"

PAGES: Final = "/problems/"


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of problem.

    Attributes:
        name: last part of its type.
        status: of HTTP.
        title: what it is, in a few words.
        advice: what to do about it.
    """

    name: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        """The type, as RFC 9457 has it."""
        return PAGES + self.name


OF_REFUSAL: Final[Mapping[RefusalKind, Kind]] = {
    RefusalKind.NOT_FOUND: Kind(
        "not-found", 404, "It is not there", "Look at the name or the id. What was removed is not there any more."
    ),
    RefusalKind.INVALID: Kind(
        "invalid",
        422,
        "A value cannot be used",
        "`detail` says which one and why, `errors` where it stands. Nothing was changed.",
    ),
    RefusalKind.CONFLICT: Kind(
        "conflict",
        409,
        "It does not go with what is there",
        "`detail` says what is in the way. Nothing was changed.",
    ),
    RefusalKind.FORBIDDEN: Kind(
        "forbidden",
        403,
        "Whoever asks may not do that",
        "`permission` is what the role lacks. Somebody whose role has it can do it, or make a key for that role.",
    ),
    RefusalKind.UNAVAILABLE: Kind(
        "unavailable",
        503,
        "What is needed for it cannot be reached",
        "Try again in a moment; `watchword doctor` on the host says what is wrong. Nothing was changed.",
    ),
}
"""The one table from what kind of no it is to HTTP's."""

_OURS: Final = (
    Kind(
        "malformed",
        400,
        "The request cannot be read",
        "Its body is no JSON object, or a header is not what it must be.",
    ),
    Kind(
        "not-authenticated",
        401,
        "Whoever asks has not shown who he is",
        "Send an API key as `Authorization: Bearer KEY`; for verifications the application's name and secret as"
        " HTTP Basic. A key that was withdrawn or has run out is as good as none.",
    ),
    Kind(
        "method-not-allowed",
        405,
        "That cannot be done here",
        "`Allow` lists the methods of this path.",
    ),
    Kind("not-acceptable", 406, "There is no such form of it", "Accept `application/json`."),
    Kind("too-slow", 408, "The request took too long", "Send the body within ten seconds."),
    Kind(
        "running",
        409,
        "The first request with this key is still running",
        "Send it again in a moment, with the same `Idempotency-Key`.",
    ),
    Kind(
        "other-request",
        409,
        "This key was used for another request",
        "Make a new `Idempotency-Key` for each thing that is to be created.",
    ),
    Kind(
        "shown-once",
        409,
        "It was made, and its secret was shown once",
        "The first request with this `Idempotency-Key` was done. Its answer held a secret that is kept nowhere; if it"
        " was lost, remove what was made and make another with a new key.",
    ),
    Kind(
        "answer-lost",
        409,
        "It was made, and the answer was lost",
        "The first request with this `Idempotency-Key` was done, and the process ended before its answer was kept. Look"
        " at the list.",
    ),
    Kind(
        "changed-meanwhile",
        412,
        "Somebody has changed it meanwhile",
        "Get it again, look at what is different, and send the change with its new `ETag` in `If-Match`.",
    ),
    Kind(
        "enrolment-refused",
        403,
        "This server is not let in",
        "`detail` says why and what to do, `code` is the same for programs. `watchword server credentials` makes other"
        " activation credentials.",
    ),
    Kind("too-large", 413, "The request is too large", "A body has one mebibyte at most."),
    Kind(
        "unsupported-media-type",
        415,
        "The body is in a form that is not read here",
        "Send `Content-Type: application/json`, in UTF-8 and not compressed.",
    ),
    Kind(
        "version-needed",
        428,
        "Say which version you have seen",
        "Get it first, and send its `ETag` in `If-Match`; `If-Match: *` changes whatever is there.",
    ),
    Kind(
        "too-many",
        429,
        "Too many requests; try again a little later",
        "`Retry-After` says in how many seconds.",
    ),
    Kind(
        "fault",
        500,
        "This is a bug",
        "It was logged with `reference`. Look before you try again: whether it was done is not known.",
    ),
    Kind(
        "busy",
        503,
        "There is no room for that now; try again a little later",
        "Nothing was done. Try again in a moment.",
    ),
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (*OF_REFUSAL.values(), *_OURS)}
"""Every kind of problem by its name: a closed list."""

_OF_STATUS: Final = {
    **{kind.status: kind for kind in _OURS if kind.status not in {409, 503}},
    404: KINDS["not-found"],
    503: KINDS["busy"],
}
"""What is refused by the transport itself, by its status."""

_NOTHING: Final = "There is nothing here"


def refused(refusal: Refusal, **more: object) -> Response:
    """Return what tells a refusal of an operation. `more` are further members of the document."""
    errors = {} if refusal.field is None else {"errors": [{"pointer": refusal.field, "detail": refusal.sentence}]}
    return _response(OF_REFUSAL[refusal.kind], refusal.sentence, {**errors, **more})


def problem(status: int, detail: str | None = None) -> Response:
    """Return what tells a refusal of the transport. `detail` holds no value that came with the request."""
    kind = _OF_STATUS[status]
    return _response(kind, detail or (_NOTHING if kind.status == _NOT_FOUND else kind.title))


_NOT_FOUND: Final = 404


def problem_of(name: str, detail: str | None = None, **more: object) -> Response:
    """Return a problem of a kind. `more` are further members of the document."""
    kind = KINDS[name]
    return _response(kind, detail or kind.title, more)


def bug(raised: BaseException) -> Response:
    """Return what tells of a bug, and nothing of it but what its line in the log is found by."""
    return problem_of("fault", reference=bug_reference(raised))


def _response(kind: Kind, detail: str, more: Mapping[str, object] | None = None) -> Response:
    document = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": detail, **(more or {})}
    return Response(json.dumps(document), status_code=kind.status, media_type=MEDIA_TYPE)
