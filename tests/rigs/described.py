"""
Requests that the OpenAPI document says are possible, made from it by schemathesis, and what comes back.
"""

from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from tests.rigs.rest import PREFIX, Program, Shop
from tests.rigs.watchword import Watchword

#: Operations that would take minutes or change what all others need: their rules are shown elsewhere.
LEFT_OUT: Final = {"activityFollow"}
CHECKS: Final = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)


class Portal:
    """A portal with something of everything in it, its document, and whoever may ask it anything."""

    def __init__(self, server: Watchword) -> None:
        self.server = server
        self.shop = Shop.of(server, "shop")
        self.schema = schemathesis.openapi.from_url(f"{server.ready['http']}{PREFIX}/openapi.json")
        server.user(name="alice@example.org")
        server.nas(name="vpn")

    def operations(self) -> list[Any]:
        """Return what requests are made for."""
        all_of = [found.ok() for found in self.schema.get_all_operations() if isinstance(found, Ok)]
        return [one for one in all_of if one.definition.raw["operationId"] not in LEFT_OUT]


def answered(
    portal: Portal, operation: Any, mode: GenerationMode, *, examples: int, start: int | None = None
) -> list[int]:
    """
    Send requests of an operation, and return the statuses that came back.

    Args:
        portal: where to.
        operation: one of its operations.
        mode: whether they are as the document says, or just not.
        examples: how many.
        start: where chance starts; None for always the same.
    """
    statuses: list[int] = []
    # A key of its own for each: what one may ask within a second is bounded.
    shown = (
        portal.shop.headers
        if "verification" in operation.label
        else {"authorization": f"Bearer {Program.of(portal.server).key}"}
    )

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=start is None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        case.headers = {**(case.headers or {}), **shown}
        response = case.call(timeout=30)
        statuses.append(response.status_code)
        case.validate_response(response, checks=list(CHECKS))

    (one if start is None else seed(start)(one))()
    return statuses
