"""
Every line of `tests/vectors/ldap/malformed.txt`: refused, for that reason and at that field.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.unit.wire.ldap.notation import ber
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.errors import LdapError

VECTORS: Final = Path(__file__).parents[3] / "vectors" / "ldap" / "malformed.txt"
LINES: Final = [
    pytest.param(*(cell.strip() for cell in line.split("|")[:3]), id=line.rpartition("|")[2].strip())
    for line in VECTORS.read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("reason", "where", "octets"), LINES)
def test_is_refused(reason: str, where: str, octets: str) -> None:
    with pytest.raises(LdapError) as refusal:
        decode_message(ber(octets))

    assert (refusal.value.reason, refusal.value.where) == (reason, where)
