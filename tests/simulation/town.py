"""
Whom and what there is when a schedule begins: made once, by the product's own operations, and copied for each schedule.
"""

import asyncio
import base64
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

from argon2.low_level import Type, hash_secret
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.office import Offered
from tests.simulation.foundation import BEGIN, DrawnRandomness
from watchword.app.administration import HOST, Administration, Refusal
from watchword.app.enrol import MethodAdd, MethodType, TokenAdded
from watchword.app.manage.applications import ApplicationAdd, ApplicationDone
from watchword.app.manage.groups import GroupAdd
from watchword.app.manage.rules import RuleAdd
from watchword.app.manage.users import UserAdd, UserDone
from watchword.app.operations import perform
from watchword.app.servers.credentials import CredentialsMade, ServerCredentials
from watchword.app.servers.enrolling import Activated, Activation, activate
from watchword.app.servers.identity import portal_identity
from watchword.app.upkeep import CHORES, STEP
from watchword.domain.caching import CacheType
from watchword.domain.methods import Method, MethodId, MethodKind, Push
from watchword.domain.secrets import Secret
from watchword.domain.servers import Report
from watchword.domain.statements import ActivationStatement
from watchword.domain.users import UserId
from watchword.domain.verification import PrimaryResult, PrimaryVerdict
from watchword.kit.clock import SystemClock
from watchword.kit.identifiers import Identifiers, parse
from watchword.kit.identities import fingerprint
from watchword.kit.randomness import Randomness
from watchword.ports.login import PrimaryAttempt
from watchword.ports.records import DeviceOwner
from watchword.stores.sqlite import SqliteStore
from watchword.upstream.portal.folder import ServerFolder
from watchword.upstream.probe import UdpProbe

Value = TypeVar("Value")

PORTAL: Final = "portal"
PASSWORD: Final = b"correct horse"
GROUPS: Final = ("default", "branch")
SERVERS: Final = {"vpn-mfa-1": "default", "vpn-mfa-2": "default", "vpn-mfa-3": "branch"}
"""Each server and its replication group."""

DEADLINE: Final = 12
"""Seconds that the applications wait."""

LOCAL, SHOWING, CACHING = "vpn", "portal-vpn", "mail"
"""
Applications: one whose passwords are kept at the portal, one that has checked them by itself and can show a challenge,
and one under a caching rule.
"""

CACHE_SECONDS: Final = 30

TOKENS: Final = ("tina", "tom", "thea")
"""Users with a token."""

PHONES: Final = ("paul", "pia", "peer")
"""Users with a phone."""

BOTH: Final = ("bert", "birte")
"""Users with both."""

PROBES: Final = tuple(f"probe-{number}" for number in range(30))
"""Users with a token who sign in when all is well again, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A user: what he is called, the seed of his token, and his phone with its key; None for what he has not."""

    name: str
    id: UserId
    seed: bytes | None
    phone: DeviceOwner | None
    key: ec.EllipticCurvePrivateKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """
    All of it.

    Attributes:
        folder: holds a data folder for the portal and one for each server.
        applications: identifiers by name.
        servers: identifiers by name.
    """

    folder: Path
    citizens: dict[str, Citizen]
    applications: dict[str, bytes]
    servers: dict[str, bytes]

    def copy(self, folder: Path) -> None:
        """Put copies of all data folders into one."""
        for one in (PORTAL, *SERVERS):
            shutil.copytree(self.folder / one, folder / one)


def _cheap(password: Secret) -> str:
    """Return a hash that costs next to nothing; its costs cross the channel with its salt."""
    return hash_secret(password.octets, b"0123456789abcdef", 1, 8, 1, 32, Type.ID).decode()


class _Nobody:
    """Checks no passwords."""

    def check(self, attempt: PrimaryAttempt, done: Any) -> None:
        done(PrimaryResult(verdict=PrimaryVerdict.AWAY, checked_by=attempt.application.name))


class _Builder:
    """Makes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._random = Random(20_261_124)  # noqa: S311 - the same town every time
        self._randomness: Randomness = DrawnRandomness(self._random)
        ticks = iter(range(BEGIN - 60_000_000_000, BEGIN, 1_000_000))
        # A clock that goes on by a millisecond whenever it is read, and has not come to the beginning yet.
        self._clock = SystemClock(wall_ns=lambda: next(ticks), monotonic_ns=lambda: next(ticks))
        self._store = SqliteStore.open(folder / PORTAL, clock=self._clock, randomness=self._randomness)
        self._context = Administration(
            records=self._store.records,
            upkeep=self._store.upkeep,
            clock=self._clock,
            identifiers=Identifiers(clock=self._clock, randomness=self._randomness),
            randomness=self._randomness,
            hash_password=_cheap,
            check_password=lambda _password, _encoded: False,
            primary=_Nobody(),
            probe=UdpProbe(),
            portal_url="http://portal:8080",
            free_octets=lambda: 1 << 40,
            downloads=Offered(),
        )

    async def build(self) -> Town:
        """Make everything."""
        identity = await portal_identity(self._context)
        for group in GROUPS[1:]:
            await self._do("group.add", GroupAdd(name=group))
        applications = {
            LOCAL: await self._application(LOCAL),
            SHOWING: await self._application(SHOWING, primary="asserted", challenge=True),
            CACHING: await self._application(CACHING, primary="asserted"),
        }
        await self._do("rule.add", RuleAdd(type=CacheType.IP, seconds=CACHE_SECONDS, application=CACHING))
        citizens = {}
        for name in (*TOKENS, *PHONES, *BOTH, *PROBES):
            citizens[name] = await self._citizen(name)
        servers = {name: await self._server(name, group, identity.public) for name, group in SERVERS.items()}
        for chore in CHORES:
            while await chore.step(self._context) >= STEP:
                pass
        self._store.close()
        return Town(folder=self._folder, citizens=citizens, applications=applications, servers=servers)

    async def _do(self, name: str, arguments: object) -> Any:
        result = await perform(self._context, HOST, name, arguments)
        if isinstance(result, Refusal):
            raise TypeError(f"{name}: {result.sentence}")
        return result

    async def _application(self, name: str, *, primary: str = "local", challenge: bool = False) -> bytes:
        secret = Secret(b"a shared secret of the VPN's own")
        added: ApplicationDone = await self._do(
            "application.add",
            ApplicationAdd(
                name=name,
                secret=secret,
                clients=(f"192.0.2.{10 + len(name)}/32",),
                primary=primary,
                challenge=challenge,
                deadline=DEADLINE,
            ),
        )
        return parse(added.id) or b""

    async def _citizen(self, name: str) -> Citizen:
        username = f"{name}@example.com"
        added: UserDone = await self._do("user.add", UserAdd(username=username, password=Secret(PASSWORD)))
        user = UserId(parse(added.id) or b"")
        seed = phone = key = None
        if name not in PHONES:
            token: TokenAdded = await self._do("method.add", MethodAdd(user=username, type=MethodType.TOTP))
            seed = base64.b32decode(token.secret)
        if name in PHONES or name in BOTH:
            key = ec.derive_private_key(self._random.randrange(1, 1 << 200), ec.SECP256R1())
            public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            method = Method(
                id=MethodId(self._context.identifiers.new()), kind=MethodKind.PUSH, detail=Push(public_key=public)
            )
            at = self._clock.now()
            await self._context.records.change(lambda changer: changer.add_method(user, method, at=at))
            phone = DeviceOwner(user=user, method=method.id, public_key=public)
        return Citizen(name=name, id=user, seed=seed, phone=phone, key=key)

    async def _server(self, name: str, group: str, portal: bytes) -> bytes:
        made: CredentialsMade = await self._do("server.credentials", ServerCredentials(group=group))
        folder = ServerFolder(self._folder / name, randomness=self._randomness)
        link = folder.begin(pin=fingerprint(portal), email=made.email, now=self._clock.now())
        statement = ActivationStatement(
            portal=fingerprint(portal), email=made.email, key=folder.identity.public, link=link, at=self._clock.wall()
        )
        known = await activate(
            self._context,
            Activation(
                statement=statement,
                proof=folder.identity.sign(statement.canonical()),
                password=Secret(made.password.encode()),
                group=None,
                report=Report(version="0.1.0", host_name=name, address=name),
                address=name,
            ),
        )
        if not isinstance(known, Activated):
            raise TypeError(f"{name}: {known}")
        folder.finish(known.statement, url="http://portal:8080", portal=portal, ca=None, proxy=None)
        return known.statement.server


def _run(work: Coroutine[Any, Any, Value]) -> Value:
    """Run what has everything it waits for already, or waits for threads."""
    return asyncio.run(work)


@cache
def town(folder: Path) -> Town:
    """Return what there is, made in a folder that is empty."""
    return _run(_Builder(folder).build())
