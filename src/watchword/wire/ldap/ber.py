"""
BER as LDAP restricts it (RFC 4511 section 5.1), read and written without recursion.

Rules of this file: lengths are definite and take at most four octets behind the first; strings are primitive; TRUE is
0xFF and nothing else (section 5.1 (3) says so of every sender); integers are in their shortest form (X.690 section
8.3.2). A length that is longer than it needs to be is read, because BER allows it and Active Directory sends it, and
never written. Tags are one octet, since LDAP has no tag number above 30. A reader never looks behind the element that
it was made for, and every refusal is an `LdapError` that names the field by its name in the RFC.
"""

from __future__ import annotations

from typing import Final, final

from watchword.wire.ldap.errors import LdapError, LdapReason

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_INTEGER: Final = 2**31 - 1
"""`maxInt` of RFC 4511 section 4.1.1."""

MAX_DEPTH: Final = 32
"""
Constructed elements inside one another, the LDAPMessage itself included (rule L1 of the project's protocol
checklist).
"""

MAX_LENGTH_OCTETS: Final = 4
"""Octets that a long length may have behind its first one (rule L1); Active Directory always uses four."""

_TAG_NUMBER: Final = 0x1F
_LONG_LENGTH: Final = 0x80
_TRUE: Final = b"\xff"
_FALSE: Final = b"\x00"
_INTEGER_OCTETS: Final = 4
_SIGN_BIT: Final = 0x80


def read_header(data: bytes | bytearray, position: int, end: int, where: str) -> tuple[int, int, int] | None:
    """
    Read a tag and a length.

    Returns:
        The tag, the position of the contents and their length, or None where the header is not whole before *end*. The
        contents may reach past *end*.

    Raises:
        LdapError: The tag has more than one octet, or the length is indefinite or has more than four octets.
    """
    if end - position < 2:  # noqa: PLR2004 a tag and a first length octet
        return None
    tag, first = data[position], data[position + 1]
    if tag & _TAG_NUMBER == _TAG_NUMBER:
        raise LdapError(LdapReason.UNEXPECTED_TAG, where)
    position += 2
    if first < _LONG_LENGTH:
        return tag, position, first
    octets = first - _LONG_LENGTH
    if not 1 <= octets <= MAX_LENGTH_OCTETS:
        raise LdapError(LdapReason.BAD_LENGTH, where)
    if end - position < octets:
        return None
    return tag, position + octets, int.from_bytes(data[position : position + octets])


@final
class Reader:
    """The elements inside one element, read one after the other."""

    __slots__ = ("_data", "_depth", "_end", "_position")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> None:
        """Read *data* from *start* to *end*, inside *depth* constructed elements."""
        self._data = data
        self._position = start
        self._end = len(data) if end is None else end
        self._depth = depth

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._position == self._end

    def peek(self) -> int | None:
        """Tell the tag of the next element, or None at the end."""
        return None if self.at_end else self._data[self._position]

    def _contents(self, tag: int | None, where: str) -> tuple[int, int]:
        header = read_header(self._data, self._position, self._end, where)
        if header is None:
            raise LdapError(LdapReason.OVERRUN, where)
        found, start, length = header
        if tag is not None and found != tag:
            raise LdapError(LdapReason.UNEXPECTED_TAG, where)
        if length > self._end - start:
            raise LdapError(LdapReason.OVERRUN, where)
        self._position = start + length
        return start, self._position

    def enter(self, tag: int, where: str) -> Reader:
        """Read a constructed element and return a reader of what is in it."""
        start, end = self._contents(tag, where)
        if self._depth == MAX_DEPTH:
            raise LdapError(LdapReason.TOO_DEEP, where)
        return Reader(self._data, start, end, self._depth + 1)

    def octets(self, where: str, tag: int = OCTET_STRING) -> bytes:
        """Read an OCTET STRING, or whatever primitive element *tag* is, as it stands."""
        start, end = self._contents(tag, where)
        return self._data[start:end]

    def text(self, where: str, tag: int = OCTET_STRING) -> str:
        """Read an LDAPString: UTF-8 (RFC 4511 section 4.1.2)."""
        try:
            return self.octets(where, tag).decode()
        except UnicodeDecodeError:
            raise LdapError(LdapReason.BAD_VALUE, where) from None

    def integer(self, where: str, *, tag: int = INTEGER, low: int = 0, high: int = MAX_INTEGER) -> int:
        """Read an INTEGER or ENUMERATED between *low* and *high*, both included."""
        contents = self.octets(where, tag)
        padded = len(contents) > 1 and contents[0] == (0xFF if contents[1] & _SIGN_BIT else 0x00)
        if not 1 <= len(contents) <= _INTEGER_OCTETS or padded:
            raise LdapError(LdapReason.BAD_VALUE, where)
        value = int.from_bytes(contents, signed=True)
        if not low <= value <= high:
            raise LdapError(LdapReason.BAD_VALUE, where)
        return value

    def boolean(self, where: str, tag: int = BOOLEAN) -> bool:
        """Read a BOOLEAN: 0xFF or 0x00."""
        contents = self.octets(where, tag)
        if contents not in (_TRUE, _FALSE):
            raise LdapError(LdapReason.BAD_VALUE, where)
        return contents == _TRUE

    def ignore_trailing(self, where: str) -> None:
        """Pass over what a later version may have put behind the components that we know (RFC 4511 section 4)."""
        while not self.at_end:
            self._contents(None, where)


def element(tag: int, contents: bytes) -> bytes:
    """Write one element with the shortest length."""
    length = len(contents)
    if length < _LONG_LENGTH:
        return bytes((tag, length)) + contents
    octets = (length.bit_length() + 7) // 8
    return bytes((tag, _LONG_LENGTH + octets)) + length.to_bytes(octets) + contents


def octets(value: bytes, tag: int = OCTET_STRING) -> bytes:
    """Write an OCTET STRING."""
    return element(tag, value)


def text(value: str, where: str, tag: int = OCTET_STRING) -> bytes:
    """
    Write an LDAPString.

    Raises:
        LdapError: The text has a surrogate, which UTF-8 cannot carry.
    """
    return element(tag, utf8(value, where))


def utf8(value: str, where: str) -> bytes:
    """
    Encode text as UTF-8.

    Raises:
        LdapError: The text has a surrogate.
    """
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise LdapError(LdapReason.BAD_VALUE, where) from None


def integer(value: int, where: str, *, tag: int = INTEGER, low: int = 0, high: int = MAX_INTEGER) -> bytes:
    """
    Write an INTEGER or ENUMERATED in its shortest form.

    Raises:
        LdapError: The value is not between *low* and *high*.
    """
    if not low <= value <= high:
        raise LdapError(LdapReason.BAD_VALUE, where)
    return element(tag, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def boolean(*, value: bool, tag: int = BOOLEAN) -> bytes:
    """Write a BOOLEAN."""
    return element(tag, _TRUE if value else _FALSE)


def constructed(number: int) -> int:
    """Make the tag of a constructed element that is context-specific, from its number."""
    return 0xA0 | number


def primitive(number: int) -> int:
    """Make the tag of a primitive element that is context-specific, from its number."""
    return 0x80 | number
