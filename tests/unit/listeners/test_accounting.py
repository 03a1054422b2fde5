import pytest

from tests.unit.listeners.doubles import HOST, OTHER_SECRET, VPN, World, asked
from tests.unit.wire.radius.forging import SHARED, accounting
from watchword.app.attempt import AccountingRecord
from watchword.wire.radius.client import read_reply
from watchword.wire.radius.packet import Code

USER, SESSION, STATION, PROXY_STATE = (1, b"alice"), (44, b"2a"), (31, b"198.51.100.7"), (33, b"of a proxy")


def number(kind: int, value: int) -> tuple[int, bytes]:
    return kind, value.to_bytes(4, "big")


START = accounting(number(40, 1), USER, SESSION, STATION, PROXY_STATE)


def test_a_report_is_acknowledged_once_it_is_durable() -> None:
    world = World()
    assert world.account(START) == []
    assert world.account(START) == []
    assert len(world.accounting.records) == 1
    world.accounting.done[0](True)  # noqa: FBT003 - as the port has it

    [(octets, _)] = world.path.sent
    reply = read_reply(octets, START, SHARED)
    assert reply.code is Code.ACCOUNTING_RESPONSE
    assert reply.attributes == (PROXY_STATE,)
    assert world.account(START) == [octets]
    assert len(world.accounting.records) == 1


def test_a_report_that_could_not_be_written_is_not_acknowledged_and_may_come_again() -> None:
    world = World()
    world.account(START)
    world.accounting.done[0](False)  # noqa: FBT003 - as the port has it
    assert world.path.sent == []
    assert world.dropped("not-recorded", "accounting") == 1

    assert world.account(START) == []
    world.accounting.done[1](True)  # noqa: FBT003 - as the port has it
    assert len(world.path.sent) == 1


def test_the_first_word_stands() -> None:
    world = World()
    world.account(START)
    world.accounting.done[0](False)  # noqa: FBT003 - as the port has it
    world.accounting.done[0](True)  # noqa: FBT003 - as the port has it

    assert world.path.sent == []


@pytest.mark.parametrize(
    ("status", "word"),
    [(1, "start"), (2, "stop"), (3, "interim"), (7, "on"), (8, "off"), (99, "other"), (None, "other")],
)
def test_what_is_told_is_recorded(status: int | None, word: str) -> None:
    world = World()
    told = (USER, SESSION, STATION, number(46, 120), number(49, 1), (8, b"\x0a\x00\x00\x05"))
    world.account(accounting(*([] if status is None else [number(40, status)]), *told))

    assert world.accounting.records == [
        AccountingRecord(
            application=VPN,
            client=HOST,
            user_name="alice",
            status=word,
            session="2a",
            source="198.51.100.7",
            detail="address=10.0.0.5 seconds=120 cause=1",
            received_at=world.clock.now(),
        )
    ]


def test_what_is_not_told_is_empty() -> None:
    world = World()
    world.account(accounting(number(40, 7)))

    [record] = world.accounting.records
    assert (record.user_name, record.session, record.source, record.detail) == ("", "", None, "")


@pytest.mark.parametrize(
    ("datagram", "cause"),
    [
        (accounting(number(40, 1), secret=OTHER_SECRET), "wrong-authenticator"),
        (START[:4] + bytes(16) + START[20:], "wrong-authenticator"),
        (asked(), "unsupported-code"),
        (START[:-1], "truncated"),
    ],
)
def test_what_is_not_proven_is_dropped_and_disturbs_nothing(datagram: bytes, cause: str) -> None:
    world = World()
    world.account(START)
    assert world.account(datagram) == []
    assert len(world.accounting.records) == 1
    assert world.dropped(cause, "accounting") == 1

    assert world.account(START) == []
    assert len(world.accounting.records) == 1


def test_status_is_answered_as_this_port_answers() -> None:
    world = World()
    probe = asked(password=None, code=12)
    [octets] = world.account(probe)
    assert read_reply(octets, probe, SHARED).code is Code.ACCOUNTING_RESPONSE

    world.able = False
    assert world.account(asked(password=None, code=12, number=1)) == []


def test_a_bug_is_silence_because_an_acknowledgement_would_lose_the_report() -> None:
    world = World()
    world.accounting.broken = True
    assert world.account(START) == []
    assert world.reports.where == ["accounting"]
    assert world.dropped("fault", "accounting") == 1

    world.accounting.broken = False
    world.account(START)
    assert len(world.accounting.records) == 1
