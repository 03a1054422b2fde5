"""
Records: a change is whole or nothing, what it reads is what it wrote, and lists go page by page.
"""

from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest

from tests.contract.folder import Folder
from tests.fakes.changes import replace
from watchword.domain.api_clients import ApiClient
from watchword.domain.applications import (
    DEFAULT_GROUP,
    Application,
    ApplicationId,
    AuthenticationType,
    ClientId,
    DirectoryId,
    GroupId,
    PortalAway,
    PrimaryKind,
)
from watchword.domain.bypass import BypassState
from watchword.domain.caching import CacheType, CachingRule, RuleId
from watchword.domain.configuration import Configuration
from watchword.domain.directories import LdapDirectory, RadiusDirectory
from watchword.domain.events import Activity
from watchword.domain.lockout import Failure, Failures, Prompts
from watchword.domain.methods import Push
from watchword.domain.secrets import Secret
from watchword.domain.servers import Group
from watchword.domain.settings import LockSettings, RadiusSettings, Settings
from watchword.domain.users import Block, Person, User, UserId
from watchword.domain.verification import ActivityId
from watchword.kit.clock import MICROSECONDS
from watchword.ports.login import Committed, MintState, SetFailures, SetPrompts, SpendBypass, SpendStep
from watchword.ports.records import BypassFilter, Changer, Reader, Taken

# --- users


def page_of_users(after: str, reader: Reader) -> list[User]:
    return reader.users(after=after, limit=3)


def test_users_are_listed_in_the_order_of_their_names_page_by_page(folder: Folder) -> None:
    for name in ("carol", "alice", "bob", "dave"):
        folder.user(f"{name}@example.org", name=name.title())
    gone = folder.user("bert@example.org")
    folder.change(lambda changer: changer.remove_user(gone, at=1))

    pages, after = [], ""
    while page := folder.read(partial(page_of_users, after)):
        pages.append([user.name for user in page])
        after = page[-1].username

    assert pages == [["Alice", "Bob", "Carol"], ["Dave"]]


def test_a_canonical_name_is_taken_once_and_free_again_after_a_removal(folder: Folder) -> None:
    first = folder.user()

    with pytest.raises(Taken, match="user alice"):
        folder.user()
    folder.change(lambda changer: changer.remove_user(first, at=1))
    second = folder.user()

    named = folder.read(lambda reader: reader.usernames([first, second, UserId(bytes(16))]))
    assert named == {first: "alice@example.org", second: "alice@example.org"}


def test_a_refused_change_changes_nothing(folder: Folder) -> None:
    user = folder.user()

    def use_case(changer: Changer) -> None:
        changer.set_block(user, Block(at=1, reason="left"))
        changer.audit(folder.audit())
        changer.set_setting("lock.failures", 3)
        changer.add_user(User(id=UserId(folder.new()), username="alice@example.org"), (), at=1)

    with pytest.raises(Taken):
        folder.change(use_case)

    assert folder.load(user).user.block is None
    assert folder.read(lambda reader: reader.configuration()).settings == Settings()
    assert folder.commit() is Committed.TAKEN
    verdict = folder.verify()
    assert (verdict.whole, verdict.rows) == (True, 1)


def test_a_change_reads_what_it_has_written(folder: Folder) -> None:
    def use_case(changer: Changer) -> tuple[object, ...]:
        user = User(id=UserId(folder.new()), username="alice@example.org")
        changer.add_user(user, ("alice@example.org", "alice"), at=1)
        changer.set_password(user.id, "$argon2id$")
        found = changer.resolve("alice")
        assert isinstance(found, Person)
        return found.user.epoch, changer.password_hash(user.id), changer.aliases(user.id)

    assert folder.change(use_case) == (1, "$argon2id$", ["alice", "alice@example.org"])


def test_somebody_who_was_removed_leaves_no_password_method_or_bypass(folder: Folder) -> None:
    user = folder.user()
    folder.totp(user)
    row = folder.bypass(user)

    def use_case(changer: Changer) -> None:
        changer.set_password(user, "$argon2id$")
        changer.add_bypass(row)
        changer.remove_user(user, at=9)

    folder.change(use_case)

    assert folder.read(lambda reader: reader.password_hash(user)) is None
    assert folder.read(lambda reader: reader.aliases(user)) == []
    kept = folder.bypass_row(row.id)
    assert (kept.state, kept.ended_at, kept.ended_by) == (BypassState.CANCELLED, 9, "user.removed")
    assert folder.sql("SELECT count(*) FROM methods") == [(0,)]


def test_unlocking_clears_and_returns_what_was_there(folder: Folder) -> None:
    user = folder.user()
    failures = Failures(recent=(Failure(1, None),), locked_until=2)
    folder.commit(SetFailures(user=user, failures=failures, bump=True))
    folder.commit(SetPrompts(user=user, prompts=Prompts(refused=(3,), off_until=4), bump=False))

    assert folder.change(lambda changer: changer.unlock(user)) == failures
    assert folder.change(lambda changer: changer.unlock(user)) == Failures()
    assert folder.change(lambda changer: changer.unlock(UserId(bytes(16)))) == Failures()

    person = folder.load(user)
    assert (person.failures, person.prompts) == (Failures(), Prompts())


def test_users_without_a_second_step_are_named(folder: Folder) -> None:
    for name in ("carol", "alice", "bob"):
        folder.user(f"{name}@example.org")
    folder.totp(folder.user("dave@example.org"))

    assert folder.read(lambda reader: reader.users_without_method(limit=2)) == ["alice@example.org", "bob@example.org"]


def test_epochs_are_bumped_by_whatever_ends_something_older(folder: Folder) -> None:
    user = folder.user()
    method = folder.totp(user)
    row = folder.bypass(user)
    epochs = [folder.load(user).user.epoch]

    for use_case in (
        lambda changer: changer.bump_epoch(user),
        lambda changer: changer.set_password(user, "$argon2id$"),
        lambda changer: changer.set_block(user, Block(at=1, reason="left")),
        lambda changer: changer.set_block(user, None),
        lambda changer: changer.add_bypass(row),
        lambda changer: changer.cancel_bypass(row.id, by="olga", now=folder.clock.now()),
        lambda changer: changer.remove_method(user, method),
        lambda changer: changer.remove_method(user, method),
        lambda changer: changer.unlock(user),
    ):
        folder.change(use_case)
        epochs.append(folder.load(user).user.epoch)

    assert epochs == [1, 2, 3, 4, 5, 5, 6, 7, 7, 7]


# --- devices


def test_a_device_is_paired_once_by_its_token_in_time(folder: Folder) -> None:
    user = folder.user()
    method = folder.method(user, Push())
    pairing = folder.pairing(method, user, b"t" * 32, expires_at=folder.clock.now() + 1)
    now = folder.clock.now()

    assert folder.read(lambda reader: reader.device(method)) is None
    assert folder.read(lambda reader: reader.pairing(b"t" * 32)) == pairing
    assert folder.read(lambda reader: reader.pairing(b"u" * 32)) is None
    late = folder.change(lambda changer: changer.take_pairing(b"t" * 32, public_key=b"k", now=now + 1))
    unknown = folder.change(lambda changer: changer.take_pairing(b"u" * 32, public_key=b"k", now=now))
    paired = folder.change(lambda changer: changer.take_pairing(b"t" * 32, public_key=b"key", now=now))
    again = folder.change(lambda changer: changer.take_pairing(b"t" * 32, public_key=b"other", now=now))

    assert (late, unknown, again) == (None, None, None)
    assert paired == folder.read(lambda reader: reader.device(method))
    assert paired is not None
    assert (paired.user, paired.method, paired.public_key) == (user, method, b"key")
    assert folder.read(lambda reader: reader.pairing(b"t" * 32)) is None
    assert folder.load(user).user.epoch == 2


# --- bypasses


def test_bypasses_are_listed_newest_first_page_by_page(folder: Folder) -> None:
    rows = [folder.bypass(folder.user(f"user{number}@example.org"), seconds=number) for number in range(5)]
    for row in rows:
        folder.add_bypass(row)
    now = folder.clock.now()
    active = BypassFilter(state=BypassState.ACTIVE, limit=3)

    first = folder.read(lambda reader: reader.bypasses(active, now=now))
    rest = BypassFilter(before=first[-1].id, limit=3)
    second = folder.read(lambda reader: reader.bypasses(rest, now=now))

    assert [row.seconds for row in first + second] == [4, 3, 2, 1, 0]
    assert first[0] == replace(rows[4], username="user4@example.org")
    late = now + 300 * MICROSECONDS
    assert folder.read(lambda reader: reader.bypasses(active, now=late)) == []
    expired = folder.read(lambda reader: reader.bypass(rows[0].id, now=late))
    assert expired is not None
    assert (expired.state, expired.ended_at) == (BypassState.EXPIRED, rows[0].expires_at)


@pytest.mark.parametrize(
    ("group", "superseded"),
    [(DEFAULT_GROUP, {"default", "all"}), (None, {"default", "all", "branch"})],
)
def test_a_bypass_supersedes_what_would_be_a_second_chance(
    folder: Folder, group: GroupId | None, superseded: set[str]
) -> None:
    user, other = folder.user(), folder.user("bob@example.org")
    branch = GroupId(b"branch office...")
    rows = {
        "default": folder.bypass(user),
        "all": folder.bypass(user, group=None),
        "branch": folder.bypass(user, group=branch),
        "bob": folder.bypass(other),
    }
    for one in rows.values():
        folder.add_bypass(one)
    folder.sql("UPDATE bypasses SET state = 'active', ended_at = NULL, ended_by = ''")
    row = folder.bypass(user, group=group, created_by="dora@example.org")

    ended = folder.add_bypass(row)

    assert {name for name, one in rows.items() if one.id in ended} == superseded
    now = folder.clock.now()
    for name, one in rows.items():
        kept = folder.bypass_row(one.id)
        if name in superseded:
            assert (kept.state, kept.ended_at, kept.ended_by) == (BypassState.SUPERSEDED, now, "dora@example.org")
        else:
            assert kept.state is BypassState.ACTIVE


def test_what_has_run_out_is_expired_and_not_superseded(folder: Folder) -> None:
    user = folder.user()
    old = folder.bypass(user)
    folder.add_bypass(old)
    folder.clock.advance(300)

    assert folder.add_bypass(folder.bypass(user)) == []
    kept = folder.bypass_row(old.id)
    assert (kept.state, kept.ended_at) == (BypassState.EXPIRED, old.expires_at)


def test_a_bypass_is_cancelled_once_and_not_after_its_end(folder: Folder) -> None:
    """N3: whichever commits first wins, and what was cancelled is used no more."""
    user = folder.user()
    row = folder.bypass(user)
    folder.add_bypass(row)
    now = folder.clock.now()
    use = SpendBypass(
        bypass=row.id, user=user, epoch=0, at=now, application=ApplicationId(bytes(16)), source="192.0.2.9"
    )

    assert not folder.change(lambda changer: changer.cancel_bypass(row.id, by="olga", now=row.expires_at))
    assert folder.change(lambda changer: changer.cancel_bypass(row.id, by="olga", now=now))
    assert not folder.change(lambda changer: changer.cancel_bypass(row.id, by="olga", now=now))
    assert folder.commit(use) is Committed.REFUSED

    other = folder.bypass(user)
    folder.add_bypass(other)
    assert folder.commit(replace(use, bypass=other.id, epoch=1)) is Committed.TAKEN
    assert not folder.change(lambda changer: changer.cancel_bypass(other.id, by="olga", now=now))


# --- what happened


def test_activity_is_listed_newest_first_page_by_page(folder: Folder) -> None:
    for number in range(7):
        folder.commit(activity=(folder.row(detail=str(number)),))

    first = folder.activity(limit=3)
    second = folder.activity(limit=3, before=first[-1].id)
    third = folder.activity(limit=3, before=second[-1].id)

    assert [row.detail for row in first + second + third] == ["6", "5", "4", "3", "2", "1", "0"]
    assert {row.trace for row in first} == {()}
    assert folder.activity(before=ActivityId(bytes(16))) == []


def test_a_row_of_activity_comes_back_whole_with_its_trace(folder: Folder) -> None:
    user = folder.user()
    full = folder.row(
        user=user,
        epoch=4,
        rule=RuleId(folder.new()),
        bypass=folder.bypass(user).id,
        origin=ActivityId(folder.new()),
        count=12,
        detail="several alike",
    )
    bare = folder.row(application=None, authentication_type=None, source=None, kind=None, trace=())
    folder.commit(activity=(full, bare))

    assert folder.read(lambda reader: reader.activity_row(full.id)) == full
    assert folder.read(lambda reader: reader.activity_row(bare.id)) == bare
    assert folder.read(lambda reader: reader.activity_row(ActivityId(bytes(16)))) is None
    assert folder.activity() == [bare, replace(full, trace=())]


def test_activity_of_one_user_is_found_among_many(folder: Folder) -> None:
    alice, bob = folder.user(), folder.user("bob@example.org")
    units = []
    for number in range(3_000):
        user = bob if number % 500 == 7 else alice
        name = "mallory" if number % 700 == 3 else None
        row = folder.row(user=None if name else user, user_name=name or "alice@example.org", detail=str(number))
        units.append(folder.unit(activity=(row,)))
    for start in range(0, 3_000, 256):
        assert set(folder.group(units[start : start + 256])) == {Committed.TAKEN}

    def details(**wanted: object) -> list[int]:
        return [int(row.detail) for row in folder.activity(**wanted)]

    bobs = [number for number in range(2_999, -1, -1) if number % 500 == 7 and number % 700 != 3]
    strangers = [number for number in range(2_999, -1, -1) if number % 700 == 3]
    for _ in range(2):
        assert details(user=bob) == bobs
        assert details(user_name="mallory") == strangers
        assert details(user=bob, limit=2) == bobs[:2]
        second = folder.activity(user=bob, limit=2)[-1].id
        assert details(user=bob, limit=2, before=second) == bobs[2:4]
        assert details(user=UserId(bytes(16))) == []
        assert details(user=bob, user_name="mallory") == []
        assert len(details(user=alice, limit=5_000)) == 3_000 - len(bobs) - len(strangers)
        # What was gathered of the last run is found again by who opens the folder anew.
        folder.reopen()
    folder.commit(activity=(folder.row(user=bob, detail="3000"),))
    assert details(user=bob) == [3_000, *bobs]


# --- configuration


def applications(folder: Folder) -> list[Application]:
    return list(folder.read(lambda reader: reader.configuration()).applications.values())


def test_the_configuration_comes_back_whole(folder: Folder) -> None:
    ldap = LdapDirectory(
        id=DirectoryId(folder.new()),
        name="AD",
        url="ldaps://dc.example.org",
        base="dc=example,dc=org",
        bind_dn="cn=reader",
        bind_password=Secret(b"reader's"),
        user_filter="(sAMAccountName={username})",
        start_tls=True,
        ca="-----BEGIN CERTIFICATE-----",
        timeout=1.5,
    )
    anonymous = LdapDirectory(id=DirectoryId(folder.new()), name="open", url="ldap://ldap", base="")
    radius = RadiusDirectory(
        id=DirectoryId(folder.new()), name="NPS", host="nps", port=1812, secret=Secret(b"s" * 16), timeout=2, tries=3
    )
    for directory in (ldap, anonymous, radius):
        folder.add_directory(directory)
    chosen: dict[str, Any] = {
        "authentication_type": AuthenticationType.LDAP,
        "enabled": False,
        "primary": PrimaryKind.LDAP,
        "directories": (radius.id, ldap.id),
        "challenge": True,
        "deadline": 17,
        "user_match": False,
        "portal_away": PortalAway.CODES,
    }
    one, other = folder.application("A", **chosen), folder.application("B")
    client = folder.client(one, "2001:db8::/48")
    wide = CachingRule(id=RuleId(folder.new()), cache_type=CacheType.USER, seconds=60)
    narrow = CachingRule(
        id=RuleId(folder.new()),
        cache_type=CacheType.IP,
        seconds=600,
        authentication_type=AuthenticationType.RADIUS,
        application=other,
        version=3,
    )
    group = Group(id=GroupId(folder.new()), name="branch")

    def use_case(changer: Changer) -> None:
        changer.add_rule(wide, at=1)
        changer.add_rule(narrow, at=1)
        changer.add_group(group)
        changer.set_setting("lock.failures", 3)
        changer.set_setting("lock.failures", 7)
        changer.set_setting("radius.reject_delay", 0.5)

    folder.change(use_case)
    folder.reopen()
    loaded = folder.read(lambda reader: reader.configuration())

    assert loaded.applications == {
        one: Application(id=one, name="A", version=1, **chosen),
        other: Application(id=other, name="B"),
    }
    assert loaded.clients == (client,)
    assert loaded.directories == {ldap.id: ldap, anonymous.id: anonymous, radius.id: radius}
    assert loaded.rules == (narrow, wide)
    assert loaded.groups == (group, Group(id=DEFAULT_GROUP, name="default"))
    assert loaded.settings == Settings(lock=LockSettings(failures=7), radius=RadiusSettings(reject_delay=0.5))


@pytest.mark.parametrize("name", ["from.tomorrow", "lock.failures"])
def test_a_setting_that_makes_no_sense_here_is_left_out(folder: Folder, name: str) -> None:
    folder.change(lambda changer: changer.set_setting(name, 1_000_000))

    assert folder.read(lambda reader: reader.configuration()).settings == Settings()


def test_names_of_the_configuration_are_taken_once(folder: Folder) -> None:
    application = folder.application()
    client = folder.client(application)
    directory = LdapDirectory(id=DirectoryId(folder.new()), name="AD", url="ldap://ldap", base="")
    folder.add_directory(directory)

    for use_case in (
        lambda changer: changer.add_application(Application(id=ApplicationId(folder.new()), name="VPN"), at=1),
        lambda changer: changer.add_client(replace(client, id=ClientId(folder.new()))),
        lambda changer: changer.add_directory(replace(directory, id=DirectoryId(folder.new()))),
        lambda changer: changer.add_group(Group(id=GroupId(folder.new()), name="default")),
    ):
        with pytest.raises(Taken, match="already"):
            folder.change(use_case)


def test_every_change_of_an_application_counts_its_version(folder: Folder) -> None:
    directory = LdapDirectory(id=DirectoryId(folder.new()), name="AD", url="ldap://ldap", base="")
    folder.add_directory(directory)
    application = folder.application()
    versions = [applications(folder)[0].version]
    client = folder.client(application)
    versions.append(applications(folder)[0].version)
    changed = replace(client, secrets=(Secret(b"another shared secret"),), require_message_authenticator=False)
    folder.change(lambda changer: changer.set_client_secrets(changed))
    versions.append(applications(folder)[0].version)
    assert folder.read(lambda reader: reader.configuration()).clients == (changed,)
    wanted = replace(
        applications(folder)[0], version=0, challenge=True, primary=PrimaryKind.LDAP, directories=(directory.id,)
    )
    folder.change(lambda changer: changer.set_application(wanted))
    versions.append(applications(folder)[0].version)
    assert applications(folder) == [replace(wanted, version=3)]
    folder.change(lambda changer: changer.remove_client(client.id))
    folder.change(lambda changer: changer.remove_client(client.id))
    versions.append(applications(folder)[0].version)

    assert versions == [0, 1, 2, 3, 4]
    assert folder.read(lambda reader: reader.configuration()).clients == ()


def test_an_application_goes_with_everything_of_its_own(folder: Folder) -> None:
    user = folder.user()
    application, other = folder.application("A"), folder.application("B")
    folder.client(application)
    kept = folder.client(other, "198.51.100.0/24")
    challenge, left = folder.challenge(user, application), folder.challenge(user, other)
    folder.commit(MintState(challenge=challenge), MintState(challenge=left))
    rules = [
        CachingRule(id=RuleId(folder.new()), cache_type=CacheType.IP, seconds=60, application=named)
        for named in (application, other, None)
    ]
    bound, free = folder.bypass(user, application=application), folder.bypass(user, group=GroupId(folder.new()))

    def use_case(changer: Changer) -> None:
        for rule in rules:
            changer.add_rule(rule, at=1)
        changer.add_bypass(bound)
        changer.add_bypass(free)
        changer.remove_application(application)

    folder.change(use_case)

    configuration = folder.read(lambda reader: reader.configuration())
    assert list(configuration.applications) == [other]
    assert configuration.clients == (kept,)
    assert {rule.id for rule in configuration.rules} == {rules[1].id, rules[2].id}
    assert (folder.find(challenge.digest), folder.find(left.digest)) == (None, left)
    assert [bypass.id for bypass in folder.load(user).bypasses] == [free.id]
    ended = folder.bypass_row(bound.id)
    assert (ended.state, ended.ended_by) == (BypassState.CANCELLED, "application.removed")


def test_rules_and_directories_go(folder: Folder) -> None:
    rule = CachingRule(id=RuleId(folder.new()), cache_type=CacheType.USER, seconds=60)
    directory = LdapDirectory(id=DirectoryId(folder.new()), name="AD", url="ldap://ldap", base="")
    folder.change(lambda changer: changer.add_rule(rule, at=1))
    folder.add_directory(directory)

    assert folder.change(lambda changer: changer.remove_rule(rule.id))
    assert not folder.change(lambda changer: changer.remove_rule(rule.id))
    folder.change(lambda changer: changer.remove_directory(directory.id))

    configuration = folder.read(lambda reader: reader.configuration())
    assert (configuration.rules, configuration.directories) == ((), {})


# --- whoever follows


def test_whoever_waits_for_the_configuration_gets_each_new_one(folder: Folder) -> None:
    told: list[Configuration] = []
    folder.store.records.on_configuration(told.append)

    folder.application()
    folder.user()
    folder.change(lambda changer: changer.set_setting("lock.failures", 4))

    assert [sorted(one.name for one in each.applications.values()) for each in told] == [["VPN"], ["VPN"]]
    assert [each.settings.lock.failures for each in told] == [5, 4]
    assert told[1].version == told[0].version + 1


def test_whoever_follows_is_told_of_what_was_committed(folder: Folder) -> None:
    told: list[Activity] = []
    stop = folder.store.records.follow(told.append)
    method = folder.totp(folder.user())
    unit, again = (folder.unit(SpendStep(method=method, step=1, drift=0)) for _ in range(2))
    folder.store.ledger.commit(unit, lambda _: None)
    folder.store.ledger.commit(again, lambda _: None)
    stop()
    stop()
    folder.commit()

    assert told == [*unit.activity, *again.refused()]


def test_an_application_of_type_api_has_one_client(folder: Folder) -> None:
    shop = folder.application("shop", authentication_type=AuthenticationType.API)
    before = applications(folder)[0].version
    first = ApiClient(application=shop, secrets=(Secret(b"first"),))
    second = ApiClient(
        application=shop,
        networks=(ip_network("192.0.2.0/28"), ip_network("2001:db8::/48")),
        secrets=(Secret(b"first"), Secret(b"\xff\x00")),
    )

    for client in (first, second):
        folder.change(lambda changer, client=client: changer.set_api_client(client))  # type: ignore[misc]
        assert folder.read(lambda reader: reader.configuration()).api_clients == {shop: client}

    assert applications(folder)[0].version == before + 2
    folder.reopen()
    assert folder.read(lambda reader: reader.configuration()).api_clients == {shop: second}
    folder.change(lambda changer: changer.remove_application(shop))
    assert folder.read(lambda reader: reader.configuration()).api_clients == {}
    assert folder.sql("SELECT count(*) FROM api_clients") == [(0,)]
