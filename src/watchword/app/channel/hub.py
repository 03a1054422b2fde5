"""
The MFA servers that are connected to this process: who they are, what they obey, and when they were last heard.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Final, Protocol

from watchword.app.channel.conversation import Conversation
from watchword.app.channel.parts import Caller, ChannelParts
from watchword.app.channel.replicas import Replicas
from watchword.domain.configuration import Configuration as Domain
from watchword.domain.enrolment import EnrolmentRefusal, standing
from watchword.domain.servers import Contact, Group, Report, Server, ServerId, renewal_due
from watchword.kit.clock import NANOSECONDS
from watchword.kit.identities import Identity
from watchword.kit.tasks import Tasks
from watchword.kit.timers import Timers
from watchword.ports.login import StoreAway
from watchword.ports.snapshots import snapshot_of
from watchword.wire.channel.configuration import encode_snapshot, signed
from watchword.wire.channel.messages import (
    Asked,
    Beat,
    Beaten,
    Configuration,
    Goodbye,
    Leave,
    Renew,
    Replicate,
    Settle,
    Settled,
    Told,
    Unreadable,
)

REPEAT_SECONDS: Final = 10
"""Seconds for which what a server asked goes on while its connection is broken."""

SWEEP_SECONDS: Final = 5
"""Seconds between two looks for what has ended."""

SETTLE_SECONDS: Final = 2
"""Seconds that servers have to say that they have taken in what is in force now."""

AGAIN: Final = "again"
"""Said to a server whose connection ends because something about it has changed: it is to open another at once."""
STOPPING: Final = "stopping"
"""Said by a portal that ends."""
REPLACED: Final = "replaced"
"""Said over a connection that another one of the same server has taken the place of."""


class Contacts(Protocol):
    """The last word of each server: `app.servers.contacts.Contacts`."""

    def all(self) -> Mapping[ServerId, Contact]:
        """Return the last word of each server that was heard since this process began."""

    async def heard(self, server: ServerId, contact: Contact) -> Server | None:
        """
        Take in a word of a server, and return it as it is known now, None where it is known no more.

        It may be answered once this has returned, and not where it raises.
        """


class Connection:
    """One live connection of a server."""

    def __init__(
        self,
        hub: "Hub",
        conversation: Conversation,
        *,
        address: str,
        serial: int,
        say: Callable[[Told], None],
        close: Callable[[], None],
    ) -> None:
        self.conversation = conversation
        self.address = address
        self.serial = serial
        self.keys: tuple[bytes, ...] = ()
        self.settled = 0
        self._hub = hub
        self._say = say
        self._close = close
        self._version = 0
        self._sent = 0
        self.sent_at = 0
        self.taken = True

    def take(self, message: Asked | Unreadable) -> None:
        """Take what the server says."""
        match message:
            case Beat():
                self._beaten(message)
            case Settled():
                self.settled = max(self.settled, message.number)
                self._hub.has_settled()
            case Leave():
                self._hub.left(self)
            case Replicate():
                self._hub.replicate(self, message)
            case _:
                self.conversation.take(message)

    def say(self, message: Told) -> None:
        """Say something to the server."""
        self._say(message)

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self._hub.lost(self)

    def end(self, reason: str) -> None:
        """Say why, and end the connection."""
        self._say(Goodbye(reason=reason))
        self._close()

    def configure(self, message: Configuration, *, version: int) -> None:
        """Send a configuration of this version."""
        self._version, self._sent = version, self.serial
        self.sent_at, self.taken = self._hub.now(), False
        self._say(message)

    def _beaten(self, beat: Beat) -> None:
        now, self.taken = self._hub.now(), beat.serial == self._sent
        contact = Contact(
            at=now,
            address=self.address,
            report=Report(
                version=beat.version,
                host_name=beat.host,
                address=beat.address,
                clock_skew=beat.wall - self._hub.wall(),
                configuration=self._version if self.taken else 0,
                listeners=tuple(f"{one.protocol} {one.host}:{one.port}" for one in beat.listeners),
                load=beat.load.waiting,
            ),
        )
        answer = partial(self._say, Beaten(number=beat.number, wall=self._hub.wall()))
        self._hub.heard(self, contact, answer)


class Hub:
    """All of them."""

    def __init__(
        self,
        parts: ChannelParts,
        *,
        identity: Identity,
        contacts: Contacts,
        timers: Timers,
        tasks: Tasks,
        replicas: Replicas | None = None,
    ) -> None:
        """Take servers in from now on. `replicas` is None where no server ever decides by itself."""
        self._parts = parts
        self._replicas = replicas
        self._identity = identity
        self._contacts = contacts
        self._tasks = tasks
        self._timers = timers
        self._live: dict[bytes, Connection] = {}
        self._apart: dict[bytes, tuple[Conversation, int]] = {}
        self._settling: dict[asyncio.Event, None] = {}
        self._numbers = count(1)
        parts.configuration.on_swap(self._configured)
        self._sweep_later()

    def __len__(self) -> int:
        return len(self._live)

    @property
    def waiting(self) -> int:
        """How many requests of servers were not answered yet."""
        return sum(one.conversation.waiting for one in self._live.values())

    def now(self) -> int:
        """Return UTC microseconds that never go back."""
        return self._parts.clock.now()

    def wall(self) -> int:
        """Return UTC microseconds of the machine's clock."""
        return self._parts.clock.wall()

    def connected(
        self,
        caller: Caller,
        *,
        boot: bytes,
        address: str,
        serial: int,
        say: Callable[[Told], None],
        close: Callable[[], None],
    ) -> Connection:
        """
        Take a server in that was let in.

        Args:
            caller: the server.
            boot: what tells this run of it from others.
            address: where it comes from.
            serial: of the newest configuration that it has taken.
            say: sends it something.
            close: ends the connection.
        """
        before = self._live.pop(caller.id, None)
        if before is not None:
            before.conversation.detach()
            self._is_told_no_more(before)
            before.end(REPLACED)
        conversation = self._conversation(caller, boot, before)
        connection = Connection(self, conversation, address=address, serial=serial, say=say, close=close)
        self._live[caller.id] = connection
        conversation.attach(connection.say)
        self._configure(connection)
        return connection

    def _conversation(self, caller: Caller, boot: bytes, before: Connection | None) -> Conversation:
        """Go on with the conversation that this run of the server has begun, or begin one."""
        held = before.conversation if before is not None else self._apart.pop(caller.id, (None, 0))[0]
        if held is not None:
            if held.boot == boot and held.caller == caller:
                return held
            held.end()
        return Conversation(self._parts, caller, boot=boot)

    def lost(self, connection: Connection) -> None:
        """Keep what was asked for a little while: the server may come back and ask for the answers."""
        conversation = connection.conversation
        if self._live.get(conversation.caller.id) is connection:
            del self._live[conversation.caller.id]
            conversation.detach()
            self._is_told_no_more(connection)
            until = self._parts.clock.monotonic() + REPEAT_SECONDS * NANOSECONDS
            self._apart[conversation.caller.id] = (conversation, until)
            self.has_settled()

    def left(self, connection: Connection) -> None:
        """Take leave of a server that ends."""
        conversation = connection.conversation
        if self._live.get(conversation.caller.id) is connection:
            del self._live[conversation.caller.id]
            conversation.end()
            self._is_told_no_more(connection)
            self.has_settled()

    def replicate(self, connection: Connection, wanted: Replicate) -> None:
        """Let a server have what it needs to check codes while no portal answers, where an application allows that."""
        if self._replicas is not None and self._live.get(connection.conversation.caller.id) is connection:
            self._replicas.ask(connection.say, wanted)

    def _is_told_no_more(self, connection: Connection) -> None:
        if self._replicas is not None:
            self._replicas.leave(connection.say)

    def _follows(self, connection: Connection) -> bool:
        return self._replicas is not None and self._replicas.follows(connection.say)

    async def _replicated(self) -> bool:
        """Wait until whoever has a replica was told all that is committed by now; False where that takes too long."""
        return self._replicas is None or await self._replicas.settle(SETTLE_SECONDS)

    def heard(self, connection: Connection, contact: Contact, answer: Callable[[], None]) -> None:
        """Take note of a word of a server, and answer it once it is noted."""
        server = ServerId(connection.conversation.caller.id)
        self._tasks.start(self._note(connection, server, contact, answer), name="contact")

    async def _note(
        self, connection: Connection, server: ServerId, contact: Contact, answer: Callable[[], None]
    ) -> None:
        # A store that is away lets no server act for longer than is written down: it gets no answer.
        with suppress(StoreAway):
            known = await self._contacts.heard(server, contact)
            refusal = EnrolmentRefusal.UNKNOWN_SERVER if known is None else standing(known)
            if known is None or refusal is not None:
                # Somebody has revoked it, or found a copy of it, at another portal.
                self.end(server, refusal)
                return
            if self._follows(connection) and not await self._replicated():
                # It would act for longer than was promised, by what it has not heard yet.
                return
            answer()
            live = self._live.get(server)
            if live is not None and renewal_due(known, contact.at):
                live.say(Renew())

    def close(self, reason: str) -> None:
        """End every connection, and whatever was asked."""
        for connection in tuple(self._live.values()):
            connection.conversation.end()
            self._is_told_no_more(connection)
            connection.end(reason)
        self._live.clear()
        for conversation, _ in self._apart.values():
            conversation.end()
        self._apart.clear()

    # --- what administration needs (`ports.servers.ConnectedServers`) -------------------------------------------------

    def contacts(self) -> Mapping[ServerId, Contact]:
        """Return the last word of each server that was heard since this process began."""
        return self._contacts.all()

    def untaken(self) -> Mapping[ServerId, int]:
        """Return since when connected servers have had a configuration that they have not said to have taken."""
        return {ServerId(server): one.sent_at for server, one in self._live.items() if not one.taken}

    def settle(self) -> Awaitable[frozenset[ServerId]]:
        """Let every connected server take in what is committed by now, and return those that have said so in time."""
        return self._settle(next(self._numbers))

    def end(self, server: ServerId, why: EnrolmentRefusal | None) -> None:
        """End the session of a server, with why it may have no other; None where it is to open another one at once."""
        connection = self._live.pop(server, None)
        conversation = self._apart.pop(server, (None, 0))[0] if connection is None else connection.conversation
        if conversation is not None:
            conversation.end()
        if connection is not None:
            self._is_told_no_more(connection)
            connection.end(AGAIN if why is None else why.value)
        self.has_settled()

    async def _settle(self, number: int) -> frozenset[ServerId]:
        told = await self._replicated()
        asked = {server: one for server, one in self._live.items() if told or not self._follows(one)}
        changed = asyncio.Event()
        self._settling[changed] = None
        for connection in asked.values():
            connection.say(Settle(number=number))

        def late() -> set[bytes]:
            # Whoever was lost meanwhile has said nothing, and is waited for no more.
            return {server for server, one in asked.items() if one.settled < number and self._live.get(server) is one}

        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                while late():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            pass
        finally:
            self._settling.pop(changed, None)
        return frozenset(ServerId(server) for server, one in asked.items() if one.settled >= number)

    def has_settled(self) -> None:
        """Let those look again who wait for servers."""
        for changed in self._settling:
            changed.set()

    # --- what servers obey --------------------------------------------------------------------------------------------

    def _configured(self, _configuration: Domain) -> None:
        for connection in tuple(self._live.values()):
            self._configure(connection)

    def _configure(self, connection: Connection) -> None:
        """Send a server its part of the configuration in force."""
        caller, configuration = connection.conversation.caller, self._parts.configuration.value
        connection.keys = self._parts.proof_keys.of(caller.group)
        # It only grows, also where the portal's database, or its clock, was put back.
        connection.serial = max(self.now(), connection.serial + 1)
        group = next((one for one in configuration.groups if one.id == caller.group), Group(id=caller.group, name=""))
        snapshot = snapshot_of(
            configuration,
            server=caller.id,
            serial=connection.serial,
            name=caller.name,
            group=group,
            proof_keys=connection.keys,
            portals=self._parts.portals,
        )
        body = encode_snapshot(snapshot)
        message = Configuration(body=body, signature=self._identity.sign(signed(body)))
        connection.configure(message, version=configuration.version)

    def _sweep_later(self) -> None:
        self._timers.at(self._parts.clock.monotonic() + SWEEP_SECONDS * NANOSECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweep_later()
        now = self._parts.clock.monotonic()
        for connection in tuple(self._live.values()):
            connection.conversation.sweep()
            if connection.keys != self._parts.proof_keys.of(connection.conversation.caller.group):
                self._configure(connection)
        for server, (conversation, until) in tuple(self._apart.items()):
            if now >= until:
                del self._apart[server]
                conversation.end()
            else:
                conversation.sweep()
