"""
Judges a history.

What must hold, whatever went wrong meanwhile:

- What is good once lets in from one place and leads once: whoever else is let in joined that one within ten seconds.
- An Access-Accept that was heard has its committed row: of that packet, user, place and server, with a reason that the
  login can have had, and what is denied by phone lets nobody in.
- A login rings once. After a portal has begun anew, or ten seconds after the login's outcome, it is another login.
- Who was blocked, revoked or cancelled is let in no more once the administrator was told so; by a server that he was
  told was not reached, no longer than until the time that he was told.
- Within ten seconds of the end of the last fault a login passes through every server that was not revoked.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from tests.faults.history import Ended, History, Kind, Login, Packet, Row
from tests.rigs.servers import HEALED_SECONDS
from watchword.domain.joining import SHARED_SECONDS

SECOND: Final = 1_000_000
SLACK: Final = SECOND // 10
"""Microseconds by which two readings of one machine's clock may disagree about what came first."""

LEADING: Final = {Kind.CODE: "code", Kind.BYPASS: "bypass", Kind.PUSH: "push"}
JOINED: Final = "joined"


def check(history: History) -> list[str]:
    """Return what is wrong, one sentence each."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in history.rows:
        if row.outcome == "allowed":
            rows[row.client].append(row)
    return [
        *(fault for login in history.logins for fault in _of(login, rows, history.lives)),
        *(fault for ended in history.ended for fault in _over(ended, history, rows)),
        *_unhealed(history),
    ]


def _of(login: Login, rows: dict[str, list[Row]], lives: Sequence[int]) -> Iterator[str]:
    allowed = [(packet, row) for packet in login.packets for row in rows[packet.client]]
    for packet in login.packets:
        if packet.accepted and not any(_is_evidence(row, packet) for row in rows[packet.client]):
            yield f"an Accept without its row: {packet}"
    if login.denied and (allowed or any(packet.accepted for packet in login.packets)):
        yield f"let in although the phone said no: {login}"
    places = {packet.source for packet in login.packets if packet.accepted} | {packet.source for packet, _ in allowed}
    if len(places) > 1:
        yield f"good once, and let in from {len(places)} places: {login}"
    leaders = [row for _, row in allowed if row.reason == LEADING[login.kind]]
    if len(leaders) > 1 and not _apart(login, leaders):
        yield f"spent {len(leaders)} times: {login}"
    yield from _joined(login, leaders, [row for _, row in allowed if row.reason == JOINED])
    yield from _rung(login, lives)


def _is_evidence(row: Row, packet: Packet) -> bool:
    assert packet.heard_at is not None
    return (
        (row.user, row.source, row.server) == (packet.login.user, packet.source, packet.server)
        and row.reason in {LEADING[packet.login.kind], JOINED}
        and packet.sent_at - SLACK <= row.at <= packet.heard_at + SLACK
    )


def _apart(login: Login, leaders: Sequence[Row]) -> bool:
    """Tell whether several prompts were approved for what is one login no more."""
    return login.kind is Kind.PUSH and len(leaders) <= len(login.prompts)


def _joined(login: Login, leaders: Sequence[Row], joined: Sequence[Row]) -> Iterator[str]:
    known = {row.id: row for row in leaders}
    for row in joined:
        leader = known.get(row.origin or "")
        if leader is None:
            yield f"joined what let nobody in: {login}, row {row.id}"
        elif row.at > leader.at + SHARED_SECONDS * SECOND + SLACK:
            yield f"joined {(row.at - leader.at) / SECOND:.1f} s after its leader: {login}"


def _rung(login: Login, lives: Sequence[int]) -> Iterator[str]:
    began = min((packet.sent_at for packet in login.packets), default=0)
    prompts = sorted({prompt.verification: prompt for prompt in login.prompts}.values(), key=lambda one: one.at)
    for before, after in pairwise(prompts):
        anew = any(began < life <= after.at for life in lives)
        if not anew and after.at < before.at + SHARED_SECONDS * SECOND - SLACK:
            yield f"rung twice within {(after.at - before.at) / SECOND:.1f} s: {login}"


def _over(ended: Ended, history: History, rows: dict[str, list[Row]]) -> Iterator[str]:
    for packet in history.packets:
        if not _is_meant(ended, packet):
            continue
        until = ended.not_reached.get(packet.server, 0)
        if packet.accepted and packet.sent_at > max(ended.at, until):
            yield f"let in {(packet.sent_at - ended.at) / SECOND:.1f} s after the answer that ended it: {packet}"
        for row in rows[packet.client]:
            if row.at > max(ended.at, until) + SLACK:
                yield f"written as let in {(row.at - ended.at) / SECOND:.1f} s after the answer: {packet}"


def _is_meant(ended: Ended, packet: Packet) -> bool:
    return packet.login.user == ended.user or packet.server == ended.server or packet.login is ended.bypass


def _unhealed(history: History) -> Iterator[str]:
    for healed in history.healed:
        if healed.seconds is None or healed.seconds > HEALED_SECONDS:
            when = "never" if healed.seconds is None else f"only {healed.seconds:.1f} s"
            yield f"{healed.server} let somebody in {when} after the last fault's end"
