"""
Records what this version of the channel puts on the wire, for later versions to read.

A version is recorded once, when it is released; `version-1.json` is never written again by a later one. What a next
version would send is made by hand here, from the same messages: fields that this one does not know, and kinds that it
does not know.

    python -m tests.vectors.channel.record 1
"""

import json
import sys
from pathlib import Path

import msgspec

from tests.unit.wire.channel.samples import ASKED, HANDSHAKE, SNAPSHOT, TOLD
from watchword.wire.channel.configuration import encode_snapshot
from watchword.wire.channel.handshake import encode_handshake
from watchword.wire.channel.messages import Asked, Told, encode_frame


def name(message: object, number: int) -> str:
    return f"{number:02d} {type(message).__name__}"


def newer(message: Asked | Told) -> bytes:
    """Return a frame as the next version might send it: an unknown kind before, and an unknown field in the message."""
    written = msgspec.msgpack.decode(msgspec.msgpack.encode(message))
    return msgspec.msgpack.encode([{"kind": "forecast", "id": 404, "weather": "fair"}, written | {"colour": "blue"}])


def recorded() -> dict[str, dict[str, str]]:
    """Return every message of this version, and of one that is newer."""
    return {
        "handshake": {name(one, n): encode_handshake(one).hex() for n, one in enumerate(HANDSHAKE)},
        "asked": {name(one, n): encode_frame([one]).hex() for n, one in enumerate(ASKED)},
        "told": {name(one, n): encode_frame([one]).hex() for n, one in enumerate(TOLD)},
        "snapshot": {"whole": encode_snapshot(SNAPSHOT).hex()},
        "asked by a newer one": {name(one, n): newer(one).hex() for n, one in enumerate(ASKED)},
        "told by a newer one": {name(one, n): newer(one).hex() for n, one in enumerate(TOLD)},
    }


if __name__ == "__main__":
    file = Path(__file__).with_name(f"version-{sys.argv[1]}.json")
    file.write_text(json.dumps(recorded(), indent=1) + "\n")
