"""
A wire on which every frame takes longer, for kernels without netem.

Two interfaces of one namespace are joined by a thread that keeps each frame for a while. Frames come and go with the
kernel's own header in front (PACKET_VNET_HDR), so that checksums that were left to the card, and segments that are
larger than a frame, stay what they were.
"""

import os
import select
import socket
import time
from collections import deque
from threading import Thread
from typing import Final

_SOL_PACKET: Final = 263
_PACKET_IGNORE_OUTGOING: Final = 23
_PACKET_VNET_HDR: Final = 15
_ALL: Final = 3
_LONGEST: Final = 1 << 17


def _opened(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    made.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    made.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    made.bind((interface, _ALL))
    made.settimeout(0)
    return made


class SlowWire:
    """Joins two interfaces until it is closed."""

    def __init__(self, one: str, other: str, seconds: float) -> None:
        """Join them, in the network namespace that this thread is in; each frame takes so many seconds."""
        self._seconds = seconds
        self._ends = (_opened(one), _opened(other))
        self._under_way: deque[tuple[float, socket.socket, bytes]] = deque()
        self._woken, self._wake = os.pipe()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        one, other = self._ends
        across = {one: other, other: one}
        while True:
            due = self._under_way[0][0] - time.monotonic() if self._under_way else None
            watched: list[socket.socket | int] = [*self._ends, self._woken]
            ready, _, _ = select.select(watched, [], [], None if due is None else max(0.0, due))
            if self._woken in ready:
                return
            for end in self._ends:
                if end in ready:
                    frame = end.recv(_LONGEST)
                    self._under_way.append((time.monotonic() + self._seconds, across[end], frame))
            while self._under_way and self._under_way[0][0] <= time.monotonic():
                _, end, frame = self._under_way.popleft()
                end.send(frame)

    def close(self) -> None:
        """Join them no more; what is under way is lost, as it is where a cable is exchanged."""
        os.write(self._wake, b".")
        self._thread.join(10)
        for each in self._ends:
            each.close()
        os.close(self._woken)
        os.close(self._wake)
