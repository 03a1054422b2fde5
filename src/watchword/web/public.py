"""
What is served over TCP.
"""

from starlette.types import ASGIApp

from watchword.web.application import application
from watchword.web.authenticator.routes import Devices
from watchword.web.health import Health
from watchword.web.surroundings import Surroundings


def public(surroundings: Surroundings) -> ASGIApp:
    """Return the application that everybody may reach."""
    health = Health(ready=surroundings.ready, metrics=surroundings.metrics)
    return application([*health.routes(), *Devices(surroundings).routes()], fault=surroundings.fault)
