"""
Strategies for everything that LDAP can say.
"""

from typing import Final

from hypothesis import strategies as st

from watchword.wire.ldap.ber import MAX_INTEGER
from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.filters import And, Comparison, Extensible, Filter, Match, Not, Or, Present, Substrings
from watchword.wire.ldap.messages import (
    AbandonRequest,
    Attribute,
    BindRequest,
    BindResponse,
    Dereference,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    OpaqueOperation,
    OpaqueRequest,
    OpaqueResponse,
    OtherAuthentication,
    Request,
    Response,
    SaslAuthentication,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
)
from watchword.wire.ldap.results import LdapResult, ResultCode

TEXT: Final = st.text(max_size=40)
OCTETS: Final = st.binary(max_size=40) | st.binary(min_size=120, max_size=300)
SOME_OCTETS: Final = st.binary(min_size=1, max_size=20)
COUNTS: Final = st.integers(0, MAX_INTEGER)
OPTIONAL_OCTETS: Final = st.none() | OCTETS
OIDS: Final = st.from_regex(r"[0-2](\.(0|[1-9][0-9]{0,4})){1,6}", fullmatch=True)
ATTRIBUTES: Final = st.from_regex(
    r"([A-Za-z][A-Za-z0-9-]{0,10}|[0-2](\.(0|[1-9][0-9]?)){1,4})(;[A-Za-z0-9-]{1,4}){0,2}", fullmatch=True
)


def substrings() -> st.SearchStrategy[Filter]:
    """Substring filters that have a piece."""
    pieces = st.tuples(st.none() | SOME_OCTETS, st.lists(SOME_OCTETS, max_size=3), st.none() | SOME_OCTETS)
    return st.builds(
        lambda attribute, found: Substrings(
            attribute=attribute, initial=found[0], middle=tuple(found[1]), final=found[2]
        ),
        ATTRIBUTES,
        pieces.filter(any),
    )


def extensible() -> st.SearchStrategy[Filter]:
    """Extensible filters that are about something."""
    about = st.tuples(st.none() | OIDS, st.none() | ATTRIBUTES).filter(any)
    return st.builds(
        lambda found, value, below: Extensible(rule=found[0], attribute=found[1], value=value, dn_attributes=below),
        about,
        OCTETS,
        st.booleans(),
    )


LEAVES: Final[st.SearchStrategy[Filter]] = (
    st.builds(Comparison, match=st.sampled_from(Match), attribute=ATTRIBUTES, value=OCTETS)
    | st.builds(Present, attribute=ATTRIBUTES)
    | substrings()
    | extensible()
)


def _branches(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, max_size=4).map(tuple)
    return st.builds(And, operands=several) | st.builds(Or, operands=several) | st.builds(Not, operand=parts)


FILTERS: Final[st.SearchStrategy[Filter]] = st.recursive(LEAVES, _branches, max_leaves=12)

RESULTS: Final = st.builds(
    LdapResult,
    code=st.sampled_from(ResultCode) | COUNTS.map(ResultCode),
    matched_dn=TEXT,
    diagnostic_message=TEXT,
    referral=st.lists(TEXT, max_size=3).map(tuple),
)

AUTHENTICATIONS: Final = (
    st.builds(SimpleAuthentication, password=OCTETS)
    | st.builds(SaslAuthentication, mechanism=TEXT, credentials=OPTIONAL_OCTETS)
    | st.builds(OtherAuthentication, tag=st.sampled_from([0x81, 0x83, 0x89, 0x9E, 0xA0, 0xBE]), value=OCTETS)
)

REQUESTS: Final[st.SearchStrategy[Request]] = (
    st.builds(BindRequest, name=TEXT, authentication=AUTHENTICATIONS, version=st.integers(1, 127))
    | st.builds(UnbindRequest)
    | st.builds(
        SearchRequest,
        base=TEXT,
        scope=st.sampled_from(Scope),
        filter=FILTERS,
        attributes=st.lists(TEXT, max_size=4).map(tuple),
        dereference=st.sampled_from(Dereference),
        size_limit=COUNTS,
        time_limit=COUNTS,
        types_only=st.booleans(),
    )
    | st.builds(AbandonRequest, target=COUNTS)
    | st.builds(ExtendedRequest, name=TEXT, value=OPTIONAL_OCTETS)
    | st.builds(OpaqueRequest, operation=st.sampled_from(OpaqueOperation), body=OCTETS)
)

RESPONSES: Final[st.SearchStrategy[Response]] = (
    st.builds(BindResponse, result=RESULTS, server_sasl_credentials=OPTIONAL_OCTETS)
    | st.builds(
        SearchResultEntry,
        name=TEXT,
        attributes=st.lists(
            st.builds(Attribute, type=TEXT, values=st.lists(OCTETS, max_size=3).map(tuple)), max_size=4
        ).map(tuple),
    )
    | st.builds(SearchResultReference, uris=st.lists(TEXT, min_size=1, max_size=3).map(tuple))
    | st.builds(SearchResultDone, result=RESULTS)
    | st.builds(ExtendedResponse, result=RESULTS, name=st.none() | TEXT, value=OPTIONAL_OCTETS)
    | st.builds(OpaqueResponse, operation=st.sampled_from(OpaqueOperation), result=RESULTS)
)

CONTROLS: Final = st.lists(st.builds(Control, oid=TEXT, critical=st.booleans(), value=OPTIONAL_OCTETS), max_size=3).map(
    tuple
)

MESSAGES: Final = st.builds(
    Message, message_id=st.integers(1, MAX_INTEGER), operation=REQUESTS | RESPONSES, controls=CONTROLS
) | st.builds(
    Message,
    message_id=st.just(0),
    operation=st.builds(ExtendedResponse, result=RESULTS, name=TEXT, value=OPTIONAL_OCTETS),
    controls=CONTROLS,
)
