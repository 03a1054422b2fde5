"""
What people see: each command done on a real store, and nothing of it left out that they need next.
"""

import asyncio
import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fakes.machines import known
from tests.fakes.office import ALICE, SECRET, VPN, Office
from tests.unit.cli.terminal import Ran, typed
from watchword.app import operations
from watchword.app.administration import HOST, Refusal
from watchword.cli.session import Refused
from watchword.domain.applications import DEFAULT_GROUP, ApplicationId
from watchword.domain.caching import CacheEntry, CacheKey, RuleId
from watchword.domain.events import Activity
from watchword.domain.trace import Answer, Question, Step
from watchword.domain.verification import ActivityId, OutcomeKind, Reason, VerificationId
from watchword.kit.clock import MICROSECONDS
from watchword.kit.identifiers import parse, text
from watchword.ports.live import PendingVerification

UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ROW: Final = ActivityId(b"row of activity!")
WAITING: Final = VerificationId(b"a verification!!")


class Done:
    """Does operations in an office, as the process that serves would."""

    def __init__(self, office: Office) -> None:
        self._context = office.context
        self._runner = asyncio.Runner()

    def perform(self, name: str, arguments: Mapping[str, object]) -> Any:
        read = operations.read_arguments(operations.OPERATIONS[name], arguments)
        result = read
        if not isinstance(read, Refusal):
            result = self._runner.run(operations.perform(self._context, HOST, name, read))
        if isinstance(result, Refusal):
            raise Refused(result.sentence)
        return operations.document_of(result)

    def follow(self, wanted: Mapping[str, object]) -> Iterator[Any]:
        raise AssertionError(wanted)

    def octets(self, path: str) -> Iterator[bytes]:
        raise AssertionError(path)

    def close(self) -> None:
        self._runner.close()


class Desk:
    """Where commands are typed."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def type(self, line: str, *more: str, stdin: bytes = b"") -> str:
        """Type a command that has to be done, and return what it printed."""
        ran = self.ran(line, *more, stdin=stdin)
        assert (ran.code, ran.err) == (0, "")
        assert all(character.isprintable() or character == "\n" for character in ran.out)
        return ran.out

    def ran(self, line: str, *more: str, stdin: bytes = b"") -> Ran:
        office = self.office

        def reach(_data: Path) -> Done:
            return Done(office)

        return typed(*line.split(" "), *more, reach=reach, stdin=stdin)


@pytest.fixture
def desk(office: Office) -> Desk:
    desk = Desk(office)
    desk.type(f"user add {ALICE} --password-stdin", "--name", "Alice Example", stdin=b"correct horse battery")
    desk.type(f"application add {VPN} --client 127.0.0.1 --secret-stdin", stdin=SECRET.octets)
    return desk


def application_of(desk: Desk) -> ApplicationId:
    document = desk.ran("application list --json").document
    return ApplicationId(parse(document[0]["id"]) or b"")


async def user_of(office: Office) -> Any:
    return (await office.person()).user.id


def test_a_new_user_is_told_what_comes_next(office: Office) -> None:
    out = Desk(office).type(f"user add {ALICE} --password-stdin", stdin=b"correct horse battery")

    assert out == f"added {ALICE}; `watchword method add {ALICE} totp` gives a second step\n"


def test_what_else_is_worth_knowing_stands_below(office: Office) -> None:
    out = Desk(office).type(f"user add {ALICE} --password-stdin", stdin=b"short")

    assert re.search(r"^added alice.*\n  .*character", out)


def test_users_are_listed_with_what_is_wrong_with_them(desk: Desk) -> None:
    desk.type("user add bob@example.org")
    desk.type("user block alice", "--reason", "laptop stolen")

    out = desk.type("user list")

    assert re.search(rf"{ALICE} +Alice Example +blocked since \d{{4}}-\d\d-\d\d .*: laptop stolen", out)
    assert "bob@example.org" in out


def test_a_user_is_shown_with_everything(desk: Desk) -> None:
    desk.type("method add alice totp")
    desk.type("bypass add alice --reason phone")
    desk.type("user block alice", "--reason", "laptop stolen")

    out = desk.type("user show alice")

    for words in (
        f"user                {ALICE}",
        "name                Alice Example",
        "also                alice",
        "password here       yes",
        "laptop stolen",
        "locked until        not locked",
        "no prompts until    prompts are shown",
        "method              totp",
        "bypass              ",
    ):
        assert words in out
    desk.type("user unblock alice", "--reason", "laptop found")
    assert "blocked             no" in desk.type("user show alice")


def test_what_is_done_to_a_user_is_said(desk: Desk) -> None:
    assert desk.type("user block alice --reason x") == f"blocked {ALICE}\n"
    assert desk.type("user unblock alice --reason x") == f"unblocked {ALICE}\n"
    assert desk.type("user unlock alice") == f"unlocked {ALICE}\n"
    assert desk.type("user password alice --password-stdin", stdin=b"another horse") == f"set the password of {ALICE}\n"
    assert desk.type("user remove alice") == f"removed {ALICE}\n"
    assert desk.type("user list") == "none\n"


def test_a_token_is_shown_once_with_all_that_is_needed(desk: Desk) -> None:
    out = desk.type("method add alice totp").splitlines()

    assert out[0].startswith("scan this")
    assert out[1].startswith("  otpauth://totp/Watchword:alice%40example.org?secret=")
    assert base64.b32decode(out[2].strip())


def test_a_phone_and_printed_codes_are_too(desk: Desk) -> None:
    phone = desk.type("method add alice push")
    codes = desk.type("method add alice backup-codes").splitlines()

    assert "http://127.0.0.1:8080/pair#" in phone
    assert "watchword authenticator pair URL --state FILE" in phone
    assert len(codes) == 11
    assert all(re.fullmatch(r"  [A-Z2-9]{4}-[A-Z2-9]{4}", line) for line in codes[1:])


def test_on_a_terminal_a_picture_can_be_scanned(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.cli.terminal.DRAWN", True)

    assert "▄" in desk.ran("method add alice totp").out
    assert "▄" in desk.ran("method add alice push").out


def test_methods_are_listed_with_what_they_are(desk: Desk) -> None:
    desk.type("method add alice totp")
    desk.type("method add alice hotp --digits 8 --algorithm sha256")
    desk.type("method add alice push")
    desk.type("method add alice backup-codes")

    out = desk.type("method list alice")

    assert "sha1, 6 digits, 30 s, never used" in out
    assert "sha256, 8 digits, never used" in out
    assert "waits for its device" in out
    assert "10 left" in out
    found = UUID.search(out)
    assert found is not None
    assert desk.type(f"method remove alice {found[0]}") == f"removed the method of {ALICE}\n"


def test_applications_are_listed_with_what_holds_for_them(desk: Desk) -> None:
    desk.type(
        "application client-add VPN 192.0.2.9 --secret-stdin --no-message-authenticator",
        stdin=b"another shared secret!",
    )
    desk.type(
        "application secret-replace VPN --client 127.0.0.1 --secret-stdin", stdin=b"the secret from now on, longer"
    )
    desk.type("application change VPN --challenge --no-user-match --deadline 30 --no-enabled")

    out = desk.type("application list")

    assert "127.0.0.1/32 (two secrets)" in out
    assert "192.0.2.9/32 (no Message-Authenticator)" in out
    assert re.search(r"local +yes +30 s +no +off", out)


def test_a_secret_that_is_replaced_says_what_comes_next(desk: Desk) -> None:
    replaced = desk.type("application secret-replace VPN --secret-stdin", stdin=b"the secret from now on, longer")
    finished = desk.type("application secret-finish VPN")

    assert "`watchword application secret-finish 'VPN'`" in replaced
    assert finished == "the old secret of VPN has ended for 127.0.0.1/32\n"


def test_a_secret_that_is_made_here_is_shown_once(desk: Desk) -> None:
    replaced = desk.type("application secret-replace VPN --make-secret")

    assert re.search(r"; its secret, shown this once: [a-z2-7]{32}\n$", replaced)
    assert desk.ran("application client-add VPN 192.0.2.9 --make-secret --secret-stdin").code == 2
    assert "shown" not in desk.type("application secret-finish VPN")


def test_an_application_is_shown_with_how_it_asks(desk: Desk) -> None:
    assert desk.type("application show VPN").startswith("VPN\n  asks by radius from 127.0.0.1/32\n  passwords: local\n")
    assert re.search(r"VPN +127.0.0.1/32 +0 +0 +0", desk.type("application observed"))


def test_what_is_done_to_applications_is_said(desk: Desk) -> None:
    added = desk.type("application client-add VPN 192.0.2.9 --secret-stdin", stdin=b"a secret of twenty-four octets")

    assert added == "VPN may ask from 192.0.2.9/32\n"
    assert desk.type("application client-remove VPN 192.0.2.9") == "VPN asks from 192.0.2.9/32 no more\n"
    assert desk.type("application remove VPN") == "removed VPN\n"


def test_directories_are_added_listed_tested_and_removed(desk: Desk) -> None:
    added = desk.type("directory add ad --type ldap --url ldap://dc.example.org --base DC=x --timeout 2.5")
    desk.type("directory add old --type radius --url radius://192.0.2.8:1812 --secret-stdin", stdin=b"s" * 24)
    desk.type("application change VPN --primary ad")

    assert added.startswith("added ad; `watchword directory test 'ad' USER` checks a password there\n  passwords go")
    assert re.search(r"ad +ldap://dc.example.org(:389)? +DC=x +2.5 s +VPN", desk.type("directory list"))
    tested = desk.type("directory test ad alice --password-stdin", stdin=b"correct horse")
    assert re.search(r"\(\d+ s\)$", tested.strip())
    assert desk.type("directory remove old") == "removed old\n"


def test_a_file_of_authorities_is_sent_as_its_text(desk: Desk, tmp_path: Path) -> None:
    ran = desk.ran(f"directory add ad --type ldap --url ldaps://dc --base DC=x --ca {tmp_path / 'none.pem'}")
    assert (ran.code, ran.out) == (1, "")
    assert "--ca: " in ran.err

    (tmp_path / "ca.pem").write_text("no PEM")
    ran = desk.ran(f"directory add ad --type ldap --url ldaps://dc --base DC=x --ca {tmp_path / 'ca.pem'}")
    assert ran.code == 1
    assert "cannot be read" not in ran.err, "its text came as far as the catalogue, which refuses it"


def test_a_bypass_says_until_when_and_what_waits_beside_it(desk: Desk, office: Office) -> None:
    user, application = asyncio.run(user_of(office)), application_of(desk)
    office.running.verifications.append(
        PendingVerification(
            id=WAITING,
            user=user,
            application=application,
            source="198.51.100.7",
            since=office.clock.now(),
            contended=True,
        )
    )

    out = desk.type("bypass add alice --seconds 300", "--reason", "phone at home")
    waiting = desk.type("pending")
    used = desk.type(f"bypass add alice --reason x --let-through {text(WAITING)}")

    assert re.match(r"one login without the second step, until \d{4}-.* \([0-9a-f-]{36}\)\n", out)
    assert "waiting, and not decided by this bypass:" in out
    assert f"{text(WAITING)}  VPN from 198.51.100.7" in out
    assert re.search(rf"{ALICE} +VPN +198.51.100.7 .* from two places at once", waiting)
    assert "the waiting login was let through: yes" in used


def test_bypasses_are_listed_with_how_they_ended(desk: Desk) -> None:
    desk.type("bypass add alice --reason first --application VPN")
    desk.type("bypass add alice --reason second")

    active, every = desk.type("bypass list"), desk.type("bypass list --all")

    assert "second" in active
    assert "first" not in active
    assert re.search(r"VPN +first +host .* superseded", every)
    assert "group default" in every
    found = UUID.search(active)
    assert found is not None
    assert desk.type(f"bypass cancel {found[0]} --reason found") == f"cancelled the bypass of {ALICE}\n"


def test_rules_and_what_they_remember_are_listed(desk: Desk, office: Office) -> None:
    added = desk.type("rule add --type application --seconds 60 --application VPN")
    found = UUID.search(added)
    assert found is not None
    rule = RuleId(parse(found[0]) or b"")
    user = asyncio.run(user_of(office))
    now = office.clock.now()
    key = CacheKey(
        group=DEFAULT_GROUP,
        user=user,
        rule=rule,
        authentication_type=None,
        application=application_of(desk),
        address=None,
    )
    office.cache.entries[key] = CacheEntry(
        rule_version=1,
        application_version=1,
        proof=b"proof",
        epoch=0,
        created_at=now,
        expires_at=now + 60 * MICROSECONDS,
        deadline=0,
        origin=ROW,
    )

    assert re.search(r"application +60 +any +VPN", desk.type("rule list"))
    assert re.search(rf"{ALICE} +VPN .* 0 +{found[0]}", desk.type("rule entries"))
    assert desk.type("rule purge") == "forgot 1\n"
    assert desk.type(f"rule remove {found[0]}") == f"removed the rule {found[0]}\n"


def test_groups_settings_and_keys_are_told(desk: Desk) -> None:
    assert desk.type("group add berlin") == "added the group berlin\n"
    assert re.search(r"berlin +[0-9a-f-]{36}", desk.type("group list"))
    assert desk.type("group rename berlin --name Berlin") == "the group is called Berlin now\n"
    assert desk.type("group remove Berlin") == "removed the group Berlin\n"
    assert desk.type("setting set radius.reject_delay 0.5") == "radius.reject_delay is 0.5\n"
    assert desk.type("setting set lock.failures 7") == "lock.failures is 7\n"
    assert re.search(r"radius.reject_delay +0.5 +1 +0 ", desk.type("setting list"))
    assert re.match(r"key 2 of \d{4}-.* seals from now on, and \d+ secrets were sealed anew\n", desk.type("key rotate"))
    assert re.match(r"\d+ rows, and the chain is whole\n", desk.type("audit verify"))


def test_servers_are_told(office: Office, desk: Desk) -> None:
    made = desk.type("server credentials --address 192.0.2.0/24")
    assert re.search(r"URL +http://127.0.0.1:8080#sha256=[0-9a-f]{64}\n", made)
    (email,) = re.findall(r"server-\w+@activation.invalid", made)
    assert re.search(rf"{email} +any group +host .* active", desk.type("server credentials-list"))
    assert desk.type(f"server credentials-withdraw {email}") == f"withdrew {email}\n"
    asyncio.run(_known(office))
    assert re.search(r"berlin-1 +default +1.0 +never +198.51.100.7 +never", desk.type("server list"))
    shown = desk.type("server show berlin-1")
    assert re.search(r"address +198.51.100.7, as it says 10.0.0.7\n", shown)
    assert re.search(r"what is wrong +never\n", shown)
    assert re.search(r"SHA-256 of its key +[0-9a-f]{64}\n", shown)
    assert desk.type("server rename berlin-1 --name gate").startswith("gate is what it is called now\n")
    desk.type("group add berlin")
    assert desk.type("server move gate --group berlin") == "gate is in the group berlin now\n"
    assert desk.type("server renew gate").startswith("gate is asked for a new key\n")
    assert desk.type("server revoke gate --reason stolen") == "gate is revoked\n"
    assert desk.type("server remove gate") == "gate is forgotten\n"


async def _known(office: Office) -> None:
    await known(office)


def happened(office: Office, desk: Desk, **fields: Any) -> None:
    wanted: dict[str, Any] = {
        "id": ROW,
        "at": office.clock.now(),
        "group": DEFAULT_GROUP,
        "kind": OutcomeKind.DENIED,
        "reason": Reason.WRONG_CODE,
        "user": asyncio.run(user_of(office)),
        "user_name": ALICE,
        "epoch": 0,
        "application": application_of(desk),
        "authentication_type": None,
        "client": "127.0.0.1",
        "source": None,
        "server": "local",
        "detail": "the second time",
        "trace": (Step(Question.USER, Answer.YES, detail=ALICE), Step(Question.CODE, Answer.WRONG, decided=True)),
    } | fields

    async def commit() -> None:
        office.commit(activity=(Activity(**wanted),))

    asyncio.run(commit())


def test_what_happened_is_listed_and_explained(desk: Desk, office: Office) -> None:
    happened(office, desk)

    listed, explained = desk.type("activity"), desk.type(f"why {text(ROW)}")

    assert re.search(rf"{ALICE} +VPN +denied +wrong-code +{text(ROW)}", listed)
    lines = explained.splitlines()
    assert re.fullmatch(rf"\d{{4}}.*  {ALICE} at VPN from nowhere known: denied, wrong-code", lines[0])
    assert lines[1] == "the second time"
    assert lines[2].startswith("  1. ")
    assert lines[3].endswith("wrong  <- this decided")


def test_what_would_happen_is_told_with_what_was_assumed(desk: Desk) -> None:
    out = desk.type("what-if alice VPN --source 198.51.100.7")

    assert out.splitlines()[0] == "denied, no-method"
    assert "<- this decided" in out
    assert "assuming that\n  the password is right\n" in out


def test_a_login_that_is_tried_tells_what_came_back(desk: Desk) -> None:
    ran = desk.ran("try VPN alice --password-stdin --via 127.0.0.1:1812", stdin=b"correct horse")

    assert ran.code == 1
    assert re.match(r"silence after [\d.]+ s\n  nothing came back", ran.out)


def test_doctor_tells_the_worst_first_and_what_helps(desk: Desk, office: Office) -> None:
    office.free = 1

    ran = desk.ran("doctor")

    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[0].startswith("error    disk: ")
    assert lines[1].startswith("  make room")
