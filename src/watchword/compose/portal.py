"""
The verification service of a process, and everything around it.
"""

from functools import partial

from watchword.app import upkeep
from watchword.app.accounting import Accounting
from watchword.app.administration import Administration
from watchword.app.directory import CurrentConfiguration
from watchword.app.login import Login
from watchword.app.pending import Pending
from watchword.app.proofs import PasswordProofs, ProofKeys
from watchword.app.readiness import WatchedLedger
from watchword.app.recorder import Recorder
from watchword.app.throttles import Throttles
from watchword.app.verify.live import LiveVerifications
from watchword.app.verify.parts import Parts
from watchword.app.verify.prompting import Prompting
from watchword.app.verify.releases import Releases
from watchword.app.verify.service import VerificationService
from watchword.app.verify.turns import Turns
from watchword.compose.foundation import Foundation
from watchword.delivery.push import LongPolls
from watchword.domain.servers import LOCAL
from watchword.listeners.observations import ListenerObservations
from watchword.ports.login import PrimaryAuthentication, StoreAway
from watchword.stores.memory import MemoryLoginCache
from watchword.stores.sqlite import SqliteStore


class Portal:
    """The verification service of a process, and everything around it."""

    def __init__(
        self, base: Foundation, store: SqliteStore, current: CurrentConfiguration, primary: PrimaryAuthentication
    ) -> None:
        self.foundation = base
        self.store = store
        self.current = current
        self.ledger = WatchedLedger(store.ledger)
        self.cache = MemoryLoginCache(clock=base.clock)
        self.polls = LongPolls(clock=base.clock, timers=base.timers)
        self.observations = ListenerObservations()
        self.recorder = Recorder(
            ledger=self.ledger,
            clock=base.clock,
            identifiers=base.identifiers,
        )
        self.proof_keys = ProofKeys(clock=base.clock, randomness=base.randomness)
        self.parts = self._parts()
        releases = Releases(self.parts)
        self.live = LiveVerifications(self.parts, releases)
        self.prompting = Prompting(self.parts, releases)
        self.login = Login(
            verifier=VerificationService(self.parts, releases),
            primary=primary,
            proofs=PasswordProofs(partial(self.proof_keys.of, LOCAL.group)),
            fault=base.fault,
            metrics=base.metrics,
        )
        self.accounting = Accounting(
            ledger=self.ledger,
            people=store.people,
            clock=base.clock,
            identifiers=base.identifiers,
            group=LOCAL.group,
            server=LOCAL.name,
        )
        base.metrics.pending.read = lambda: len(self.parts.pending)
        base.metrics.queue.read = lambda: store.ledger.waiting
        store.on_group(base.metrics.commit_size.of().observe)

    def _parts(self) -> Parts:
        base = self.foundation
        return Parts(
            ledger=self.ledger,
            people=self.store.people,
            challenges=self.store.challenges,
            cache=self.cache,
            push=self.polls,
            configuration=self.current,
            clock=base.clock,
            timer=base.timers,
            randomness=base.randomness,
            identifiers=base.identifiers,
            recorder=self.recorder,
            pending=Pending(clock=base.clock, timer=base.timers),
            throttles=Throttles(clock=base.clock),
            turns=Turns(),
            fault=base.fault,
            metrics=base.metrics,
        )

    def keep_in_order(self, context: Administration) -> None:
        """Do what has to be done now and then."""
        base = self.foundation
        base.every(1, self.recorder.flush)
        base.every(1, self.ledger.try_again)
        for chore in upkeep.CHORES:
            base.tasks.start(self._do(chore, context), name=chore.name)

    async def _do(self, chore: upkeep.Chore, context: Administration) -> None:
        while True:
            touched = 0
            try:
                touched = await chore.step(context)
            except StoreAway:
                self.foundation.seldom.tell(("chore", chore.name), "upkeep has to wait: the store is away")
            await self.foundation.pause(upkeep.wait_after(chore, touched))
