"""
What an MFA server decides by itself with, while no portal answers.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from watchword.app.diagnose.offline_view import OfflineView
from watchword.app.directory import CurrentConfiguration
from watchword.app.throttles import Throttles
from watchword.compose.foundation import Foundation
from watchword.domain.offline import Open, Shut
from watchword.domain.verification import VerificationRequest
from watchword.kit import sealing
from watchword.kit.boots import SystemBoot
from watchword.kit.clock import NANOSECONDS
from watchword.kit.identifiers import Identifiers
from watchword.kit.sealing import KeysUnusable
from watchword.ports.login import StoreAway
from watchword.ports.offline import OfflineKept
from watchword.stores.connections import Unusable
from watchword.stores.offline import SqliteOffline
from watchword.upstream.portal.alone import Alone, AloneParts
from watchword.upstream.portal.offline_disk import OfflineDisk
from watchword.upstream.portal.outcomes import Outcomes
from watchword.upstream.portal.replica import Replica
from watchword.upstream.portal.requests import Requests


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidesAlone:
    """What decides, what it decides by, what came of it, and what an earlier run has kept of all that."""

    decides: Alone
    replica: Replica
    outcomes: Outcomes
    kept: OfflineKept

    def recall(self) -> None:
        """Take up what an earlier run has kept; the configuration that it kept is in force already."""
        self.outcomes.recall(self.kept)
        self.replica.recall(self.kept)

    def go_on(self) -> None:
        """Tell the portal what it does not have, and let go of what may be used no more; called every second."""
        self.replica.go_on()
        self.outcomes.go_on()

    def view(self) -> OfflineView:
        """Return how it stands."""
        replica, opened = self.replica, self.replica.window()
        return OfflineView(
            users=len(replica) if replica.is_held else None,
            too_many=replica.too_many,
            left=opened.left / NANOSECONDS if isinstance(opened, Open) else None,
            shut=opened.value if isinstance(opened, Shut) else "",
            untold=len(self.outcomes),
        )


def alone(
    base: Foundation,
    requests: Requests,
    *,
    portal: bytes,
    current: CurrentConfiguration,
    note: Callable[[VerificationRequest, str], None],
    resources: AsyncExitStack,
) -> DecidesAlone | None:
    """
    Make what decides while no portal answers; None where the disk does not allow it, and everything is denied then.

    Args:
        base: what everything stands on.
        requests: how the portal is asked.
        portal: the public key of its identity.
        current: what is obeyed.
        note: takes down logins that were denied without a decision, and why.
        resources: what is closed at the end.
    """
    try:
        store = SqliteOffline(base.config.data, key_ring(base), base.clock)
        resources.callback(store.close)
        kept = store.load()
    except (Unusable, StoreAway) as problem:
        base.seldom.tell(("offline",), "nothing can be decided while no portal answers", cause=str(problem))
        return None
    workers = base.workers("offline", 1)
    resources.callback(workers.close)
    disk = OfflineDisk(store, workers=workers)
    replica = Replica(
        portal=portal,
        configuration=lambda: current.value,
        disk=disk,
        clock=base.clock,
        boot=SystemBoot(randomness=base.randomness),
        log=base.seldom,
    )
    outcomes = Outcomes(
        disk=disk,
        replica=replica,
        requests=requests,
        clock=base.clock,
        identifiers=Identifiers(clock=base.clock, randomness=base.randomness),
        log=base.seldom,
    )
    parts = AloneParts(
        replica=replica,
        outcomes=outcomes,
        throttles=Throttles(clock=base.clock),
        configuration=lambda: current.value,
        note=note,
    )
    return DecidesAlone(decides=Alone(parts), replica=replica, outcomes=outcomes, kept=kept)


def key_ring(base: Foundation) -> sealing.KeyRing:
    """Return the keys that a server seals with. Raises `KeysUnusable`."""
    keys = sealing.load(base.config.data / "keys", randomness=base.randomness)
    if keys is None:
        raise KeysUnusable(f"the key file {base.config.data / 'keys'} is missing: put it back, or activate anew")
    return keys
