"""
Messages to bytes (RFC 4511 section 4 and appendix B).

Rules of this file: what is written is what `decode` reads back as the same value, in the one form of RFC 4511 section
5.1: shortest lengths, and nothing where a value is the default.
"""

from __future__ import annotations

from watchword.wire.ldap import ber, tags
from watchword.wire.ldap.controls import write_controls
from watchword.wire.ldap.filter_codec import write_filter
from watchword.wire.ldap.messages import (
    UNSOLICITED,
    AbandonRequest,
    BindRequest,
    BindResponse,
    ExtendedRequest,
    ExtendedResponse,
    Message,
    Request,
    Response,
    SaslAuthentication,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
)
from watchword.wire.ldap.results import write_result, write_uris


def encode_message(message: Message) -> bytes:
    """
    Write one message.

    Raises:
        LdapError: A number is out of its range, a text has a surrogate, a filter is nested too deep, a reference leads
            nowhere, or the id is 0 and the operation no unsolicited notification.
    """
    unsolicited = isinstance(message.operation, ExtendedResponse)
    low = UNSOLICITED if unsolicited else UNSOLICITED + 1
    contents = ber.integer(message.message_id, "LDAPMessage.messageID", low=low)
    contents += _request(message.operation) if isinstance(message.operation, Request) else _response(message.operation)
    if message.controls:
        contents += ber.element(ber.constructed(0), write_controls(message.controls))
    return ber.element(ber.SEQUENCE, contents)


def _request(request: Request) -> bytes:
    match request:
        case BindRequest():
            return ber.element(tags.BIND_REQUEST, _bind_request(request))
        case UnbindRequest():
            return ber.element(tags.UNBIND_REQUEST, b"")
        case SearchRequest():
            return ber.element(tags.SEARCH_REQUEST, _search_request(request))
        case AbandonRequest():
            return ber.integer(request.target, "AbandonRequest", tag=tags.ABANDON_REQUEST)
        case ExtendedRequest():
            name = ber.text(request.name, "ExtendedRequest.requestName", ber.primitive(0))
            return ber.element(tags.EXTENDED_REQUEST, name + _optional(1, request.value))
        case _:
            return ber.element(tags.opaque_request(request.operation), request.body)


def _response(response: Response) -> bytes:
    match response:
        case BindResponse():
            credentials = _optional(7, response.server_sasl_credentials)
            return ber.element(tags.BIND_RESPONSE, write_result(response.result) + credentials)
        case SearchResultEntry():
            return ber.element(tags.SEARCH_RESULT_ENTRY, _entry(response))
        case SearchResultReference():
            return ber.element(tags.SEARCH_RESULT_REFERENCE, write_uris(response.uris))
        case SearchResultDone():
            return ber.element(tags.SEARCH_RESULT_DONE, write_result(response.result))
        case ExtendedResponse():
            return ber.element(tags.EXTENDED_RESPONSE, _extended_response(response))
        case _:
            return ber.element(tags.opaque_response(response.operation), write_result(response.result))


def _optional(number: int, value: bytes | None) -> bytes:
    return b"" if value is None else ber.octets(value, ber.primitive(number))


def _bind_request(request: BindRequest) -> bytes:
    match request.authentication:
        case SimpleAuthentication(password=password):
            authentication = ber.octets(password, ber.primitive(0))
        case SaslAuthentication(mechanism=mechanism, credentials=credentials):
            parts = ber.text(mechanism, "SaslCredentials.mechanism")
            parts += b"" if credentials is None else ber.octets(credentials)
            authentication = ber.element(ber.constructed(3), parts)
        case other:
            authentication = ber.element(other.tag, other.value)
    version = ber.integer(request.version, "BindRequest.version", low=1, high=127)
    return version + ber.text(request.name, "BindRequest.name") + authentication


def _search_request(request: SearchRequest) -> bytes:
    return b"".join(
        (
            ber.text(request.base, "SearchRequest.baseObject"),
            ber.integer(request.scope, "SearchRequest.scope", tag=ber.ENUMERATED),
            ber.integer(request.dereference, "SearchRequest.derefAliases", tag=ber.ENUMERATED),
            ber.integer(request.size_limit, "SearchRequest.sizeLimit"),
            ber.integer(request.time_limit, "SearchRequest.timeLimit"),
            ber.boolean(value=request.types_only),
            write_filter(request.filter),
            ber.element(
                ber.SEQUENCE,
                b"".join(ber.text(attribute, "SearchRequest.attributes") for attribute in request.attributes),
            ),
        )
    )


def _entry(entry: SearchResultEntry) -> bytes:
    attributes = b"".join(
        ber.element(
            ber.SEQUENCE,
            ber.text(attribute.type, "PartialAttribute.type")
            + ber.element(ber.SET, b"".join(ber.octets(value) for value in attribute.values)),
        )
        for attribute in entry.attributes
    )
    return ber.text(entry.name, "SearchResultEntry.objectName") + ber.element(ber.SEQUENCE, attributes)


def _extended_response(response: ExtendedResponse) -> bytes:
    name = b"" if response.name is None else ber.text(response.name, "ExtendedResponse.responseName", ber.primitive(10))
    return write_result(response.result) + name + _optional(11, response.value)
