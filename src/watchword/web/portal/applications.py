"""
Applications: what asks, listed with what is wrong, added by what kind of system it is, and each one's page.
"""

import shlex
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.activity import ActivityFound, ActivitySearch
from watchword.app.manage.application_rows import ApplicationList, ApplicationRow
from watchword.app.manage.observing import ApplicationObserve, ApplicationObserved
from watchword.app.manage.pending import PendingList, PendingRow
from watchword.app.manage.report import BypassList, BypassRow
from watchword.app.manage.rules import RuleList, RuleRow
from watchword.domain.roles import PERMISSIONS, Permission
from watchword.web.portal.application_known import HOME, Known, known, path_of
from watchword.web.portal.application_problems import problems_of
from watchword.web.portal.desk import Desk
from watchword.web.portal.listing import Listing
from watchword.web.portal.visitor import Visitor

RECENT: Final = 10
"""Logins on an application's page."""


class Applications:
    """Serves the list of applications, and each one's page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, read = self._desk.doors.signed_in, Permission.APPLICATION_READ
        one = f"{HOME}/{{id}}"
        return [
            Route(HOME, door(self._home, permission=read), methods=["GET"]),
            Route(f"{HOME}/now", door(self._rows_now, permission=read), methods=["GET"]),
            Route(f"{HOME}/named", door(self._named, permission=read), methods=["GET"]),
            Route(one, door(self._one, permission=read), methods=["GET"]),
            Route(f"{one}/now", door(self._now, permission=read), methods=["GET"]),
            Route(f"{one}/seen", door(self._seen, permission=read), methods=["GET"]),
        ]

    # --- the list

    async def _home(self, visitor: Visitor, request: Request) -> Response:
        found = await self._found(visitor, request)
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return self._desk.shell.page(visitor, request, "applications/home.html", **found)

    async def _rows_now(self, visitor: Visitor, request: Request) -> Response:
        """Return the rows alone, which are fetched again when something has changed."""
        found = await self._found(visitor, request)
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return self._desk.shell.fragment(visitor, request, "applications/rows.html", **found)

    async def _found(self, visitor: Visitor, request: Request) -> dict[str, Any] | Refusal:
        rows: list[ApplicationRow] | Refusal = await self._desk.perform(visitor, "application.list", ApplicationList())
        if isinstance(rows, Refusal):
            return rows
        seen: list[ApplicationObserved] | Refusal = await self._desk.perform(
            visitor, "application.observed", ApplicationObserve()
        )
        observed = {} if isinstance(seen, Refusal) else {one.id: one for one in seen}
        listing = Listing(HOME, Listing.of(request, ("q",)).values)
        wanted = listing.value("q").casefold()
        entries = [
            Known(
                row=row,
                observed=observed.get(row.id),
                problems=problems_of(row, observed.get(row.id)),
                home=path_of(row.id),
            )
            for row in rows
            if wanted in row.name.casefold() or any(wanted in network for network in networks_of(row))
        ]
        now = f"{HOME}/now{listing.having().removeprefix(HOME)}"
        return {"listing": listing, "entries": entries, "networks_of": networks_of, "now": now}

    async def _named(self, visitor: Visitor, request: Request) -> Response:
        """Go on from a name, as rows of activity and rules have it, to the page."""
        found = await known(self._desk, visitor, request.query_params.get("name", ""))
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return RedirectResponse(found.home, status_code=303)

    # --- one application

    async def _one(self, visitor: Visitor, request: Request) -> Response:
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        happened = await self._happened(visitor, found)
        return self._desk.shell.page(
            visitor,
            request,
            "applications/one.html",
            known=found,
            rules=await self._rules(visitor, found.row.name),
            networks_of=networks_of,
            **happened,
        )

    async def _now(self, visitor: Visitor, request: Request) -> Response:
        """Return what waits and what happened, which is fetched again when something has."""
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        happened = await self._happened(visitor, found)
        return self._desk.shell.fragment(visitor, request, "applications/now.html", known=found, **happened)

    async def _seen(self, visitor: Visitor, request: Request) -> Response:
        """Return how it asks, which nothing tells of: packets that are dropped leave no row."""
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return self._desk.shell.fragment(visitor, request, "applications/seen.html", known=found)

    async def _happened(self, visitor: Visitor, found: Known) -> dict[str, Any]:
        """Return what its page shows of what happened; what the role may not see is None."""
        allowed, name = PERMISSIONS[visitor.actor.role], found.row.name
        recent: ActivityFound | Refusal | None = None
        waiting: list[PendingRow] | Refusal | None = None
        bypasses: list[BypassRow] | Refusal | None = None
        if Permission.ACTIVITY_READ in allowed:
            wanted = ActivitySearch(application=name, limit=RECENT)
            recent = await self._desk.perform(visitor, "activity.search", wanted)
            waiting = await self._desk.perform(visitor, "pending", PendingList())
        if Permission.BYPASS_READ in allowed:
            bypasses = await self._desk.perform(visitor, "bypass.list", BypassList(limit=1_000))
        return {
            "recent": recent.rows if isinstance(recent, ActivityFound) else None,
            "waiting": [one for one in waiting if one.application == name] if isinstance(waiting, list) else None,
            "bypasses": [one for one in bypasses if one.application == name] if isinstance(bypasses, list) else None,
        }

    async def _rules(self, visitor: Visitor, name: str) -> list[RuleRow] | None:
        """Return the caching rules that hold for it; None where the role may not see them."""
        if Permission.RULE_READ not in PERMISSIONS[visitor.actor.role]:
            return None
        rows: list[RuleRow] | Refusal = await self._desk.perform(visitor, "rule.list", RuleList())
        return None if isinstance(rows, Refusal) else [row for row in rows if row.application in (None, name)]


def networks_of(row: ApplicationRow) -> tuple[str, ...]:
    """Return the networks that an application asks from."""
    return tuple(client.network for client in row.clients) if row.api is None else row.api.networks


def api_command(portal_url: str, name: str, secret: str) -> str:
    """Return the command that asks for a second step as an application of type `api` does."""
    return (
        f"curl --user {shlex.quote(f'{name}:{secret}')} --header 'content-type: application/json' \\\n"
        f'  --data \'{{"user": "anna@example.org", "code": "123456"}}\' \\\n'
        f"  {portal_url}/api/v1/verifications"
    )
