"""
The replicas of servers: those who have tokens, told whole once and then change by change.

One copy of it stands here, in the form in which it crosses, while some application allows codes without a portal and a
server has asked for it. Every commit that may have changed somebody is followed by a look at that user; what is other
than it was gets the next number, and goes to every server at once. A server that was away for a moment is told what has
a later number than the one it has come to.

`settle` is what promises hang on: a beat is answered, and a block said to have reached a server, only once everything
that was committed before has been said.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

from watchword.app.directory import CurrentConfiguration
from watchword.domain.configuration import Configuration
from watchword.domain.offline import eligible
from watchword.domain.users import UserId
from watchword.kit.clock import NANOSECONDS, Clock
from watchword.kit.identities import Identity
from watchword.kit.tasks import Tasks
from watchword.kit.timers import Timers
from watchword.ports.login import StoreAway
from watchword.ports.records import Reader
from watchword.ports.replicas import FollowsPeople, holder_message
from watchword.wire.channel.messages import Replica, Replicate, Told
from watchword.wire.channel.replica import MOST_HOLDERS, Lock, encode_holder, encode_page, paged, signed

TOGETHER: Final = 200
"""Users that are read together: others read between."""

AGAIN_SECONDS: Final = 1
"""Seconds until another look where the store was away."""

_WHOLE: Final = Replicate(run=b"", serial=0)

Say = Callable[[Told], None]
Value = TypeVar("Value")
Look = Sequence[tuple[UserId, bytes | None]]
"""Users as they are now, None for those who are in the replica no more."""


class ReplicaRecords(FollowsPeople, Protocol):
    """The records, as far as a replica needs them."""

    def read(self, use_case: Callable[[Reader], Value]) -> Awaitable[Value]:
        """Run a read off the loop."""


class Replicas:
    """What every server that wants one has of it."""

    def __init__(
        self,
        records: ReplicaRecords,
        *,
        identity: Identity,
        run: bytes,
        configuration: CurrentConfiguration,
        clock: Clock,
        timers: Timers,
        tasks: Tasks,
    ) -> None:
        """
        Hold nothing yet.

        Args:
            records: where people are read.
            identity: the portal's, which signs.
            run: what tells this run of the portal from others.
            configuration: tells whether anything is needed.
            clock: time.
            timers: waiting.
            tasks: what reads runs in one of them.
        """
        self._records = records
        self._identity = identity
        self._run = run
        self._configuration = configuration
        self._clock = clock
        self._timers = timers
        self._tasks = tasks
        self._serial = 0
        self._entries: dict[UserId, tuple[int, bytes | None]] = {}
        self._held = 0
        self._is_loaded = False
        self._life = 0
        self._lock: Lock = _lock_of(configuration.value)
        self._followers: set[Say] = set()
        self._asking: dict[Say, Replicate] = {}
        self._users: set[UserId] = set()
        self._names: set[str] = set()
        self._marked = 0
        self._done = 0
        self._is_running = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        records.on_people(self._changed)
        configuration.on_swap(self._configured)

    def __len__(self) -> int:
        """How many users it holds."""
        return self._held

    @property
    def is_needed(self) -> bool:
        """Whether some application's logins may ever be decided by a server."""
        return any(map(eligible, self._configuration.value.applications.values()))

    def ask(self, say: Say, wanted: Replicate) -> None:
        """Let a server have the replica from now on, beginning where it stands."""
        if self.is_needed:
            self._followers.discard(say)
            self._asking[say] = wanted
            self._run_on()

    def leave(self, say: Say) -> None:
        """Tell a server nothing more."""
        self._followers.discard(say)
        self._asking.pop(say, None)

    def follows(self, say: Say) -> bool:
        """Tell whether a server has, or is about to have, the replica."""
        return say in self._followers or say in self._asking

    async def settle(self, seconds: float) -> bool:
        """Wait until all that is committed by now has been said; False where that takes longer."""
        if self._done == self._marked:
            return True
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._marked, over))
        try:
            async with asyncio.timeout(seconds):
                await over
        except TimeoutError:
            return False
        return True

    # --- what has changed ---------------------------------------------------------------------------------------------

    def _changed(self, users: frozenset[UserId], names: frozenset[str]) -> None:
        if self._is_loaded or self._is_running:
            self._users |= users
            self._names |= names
            self._run_on()

    def _configured(self, configuration: Configuration) -> None:
        if not self.is_needed:
            # Whoever had it lets go of it too, by the same configuration.
            self._forget()
        elif (lock := _lock_of(configuration)) != self._lock:
            self._lock = lock
            self._asking = dict.fromkeys(self._followers, _WHOLE) | self._asking
            self._followers.clear()
            if self._asking:
                self._run_on()

    def _forget(self) -> None:
        self._life += 1
        self._followers.clear()
        self._asking.clear()
        self._entries.clear()
        self._users.clear()
        self._names.clear()
        self._held = 0
        self._is_loaded = False

    def _run_on(self) -> None:
        self._marked += 1
        if not self._is_running:
            self._is_running = True
            self._tasks.start(self._go_on(), name="replicas")

    def _look_later(self) -> None:
        if not self._is_running:
            self._run_on()

    async def _go_on(self) -> None:
        try:
            while self._done < self._marked:
                marked = self._marked
                if self._asking and not self._is_loaded:
                    await self._load()
                if self._users or self._names:
                    await self._look_again()
                self._begin()
                self._reached(marked)
        except StoreAway:
            self._timers.at(self._clock.monotonic() + AGAIN_SECONDS * NANOSECONDS, self._look_later)
        finally:
            self._is_running = False

    def _reached(self, marked: int) -> None:
        """Take note that whatever was marked until then has been said, and let those go on who wait for that."""
        self._done = marked
        waiting, self._waiting = self._waiting, []
        for wanted, over in waiting:
            if wanted > marked:
                self._waiting.append((wanted, over))
            elif not over.done():
                over.set_result(None)

    async def _load(self) -> None:
        """Read everybody. Who changes meanwhile is looked at again after it."""
        life = self._life
        found: dict[UserId, bytes] = {}
        after = UserId(b"")
        while len(found) <= MOST_HOLDERS:
            users = await self._records.read(_following(after))
            if not users:
                break
            looked = await self._records.read(_looked_at(users, ()))
            found.update((user, octets) for user, octets in looked if octets is not None)
            after = users[-1]
        if life == self._life:
            self._serial += 1
            self._held = len(found)
            # Where there are too many, servers are told how many and nothing else.
            kept = found if self._held <= MOST_HOLDERS else {}
            self._entries = {user: (self._serial, octets) for user, octets in kept.items()}
            self._is_loaded = True

    async def _look_again(self) -> None:
        life = self._life
        users, self._users = self._users, set()
        names, self._names = self._names, set()
        try:
            looked = await self._records.read(_looked_at(tuple(users), tuple(names)))
        except BaseException:
            self._users |= users
            self._names |= names
            raise
        if not self._is_loaded or life != self._life or self._held > MOST_HOLDERS:
            return
        changed = [(user, octets) for user, octets in looked if octets != self._entry(user)]
        if not changed:
            return
        previous, self._serial = self._serial, self._serial + 1
        for user, octets in changed:
            self._held += (octets is not None) - (self._entry(user) is not None)
            self._entries[user] = (self._serial, octets)
        told = self._told(changed, previous=previous)
        for say in self._followers:
            for one in told:
                say(one)

    def _entry(self, user: UserId) -> bytes | None:
        return self._entries.get(user, (0, None))[1]

    def _begin(self) -> None:
        """Tell servers that have asked what they do not have."""
        if not self._is_loaded:
            return
        asking, self._asking = self._asking, {}
        for say, wanted in asking.items():
            known = wanted.serial if wanted.run == self._run and 0 < wanted.serial <= self._serial else 0
            later = [(user, octets) for user, (serial, octets) in self._entries.items() if serial > known]
            # Also where there is nothing to tell: from then on a server knows that it has come as far as anybody.
            for one in self._told(later, previous=known):
                say(one)
            self._followers.add(say)

    def _told(self, looked: Look, *, previous: int) -> list[Replica]:
        pages = paged(
            [octets for _, octets in looked if octets is not None],
            [user for user, octets in looked if octets is None],
            run=self._run,
            previous=previous,
            serial=self._serial,
            total=self._held,
            lock=self._lock,
        )
        bodies = map(encode_page, pages)
        return [Replica(body=body, signature=self._identity.sign(signed(body))) for body in bodies]


def _following(after: UserId) -> Callable[[Reader], list[UserId]]:
    return lambda reader: reader.code_holders(after=after, limit=TOGETHER)


def _looked_at(users: Sequence[UserId], names: Sequence[str]) -> Callable[[Reader], Look]:
    def look(reader: Reader) -> Look:
        looked: list[tuple[UserId, bytes | None]] = []
        for user in {*users, *reader.bearers(names)}:
            holder = reader.code_holder(user)
            looked.append((user, None if holder is None else encode_holder(holder_message(holder))))
        return looked

    return look


def _lock_of(configuration: Configuration) -> Lock:
    limits = configuration.settings.lock
    return Lock(limits.failures, limits.within_seconds, limits.lock_seconds)
