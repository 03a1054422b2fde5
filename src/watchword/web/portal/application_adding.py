"""
Adding an application: what kind of system asks, then what is set for it, then what to write into its configuration.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.applications import ApplicationAdded
from watchword.app.manage.presets import PresetRow
from watchword.domain.applications import DEFAULT_DEADLINE, AuthenticationType, PortalAway, PrimaryKind
from watchword.domain.roles import Permission
from watchword.web.portal.application_known import HOME, MOST_DIRECTORIES, directories, path_of, presets, primary_in
from watchword.web.portal.applications import api_command
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import fields_of
from watchword.web.portal.languages import marked
from watchword.web.portal.visitor import Visitor

OTHER: Final = "other"
API: Final = "api"
"""Kinds that are no preset: whatever else speaks RADIUS, and programs that use the REST API."""

SECRET_PLACE: Final = "<SECRET>"  # noqa: S105 - where it goes

DEADLINES: Final = (14, 28, 50, 60)
"""Seconds that one chooses by pressing them."""

AWAY: Final = (
    (PortalAway.DENY, marked("Every login is denied: the careful choice.")),
    (
        PortalAway.CODES,
        marked("Codes of tokens are checked there, each once, for 15 minutes at most. No bypass and no cache counts."),
    ),
)
"""What an MFA server may do without a portal, and what that means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of system that asks. `preset` is None for those of which nothing else is known."""

    id: str
    preset: PresetRow | None = None

    @property
    def type(self) -> AuthenticationType:
        """How it asks."""
        return AuthenticationType.API if self.id == API else AuthenticationType.RADIUS

    def proposed(self) -> Form:
        """Return the form with what is proposed for it."""
        preset = self.preset
        return Form(
            values={
                "deadline": str(DEFAULT_DEADLINE if preset is None else preset.deadline),
                "challenge": "on" if preset is not None and preset.challenge else "off",
                "message_authenticator": "on" if preset is None or preset.message_authenticator else "off",
                "primary": (
                    PrimaryKind.ASSERTED if preset is not None and preset.asserted else PrimaryKind.LOCAL
                ).value,
                "user_match": "on",
                "portal_away": PortalAway.DENY.value,
            }
        )


class AddingApplications:
    """Serves the pages on which an application is added."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door, write = self._desk.doors.signed_in, Permission.APPLICATION_WRITE
        return [
            Route(f"{HOME}/add", door(self._add, permission=write, fresh=True), methods=["GET"]),
            Route(f"{HOME}/add", door(self._added, permission=write, fresh=True), methods=["POST"]),
        ]

    async def _kind(self, visitor: Visitor, wanted: str) -> Kind | Refusal | None:
        if wanted in (OTHER, API):
            return Kind(id=wanted)
        rows = await presets(self._desk, visitor)
        if isinstance(rows, Refusal):
            return rows
        return next((Kind(id=row.id, preset=row) for row in rows if row.id == wanted), None)

    async def _add(self, visitor: Visitor, request: Request) -> Response:
        kind = await self._kind(visitor, request.query_params.get("kind", ""))
        if isinstance(kind, Refusal):
            return self._desk.refused(visitor, request, kind)
        return await self._asked(visitor, request, kind, None if kind is None else kind.proposed())

    async def _asked(self, visitor: Visitor, request: Request, kind: Kind | None, form: Form | None) -> Response:
        """Return the form for a kind, or the kinds to choose from while none is chosen."""
        if kind is None or form is None:
            rows = await presets(self._desk, visitor)
            if isinstance(rows, Refusal):
                return self._desk.refused(visitor, request, rows)
            return self._desk.shell.page(visitor, request, "applications/kinds.html", presets=rows)
        return self._desk.shell.page(
            visitor,
            request,
            "applications/add.html",
            status=422 if form.wrong else 200,
            form=form,
            kind=kind,
            directories=await directories(self._desk, visitor),
            order=range(1, MOST_DIRECTORIES + 1),
            deadlines=DEADLINES,
            away=AWAY,
        )

    async def _added(self, visitor: Visitor, request: Request) -> Response:
        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields
        kind = await self._kind(visitor, str(fields.get("kind", "")))
        if isinstance(kind, Refusal):
            return self._desk.refused(visitor, request, kind)
        if kind is None:
            return await self._asked(visitor, request, None, None)

        async def again(form: Form) -> Response:
            return await self._asked(visitor, request, kind, form)

        async def done(added: ApplicationAdded) -> Response:
            return self._shown(visitor, request, kind, added)

        given = {"type": kind.type, "primary": primary_in(fields) or PrimaryKind.LOCAL.value}
        return await self._desk.submitted(
            visitor, request, "application.add", again=again, done=done, given=given, hidden=("secret",)
        )

    def _shown(self, visitor: Visitor, request: Request, kind: Kind, added: ApplicationAdded) -> Response:
        """Return what to write into its configuration, with the secret where it was made here."""
        secret = added.secret or SECRET_PLACE
        if kind.type is AuthenticationType.API:
            text = api_command(self._desk.context.portal_url, added.name, secret)
        else:
            lines = () if kind.preset is None else kind.preset.configuration
            text = "\n".join(lines).replace(SECRET_PLACE, secret)
        return self._desk.shell.page(
            visitor,
            request,
            "applications/added.html",
            added=added,
            kind=kind,
            configuration=text,
            home=path_of(added.id),
        )
