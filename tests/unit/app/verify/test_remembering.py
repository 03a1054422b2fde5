import pytest

from tests.fakes.changes import replace
from tests.fakes.world import World
from watchword.app.verify.remembering import Remembering, honour, keep, remembering
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType, PrimaryKind
from watchword.domain.caching import CacheEntry, CacheKey, CacheType, Hit, Miss
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, VerificationRequest
from watchword.kit.clock import MICROSECONDS, NANOSECONDS

ALICE = UserId(b"alice")
ROW = ActivityId(b"row")


@pytest.fixture
def world() -> World:
    return World()


def request(world: World, **fields: object) -> VerificationRequest:
    made = VerificationRequest(
        application=world.vpn.id,
        authentication_type=AuthenticationType.RADIUS,
        user_name="alice",
        client="192.0.2.1",
        source="198.51.100.7",
        address="198.51.100.7",
        proofs=(b"new", b"old"),
        received_at=0,
        deadline=0,
    )
    return replace(made, **fields)


def found(world: World, **fields: object) -> Remembering:
    return remembering(world.parts, request(world, **fields), world.vpn, ALICE)


def honoured(world: World, entry: CacheEntry | None, epoch: int = 3, **fields: object) -> Hit | Miss:
    asked = request(world, **fields)
    return honour(found(world), entry, asked, world.vpn, epoch, world.clock.read())


def kept(world: World) -> CacheEntry:
    keep(world.parts, found(world), request(world), world.vpn, epoch=3, origin=ROW)
    (entry,) = world.cache.entries.values()
    return entry


def test_without_a_rule_nothing_is_remembered(world: World) -> None:
    assert found(world) == Remembering()
    assert honoured(world, None) is Miss.NO_RULE
    keep(world.parts, found(world), request(world), world.vpn, epoch=3, origin=ROW)
    assert not world.cache.entries


def test_a_login_that_lacks_a_part_of_the_key_is_not_remembered(world: World) -> None:
    rule = world.rule(CacheType.IP)
    lacking = found(world, address=None)
    assert lacking == Remembering(rule)
    assert honour(lacking, None, request(world), world.vpn, 3, world.clock.read()) is Miss.KEY
    keep(world.parts, lacking, request(world), world.vpn, epoch=3, origin=ROW)
    assert not world.cache.entries


@pytest.mark.parametrize("cache_type", CacheType)
def test_the_key_is_of_the_rules_type(world: World, cache_type: CacheType) -> None:
    rule = world.rule(cache_type)
    kind = None if cache_type is CacheType.USER else AuthenticationType.RADIUS
    application = None if cache_type is CacheType.USER else world.vpn.id
    address = "198.51.100.7" if cache_type is CacheType.IP else None
    assert found(world) == Remembering(rule, CacheKey(DEFAULT_GROUP, ALICE, rule.id, kind, application, address))


@pytest.mark.parametrize(
    "fields", [{"application": ApplicationId(b"another")}, {"authentication_type": AuthenticationType.LDAP}]
)
def test_a_rule_of_something_else_does_not_decide(world: World, fields: dict[str, object]) -> None:
    world.rule(CacheType.USER, **fields)  # type: ignore[arg-type]
    assert found(world) == Remembering()


@pytest.mark.parametrize("fields", [{"application": True}, {"authentication_type": AuthenticationType.RADIUS}])
def test_a_rule_of_just_this_decides(world: World, fields: dict[str, object]) -> None:
    if "application" in fields:
        fields = {"application": world.vpn.id}
    rule = world.rule(CacheType.USER, **fields)  # type: ignore[arg-type]
    assert found(world).rule == rule


@pytest.mark.parametrize("cache_type", [CacheType.USER, CacheType.APPLICATION])
def test_an_asserted_password_without_a_source_is_not_remembered(world: World, cache_type: CacheType) -> None:
    rule = world.rule(cache_type)
    world.application(primary=PrimaryKind.ASSERTED)
    assert found(world, source=None, address=None) == Remembering(rule)
    assert found(world).key is not None


def test_an_entry_says_what_it_is_good_for(world: World) -> None:
    rule = world.rule(CacheType.IP, seconds=60)
    now, monotonic = world.clock.now(), world.clock.monotonic()
    assert kept(world) == CacheEntry(
        rule_version=rule.version,
        application_version=world.vpn.version,
        proof=b"new",
        epoch=3,
        created_at=now,
        expires_at=now + 60 * MICROSECONDS,
        deadline=monotonic + 60 * NANOSECONDS,
        origin=ROW,
    )
    assert found(world).key in world.cache.entries


def test_an_entry_is_good_until_it_ends_by_either_clock(world: World) -> None:
    world.rule(CacheType.IP, seconds=60)
    entry = kept(world)
    assert honoured(world, entry) == Hit(CacheType.IP, ROW)
    assert honoured(world, None) is Miss.NO_ENTRY
    world.clock.advance(59.999)
    assert honoured(world, entry) == Hit(CacheType.IP, ROW)
    world.clock.step(0.001)
    assert honoured(world, entry) is Miss.EXPIRED
    world.clock.step(-86_400)
    assert honoured(world, entry) is Miss.EXPIRED


def test_an_entry_is_good_for_the_same_password_under_either_key(world: World) -> None:
    world.rule(CacheType.IP)
    entry = kept(world)
    assert honoured(world, entry, proofs=(b"newer", b"new")) == Hit(CacheType.IP, ROW)
    assert honoured(world, entry, proofs=(b"another",)) is Miss.PASSWORD
    assert honoured(world, entry, proofs=()) is Miss.PASSWORD


def test_an_entry_ends_with_its_epoch_its_rule_and_its_application(world: World) -> None:
    rule = world.rule(CacheType.IP)
    entry = kept(world)
    assert honoured(world, entry, epoch=4) is Miss.EPOCH
    world.application(version=1)
    assert honoured(world, entry) is Miss.CHANGED
    world.application(version=0)
    world.configuration.swap(replace(world.configuration.value, rules=(replace(rule, version=1),)))
    assert honoured(world, entry) is Miss.CHANGED
