"""
What an LDAP directory is asked, and what its answers mean.
"""

import pytest

from watchword.domain.verification import PrimaryVerdict
from watchword.upstream.primary.ldap_questions import (
    DEFAULT_FILTER,
    LONGEST_ID,
    LONGEST_WORDS,
    Answer,
    Found,
    Said,
    filter_for,
    names_in,
    read_bind,
    read_search,
    words_of,
)
from watchword.wire.ldap.errors import LdapError
from watchword.wire.ldap.filter_text import format_filter, parse_filter
from watchword.wire.ldap.messages import Attribute, SearchResultEntry
from watchword.wire.ldap.results import AdSubCode, LdapResult, ResultCode

DOMAIN = "dc=example,dc=test"
WINDOWS = "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {}, v4563\0"
SUCCESS = LdapResult(code=ResultCode.SUCCESS)


def entry(*attributes: tuple[str, tuple[bytes, ...]], name: str = "cn=alice") -> SearchResultEntry:
    return SearchResultEntry(
        name=name, attributes=tuple(Attribute(type=kind, values=values) for kind, values in attributes)
    )


@pytest.mark.parametrize(
    ("base", "typed", "names"),
    [
        (DOMAIN, "alice", ("alice",)),
        (DOMAIN, "alice@example.test", ("alice@example.test", "alice")),
        (DOMAIN, "Alice@EXAMPLE.Test", ("Alice@EXAMPLE.Test", "Alice")),
        (DOMAIN, "a@b@example.test", ("a@b@example.test", "a@b")),
        (DOMAIN, "example\\alice", ("example\\alice", "alice")),
        (DOMAIN, "EXAMPLE\\alice", ("EXAMPLE\\alice", "alice")),
        ("ou=people, DC=Example , dc = test ", "alice@example.test", ("alice@example.test", "alice")),
        (DOMAIN, "EXAMPLE\\a\\b", ("EXAMPLE\\a\\b", "a\\b")),
        (f"dc=sub,{DOMAIN}", "SUB\\alice", ("SUB\\alice", "alice")),
        (f"dc=sub,{DOMAIN}", "alice@sub.example.test", ("alice@sub.example.test", "alice")),
        (f"dc=sub,{DOMAIN}", "alice@example.test", ("alice@example.test",)),
        (DOMAIN, "alice@other.test", ("alice@other.test",)),
        (DOMAIN, "alice@example", ("alice@example",)),
        (DOMAIN, "alice@sub.example.test", ("alice@sub.example.test",)),
        (DOMAIN, "alice@test", ("alice@test",)),
        (DOMAIN, "@example.test", ("@example.test",)),
        (DOMAIN, "test\\alice", ("test\\alice",)),
        (DOMAIN, "example.test\\alice", ("example.test\\alice",)),
        (DOMAIN, "example\\", ("example\\",)),
        (DOMAIN, "\\alice", ("\\alice",)),
        ("o=example", "alice@example", ("alice@example",)),
        ("o=example", "alice@", ("alice@",)),
        ("dc=example,o=corp", "alice@example", ("alice@example",)),
        ("dc=,dc=test", "alice@test", ("alice@test", "alice")),
        (r"ou=a\,dc=example,dc=test", "alice@test", ("alice@test",)),
        (r"ou=a\,dc=example,dc=test", "alice@example.test", ("alice@example.test",)),
        ("", "alice@", ("alice@",)),
    ],
)
def test_a_domain_is_left_out_only_where_it_is_the_directorys_own(
    base: str, typed: str, names: tuple[str, ...]
) -> None:
    assert names_in(base, typed) == names


def test_the_typed_name_is_a_value_in_the_filter() -> None:
    assert format_filter(filter_for(parse_filter(DEFAULT_FILTER), "o=a", "*)(x=\\")) == DEFAULT_FILTER.replace(
        "{username}", r"\2a\29\28x=\5c"
    )
    assert (
        format_filter(filter_for(parse_filter("(uid={username})"), DOMAIN, "a@example.test"))
        == "(|(uid=a@example.test)(uid=a))"
    )


@pytest.mark.parametrize(
    ("user_filter", "typed"), [("(uid=alice)", "alice"), (DEFAULT_FILTER, "\udcff"), ("(cn={username}*)", "")]
)
def test_what_cannot_be_asked_is_refused(user_filter: str, typed: str) -> None:
    with pytest.raises(LdapError):
        filter_for(parse_filter(user_filter), DOMAIN, typed)


@pytest.mark.parametrize(
    ("found", "directory_id"),
    [
        (entry(), None),
        (entry(("objectGUID", (b"g" * 16,))), b"g" * 16),
        (entry(("ENTRYuuid", (b"e" * 36,))), b"e" * 36),
        (entry(("entryUUID", (b"e",)), ("objectGUID", (b"g",))), b"g"),
        (entry(("nsUniqueId", (b"n",))), b"n"),
        (entry(("GUID", (b"n",))), b"n"),
        (entry(("objectGUID", (b"1", b"2"))), None),
        (entry(("objectGUID", ())), None),
        (entry(("objectGUID", (b"",))), None),
        (entry(("objectGUID", (b"x" * LONGEST_ID,))), b"x" * LONGEST_ID),
        (entry(("objectGUID", (b"x" * (LONGEST_ID + 1),))), None),
        (entry(("uid", (b"alice",))), None),
    ],
)
def test_the_entrys_immutable_identifier_is_read(found: SearchResultEntry, directory_id: bytes | None) -> None:
    answer = Answer(result=SUCCESS, entries=(found,))

    assert read_search(answer) == Found(name="cn=alice", directory_id=directory_id)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (ResultCode.SUCCESS, Said(verdict=PrimaryVerdict.UNKNOWN)),
        (ResultCode.SIZE_LIMIT_EXCEEDED, Said(verdict=PrimaryVerdict.AMBIGUOUS)),
        (
            ResultCode.REFERRAL,
            Said(verdict=PrimaryVerdict.AWAY, words="the search for the user failed: referral (10)"),
        ),
        (
            ResultCode(4242),
            Said(verdict=PrimaryVerdict.AWAY, words="the search for the user failed: unknown 4242 (4242)"),
        ),
    ],
)
def test_a_search_that_finds_nobody_says_why(code: ResultCode, said: Said) -> None:
    assert read_search(Answer(result=LdapResult(code=code))) == said


@pytest.mark.parametrize("code", [ResultCode.TIME_LIMIT_EXCEEDED, ResultCode.REFERRAL, ResultCode(4242)])
def test_an_entry_of_a_search_that_failed_is_nobody(code: ResultCode) -> None:
    answer = Answer(result=LdapResult(code=code), entries=(entry(),))

    result = read_search(answer)

    assert isinstance(result, Said)
    assert result.verdict is PrimaryVerdict.AWAY


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (ResultCode.SUCCESS, PrimaryVerdict.ACCEPTED),
        (ResultCode.INVALID_CREDENTIALS, PrimaryVerdict.REJECTED),
        (ResultCode.NO_SUCH_OBJECT, PrimaryVerdict.REJECTED),
        (ResultCode.REFERRAL, PrimaryVerdict.REFUSED),
        (ResultCode.UNWILLING_TO_PERFORM, PrimaryVerdict.REFUSED),
        (ResultCode.CONSTRAINT_VIOLATION, PrimaryVerdict.REFUSED),
        (ResultCode.INAPPROPRIATE_AUTHENTICATION, PrimaryVerdict.REFUSED),
        (ResultCode.INSUFFICIENT_ACCESS_RIGHTS, PrimaryVerdict.REFUSED),
        (ResultCode.COMPARE_TRUE, PrimaryVerdict.REFUSED),
        (ResultCode(4242), PrimaryVerdict.REFUSED),
        (ResultCode.SASL_BIND_IN_PROGRESS, PrimaryVerdict.AWAY),
        (ResultCode.STRONGER_AUTH_REQUIRED, PrimaryVerdict.AWAY),
        (ResultCode.CONFIDENTIALITY_REQUIRED, PrimaryVerdict.AWAY),
        (ResultCode.BUSY, PrimaryVerdict.AWAY),
        (ResultCode.UNAVAILABLE, PrimaryVerdict.AWAY),
        (ResultCode.OTHER, PrimaryVerdict.AWAY),
    ],
)
def test_only_success_is_acceptance(code: ResultCode, verdict: PrimaryVerdict) -> None:
    result = LdapResult(code=code, diagnostic_message="its words")

    assert read_bind(result).verdict is verdict
    if code not in {ResultCode.SUCCESS, ResultCode.INVALID_CREDENTIALS}:
        assert read_bind(result).words == words_of(result)


def test_no_result_but_success_is_acceptance() -> None:
    accepted = [code for code in range(5_000) if read_bind(LdapResult(code=ResultCode(code))).verdict == "accepted"]

    assert accepted == [0]


@pytest.mark.parametrize(
    ("code", "verdict", "words"),
    [
        (AdSubCode.WRONG_PASSWORD, PrimaryVerdict.REJECTED, ""),
        (AdSubCode.USER_NOT_FOUND, PrimaryVerdict.REJECTED, ""),
        (AdSubCode.NOT_AT_THIS_TIME, PrimaryVerdict.REFUSED, "the account may not sign in at this time (530)"),
        (AdSubCode.NOT_AT_THIS_WORKSTATION, PrimaryVerdict.REFUSED, "the account may not sign in from here (531)"),
        (AdSubCode.PASSWORD_EXPIRED, PrimaryVerdict.REFUSED, "the password has expired (532)"),
        (AdSubCode.ACCOUNT_DISABLED, PrimaryVerdict.REFUSED, "the account is disabled (533)"),
        (AdSubCode.ACCOUNT_EXPIRED, PrimaryVerdict.REFUSED, "the account has expired (701)"),
        (AdSubCode.PASSWORD_MUST_CHANGE, PrimaryVerdict.REFUSED, "the password must be changed first (773)"),
        (AdSubCode.ACCOUNT_LOCKED, PrimaryVerdict.REFUSED, "the account is locked (775)"),
        ("57", PrimaryVerdict.REJECTED, ""),
    ],
)
def test_active_directorys_sub_codes_are_told_apart(code: str, verdict: PrimaryVerdict, words: str) -> None:
    refused = LdapResult(code=ResultCode.INVALID_CREDENTIALS, diagnostic_message=WINDOWS.format(code))

    assert read_bind(refused) == Said(verdict=verdict, words=words)


def test_a_directorys_words_are_one_line_of_bounded_length() -> None:
    result = LdapResult(code=ResultCode.BUSY, diagnostic_message="a\r\nb\x1b[31m\0\u202e" + "x" * 500)

    words = words_of(result)

    assert words.startswith("busy (51) a  b [31m  x")
    assert len(words) == LONGEST_WORDS
