"""
What real clients and servers said, through our sessions. `tests/vectors/PROVENANCE.md` tells where it comes from.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from watchword.wire.ldap.client import ClientState, LdapClient
from watchword.wire.ldap.controls import Page, page_control, read_page
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filter_text import format_filter
from watchword.wire.ldap.framing import BOUND_LIMIT, FrameBuffer
from watchword.wire.ldap.messages import (
    START_TLS,
    BindRequest,
    BindResponse,
    Dereference,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    OpaqueOperation,
    OpaqueRequest,
    OpaqueResponse,
    SaslAuthentication,
    Scope,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
    notice_of_disconnection,
)
from watchword.wire.ldap.results import AdSubCode, LdapResult, ResultCode, ad_sub_code
from watchword.wire.ldap.server import LdapServer

FOLDER: Final = Path(__file__).parents[3] / "vectors" / "ldap"
CAPTURES: Final = sorted(path.stem for folder in [FOLDER] for path in folder.glob("s*-*.txt"))
CAPTURED: Final = 25
BASE: Final = "dc=example,dc=test"
#: The one request in the captures that is none.
NO_REQUEST: Final = bytes.fromhex("3005 020101 7d00")


def frames(data: bytes) -> Iterator[bytes]:
    buffer = FrameBuffer()
    buffer.push(data)
    while (frame := buffer.take(BOUND_LIMIT)) is not None:
        yield frame
    assert not buffer


def turns(name: str) -> list[tuple[str, list[bytes]]]:
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    return [(line[0], list(frames(bytes.fromhex(line[2:])))) for line in lines]


def messages(name: str, side: str) -> list[Message]:
    return [decode_message(frame) for who, sent in turns(name) if who == side for frame in sent if frame != NO_REQUEST]


def test_all_captures_are_there() -> None:
    assert len(CAPTURES) == CAPTURED


@pytest.mark.parametrize("name", CAPTURES)
def test_what_was_sent_is_written_again_octet_by_octet(name: str) -> None:
    sent = [frame for _, group in turns(name) for frame in group if frame != NO_REQUEST]

    assert sent
    assert [encode_message(decode_message(frame)) for frame in sent] == sent


@pytest.mark.parametrize("name", [name for name in CAPTURES if name != "slapd-notice-of-disconnection"])
def test_our_server_takes_what_the_client_sent_and_answers_as_the_server_did(name: str) -> None:
    server = LdapServer()
    received: list[Message] = []
    answered: list[bytes] = []
    for side, sent in turns(name):
        for frame in sent:
            if side == "C":
                received += server.receive(frame)
            else:
                message = decode_message(frame)
                assert not isinstance(message.operation, BindRequest | SearchRequest | ExtendedRequest)
                answered.append(server.respond(message.message_id, message.operation, message.controls))  # type: ignore[arg-type]

    assert received == messages(name, "C")
    assert answered == [frame for side, sent in turns(name) if side == "S" for frame in sent]


@pytest.mark.parametrize(
    "name",
    [
        "slapd-bind-and-search",
        "slapd-pages",
        "slapd-referral",
        "slapd-wrong-password",
        "slapd-start-tls",
        "samba-search",
    ],
)
def test_our_client_asks_the_same_and_takes_what_the_server_answered(name: str) -> None:
    client = LdapClient()
    received: list[Message] = []
    asked: list[bytes] = []
    for side, sent in turns(name):
        for frame in sent:
            if side == "C":
                message = decode_message(frame)
                operation = message.operation
                assert isinstance(operation, BindRequest | SearchRequest | ExtendedRequest | UnbindRequest)
                asked.append(client.send(operation, message.controls)[1])
            else:
                received += client.receive(frame)

    assert received == messages(name, "S")
    assert asked == [frame for side, sent in turns(name) if side == "C" for frame in sent]


def test_bind_and_search() -> None:
    bind, search, unbind = (message.operation for message in messages("slapd-bind-and-search", "C"))
    bound, reference, entry, done = (message.operation for message in messages("slapd-bind-and-search", "S"))

    assert bind == BindRequest(
        name=f"cn=service,{BASE}", authentication=SimpleAuthentication(password=b"service-password")
    )
    assert isinstance(search, SearchRequest)
    assert (search.base, search.scope, search.attributes) == (BASE, Scope.WHOLE_SUBTREE, ("uid", "mail", "entryUUID"))
    assert format_filter(search.filter) == "(uid=alice)"
    assert unbind == UnbindRequest()
    assert bound == BindResponse(result=LdapResult(code=ResultCode.SUCCESS))
    assert reference == SearchResultReference(uris=(f"ldap://directory.invalid/ou=away,{BASE}??sub",))
    assert isinstance(entry, SearchResultEntry)
    assert entry.name == f"cn=0,ou=people,{BASE}"
    assert (entry.values("uid"), entry.values("mail")) == ((b"alice",), (b"alice@example.test",))
    assert [len(value) for value in entry.values("entryuuid")] == [36]
    assert done == SearchResultDone(result=LdapResult(code=ResultCode.SUCCESS))


def test_every_kind_of_filter() -> None:
    search = messages("slapd-every-filter", "C")[1].operation

    assert isinstance(search, SearchRequest)
    assert search.attributes == ("1.1",)
    assert format_filter(search.filter) == (
        r"(&(|(uid=alice)(uid~=bob))(!(cn=x))(sn>=0)(sn<=9)(mail=*)(uid=a*l*c*e)(uid=al*)(uid=*ce)(cn:dn:2.5.13.2:=0)"
        r"(cn:caseExactMatch:=0)(:2.5.13.2:=0)(uid=o'brien\2a\28x\29\5c,+%s))"
    )


def test_search_options() -> None:
    search = messages("slapd-search-options", "C")[1].operation
    _, entry, done = (message.operation for message in messages("slapd-search-options", "S"))

    assert isinstance(search, SearchRequest)
    assert (search.scope, search.dereference) == (Scope.SINGLE_LEVEL, Dereference.ALWAYS)
    assert (search.size_limit, search.time_limit, search.types_only) == (1, 7, True)
    assert isinstance(entry, SearchResultEntry)
    assert not any(attribute.values for attribute in entry.attributes)
    assert done == SearchResultDone(result=LdapResult(code=ResultCode.SIZE_LIMIT_EXCEEDED))


def test_pages_follow_each_other_by_their_cookie() -> None:
    asked = [
        message.controls for message in messages("slapd-pages", "C") if isinstance(message.operation, SearchRequest)
    ]
    answered = [
        read_page(message.controls)
        for message in messages("slapd-pages", "S")
        if isinstance(message.operation, SearchResultDone)
    ]

    cookies = [page.cookie for page in answered if page is not None]
    assert len(cookies) == 3
    assert cookies[-1] == b""
    assert asked == [(page_control(Page(size=2, cookie=cookie)),) for cookie in (b"", *cookies[:-1])]


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("slapd-no-such-object", LdapResult(code=ResultCode.NO_SUCH_OBJECT, matched_dn=BASE)),
        (
            "slapd-referral",
            LdapResult(
                code=ResultCode.REFERRAL,
                matched_dn=f"ou=away,{BASE}",
                referral=(f"ldap://directory.invalid/ou=away,{BASE}??sub",),
            ),
        ),
    ],
)
def test_a_search_that_finds_nothing_says_why(name: str, result: LdapResult) -> None:
    assert messages(name, "S")[-1].operation == SearchResultDone(result=result)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("slapd-wrong-password", ResultCode.INVALID_CREDENTIALS),
        ("slapd-unauthenticated", ResultCode.UNWILLING_TO_PERFORM),
        ("slapd-sasl-external", ResultCode.AUTH_METHOD_NOT_SUPPORTED),
        ("slapd-anonymous", ResultCode.SUCCESS),
        ("samba-without-tls", ResultCode.STRONGER_AUTH_REQUIRED),
        ("samba-search", ResultCode.SUCCESS),
    ],
)
def test_a_bind_is_answered(name: str, code: ResultCode) -> None:
    response = messages(name, "S")[0].operation

    assert isinstance(response, BindResponse)
    assert response.result.code is code
    assert ad_sub_code(response.result) is None


@pytest.mark.parametrize("code", ["52e", "533", "701", "773", "775"])
def test_active_directory_says_what_is_wrong_with_an_account(code: str) -> None:
    response = messages(f"samba-{code}", "S")[0].operation

    assert isinstance(response, BindResponse)
    assert ad_sub_code(response.result) is AdSubCode(code)


def test_a_sasl_bind_carries_its_mechanism() -> None:
    (bind,) = messages("slapd-sasl-external", "C")

    authentication = SaslAuthentication(mechanism="EXTERNAL", credentials=b"")
    assert bind.operation == BindRequest(name="", authentication=authentication)


def test_start_tls() -> None:
    (request,), (response,) = messages("slapd-start-tls", "C"), messages("slapd-start-tls", "S")

    assert request.operation == ExtendedRequest(name=START_TLS)
    assert response.operation == ExtendedResponse(result=LdapResult(code=ResultCode.SUCCESS))


def test_an_extended_operation_answers_with_a_value() -> None:
    response = messages("slapd-whoami", "S")[1].operation

    assert isinstance(response, ExtendedResponse)
    assert response.value == f"dn:cn=0,ou=people,{BASE}".encode()


@pytest.mark.parametrize(
    ("name", "operation", "code"),
    [
        ("slapd-compare", OpaqueOperation.COMPARE, ResultCode.COMPARE_TRUE),
        ("slapd-add", OpaqueOperation.ADD, ResultCode.INSUFFICIENT_ACCESS_RIGHTS),
        ("slapd-modify", OpaqueOperation.MODIFY, ResultCode.INSUFFICIENT_ACCESS_RIGHTS),
        ("slapd-delete", OpaqueOperation.DELETE, ResultCode.INSUFFICIENT_ACCESS_RIGHTS),
        ("slapd-rename", OpaqueOperation.MODIFY_DN, ResultCode.INSUFFICIENT_ACCESS_RIGHTS),
    ],
)
def test_other_operations_are_known_by_their_kind(name: str, operation: OpaqueOperation, code: ResultCode) -> None:
    request, response = messages(name, "C")[1].operation, messages(name, "S")[1].operation

    assert isinstance(request, OpaqueRequest)
    assert request.operation is operation
    assert isinstance(response, OpaqueResponse)
    assert (response.operation, response.result.code) == (operation, code)


def test_slapd_and_we_take_the_same_message_for_the_end() -> None:
    (_, (sent,)), (_, (answer,)) = turns("slapd-notice-of-disconnection")

    assert sent == NO_REQUEST
    with pytest.raises(LdapError) as refusal:
        LdapServer().receive(sent)
    assert refusal.value.reason is LdapReason.UNKNOWN_OPERATION
    assert decode_message(answer) == notice_of_disconnection(ResultCode.PROTOCOL_ERROR, "unknown LDAP request")
    client = LdapClient()
    assert client.receive(answer)
    assert client.state is ClientState.CLOSED


def test_active_directory_gives_16_octets_of_guid_and_a_reference() -> None:
    (entry, reference) = (message.operation for message in messages("samba-search", "S")[1:3])

    assert isinstance(entry, SearchResultEntry)
    assert [len(guid) for guid in entry.values("objectGUID")] == [16]
    assert isinstance(reference, SearchResultReference)
