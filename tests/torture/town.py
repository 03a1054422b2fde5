"""
The data folder that is tortured: who lives there, what they own that is good once, and the applications that ask.

It is filled through the store while nothing serves. Secrets follow from a number, so that a seed gives the same town.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final, Self

from tests.torture.schedule import drawn
from watchword.domain import otp
from watchword.domain.applications import Application, ApplicationId, ClientId, PrimaryKind
from watchword.domain.bypass import BypassId, BypassState
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.clients import Client
from watchword.domain.methods import BackupCodes, Hotp, Method, MethodId, MethodKind, Push, Totp
from watchword.domain.secrets import Secret
from watchword.domain.users import User, UserId, names_of
from watchword.kit.clock import MICROSECONDS, SystemClock
from watchword.kit.identifiers import Identifiers
from watchword.kit.passwords import SALT_OCTETS, hashed
from watchword.kit.randomness import SystemRandomness
from watchword.ports.records import BypassRow, Changer
from watchword.stores.sqlite import SqliteStore
from watchword.upstream.authenticator.device import Device, DeviceKey

SECRET: Final = b"a secret of the torture alone"
PASSWORD: Final = "correct horse battery"
DIGITS: Final = 8
"""Of every code: with six, one wrong offer in a few thousand would be another counter's right code."""
PERIOD: Final = 30
CACHE_SECONDS: Final = 3_600
BATCH: Final = 500
BYPASS_SECONDS: Final = 86_400
BACKUP_CODES: Final = 10


class App(StrEnum):
    """The applications."""

    CODES = "codes"
    CHALLENGE = "challenge"
    PUSH = "push"
    PASSWORD = "password"
    CACHED = "cached"


NETWORKS: Final = {
    App.CODES: IPv4Network("127.16.0.0/12"),
    App.CHALLENGE: IPv4Network("127.32.0.0/12"),
    App.PUSH: IPv4Network("127.48.0.0/12"),
    App.PASSWORD: IPv4Network("127.64.0.0/12"),
    App.CACHED: IPv4Network("127.80.0.0/12"),
}
"""Where each asks from: a request has an address of its own."""

WAITS: Final = frozenset({App.CHALLENGE, App.PUSH})
DEADLINE: Final = 6
"""Seconds for which those wait for a phone."""

SETTINGS: Final = {
    "radius.reject_delay": 0,
    "lock.failures": 20,
    "lock.within_seconds": 60,
    "lock.lock_seconds": 60,
    "prompt.refused": 20,
    "prompt.within_seconds": 60,
    "prompt.off_seconds": 60,
}
"""As lenient as the bounds allow: a locked user cannot show whether his code is good a second time."""


class Pool(StrEnum):
    """Kinds of people."""

    TOTP = "totp"
    HOTP = "hotp"
    BACKUP = "backup"
    BYPASS = "bypass"
    HELPDESK = "helpdesk"
    PUSH = "push"
    PASSWORD = "password"
    CACHED = "cached"


@dataclass(slots=True, eq=False)
class Person:
    """Somebody, and what his token shows next."""

    name: str
    user: bytes
    method: bytes
    secret: bytes
    counter: int = 0
    codes: list[str] = field(default_factory=list)
    bypass: bytes = b""
    device: Device | None = None

    def time_code(self, step: int) -> str:
        """Return the code of a time step."""
        return otp.code_at(self.secret, step, DIGITS)

    def counter_code(self, counter: int) -> str:
        """Return the code of a counter."""
        return otp.code_at(self.secret, counter, DIGITS)

    def backup_digest(self, code: str) -> bytes:
        """Return what is stored of a printed code."""
        return otp.backup_digest(Secret(self.secret), code)


def sizes(kills: int) -> dict[Pool, int]:
    """
    Return how many people a run needs.

    A token is not used again before its next time step and before its failures are forgotten (60 s), and a life of the
    server takes 2 s or more; a bypass and a printed code are gone once they were used. The help desk makes one bypass
    for each of its callers and no second one: where its answer dies with the process nobody knows whether there is one,
    and whoever offered an older one would pass by that.
    """
    return {
        Pool.TOTP: 1_500,
        Pool.HOTP: 1_200,
        Pool.BACKUP: 100 + kills,
        Pool.BYPASS: 200 + 16 * kills,
        Pool.HELPDESK: 200 + 8 * kills,
        Pool.PUSH: 200,
        Pool.PASSWORD: 60,
        Pool.CACHED: 120,
    }


class Town:
    """Everybody, and every address from which somebody may ask."""

    def __init__(self, *, seed: int, portal: str) -> None:
        """
        Be empty.

        Args:
            seed: what secrets follow from.
            portal: where devices will find it.
        """
        self.people: dict[Pool, list[Person]] = {pool: [] for pool in Pool}
        self._random = drawn(f"town {seed}")
        self._portal = portal
        self._hosts = {app: _addresses(network) for app, network in NETWORKS.items()}
        self._sources = _addresses(IPv4Network("10.0.0.0/8"))
        self._turns = dict.fromkeys(Pool, 0)

    def host(self, app: App) -> str:
        """Return an address of an application that no request came from before."""
        return next(self._hosts[app])

    def source(self) -> str:
        """Return a place where no user was before."""
        return next(self._sources)

    def next(self, pool: Pool) -> Person:
        """Return whose turn it is."""
        turn = self._turns[pool]
        self._turns[pool] = turn + 1
        people = self.people[pool]
        return people[turn % len(people)]

    def left(self, pool: Pool) -> int:
        """Return how many had no turn yet."""
        return max(0, len(self.people[pool]) - self._turns[pool])

    def fill(self, folder: Path, kills: int) -> None:
        """Make the data folder."""
        with _Filling(folder, self._random, self._portal) as filling:
            filling.settle()
            for pool, count in sizes(kills).items():
                self.people[pool] = filling.people(pool, count)


def _addresses(network: IPv4Network) -> Iterator[str]:
    first = int(network.network_address)
    return (str(IPv4Address(number)) for number in range(first + 1, first + network.num_addresses - 1))


class _Filling:
    """An open data folder that nothing serves."""

    def __init__(self, folder: Path, random: Random, portal: str) -> None:
        self._random = random
        self._portal = portal
        self._clock = SystemClock()
        randomness = SystemRandomness()
        self._identifiers = Identifiers(clock=self._clock, randomness=randomness)
        self._store = SqliteStore.open(folder, clock=self._clock, randomness=randomness)
        self._applications = {app: ApplicationId(self._identifiers.new()) for app in App}
        self._hash = hashed(PASSWORD.encode(), salt=bytes(SALT_OCTETS))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def settle(self) -> None:
        """Make the applications."""
        self._change(self._settle)

    def _settle(self, records: Changer) -> None:
        now = self._clock.now()
        for name, value in SETTINGS.items():
            records.set_setting(name, value)
        for app, identifier in self._applications.items():
            made = Application(
                id=identifier,
                name=app.value,
                primary=PrimaryKind.LOCAL if app is App.PASSWORD else PrimaryKind.ASSERTED,
                challenge=app is App.CHALLENGE,
                deadline=DEADLINE if app in WAITS else 30,
            )
            records.add_application(made, at=now)
            client = Client(
                id=ClientId(self._identifiers.new()),
                application=identifier,
                network=NETWORKS[app],
                secrets=(Secret(SECRET),),
            )
            records.add_client(client)
        rule = CachingRule(
            id=RuleId(self._identifiers.new()),
            cache_type=CacheType.IP,
            seconds=CACHE_SECONDS,
            application=self._applications[App.CACHED],
        )
        records.add_rule(rule, at=now)

    def people(self, pool: Pool, count: int) -> list[Person]:
        """Add people of a kind."""
        people = [self._person(pool, number) for number in range(count)]
        rest = iter(people)
        while batch := list(islice(rest, BATCH)):
            self._change(partial(self._add, pool=pool, people=batch))
        return people

    def _person(self, pool: Pool, number: int) -> Person:
        person = Person(
            name=f"{pool}{number}@example.org",
            user=self._identifiers.new(),
            method=self._identifiers.new(),
            secret=self._random.randbytes(20),
        )
        if pool is Pool.BACKUP:
            letters = range(otp.BACKUP_LENGTH)
            for _ in range(BACKUP_CODES):
                person.codes.append(otp.backup_code(tuple(self._random.randrange(otp.BACKUP_LETTERS) for _ in letters)))
        elif pool is Pool.BYPASS:
            person.bypass = self._identifiers.new()
        elif pool is Pool.PUSH:
            person.device = Device(
                portal=self._portal,
                method=MethodId(person.method),
                user=UserId(person.user),
                username=person.name,
                key=DeviceKey.new(),
            )
        return person

    def _add(self, records: Changer, *, pool: Pool, people: Sequence[Person]) -> None:
        now = self._clock.now()
        for person in people:
            user = UserId(person.user)
            records.add_user(User(id=user, username=person.name), names_of(person.name)[:1], at=now)
            records.add_method(user, _method(pool, person), at=now)
            if pool is Pool.PASSWORD:
                records.set_password(user, self._hash)
            if pool is Pool.BYPASS:
                records.add_bypass(self._bypass(person, now))

    def _bypass(self, person: Person, now: int) -> BypassRow:
        return BypassRow(
            id=BypassId(person.bypass),
            user=UserId(person.user),
            username=person.name,
            group=None,
            application=None,
            reason="torture",
            seconds=BYPASS_SECONDS,
            created_by="torture",
            created_at=now,
            expires_at=now + BYPASS_SECONDS * MICROSECONDS,
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


def _method(pool: Pool, person: Person) -> Method:
    identifier, secret = MethodId(person.method), Secret(person.secret)
    match pool:
        case Pool.HOTP:
            return Method(id=identifier, kind=MethodKind.HOTP, detail=Hotp(secret=secret, digits=DIGITS))
        case Pool.BACKUP:
            left = tuple(person.backup_digest(code) for code in person.codes)
            return Method(id=identifier, kind=MethodKind.BACKUP_CODE, detail=BackupCodes(secret=secret, left=left))
        case Pool.PUSH if person.device is not None:
            key = person.device.key.public()
            return Method(id=identifier, kind=MethodKind.PUSH, detail=Push(public_key=key))
        case _:
            return Method(id=identifier, kind=MethodKind.TOTP, detail=Totp(secret=secret, digits=DIGITS, period=PERIOD))
