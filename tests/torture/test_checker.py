"""
What the checker must find: forged histories, each with one thing wrong, and one with nothing wrong.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.folder import Folder
from tests.rigs.nas import Code
from tests.torture.checker import Checker
from tests.torture.history import Answered, Approval, History, Kind, Life, Request, Sent, Token
from watchword.domain.events import Audit, AuditEvent
from watchword.domain.methods import BackupCodes, Hotp
from watchword.domain.secrets import Secret
from watchword.domain.verification import OutcomeKind, Reason
from watchword.ports.login import MintState, SpendBackupCode, SpendBypass, SpendState, SpendStep, Write
from watchword.stores.connections import NAME

ALICE = "alice@example.org"
HOME, AWAY = "198.51.100.7", "198.51.100.8"
DIGEST = b"d" * 32


class Forge:
    """A data folder and a history, written by hand."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.history = History(lives=[Life(0, folder.clock.now())])
        self.checker = Checker(folder.directory / NAME, self.history)
        self.user = folder.user(ALICE)
        self.method = folder.method(self.user, Hotp(secret=Secret(b"a counter token's 20")))
        self.printed = folder.method(self.user, BackupCodes(secret=Secret(b"a key of 20 octets.."), left=(DIGEST,)))

    def counter(self, step: int = 5) -> Token:
        return self.history.offer(Token(Kind.HOTP, ALICE, self.method, step))

    def code(self) -> Token:
        return self.history.offer(Token(Kind.BACKUP, ALICE, self.printed, digest=DIGEST))

    def bypass(self) -> Token:
        row = self.folder.bypass(self.user)
        self.folder.add_bypass(row)
        return self.history.offer(Token(Kind.BYPASS, ALICE, row.id))

    def state(self) -> Token:
        application = self.folder.application()
        challenge = self.folder.challenge(self.user, application)
        self.folder.commit(MintState(challenge=challenge), activity=())
        return self.history.offer(Token(Kind.STATE, ALICE, challenge.digest))

    def approval(self) -> Token:
        return self.history.offer(Token(Kind.APPROVAL, ALICE))

    def asked(self, *tokens: Token, source: str = HOME, host: str = "", answers_challenge: bool = False) -> Request:
        """Send a request, from an address of its own where none is given."""
        number = len(self.history.requests)
        request = Request(
            number=number,
            host=host or f"127.16.0.{number + 1}",
            user=ALICE,
            source=source,
            application="vpn",
            answers_challenge=answers_challenge,
            tokens=tokens,
        )
        self.history.ask(request)
        request.sent.append(Sent(self.life, self.folder.clock.now()))
        return request

    @property
    def life(self) -> int:
        return self.history.lives[-1].number

    def heard(self, request: Request, code: Code = Code.ACCESS_ACCEPT) -> None:
        """Get an answer."""
        self.folder.clock.advance(0.01)
        self.history.answer(request, Answered(self.life, self.folder.clock.now(), code))

    def wrote(self, request: Request, *writes: Write, audit: tuple[Audit, ...] = (), **fields: Any) -> bytes:
        """Commit the row of a request."""
        row = self.folder.row(user=self.user, client=request.host, source=request.source, **fields)
        self.folder.commit(*writes, activity=(row,), audit=audit)
        return row.id

    def spends(self, step: int = 5) -> SpendStep:
        return SpendStep(method=self.method, step=step, drift=0)

    def reborn(self) -> None:
        """Begin another life of the server."""
        self.folder.clock.advance(1)
        self.history.lives.append(Life(self.life + 1, self.folder.clock.now()))

    def used(self, token: Token, request: Request) -> None:
        """Use a bypass as the product does."""
        write = SpendBypass(
            bypass=token.subject,  # type: ignore[arg-type]
            user=self.user,
            epoch=self.folder.load(self.user).user.epoch,
            at=self.folder.clock.now(),
            application=self.folder.row().application,  # type: ignore[arg-type]
            source=request.source,
        )
        row = self.folder.row(
            user=self.user, client=request.host, source=request.source, reason=Reason.BYPASS, bypass=token.subject
        )
        audit = self.folder.audit(
            AuditEvent.BYPASS_USED, user=self.user, subject=token.subject, words=(("activity", row.id.hex()),)
        )
        self.folder.commit(write, activity=(row,), audit=(audit,))


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    folder = Folder(tmp_path / "data")
    yield Forge(folder)
    folder.store.close()


def faults(forge: Forge) -> str:
    return "\n".join(forge.checker.look())


def test_an_honest_history_has_no_fault(forge: Forge) -> None:
    counter, code, bypass, state = forge.counter(), forge.code(), forge.bypass(), forge.state()
    first, second, elsewhere = forge.asked(counter), forge.asked(counter), forge.asked(counter, source=AWAY)
    led = forge.wrote(first, forge.spends())
    forge.heard(first)
    forge.wrote(second, reason=Reason.JOINED, origin=led)
    forge.heard(second)
    forge.wrote(elsewhere, kind=OutcomeKind.DENIED, reason=Reason.USED_CODE)
    forge.heard(elsewhere, Code.ACCESS_REJECT)
    printed = forge.asked(code)
    forge.wrote(printed, SpendBackupCode(method=forge.printed, digest=DIGEST), reason=Reason.BACKUP_CODE)
    passing = forge.asked(bypass)
    forge.used(bypass, passing)
    forge.heard(passing)
    challenged = forge.asked()
    forge.wrote(challenged, kind=OutcomeKind.CHALLENGED, reason=Reason.CHALLENGE)
    forge.heard(challenged, Code.ACCESS_CHALLENGE)
    answer = forge.asked(state, forge.counter(6), host=challenged.host, answers_challenge=True)
    forge.wrote(answer, forge.spends(6), SpendState(digest=state.subject))
    forge.heard(answer)
    by_phone = forge.asked(forge.approval())
    forge.history.approvals.append(Approval(ALICE, b"v" * 16, forge.folder.clock.now()))
    forge.wrote(by_phone, reason=Reason.PUSH)
    forge.heard(by_phone)

    assert faults(forge) == ""
    assert forge.checker.unheard() == 1


def test_a_code_that_let_two_in_is_found_by_rows_and_by_clients(forge: Forge) -> None:
    counter = forge.counter()
    first, second = forge.asked(counter), forge.asked(counter, source=AWAY)
    forge.wrote(first, forge.spends())
    forge.wrote(second)
    forge.heard(first)
    forge.heard(second)

    found = faults(forge)

    assert "was spent twice" in found
    assert "clients got more than one login" in found


def test_a_code_that_let_two_in_is_found_where_both_answers_were_lost(forge: Forge) -> None:
    counter = forge.counter()
    forge.wrote(forge.asked(counter), forge.spends())
    forge.wrote(forge.asked(counter))

    assert "was spent twice" in faults(forge)


def test_a_code_that_is_good_again_after_a_restart_is_found_from_the_same_place(forge: Forge) -> None:
    counter = forge.counter()
    first = forge.asked(counter)
    led = forge.wrote(first, forge.spends())
    forge.heard(first)
    forge.reborn()
    again = forge.asked(counter)
    forge.wrote(again, reason=Reason.JOINED, origin=led)
    forge.heard(again)

    found = faults(forge)

    assert "clients got more than one login" in found
    assert "shares what it may not share" in found


def test_an_older_counter_behind_a_newer_one_is_found(forge: Forge) -> None:
    newer, older = forge.asked(forge.counter(9)), forge.asked(forge.counter(8))
    forge.wrote(newer, forge.spends(9))
    forge.wrote(older)

    assert "was accepted behind step 9" in faults(forge)


def test_a_state_that_let_two_in_is_found(forge: Forge) -> None:
    state = forge.state()
    challenged = forge.asked()
    forge.wrote(challenged, kind=OutcomeKind.CHALLENGED, reason=Reason.CHALLENGE)
    for step in (5, 6):
        answer = forge.asked(state, forge.counter(step), host=challenged.host, answers_challenge=True)
        forge.wrote(answer, forge.spends(step))
        forge.heard(answer)

    found = faults(forge)

    assert f"State {state.subject.hex()}/0 of {ALICE} was spent twice" in found
    assert f"clients got more than one login for State {state.subject.hex()}" in found


def test_a_bypass_that_let_two_in_is_found(forge: Forge) -> None:
    bypass = forge.bypass()
    first, second = forge.asked(bypass), forge.asked(bypass, source=AWAY)
    forge.used(bypass, first)
    forge.wrote(second, reason=Reason.BYPASS, bypass=bypass.subject)
    forge.heard(first)
    forge.heard(second)

    assert "was spent twice" in faults(forge)


def test_a_cancelled_bypass_that_lets_somebody_in_is_found(forge: Forge) -> None:
    bypass = forge.bypass()
    bypass.cancelling = bypass.cancelled = True
    forge.used(bypass, forge.asked(bypass))

    assert "was cancelled, and is used" in faults(forge)


@pytest.mark.parametrize("code", [Code.ACCESS_ACCEPT, Code.ACCESS_CHALLENGE])
def test_an_answer_without_a_row_is_found(forge: Forge, code: Code) -> None:
    forge.heard(forge.asked(), code)

    assert f"got {code.name} in life 0 and has no row" in faults(forge)


def test_no_row_stands_for_two_answers(forge: Forge) -> None:
    host = "127.32.0.1"
    first, second = forge.asked(host=host), forge.asked(host=host)
    forge.wrote(first, kind=OutcomeKind.CHALLENGED, reason=Reason.CHALLENGE)
    forge.heard(first, Code.ACCESS_CHALLENGE)
    forge.heard(second, Code.ACCESS_CHALLENGE)

    assert "has no row" in faults(forge)


@pytest.mark.parametrize("wrong", [{"user_name": "bob@example.org"}, {"kind": OutcomeKind.DENIED}])
def test_a_row_that_says_something_else_is_no_row(forge: Forge, wrong: dict[str, Any]) -> None:
    request = forge.asked(forge.counter())
    forge.wrote(request, forge.spends(), **wrong)
    forge.heard(request)

    assert "has no row" in faults(forge)


def test_a_row_that_was_written_after_its_answer_is_no_row(forge: Forge) -> None:
    request = forge.asked(forge.counter())
    forge.heard(request)
    forge.folder.clock.advance(2)
    forge.wrote(request, forge.spends())

    assert "has no row" in faults(forge)


def test_a_row_of_nobodys_request_is_found(forge: Forge) -> None:
    forge.folder.commit(activity=(forge.folder.row(client="127.16.9.9", user=forge.user),))

    assert "is nobody's request" in faults(forge)


def test_joining_too_late_is_found(forge: Forge) -> None:
    counter = forge.counter()
    led = forge.wrote(forge.asked(counter), forge.spends())
    forge.folder.clock.advance(11.5)
    forge.wrote(forge.asked(counter), reason=Reason.JOINED, origin=led)

    assert "shares what it may not share" in faults(forge)


def test_a_code_that_lets_in_for_longer_than_it_is_shared_is_found_by_clients(forge: Forge) -> None:
    counter = forge.counter()
    for _ in range(2):
        request = forge.asked(counter)
        forge.wrote(request, forge.spends())
        forge.heard(request)
        forge.folder.clock.advance(15.5)

    assert "accepted over 15.5 seconds" in faults(forge)


def test_joining_from_another_place_is_found(forge: Forge) -> None:
    counter = forge.counter()
    led = forge.wrote(forge.asked(counter), forge.spends())
    forge.wrote(forge.asked(counter, source=AWAY), reason=Reason.JOINED, origin=led)

    assert "shares what it may not share" in faults(forge)


@pytest.mark.parametrize("reason", [Reason.JOINED, Reason.CACHE, Reason.NOT_REQUIRED])
def test_who_was_let_in_by_nothing_is_found(forge: Forge, reason: Reason) -> None:
    forge.wrote(forge.asked(), reason=reason)

    assert "was let in without evidence" in faults(forge)


def test_who_was_let_in_by_what_he_did_not_type_is_found(forge: Forge) -> None:
    forge.wrote(forge.asked(forge.counter()), forge.spends(), reason=Reason.BYPASS)

    assert "was let in by what it did not have" in faults(forge)


def test_a_phone_that_did_not_sign_is_found(forge: Forge) -> None:
    forge.history.approvals.append(Approval(ALICE, b"v" * 16, forge.folder.clock.now()))
    forge.wrote(forge.asked(forge.approval()), reason=Reason.PUSH)
    forge.wrote(forge.asked(forge.approval()), reason=Reason.PUSH)

    assert "was let in by a phone that had not signed" in faults(forge)


def spent_counter(forge: Forge) -> Request:
    forge.folder.commit(forge.spends(), activity=())
    return forge.asked(forge.counter())


def unspent_counter(forge: Forge) -> Request:
    request = forge.asked(forge.counter())
    forge.wrote(request)
    return request


def spent_code(forge: Forge) -> Request:
    forge.folder.commit(SpendBackupCode(method=forge.printed, digest=DIGEST), activity=())
    return forge.asked(forge.code())


def unspent_code(forge: Forge) -> Request:
    request = forge.asked(forge.code())
    forge.wrote(request, reason=Reason.BACKUP_CODE)
    return request


def spent_bypass(forge: Forge) -> Request:
    bypass = forge.bypass()
    forge.folder.sql("UPDATE bypasses SET state = 'used'")
    return forge.asked(bypass)


def unspent_bypass(forge: Forge) -> Request:
    request = forge.asked(bypass := forge.bypass())
    forge.wrote(request, reason=Reason.BYPASS, bypass=bypass.subject)
    return request


def lost_bypass(forge: Forge) -> Request:
    bypass = forge.bypass()
    forge.folder.sql("DELETE FROM bypasses")
    return forge.asked(bypass)


def unspent_state(forge: Forge) -> Request:
    request = forge.asked(forge.state(), forge.counter(), answers_challenge=True)
    forge.wrote(request, forge.spends())
    return request


@pytest.mark.parametrize(
    ("half", "words"),
    [
        (spent_counter, "the database has step 5, and its rows -1"),
        (unspent_counter, "the database has step -1, and its rows 5"),
        (spent_code, "the database and its 0 rows disagree"),
        (unspent_code, "the database and its 1 rows disagree"),
        (spent_bypass, "is used without a row of activity"),
        (unspent_bypass, "is active from None, audited for None, and its row is row 1"),
        (lost_bypass, "is missing without a row of activity"),
        (unspent_state, "is unspent, and has a row"),
    ],
)
def test_half_a_transaction_is_found(forge: Forge, half: Callable[[Forge], Request], words: str) -> None:
    half(forge)

    assert words in faults(forge)


def test_two_answers_to_one_packet_are_found(forge: Forge) -> None:
    request = forge.asked(forge.counter())
    forge.wrote(request, forge.spends())
    forge.heard(request)
    forge.heard(request, Code.ACCESS_REJECT)

    assert "was answered with ACCESS_ACCEPT, then with ACCESS_REJECT" in faults(forge)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE activity SET body = CAST(REPLACE(CAST(body AS TEXT), 'local', 'other') AS BLOB)", "was changed"),
        ("UPDATE activity SET digest = zeroblob(32) WHERE position = 2", "row 2 was changed"),
        ("DELETE FROM activity WHERE position = 2", "row 2 is missing"),
        ("DELETE FROM activity WHERE position = 3", "the head is at 3"),
        ("UPDATE chains SET sequence = 7", "the head is at 7"),
        ("UPDATE chains SET digest = zeroblob(32)", "the head is at 3"),
    ],
)
def test_a_broken_chain_is_found(forge: Forge, statement: str, words: str) -> None:
    for step in (1, 2, 3):
        forge.wrote(forge.asked(forge.counter(step)), forge.spends(step))
    forge.folder.sql(statement)

    assert words in faults(forge)


def test_a_chain_that_breaks_behind_what_was_seen_is_found_at_the_next_look(forge: Forge) -> None:
    forge.wrote(forge.asked(forge.counter(1)), forge.spends(1))
    assert faults(forge) == ""
    forge.folder.sql("DELETE FROM activity WHERE position = 1")
    forge.folder.sql("UPDATE chains SET sequence = 0")

    assert "the head is at 0" in faults(forge)


def test_a_crash_that_was_taken_for_a_restored_copy_is_found(forge: Forge) -> None:
    forge.folder.commit(activity=(), audit=(forge.folder.audit(AuditEvent.DATABASE_RESTORED),))

    assert "a crash was taken for a restored copy" in faults(forge)


def test_a_fault_is_told_once(forge: Forge) -> None:
    forge.heard(forge.asked())

    assert faults(forge) != ""
    assert faults(forge) == ""
