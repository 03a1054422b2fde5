"""
MFA servers as a portal meets them: a key, and what is stated with it.
"""

from dataclasses import replace
from typing import Any

from tests.fakes.office import OWNER, Office
from watchword.app.servers.credentials import CredentialsMade, ServerCredentials
from watchword.app.servers.enrolling import Activated, Activation, activate
from watchword.app.servers.identity import portal_identity
from watchword.app.servers.renewing import Renewal, Renewed, renew
from watchword.app.servers.sessions import Hello, open_session
from watchword.domain.enrolment import EnrolmentRefusal
from watchword.domain.secrets import Secret
from watchword.domain.servers import Contact, Report, Server, ServerId
from watchword.domain.statements import ActivationStatement, RenewalStatement, SessionStatement
from watchword.kit.identities import Identity, fingerprint
from watchword.kit.randomness import SeededRandomness
from watchword.kit.signatures import digest

ADDRESS = "198.51.100.7"


class Machine:
    """A server's side: its key, its secrets for sessions, and the portal that it means."""

    def __init__(self, office: Office, seed: int = 1, *, host: str = "berlin-1") -> None:
        self.office = office
        self.randomness = SeededRandomness(seed)
        self.identity = Identity.new(self.randomness)
        self.link = self.randomness.octets(32)
        self.host = host
        self.id = ServerId(bytes(16))

    def copy(self) -> "Machine":
        """Return a machine that began as this one is now, and draws other secrets."""
        copied = Machine(self.office, 99, host=self.host)
        copied.identity, copied.link, copied.id = self.identity, self.link, self.id
        return copied

    async def portal(self) -> bytes:
        """Return the fingerprint of the portal."""
        return fingerprint((await portal_identity(self.office.context)).public)

    async def activation(self, made: CredentialsMade, **fields: Any) -> Activation:
        """Return what this machine shows to become known."""
        statement = ActivationStatement(
            portal=await self.portal(),
            email=made.email,
            key=self.identity.public,
            link=digest(self.link),
            at=self.office.clock.wall(),
        )
        statement = replace(
            statement, **{name: fields.pop(name) for name in ("portal", "at", "email") if name in fields}
        )
        activation = Activation(
            statement=statement,
            proof=self.identity.sign(statement.canonical()),
            password=Secret(made.password.encode()),
            group=None,
            report=Report(version="1.0", host_name=self.host, address="10.0.0.7"),
            address=ADDRESS,
        )
        return replace(activation, **fields)

    async def activate(self, made: CredentialsMade, **fields: Any) -> Activated | EnrolmentRefusal:
        """Try to become known."""
        done = await activate(self.office.context, await self.activation(made, **fields))
        if isinstance(done, Activated):
            self.id = done.statement.server
        return done

    async def renew(
        self, new: Identity, *, signer: Identity | None = None, **fields: Any
    ) -> Renewed | EnrolmentRefusal:
        """Try to get a new key, with a statement that `signer` signs besides it."""
        statement = RenewalStatement(
            portal=await self.portal(), server=self.id, key=new.public, at=self.office.clock.wall()
        )
        statement = replace(statement, **{name: fields.pop(name) for name in ("portal", "at") if name in fields})
        renewal = Renewal(
            statement=statement,
            proof=(signer or self.identity).sign(statement.canonical()),
            new_proof=new.sign(statement.canonical()),
        )
        return await renew(self.office.context, replace(renewal, **fields))

    async def open(self, *, lost: bool = False, drawn: bytes | None = None) -> Server | EnrolmentRefusal:
        """Try to open a session; where its answer is `lost` nothing is learnt from it."""
        drawn = drawn or self.randomness.octets(32)
        statement = SessionStatement(
            portal=await self.portal(),
            nonce=bytes(32),
            server=self.id,
            shown=digest(self.link),
            drawn=digest(drawn),
            at=self.office.clock.wall(),
        )
        hello = Hello(statement=statement, signature=self.identity.sign(statement.canonical()), address=ADDRESS)
        done = await open_session(self.office.context, hello)
        if isinstance(done, Server) and not lost:
            self.link = drawn
        return done


async def credentials(office: Office, **fields: Any) -> CredentialsMade:
    """Make activation credentials."""
    made = await office.do("server.credentials", ServerCredentials(**fields), OWNER)
    assert isinstance(made, CredentialsMade)
    return made


async def known(office: Office, seed: int = 1, *, host: str = "berlin-1", **fields: Any) -> Machine:
    """Return a machine that the portal knows."""
    machine = Machine(office, seed, host=host)
    done = await machine.activate(await credentials(office, **fields))
    assert isinstance(done, Activated), done
    return machine


def contact(office: Office, **fields: Any) -> Contact:
    """Return a word of a server, now."""
    return replace(Contact(at=office.clock.now(), address=ADDRESS, report=Report(version="1.0")), **fields)
