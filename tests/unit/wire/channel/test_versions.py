"""
One version older or newer works: what was recorded is read, and what is sent today is what was recorded.

When a message changes its meaning, `handshake.VERSION` is counted up and the vectors of the version before stay here.
"""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.unit.wire.channel.samples import ASKED, HANDSHAKE, SNAPSHOT, TOLD
from watchword.wire.channel.configuration import decode_snapshot, encode_snapshot
from watchword.wire.channel.handshake import decode_handshake, encode_handshake
from watchword.wire.channel.messages import Unreadable, decode_asked, decode_told, encode_frame

VECTORS: Final = json.loads((Path(__file__).parents[3] / "vectors/channel/version-1.json").read_text())
NEWER: Final = Unreadable(id=404)


def octets(section: str) -> list[bytes]:
    """Return what was recorded, in the order of the samples."""
    return [bytes.fromhex(VECTORS[section][name]) for name in sorted(VECTORS[section])]


@pytest.mark.parametrize(("recorded", "message"), list(zip(octets("handshake"), HANDSHAKE, strict=True)))
def test_the_handshake_of_version_1_is_spoken(recorded: bytes, message: object) -> None:
    assert decode_handshake(recorded) == message
    assert encode_handshake(message) == recorded  # type: ignore[arg-type]


@pytest.mark.parametrize(("recorded", "message"), list(zip(octets("asked"), ASKED, strict=True)))
def test_what_a_server_of_version_1_asks_is_understood(recorded: bytes, message: object) -> None:
    assert decode_asked(recorded) == (message,)
    assert encode_frame([message]) == recorded  # type: ignore[list-item]


@pytest.mark.parametrize(("recorded", "message"), list(zip(octets("told"), TOLD, strict=True)))
def test_what_a_portal_of_version_1_tells_is_understood(recorded: bytes, message: object) -> None:
    assert decode_told(recorded) == (message,)
    assert encode_frame([message]) == recorded  # type: ignore[list-item]


def test_a_snapshot_of_version_1_is_understood() -> None:
    (recorded,) = octets("snapshot")

    assert decode_snapshot(recorded) == SNAPSHOT
    assert encode_snapshot(SNAPSHOT) == recorded


@pytest.mark.parametrize(("recorded", "message"), list(zip(octets("asked by a newer one"), ASKED, strict=True)))
def test_what_a_newer_server_asks_is_understood_as_far_as_it_is_known(recorded: bytes, message: object) -> None:
    assert decode_asked(recorded) == (NEWER, message)


@pytest.mark.parametrize(("recorded", "message"), list(zip(octets("told by a newer one"), TOLD, strict=True)))
def test_what_a_newer_portal_tells_is_understood_as_far_as_it_is_known(recorded: bytes, message: object) -> None:
    assert decode_told(recorded) == (NEWER, message)
