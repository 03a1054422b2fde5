"""
Clients of applications of type `api`: what shows that a request over HTTP is the application's own.
"""

import hmac
from dataclasses import dataclass

from watchword.domain.applications import ApplicationId, Network
from watchword.domain.clients import parse_address
from watchword.domain.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClient:
    """
    How an application of type `api` shows who it is.

    Attributes:
        networks: from which it may ask, empty for any.
        secrets: its secret, and the next one while it is being replaced.
    """

    application: ApplicationId
    networks: tuple[Network, ...] = ()
    secrets: tuple[Secret, ...]

    def knows(self, shown: Secret) -> bool:
        """Tell whether a secret is one of its own, in a time that does not depend on which, or on how much is right."""
        found = False
        for secret in self.secrets:
            found |= hmac.compare_digest(secret.octets, shown.octets)
        return found

    def may_ask_from(self, address: str) -> bool:
        """Tell whether a request may come from an address; what is no address is nowhere."""
        if not self.networks:
            return True
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self.networks)
