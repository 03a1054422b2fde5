"""
The catalogue of operations, and what is made from it.
"""

from watchword.app.operations import OPERATIONS
from watchword.web.api.examples import EXAMPLES
from watchword.web.api.resources import NOT_SERVED, OF_OPERATION


def test_every_operation_is_a_resource_of_the_api() -> None:
    """A new operation needs a row in `web/api/resources.py`, or a reason there why it has none."""
    assert set(OPERATIONS) - set(OF_OPERATION) - set(NOT_SERVED) == set()
    assert set(OF_OPERATION) & set(NOT_SERVED) == set()
    assert set(OF_OPERATION) | set(NOT_SERVED) <= set(OPERATIONS)


def test_every_operation_has_an_example() -> None:
    """A new operation needs a line in `web/api/examples.py`, which the OpenAPI document shows."""
    assert set(OPERATIONS) - set(NOT_SERVED) == set(EXAMPLES)
