"""
What an operation came to: result codes, LDAPResult, and Active Directory's sub-codes.

Rules of this file: a result code that we do not know is kept with its number, because the list is open (RFC 4511
appendix A); a referral is a value to show, never an address to go to (rule L16). The diagnostic message is text for
people, with the one exception that Active Directory hides an account's state in it, which `ad_sub_code` reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Self, final

from watchword.wire.ldap import ber
from watchword.wire.ldap.errors import LdapError, LdapReason

_REFERRAL: Final = ber.constructed(3)
_SUB_CODE: Final = re.compile(r"\bAcceptSecurityContext error, data ([0-9a-fA-F]{1,8})\b")


@final
class ResultCode(IntEnum):
    """resultCode of RFC 4511 section 4.1.9; a number not in the list becomes a member of its own, named UNKNOWN_n."""

    SUCCESS = 0
    OPERATIONS_ERROR = 1
    PROTOCOL_ERROR = 2
    TIME_LIMIT_EXCEEDED = 3
    SIZE_LIMIT_EXCEEDED = 4
    COMPARE_FALSE = 5
    COMPARE_TRUE = 6
    AUTH_METHOD_NOT_SUPPORTED = 7
    STRONGER_AUTH_REQUIRED = 8
    REFERRAL = 10
    ADMIN_LIMIT_EXCEEDED = 11
    UNAVAILABLE_CRITICAL_EXTENSION = 12
    CONFIDENTIALITY_REQUIRED = 13
    SASL_BIND_IN_PROGRESS = 14
    NO_SUCH_ATTRIBUTE = 16
    UNDEFINED_ATTRIBUTE_TYPE = 17
    INAPPROPRIATE_MATCHING = 18
    CONSTRAINT_VIOLATION = 19
    ATTRIBUTE_OR_VALUE_EXISTS = 20
    INVALID_ATTRIBUTE_SYNTAX = 21
    NO_SUCH_OBJECT = 32
    ALIAS_PROBLEM = 33
    INVALID_DN_SYNTAX = 34
    ALIAS_DEREFERENCING_PROBLEM = 36
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53
    LOOP_DETECT = 54
    NAMING_VIOLATION = 64
    OBJECT_CLASS_VIOLATION = 65
    NOT_ALLOWED_ON_NON_LEAF = 66
    NOT_ALLOWED_ON_RDN = 67
    ENTRY_ALREADY_EXISTS = 68
    OBJECT_CLASS_MODS_PROHIBITED = 69
    AFFECTS_MULTIPLE_DSAS = 71
    OTHER = 80

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Keep an unknown code; the member is not remembered, so a peer cannot fill memory with them."""
        if not isinstance(value, int) or not 0 <= value <= ber.MAX_INTEGER:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LdapResult:
    """LDAPResult of RFC 4511 section 4.1.9. *referral* is empty where there is none."""

    code: ResultCode
    matched_dn: str = ""
    diagnostic_message: str = ""
    referral: tuple[str, ...] = ()


def read_result(reader: ber.Reader) -> LdapResult:
    """
    Read the components of an LDAPResult; what else the response has stays in *reader*.

    Raises:
        LdapError: One of them is missing or malformed.
    """
    code = ResultCode(reader.integer("LDAPResult.resultCode", tag=ber.ENUMERATED))
    matched_dn = reader.text("LDAPResult.matchedDN")
    diagnostic_message = reader.text("LDAPResult.diagnosticMessage")
    referral = read_uris(reader.enter(_REFERRAL, "LDAPResult.referral")) if reader.peek() == _REFERRAL else ()
    return LdapResult(code=code, matched_dn=matched_dn, diagnostic_message=diagnostic_message, referral=referral)


def read_uris(reader: ber.Reader) -> tuple[str, ...]:
    """
    Read the URIs of a referral or a continuation reference: at least one (RFC 4511 sections 4.1.10 and 4.5.3).

    Raises:
        LdapError: There is none, or one is no LDAPString.
    """
    uris: list[str] = []
    while not reader.at_end:
        uris.append(reader.text("URI"))
    if not uris:
        raise LdapError(LdapReason.BAD_VALUE, "URI")
    return tuple(uris)


def write_uris(uris: tuple[str, ...]) -> bytes:
    """
    Write the URIs of a referral or a continuation reference.

    Raises:
        LdapError: There is none, or one has a surrogate.
    """
    if not uris:
        raise LdapError(LdapReason.BAD_VALUE, "URI")
    return b"".join(ber.text(uri, "URI") for uri in uris)


def write_result(result: LdapResult) -> bytes:
    """
    Write the components of an LDAPResult.

    Raises:
        LdapError: A text has a surrogate.
    """
    parts = [
        ber.integer(result.code, "LDAPResult.resultCode", tag=ber.ENUMERATED),
        ber.text(result.matched_dn, "LDAPResult.matchedDN"),
        ber.text(result.diagnostic_message, "LDAPResult.diagnosticMessage"),
    ]
    if result.referral:
        parts.append(ber.element(_REFERRAL, write_uris(result.referral)))
    return b"".join(parts)


@final
class AdSubCode(StrEnum):
    """Why Active Directory refused a bind: the Windows error (in hexadecimal) that stands in its diagnostic message."""

    USER_NOT_FOUND = "525"
    WRONG_PASSWORD = "52e"  # noqa: S105 a Windows error's number
    NOT_AT_THIS_TIME = "530"
    NOT_AT_THIS_WORKSTATION = "531"
    PASSWORD_EXPIRED = "532"  # noqa: S105 as above
    ACCOUNT_DISABLED = "533"
    ACCOUNT_EXPIRED = "701"
    PASSWORD_MUST_CHANGE = "773"  # noqa: S105 as above
    ACCOUNT_LOCKED = "775"


_SUB_CODES: Final = {int(code, 16): code for code in AdSubCode}


def ad_sub_code(result: LdapResult) -> AdSubCode | None:
    """Read Active Directory's sub-code from a refused bind; None where there is none that we know."""
    if result.code is not ResultCode.INVALID_CREDENTIALS:
        return None
    found = _SUB_CODE.search(result.diagnostic_message)
    return _SUB_CODES.get(int(found[1], 16)) if found else None
