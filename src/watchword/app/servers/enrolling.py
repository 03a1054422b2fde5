"""
How a server becomes known. Nobody is signed in here: each proves itself by what it shows.

A server is known by one conditional write in the transaction of its audit row. Whoever asks again with the same key,
because the answer was lost, is told the same; any other key is refused, and that is written down (E2).
"""

from dataclasses import dataclass, field, replace

from watchword.app.administration import SYSTEM, Administration, Scribe
from watchword.app.manage import finding
from watchword.app.manage.texts import LONGEST_LABEL, one_line
from watchword.app.servers.identity import portal_identity
from watchword.domain.applications import DEFAULT_GROUP, GroupId
from watchword.domain.enrolment import (
    CLOCK_WINDOW,
    MOST_TRIES,
    ActivationCredentials,
    Claim,
    EnrolmentRefusal,
    Verdict,
    judge,
    standing,
    typed,
)
from watchword.domain.events import AuditEvent
from watchword.domain.secrets import Secret
from watchword.domain.servers import Links, Report, Server, ServerId
from watchword.domain.statements import ActivatedStatement, ActivationStatement
from watchword.kit.identities import fingerprint, is_identity, stated_by
from watchword.kit.signatures import digest
from watchword.ports.records import Changer, Reader, Taken
from watchword.ports.servers import Spending

NAMELESS = "server"
"""What a server is called that says no name of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """
    What a server shows to become known.

    Attributes:
        statement: what it states, signed by the key that is to become known (`proof`).
        password: of the credentials.
        group: name of the replication group that it asks for, None for whichever the credentials are bound to.
        report: what it says of itself.
        address: where it comes from.
    """

    statement: ActivationStatement
    proof: bytes
    password: Secret = field(repr=False)
    group: str | None
    report: Report
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """What a server is told that is known now, and the portal's signature of it."""

    statement: ActivatedStatement
    signature: bytes


async def activate(context: Administration, activation: Activation) -> Activated | EnrolmentRefusal:
    """Let a server be known that shows good credentials. Raises `ports.login.StoreAway`."""
    identity, statement = await portal_identity(context), activation.statement
    if statement.portal != fingerprint(identity.public):
        return EnrolmentRefusal.WRONG_PORTAL
    if abs(context.clock.wall() - statement.at) > CLOCK_WINDOW:
        return EnrolmentRefusal.CLOCK
    if not is_identity(statement.key) or not stated_by(statement.key, statement.canonical(), activation.proof):
        return EnrolmentRefusal.PROOF
    email = typed(statement.email)
    if await context.records.read(lambda records: records.credentials_of(email)) is None:
        # The writer is not for strangers.
        return EnrolmentRefusal.WRONG
    scribe, new = context.scribe(SYSTEM), ServerId(context.identifiers.new())

    def change(records: Changer) -> Server | EnrolmentRefusal:
        return _Activating(records, activation, scribe, new).run(records.credentials_of(email))

    try:
        server = await context.records.change(change)
    except Taken:
        return EnrolmentRefusal.KNOWN_KEY
    if isinstance(server, EnrolmentRefusal):
        return server
    names = await context.records.read(lambda records: finding.group_names(records.configuration()))
    told = ActivatedStatement(
        server=server.id,
        key=server.public_key,
        name=server.name,
        group=server.group,
        group_name=names.get(server.group, ""),
    )
    return Activated(statement=told, signature=identity.sign(told.canonical()))


class _Activating:
    """One activation in the writer."""

    def __init__(self, records: Changer, activation: Activation, scribe: Scribe, new: ServerId) -> None:
        self._records = records
        self._activation = activation
        self._scribe = scribe
        self._new = new

    def run(self, credentials: ActivationCredentials | None) -> Server | EnrolmentRefusal:
        """Return the server that is known now, or why none is."""
        asked = self._group()
        if isinstance(asked, EnrolmentRefusal):
            return asked
        password = typed(self._activation.password.octets.decode(errors="replace")).encode()
        claim = Claim(
            digest=digest(password),
            key=self._activation.statement.key,
            group=asked,
            address=self._activation.address,
        )
        verdict = judge(credentials, claim, now=self._scribe.at)
        if credentials is None or isinstance(verdict, EnrolmentRefusal):
            refusal = EnrolmentRefusal.WRONG if isinstance(verdict, Verdict) else verdict
            self._note(credentials, refusal)
            return refusal
        if verdict is Verdict.REPEAT:
            return self._again(credentials)
        return self._spend(credentials, claim)

    def _group(self) -> GroupId | EnrolmentRefusal | None:
        name = self._activation.group
        if name is None:
            return None
        groups = finding.groups(self._records.configuration())
        found = next((group.id for group in groups if group.name == name.strip()), None)
        return EnrolmentRefusal.OTHER_GROUP if found is None else found

    def _note(self, credentials: ActivationCredentials | None, refusal: EnrolmentRefusal) -> None:
        """Count a wrong password, and write down what somebody has to know of."""
        if credentials is None:
            return
        if refusal is EnrolmentRefusal.WRONG:
            tries = self._records.count_try(credentials.id, at=self._scribe.at)
            if tries == MOST_TRIES and credentials.tries < MOST_TRIES:
                self._write(AuditEvent.CREDENTIALS_VOIDED, credentials)
        elif refusal is EnrolmentRefusal.USED:
            self._write(AuditEvent.CREDENTIALS_MISUSED, credentials)

    def _write(self, event: AuditEvent, credentials: ActivationCredentials) -> None:
        address = self._activation.address
        self._records.audit(self._scribe.row(event, subject=credentials.id, email=credentials.email, address=address))

    def _again(self, credentials: ActivationCredentials) -> Server | EnrolmentRefusal:
        server = None if credentials.used_by is None else self._records.server(credentials.used_by)
        if server is None:
            return EnrolmentRefusal.UNKNOWN_SERVER
        refusal = standing(server)
        if refusal is not None:
            return refusal
        return server if server.public_key == credentials.key else EnrolmentRefusal.USED

    def _spend(self, credentials: ActivationCredentials, claim: Claim) -> Server | EnrolmentRefusal:
        if self._records.server_with_key(claim.key) is not None:
            return EnrolmentRefusal.KNOWN_KEY
        known = None if credentials.server is None else self._records.server(credentials.server)
        if known is not None and known.revoked_at is not None:
            return EnrolmentRefusal.REVOKED
        server = self._server(known, credentials.group or claim.group)
        spending = Spending(credentials=credentials.id, digest=claim.digest, server=server, at=self._scribe.at)
        if not self._records.spend_credentials(spending):
            return EnrolmentRefusal.USED
        self._records.audit(
            self._scribe.row(
                AuditEvent.SERVER_ACTIVATED,
                subject=server.id,
                name=server.name,
                email=credentials.email,
                by=credentials.created_by,
                address=self._activation.address,
            )
        )
        return server

    def _server(self, known: Server | None, group: GroupId | None) -> Server:
        statement, at = self._activation.statement, self._scribe.at
        links = Links(current=statement.link)
        if known is not None:
            return replace(
                known,
                public_key=statement.key,
                previous_key=None,
                links=links,
                key_since=at,
                group=group or known.group,
                address=self._activation.address,
            )
        return Server(
            id=self._new,
            name=_free_name(self._records, self._activation.report.host_name),
            group=group or DEFAULT_GROUP,
            public_key=statement.key,
            links=links,
            activated_at=at,
            key_since=at,
            address=self._activation.address,
            report=self._activation.report,
        )


def _free_name(records: Reader, host_name: str) -> str:
    """Return what a new server is called: its host's name, with a number behind it where another has that."""
    wanted = (one_line(host_name) or NAMELESS)[: LONGEST_LABEL - 6]
    taken = {server.name for server in records.servers()}
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
