"""
What is done to a user: blocked, unlocked, called otherwise, removed. Each is a page that says what it does before.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.app.administration import Refusal
from watchword.app.manage.user_page import UserShown
from watchword.app.manage.users import UserDone, UserNamed
from watchword.domain.roles import Permission
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.languages import marked
from watchword.web.portal.users import HOME, path_of, told
from watchword.web.portal.visitor import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    Something that is done to a user.

    Attributes:
        name: of its page, below the user's.
        operation: that does it.
        fresh: whether it lets somebody in who was kept out, so that it needs a fresh second step.
        title, submit, means, done: marked for translation; what it is called, what its button says, what it will do,
            and what was done.
        field: the argument that is asked for besides the user, None for none.
        danger: whether its button warns.
    """

    name: str
    operation: str
    permission: Permission
    title: str
    submit: str
    means: str
    done: str
    field: str | None = "reason"
    fresh: bool = False
    danger: bool = False


_WRITE: Final = Permission.USER_WRITE
_BLOCK: Final = Permission.USER_BLOCK

ACTS: Final[tuple[Act, ...]] = (
    Act(
        name="block",
        operation="user.block",
        permission=_BLOCK,
        title=marked("Block"),
        submit=marked("Block"),
        means=marked(
            "Nobody passes under this name any more, whatever they have: no code, no bypass, no cache. What"
            " waits at this"
            " moment is denied at once."
        ),
        done=marked("%(user)s is blocked."),
        danger=True,
    ),
    Act(
        name="unblock",
        operation="user.unblock",
        permission=_BLOCK,
        title=marked("Unblock"),
        submit=marked("Unblock"),
        means=marked(
            "They may sign in again, with password and second step. Be sure that the reason of the block is gone."
        ),
        done=marked("%(user)s is not blocked any more."),
        fresh=True,
    ),
    Act(
        name="unlock",
        operation="user.unlock",
        permission=_BLOCK,
        title=marked("Unlock"),
        submit=marked("Unlock"),
        means=marked(
            "Their wrong codes and refused prompts are forgotten, and they may try again at once. If it was not"
            " they who"
            " typed the wrong codes, somebody else knows their password: let it be changed first."
        ),
        done=marked("%(user)s is unlocked."),
        field=None,
    ),
    Act(
        name="disable",
        operation="user.disable",
        permission=_WRITE,
        title=marked("Disable"),
        submit=marked("Disable"),
        means=marked(
            "They cannot sign in for the time being, for example while they are on leave. Nothing of theirs is lost."
        ),
        done=marked("%(user)s is disabled."),
        danger=True,
    ),
    Act(
        name="enable",
        operation="user.enable",
        permission=_WRITE,
        title=marked("Enable"),
        submit=marked("Enable"),
        means=marked("They may sign in again, with what they have."),
        done=marked("%(user)s is enabled."),
        fresh=True,
    ),
    Act(
        name="rename",
        operation="user.rename",
        permission=_WRITE,
        title=marked("Change the display name"),
        submit=marked("Save"),
        means=marked("What people call them. Nobody signs in by it."),
        done=marked("The display name of %(user)s is changed."),
        field="name",
    ),
    Act(
        name="password",
        operation="user.password",
        permission=_WRITE,
        title=marked("Set a password"),
        submit=marked("Set the password"),
        means=marked("It counts where an application checks passwords here, and no directory does. What waits ends."),
        done=marked("The password of %(user)s is set."),
        field="password",
        fresh=True,
    ),
    Act(
        name="alias-add",
        operation="user.alias-add",
        permission=_WRITE,
        title=marked("Add a name"),
        submit=marked("Add"),
        means=marked(
            "Another name under which they sign in, such as an e-mail address. A name that two users share names"
            " neither."
        ),
        done=marked("%(user)s goes by one more name."),
        field="alias",
        fresh=True,
    ),
    Act(
        name="alias-remove",
        operation="user.alias-remove",
        permission=_WRITE,
        title=marked("Take a name away"),
        submit=marked("Take it away"),
        means=marked("They cannot sign in under it any more. What they have stays."),
        done=marked("%(user)s goes by one name less."),
        field="alias",
        danger=True,
    ),
    Act(
        name="remove",
        operation="user.remove",
        permission=_WRITE,
        title=marked("Remove"),
        submit=marked("Remove the user"),
        means=marked(
            "Their second steps are erased, their bypasses end, and what waits is denied. What they did stays in"
            " activity and"
            " audit. This cannot be undone."
        ),
        done=marked("%(user)s is removed."),
        field=None,
        fresh=True,
        danger=True,
    ),
)
"""All of them."""


class UserActs:
    """Serves a page for each of `ACTS`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [route for act in ACTS for route in self._routes(act)]

    def _routes(self, act: Act) -> tuple[Route, Route]:
        door = self._desk.doors.signed_in

        async def ask(visitor: Visitor, request: Request) -> Response:
            prefilled = {"alias": request.query_params.get("alias", "")} if act.field == "alias" else {}
            return await self._page(visitor, request, act, Form(values=prefilled))

        async def do(visitor: Visitor, request: Request) -> Response:
            return await self._do(visitor, request, act)

        path = f"{HOME}/{{user}}/{act.name}"
        return (
            Route(path, door(ask, permission=act.permission, fresh=act.fresh), methods=["GET"]),
            Route(path, door(do, permission=act.permission, fresh=act.fresh), methods=["POST"]),
        )

    async def _page(self, visitor: Visitor, request: Request, act: Act, form: Form) -> Response:
        named = UserNamed(user=request.path_params["user"])
        user: UserShown | Refusal = await self._desk.perform(visitor, "user.show", named)
        if isinstance(user, Refusal):
            return self._desk.refused(visitor, request, user)
        if act.field == "name" and not form.wrong:
            form = form.having(name=user.name)
        return self._desk.shell.page(
            visitor,
            request,
            "users/act.html",
            status=422 if form.wrong else 200,
            form=form,
            act=act,
            user=user,
            home=path_of(user.username),
        )

    async def _do(self, visitor: Visitor, request: Request, act: Act) -> Response:
        async def again(form: Form) -> Response:
            return await self._page(visitor, request, act, form)

        async def done(changed: UserDone) -> Response:
            to = HOME if act.operation == "user.remove" else path_of(changed.username)
            return told(self._desk, visitor, request, changed, act.done, to=to)

        return await self._desk.submitted(
            visitor,
            request,
            act.operation,
            again=again,
            done=done,
            given={"user": request.path_params["user"]},
            hidden=("password",),
        )
