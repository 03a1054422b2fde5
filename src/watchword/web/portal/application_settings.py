"""
What is set for an application, and what to write into the configuration of the system that asks.
"""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.applications import ApplicationDone
from watchword.app.manage.clients import ClientAdded, SecretReplaced
from watchword.domain.applications import AuthenticationType
from watchword.domain.roles import Permission
from watchword.web.portal.application_adding import AWAY, DEADLINES, SECRET_PLACE
from watchword.web.portal.application_known import (
    HOME,
    MOST_DIRECTORIES,
    Known,
    directories,
    known,
    presets,
    primary_in,
    with_primary,
)
from watchword.web.portal.applications import api_command, networks_of
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import fields_of
from watchword.web.portal.languages import marked
from watchword.web.portal.listing import Listing
from watchword.web.portal.sentences import said_plainly
from watchword.web.portal.visitor import Visitor

_CHANGED: Final = marked("%(application)s is changed, and what was remembered of its logins is forgotten.")

_HIGHEST_PORT: Final = 65_535


class ApplicationSettings:
    """Serves them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        door = self._desk.doors.signed_in
        read, write = Permission.APPLICATION_READ, Permission.APPLICATION_WRITE
        one = f"{HOME}/{{id}}"
        return [
            Route(f"{one}/configuration", door(self._configuration, permission=read), methods=["GET"]),
            Route(f"{one}/change", door(self._change, permission=write, fresh=True), methods=["GET"]),
            Route(f"{one}/change", door(self._changed, permission=write, fresh=True), methods=["POST"]),
            Route(f"{one}/secret", door(self._replace, permission=write, fresh=True), methods=["GET"]),
            Route(f"{one}/secret", door(self._replaced, permission=write, fresh=True), methods=["POST"]),
            Route(f"{one}/networks/add", door(self._network, permission=write, fresh=True), methods=["GET"]),
            Route(f"{one}/networks/add", door(self._network_added, permission=write, fresh=True), methods=["POST"]),
        ]

    async def _page(self, visitor: Visitor, request: Request, template: str, form: Form, **values: Any) -> Response:
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        status = 422 if form.wrong else 200
        return self._desk.shell.page(visitor, request, template, status=status, known=found, form=form, **values)

    # --- what to write into its configuration

    async def _configuration(self, visitor: Visitor, request: Request) -> Response:
        found = await known(self._desk, visitor, request.path_params["id"])
        listing = Listing.of(request, ("kind", "server", "port"))
        written = listing.value("port")
        port = int(written) if written.isascii() and written.isdecimal() and len(written) <= len("65535") else None
        rows = await presets(
            self._desk, visitor, listing.maybe("server"), port if port and port <= _HIGHEST_PORT else None
        )
        if isinstance(found, Refusal) or isinstance(rows, Refusal):
            refusal = found if isinstance(found, Refusal) else rows
            assert isinstance(refusal, Refusal)  # noqa: S101 - one of the two is
            return self._desk.refused(visitor, request, refusal)
        by_api = found.row.authentication_type is AuthenticationType.API
        return self._desk.shell.page(
            visitor,
            request,
            "applications/configuration.html",
            known=found,
            listing=listing,
            form=Form(values=dict(listing.values)),
            presets=rows,
            preset=next((row for row in rows if row.id == listing.value("kind")), None),
            command=api_command(self._desk.context.portal_url, found.row.name, SECRET_PLACE) if by_api else None,
        )

    # --- changing it

    async def _change(self, visitor: Visitor, request: Request) -> Response:
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        return await self._changing(visitor, request, _filled(found))

    async def _changing(self, visitor: Visitor, request: Request, form: Form) -> Response:
        return await self._page(
            visitor,
            request,
            "applications/change.html",
            form,
            directories=await directories(self._desk, visitor),
            order=range(1, MOST_DIRECTORIES + 1),
            deadlines=DEADLINES,
            away=AWAY,
        )

    async def _changed(self, visitor: Visitor, request: Request) -> Response:
        fields = await fields_of(request)
        if isinstance(fields, Response):
            return fields

        async def again(form: Form) -> Response:
            return await self._changing(visitor, request, form)

        async def done(changed: ApplicationDone) -> Response:
            reading = self._desk.shell.reading(request, visitor)
            notes = (said_plainly(note, reading)[0] for note in changed.notes)
            words = " ".join((reading.gettext(_CHANGED, application=changed.name), *notes))
            return self._desk.on(visitor, f"{HOME}/{changed.id}", words, "warn" if changed.notes else "good")

        given: dict[str, Any] = {"name": request.path_params["id"], "primary": primary_in(fields), "clients": None}
        if fields.get("clients_shown") == "yes":
            written = fields.get("clients", "")
            given["clients"] = tuple(line.strip() for line in str(written).splitlines() if line.strip())
        return await self._desk.submitted(visitor, request, "application.change", again=again, done=done, given=given)

    # --- secrets

    async def _replace(self, visitor: Visitor, request: Request) -> Response:
        return await self._page(visitor, request, "applications/secret.html", Form())

    async def _replaced(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._page(visitor, request, "applications/secret.html", form)

        async def done(replaced: SecretReplaced) -> Response:
            return await self._page(
                visitor, request, "applications/secret-made.html", Form(), secret=replaced.secret, client=None
            )

        given = {"name": request.path_params["id"], "client": None}
        return await self._desk.submitted(
            visitor,
            request,
            "application.secret-replace",
            again=again,
            done=done,
            given=given,
            hidden=("secret",),
        )

    async def _network(self, visitor: Visitor, request: Request) -> Response:
        values = {"client": request.query_params.get("client", ""), "message_authenticator": "on"}
        return await self._page(visitor, request, "applications/network-add.html", Form(values=values))

    async def _network_added(self, visitor: Visitor, request: Request) -> Response:
        async def again(form: Form) -> Response:
            return await self._page(visitor, request, "applications/network-add.html", form)

        async def done(added: ClientAdded) -> Response:
            return await self._page(
                visitor,
                request,
                "applications/secret-made.html",
                Form(),
                secret=added.secret,
                client=added.client,
            )

        given = {"name": request.path_params["id"]}
        return await self._desk.submitted(
            visitor,
            request,
            "application.client-add",
            again=again,
            done=done,
            given=given,
            hidden=("secret",),
        )


def _filled(found: Known) -> Form:
    """Return the form with what is set for an application."""
    row = found.row
    form = Form(
        values={
            "version": str(row.version),
            "clients": "\n".join(networks_of(row)),
            "deadline": str(row.deadline),
            "challenge": "on" if row.challenge else "off",
            "user_match": "on" if row.user_match else "off",
            "message_authenticator": "on" if all(client.message_authenticator for client in row.clients) else "off",
            "portal_away": row.portal_away.value,
        }
    )
    return with_primary(form, row.primary)
