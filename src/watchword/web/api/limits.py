"""
How often one key, and one network, may ask; told in the headers of every answer (draft-ietf-httpapi-ratelimit-headers).
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from watchword.kit.clock import Clock
from watchword.web.allowances import Allowances
from watchword.web.peers import network_of
from watchword.web.problems import problem

AT_ONCE: Final = 200
A_SECOND: Final = 50
"""Requests of one key."""

NETWORK_AT_ONCE: Final = 1_000
NETWORK_A_SECOND: Final = 200
"""Requests of one network, whatever they show."""


class Limits:
    """Counts requests of whoever has shown who he is."""

    def __init__(self, clock: Clock, *, name: str, at_once: int = AT_ONCE, a_second: int = A_SECOND) -> None:
        """
        Make it.

        Args:
            clock: what time is measured with.
            name: of the policy, as the headers have it.
            at_once: requests at once.
            a_second: requests a second in the long run.
        """
        self._allowances = Allowances(clock=clock, burst=at_once, per_second=a_second)
        self._name = name
        self._policy = f'"{name}";q={at_once};w={-(-at_once // a_second)}'

    def spend(self, asker: bytes) -> Response | None:
        """Count a request; refuse it where it is one too many."""
        if self._allowances.spend(asker):
            return None
        response = problem(429)
        response.headers["retry-after"] = str(max(1, self._allowances.seconds_to_one(asker)))
        return response

    def headers(self, asker: bytes) -> Mapping[str, str]:
        """Return what tells an asker how much he has left."""
        left, seconds = self._allowances.left(asker), self._allowances.seconds_to_all(asker)
        return {"ratelimit-policy": self._policy, "ratelimit": f'"{self._name}";r={left};t={seconds}'}


class NetworkLimits:
    """Counts requests by where they come from, before anything is looked up for them."""

    def __init__(self, clock: Clock) -> None:
        self._allowances = Allowances(clock=clock, burst=NETWORK_AT_ONCE, per_second=NETWORK_A_SECOND)

    def spend(self, request: Request) -> Response | None:
        """Count a request; refuse it where it is one too many."""
        network = network_of(request)
        if self._allowances.spend(network):
            return None
        response = problem(429)
        response.headers["retry-after"] = str(max(1, self._allowances.seconds_to_one(network)))
        return response
