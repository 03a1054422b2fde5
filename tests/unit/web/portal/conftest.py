"""
A portal for each test, and somebody at it.
"""

import pytest

from tests.fakes.office import Office
from tests.unit.app.conftest import folder, office
from tests.unit.web.portal.rooms import Room, room_of

__all__ = ["folder", "office"]


@pytest.fixture
def room(office: Office) -> Room:
    """Return an owner at the portal."""
    return room_of(office)
