"""
Retention: the oldest rows of the chain go, a few at a time, and a checkpoint stays in their place.

Only a beginning of the chain is ever removed. The checkpoint holds the digest of the last row that is gone, vouched for
under the key ring, so that what is left can be proven as before.
"""

import sqlite3
from typing import Final

from sqlalchemy import bindparam, delete, insert

from watchword.kit.sealing import KeyRing
from watchword.stores import chain, terms, trail
from watchword.stores.bodies import head_of
from watchword.stores.statements import Statement
from watchword.stores.tables import ACTIVITY, ACTIVITY_BLOCKS, AUDIT, CHECKPOINTS
from watchword.stores.verifying import checkpoint, rows_after

_FORGET_ACTIVITY: Final = Statement(delete(ACTIVITY).where(ACTIVITY.c.position <= bindparam("place")))
_FORGET_AUDIT: Final = Statement(delete(AUDIT).where(AUDIT.c.position <= bindparam("place")))
_FORGET_BLOCKS: Final = Statement(
    delete(ACTIVITY_BLOCKS).where(
        ACTIVITY_BLOCKS.c.first <= bindparam("place"), ACTIVITY_BLOCKS.c.last <= bindparam("place")
    )
)
_FORGET_CHECKPOINT: Final = Statement(delete(CHECKPOINTS).where(CHECKPOINTS.c.chain == bindparam("chain")))
_ADD_CHECKPOINT: Final = Statement(insert(CHECKPOINTS))


def retire(connection: sqlite3.Connection, keys: KeyRing, origin: bytes, *, before: int, limit: int) -> int:
    """
    Remove up to `limit` of the oldest rows, up to the first that is not older than `before`, and return how many.

    Raises sqlite3.Error, `Unreadable`.
    """
    start = checkpoint(connection, keys, origin)
    old = []
    for place, _, digest, _, body in rows_after(connection, 0 if start is None else start.sequence, limit=limit):
        if head_of(body).at >= before:
            break
        old.append((place, digest))
    if old:
        place, digest = old[-1]
        trail.forget(connection, place=place)
        _FORGET_ACTIVITY.run(connection, place=place)
        _FORGET_AUDIT.run(connection, place=place)
        _FORGET_BLOCKS.run(connection, place=place)
        terms.forget_before(connection, old[0][0], place)
        vouch(connection, keys, origin, sequence=chain.sequence_of(place), digest=digest)
    return len(old)


def vouch(connection: sqlite3.Connection, keys: KeyRing, origin: bytes, *, sequence: int, digest: bytes) -> None:
    """Write the checkpoint of the local chain, vouched for under the newest key."""
    vouched = chain.vouched(chain.LOCAL, origin, sequence, digest)
    _FORGET_CHECKPOINT.run(connection, chain=chain.LOCAL)
    _ADD_CHECKPOINT.run(
        connection,
        chain=chain.LOCAL,
        sequence=sequence,
        digest=digest,
        key_version=keys.newest.version,
        seal=keys.checksum(vouched, purpose=chain.CHECKPOINT),
    )
