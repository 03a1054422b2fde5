"""
Bytes to messages (RFC 4511 section 4 and appendix B).

Rules of this file: total on any bytes: a message or an `LdapError`. What a later version put behind the components we
know is passed over, as section 4 wants; everything else that is not in the RFC is refused, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final, TypeVar

from watchword.wire.ldap import ber, tags
from watchword.wire.ldap.controls import read_controls
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filter_codec import read_filter
from watchword.wire.ldap.messages import (
    UNSOLICITED,
    AbandonRequest,
    Attribute,
    Authentication,
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
from watchword.wire.ldap.results import read_result, read_uris

_SIMPLE: Final = ber.primitive(0)
_SASL: Final = ber.constructed(3)
_CONTROLS: Final = ber.constructed(0)
_SERVER_SASL_CREDENTIALS: Final = ber.primitive(7)
_REQUEST_VALUE: Final = ber.primitive(1)
_RESPONSE_NAME: Final = ber.primitive(10)
_RESPONSE_VALUE: Final = ber.primitive(11)
_CONTEXT_CLASS: Final = 0x80
_CLASS: Final = 0xC0

E = TypeVar("E", bound=IntEnum)


def decode_message(data: bytes) -> Message:
    """
    Read one message that fills *data*.

    Raises:
        LdapError: It is malformed, or something stands behind it.
    """
    outer = ber.Reader(data)
    reader = outer.enter(ber.SEQUENCE, "LDAPMessage")
    if not outer.at_end:
        raise LdapError(LdapReason.OVERRUN, "LDAPMessage")
    message_id = reader.integer("LDAPMessage.messageID")
    tag = reader.peek()
    read = _OPERATIONS.get(tag)
    if tag is None or read is None:
        raise LdapError(LdapReason.UNKNOWN_OPERATION, "LDAPMessage.protocolOp")
    operation = read(reader, tag)
    if message_id == UNSOLICITED and not isinstance(operation, ExtendedResponse):
        raise LdapError(LdapReason.BAD_VALUE, "LDAPMessage.messageID")
    controls = read_controls(reader.enter(_CONTROLS, "Controls")) if reader.peek() == _CONTROLS else ()
    reader.ignore_trailing("LDAPMessage")
    return Message(message_id=message_id, operation=operation, controls=controls)


def _bind_request(outer: ber.Reader, tag: int) -> BindRequest:
    reader = outer.enter(tag, "BindRequest")
    version = reader.integer("BindRequest.version", low=1, high=127)
    name = reader.text("BindRequest.name")
    authentication = _authentication(reader)
    reader.ignore_trailing("BindRequest")
    return BindRequest(version=version, name=name, authentication=authentication)


def _authentication(reader: ber.Reader) -> Authentication:
    tag = reader.peek()
    if tag is None or tag & _CLASS != _CONTEXT_CLASS:
        raise LdapError(LdapReason.UNEXPECTED_TAG, "BindRequest.authentication")
    if tag == _SIMPLE:
        return SimpleAuthentication(password=reader.octets("AuthenticationChoice.simple", _SIMPLE))
    if tag != _SASL:
        return OtherAuthentication(tag=tag, value=reader.octets("AuthenticationChoice", tag))
    inner = reader.enter(_SASL, "SaslCredentials")
    mechanism = inner.text("SaslCredentials.mechanism")
    credentials = inner.octets("SaslCredentials.credentials") if inner.peek() == ber.OCTET_STRING else None
    inner.ignore_trailing("SaslCredentials")
    return SaslAuthentication(mechanism=mechanism, credentials=credentials)


def _bind_response(outer: ber.Reader, tag: int) -> BindResponse:
    reader = outer.enter(tag, "BindResponse")
    result = read_result(reader)
    credentials = _optional(reader, _SERVER_SASL_CREDENTIALS, "BindResponse.serverSaslCreds")
    reader.ignore_trailing("BindResponse")
    return BindResponse(result=result, server_sasl_credentials=credentials)


def _unbind_request(outer: ber.Reader, tag: int) -> UnbindRequest:
    if outer.octets("UnbindRequest", tag):
        raise LdapError(LdapReason.BAD_VALUE, "UnbindRequest")
    return UnbindRequest()


def _enumerated(kind: type[E], reader: ber.Reader, where: str) -> E:
    return kind(reader.integer(where, tag=ber.ENUMERATED, high=max(kind)))


def _search_request(outer: ber.Reader, tag: int) -> SearchRequest:
    reader = outer.enter(tag, "SearchRequest")
    base = reader.text("SearchRequest.baseObject")
    scope = _enumerated(Scope, reader, "SearchRequest.scope")
    dereference = _enumerated(Dereference, reader, "SearchRequest.derefAliases")
    size_limit = reader.integer("SearchRequest.sizeLimit")
    time_limit = reader.integer("SearchRequest.timeLimit")
    types_only = reader.boolean("SearchRequest.typesOnly")
    tree = read_filter(reader)
    selection = reader.enter(ber.SEQUENCE, "SearchRequest.attributes")
    reader.ignore_trailing("SearchRequest")
    attributes: list[str] = []
    while not selection.at_end:
        attributes.append(selection.text("SearchRequest.attributes"))
    return SearchRequest(
        base=base,
        scope=scope,
        filter=tree,
        attributes=tuple(attributes),
        dereference=dereference,
        size_limit=size_limit,
        time_limit=time_limit,
        types_only=types_only,
    )


def _search_entry(outer: ber.Reader, tag: int) -> SearchResultEntry:
    reader = outer.enter(tag, "SearchResultEntry")
    name = reader.text("SearchResultEntry.objectName")
    listed = reader.enter(ber.SEQUENCE, "SearchResultEntry.attributes")
    reader.ignore_trailing("SearchResultEntry")
    attributes: list[Attribute] = []
    while not listed.at_end:
        attribute = listed.enter(ber.SEQUENCE, "PartialAttribute")
        kind = attribute.text("PartialAttribute.type")
        contents = attribute.enter(ber.SET, "PartialAttribute.vals")
        attribute.ignore_trailing("PartialAttribute")
        values: list[bytes] = []
        while not contents.at_end:
            values.append(contents.octets("PartialAttribute.vals"))
        attributes.append(Attribute(type=kind, values=tuple(values)))
    return SearchResultEntry(name=name, attributes=tuple(attributes))


def _search_done(outer: ber.Reader, tag: int) -> SearchResultDone:
    reader = outer.enter(tag, "SearchResultDone")
    result = read_result(reader)
    reader.ignore_trailing("SearchResultDone")
    return SearchResultDone(result=result)


def _search_reference(outer: ber.Reader, tag: int) -> SearchResultReference:
    return SearchResultReference(uris=read_uris(outer.enter(tag, "SearchResultReference")))


def _abandon_request(outer: ber.Reader, tag: int) -> AbandonRequest:
    return AbandonRequest(target=outer.integer("AbandonRequest", tag=tag))


def _extended_request(outer: ber.Reader, tag: int) -> ExtendedRequest:
    reader = outer.enter(tag, "ExtendedRequest")
    name = reader.text("ExtendedRequest.requestName", ber.primitive(0))
    value = _optional(reader, _REQUEST_VALUE, "ExtendedRequest.requestValue")
    reader.ignore_trailing("ExtendedRequest")
    return ExtendedRequest(name=name, value=value)


def _extended_response(outer: ber.Reader, tag: int) -> ExtendedResponse:
    reader = outer.enter(tag, "ExtendedResponse")
    result = read_result(reader)
    named = reader.peek() == _RESPONSE_NAME
    name = reader.text("ExtendedResponse.responseName", _RESPONSE_NAME) if named else None
    value = _optional(reader, _RESPONSE_VALUE, "ExtendedResponse.responseValue")
    reader.ignore_trailing("ExtendedResponse")
    return ExtendedResponse(result=result, name=name, value=value)


def _optional(reader: ber.Reader, tag: int, where: str) -> bytes | None:
    return reader.octets(where, tag) if reader.peek() == tag else None


def _opaque(operation: OpaqueOperation) -> Mapping[int, Callable[[ber.Reader, int], Request | Response]]:
    def request(outer: ber.Reader, tag: int) -> OpaqueRequest:
        return OpaqueRequest(operation=operation, body=outer.octets("protocolOp", tag))

    def response(outer: ber.Reader, tag: int) -> OpaqueResponse:
        reader = outer.enter(tag, "protocolOp")
        result = read_result(reader)
        reader.ignore_trailing("protocolOp")
        return OpaqueResponse(operation=operation, result=result)

    return {tags.opaque_request(operation): request, tags.opaque_response(operation): response}


_OPERATIONS: Final[dict[int | None, Callable[[ber.Reader, int], Request | Response]]] = {
    tags.BIND_REQUEST: _bind_request,
    tags.BIND_RESPONSE: _bind_response,
    tags.UNBIND_REQUEST: _unbind_request,
    tags.SEARCH_REQUEST: _search_request,
    tags.SEARCH_RESULT_ENTRY: _search_entry,
    tags.SEARCH_RESULT_DONE: _search_done,
    tags.ABANDON_REQUEST: _abandon_request,
    tags.SEARCH_RESULT_REFERENCE: _search_reference,
    tags.EXTENDED_REQUEST: _extended_request,
    tags.EXTENDED_RESPONSE: _extended_response,
    **{tag: read for operation in OpaqueOperation for tag, read in _opaque(operation).items()},
}
