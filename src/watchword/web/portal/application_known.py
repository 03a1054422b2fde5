"""
What the pages of one application have in common: what it is, how it asks, and where its pages are.
"""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

from watchword.app.administration import Refusal
from watchword.app.manage.application_rows import ApplicationNamed, ApplicationRow
from watchword.app.manage.directories import DirectoryList, DirectoryRow
from watchword.app.manage.observing import ApplicationObserve, ApplicationObserved
from watchword.app.manage.presets import ApplicationPresets, PresetRow
from watchword.domain.applications import PrimaryKind
from watchword.web.portal.application_problems import Problem, problems_of
from watchword.web.portal.desk import Desk
from watchword.web.portal.filled import Form
from watchword.web.portal.forms import Fields
from watchword.web.portal.visitor import Visitor

HOME: Final = "/applications"

DIRECTORIES: Final = "directories"
"""What is chosen where directories check the password; their names are in fields of their own, in order."""

MOST_DIRECTORIES: Final = 4
"""Directories that a form offers to ask in order; the command line knows more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    An application as its pages show it.

    Attributes:
        observed: how it asks; None where that is not known.
        problems: what is wrong with it, the worst first.
        home: its page.
    """

    row: ApplicationRow
    observed: ApplicationObserved | None
    problems: list[Problem]
    home: str

    @property
    def replacing(self) -> bool:
        """Whether a secret of it is being replaced."""
        held = [client.secrets for client in self.row.clients] + ([self.row.api.secrets] if self.row.api else [])
        return any(secrets > 1 for secrets in held)

    @property
    def hears_this_machine(self) -> bool:
        """Whether a request that this machine sends to itself is one of its own."""
        return any(ip_address("127.0.0.1") in ip_network(client.network) for client in self.row.clients)


def path_of(identifier: str) -> str:
    """Return the address of an application's page."""
    return f"{HOME}/{identifier}"


async def known(desk: Desk, visitor: Visitor, name: str) -> Known | Refusal:
    """Return an application by its name or id."""
    row: ApplicationRow | Refusal = await desk.perform(visitor, "application.show", ApplicationNamed(name=name))
    if isinstance(row, Refusal):
        return row
    seen: list[ApplicationObserved] | Refusal = await desk.perform(
        visitor, "application.observed", ApplicationObserve(name=row.id)
    )
    observed = None if isinstance(seen, Refusal) else seen[0]
    return Known(row=row, observed=observed, problems=problems_of(row, observed), home=path_of(row.id))


async def directories(desk: Desk, visitor: Visitor) -> list[str]:
    """Return the names of the directories that there are."""
    rows: list[DirectoryRow] | Refusal = await desk.perform(visitor, "directory.list", DirectoryList())
    return [] if isinstance(rows, Refusal) else [row.name for row in rows]


async def presets(
    desk: Desk, visitor: Visitor, server: str | None = None, port: int | None = None
) -> list[PresetRow] | Refusal:
    """Return what is known of the systems that ask, with our address in what is pasted there."""
    rows: list[PresetRow] | Refusal = await desk.perform(
        visitor, "application.presets", ApplicationPresets(server=server, port=port)
    )
    return rows


def primary_in(fields: Fields) -> str | None:
    """Return where passwords are checked as an operation reads it, None where a form does not say."""
    chosen = fields.get("primary")
    if chosen != DIRECTORIES:
        return chosen if isinstance(chosen, str) and chosen else None
    names = (fields.get(f"directory-{place}", "") for place in range(1, MOST_DIRECTORIES + 1))
    return ",".join(name for name in names if isinstance(name, str) and name)


def with_primary(form: Form, primary: str) -> Form:
    """Return a form that says where passwords are checked."""
    if primary in (PrimaryKind.LOCAL, PrimaryKind.ASSERTED):
        return form.having(primary=primary)
    places = {f"directory-{place}": name for place, name in enumerate(primary.split(","), 1)}
    return form.having(primary=DIRECTORIES, **places)
