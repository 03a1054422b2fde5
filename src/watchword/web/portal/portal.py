"""
The portal: everything that its pages stand on, and the pages.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from watchword.app.administration import forbidden
from watchword.app.entrance.opening import Sessions
from watchword.app.feed import Feed
from watchword.web.portal.account import Account
from watchword.web.portal.activity import Activities
from watchword.web.portal.administrators import Administrators
from watchword.web.portal.api_keys import ApiKeys
from watchword.web.portal.application_acts import ApplicationActs
from watchword.web.portal.application_adding import AddingApplications
from watchword.web.portal.application_settings import ApplicationSettings
from watchword.web.portal.application_try import TryingApplications
from watchword.web.portal.applications import Applications
from watchword.web.portal.assets import Assets
from watchword.web.portal.audit import AuditTrail
from watchword.web.portal.bypass_report import BypassReport
from watchword.web.portal.bypasses import Bypasses
from watchword.web.portal.confirm import Confirm
from watchword.web.portal.design import Design
from watchword.web.portal.desk import Desk
from watchword.web.portal.directories import Directories
from watchword.web.portal.doors import Doors, Recognise
from watchword.web.portal.entering import Entering
from watchword.web.portal.find import Find
from watchword.web.portal.groups import Groups
from watchword.web.portal.languages import Languages, read_languages
from watchword.web.portal.live import Live
from watchword.web.portal.once import Once
from watchword.web.portal.origins import origin_of
from watchword.web.portal.overview import Overview
from watchword.web.portal.pages_of_problems import PagesOfProblems
from watchword.web.portal.pending import Waiting
from watchword.web.portal.preferences import Preferences
from watchword.web.portal.recognising import Recognising
from watchword.web.portal.rule_entries import Remembered
from watchword.web.portal.rules import Rules
from watchword.web.portal.server_acts import ServerActs
from watchword.web.portal.server_download import ServerDownloads
from watchword.web.portal.server_settings import ServerSettings
from watchword.web.portal.servers import Servers
from watchword.web.portal.set_up import SetUp
from watchword.web.portal.settings import SettingPages
from watchword.web.portal.shell import Shell
from watchword.web.portal.sign_in import SignIn
from watchword.web.portal.templates import Templates
from watchword.web.portal.user_acts import UserActs
from watchword.web.portal.user_methods import UserMethods
from watchword.web.portal.users import Users
from watchword.web.portal.visitor import Visitor
from watchword.web.portal.what_if import WouldBe
from watchword.web.problems import OF_REFUSAL
from watchword.web.surroundings import Surroundings

_TOKEN_OCTETS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What pages are made of; it is the same for every portal of a process."""

    assets: Assets
    templates: Templates
    languages: Languages


@cache
def stock() -> Stock:
    """Read it: some tenths of a second, so this is called on a thread when the process starts."""
    assets = Assets.read()
    return Stock(assets=assets, templates=Templates(assets), languages=read_languages())


def desk_of(surroundings: Surroundings, recognise: Recognise) -> Desk:
    """
    Return what every page is made with.

    Args:
        surroundings: what the web stands on.
        recognise: tells who sends a request.
    """
    context = surroundings.context

    def token() -> str:
        return base64.urlsafe_b64encode(context.randomness.octets(_TOKEN_OCTETS)).decode()

    shell = Shell(
        languages=stock().languages,
        templates=stock().templates,
        now=context.clock.now,
        token=token,
        secure=context.portal_url.startswith("https:"),
    )

    async def refuse(visitor: Visitor | None, request: Request, sentence: str) -> Response:
        refusal = forbidden(sentence)
        if visitor is None:
            return shell.bare(request, "turned-away.html", status=OF_REFUSAL[refusal.kind].status, refusal=refusal)
        return shell.refused(visitor, request, refusal)

    return Desk(
        context=context,
        shell=shell,
        doors=Doors(recognise=recognise, refuse=refuse, origin=origin_of(context.portal_url)),
        once=Once(clock=context.clock),
        feed=context.feed or Feed(),
    )


def pages(desk: Desk, *, development: bool) -> list[BaseRoute]:
    """Return every page for people who are signed in; whoever writes one adds it here."""
    subjects = (
        Overview(desk),
        BypassReport(desk),
        Bypasses(desk),
        Activities(desk),
        Waiting(desk),
        WouldBe(desk),
        AuditTrail(desk),
        SettingPages(desk),
        Users(desk),
        UserActs(desk),
        UserMethods(desk),
        AddingApplications(desk),
        Applications(desk),
        ApplicationActs(desk),
        ApplicationSettings(desk),
        TryingApplications(desk),
        Directories(desk),
        Find(desk),
        Preferences(desk),
        Account(desk),
        Administrators(desk),
        ApiKeys(desk),
        Remembered(desk),
        Rules(desk),
        ServerSettings(desk),
        ServerDownloads(desk),
        ServerActs(desk),
        Servers(desk),
        Groups(desk),
        *((Design(desk),) if development else ()),
    )
    return [*(route for subject in subjects for route in subject.routes()), *Live(desk.feed, desk.doors).routes()]


def _recognising(surroundings: Surroundings) -> Recognising:
    context = surroundings.context
    return Recognising(
        Sessions(context),
        clock=context.clock,
        randomness=context.randomness,
        secure=context.portal_url.startswith("https:"),
    )


def pages_of_problems(surroundings: Surroundings, recognise: Recognise | None = None) -> Callable[[ASGIApp], ASGIApp]:
    """
    Return what makes pages of the problems that people meet, to be put around an application.

    Args:
        surroundings: what the web stands on.
        recognise: tells who sends a request; None for whoever has a session.
    """
    who = recognise or _recognising(surroundings).visitor
    shell = desk_of(surroundings, who).shell
    return lambda app: PagesOfProblems(app, shell=shell, recognise=who)


def portal(surroundings: Surroundings, recognise: Recognise | None = None) -> list[BaseRoute]:
    """
    Return everything of the portal that browsers ask for.

    Args:
        surroundings: what the web stands on.
        recognise: tells who sends a request; None for whoever has a session.
    """
    recognising = _recognising(surroundings)
    desk = desk_of(surroundings, recognise or recognising.visitor)
    entering = Entering(desk, recognising)
    ways_in = (SignIn(entering), SetUp(entering), Confirm(desk, recognising))
    return [
        *stock().assets.routes(),
        *(route for way in ways_in for route in way.routes()),
        *pages(desk, development=surroundings.development),
    ]
