"""
The chain that activity and audit share: what is hashed, and how.

Each row has a sequence in its chain and the digest `SHA-256(previous digest | table (1 octet) | position (8) | body)`,
where `position` is chain and sequence in one number, big-endian, and `body` the octets that `stores.bodies` makes: a
MessagePack array in its shortest form, led by its version. The digest before the first row is that of the chain's own
random origin, so that no database can lend another its rows. The digest of the row before stands in that row and is not
stored a second time.

A hash alone is no protection from whoever can write the whole database and count all digests anew; so the head, and
the checkpoint that retention leaves, carry a checksum under the key ring, which is not in the database.
"""

import hashlib
from enum import IntEnum
from typing import Final

LOCAL: Final = 0
"""The chain of a database that one process writes."""

_SEQUENCE_BITS: Final = 48
_SEQUENCES: Final = (1 << _SEQUENCE_BITS) - 1

HEAD: Final = "chain head"
CHECKPOINT: Final = "chain checkpoint"
"""Purposes of the two checksums."""


class Kind(IntEnum):
    """Which table a row of the chain stands in."""

    ACTIVITY = 1
    AUDIT = 2


def position(chain: int, sequence: int) -> int:
    """Return the one number by which rows are kept in order, in every chain."""
    return chain << _SEQUENCE_BITS | sequence


def sequence_of(place: int) -> int:
    """Return the sequence in its chain of the row at `place`."""
    return place & _SEQUENCES


def first_digest(origin: bytes) -> bytes:
    """Return the digest that stands before the first row."""
    return hashlib.sha256(b"watchword chain" + origin).digest()


def link(previous: bytes, kind: int, place: int, body: bytes) -> bytes:
    """Return the digest of a row that follows the one with the digest `previous`."""
    return hashlib.sha256(b"%b%c%b%b" % (previous, kind, place.to_bytes(8, "big"), body)).digest()


def vouched(chain: int, origin: bytes, sequence: int, digest: bytes) -> bytes:
    """Return what the checksum of a head or checkpoint is made of."""
    return b"%b%b%b" % (origin, position(chain, sequence).to_bytes(8, "big"), digest)
