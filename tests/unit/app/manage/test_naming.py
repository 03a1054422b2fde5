"""
What users are called after they were added.
"""

import pytest

from tests.fakes.office import ALICE, DESK, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.manage.naming import UserAlias, UserRename
from watchword.app.manage.searching import UserSearch
from watchword.app.manage.standing import UserReasoned
from watchword.domain.events import AuditEvent
from watchword.domain.users import Ambiguous, Person


async def test_a_display_name_is_changed_and_found_by_its_words(office: Office) -> None:
    await office.user()
    before = await office.person()

    await office.do("user.rename", UserRename(user="alice", name=" Alice   Miller "))

    person = await office.person()
    assert person.user.name == "Alice Miller"
    assert person.user.epoch == before.user.epoch
    assert office.audited()[-1][0] is AuditEvent.USER_RENAMED
    found = await office.do("user.search", UserSearch(wanted="mill"))
    assert [user.username for user in found.users] == [ALICE]
    await office.do("user.rename", UserRename(user="alice", name="Alice"))
    assert (await office.do("user.search", UserSearch(wanted="mill"))).users == ()
    refusal = await office.refused("user.rename", UserRename(user="alice", name="a\x07"))
    assert refusal.kind is RefusalKind.INVALID
    assert (await office.refused("user.rename", UserRename(user="bob", name="b"))).kind is RefusalKind.NOT_FOUND


async def test_an_alias_is_added_and_taken_back(office: Office) -> None:
    user = await office.user()
    epoch = (await office.person()).user.epoch

    done = await office.do("user.alias-add", UserAlias(user="alice", alias=" OTHER\\Alice"))

    assert done.notes == ()
    assert (await office.person("other\\alice")).user.id == user
    assert (await office.person()).user.epoch == epoch
    assert office.running.ends == []
    await office.do("user.alias-remove", UserAlias(user="alice", alias="other\\alice"))
    assert not isinstance(await office.records.read(lambda records: records.resolve("other\\alice")), Person)
    assert (await office.person()).user.epoch == epoch + 1
    assert office.running.ends == [user]
    assert [event for event, _ in office.audited()[-2:]] == [AuditEvent.ALIAS_ADDED, AuditEvent.ALIAS_REMOVED]


async def test_a_name_that_is_given_must_be_free(office: Office) -> None:
    await office.user()
    await office.user("bob@example.org")

    for alias, words in (("bob", "goes by bob already"), ("alice", "goes by alice already"), ("\x00", "nobody's name")):
        refusal = await office.refused("user.alias-add", UserAlias(user="alice", alias=alias))
        assert words in refusal.sentence


async def test_a_name_that_follows_from_ones_own_is_shared_and_the_other_one_is_told_of(office: Office) -> None:
    alice = await office.user()
    other = await office.user("alice@example.com")
    removed = await office.do("user.alias-remove", UserAlias(user=ALICE, alias="alice"))
    assert removed.notes == ("alice names alice@example.com from now on",)
    epoch = (await office.person("alice")).user.epoch

    added = await office.do("user.alias-add", UserAlias(user=ALICE, alias="alice"))

    assert added.notes == (
        "alice names nobody at a login, because more than one user goes by it: alice@example.com too",
    )
    assert isinstance(await office.records.read(lambda records: records.resolve("alice")), Ambiguous)
    assert (await office.person("alice@example.com")).user.epoch == epoch + 1
    assert office.running.ends == [alice, other]
    await office.user("alice@example.net")
    await office.do("user.alias-remove", UserAlias(user=ALICE, alias="alice"))
    again = await office.do("user.alias-add", UserAlias(user=ALICE, alias="alice"))
    assert again.notes == ("alice names nobody at a login, because more than one user goes by it",)


async def test_what_cannot_be_taken_back_is_refused(office: Office) -> None:
    await office.user()

    for alias, words in ((ALICE, "the user's own name"), ("bob", "does not go by bob"), ("\x00", "nobody's name")):
        refusal = await office.refused("user.alias-remove", UserAlias(user="alice", alias=alias))
        assert words in refusal.sentence
    for name in ("user.alias-add", "user.alias-remove"):
        refusal = await office.refused(name, UserAlias(user="bob", alias="x"))
        assert refusal.kind is RefusalKind.NOT_FOUND
        assert (await office.refused(name, UserAlias(user="alice", alias="x"), DESK)).kind is RefusalKind.FORBIDDEN


async def test_a_user_has_so_many_aliases_and_no_more(office: Office) -> None:
    await office.user()
    for number in range(20):
        await office.do("user.alias-add", UserAlias(user="alice", alias=f"a{number}"))

    refusal = await office.refused("user.alias-add", UserAlias(user="alice", alias="a20"))

    assert kinds(refusal) == (RefusalKind.CONFLICT, "a user has at most 20 aliases")


@pytest.mark.parametrize(("first", "second", "off"), [("disable", "enable", True), ("enable", "disable", False)])
async def test_a_user_is_disabled_and_enabled_and_what_is_in_progress_ends(
    office: Office, first: str, second: str, *, off: bool
) -> None:
    user = await office.user()
    wanted = UserReasoned(user="alice", reason="leave")
    if not off:
        await office.do("user.disable", wanted)
    epoch = (await office.person()).user.epoch

    await office.do(f"user.{first}", wanted)

    person = await office.person()
    assert person.user.disabled is off
    assert person.user.epoch == epoch + 1
    assert office.running.ends[-1] == user
    assert office.audited()[-1][0] is (AuditEvent.USER_DISABLED if off else AuditEvent.USER_ENABLED)
    assert (await office.refused(f"user.{first}", wanted)).kind is RefusalKind.CONFLICT
    await office.do(f"user.{second}", wanted)
    assert (await office.refused(f"user.{first}", UserReasoned(user="alice", reason=" "))).kind is RefusalKind.INVALID
    unknown = await office.refused(f"user.{first}", UserReasoned(user="bob", reason="x"))
    assert unknown.kind is RefusalKind.NOT_FOUND
