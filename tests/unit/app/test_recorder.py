import pytest

from tests.fakes.changes import replace
from tests.fakes.world import World
from watchword.app import recorder as module
from watchword.app.recorder import REPEAT_SECONDS, Recorder
from watchword.domain.applications import AuthenticationType
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.users import User, UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason, VerificationRequest

TRACE = (Step(Question.USER, Answer.UNKNOWN, decided=True),)
ALICE = User(id=UserId(b"a" * 16), username="alice@example.com", epoch=7)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def recorder(world: World) -> Recorder:
    return world.parts.recorder


def request(world: World, **fields: object) -> VerificationRequest:
    made = VerificationRequest(
        application=world.vpn.id,
        authentication_type=AuthenticationType.RADIUS,
        user_name="Nobody",
        client="192.0.2.1",
        source="198.51.100.7",
        address="198.51.100.7",
        proofs=(),
        received_at=0,
        deadline=0,
    )
    return replace(made, **fields)


def rejected(
    world: World, reason: Reason = Reason.UNKNOWN_USER, user: User | None = None, **fields: object
) -> Activity:
    return world.parts.recorder.row(
        request(world, **fields), OutcomeKind.DENIED, reason, TRACE, at=world.clock.now(), user=user
    )


def told(world: World, row: Activity) -> list[ActivityId | None]:
    heard: list[ActivityId | None] = []
    world.parts.recorder.reject(row, heard.append)
    return heard


def test_a_row_says_whose_it_is(world: World) -> None:
    of_nobody, of_alice = rejected(world), rejected(world, user=ALICE)
    assert (of_nobody.user, of_nobody.user_name, of_nobody.epoch) == (None, "Nobody", 0)
    assert (of_alice.user, of_alice.user_name, of_alice.epoch) == (ALICE.id, ALICE.username, 7)
    assert of_alice.id > of_nobody.id
    assert of_alice.at == world.clock.now()


def test_a_reject_is_told_once_it_is_written(world: World) -> None:
    world.store.hold = True
    row = rejected(world)
    heard = told(world, row)
    assert not heard
    world.store.run()
    assert heard == [row.id]
    assert world.store.activity == [row]


def test_a_reject_that_repeats_is_counted_and_stands_for_the_first(world: World, recorder: Recorder) -> None:
    first = rejected(world)
    told(world, first)
    assert [told(world, rejected(world)) for _ in range(4)] == [[first.id]] * 4
    assert world.store.activity == [first]
    world.clock.advance(REPEAT_SECONDS - 0.001)
    recorder.flush()
    assert world.store.activity == [first]
    world.clock.advance(0.001)
    recorder.flush()
    counted = world.store.activity[1]
    assert (counted.count, counted.origin, counted.reason) == (4, first.id, first.reason)
    assert counted.id != first.id
    assert counted.at == world.clock.now()
    recorder.flush()
    assert len(world.store.activity) == 2


def test_after_a_minute_a_reject_has_a_row_of_its_own_again(world: World, recorder: Recorder) -> None:
    told(world, rejected(world))
    told(world, rejected(world))
    world.clock.advance(REPEAT_SECONDS)
    late = rejected(world)
    assert told(world, late) == [late.id]
    assert [row.count for row in world.store.activity] == [1, 1, 1]
    assert world.store.activity[1].origin == world.store.activity[0].id
    assert world.store.activity[2] == late
    recorder.settle(lambda: None)
    assert len(world.store.activity) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"user_name": "somebody"},
        {"source": "203.0.113.9"},
        {"source": None},
        {"application": b"another"},
        {"reason": Reason.THROTTLED},
        {"user": ALICE},
    ],
)
def test_what_differs_has_a_row_of_its_own(world: World, fields: dict[str, object]) -> None:
    told(world, rejected(world))
    told(world, rejected(world, **fields))  # type: ignore[arg-type]
    assert len(world.store.activity) == 2


@pytest.mark.parametrize("fields", [{"client": "192.0.2.2"}, {"proofs": (b"x",)}, {"code": "000000"}])
def test_what_tells_nobody_apart_is_counted(world: World, fields: dict[str, object]) -> None:
    told(world, rejected(world))
    told(world, rejected(world, **fields))  # type: ignore[arg-type]
    assert len(world.store.activity) == 1


def test_where_nothing_can_be_written_that_is_told_and_the_next_one_is_tried(world: World) -> None:
    world.store.broken = True
    assert told(world, rejected(world)) == [None]
    assert told(world, rejected(world)) == [None]
    world.store.broken = False
    row = rejected(world)
    assert told(world, row) == [row.id]


def test_a_late_failure_does_not_forget_what_was_counted_since(world: World, recorder: Recorder) -> None:
    world.store.hold = True
    told(world, rejected(world))
    world.clock.advance(REPEAT_SECONDS)
    second = rejected(world)
    told(world, second)
    world.store.broken = True
    world.store.run_one()
    world.store.broken = False
    world.store.run()
    told(world, rejected(world))
    recorder.settle(lambda: None)
    world.store.run()
    assert [(row.count, row.origin) for row in world.store.activity] == [(1, None), (1, second.id)]


def test_a_flood_of_names_fills_no_memory_and_loses_no_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_REPEATS", 3)
    for name in ("a", "a", "b", "c"):
        told(world, rejected(world, user_name=name))
    assert [row.count for row in world.store.activity] == [1, 1, 1]
    told(world, rejected(world, user_name="d"))
    assert [(row.user_name, row.count) for row in world.store.activity[3:]] == [("a", 1), ("d", 1)]
    assert world.store.activity[3].origin == world.store.activity[0].id
    again = rejected(world, user_name="a")
    assert told(world, again) == [again.id]


def test_all_counts_are_written_before_it_is_told_that_they_are(world: World, recorder: Recorder) -> None:
    heard: list[bool] = []
    recorder.settle(lambda: heard.append(True))
    assert heard == [True]
    for name in ("a", "a", "b", "b", "b", "c"):
        told(world, rejected(world, user_name=name))
    world.store.hold = True
    recorder.settle(lambda: heard.append(True))
    assert len(world.store.queue) == 2
    world.store.run_one()
    assert heard == [True]
    world.store.run_one()
    assert heard == [True, True]
    assert [row.count for row in world.store.activity[3:]] == [1, 2]
    recorder.settle(lambda: heard.append(True))
    assert heard == [True] * 3
    assert not world.store.queue


def test_after_a_count_was_written_the_next_ones_are_counted_anew(world: World, recorder: Recorder) -> None:
    first = rejected(world)
    told(world, first)
    told(world, rejected(world))
    recorder.settle(lambda: None)
    assert told(world, rejected(world)) == [first.id]
    recorder.settle(lambda: None)
    assert [(row.count, row.origin) for row in world.store.activity] == [(1, None), (1, first.id), (1, first.id)]
