"""
Retransmissions: the same packet again (RFC 5080 section 2.2.2), which is the first of the three kinds of duplicate.

A request is known by the address it came to, address and port it came from, and its Identifier (R23). The same packet
is dropped while the first one is being answered (R22), and gets the same octets again for 10 s after (R21). Another
packet under the same key is a new request and takes the place of the old one; the verification behind that goes on
(R26), and its answer is still sent, unless the client could take it for the new one's.

Nothing gets here before its authenticator is verified (R24): a forged packet must not disturb a login that waits. What
is remembered is bounded for each client and in total (R27). Answers are forgotten a generation at a time; taking the
oldest out one by one cost more than everything else here together.
"""

from collections.abc import Hashable
from enum import Enum, auto
from typing import Final

KEPT: Final = 10
"""Seconds of a generation of answers: each is kept at least that long and at most twice as long (R25: 5 to 30 s)."""

MOST_WAITING_OF_CLIENT: Final = 16_384
MOST_WAITING: Final = 32_768
"""Requests that wait for their answer, of one client and of all (R27)."""
MOST_KEPT_OF_CLIENT: Final = 16_384
MOST_KEPT: Final = 65_536
"""Answers that are kept, in a generation of one client and of all together."""

_RESERVED: Final = 10
"""The last tenth of the room is for requests that continue a login (RFC 5080 section 2.2.3)."""

_AUTHENTICATOR: Final = slice(4, 20)


class Seen(Enum):
    """What a packet is."""

    NEW = auto()
    WAITING = auto()
    """A retransmission of what is being answered."""
    FULL = auto()
    """New, but there is no room for it."""


# Looking a member up takes as long as looking a packet up.
_NEW: Final = Seen.NEW
_WAITING: Final = Seen.WAITING


class Room:
    """
    What all clients together may occupy.

    Attributes:
        new_of_client: how many may wait of one client when a login comes that continues no other.
        most_new: the same of all.
    """

    __slots__ = (
        "kept",
        "kept_of_client",
        "most_kept",
        "most_new",
        "most_waiting",
        "new_of_client",
        "waiting",
        "waiting_of_client",
    )

    def __init__(
        self,
        *,
        most_waiting: int = MOST_WAITING,
        waiting_of_client: int = MOST_WAITING_OF_CLIENT,
        most_kept: int = MOST_KEPT,
        kept_of_client: int = MOST_KEPT_OF_CLIENT,
    ) -> None:
        self.most_waiting = most_waiting
        self.waiting_of_client = waiting_of_client
        self.most_new = most_waiting - most_waiting // _RESERVED
        self.new_of_client = waiting_of_client - waiting_of_client // _RESERVED
        self.most_kept = most_kept
        self.kept_of_client = kept_of_client
        self.waiting = 0
        self.kept = 0


class Duplicates:
    """What one client has asked, and what it was answered."""

    __slots__ = ("_old", "_retired", "_room", "_unanswered", "_waiting", "_young")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._waiting: dict[Hashable, bytes] = {}
        self._young: dict[Hashable, tuple[bytes, bytes]] = {}
        self._old: dict[Hashable, tuple[bytes, bytes]] = {}
        self._retired = False
        self._unanswered = 0

    def admit(self, key: Hashable, packet: bytes, *, continues: bool) -> bytes | Seen:
        """
        Tell what a verified packet is, and take it in where it is new.

        Args:
            key: the addresses it went between, and its Identifier.
            packet: its octets.
            continues: whether it continues a login, and so comes before others when there is little room.

        Returns:
            The answer that it was given before, or what it is. After `NEW` either `answered` or `forget` must follow.
        """
        waiting = self._waiting.get(key)
        if waiting is None:
            kept = self._young.get(key) or self._old.get(key)
            if kept is not None and kept[0] == packet:
                return kept[1]
        elif waiting == packet:
            return _WAITING
        room = self._room
        if (self._unanswered >= room.new_of_client or room.waiting >= room.most_new) and not (
            continues and self._unanswered < room.waiting_of_client and room.waiting < room.most_waiting
        ):
            return Seen.FULL
        # An answer to another packet is kept beneath, unseen, until this one has its own.
        self._waiting[key] = packet
        self._unanswered += 1
        room.waiting += 1
        return _NEW

    def answered(self, key: Hashable, packet: bytes, answer: bytes) -> bool:
        """
        Keep the answer to a packet that was taken in.

        Args:
            key: as it was taken in.
            packet: as it was taken in, the very object.
            answer: what is sent.

        Returns:
            Whether it may be sent. It may not where the packet's place was taken by another one with the same
            authenticator: the client could not tell whose answer it is (R29).
        """
        room = self._room
        self._unanswered -= 1
        room.waiting -= 1
        current = self._waiting.pop(key, None)
        if current is not packet:
            return self._fits_no_other(key, packet, current)
        if len(self._young) >= room.kept_of_client or room.kept >= room.most_kept:
            # Whoever needs more than there is gives up its own older answers, not those of others.
            self.turn()
        if room.kept < room.most_kept and not self._retired:
            before = len(self._young)
            self._young[key] = (packet, answer)
            room.kept += len(self._young) - before
        else:
            self._purge(key)
        return True

    def forget(self, key: Hashable, packet: bytes) -> None:
        """Forget a packet that was taken in and gets no answer: when it comes again it is new."""
        self._unanswered -= 1
        self._room.waiting -= 1
        if self._waiting.get(key) is packet:
            del self._waiting[key]
            self._purge(key)

    def turn(self) -> None:
        """Begin another generation of answers, and forget the last but one; to be called every `KEPT` seconds."""
        self._room.kept -= len(self._old)
        self._old, self._young = self._young, {}

    def retire(self) -> None:
        """Forget all answers, and keep none any more: their secret is no longer the client's (R28)."""
        self._retired = True
        self.turn()
        self.turn()

    def _fits_no_other(self, key: Hashable, packet: bytes, current: bytes | None) -> bool:
        """Tell whether no client could take the answer to a packet for that to the one which took its place."""
        if current is None:
            kept = self._young.get(key) or self._old.get(key)
            return kept is None or kept[0][_AUTHENTICATOR] != packet[_AUTHENTICATOR]
        self._waiting[key] = current
        return current[_AUTHENTICATOR] != packet[_AUTHENTICATOR]

    def _purge(self, key: Hashable) -> None:
        for generation in (self._young, self._old):
            if generation.pop(key, None) is not None:
                self._room.kept -= 1
