"""
Requests and outcomes as they cross the channel, and traces as they are kept for ever: versioned msgspec schemas.

Rules of evolution: a field may be added at the end, with a default, and readers ignore fields that they do not know. A
meaning never changes under the same version; where it must, `VERSION` is counted up, and a reader that meets a later
version knows only that it knows nothing. Whatever a reader does not understand decodes to None, never to an exception,
and every caller takes None for a denial.

Traces are MessagePack arrays, because one is written for every request; the other messages are MessagePack maps. The
numbers of questions and answers are those of `domain.trace`, the words those of the enumerations of
`domain.verification` and `domain.applications`; `ports.messages` maps both.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from watchword.wire.channel.undecodable import UNDECODABLE

VERSION: Final = 1
"""Version of every message here."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One step of a trace, as `domain.trace.Step`."""

    question: int
    answer: int
    decided: bool = False
    detail: str = ""


class _Trace(msgspec.Struct, frozen=True, array_like=True):
    version: int
    steps: tuple[Step, ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """
    A verification request, as `domain.verification.VerificationRequest`.

    `remaining` are the nanoseconds left to answer the application: a monotonic deadline means nothing elsewhere.
    """

    version: int = VERSION
    application: bytes
    authentication_type: str
    user_name: str
    client: str
    source: str | None
    address: str | None
    proofs: tuple[bytes, ...]
    code: str | None
    state: bytes | None
    received_at: int
    remaining: int


class Allowed(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="allowed"):
    """As `domain.verification.Allowed`."""

    version: int = VERSION
    reason: str
    activity: bytes
    epoch: int
    attributes: tuple[tuple[int, bytes], ...] = ()


class Denied(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="denied"):
    """As `domain.verification.Denied`."""

    version: int = VERSION
    reason: str
    activity: bytes | None
    epoch: int


class Challenged(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="challenged"):
    """As `domain.verification.Challenged`; `number` is the prompt's."""

    version: int = VERSION
    state: bytes
    number: str | None
    activity: bytes


Outcome = Allowed | Denied | Challenged
"""What a request ends with."""

_encode: Final = msgspec.msgpack.Encoder().encode
_traces: Final = msgspec.msgpack.Decoder(_Trace)


def encode_trace(steps: Iterable[tuple[int, int, bool, str]]) -> bytes:
    """Return the octets of a trace, from question, answer, whether it decided, and detail of each step."""
    return _encode((VERSION, tuple(steps)))


def decode_trace(octets: bytes) -> tuple[Step, ...] | None:
    """Return the steps of a trace, None where it cannot be understood."""
    try:
        trace = _traces.decode(octets)
    except UNDECODABLE:
        return None
    return trace.steps if trace.version <= VERSION else None
