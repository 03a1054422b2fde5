"""
The users that the benchmark asks for, and the data folder they live in.

Each client address of loopback is an application of its own, so that one server answers every case.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from bench.generator import SECRET
from watchword.domain.applications import Application, ApplicationId, ClientId, PrimaryKind
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.clients import Client
from watchword.domain.methods import Method, MethodId, MethodKind, Push, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import User, UserId, names_of
from watchword.kit.clock import MICROSECONDS, SystemClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.randomness import SystemRandomness
from watchword.ports.records import BypassRow, Changer
from watchword.stores.sqlite import SqliteStore

CLIENTS: Final = {"totp": "127.0.0.2", "cached": "127.0.0.3", "bypass": "127.0.0.4", "push": "127.0.0.5"}
"""The address from which each kind of login is asked for."""

DEVICE_KEY: Final = b"a key that answers nothing"
BATCH: Final = 1_000


def name(kind: str, number: int) -> str:
    """Return the name of a user."""
    return f"{kind}{number}@example.org"


def seed(number: int) -> bytes:
    """Return the seed of a user's token."""
    return number.to_bytes(20, "big")


class Town:
    """Fills a data folder."""

    def __init__(self, folder: Path) -> None:
        self._clock = SystemClock()
        self._randomness = SystemRandomness()
        self._identifiers = Identifiers(clock=self._clock, randomness=self._randomness)
        self._store = SqliteStore.open(folder, clock=self._clock, randomness=self._randomness)
        self._applications = {kind: ApplicationId(self._identifiers.new()) for kind in CLIENTS}

    def close(self) -> None:
        """Let go of the folder."""
        self._store.close()

    def settle(self) -> None:
        """Make the applications, and the settings under which they are asked."""

        def change(records: Changer) -> None:
            records.set_setting("radius.reject_delay", 0)
            for kind, address in CLIENTS.items():
                identifier = self._applications[kind]
                records.add_application(
                    Application(id=identifier, name=kind, primary=PrimaryKind.ASSERTED, deadline=300),
                    at=self._clock.now(),
                )
                client = Client(
                    id=ClientId(self._identifiers.new()),
                    application=identifier,
                    network=ip_network(address),
                    secrets=(Secret(SECRET),),
                )
                records.add_client(client)
            rule = CachingRule(
                id=RuleId(self._identifiers.new()),
                cache_type=CacheType.IP,
                seconds=3_600,
                application=self._applications["cached"],
            )
            records.add_rule(rule, at=self._clock.now())

        self._change(change)

    def people(self, kind: str, count: int) -> None:
        """Add users who sign in by a token, by a phone or by a bypass."""
        for first in range(0, count, BATCH):
            self._change(partial(self._add, kind=kind, numbers=range(first, min(count, first + BATCH))))

    def _add(self, records: Changer, *, kind: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            user = UserId(self._identifiers.new())
            username = name(kind, number)
            records.add_user(User(id=user, username=username), names_of(username)[:1], at=self._clock.now())
            records.add_method(user, self._method(kind, number), at=self._clock.now())
            if kind == "bypass":
                records.add_bypass(self._bypass(user, username))

    def _method(self, kind: str, number: int) -> Method:
        identifier = MethodId(self._identifiers.new())
        if kind == "push":
            return Method(id=identifier, kind=MethodKind.PUSH, detail=Push(public_key=DEVICE_KEY))
        return Method(id=identifier, kind=MethodKind.TOTP, detail=Totp(secret=Secret(seed(number))))

    def _bypass(self, user: UserId, username: str) -> BypassRow:
        now = self._clock.now()
        return BypassRow(
            id=BypassId(self._identifiers.new()),
            user=user,
            username=username,
            group=None,
            application=self._applications["bypass"],
            reason="benchmark",
            seconds=3_600,
            created_by="benchmark",
            created_at=now,
            expires_at=now + 3_600 * MICROSECONDS,
            state=BypassState.ACTIVE,
            ended_at=None,
            ended_by="",
            used_at_application=None,
            used_from=None,
        )

    def _change(self, change: Callable[[Changer], None]) -> None:
        async def run() -> None:
            await self._store.records.change(change)

        asyncio.run(run())
