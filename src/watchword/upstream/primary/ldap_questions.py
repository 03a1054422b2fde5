"""
What an LDAP directory is asked about a login, and what its answers mean. Pure.

The typed name goes into the filter as a value, never as text (L15, L19), and means exactly one entry or nobody. A
referral is not followed, because whoever it names would be shown the password (L16). A result that leaves open whether
the password is right is AWAY; any other that is not success denies.
"""

from dataclasses import dataclass
from typing import Final

from watchword.domain.verification import PrimaryVerdict
from watchword.wire.ldap.ber import utf8
from watchword.wire.ldap.filters import Filter, Or, fill
from watchword.wire.ldap.messages import BindRequest, Scope, SearchRequest, SearchResultEntry, SimpleAuthentication
from watchword.wire.ldap.results import AdSubCode, LdapResult, ResultCode, ad_sub_code

PLACE: Final = b"{username}"
"""Stands in a user filter for the typed name."""

DEFAULT_FILTER: Final = "(|(uid={username})(sAMAccountName={username})(userPrincipalName={username}))"
"""
The names that OpenLDAP and Active Directory give out. Not `mail`: where people may write their own, one could take the
name of another.
"""

IMMUTABLE_IDS: Final = ("objectGUID", "entryUUID", "nsUniqueId", "GUID")
"""Where Active Directory, OpenLDAP (RFC 4530), 389 Directory Server and eDirectory keep what an entry never loses."""

LONGEST_ID: Final = 64
"""Octets of an immutable identifier; the longest known has 36."""

LONGEST_WORDS: Final = 200
"""Characters of a directory's words that are kept."""

ENOUGH: Final = 2
"""Entries to ask for: with two it is clear that there is not exactly one."""

_SAYS_NOTHING: Final = frozenset(
    {
        ResultCode.OPERATIONS_ERROR,
        ResultCode.PROTOCOL_ERROR,
        ResultCode.TIME_LIMIT_EXCEEDED,
        ResultCode.AUTH_METHOD_NOT_SUPPORTED,
        ResultCode.STRONGER_AUTH_REQUIRED,
        ResultCode.ADMIN_LIMIT_EXCEEDED,
        ResultCode.CONFIDENTIALITY_REQUIRED,
        ResultCode.SASL_BIND_IN_PROGRESS,
        ResultCode.BUSY,
        ResultCode.UNAVAILABLE,
        ResultCode.OTHER,
    }
)
"""Results of a bind that leave open whether the password is right."""

_STATES: Final = {
    AdSubCode.NOT_AT_THIS_TIME: "the account may not sign in at this time",
    AdSubCode.NOT_AT_THIS_WORKSTATION: "the account may not sign in from here",
    AdSubCode.PASSWORD_EXPIRED: "the password has expired",
    AdSubCode.ACCOUNT_DISABLED: "the account is disabled",
    AdSubCode.ACCOUNT_EXPIRED: "the account has expired",
    AdSubCode.PASSWORD_MUST_CHANGE: "the password must be changed first",
    AdSubCode.ACCOUNT_LOCKED: "the account is locked",
}
"""Active Directory's sub-codes with which a bind is refused though nobody says that the password is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a request ended, and the entries that a search found. References to elsewhere are left out (L16)."""

    result: LdapResult
    entries: tuple[SearchResultEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The one entry that a name means. `directory_id` is None where the directory gives out none."""

    name: str
    directory_id: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the directory says about a login, and its words for activity."""

    verdict: PrimaryVerdict
    words: str = ""


def bind(name: str, password: bytes) -> BindRequest:
    """Make a simple bind."""
    return BindRequest(name=name, authentication=SimpleAuthentication(password=password))


def search(base: str, tree: Filter, *, seconds: int) -> SearchRequest:
    """Make the search for a user; after `seconds` the directory itself may give up."""
    return SearchRequest(
        base=base,
        scope=Scope.WHOLE_SUBTREE,
        filter=tree,
        attributes=IMMUTABLE_IDS,
        size_limit=ENOUGH,
        time_limit=seconds,
    )


def filter_for(template: Filter, base: str, typed: str) -> Filter:
    """
    Make the filter that selects a user out of the user filter.

    Raises:
        LdapError: the name cannot stand in a filter.
    """
    selected = tuple(fill(template, PLACE, utf8(name, "AssertionValue")) for name in names_in(base, typed))
    return selected[0] if len(selected) == 1 else Or(operands=selected)


def names_in(base: str, typed: str) -> tuple[str, ...]:
    r"""
    Return the names by which a directory may know a user, the typed one first.

    `name@domain` and `DOMAIN\name` are `name` too, but only where the search's base is that very domain (RFC 2247): at
    another one the same name is another person.
    """
    domain = _domain_of(base)
    name, at, claimed = typed.rpartition("@")
    if domain and at and name and claimed.casefold() == domain:
        return typed, name
    claimed, backslash, name = typed.partition("\\")
    if domain and backslash and name and claimed.casefold() == domain.partition(".")[0]:
        return typed, name
    return (typed,)


def _domain_of(base: str) -> str:
    """Return the domain that a base ends with, empty where it ends with none."""
    labels: list[str] = []
    # A backslash escapes something, and no domain has one: what is not plain is not taken apart.
    for part in [] if "\\" in base else reversed(base.split(",")):
        kind, _, label = (piece.strip() for piece in part.partition("="))
        if kind.casefold() != "dc" or not label:
            break
        labels.insert(0, label.casefold())
    return ".".join(labels)


def read_search(answer: Answer) -> Found | Said:
    """Read what a search for a user came to."""
    code = answer.result.code
    if code is ResultCode.SIZE_LIMIT_EXCEEDED or len(answer.entries) > 1:
        return Said(verdict=PrimaryVerdict.AMBIGUOUS)
    if code is not ResultCode.SUCCESS:
        return Said(verdict=PrimaryVerdict.AWAY, words=f"the search for the user failed: {words_of(answer.result)}")
    if not answer.entries:
        return Said(verdict=PrimaryVerdict.UNKNOWN)
    (entry,) = answer.entries
    if not entry.name:
        # A bind without a name succeeds with any password at some servers (RFC 4513 section 5.1.1).
        return Said(verdict=PrimaryVerdict.AWAY, words="the search for the user found an entry without a name")
    return Found(name=entry.name, directory_id=_immutable_id(entry))


def _immutable_id(entry: SearchResultEntry) -> bytes | None:
    for attribute in IMMUTABLE_IDS:
        values = entry.values(attribute)
        if len(values) == 1 and 0 < len(values[0]) <= LONGEST_ID:
            return values[0]
    return None


def read_bind(result: LdapResult) -> Said:
    """Read what a bind as the user came to. One with the right password may be refused all the same."""
    if result.code is ResultCode.SUCCESS:
        return Said(verdict=PrimaryVerdict.ACCEPTED)
    if result.code is ResultCode.INVALID_CREDENTIALS:
        state = ad_sub_code(result)
        if state in _STATES:
            return Said(verdict=PrimaryVerdict.REFUSED, words=f"{_STATES[state]} ({state.value})")
        return Said(verdict=PrimaryVerdict.REJECTED)
    if result.code is ResultCode.NO_SUCH_OBJECT:
        # It was there a moment ago.
        return Said(verdict=PrimaryVerdict.REJECTED, words=words_of(result))
    if result.code in _SAYS_NOTHING:
        return Said(verdict=PrimaryVerdict.AWAY, words=words_of(result))
    return Said(verdict=PrimaryVerdict.REFUSED, words=words_of(result))


def words_of(result: LdapResult) -> str:
    """Return a result as one line that can be shown anywhere (N27)."""
    said = f"{result.code.name.lower().replace('_', ' ')} ({result.code.value}) {result.diagnostic_message}"
    return "".join(character if character.isprintable() else " " for character in said).strip()[:LONGEST_WORDS]
