"""
Health for everybody, numbers for those nearby.
"""

from collections.abc import Callable

import pytest
from starlette.types import ASGIApp

from tests.unit.web.asgi import Faults, ask
from watchword.kit.metrics import Metrics
from watchword.web.application import application
from watchword.web.health import Health

NEAR = ("127.0.0.1", 5_000)


def health(ready: Callable[[], bool], metrics: Metrics | None = None) -> ASGIApp:
    return application(Health(ready=ready, metrics=metrics or Metrics()).routes(), fault=Faults())


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_process_that_answers_lives(method: str) -> None:
    answer = await ask(health(lambda: False), "/healthz/live", method=method)

    assert (answer.status, answer.document) == (200, {"status": "ok"})


@pytest.mark.parametrize(("status", "word"), [(200, "ok"), (503, "not ok")])
async def test_it_is_ready_while_a_login_could_complete_and_says_no_more(status: int, word: str) -> None:
    answer = await ask(health(lambda: word == "ok"), "/healthz/ready", method="GET")

    assert (answer.status, answer.document) == (status, {"status": word})


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "192.168.7.7", "::1", "fd00::7", "fe80::1%eth0", "100.64.0.1"]
)
async def test_numbers_are_for_those_nearby(host: str) -> None:
    metrics = Metrics()
    metrics.outcomes.add("allowed", "code")

    answer = await ask(health(lambda: True, metrics), "/metrics", method="GET", client=(host, 5_000))

    assert answer.status == 200
    assert 'watchword_outcomes_total{outcome="allowed",reason="code"} 1.0' in answer.body.decode()
    assert answer.headers["content-type"].startswith("text/plain; version=")


@pytest.mark.parametrize("client", [("8.8.8.8", 5_000), ("2001:4860:4860::8888", 5_000), ("", 0), None])
async def test_numbers_are_for_nobody_else(client: tuple[str, int] | None) -> None:
    answer = await ask(health(lambda: True), "/metrics", method="GET", client=client)

    assert answer.status == 404
    assert b"watchword_" not in answer.body


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
async def test_numbers_do_not_pass_a_proxy_that_says_what_it_is(header: str) -> None:
    answer = await ask(health(lambda: True), "/metrics", method="GET", client=NEAR, headers={header: "1.1 proxy"})

    assert answer.status == 404
