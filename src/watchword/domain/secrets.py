"""
Octets that must never be shown.
"""

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A password, a seed or a key: neither `repr` nor a traceback's locals give it away, only `octets` does."""

    octets: bytes = field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.octets, other.octets)

    def __hash__(self) -> int:
        raise TypeError("a secret is no key of a table")
