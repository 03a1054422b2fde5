"""
A desk for each test of the API.
"""

import pytest

from tests.fakes.office import Office
from tests.unit.app.conftest import folder, office
from tests.unit.web.api.desk import Desk

__all__ = ["desk", "folder", "office"]


@pytest.fixture
def desk(office: Office) -> Desk:
    """Return the API on an office, and a key of every role."""
    return Desk(office)
