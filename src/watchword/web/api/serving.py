"""
Serves the resources: who asks, may he, what exactly, and what came of it.

Each request goes the same way: the path is known, the method too, the network and the key have something left, the key
is good and its role may; then what is asked for is read, what must hold is put before the change, and the operation is
performed as everywhere else (`app.operations.perform`).
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from watchword.app import operations
from watchword.app.administration import Refusal, not_found
from watchword.app.manage.following import Following
from watchword.app.manage.texts import shown
from watchword.domain.roles import Permission
from watchword.ports.login import StoreAway
from watchword.ports.records import Changer
from watchword.web.api import tags, verifications
from watchword.web.api.bearer import Bearers, Guesses, Known
from watchword.web.api.conditions import Conditions, Unmet, performed_inside, under
from watchword.web.api.exporting import EXPORTS, MEDIA_TYPE, Export, accepts_csv, file_of
from watchword.web.api.limits import Limits, NetworkLimits
from watchword.web.api.paging import cursor
from watchword.web.api.reading import Asked, accepts_json, asked, document_in, query_of
from watchword.web.api.repeating import Attempt, Repeats
from watchword.web.api.resources import ALL, PREFIX, WITH_BODY, Resource, guards, must_have_seen
from watchword.web.api.routing import Found, Paths
from watchword.web.api.streaming import STREAM, Streams
from watchword.web.api.verifications import ApiVerifications
from watchword.web.problems import problem, problem_of, refused
from watchword.web.surroundings import Surroundings

DOCUMENT: Final = "/openapi.json"

_SINGULAR: Final = {
    "applications": "application",
    "directories": "directory",
    "caching-rules": "caching rule",
    "groups": "replication group",
    "settings": "setting",
}

Handler = Callable[[Request, Mapping[str, str]], Awaitable[Response]]


class Api:
    """Serves everything under `/api/v1`."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._context = surroundings.context
        clock = surroundings.context.clock
        guesses = Guesses(surroundings.context, pause=surroundings.pause)
        self._bearers = Bearers(surroundings.context, guesses, surroundings.authenticate)
        self._networks = NetworkLimits(clock)
        self._limits = Limits(clock, name="key")
        self._repeats = Repeats(surroundings.context)
        self._streams = Streams()
        self._verifications = ApiVerifications(surroundings, guesses)
        self._document: tuple[bytes, str] | None = None
        served: list[tuple[str, str, Handler]] = [
            *((one.method, one.path, partial(self._resource, one)) for one in ALL),
            ("GET", STREAM, self._stream),
            *((one.resource.method, one.resource.path, partial(self._export, one)) for one in EXPORTS),
            ("POST", verifications.PATH, self._verifications.ask),
            ("GET", verifications.ONE, self._verifications.look),
            ("DELETE", verifications.ONE, self._verifications.cancel),
            ("GET", DOCUMENT, self._described),
        ]
        self._paths: Paths[Handler] = Paths(served)

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route(PREFIX + "/{rest:path}", _Everything(self.answer))]

    def close(self) -> None:
        """End what is followed and waited for, so that no connection keeps the process from ending."""
        self._streams.close()
        self._verifications.close()

    async def answer(self, request: Request) -> Response:
        """Answer a request."""
        raw: bytes = request.scope.get("raw_path") or quote(request.url.path).encode()
        found: Found[Handler] | None = self._paths.find(raw.removeprefix(PREFIX.encode()))
        if found is None:
            return problem(404)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in found.by_method:
            response = problem(405)
            response.headers["allow"] = found.allow
            return response
        handler, in_path = found.by_method[method]
        try:
            return await handler(request, in_path)
        except StoreAway:
            return problem_of("unavailable", operations.STORE_AWAY)

    async def _described(self, request: Request, _in_path: Mapping[str, str]) -> Response:
        too_many = self._networks.spend(request)
        if too_many is not None:
            return too_many
        if self._document is None:
            from watchword.web.api.openapi import document  # noqa: PLC0415 - it is asked for seldom

            octets = document()
            self._document = octets, tags.tag_of(octets)
        octets, tag = self._document
        return _shown(request, octets, tag, {"cache-control": "public, max-age=300"})

    async def _known(self, request: Request) -> Known | Response:
        """Return who asks, if he may ask just now."""
        too_many = self._networks.spend(request)
        if too_many is not None:
            return too_many
        known = await self._bearers.who(request)
        if isinstance(known, Response):
            return known
        return self._limits.spend(known.digest) or known

    async def _stream(self, request: Request, _in_path: Mapping[str, str]) -> Response:
        known = await self._known(request)
        if isinstance(known, Response):
            return known
        query = query_of(request)
        if isinstance(query, Refusal):
            return refused(query)
        wanted = operations.read_wanted(query)
        if isinstance(wanted, Refusal):
            return refused(wanted)
        form = self._streams.form(request.headers.get("accept", "*/*"))
        if form is None:
            return problem_of("not-acceptable", "accept text/event-stream or application/x-ndjson")
        following: Following | Refusal = await operations.follow(self._context, known.actor, *wanted)
        if isinstance(following, Refusal):
            return _refusal(known, following, operations.FOLLOW)
        return self._streams.response(following, form)

    async def _export(self, export: Export, request: Request, in_path: Mapping[str, str]) -> Response:
        known = await self._known(request)
        if isinstance(known, Response):
            return known
        if not accepts_csv(request.headers.get("accept", "*/*")):
            return problem_of("not-acceptable", "accept text/csv")
        query = query_of(request)
        if isinstance(query, Refusal):
            return refused(query)
        wanted = export.refused(query) or asked(export.resource, in_path, query, {})
        if isinstance(wanted, Refusal):
            return refused(wanted)
        pieces = await export.pieces(self._context, known.actor, wanted.arguments)
        if isinstance(pieces, Refusal):
            return _refusal(known, pieces, export.resource.does.permission)
        response = Response(media_type=MEDIA_TYPE) if request.method == "HEAD" else file_of(export, pieces)
        response.headers.update(self._limits.headers(known.digest))
        return response

    async def _resource(self, resource: Resource, request: Request, in_path: Mapping[str, str]) -> Response:
        known = await self._known(request)
        if isinstance(known, Response):
            return known
        response = await self._answered(resource, request, in_path, known)
        response.headers.update(self._limits.headers(known.digest))
        return response

    async def _answered(
        self, resource: Resource, request: Request, in_path: Mapping[str, str], known: Known
    ) -> Response:
        permission = resource.does.permission
        forbidden = operations.forbidden_to(known.actor, permission)
        if forbidden is not None:
            return _refusal(known, forbidden, permission)
        if not accepts_json(request.headers.get("accept", "*/*")):
            return problem_of("not-acceptable")
        query = query_of(request)
        if isinstance(query, Refusal):
            return refused(query)
        body = await document_in(request) if resource.method in WITH_BODY else (b"", {})
        if isinstance(body, Response):
            return body
        octets, document = body
        wanted = asked(resource, in_path, query, document)
        if isinstance(wanted, Refusal):
            return refused(wanted)
        if must_have_seen(resource) and "if-match" not in request.headers:
            return problem_of("version-needed")
        attempt = await self._repeats.begin(request, known, resource, octets)
        if isinstance(attempt, Response):
            return attempt
        try:
            return await self._performed(resource, request, in_path, known, wanted, attempt)
        except Unmet as unmet:
            return problem_of(unmet.problem)
        finally:
            if attempt is not None:
                self._repeats.over(attempt)

    async def _performed(
        self,
        resource: Resource,
        request: Request,
        in_path: Mapping[str, str],
        known: Known,
        wanted: Asked,
        attempt: Attempt | None,
    ) -> Response:
        conditions = Conditions(
            before=self._unchanged(resource, request, in_path, known),
            after=None if attempt is None else attempt.write,
        )
        context = under(self._context, conditions)
        result = await operations.perform(context, known.actor, resource.operation, wanted.arguments)
        result = picked(resource, in_path, result)
        if isinstance(result, Refusal):
            return refused(result)
        if resource.method == "GET":
            octets = msgspec.json.encode(_listed(resource, wanted, result) if resource.lists else result)
            return _shown(request, octets, tags.tag_of(octets), _links(octets) if resource.pages else {})
        octets = msgspec.json.encode(result)
        headers = {"content-type": "application/json", **_location(resource, result)}
        if attempt is not None:
            await self._repeats.end(attempt, resource, headers, octets)
        return Response(octets, status_code=resource.status, headers=headers)

    def _unchanged(
        self, resource: Resource, request: Request, in_path: Mapping[str, str], known: Known
    ) -> Callable[[Changer], None] | None:
        """Return what refuses, inside of the change, somebody who has seen another version."""
        guard, seen = guards(resource), request.headers.get("if-match")
        if guard is None or seen is None:
            return None
        shown_by: Resource = guard
        written: str = seen
        arguments = operations.read_arguments(shown_by.does, {} if shown_by.pick else dict(in_path))

        def check(changer: Changer) -> None:
            result = performed_inside(self._context, known.actor, shown_by.operation, arguments, changer)
            found = picked(shown_by, in_path, result)
            if isinstance(found, Refusal):
                # What is not there is refused by the operation itself, with its own words.
                return
            if not tags.names(written, tags.tag_of(msgspec.json.encode(found))):
                raise Unmet("changed-meanwhile")

        return check


class _Everything:
    """An application, so that every method comes here."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)


def picked(resource: Resource, in_path: Mapping[str, str], result: object) -> object:
    """Return the one row of a list that is meant, or that there is none; anything else as it is."""
    if resource.pick is None or isinstance(result, Refusal):
        return result
    wanted = in_path[resource.in_path()[-1]]
    rows: list[object] = result if isinstance(result, list) else []
    found = next((row for row in rows if getattr(row, resource.pick) == wanted), None)
    return found or not_found(f"there is no {_SINGULAR[resource.tag]} {shown(wanted)!r}")


def _refusal(known: Known, refusal: Refusal, permission: Permission) -> Response:
    """Tell a refusal, and the permission where it is that which lacks."""
    lacks = operations.forbidden_to(known.actor, permission) is not None
    return refused(refusal, **({"permission": permission.value} if lacks else {}))


def _listed(resource: Resource, wanted: Asked, result: Any) -> dict[str, Any]:
    """Return a list as it is shown: its rows, and where it goes on."""
    if resource.pages is None or len(result) <= wanted.limit:
        return {"items": result, "next": None}
    rows = result[: wanted.limit]
    behind = cursor(resource.name, wanted.filters, getattr(rows[-1], resource.pages.key))
    query = urlencode({**wanted.filters, "limit": wanted.limit, "cursor": behind})
    return {"items": rows, "next": f"{PREFIX}{resource.path}?{query}"}


class _Next(msgspec.Struct):
    next: str | None


def _links(octets: bytes) -> dict[str, str]:
    following = msgspec.json.decode(octets, type=_Next).next
    return {} if following is None else {"link": f'<{following}>; rel="next"'}


def _shown(request: Request, octets: bytes, tag: str, more: Mapping[str, str]) -> Response:
    headers = {"etag": tag, **more}
    if tags.known(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(octets, headers={"content-type": "application/json", **headers})


def _location(resource: Resource, result: object) -> dict[str, str]:
    """Return where that can be found which was made, if it is shown anywhere."""
    if not resource.creates:
        return {}
    one = next(
        (
            known
            for known in ALL
            if known.method == "GET" and known.path.startswith(f"{resource.path}/{{") and known.path.endswith("}")
        ),
        None,
    )
    if one is None:
        return {}
    key = one.pick or {"user": "username"}.get(one.in_path()[-1], one.in_path()[-1])
    value = getattr(result, key, None)
    return {} if value is None else {"location": f"{PREFIX}{resource.path}/{quote(str(value), safe='')}"}
