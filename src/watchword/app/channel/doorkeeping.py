"""
Who is let in: servers that are known, that have proven who they are, and that are no copies.
"""

from watchword.app.administration import Administration
from watchword.app.channel.door import Opening
from watchword.app.channel.parts import Caller
from watchword.app.servers.sessions import Hello, open_session
from watchword.domain.enrolment import CLOCK_WINDOW, EnrolmentRefusal
from watchword.domain.servers import ServerId
from watchword.domain.statements import SessionStatement
from watchword.kit.identities import Identity, fingerprint
from watchword.kit.signatures import digest
from watchword.ports.login import StoreAway


class Doorkeeping:
    """Lets servers in, by what administration knows of them."""

    def __init__(self, context: Administration, identity: Identity) -> None:
        self._context = context
        self._portal = fingerprint(identity.public)

    async def admit(self, opening: Opening) -> Caller | EnrolmentRefusal:
        """Check who it is and that it is no copy, and note that it came in."""
        if abs(self._context.clock.wall() - opening.at) > CLOCK_WINDOW:
            # Codes are good for seconds; of a server whose clock is wrong by minutes nobody knows what it would take.
            return EnrolmentRefusal.CLOCK
        statement = SessionStatement(
            portal=self._portal,
            nonce=opening.nonce,
            server=ServerId(opening.server),
            shown=digest(opening.shown),
            drawn=opening.drawn,
            at=opening.at,
        )
        hello = Hello(statement=statement, signature=opening.signature, address=opening.address)
        try:
            opened = await open_session(self._context, hello)
        except StoreAway:
            return EnrolmentRefusal.BUSY
        if isinstance(opened, EnrolmentRefusal):
            return opened
        return Caller(id=opened.id, name=opened.name, group=opened.group)
