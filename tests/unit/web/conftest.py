"""
An office for each test of the web, as those of the application layer have it.
"""

from tests.unit.app.conftest import folder, office

__all__ = ["folder", "office"]
