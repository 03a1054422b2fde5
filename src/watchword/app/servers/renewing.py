"""
How a server renews its key: by a statement that both keys have signed, and as often as its answer is lost (E5).
"""

from dataclasses import dataclass

from watchword.app.administration import SYSTEM, Administration
from watchword.app.servers.identity import portal_identity
from watchword.domain.enrolment import CLOCK_WINDOW, EnrolmentRefusal, standing
from watchword.domain.events import AuditEvent
from watchword.domain.servers import Server
from watchword.domain.statements import RenewalStatement, RenewedStatement
from watchword.kit.identities import fingerprint, is_identity, stated_by
from watchword.ports.records import Changer, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A new key, stated by the one that is known (`proof`) and by the new one (`new_proof`)."""

    statement: RenewalStatement
    proof: bytes
    new_proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What a server is told whose key was renewed, and the portal's signature of it."""

    statement: RenewedStatement
    signature: bytes


async def renew(context: Administration, renewal: Renewal) -> Renewed | EnrolmentRefusal:
    """Let a server have a new key. Raises `ports.login.StoreAway`."""
    identity, statement = await portal_identity(context), renewal.statement
    if statement.portal != fingerprint(identity.public):
        return EnrolmentRefusal.WRONG_PORTAL
    if abs(context.clock.wall() - statement.at) > CLOCK_WINDOW:
        return EnrolmentRefusal.CLOCK
    if not is_identity(statement.key) or not stated_by(statement.key, statement.canonical(), renewal.new_proof):
        return EnrolmentRefusal.PROOF
    known = await context.records.read(lambda records: records.server(statement.server))
    refusal = _renewable(known, renewal)
    if refusal is not None:
        return refusal
    scribe = context.scribe(SYSTEM)

    def change(records: Changer) -> EnrolmentRefusal | None:
        server = records.server(statement.server)
        refused = _renewable(server, renewal)
        if refused is not None or server is None or server.public_key == statement.key:
            return refused
        if not records.renew_key(server.id, old=server.public_key, new=statement.key, at=scribe.at):
            return EnrolmentRefusal.PROOF
        records.audit(scribe.row(AuditEvent.SERVER_RENEWED, subject=server.id, name=server.name))
        return None

    try:
        refused = await context.records.change(change)
    except Taken:
        return EnrolmentRefusal.KNOWN_KEY
    if refused is not None:
        return refused
    told = RenewedStatement(server=statement.server, key=statement.key)
    return Renewed(statement=told, signature=identity.sign(told.canonical()))


def _renewable(server: Server | None, renewal: Renewal) -> EnrolmentRefusal | None:
    """Tell why a server may not have this key, None where it may, or has it already by this very renewal."""
    if server is None:
        return EnrolmentRefusal.UNKNOWN_SERVER
    refusal = standing(server)
    if refusal is not None:
        return refusal
    again = server.public_key == renewal.statement.key
    old = server.previous_key if again else server.public_key
    if old is None or not stated_by(old, renewal.statement.canonical(), renewal.proof):
        return EnrolmentRefusal.PROOF
    return None
