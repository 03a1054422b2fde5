"""
MFA servers as every store keeps them: known once, by one key, and changed by conditional writes.
"""

from dataclasses import replace
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest

from tests.contract.folder import Folder
from watchword.domain.applications import DEFAULT_GROUP, GroupId
from watchword.domain.enrolment import (
    CREDENTIALS_SECONDS,
    MOST_TRIES,
    ActivationCredentials,
    CredentialsId,
    CredentialsState,
)
from watchword.domain.servers import Contact, Group, Links, Report, Server, ServerId
from watchword.kit.clock import MICROSECONDS
from watchword.ports.records import Changer, Reader, Taken
from watchword.ports.servers import Spending

DIGEST = b"d" * 32


def credentials(folder: Folder, **fields: Any) -> ActivationCredentials:
    made = ActivationCredentials(
        id=CredentialsId(folder.new()),
        email=f"server-{folder.new().hex()}@activation.invalid",
        digest=DIGEST,
        group=None,
        network=None,
        server=None,
        created_by="olga@example.org",
        created_at=folder.clock.now(),
        expires_at=folder.clock.now() + CREDENTIALS_SECONDS * MICROSECONDS,
    )
    made = replace(made, **fields)
    folder.change(lambda changer: changer.add_credentials(made))
    return made


def server(folder: Folder, name: str = "berlin-1", **fields: Any) -> Server:
    known = Server(
        id=ServerId(folder.new()),
        name=name,
        group=DEFAULT_GROUP,
        public_key=name.encode().ljust(32, b"."),
        links=Links(current=b"A" * 32),
        activated_at=folder.clock.now(),
        key_since=folder.clock.now(),
        report=Report(version="1.0", host_name="berlin", listeners=("radius 0.0.0.0:1812",), checked_at=5),
    )
    return replace(known, **fields)


def spend(folder: Folder, made: ActivationCredentials, known: Server, *, digest: bytes = DIGEST) -> bool:
    spending = Spending(credentials=made.id, digest=digest, server=known, at=folder.clock.now())
    return folder.change(lambda changer: changer.spend_credentials(spending))


def known(folder: Folder, name: str = "berlin-1", **fields: Any) -> Server:
    """Let a server be known and return it as it is kept."""
    made = server(folder, name, **fields)
    assert spend(folder, credentials(folder), made)
    return made


def kept(folder: Folder, which: ServerId) -> Server:
    found = folder.read(lambda reader: reader.server(which))
    assert found is not None
    return found


def _with_key(reader: Reader, *, key: bytes) -> Server | None:
    return reader.server_with_key(key)


def of(folder: Folder, email: str) -> ActivationCredentials:
    found = folder.read(lambda reader: reader.credentials_of(email))
    assert found is not None
    return found


def test_the_portals_seed_is_kept_once_and_sealed(folder: Folder) -> None:
    assert folder.read(lambda reader: reader.portal_seed()) is None
    folder.change(lambda changer: changer.keep_portal_seed(b"s" * 32, at=1))

    assert folder.read(lambda reader: reader.portal_seed()) == b"s" * 32
    assert b"s" * 32 not in folder.sql("SELECT seed FROM portal_identity")[0][0]
    with pytest.raises(Exception, match="UNIQUE"):
        folder.change(lambda changer: changer.keep_portal_seed(b"t" * 32, at=2))


def test_credentials_are_kept_as_they_were_made(folder: Folder) -> None:
    folder.change(lambda changer: changer.add_group(Group(id=GroupId(b"B" * 16), name="berlin")))
    made = credentials(folder, group=GroupId(b"B" * 16), network=ip_network("198.51.100.0/24"))

    assert of(folder, made.email) == made
    assert folder.read(lambda reader: reader.credentials(now=made.created_at)) == [made]
    assert folder.read(lambda reader: reader.credentials_of("server-z@activation.invalid")) is None
    (late,) = folder.read(lambda reader: reader.credentials(now=made.expires_at))
    assert late.state is CredentialsState.EXPIRED


def test_credentials_are_spent_once_and_their_server_is_known(folder: Folder) -> None:
    made, first, second = credentials(folder), server(folder), server(folder, "berlin-2")

    assert spend(folder, made, first)
    assert not spend(folder, made, second)

    assert kept(folder, first.id) == first
    assert folder.read(lambda reader: reader.servers()) == [first]
    used = of(folder, made.email)
    assert (used.state, used.used_by, used.key) == (CredentialsState.USED, first.id, first.public_key)


@pytest.mark.parametrize("seconds", [CREDENTIALS_SECONDS, CREDENTIALS_SECONDS + 1])
def test_credentials_that_have_expired_are_not_spent(folder: Folder, seconds: int) -> None:
    made = credentials(folder)
    folder.clock.advance(seconds)

    assert not spend(folder, made, server(folder))
    assert folder.read(lambda reader: reader.servers()) == []


def test_a_clock_that_is_set_back_makes_nothing_good_again(folder: Folder) -> None:
    made = credentials(folder)
    folder.clock.advance(CREDENTIALS_SECONDS)
    folder.clock.step(-3_600)

    assert not spend(folder, made, server(folder))


def test_credentials_are_not_spent_by_another_password(folder: Folder) -> None:
    assert not spend(folder, credentials(folder), server(folder), digest=b"e" * 32)


def test_credentials_are_void_after_too_many_wrong_passwords(folder: Folder) -> None:
    made = credentials(folder)

    counted = [
        folder.change(lambda changer: changer.count_try(made.id, at=folder.clock.now())) for _ in range(MOST_TRIES + 1)
    ]

    assert counted == [1, 2, 3, 4, 5, 5]
    assert of(folder, made.email).state is CredentialsState.VOID
    assert not spend(folder, made, server(folder))


def test_withdrawn_credentials_are_not_spent_and_spent_ones_not_withdrawn(folder: Folder) -> None:
    def withdraw(which: ActivationCredentials) -> bool:
        return folder.change(lambda changer: changer.withdraw_credentials(which.id, at=folder.clock.now()))

    first, second, third = credentials(folder), credentials(folder), credentials(folder)

    assert withdraw(first)
    assert not withdraw(first)
    assert not spend(folder, first, server(folder))
    assert spend(folder, second, server(folder))
    assert not withdraw(second)
    folder.clock.advance(CREDENTIALS_SECONDS)
    assert not withdraw(third)


@pytest.mark.parametrize("fields", [{"name": "berlin-1"}, {"public_key": b"berlin-1".ljust(32, b".")}])
def test_no_two_servers_have_one_name_or_one_key(folder: Folder, fields: dict[str, Any]) -> None:
    known(folder)
    made = credentials(folder)

    with pytest.raises(Taken):
        spend(folder, made, replace(server(folder, "berlin-2"), **fields))

    assert of(folder, made.email).state is CredentialsState.ACTIVE


def test_a_server_gets_a_new_key_by_credentials_of_its_own(folder: Folder) -> None:
    old = known(folder)
    folder.change(lambda changer: changer.alarm_server(old.id, at=7))
    made = credentials(folder, server=old.id)

    assert spend(folder, made, replace(old, public_key=b"n" * 32, links=Links(current=b"N" * 32)))

    new = kept(folder, old.id)
    assert (new.public_key, new.previous_key, new.alarmed_at) == (b"n" * 32, None, None)
    assert new.links == Links(current=b"N" * 32)


def test_a_server_that_was_revoked_gets_no_new_key(folder: Folder) -> None:
    old = known(folder)
    made = credentials(folder, server=old.id)
    assert folder.change(lambda changer: changer.revoke_server(old.id, at=7))

    with pytest.raises(Taken, match="revoked"):
        spend(folder, made, replace(old, public_key=b"n" * 32))

    assert of(folder, made.email).state is CredentialsState.ACTIVE


def test_a_session_is_opened_by_whoever_knows_the_one_before(folder: Folder) -> None:
    which = known(folder)

    def opened(*, kept: Links, links: Links) -> bool:
        return folder.change(lambda changer: changer.open_link(which.id, links, kept=kept))

    first = Links(current=b"B" * 32, previous=b"A" * 32)
    assert opened(kept=which.links, links=first)
    assert not opened(kept=which.links, links=Links(current=b"C" * 32, previous=b"A" * 32))
    assert kept(folder, which.id).links == first
    assert opened(kept=first, links=first)


@pytest.mark.parametrize("end", ["alarm", "revoke"])
def test_a_server_that_may_not_act_opens_nothing_and_renews_nothing(folder: Folder, end: str) -> None:
    which = known(folder)

    def use_case(changer: Changer) -> tuple[bool, bool, bool]:
        ended = changer.alarm_server(which.id, at=7) if end == "alarm" else changer.revoke_server(which.id, at=7)
        opened = changer.open_link(which.id, Links(current=b"B" * 32), kept=which.links)
        return ended, opened, changer.renew_key(which.id, old=which.public_key, new=b"n" * 32, at=8)

    assert folder.change(use_case) == (True, False, False)


def test_a_server_is_revoked_and_alarmed_once(folder: Folder) -> None:
    which = known(folder)

    assert folder.change(lambda changer: [changer.alarm_server(which.id, at=at) for at in (7, 8)]) == [True, False]
    assert folder.change(lambda changer: [changer.revoke_server(which.id, at=at) for at in (9, 10)]) == [True, False]
    ended = kept(folder, which.id)
    assert (ended.alarmed_at, ended.revoked_at) == (7, 9)


def test_a_key_is_renewed_by_the_one_before_it(folder: Folder) -> None:
    which, other = known(folder), known(folder, "berlin-2")
    old, new = which.public_key, b"n" * 32
    folder.change(lambda changer: changer.ask_for_renewal(which.id, at=5))

    def renewed(new: bytes) -> bool:
        return folder.change(lambda changer: changer.renew_key(which.id, old=old, new=new, at=8))

    with pytest.raises(Taken):
        renewed(other.public_key)
    assert renewed(new)
    assert not renewed(b"o" * 32)

    after = kept(folder, which.id)
    assert (after.public_key, after.previous_key, after.key_since, after.renew_at) == (new, old, 8, None)
    for key in (old, new):
        found = folder.read(partial(_with_key, key=key))
        assert found is not None
        assert found.id == which.id
    assert folder.read(lambda reader: reader.server_with_key(b"z" * 32)) is None


def test_a_server_is_moved_renamed_and_forgotten_only_once_revoked(folder: Folder) -> None:
    which, _other = known(folder), known(folder, "berlin-2")
    berlin = Group(id=GroupId(b"B" * 16), name="berlin")

    def use_case(changer: Changer) -> None:
        changer.add_group(berlin)
        changer.move_server(which.id, berlin.id)
        changer.rename_server(which.id, "potsdam")
        changer.remove_server(which.id)

    folder.change(use_case)
    with pytest.raises(Taken):
        folder.change(lambda changer: changer.rename_server(which.id, "berlin-2"))

    moved = kept(folder, which.id)
    assert (moved.group, moved.name) == (berlin.id, "potsdam")
    assert folder.change(lambda changer: changer.revoke_server(which.id, at=1))
    folder.change(lambda changer: changer.remove_server(which.id))
    assert folder.read(lambda reader: reader.server(which.id)) is None


def test_the_last_word_of_a_server_is_kept_and_no_promise_becomes_shorter(folder: Folder) -> None:
    which = known(folder)

    def heard(at: int, until: int, address: str) -> Server:
        contact = Contact(at=at, address=address, report=Report(version="1.1", clock_skew=-5, load=3))
        folder.change(lambda changer: changer.note_contact(which.id, contact, acts_until=until))
        return kept(folder, which.id)

    first = heard(10, 1_000, "192.0.2.1")
    assert (first.heard_at, first.acts_until, first.address, first.report.clock_skew) == (10, 1_000, "192.0.2.1", -5)
    second = heard(20, 900, "192.0.2.2")
    assert (second.heard_at, second.acts_until, second.address) == (20, 1_000, "192.0.2.2")
    assert heard(15, 2_000, "192.0.2.3") == second


def test_a_group_is_renamed_and_removed_and_says_what_it_holds(folder: Folder) -> None:
    berlin, potsdam = Group(id=GroupId(b"B" * 16), name="berlin"), Group(id=GroupId(b"P" * 16), name="potsdam")
    user = folder.user()

    def use_case(changer: Changer) -> None:
        changer.add_group(berlin)
        changer.add_group(potsdam)
        changer.rename_group(potsdam.id, "Potsdam")

    folder.change(use_case)
    with pytest.raises(Taken):
        folder.change(lambda changer: changer.rename_group(potsdam.id, "berlin"))
    which = known(folder, group=berlin.id)
    made = credentials(folder, group=berlin.id)
    folder.add_bypass(folder.bypass(user, group=berlin.id))

    def holds(group: GroupId) -> list[str]:
        return list(folder.read(lambda reader: reader.group_holds(group, now=folder.clock.now())))

    assert holds(potsdam.id) == []
    assert holds(berlin.id) == [
        f"the server {which.name}",
        "activation credentials that are still good",
        "a bypass that is still good",
    ]
    folder.clock.advance(CREDENTIALS_SECONDS)
    assert holds(berlin.id) == [f"the server {which.name}"]
    folder.change(lambda changer: changer.move_server(which.id, DEFAULT_GROUP))
    folder.change(lambda changer: changer.remove_group(berlin.id))
    assert [group.name for group in folder.read(lambda reader: reader.configuration()).groups] == ["Potsdam", "default"]
    assert folder.read(lambda reader: reader.credentials_of(made.email)) is None


def test_changes_of_groups_reach_whoever_keeps_the_configuration(folder: Folder) -> None:
    told: list[int] = []
    folder.store.records.on_configuration(lambda configuration: told.append(len(configuration.groups)))

    folder.change(lambda changer: changer.add_group(Group(id=GroupId(b"B" * 16), name="berlin")))
    folder.change(lambda changer: changer.rename_group(GroupId(b"B" * 16), "Berlin"))
    folder.change(lambda changer: changer.remove_group(GroupId(b"B" * 16)))

    assert told == [2, 2, 1]


async def test_credentials_are_forgotten_a_day_after_their_end(folder: Folder) -> None:
    made = credentials(folder)
    folder.clock.advance(CREDENTIALS_SECONDS + 86_400 - 1)
    await folder.store.upkeep.sweep(now=folder.clock.now(), limit=100)
    assert folder.read(lambda reader: reader.credentials_of(made.email)) is not None

    folder.clock.advance(1)
    assert await folder.store.upkeep.sweep(now=folder.clock.now(), limit=100) == 1
    assert folder.read(lambda reader: reader.credentials_of(made.email)) is None


async def test_the_portals_seed_is_sealed_anew_under_a_new_key(folder: Folder) -> None:
    folder.change(lambda changer: changer.keep_portal_seed(b"s" * 32, at=1))
    await folder.store.upkeep.rotate_key(folder.audit())

    assert await folder.store.upkeep.reseal(limit=100) == 1
    assert await folder.store.upkeep.reseal(limit=100) == 0
    assert folder.read(lambda reader: reader.portal_seed()) == b"s" * 32
    assert folder.sql("SELECT seed FROM portal_identity")[0][0].startswith(folder.store.keys.header)


def test_a_database_that_was_put_back_knows_no_sessions_and_no_credentials(folder: Folder) -> None:
    which, made = known(folder), credentials(folder)
    folder.change(lambda changer: changer.audit(folder.audit()))
    folder.store.close()
    (folder.directory / "generation").unlink()

    folder.store = folder.opened()

    assert kept(folder, which.id).links == Links(current=None)
    assert of(folder, made.email).state is CredentialsState.WITHDRAWN
