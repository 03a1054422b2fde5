"""
MFA servers: how one stands, until when it may act, and what shows that it is no copy.
"""

import pytest

from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.servers import (
    ACTS_SECONDS,
    DAY,
    MICROSECONDS,
    Links,
    LinkVerdict,
    Server,
    ServerId,
    ServerStatus,
    acts_until,
    judge_links,
    renewal_due,
    status_of,
    to_be_written,
    written_until,
)

NOW = 1_700_000_000 * MICROSECONDS


@pytest.mark.parametrize(
    ("silent", "status"),
    [
        (0, ServerStatus.ONLINE),
        (30, ServerStatus.ONLINE),
        (30.000_001, ServerStatus.LATE),
        (119.999_999, ServerStatus.LATE),
        (120, ServerStatus.OFFLINE),
        (10**6, ServerStatus.OFFLINE),
    ],
)
def test_three_missed_beats_are_late_and_two_minutes_offline(silent: float, status: ServerStatus) -> None:
    assert status_of(revoked=False, heard_at=NOW - round(silent * MICROSECONDS), now=NOW) is status


def test_a_server_that_was_never_heard_says_so_and_a_revoked_one_that_it_is_revoked() -> None:
    assert status_of(revoked=False, heard_at=None, now=NOW) is ServerStatus.NEVER
    assert status_of(revoked=True, heard_at=None, now=NOW) is ServerStatus.REVOKED
    assert status_of(revoked=True, heard_at=NOW, now=NOW) is ServerStatus.REVOKED


def test_a_server_acts_no_longer_than_a_quarter_of_an_hour_without_its_portal() -> None:
    assert acts_until(NOW) == NOW + ACTS_SECONDS * MICROSECONDS == NOW + 900 * MICROSECONDS


def test_what_is_written_down_is_never_too_early_and_is_written_once_a_minute() -> None:
    kept = written_until(NOW)

    assert kept > acts_until(NOW)
    assert to_be_written(0, NOW)
    assert not to_be_written(kept, NOW + 60 * MICROSECONDS)
    assert to_be_written(kept, NOW + 60 * MICROSECONDS + 1)


@pytest.mark.parametrize(
    ("shown", "drawn", "verdict"),
    [
        (b"B", b"C", LinkVerdict.NEXT),
        (b"A", b"B", LinkVerdict.REPEATED),
        (b"A", b"C", LinkVerdict.STALE),
        (b"Z", b"B", LinkVerdict.STALE),
    ],
)
def test_only_the_server_that_opened_the_last_session_opens_the_next(
    shown: bytes, drawn: bytes, verdict: LinkVerdict
) -> None:
    assert judge_links(Links(current=b"B", previous=b"A"), shown=shown, drawn=drawn) is verdict


def test_after_a_restore_nothing_is_known_of_sessions() -> None:
    assert judge_links(Links(current=None), shown=b"A", drawn=b"B") is LinkVerdict.NEXT


def test_before_the_first_session_there_is_none_that_could_be_repeated() -> None:
    assert judge_links(Links(current=b"B"), shown=b"A", drawn=b"B") is LinkVerdict.STALE


@pytest.mark.parametrize(
    ("renew_at", "age", "due"), [(None, 0, False), (None, 20 * DAY - 1, False), (None, 20 * DAY, True), (1, 0, True)]
)
def test_a_key_is_renewed_when_somebody_wants_it_or_when_it_is_old(
    renew_at: int | None, age: int, *, due: bool
) -> None:
    server = Server(
        id=ServerId(bytes(16)),
        name="berlin-1",
        group=DEFAULT_GROUP,
        public_key=bytes(32),
        links=Links(current=None),
        activated_at=NOW,
        key_since=NOW,
        renew_at=renew_at,
    )

    assert renewal_due(server, NOW + age) is due
