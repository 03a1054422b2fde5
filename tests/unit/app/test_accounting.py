import pytest

from tests.fakes.world import World
from watchword.app.accounting import Accounting
from watchword.app.attempt import AccountingRecord
from watchword.domain.applications import DEFAULT_GROUP
from watchword.domain.verification import Reason


@pytest.fixture
def world() -> World:
    return World()


def reported(world: World, user_name: str) -> list[bool]:
    accounting = Accounting(
        ledger=world.store,
        people=world.store,
        clock=world.clock,
        identifiers=world.identifiers,
        group=DEFAULT_GROUP,
        server="local",
    )
    record = AccountingRecord(
        application=world.vpn,
        client="192.0.2.1",
        user_name=user_name,
        status="start",
        session="17",
        source="198.51.100.7",
        detail="",
        received_at=world.clock.now(),
    )
    told: list[bool] = []
    accounting.record(record, told.append)
    return told


@pytest.mark.parametrize("written", ["alice@example.com", "ALICE"])
def test_a_report_is_of_the_user_whom_its_name_means(world: World, written: str) -> None:
    user = world.user()
    assert reported(world, written) == [True]
    (row,) = world.store.activity
    assert (row.user, row.user_name, row.kind, row.reason) == (user, "alice@example.com", None, Reason.ACCOUNTING)
    assert row.detail == "start 17"


@pytest.mark.parametrize("written", ["", "nobody@example.com", "a\x00b"])
def test_a_report_of_nobody_we_know_is_kept_too(world: World, written: str) -> None:
    assert reported(world, written) == [True]
    assert world.store.activity[0].user is None


def test_a_report_is_acknowledged_only_once_it_is_durable(world: World) -> None:
    world.user()
    world.store.hold = True
    told = reported(world, "alice@example.com")
    assert not told
    world.store.broken = True
    world.store.run()
    assert told == [False]


def test_a_report_is_not_acknowledged_where_nothing_can_be_read(world: World) -> None:
    world.store.away = True
    assert reported(world, "alice@example.com") == [False]
