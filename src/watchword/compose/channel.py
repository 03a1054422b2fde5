"""
The portal's end of the channel: where MFA servers are taken in.
"""

from dataclasses import dataclass, replace

from watchword.app.accounting import Accounting
from watchword.app.administration import Administration
from watchword.app.channel.door import Threshold
from watchword.app.channel.doorkeeping import Doorkeeping
from watchword.app.channel.hub import Hub
from watchword.app.channel.offline_reports import OfflineReports
from watchword.app.channel.parts import Caller, ChannelParts
from watchword.app.channel.passwords import RemotePasswords
from watchword.app.channel.replicas import Replicas
from watchword.app.channel.reports import AwayReports
from watchword.app.servers.contacts import Contacts
from watchword.app.servers.identity import portal_identity
from watchword.app.verify.serving import ServerVerifier
from watchword.compose.portal import Portal
from watchword.domain.servers import ServedBy
from watchword.kit.identities import Identity
from watchword.ports.login import Verifier
from watchword.wire.channel.handshake import BOOT_OCTETS


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalChannel:
    """
    What takes servers in.

    Attributes:
        context: administration, which reaches connected servers.
        boot: what tells this run of the portal from others.
    """

    portal: Portal
    context: Administration
    identity: Identity
    hub: Hub
    boot: bytes

    def threshold(self) -> Threshold:
        """Make a server's way in."""
        return Threshold(self.identity, boot=self.boot, randomness=self.portal.foundation.randomness)

    def doorkeeper(self) -> Doorkeeping:
        """Make what tells who may come in."""
        return Doorkeeping(self.context, self.identity)


async def portal_channel(portal: Portal, context: Administration) -> PortalChannel:
    """Make what takes servers in. Raises `ports.login.StoreAway`."""
    base = portal.foundation
    identity = await portal_identity(context)
    boot = base.randomness.octets(BOOT_OCTETS)
    hub = Hub(
        _parts(portal),
        identity=identity,
        contacts=Contacts(portal.store.records),
        timers=base.timers,
        tasks=base.tasks,
        replicas=Replicas(
            portal.store.records,
            identity=identity,
            run=boot,
            configuration=portal.current,
            clock=base.clock,
            timers=base.timers,
            tasks=base.tasks,
        ),
    )
    return PortalChannel(
        portal=portal,
        context=replace(context, servers=hub),
        identity=identity,
        hub=hub,
        boot=boot,
    )


def _parts(portal: Portal) -> ChannelParts:
    base = portal.foundation

    def verifier(caller: Caller) -> Verifier:
        return ServerVerifier(portal.login.verifier, ServedBy(caller.group, caller.name))

    def accounting(caller: Caller) -> Accounting:
        return Accounting(
            ledger=portal.ledger,
            people=portal.store.people,
            clock=base.clock,
            identifiers=base.identifiers,
            group=caller.group,
            server=caller.name,
        )

    return ChannelParts(
        verifier=verifier,
        accounting=accounting,
        passwords=RemotePasswords(
            password_hash=portal.store.people.password_hash, randomness=base.randomness, fault=base.fault
        ),
        reports=_reports(portal),
        configuration=portal.current,
        proof_keys=portal.proof_keys,
        clock=base.clock,
        fault=base.fault,
        portals=base.config.portal_urls,
    )


def _reports(portal: Portal) -> AwayReports:
    base = portal.foundation
    return AwayReports(
        records=portal.store.records,
        ledger=portal.ledger,
        clock=base.clock,
        tasks=base.tasks,
        offline=OfflineReports(
            records=portal.store.records,
            ledger=portal.ledger,
            turns=portal.parts.turns,
            configuration=portal.current,
            clock=base.clock,
            identifiers=base.identifiers,
        ),
    )
