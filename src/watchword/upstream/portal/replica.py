"""
A server's replica of those who have tokens: taken page by page, kept sealed on its disk, and let go of in time.

What the portal says is believed where it has signed it, in the run that the handshake has named, and where it leads on
from just the state that the replica is in. Whatever does not is not taken, and everything is asked for anew.

How long the replica may be used hangs on the last word that the portal is known to have had (`domain.offline.window`).
A word counts once the replica had come as far as the portal when that word was answered. Fifteen minutes after it the
replica is erased.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from watchword.domain.configuration import Configuration
from watchword.domain.offline import Moment, Open, Shut, Window, Word, eligible, window
from watchword.domain.settings import LockSettings
from watchword.domain.users import Ambiguous, Person, Resolution, Unknown, UserId
from watchword.kit.boots import Boot
from watchword.kit.clock import Clock
from watchword.kit.identities import stated_by
from watchword.kit.telemetry import SeldomLog
from watchword.ports.offline import OfflineChange, OfflineKept, ReplicaState
from watchword.ports.replicas import person_of
from watchword.upstream.portal.offline_disk import Done, OfflineDisk
from watchword.wire.channel.messages import Replica as Message
from watchword.wire.channel.messages import Replicate
from watchword.wire.channel.replica import MOST_HOLDERS, Page, decode_holder, decode_page, encode_holder, raised, signed

NOTHING: Final = ReplicaState(run=b"", serial=0, lock=LockSettings(), word=None)


class Replica:
    """Those who have tokens, as the portal knows them."""

    def __init__(
        self,
        *,
        portal: bytes,
        configuration: Callable[[], Configuration],
        disk: OfflineDisk,
        clock: Clock,
        boot: Boot,
        log: SeldomLog,
    ) -> None:
        """
        Hold nothing yet.

        Args:
            portal: the public key of the portal's identity.
            configuration: returns what is obeyed.
            disk: where it is kept.
            clock: the machine's clocks.
            boot: which start of the machine this is, and the time since.
            log: where it is told what is amiss.
        """
        self._portal = portal
        self._configuration = configuration
        self._disk = disk
        self._clock = clock
        self._boot = boot
        self._log = log
        self._holders: dict[UserId, bytes] = {}
        self._names: dict[str, set[UserId]] = {}
        self._pages: list[Page] = []
        self._state = NOTHING
        self.is_current = False
        """Whether it has come as far as the portal that is connected."""
        self._is_on_disk = True
        self._settling: list[Done] = []
        self._asks_whole = False
        self.too_many = 0
        """How many users have tokens where that is more than a replica holds, else 0."""

    def __len__(self) -> int:
        """How many users it holds."""
        return len(self._holders)

    @property
    def is_held(self) -> bool:
        """Whether there is a whole replica."""
        return self._state.serial > 0

    @property
    def is_needed(self) -> bool:
        """Whether some application's logins may be decided here while no portal answers."""
        return any(map(eligible, self._configuration().applications.values()))

    @property
    def lock(self) -> LockSettings:
        """How many wrong codes lock a user."""
        return self._state.lock

    @property
    def word(self) -> Word | None:
        """The last word that the portal is known to have had."""
        return self._state.word

    def moment(self) -> Moment:
        """Return this instant on this machine."""
        return Moment(self._boot.id, self._boot.elapsed(), self._clock.wall())

    def window(self) -> Window:
        """Tell whether this server may decide by itself now."""
        return window(self._state.word, self.moment())

    def recall(self, kept: OfflineKept) -> None:
        """Take up what an earlier run has kept, where it may still be used."""
        if kept.state is None and not kept.holders:
            return
        usable = kept.state is not None and isinstance(window(kept.state.word, self.moment()), Open)
        if kept.state is None or not usable or not kept.trusted or not self.is_needed:
            if not kept.trusted:
                self._log.tell(("replica", "old"), "the replica on the disk is no newest one, and is not used")
            self.drop()
            return
        self._state = kept.state
        for user, octets in kept.holders.items():
            self._put(user, octets)

    # --- what is asked of it ------------------------------------------------------------------------------------------

    def resolve(self, name: str | None) -> Resolution:
        """Find whom a folded name means."""
        users = set() if name is None else self._names.get(name, set())
        if len(users) > 1:
            return Ambiguous()
        return next((person for user in users if (person := self._person(user)) is not None), Unknown())

    def _person(self, user: UserId) -> Person | None:
        holder = decode_holder(self._holders[user])
        return None if holder is None else person_of(holder)

    def spend(self, user: UserId, spent: Mapping[bytes, int]) -> dict[UserId, bytes]:
        """Let no step of a user's tokens be good any more up to `spent`, and return what has to be written of it."""
        octets = self._holders.get(user)
        holder = None if octets is None else decode_holder(octets)
        if holder is None:
            return {}
        moved = self._holders[user] = encode_holder(raised(holder, spent))
        return {user: moved}

    # --- what the portal says -----------------------------------------------------------------------------------------

    def wanted(self) -> Replicate | None:
        """Return what is to be asked of the portal, None for nothing."""
        if not self.is_needed:
            return None
        self.is_current = False
        self._pages.clear()
        if self._asks_whole:
            return Replicate(run=b"", serial=0)
        return Replicate(run=self._state.run, serial=self._state.serial)

    def configured(self) -> None:
        """Let go of everything where no application's logins are decided here any more."""
        if not self.is_needed and (self.is_held or self._holders):
            self.drop()

    def take(self, message: Message, run: bytes) -> bool:
        """Take a page from the portal's run `run`; False where all of it is to be asked for anew."""
        page = decode_page(message.body) if stated_by(self._portal, signed(message.body), message.signature) else None
        if page is None or page.run != run or not self.is_needed:
            return self._refused()
        if page.page != len(self._pages) or (self._pages and not _goes_on(self._pages[0], page)):
            return self._refused()
        if page.previous and (page.run, page.previous) != (self._state.run, self._state.serial):
            return self._refused()
        if page.serial < max(1, page.previous) or (page.serial == page.previous and (page.holders or page.gone)):
            return self._refused()
        if page.run == self._state.run and page.serial < self._state.serial:
            return self._refused()
        self._pages.append(page)
        if len(self._pages) == page.pages:
            self._in_force()
        return True

    def _refused(self) -> bool:
        self._pages.clear()
        self.is_current = False
        self._log.tell(("replica", "refused"), "what the portal said of the replica leads nowhere")
        # It is asked for once: what is whole and leads nowhere would lead nowhere the next time.
        asked, self._asks_whole = self._asks_whole, True
        return asked

    def _in_force(self) -> None:
        pages, self._pages, self._asks_whole = self._pages, [], False
        first = pages[0]
        self.too_many = first.total if first.total > MOST_HOLDERS else 0
        if self.too_many:
            self.drop()
            self._current()
            return
        if not first.previous:
            self._holders.clear()
            self._names.clear()
        put: dict[UserId, bytes] = {}
        for octets in (octets for page in pages for octets in page.holders):
            holder = decode_holder(octets)
            if holder is not None:
                user = UserId(holder.user)
                put[user] = self._put(user, octets)
        gone = [UserId(user) for page in pages for user in page.gone]
        for user in gone:
            self._remove(user)
        lock = LockSettings(
            failures=first.lock.failures,
            within_seconds=first.lock.within_seconds,
            lock_seconds=first.lock.lock_seconds,
        )
        before, self._state = self._state, replace(self._state, run=first.run, serial=first.serial, lock=lock)
        if self._state != before:
            self._keep(OfflineChange(clear=not first.previous, holders=put, gone=gone, state=self._state))
        self._current()

    def _put(self, user: UserId, octets: bytes) -> bytes:
        """Put a user in, no step of whose tokens goes back."""
        holder = decode_holder(octets)
        before = self._holders.get(user)
        known = None if before is None else decode_holder(before)
        self._remove(user)
        if holder is None:
            return octets
        if known is not None:
            octets = encode_holder(raised(holder, {token.method: token.spent for token in known.tokens}))
        self._holders[user] = octets
        for name in holder.names:
            self._names.setdefault(name, set()).add(user)
        return octets

    def _remove(self, user: UserId) -> None:
        octets = self._holders.pop(user, None)
        holder = None if octets is None else decode_holder(octets)
        for name in () if holder is None else holder.names:
            users = self._names.get(name, set())
            users.discard(user)
            if not users:
                self._names.pop(name, None)

    def heard(self, word: Word) -> None:
        """Take note of a word that the portal is known to have had, where the replica has come as far as the portal."""
        if self.is_current and self.is_held:
            self._state = replace(self._state, word=word)
            self._keep(OfflineChange(state=self._state))

    def settle(self, done: Done) -> None:
        """Call `done` once everything that was said is in force here, and would be after a restart too."""
        if self.is_needed and not self.is_current:
            self._settling.append(done)
        else:
            if not self._is_on_disk:
                self._keep(OfflineChange())
            self._disk.write(OfflineChange(), lambda written: done(written and self._is_on_disk))

    def disconnected(self) -> None:
        """Take note that the portal says nothing more."""
        self.is_current, self._asks_whole = False, False
        self._pages.clear()
        self._settling.clear()

    def go_on(self) -> None:
        """Let go of what may be used no more; called every second."""
        if self.is_held and not self.is_current and isinstance(self.window(), Shut):
            self.drop()

    def drop(self) -> None:
        """Erase it."""
        self._holders.clear()
        self._names.clear()
        self._pages.clear()
        self._state = NOTHING
        self._keep(OfflineChange(clear=True))

    # --- the disk -----------------------------------------------------------------------------------------------------

    def _current(self) -> None:
        self.is_current = True
        settling, self._settling = self._settling, []
        for done in settling:
            self.settle(done)

    def _keep(self, change: OfflineChange) -> None:
        if not self._is_on_disk:
            # Something was not written: from then on all of it is, or an older state would pass for this one.
            change = OfflineChange(clear=True, holders=dict(self._holders), state=self._state)
        self._is_on_disk = True
        self._disk.write(change, self._kept)

    def _kept(self, written: bool) -> None:  # noqa: FBT001 - the one thing that a callback is told
        if not written:
            self._is_on_disk = False
            self._log.tell(("replica", "disk"), "the replica cannot be written to the disk")


def _goes_on(first: Page, page: Page) -> bool:
    return (first.previous, first.serial, first.pages) == (page.previous, page.serial, page.pages)
