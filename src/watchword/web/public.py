"""
What is served over TCP.
"""

from starlette.types import ASGIApp

from watchword.web import problem_pages
from watchword.web.api.serving import Api
from watchword.web.application import application
from watchword.web.authenticator.routes import Devices
from watchword.web.downloads import Downloads
from watchword.web.enrolment import Enrolment
from watchword.web.health import Health
from watchword.web.portal.portal import pages_of_problems, portal
from watchword.web.surroundings import Surroundings


def public(surroundings: Surroundings, api: Api) -> ASGIApp:
    """Return the application that everybody may reach."""
    health = Health(ready=surroundings.ready, metrics=surroundings.metrics)
    routes = [
        *health.routes(),
        *Devices(surroundings).routes(),
        *Enrolment(surroundings).routes(),
        *Downloads(surroundings).routes(),
        *api.routes(),
        *problem_pages.routes(),
        *portal(surroundings),
    ]
    return application(routes, fault=surroundings.fault, around=pages_of_problems(surroundings))
