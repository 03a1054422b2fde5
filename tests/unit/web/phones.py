"""
What stands around the routes of devices: a portal in a test's hands, and phones that sign for real.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.types import ASGIApp

from tests.fakes.office import ALICE, Office
from tests.unit.web.asgi import Answer, Faults, ask
from watchword.app.administration import Actor, Administration
from watchword.app.attempt import LoginAttempt
from watchword.app.enrol import MethodAdd, MethodType
from watchword.app.verify.prompting import AnswerResult, DeviceAnswer, ShownPrompt
from watchword.domain.configuration import Configuration
from watchword.domain.methods import MethodId
from watchword.domain.prompts import FetchStatement, PairingStatement, PromptDetails
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import Outcome, VerificationId
from watchword.kit.identifiers import text
from watchword.kit.metrics import Metrics
from watchword.ports.login import Waiting
from watchword.ports.records import DeviceOwner
from watchword.web.api.serving import Api
from watchword.web.public import public
from watchword.web.surroundings import Surroundings
from watchword.wire import authenticator as wire

PREFIX = "/authenticator/v1"

SHOWN = ShownPrompt(
    verification=VerificationId(b"v" * 16),
    application=b"a" * 16,
    details=PromptDetails(
        application="vpn", source="198.51.100.7", asked_at=1_700_000_000_000_000, number_needed=True, contended=False
    ),
    nonce=b"n" * 16,
    issued_at=1_700_000_000_000_000,
    expires_at=1_700_000_060_000_000,
)


class Prompts:
    """Shows what a test chose, and takes every answer as a test chose."""

    def __init__(self, polls: "Polls") -> None:
        self._polls = polls
        self.looked: list[int] = []
        self.waiting: dict[UserId, ShownPrompt] = {}
        self.answers: list[tuple[DeviceOwner, DeviceAnswer]] = []
        self.result = AnswerResult.TAKEN

    def shown(self, user: UserId) -> ShownPrompt | None:
        self.looked.append(self._polls.open)
        return self.waiting.get(user)

    def answer(self, owner: DeviceOwner, answer: DeviceAnswer) -> AnswerResult:
        self.answers.append((owner, answer))
        return self.result


class Poll:
    """A poll during which happens what a test chose."""

    def __init__(self, polls: "Polls") -> None:
        self._polls = polls

    def __enter__(self) -> Self:
        self._polls.open += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._polls.open -= 1

    async def wait(self, seconds: float) -> bool:
        self._polls.waited.append(seconds)
        return await self._polls.meanwhile()


@dataclass
class Polls:
    """Polls, and what happens while they wait: nothing, unless a test says otherwise."""

    open: int = 0
    full: bool = False
    waited: list[float] = field(default_factory=list)
    happens: Callable[[], Any] | None = None

    def listen(self, device: MethodId) -> Poll | None:
        del device
        return None if self.full else Poll(self)

    async def meanwhile(self) -> bool:
        if self.happens is None:
            return False
        happened = self.happens()
        if happened is not None:
            await happened
        return True


class Logins:
    """Takes logins in, and ends them when a test does, or at once as it chose."""

    def __init__(self) -> None:
        self.attempts: list[LoginAttempt] = []
        self.done: list[Callable[[Outcome], None]] = []
        self.cancelled: list[int] = []
        self.at_once: Outcome | None = None
        self._news = asyncio.Event()

    async def taken(self, count: int) -> None:
        """Wait until so many were taken in."""
        while len(self.attempts) < count:
            self._news.clear()
            await self._news.wait()

    def submit(self, attempt: LoginAttempt, done: Callable[[Outcome], None]) -> Waiting:
        self.attempts.append(attempt)
        self._news.set()
        self.done.append(done)
        if self.at_once is not None:
            done(self.at_once)
        return Taken(self, len(self.attempts) - 1)


class Taken:
    """A login that was taken in."""

    def __init__(self, logins: Logins, number: int) -> None:
        self._logins = logins
        self._number = number

    def cancel(self) -> None:
        self._logins.cancelled.append(self._number)


class Portal:
    """The public application on an office's administration."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.polls = Polls()
        self.prompts = Prompts(self.polls)
        self.faults = Faults()
        self.actors: dict[bytes, Actor] = {}
        self.paused: list[float] = []
        self.logins = Logins()
        self.configuration = Configuration()
        self.surroundings = Surroundings(
            context=office.context,
            prompting=self.prompts,
            polls=self.polls,
            metrics=Metrics(),
            fault=self.faults,
            ready=lambda: True,
            login=self.logins,
            configuration=lambda: self.configuration,
            authenticate=self._authenticate,
            pause=self._pause,
        )
        self.api = Api(self.surroundings)
        self.app: ASGIApp = public(self.surroundings, self.api)

    async def _authenticate(self, _context: Administration, key: Secret) -> Actor | None:
        return self.actors.get(key.octets)

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.office.clock.advance(seconds)

    async def ask(self, name: str, message: wire.Message | object, **how: Any) -> Answer:
        """Send a message of a device's."""
        body = wire.encode(message) if isinstance(message, wire.Message) else message
        return await ask(self.app, f"{PREFIX}/{name}", body, **how)

    async def token(self, user: str = ALICE) -> str:
        """Make a pairing token for a user."""
        added = await self.office.do("method.add", MethodAdd(user=user, type=MethodType.PUSH))
        return str(added.pairing_url).partition("#")[2]

    async def phone(self, user: str = ALICE) -> "Phone":
        """Pair a phone with a user."""
        phone = Phone(self)
        answer = await phone.pair(await self.token(user))
        assert answer.status == 200, answer.body
        reply = wire.decode_pair_reply(answer.body)
        phone.device, phone.user = MethodId(reply.device), UserId(reply.user)
        return phone


class Phone:
    """A device with a key of its own."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.device = MethodId(bytes(16))
        self.user = UserId(bytes(16))

    def sign(self, octets: bytes) -> bytes:
        return self._key.sign(octets, ec.ECDSA(hashes.SHA256()))

    async def pair(self, token: str, *, proof: bytes | None = None, **how: Any) -> Answer:
        statement = PairingStatement(token=token.encode(), public_key=self.public_key)
        proof = self.sign(statement.canonical()) if proof is None else proof
        return await self._portal.ask(
            "pair", wire.PairRequest(token=token, public_key=self.public_key, proof=proof), **how
        )

    def fetching(self, *, wait: int = 0, late: float = 0, device: MethodId | None = None) -> wire.FetchRequest:
        """Make a request that was signed `late` seconds after the portal's clock."""
        device = device or self.device
        issued_at = self._portal.office.clock.wall() + int(late * 1_000_000)
        statement = FetchStatement(device=device, issued_at=issued_at)
        return wire.FetchRequest(
            device=device, issued_at=issued_at, signature=self.sign(statement.canonical()), wait=wait
        )

    async def fetch(self, **how: Any) -> Answer:
        return await self._portal.ask("prompts", self.fetching(**how))

    def answering(self, **fields: Any) -> wire.AnswerRequest:
        given: dict[str, Any] = {
            "device": self.device,
            "verification": SHOWN.verification,
            "decision": "approve",
            "number": "47",
            "displayed": SHOWN.details.digest(),
            "signature": b"signature",
        }
        return wire.AnswerRequest(**(given | fields))

    @property
    def name(self) -> str:
        """What administrators call it."""
        return text(self.device)
