"""
What would happen to a request: the same answers as a real one gets, and nothing changed.
"""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.changes import replace
from tests.fakes.office import ALICE, VPN, Office, kinds
from watchword.app.administration import RefusalKind
from watchword.app.diagnose.what_if import Foreseen, WhatIf
from watchword.app.enrol import MethodAdd, MethodType, pair
from watchword.app.manage.applications import ApplicationChange
from watchword.app.manage.bypasses import BypassAdd
from watchword.app.manage.directories import DirectoryAdd, DirectoryType
from watchword.app.manage.groups import GroupAdd, GroupNamed
from watchword.app.manage.rules import RuleAdd
from watchword.app.manage.standing import UserReasoned
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId, AuthenticationType
from watchword.domain.caching import CacheEntry, CacheKey, CacheType
from watchword.domain.events import Activity
from watchword.domain.prompts import PairingStatement
from watchword.domain.secrets import Secret
from watchword.domain.users import UserId
from watchword.domain.verification import ActivityId, OutcomeKind, Reason, VerificationId
from watchword.kit.identifiers import parse
from watchword.ports.live import PendingVerification

HERE = "192.0.2.7"


async def foresee(office: Office, **fields: Any) -> Foreseen:
    """Foresee a request, and make sure that nothing was changed by it."""
    before = (await office.configuration(), office.audited(), dict(office.cache.entries), list(office.cache.hits))
    wanted: dict[str, Any] = {"user": ALICE, "application": VPN} | fields
    found = await office.do("what-if", WhatIf(**wanted))
    after = (await office.configuration(), office.audited(), dict(office.cache.entries), list(office.cache.hits))
    assert after == before
    assert (office.running.let, office.running.ends) == ([], office.running.ends)
    assert isinstance(found, Foreseen)
    return found


def outcome(found: Foreseen) -> tuple[OutcomeKind, Reason]:
    return found.outcome, found.reason


async def phone(office: Office) -> None:
    added = await office.do("method.add", MethodAdd(user=ALICE, type=MethodType.PUSH))
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    token = added.pairing_url.partition("#")[2].encode()
    proof = key.sign(PairingStatement(token=token, public_key=public).canonical(), ec.ECDSA(hashes.SHA256()))
    await pair(office.context, token=Secret(token), public_key=public, proof=proof)


async def pending(office: Office, *, source: str | None = HERE, application: str = VPN) -> None:
    found = (await office.configuration()).application_named(application)
    assert found is not None
    office.running.verifications.append(
        PendingVerification(
            id=VerificationId(b"p" * 16),
            user=(await office.person()).user.id,
            application=found.id,
            source=source,
            since=office.clock.now(),
            contended=False,
        )
    )


async def test_a_user_who_is_not_there_is_denied(office: Office) -> None:
    await office.application()

    for name in ("bob", "\x07"):
        found = await foresee(office, user=name)
        assert outcome(found) == (OutcomeKind.DENIED, Reason.UNKNOWN_USER)
        assert [step.decided for step in found.steps] == [True]


async def test_a_name_of_two_users_is_denied(office: Office) -> None:
    await office.application()
    await office.user()
    await office.user("alice@example.com")

    assert outcome(await foresee(office, user="alice")) == (OutcomeKind.DENIED, Reason.AMBIGUOUS_USER)


async def test_a_blocked_user_is_denied_whatever_he_has(office: Office) -> None:
    await office.application()
    await office.user()
    await office.token()
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost"))
    await office.do("user.block", UserReasoned(user=ALICE, reason="left"))

    for code_typed in (False, True):
        assert outcome(await foresee(office, code_typed=code_typed)) == (OutcomeKind.DENIED, Reason.BLOCKED)


async def test_an_application_that_is_switched_off_denies(office: Office) -> None:
    await office.application()
    await office.user()
    await office.do("application.change", ApplicationChange(name=VPN, enabled=False))

    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.ERROR)


async def test_who_has_no_password_here_is_denied(office: Office) -> None:
    await office.application()
    await office.user(password=None)
    await office.token()

    found = await foresee(office, code_typed=True)

    assert outcome(found) == (OutcomeKind.DENIED, Reason.WRONG_PASSWORD)
    assert found.steps[-1].answer == "wrong (local: the user has no password here)"


@pytest.mark.parametrize("type_", [MethodType.TOTP, MethodType.HOTP, MethodType.BACKUP_CODES])
async def test_a_code_is_assumed_to_be_right(office: Office, type_: MethodType) -> None:
    await office.application()
    await office.user()
    await office.do("method.add", MethodAdd(user=ALICE, type=type_))

    found = await foresee(office, code_typed=True)

    backup = type_ is MethodType.BACKUP_CODES
    assert outcome(found) == (OutcomeKind.ALLOWED, Reason.BACKUP_CODE if backup else Reason.CODE)
    kind = "backup-code" if backup else type_.value
    assert found.assumed == ("the password is right", f"the typed code is right and unused, by {kind}")
    assert found.steps[-2].decided
    assert found.steps[-1].question == "Does everything still stand at the moment of the answer?"


async def test_a_code_of_a_token_that_was_used_this_moment_is_assumed_to_be_unused(office: Office) -> None:
    await office.application()
    await office.user()
    await office.do("method.add", MethodAdd(user=ALICE, type=MethodType.TOTP, digits=8, period=60))

    assert outcome(await foresee(office, code_typed=True)) == (OutcomeKind.ALLOWED, Reason.CODE)


async def test_a_code_of_who_has_no_codes_is_wrong(office: Office) -> None:
    await office.application()
    await office.user()
    await phone(office)

    found = await foresee(office, code_typed=True)

    assert outcome(found) == (OutcomeKind.DENIED, Reason.WRONG_CODE)
    assert found.assumed[-1] == "a code is typed, and the user has no method whose code could be right"


async def test_who_has_no_method_is_denied(office: Office) -> None:
    await office.application()
    await office.user()

    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.NO_METHOD)


async def test_codes_are_asked_for_only_where_the_application_can(office: Office) -> None:
    await office.application()
    await office.user()
    await office.token()

    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.NO_METHOD)
    await office.do("application.change", ApplicationChange(name=VPN, challenge=True))
    assert outcome(await foresee(office)) == (OutcomeKind.CHALLENGED, Reason.CHALLENGE)


async def test_a_phone_is_assumed_to_approve(office: Office) -> None:
    await office.application()
    await office.user()
    await phone(office)

    found = await foresee(office)

    assert outcome(found) == (OutcomeKind.ALLOWED, Reason.PUSH)
    assert found.assumed == ("the password is right", "whoever holds the phone approves in time")
    assert found.steps[-1].answer == "the phone was asked (push)"


async def test_a_phone_whose_number_the_application_shows_is_a_challenge(office: Office) -> None:
    await office.application(challenge=True)
    await office.user()
    await phone(office)

    assert outcome(await foresee(office)) == (OutcomeKind.CHALLENGED, Reason.CHALLENGE)


async def test_a_bypass_lets_through_and_is_still_there(office: Office) -> None:
    await office.application()
    await office.user()
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost"))

    assert outcome(await foresee(office)) == (OutcomeKind.ALLOWED, Reason.BYPASS)
    assert len((await office.person()).bypasses) == 1


async def test_a_bypass_for_elsewhere_does_not(office: Office) -> None:
    await office.application()
    await office.application("Other", clients=("192.0.2.9",))
    await office.user()
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", application="Other"))
    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.NO_METHOD)

    await office.do("group.add", GroupAdd(name="Branch"))
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", group="Branch"))
    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.NO_METHOD)


# --- caching


async def remember(office: Office, rule: CacheType, *, epoch: int | None = None) -> CacheKey:
    application = ApplicationId(parse(await office.application()) or b"")
    user = await office.user()
    added = await office.do("rule.add", RuleAdd(type=rule, seconds=60))
    configuration = await office.configuration()
    key = CacheKey(
        DEFAULT_GROUP,
        user,
        configuration.rules[0].id,
        None if rule is CacheType.USER else AuthenticationType.RADIUS,
        None if rule is CacheType.USER else application,
        HERE if rule is CacheType.IP else None,
    )
    assert added.id
    office.cache.put(
        key,
        CacheEntry(
            rule_version=configuration.rules[0].version,
            application_version=configuration.applications[application].version,
            proof=b"the proof of some password",
            epoch=(await office.person()).user.epoch if epoch is None else epoch,
            created_at=office.clock.now(),
            expires_at=office.clock.now() + 60_000_000,
            deadline=office.clock.monotonic() + 60_000_000_000,
            origin=ActivityId(b"o" * 16),
        ),
    )
    return key


@pytest.mark.parametrize("rule", list(CacheType))
async def test_what_is_remembered_lets_through(office: Office, rule: CacheType) -> None:
    await remember(office, rule)

    found = await foresee(office, source="::ffff:192.0.2.7")

    assert outcome(found) == (OutcomeKind.ALLOWED, Reason.CACHE)
    (hit,) = [step for step in found.steps if step.decided]
    assert hit.answer == f"yes ({rule.value})"


@pytest.mark.parametrize(
    ("change", "source", "why"),
    [
        ({}, None, "the request lacks a part of the rule's key"),
        ({}, "station 7", "the request lacks a part of the rule's key"),
        ({}, "192.0.2.8", "there is no entry"),
        ({"epoch": 7}, HERE, "something happened to the user since"),
        ({"rule_version": 7}, HERE, "the rule or the application was changed since"),
        ({"application_version": 7}, HERE, "the rule or the application was changed since"),
        ({"expires_at": 0}, HERE, "the entry has expired"),
        ({"deadline": 0}, HERE, "the entry has expired"),
    ],
)
async def test_what_is_not_honoured_any_more_is_told(
    office: Office, change: dict[str, Any], source: str | None, why: str
) -> None:
    key = await remember(office, CacheType.IP)
    office.cache.put(key, replace(office.cache.entries[key], **change))

    found = await foresee(office, source=source)

    assert outcome(found) == (OutcomeKind.DENIED, Reason.NO_METHOD)
    assert f"no ({why})" in [step.answer for step in found.steps]


async def test_without_a_rule_nothing_is_remembered(office: Office) -> None:
    await office.application()
    await office.user()

    assert "no (no caching rule matches)" in [step.answer for step in (await foresee(office)).steps]


async def test_while_nothing_runs_nothing_is_remembered_or_in_progress(office: Office) -> None:
    await remember(office, CacheType.USER)
    office.stop()

    found = await office.do("what-if", WhatIf(user=ALICE, application=VPN))

    assert "no (there is no entry)" in [step.answer for step in found.steps]


async def test_of_an_asserted_password_without_a_source_nothing_is_remembered(office: Office) -> None:
    await remember(office, CacheType.USER)
    await office.do("application.change", ApplicationChange(name=VPN, primary="asserted"))

    found = await foresee(office)

    assert outcome(found) == (OutcomeKind.DENIED, Reason.NO_METHOD)
    assert found.assumed == ("the application has checked the password",)


# --- what is in progress


async def test_the_same_login_in_progress_is_shared(office: Office) -> None:
    await office.application()
    await office.user()
    await pending(office)

    found = await foresee(office, source=HERE)

    assert outcome(found) == (OutcomeKind.ALLOWED, Reason.JOINED)
    assert found.assumed[1:] == ("the verification in progress is of the same login", "it is approved")


async def test_the_same_login_at_a_challenge_gets_one_of_its_own(office: Office) -> None:
    await office.application(challenge=True)
    await office.user()
    await pending(office)

    assert outcome(await foresee(office, source=HERE)) == (OutcomeKind.CHALLENGED, Reason.CHALLENGE)


@pytest.mark.parametrize("source", [None, "192.0.2.8"])
async def test_a_login_from_elsewhere_never_rings_again(office: Office, source: str | None) -> None:
    await office.application()
    await office.user()
    await phone(office)
    await pending(office)

    assert outcome(await foresee(office, source=source)) == (OutcomeKind.DENIED, Reason.CONTENDED)


async def test_a_login_at_another_application_never_rings_again(office: Office) -> None:
    await office.application()
    await office.application("Other", clients=("192.0.2.9",))
    await office.user()
    await phone(office)
    await pending(office)

    assert outcome(await foresee(office, source=HERE, application="Other")) == (OutcomeKind.DENIED, Reason.CONTENDED)


async def test_what_is_in_progress_for_others_is_no_matter(office: Office) -> None:
    await office.application()
    await office.user()
    await phone(office)
    await pending(office)
    office.running.verifications = [replace(office.running.verifications[0], user=UserId(b"other" * 3 + b"!"))]

    assert outcome(await foresee(office, source=HERE)) == (OutcomeKind.ALLOWED, Reason.PUSH)


async def test_of_an_asserted_password_without_a_source_nothing_is_shared(office: Office) -> None:
    await office.application(primary="asserted")
    await office.user()
    await office.do("rule.add", RuleAdd(type=CacheType.USER, seconds=60))
    await phone(office)
    await pending(office, source=None)

    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.CONTENDED)


# --- replication groups


async def logged_in(office: Office, group: str) -> None:
    """Let the application ask at a server of a group."""
    known = await office.configuration()
    application = known.application_named(VPN)
    assert application is not None
    (wanted,) = [one for one in known.groups if one.name == group]
    row = Activity(
        id=ActivityId(office.context.identifiers.new()),
        at=office.clock.now(),
        group=wanted.id,
        kind=OutcomeKind.DENIED,
        reason=Reason.NO_METHOD,
        user=None,
        user_name="x",
        epoch=0,
        application=application.id,
        authentication_type=AuthenticationType.RADIUS,
        client=HERE,
        source=None,
        server="berlin-1",
    )
    office.commit(activity=(row,))


@pytest.mark.parametrize(("group", "reason"), [("berlin", Reason.BYPASS), ("default", Reason.NO_METHOD)])
async def test_a_bypass_of_one_group_counts_in_what_arrives_there(office: Office, group: str, reason: Reason) -> None:
    await office.application()
    await office.user()
    await office.do("group.add", GroupAdd(name="berlin"))
    await office.do("bypass.add", BypassAdd(user=ALICE, reason="lost", seconds=60, group="berlin"))

    found = await foresee(office, group=group)

    assert (found.reason, found.group) == (reason, group)


async def test_what_is_remembered_in_one_group_counts_there_alone(office: Office) -> None:
    await remember(office, CacheType.USER)
    await office.do("group.add", GroupAdd(name="berlin"))

    assert (await foresee(office, group="default")).reason is Reason.CACHE
    assert (await foresee(office, group="berlin")).reason is Reason.NO_METHOD


async def test_what_waits_in_one_group_is_shared_there_alone(office: Office) -> None:
    await office.application()
    await office.user()
    await phone(office)
    await pending(office)
    await office.do("group.add", GroupAdd(name="berlin"))

    assert (await foresee(office, source=HERE, group="default")).reason is Reason.JOINED
    assert (await foresee(office, source=HERE, group="berlin")).reason is Reason.CONTENDED


async def test_unless_a_group_is_named_it_is_the_one_where_the_application_asked_last(office: Office) -> None:
    await office.application()
    await office.user()
    await office.do("group.add", GroupAdd(name="berlin"))
    assert (await foresee(office)).group == "default"

    await logged_in(office, "berlin")

    assert (await foresee(office)).group == "berlin"
    await office.do("group.remove", GroupNamed(group="berlin"))
    assert (await foresee(office)).group == "default"


async def test_a_group_that_is_not_there_is_told_so(office: Office) -> None:
    await office.application()

    refused = await office.refused("what-if", WhatIf(user=ALICE, application=VPN, group="x"))

    assert (refused.kind, refused.field) == (RefusalKind.NOT_FOUND, "/group")


# --- directories


async def directory(office: Office, name: str = "AD") -> None:
    await office.do(
        "directory.add",
        DirectoryAdd(name=name, type=DirectoryType.LDAP, url="ldaps://dc.example.org", base="dc=example,dc=org"),
    )


async def test_who_is_unknown_passes_on_a_directory_alone_where_no_match_is_required(office: Office) -> None:
    await directory(office)
    await office.application(primary="AD", user_match=False)

    found = await foresee(office, user="stranger")

    assert outcome(found) == (OutcomeKind.ALLOWED, Reason.NOT_REQUIRED)
    assert found.assumed == ("AD answers and finds the password right",)


async def test_a_known_user_of_a_directory_needs_his_second_step(office: Office) -> None:
    await directory(office)
    await office.application(primary="AD", user_match=False)
    await office.user(password=None)

    assert outcome(await foresee(office)) == (OutcomeKind.DENIED, Reason.NO_METHOD)


async def test_an_application_that_is_not_there_is_told_so(office: Office) -> None:
    assert kinds(await office.refused("what-if", WhatIf(user=ALICE, application=VPN))) == (
        RefusalKind.NOT_FOUND,
        "there is no application 'VPN'; `watchword application list` shows them",
    )


@pytest.mark.parametrize("source", ["", " ", "\x1b[2J"])
async def test_a_source_that_nobody_could_have_is_refused(office: Office, source: str) -> None:
    await office.application()

    assert kinds(await office.refused("what-if", WhatIf(user=ALICE, application=VPN, source=source))) == (
        RefusalKind.INVALID,
        "the source must be an address, or the text that the application sends as Calling-Station-Id",
    )
