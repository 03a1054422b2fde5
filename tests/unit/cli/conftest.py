"""
An office for each test of commands that are really done.
"""

from tests.unit.app.conftest import folder, office

__all__ = ["folder", "office"]
