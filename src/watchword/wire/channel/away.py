"""
What came of logins at a server while no portal answered: the rows of a `Report`, and as they are kept until then.
"""

from typing import Final

import msgspec

from watchword.wire.channel.undecodable import UNDECODABLE


class Offline(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a server has decided a login by itself, against its replica (`domain.offline`).

    Attributes:
        user: whom the name meant there, None for nobody.
        allowed: whether the login passed; otherwise it was denied.
        trace: as `wire.channel.decisions.encode_trace` makes it.
        counts: whether it was a wrong second step.
        method: the token whose code was spent, with its `step` and `drift`; None for none.
    """

    user: bytes | None
    epoch: int
    allowed: bool
    reason: str
    trace: bytes
    counts: bool = False
    method: bytes | None = None
    step: int = 0
    drift: int = 0


class Away(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    What came of a login, or several alike, while no portal answered: `count` of them, the first at `at`.

    `offline` tells how the server has decided it; where it is None the login was denied without a decision, and `why`
    says what else there is to say.
    """

    key: bytes
    at: int
    count: int
    application: bytes
    authentication_type: str
    user_name: str
    client: str
    source: str | None
    offline: Offline | None = None
    why: str = ""


_encode: Final = msgspec.msgpack.Encoder().encode
_away: Final = msgspec.msgpack.Decoder(Away)


def encode_away(row: Away) -> bytes:
    """Return the octets of a row by itself, as a server keeps it until it is told."""
    return _encode(row)


def decode_away(octets: bytes) -> Away | None:
    """Return a row, None where it cannot be understood."""
    try:
        return _away.decode(octets)
    except UNDECODABLE:
        return None
