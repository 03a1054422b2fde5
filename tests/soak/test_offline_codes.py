"""
Servers that are killed while they decide by themselves: each code passes once at each, and is told once (N2).
"""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.test_offline_codes import CODES, at, ready, says
from tests.rigs.nas import Nas
from tests.rigs.servers import HEALED_SECONDS, MfaServer, servers
from tests.rigs.watchword import STATION, Token, Watchword, until

pytestmark = [pytest.mark.soak, pytest.mark.needs("oathtool")]

KILLS: Final = 6
CODES_BETWEEN: Final = 3


def tries(server: MfaServer, nas: Nas, user: str, code: str) -> bool:
    """Try a code, kill the server sometimes in between, and return whether it was accepted."""
    return at(server, nas).login(user, code, station=STATION).accepted


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Watchword]:
    """Run nothing yet."""
    portal = Watchword(tmp_path)
    yield portal
    if portal.process is not None:
        portal.kill()


def test_each_code_passes_once_at_each_server_whatever_is_killed(own: Watchword, tmp_path: Path) -> None:
    seed = int(os.environ.get("WATCHWORD_SOAK_SEED", "1"))
    print(f"seed {seed}")
    drawn = random.Random(seed)  # noqa: S311 - a schedule that can be replayed
    own.start()
    own.ask("setting", "set", "radius.reject_delay", "0")
    own.ask("setting", "set", "lock.failures", "20")
    user = own.user()
    token = own.hotp(user)
    with servers(tmp_path, own, 2) as made:
        nas = made[0].serves(own.nas(*CODES))
        for server in made:
            ready(server)
        own.kill()
        until(lambda: all(says(server, "codes are taken at") for server in made), "to decide alone", HEALED_SECONDS)
        passed = accepted(drawn, made, nas, user, token)
        own.start("--http", own.ready["http"].removeprefix("http://"))
        for server in made:
            server.serves(nas)
        told = len(passed)
        until(lambda: own.reasons(user).count("offline-code") >= told, "all of it told", HEALED_SECONDS)

        rows: list[dict[str, Any]] = [row for row in own.activity(user) if row["reason"] == "offline-code"]
        spent = [(row["server"], row["detail"]) for row in rows]
        assert len(spent) == len(set(spent)), "each code once at each server"
        for counter in range(KILLS * CODES_BETWEEN):
            assert at(made[0], nas).login(user, token.code(counter), station=STATION).rejected
        assert own.run("audit", "verify").code == 0
    assert own.stop() == 0


def accepted(drawn: random.Random, made: list[MfaServer], nas: Nas, user: str, token: Token) -> set[tuple[str, int]]:
    """Spend codes at both servers, each tried twice, with kills between; return which were seen to pass where."""
    passed: set[tuple[str, int]] = set()
    for kill in range(KILLS):
        for counter in range(kill * CODES_BETWEEN, (kill + 1) * CODES_BETWEEN):
            code = token.code(counter)
            for server in drawn.sample(made, 2):
                if tries(server, nas, user, code):
                    passed.add((server.name, counter))
            again = drawn.choice(made)
            assert (again.name, counter) in passed, "the first time it passes"
            assert not tries(again, nas, user, code), "and the second time it does not"
        victim = drawn.choice(made)
        victim.kill()
        victim.start()
    return passed
