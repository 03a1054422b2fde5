"""
Requests that the OpenAPI document says are possible, and what comes back: what the document says, and never a 5xx.

The examples are few and always the same, so that a change of either side is seen at once; `make soak` sends many.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from schemathesis import GenerationMode

from tests.rigs.described import Portal, answered
from tests.rigs.watchword import Watchword

MANY = 40


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


def test_every_answer_is_one_that_the_document_tells_of(portal: Portal) -> None:
    seen: set[int] = set()
    for operation in portal.operations():
        for mode in GenerationMode:
            seen.update(answered(portal, operation, mode, examples=3))
    assert {200, 201, 404, 409, 422} <= seen


@pytest.mark.soak
def test_every_answer_to_many_is_one_that_the_document_tells_of(portal: Portal) -> None:
    start = int(os.environ.get("WATCHWORD_SOAK_SEED", "1"))
    print(f"seed: {start}")
    seen: set[int] = set()
    for operation in portal.operations():
        for mode in GenerationMode:
            seen.update(answered(portal, operation, mode, examples=MANY, start=start))
    assert {200, 201, 404, 409, 422} <= seen
