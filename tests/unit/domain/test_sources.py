"""
Places of users, in one form each.
"""

import pytest

from watchword.domain.sources import place_of


@pytest.mark.parametrize(
    ("written", "source", "address"),
    [
        ("198.51.100.7", "198.51.100.7", "198.51.100.7"),
        (" ::ffff:198.51.100.7 ", "198.51.100.7", "198.51.100.7"),
        ("2001:DB8::1", "2001:db8::1", "2001:db8::1"),
        ("AA-BB-CC-DD-EE-FF", "aa:bb:cc:dd:ee:ff", None),
        ("aabb.ccdd.eeff", "aa:bb:cc:dd:ee:ff", None),
        ("+49 30 1234567", "+49 30 1234567", None),
        ("  ", None, None),
        ("", None, None),
    ],
)
def test_a_place_has_one_form(written: str, source: str | None, address: str | None) -> None:
    assert place_of(written) == (source, address)
