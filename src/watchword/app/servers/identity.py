"""
The portal's identity: what servers know it by, whatever TLS certificate is in front of it.
"""

from watchword.app.administration import SYSTEM, Administration
from watchword.domain.enrolment import FINGERPRINT
from watchword.domain.events import AuditEvent
from watchword.kit.identities import Identity, fingerprint
from watchword.ports.records import Changer


async def portal_identity(context: Administration) -> Identity:
    """Return the portal's identity, made where there is none yet. Raises `ports.login.StoreAway`."""
    seed = await context.records.read(lambda records: records.portal_seed())
    if seed is not None:
        return Identity(seed)
    scribe, made = context.scribe(SYSTEM), Identity.new(context.randomness)

    def change(records: Changer) -> Identity:
        # Somebody else may have been quicker, and what was shown of his identity holds.
        known = records.portal_seed()
        if known is not None:
            return Identity(known)
        records.keep_portal_seed(made.seed, at=scribe.at)
        shown = fingerprint(made.public).hex()
        records.audit(scribe.row(AuditEvent.PORTAL_IDENTITY_MADE, sha256=shown))
        return made

    return await context.records.change(change)


def pinned(url: str, identity: Identity) -> str:
    """Return a portal's URL with the fingerprint of its identity behind it, as a server wants it."""
    return f"{url}#{FINGERPRINT}{fingerprint(identity.public).hex()}"
