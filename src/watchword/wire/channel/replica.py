"""
What a server needs to check codes while no portal answers: those who have tokens, and how they stand.

A replica is told whole once, in pages, and then change by change: every page names the state that it begins from and
the one that it leads to, so that none can be left out, repeated or exchanged. States are numbered within one run of the
portal, which the handshake names. The portal's signature covers the octets as they crossed.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec

from watchword.wire.channel.undecodable import UNDECODABLE

_PURPOSE: Final = b"watchword channel replica\x00"

MOST_HOLDERS: Final = 50_000
"""Users of a replica: where there are more, no server gets one. So many are 8.5 MB on the channel."""

PAGE: Final = 1_000
"""Users on one page: some 170 KB."""

_Count = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class Token(msgspec.Struct, frozen=True, array_like=True):
    """
    An OATH token, as `domain.methods.Totp` and `Hotp`.

    `spent` is the last time step or counter that was accepted, -1 before the first; `period` is 0 for a counter.
    """

    method: bytes
    secret: bytes
    algorithm: str
    digits: Annotated[int, msgspec.Meta(ge=6, le=8)]
    period: Annotated[int, msgspec.Meta(ge=0, le=3_600)]
    spent: Annotated[int, msgspec.Meta(ge=-1)]
    drift: int


class Holder(msgspec.Struct, frozen=True, array_like=True):
    """
    A user who has a token.

    Attributes:
        names: folded, those that mean this user and nobody else.
        standing: empty, `blocked` or `disabled`; who may not sign in has no token here.
        failures: wrong second steps that still count: UTC microseconds, and from where.
        locked_until: UTC microseconds, 0 for not.
    """

    user: bytes
    username: str
    names: tuple[str, ...]
    epoch: int
    standing: str
    failures: tuple[tuple[int, str | None], ...]
    locked_until: int
    directory_id: bytes | None
    tokens: tuple[Token, ...]


class Lock(msgspec.Struct, frozen=True, array_like=True):
    """As `domain.settings.LockSettings`."""

    failures: _Count
    within_seconds: _Count
    lock_seconds: _Count


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """
    Part of what leads from one state to another.

    Attributes:
        run: of the portal.
        previous: the state that it begins from, 0 for none: the replica is told whole.
        serial: the state that all pages together lead to.
        page: which of `pages` this is, from 0 on.
        total: users of the whole replica.
        lock: how many wrong codes lock a user.
        holders: each a `Holder`, as it is now.
        gone: users who are in the replica no more.
    """

    run: bytes
    previous: int
    serial: int
    page: int
    pages: int
    total: int
    lock: Lock
    holders: tuple[bytes, ...]
    gone: tuple[bytes, ...] = ()


_encode: Final = msgspec.msgpack.Encoder().encode
_pages: Final = msgspec.msgpack.Decoder(Page)
_holders: Final = msgspec.msgpack.Decoder(Holder)


def encode_holder(holder: Holder) -> bytes:
    """Return the octets of a user."""
    return _encode(holder)


def decode_holder(octets: bytes) -> Holder | None:
    """Return a user, None where that cannot be understood."""
    try:
        return _holders.decode(octets)
    except UNDECODABLE:
        return None


def raised(holder: Holder, spent: Mapping[bytes, int]) -> Holder:
    """Return a user none of whose tokens is behind what is spent of it."""
    tokens = tuple(
        msgspec.structs.replace(token, spent=max(token.spent, spent.get(token.method, -1))) for token in holder.tokens
    )
    return msgspec.structs.replace(holder, tokens=tokens)


def encode_page(page: Page) -> bytes:
    """Return the octets of a page, without a signature."""
    return _encode(page)


def decode_page(octets: bytes) -> Page | None:
    """Return a page, None where it cannot be understood."""
    try:
        return _pages.decode(octets)
    except UNDECODABLE:
        return None


def signed(body: bytes) -> bytes:
    """Return what the portal signs."""
    return _PURPOSE + body


def paged(
    holders: Sequence[bytes], gone: Sequence[bytes], *, run: bytes, previous: int, serial: int, total: int, lock: Lock
) -> tuple[Page, ...]:
    """Lay users out on as few pages as it takes, at least one; `gone` stand on the last."""
    starts = range(0, max(1, len(holders)), PAGE)
    return tuple(
        Page(
            run=run,
            previous=previous,
            serial=serial,
            page=number,
            pages=len(starts),
            total=total,
            lock=lock,
            holders=tuple(holders[start : start + PAGE]),
            gone=tuple(gone) if number == len(starts) - 1 else (),
        )
        for number, start in enumerate(starts)
    )
