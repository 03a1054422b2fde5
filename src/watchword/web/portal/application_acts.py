"""
What is done to an application on a page that says what it does before: turned off, removed, a secret ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.domain.roles import Permission
from watchword.web.portal.application_known import HOME, known
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.sentences import said_plainly
from watchword.web.portal.visitor import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    Something that is done to an application.

    Attributes:
        name: of its page, below the application's.
        operation: that does it, `given` its arguments besides the application.
        title, submit, means, done: marked for translation; what it is called, what its button says, what it will do,
            and what was done.
        warning: marked too; what it costs, empty for nothing.
        danger: whether its button warns.
        network: whether it is about one network, which its address names.
    """

    name: str
    operation: str
    title: str
    submit: str
    means: str
    done: str
    given: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    danger: bool = False
    network: bool = False


ACTS: Final[tuple[Act, ...]] = (
    Act(
        name="turn-off",
        operation="application.change",
        given={"enabled": False},
        title=marked("Turn the application off"),
        submit=marked("Turn off"),
        means=marked(
            "Its requests are those of a stranger from now on: they get no answer, and nobody logs in there. Nothing of"
            " it is lost."
        ),
        done=marked("%(application)s is off."),
        danger=True,
    ),
    Act(
        name="turn-on",
        operation="application.change",
        given={"enabled": True},
        title=marked("Turn the application on"),
        submit=marked("Turn on"),
        means=marked("Its requests are answered again, with what was set for it."),
        done=marked("%(application)s is on."),
    ),
    Act(
        name="unsigned",
        operation="application.change",
        given={"message_authenticator": False},
        title=marked("Take requests without Message-Authenticator"),
        submit=marked("Turn the requirement off"),
        means=marked(
            "Only for a system that cannot send one, such as ocserv, the OpenVPN plug-in or pam_radius before 3.0. For"
            " every other one, turn it on there instead. Requests that carry one are still checked, and every answer"
            " of ours carries one."
        ),
        warning=marked(
            "What it costs: whoever sits on the network between the two can forge requests, and turn our Reject into"
            " an Accept where the system does not check answers either (CVE-2024-3596, Blast-RADIUS). Keep that path"
            " in a network of its own, or in a tunnel."
        ),
        done=marked("Requests of %(application)s need no Message-Authenticator any more."),
        danger=True,
    ),
    Act(
        name="signed",
        operation="application.change",
        given={"message_authenticator": True},
        title=marked("Require Message-Authenticator"),
        submit=marked("Require it"),
        means=marked(
            "Requests without one are dropped from now on. Be sure that the system sends it: else nobody logs in there"
            " until the requirement is turned off again."
        ),
        done=marked("Requests of %(application)s must carry Message-Authenticator."),
    ),
    Act(
        name="secret/finish",
        operation="application.secret-finish",
        title=marked("End the older secret"),
        submit=marked("End the older secret"),
        means=marked(
            "From now on the newer secret alone counts. A system that still has the older one is not heard any more."
        ),
        done=marked("The older secret of %(application)s has ended."),
        danger=True,
    ),
    Act(
        name="networks/remove",
        operation="application.client-remove",
        title=marked("Remove a network"),
        submit=marked("Remove the network"),
        means=marked("Requests from there are those of a stranger from now on, and its secret is erased."),
        done=marked("%(application)s asks from there no more."),
        danger=True,
        network=True,
    ),
    Act(
        name="remove",
        operation="application.remove",
        title=marked("Remove the application"),
        submit=marked("Remove the application"),
        means=marked(
            "Nobody logs in there any more. Its networks and secrets are erased, its own caching rules and bypasses"
            " end. What happened there stays in activity and audit. This cannot be undone; to try how it goes without"
            " it, turn it off."
        ),
        done=marked("%(application)s is removed."),
        danger=True,
    ),
)
"""All of them."""


class ApplicationActs:
    """Serves a page for each of `ACTS`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [route for act in ACTS for route in self._routes(act)]

    def _routes(self, act: Act) -> tuple[Route, Route]:
        door, write = self._desk.doors.signed_in, Permission.APPLICATION_WRITE

        async def ask(visitor: Visitor, request: Request) -> Response:
            return await self._page(visitor, request, act, Form(values=_network_of(request, act)))

        async def do(visitor: Visitor, request: Request) -> Response:
            return await self._do(visitor, request, act)

        path = f"{HOME}/{{id}}/{act.name}"
        return (
            Route(path, door(ask, permission=write, fresh=True), methods=["GET"]),
            Route(path, door(do, permission=write, fresh=True), methods=["POST"]),
        )

    async def _page(self, visitor: Visitor, request: Request, act: Act, form: Form) -> Response:
        found = await known(self._desk, visitor, request.path_params["id"])
        if isinstance(found, Refusal):
            return self._desk.refused(visitor, request, found)
        status = 422 if form.wrong else 200
        return self._desk.shell.page(
            visitor, request, "applications/act.html", status=status, form=form, act=act, known=found
        )

    async def _do(self, visitor: Visitor, request: Request, act: Act) -> Response:
        async def again(form: Form) -> Response:
            return await self._page(visitor, request, act, form)

        async def done(changed: Any) -> Response:
            to = HOME if act.operation == "application.remove" else f"{HOME}/{request.path_params['id']}"
            reading = self._desk.shell.reading(request, visitor)
            notes = [said_plainly(note, reading)[0] for note in getattr(changed, "notes", ())]
            words = reading.gettext(act.done, application=changed.name)
            # What it costs was said before it was done.
            return self._desk.on(visitor, to, words if act.warning else " ".join((words, *notes)))

        given = {"name": request.path_params["id"], **act.given}
        return await self._desk.submitted(visitor, request, act.operation, again=again, done=done, given=given)


def _network_of(request: Request, act: Act) -> dict[str, str]:
    return {"client": request.query_params.get("client", "")} if act.network else {}
