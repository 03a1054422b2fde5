"""
What every page is made with, and the way that every form goes.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watchword.app import operations
from watchword.app.administration import Administration, Refusal
from watchword.app.feed import Feed
from watchword.kit.clock import MICROSECONDS
from watchword.web.portal.doors import Doors
from watchword.web.portal.filled import Form, arguments_of, form_of
from watchword.web.portal.forms import fields_of
from watchword.web.portal.once import Once
from watchword.web.portal.shell import Shell
from watchword.web.portal.visitor import Visitor

Again = Callable[[Form], Awaitable[Response]]
"""Shows a form's page once more, with what is wrong."""

Done = Callable[[Any], Awaitable[Response]]
"""Answers after the operation was done, with its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """
    What every page is made with.

    Attributes:
        context: what operations may reach.
        shell: makes the page around a template.
        doors: lets people through to a page.
        once: keeps the first answer to each form.
        feed: tells of what has changed.
    """

    context: Administration
    shell: Shell
    doors: Doors
    once: Once
    feed: Feed

    def now(self) -> datetime:
        """Return the instant at which a page is made."""
        return datetime.fromtimestamp(self.context.clock.now() / MICROSECONDS, UTC)

    async def perform(self, visitor: Visitor, name: str, arguments: object) -> Any:
        """Do an operation as somebody; its result, or a `Refusal`."""
        return await operations.perform(self.context, visitor.actor, name, arguments)

    async def submitted(
        self,
        visitor: Visitor,
        request: Request,
        operation: str,
        *,
        again: Again,
        done: Done,
        given: dict[str, Any] | None = None,
        hidden: tuple[str, ...] = (),
    ) -> Response:
        """
        Answer a form that asks for one operation.

        Args:
            visitor: who sends it.
            request: what he sends.
            operation: its name in the catalogue; the form's fields are called as its arguments are.
            again: shows the form once more. Its answer should have status 422.
            done: answers when the operation was done.
            given: arguments that are no fields of the form, such as an identifier of the path.
            hidden: fields that are not sent back, such as passwords.
        """

        async def first() -> Response:
            fields = await fields_of(request)
            if isinstance(fields, Response):
                return fields
            form = form_of(fields, hidden=hidden)
            kind = operations.OPERATIONS[operation].arguments
            reading = self.shell.reading(request, visitor)
            arguments = arguments_of(fields, kind, reading, **(given or {}))
            if isinstance(arguments, dict):
                return await again(Form(values=form.values, errors=arguments))
            result = await self.perform(visitor, operation, arguments)
            if isinstance(result, Refusal):
                return await again(
                    form.refused(
                        result, known=[one.name for one in dataclasses.fields(kind) if one.name not in (given or {})]
                    )
                )
            return await done(result)

        return await self.once.answer(visitor, request, first)

    def on(self, visitor: Visitor, to: str, message: str, tone: str = "good") -> Response:
        """Go on to a page that shows a message, after a form was done (Post/Redirect/Get)."""
        return self.shell.told(visitor, RedirectResponse(to, status_code=303), message, tone)

    def refused(self, visitor: Visitor, request: Request, refusal: Refusal) -> Response:
        """Return the page that shows why something cannot be shown."""
        return self.shell.refused(visitor, request, refusal)
