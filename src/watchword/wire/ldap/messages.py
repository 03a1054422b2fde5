"""
LDAP messages as values (RFC 4511 section 4).

Rules of this file: a message is a frozen value in the RFC's names. Names of entries are opaque text: what a directory
gave out is handed back to it unchanged. A password is bytes and in no repr. Requests that only change the directory or
compare are carried with their bodies unread (`OpaqueRequest`): a listener refuses them (rule L17), and to refuse it
must know only which they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeAlias, final

from watchword.wire.ldap.controls import Control
from watchword.wire.ldap.filters import Filter
from watchword.wire.ldap.results import LdapResult, ResultCode

START_TLS: Final = "1.3.6.1.4.1.1466.20037"
"""requestName of RFC 4511 section 4.14.1."""

NOTICE_OF_DISCONNECTION: Final = "1.3.6.1.4.1.1466.20036"
"""responseName of RFC 4511 section 4.4.1."""

UNSOLICITED: Final = 0
"""messageID of what a server says without having been asked (RFC 4511 section 4.4)."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleAuthentication:
    """The `simple` choice: a password in the clear."""

    password: bytes = field(repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SaslAuthentication:
    """The `sasl` choice, carried and not understood."""

    mechanism: str
    credentials: bytes | None = field(default=None, repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAuthentication:
    """A choice that RFC 4511 does not know (Windows has some); a server answers `AUTH_METHOD_NOT_SUPPORTED` to it."""

    tag: int
    value: bytes = field(repr=False)


Authentication: TypeAlias = SimpleAuthentication | SaslAuthentication | OtherAuthentication


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BindRequest:
    """Section 4.2. *version* is 1 to 127, and a server answers `PROTOCOL_ERROR` to all but 3."""

    name: str
    authentication: Authentication
    version: int = 3


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BindResponse:
    """Section 4.2.2."""

    result: LdapResult
    server_sasl_credentials: bytes | None = field(default=None, repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindRequest:
    """Section 4.3; nothing answers it."""


@final
class Scope(IntEnum):
    """
    Section 4.5.1.2; SUBORDINATES is the extension that directories share (draft-sermersheim-ldap-subordinate-scope).
    """

    BASE_OBJECT = 0
    SINGLE_LEVEL = 1
    WHOLE_SUBTREE = 2
    SUBORDINATES = 3


@final
class Dereference(IntEnum):
    """derefAliases, section 4.5.1.3."""

    NEVER = 0
    IN_SEARCHING = 1
    FINDING_BASE = 2
    ALWAYS = 3


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """Section 4.5.1. Limits are in entries and seconds, 0 for none; no attributes means all user attributes."""

    base: str
    scope: Scope
    filter: Filter
    attributes: tuple[str, ...] = ()
    dereference: Dereference = Dereference.NEVER
    size_limit: int = 0
    time_limit: int = 0
    types_only: bool = False


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A PartialAttribute (section 4.1.7); its values are a set, kept in the order in which they came."""

    type: str
    values: tuple[bytes, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResultEntry:
    """Section 4.5.2."""

    name: str
    attributes: tuple[Attribute, ...]

    def values(self, attribute: str) -> tuple[bytes, ...]:
        """
        Give the values of *attribute*, whose case means nothing (RFC 4512 section 2.5); none where it is not there.
        """
        wanted = attribute.lower()
        return tuple(value for found in self.attributes if found.type.lower() == wanted for value in found.values)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResultReference:
    """Section 4.5.3: somewhere else there would be more. Never followed (rule L16)."""

    uris: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResultDone:
    """Section 4.5.2: nothing more comes."""

    result: LdapResult


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonRequest:
    """Section 4.11; nothing answers it. *target* is the messageID of the request that is no longer wanted."""

    target: int


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedRequest:
    """Section 4.12."""

    name: str
    value: bytes | None = field(default=None, repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedResponse:
    """Section 4.12, and with messageID 0 an unsolicited notification (section 4.4)."""

    result: LdapResult
    name: str | None = None
    value: bytes | None = field(default=None, repr=False)


@final
class OpaqueOperation(IntEnum):
    """Requests whose bodies are not read; the number is the request's tag number, and its response's is one more."""

    MODIFY = 6
    ADD = 8
    DELETE = 10
    MODIFY_DN = 12
    COMPARE = 14


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueRequest:
    """A request of sections 4.6 to 4.10. *body* is what its element holds."""

    operation: OpaqueOperation
    body: bytes = field(repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueResponse:
    """The response to an `OpaqueRequest`."""

    operation: OpaqueOperation
    result: LdapResult


Request: TypeAlias = BindRequest | UnbindRequest | SearchRequest | AbandonRequest | ExtendedRequest | OpaqueRequest
Response: TypeAlias = (
    BindResponse | SearchResultEntry | SearchResultReference | SearchResultDone | ExtendedResponse | OpaqueResponse
)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An LDAPMessage (section 4.1.1). *message_id* is 0 only for unsolicited notifications."""

    message_id: int
    operation: Request | Response
    controls: tuple[Control, ...] = ()


def notice_of_disconnection(code: ResultCode, diagnostic_message: str = "") -> Message:
    """Make what a server says before it hangs up."""
    result = LdapResult(code=code, diagnostic_message=diagnostic_message)
    operation = ExtendedResponse(result=result, name=NOTICE_OF_DISCONNECTION)
    return Message(message_id=UNSOLICITED, operation=operation)
