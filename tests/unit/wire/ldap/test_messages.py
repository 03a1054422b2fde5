"""
Messages written by hand from RFC 4511 appendix B, both ways.
"""

from typing import Final

import pytest

from tests.unit.wire.ldap.notation import ber
from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.decode import decode_message
from watchword.wire.ldap.encode import encode_message
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filters import Present
from watchword.wire.ldap.messages import (
    NOTICE_OF_DISCONNECTION,
    START_TLS,
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
    notice_of_disconnection,
)
from watchword.wire.ldap.results import LdapResult, ResultCode

SUCCESS: Final = LdapResult(code=ResultCode.SUCCESS)
ELSEWHERE: Final = LdapResult(
    code=ResultCode.REFERRAL, matched_dn="o", diagnostic_message="go", referral=("ldap://a", "ldap://b")
)
EVERYTHING: Final = SearchRequest(base="", scope=Scope.BASE_OBJECT, filter=Present(attribute="cn"))

OPERATIONS: Final[dict[str, tuple[str, Request | Response]]] = {
    "simple bind": (
        "60{ 02 01 03 04{ 63 6e 3d 61 } 80{ 73 33 } }",
        BindRequest(name="cn=a", authentication=SimpleAuthentication(password=b"s3")),
    ),
    "anonymous bind": (
        "60{ 02 01 03 04{ } 80{ } }",
        BindRequest(name="", authentication=SimpleAuthentication(password=b"")),
    ),
    "bind of another version": (
        "60{ 02 01 02 04{ } 80{ } }",
        BindRequest(name="", authentication=SimpleAuthentication(password=b""), version=2),
    ),
    "bind of the first version": (
        "60{ 02 01 01 04{ } 80{ } }",
        BindRequest(name="", authentication=SimpleAuthentication(password=b""), version=1),
    ),
    "SASL bind without credentials": (
        "60{ 02 01 03 04{ } a3{ 04{ 45 } } }",
        BindRequest(name="", authentication=SaslAuthentication(mechanism="E")),
    ),
    "SASL bind with empty credentials": (
        "60{ 02 01 03 04{ } a3{ 04{ 45 } 04{ } } }",
        BindRequest(name="", authentication=SaslAuthentication(mechanism="E", credentials=b"")),
    ),
    "bind by a choice of Windows": (
        "60{ 02 01 03 04{ } 89{ 01 } }",
        BindRequest(name="", authentication=OtherAuthentication(tag=0x89, value=b"\1")),
    ),
    "bind response": ("61{ 0a 01 00 04 00 04 00 }", BindResponse(result=SUCCESS)),
    "bind response with SASL credentials": (
        "61{ 0a 01 0e 04 00 04 00 87{ 01 } }",
        BindResponse(result=LdapResult(code=ResultCode.SASL_BIND_IN_PROGRESS), server_sasl_credentials=b"\1"),
    ),
    "bind response with a referral and SASL credentials": (
        "61{ 0a 01 0a 04{ 6f } 04{ 67 6f } a3{ 04{ 6c 64 61 70 3a 2f 2f 61 } 04{ 6c 64 61 70 3a 2f 2f 62 } } 87{ } }",
        BindResponse(result=ELSEWHERE, server_sasl_credentials=b""),
    ),
    "unbind": ("42{ }", UnbindRequest()),
    "the shortest search": (
        "63{ 04{ } 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 87{ 63 6e } 30{ } }",
        EVERYTHING,
    ),
    "a search with everything": (
        "63{ 04{ 6f } 0a 01 03 0a 01 03 02 04 7f ff ff ff 02 02 00 80 01 01 ff 87{ 63 6e } 30{ 04{ 2a } 04{ 2b } } }",
        SearchRequest(
            base="o",
            scope=Scope.SUBORDINATES,
            filter=Present(attribute="cn"),
            attributes=("*", "+"),
            dereference=Dereference.ALWAYS,
            size_limit=2**31 - 1,
            time_limit=128,
            types_only=True,
        ),
    ),
    "entry": (
        "64{ 04{ 6f } 30{ 30{ 04{ 63 6e } 31{ 04{ 61 } 04{ ff } } } 30{ 04{ 73 6e } 31{ } } } }",
        SearchResultEntry(
            name="o",
            attributes=(Attribute(type="cn", values=(b"a", b"\xff")), Attribute(type="sn", values=())),
        ),
    ),
    "entry without attributes": ("64{ 04{ } 30{ } }", SearchResultEntry(name="", attributes=())),
    "reference": (
        "73{ 04{ 6c 64 61 70 3a 2f 2f 61 } }",
        SearchResultReference(uris=("ldap://a",)),
    ),
    "done": ("65{ 0a 01 20 04{ 6f } 04{ } }", SearchResultDone(result=LdapResult(code=ResultCode(32), matched_dn="o"))),
    "abandon": ("50{ 05 }", AbandonRequest(target=5)),
    "extended request": (
        "77{ 80{ 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37 } }",
        ExtendedRequest(name=START_TLS),
    ),
    "extended request with a value": ("77{ 80{ 31 2e 32 } 81{ } }", ExtendedRequest(name="1.2", value=b"")),
    "extended response": ("78{ 0a 01 00 04 00 04 00 }", ExtendedResponse(result=SUCCESS)),
    "extended response with name and value": (
        "78{ 0a 01 00 04 00 04 00 8a{ 31 2e 32 } 8b{ 01 } }",
        ExtendedResponse(result=SUCCESS, name="1.2", value=b"\1"),
    ),
    "delete, which is primitive": ("4a{ 6f }", OpaqueRequest(operation=OpaqueOperation.DELETE, body=b"o")),
    "modify": ("66{ 04 00 30 00 }", OpaqueRequest(operation=OpaqueOperation.MODIFY, body=b"\4\0\x30\0")),
    "modify response": ("67{ 0a 01 00 04 00 04 00 }", OpaqueResponse(operation=OpaqueOperation.MODIFY, result=SUCCESS)),
    "compare response": (
        "6f{ 0a 01 05 04 00 04 00 }",
        OpaqueResponse(operation=OpaqueOperation.COMPARE, result=LdapResult(code=ResultCode.COMPARE_FALSE)),
    ),
}


@pytest.mark.parametrize(("octets", "operation"), OPERATIONS.values(), ids=OPERATIONS)
def test_octets_and_value_are_the_same_message(octets: str, operation: Request | Response) -> None:
    written = ber("30{ 02 01 05 " + octets + " }")
    message = Message(message_id=5, operation=operation)

    assert decode_message(written) == message
    assert encode_message(message) == written


def test_controls_stand_behind_the_operation() -> None:
    written = ber("30{ 02 01 05 42{ } a0{ 30{ 04{ 31 2e 32 } } 30{ 04{ 31 } 01 01 ff 04{ } } } }")
    controls = (Control(oid="1.2"), Control(oid="1", critical=True, value=b""))
    message = Message(message_id=5, operation=UnbindRequest(), controls=controls)

    assert decode_message(written) == message
    assert encode_message(message) == written


def test_notice_of_disconnection_is_unsolicited() -> None:
    notice = notice_of_disconnection(ResultCode.UNAVAILABLE, "bye")
    name = NOTICE_OF_DISCONNECTION.encode().hex()

    written = ber("30{ 02 01 00 78{ 0a 01 34 04{ } 04{ 62 79 65 } 8a{ " + name + " } } }")

    assert encode_message(notice) == written
    assert decode_message(written) == notice


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param("30 84 00 00 00 05 02 01 05 42 00", id="four octets, as Active Directory writes them"),
        pytest.param("30 81 05 02 01 05 42 00", id="one octet more than needed"),
        pytest.param("30 05 02 01 05 42 00", id="the shortest"),
    ],
)
def test_a_length_may_be_longer_than_it_needs_to_be(octets: str) -> None:
    assert decode_message(bytes.fromhex(octets)) == Message(message_id=5, operation=UnbindRequest())


@pytest.mark.parametrize(
    ("octets", "operation"),
    [
        ("42{ } 8f{ 01 } 30{ }", UnbindRequest()),
        ("61{ 0a 01 00 04 00 04 00 8f{ } }", BindResponse(result=SUCCESS)),
        ("65{ 0a 01 00 04 00 04 00 8f{ } }", SearchResultDone(result=SUCCESS)),
        ("78{ 0a 01 00 04 00 04 00 8f{ } }", ExtendedResponse(result=SUCCESS)),
        ("67{ 0a 01 00 04 00 04 00 8f{ } }", OpaqueResponse(operation=OpaqueOperation.MODIFY, result=SUCCESS)),
        (
            "60{ 02 01 03 04{ } a3{ 04{ 45 } 8f{ } } 8f{ } }",
            BindRequest(name="", authentication=SaslAuthentication(mechanism="E")),
        ),
        ("63{ 04{ } 0a 01 00 0a 01 00 02 01 00 02 01 00 01 01 00 87{ 63 6e } 30{ } 8f{ } }", EVERYTHING),
        (
            "64{ 04{ } 30{ 30{ 04{ 63 6e } 31{ } 8f{ } } } 8f{ } }",
            SearchResultEntry(name="", attributes=(Attribute(type="cn", values=()),)),
        ),
        ("77{ 80{ 31 } 8f{ } }", ExtendedRequest(name="1")),
    ],
)
def test_components_of_a_later_version_are_passed_over(octets: str, operation: Request | Response) -> None:
    """RFC 4511 section 4: trailing components with unknown tags must be ignored."""
    assert decode_message(ber("30{ 02 01 05 " + octets + " }")).operation == operation


def test_a_default_value_may_be_spelt_out() -> None:
    """RFC 4511 section 5.1 (4) forbids it to senders; nothing depends on it, so it is read."""
    written = ber("30{ 02 01 05 42{ } a0{ 30{ 04{ 31 } 01 01 00 } } }")

    assert decode_message(written).controls == (Control(oid="1"),)


@pytest.mark.parametrize(
    ("message_id", "operation", "where"),
    [
        (0, UnbindRequest(), "LDAPMessage.messageID"),
        (0, BindResponse(result=SUCCESS), "LDAPMessage.messageID"),
        (2**31, UnbindRequest(), "LDAPMessage.messageID"),
        (-1, ExtendedResponse(result=SUCCESS), "LDAPMessage.messageID"),
        (1, AbandonRequest(target=-1), "AbandonRequest"),
        (1, SearchResultReference(uris=()), "URI"),
        (1, ExtendedRequest(name="\ud800"), "ExtendedRequest.requestName"),
        (
            1,
            BindRequest(name="", authentication=SimpleAuthentication(password=b""), version=128),
            "BindRequest.version",
        ),
        (
            1,
            BindRequest(name="", authentication=SimpleAuthentication(password=b""), version=0),
            "BindRequest.version",
        ),
    ],
)
def test_what_nobody_could_read_is_not_written(message_id: int, operation: Request | Response, where: str) -> None:
    with pytest.raises(LdapError) as refusal:
        encode_message(Message(message_id=message_id, operation=operation))

    assert (refusal.value.reason, refusal.value.where) == (LdapReason.BAD_VALUE, where)


def test_values_are_found_whatever_the_case_of_the_attribute() -> None:
    attributes = (
        Attribute(type="objectGUID", values=(b"1", b"2")),
        Attribute(type="cn", values=(b"3",)),
        Attribute(type="OBJECTguid", values=(b"4",)),
    )
    entry = SearchResultEntry(name="o", attributes=attributes)

    assert entry.values("ObjectGuid") == (b"1", b"2", b"4")
    assert entry.values("mail") == ()


@pytest.mark.parametrize(
    "operation",
    [
        BindRequest(name="n", authentication=SimpleAuthentication(password=b"canary")),
        BindRequest(name="n", authentication=SaslAuthentication(mechanism="PLAIN", credentials=b"canary")),
        BindRequest(name="n", authentication=OtherAuthentication(tag=0x8A, value=b"canary")),
        BindResponse(result=SUCCESS, server_sasl_credentials=b"canary"),
        ExtendedRequest(name="1.3.6.1.4.1.4203.1.11.1", value=b"canary"),
        ExtendedResponse(result=SUCCESS, value=b"canary"),
        OpaqueRequest(operation=OpaqueOperation.ADD, body=b"canary"),
    ],
)
def test_no_repr_shows_a_secret(operation: Request | Response) -> None:
    assert "canary" not in repr(Message(message_id=1, operation=operation))
