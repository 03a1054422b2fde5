"""
Requests that the OpenAPI document says are possible, and what comes back: what the document says, and never a 5xx.

The examples are few and always the same, so that a change of either side is seen at once.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
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
        self.program = Program.of(server)
        self.shop = Shop.of(server, "shop")
        self.schema = schemathesis.openapi.from_url(f"{server.ready['http']}{PREFIX}/openapi.json")
        server.user(name="alice@example.org")
        server.nas(name="vpn")

    def operations(self) -> list[Any]:
        return [found.ok() for found in self.schema.get_all_operations() if isinstance(found, Ok)]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    server = Watchword(Path(tmp_path_factory.mktemp("watchword")))
    server.start()
    try:
        yield Portal(server)
        assert server.metric("watchword_faults_total") == 0, server.logged()[-4000:]
        assert server.stop() == 0
    finally:
        if server.process is not None:
            server.kill()


def answered(portal: Portal, operation: Any, mode: GenerationMode, *, examples: int) -> list[int]:
    """Send requests of an operation, and return the statuses that came back."""
    statuses: list[int] = []
    shown = (
        portal.shop.headers if "verification" in operation.label else {"authorization": f"Bearer {portal.program.key}"}
    )

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        case.headers = {**(case.headers or {}), **shown}
        response = case.call(timeout=30)
        statuses.append(response.status_code)
        case.validate_response(response, checks=list(CHECKS))

    one()
    return statuses


def test_every_answer_is_one_that_the_document_tells_of(portal: Portal) -> None:
    seen: set[int] = set()
    for operation in portal.operations():
        if operation.definition.raw["operationId"] in LEFT_OUT:
            continue
        for mode in GenerationMode:
            seen.update(answered(portal, operation, mode, examples=3))
    assert {200, 201, 404, 409, 422} <= seen
