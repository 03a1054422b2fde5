r"""
Search filters as people write them (RFC 4515).

Rules of this file: the grammar is the RFC's and no more: every filter has its parentheses, there is no space around
them, and a value that holds one of `*()\` or NUL escapes it as a backslash and two hexadecimal digits. What this file
refuses, an administrator wrote, so the error says where. User names do not come through here: `filters.equal` and
`filters.fill` take them as values.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from watchword.wire.ldap import ber
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filters import (
    MAX_FILTER_DEPTH,
    And,
    Branch,
    Comparison,
    Extensible,
    Filter,
    Leaf,
    Match,
    Not,
    Or,
    Present,
    Substrings,
    fold,
    rebuild,
)

_NUMERIC_OID: Final = r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+"
_OID: Final = rf"(?:[A-Za-z][A-Za-z0-9-]*|{_NUMERIC_OID})"
_ATTRIBUTE: Final = rf"{_OID}(?:;[A-Za-z0-9-]+)*"

_COMPARISON: Final = re.compile(rf"(?P<attribute>{_ATTRIBUTE})(?P<sign>=|~=|>=|<=)")
_EXTENSIBLE: Final = re.compile(rf"(?P<attribute>{_ATTRIBUTE})?(?P<below>:[dD][nN])?(?::(?P<rule>{_OID}))?:=")
_ESCAPED: Final = re.compile(r"\\([0-9a-fA-F]{2})")
_SPECIAL: Final = re.compile(rb"[\x00()*\\\x80-\xff]")

_SIGNS: Final = {
    "=": Match.EQUALITY,
    "~=": Match.APPROXIMATE,
    ">=": Match.GREATER_OR_EQUAL,
    "<=": Match.LESS_OR_EQUAL,
}
_SIGN_OF: Final = {match: sign for sign, match in _SIGNS.items()}
_BRANCHES: Final[dict[str, type[Branch]]] = {"&": And, "|": Or, "!": Not}
_SIGN_OF_BRANCH: Final = {kind: sign for sign, kind in _BRANCHES.items()}


def parse_filter(text: str) -> Filter:
    """
    Read a filter from its text.

    Raises:
        LdapError: `BAD_FILTER` with the position, counted from 1, where the text is no filter; `TOO_DEEP`.
    """
    open_branches: list[tuple[type[Branch], list[Filter]]] = []
    position = 0
    while True:
        if text[position : position + 1] != "(":
            _refuse(position)
        kind = _BRANCHES.get(text[position + 1 : position + 2])
        if kind is not None:
            if len(open_branches) == MAX_FILTER_DEPTH:
                raise LdapError(LdapReason.TOO_DEEP, "Filter")
            open_branches.append((kind, []))
            position += 2
        else:
            end = text.find(")", position)
            if end < 0:
                _refuse(len(text))
            current: Filter = _parse_item(text[position + 1 : end], position + 1)
            position = end + 1
            if not open_branches:
                return _whole(current, text, position)
            open_branches[-1][1].append(current)
        while text[position : position + 1] == ")":
            kind, operands = open_branches.pop()
            if kind is Not and len(operands) != 1:
                _refuse(position)
            position += 1
            current = rebuild(kind, operands)
            if not open_branches:
                return _whole(current, text, position)
            open_branches[-1][1].append(current)


def _refuse(position: int) -> NoReturn:
    raise LdapError(LdapReason.BAD_FILTER, f"character {position + 1}")


def _whole(tree: Filter, text: str, position: int) -> Filter:
    if position != len(text):
        _refuse(position)
    return tree


def _parse_item(item: str, position: int) -> Leaf:
    found = _COMPARISON.match(item)
    if found is None:
        return _parse_extensible(item, position)
    attribute, sign = found["attribute"], found["sign"]
    start = position + found.end()
    value = item[found.end() :]
    if sign != "=" or "*" not in value:
        return Comparison(match=_SIGNS[sign], attribute=attribute, value=_unescape(value, start))
    if value == "*":
        return Present(attribute=attribute)
    initial, *middle, last = (_unescape(piece, start) for piece in value.split("*"))
    if not all(middle):
        _refuse(start)
    return Substrings(attribute=attribute, initial=initial or None, middle=tuple(middle), final=last or None)


def _parse_extensible(item: str, position: int) -> Extensible:
    found = _EXTENSIBLE.match(item)
    if found is None or (found["attribute"] is None and found["rule"] is None):
        _refuse(position)
    return Extensible(
        rule=found["rule"],
        attribute=found["attribute"],
        value=_unescape(item[found.end() :], position + found.end()),
        dn_attributes=found["below"] is not None,
    )


def _unescape(value: str, position: int) -> bytes:
    parts = _ESCAPED.split(value)
    plain, escaped = parts[0::2], parts[1::2]
    if any(character in piece for piece in plain for character in "\0(*\\"):
        _refuse(position)
    encoded = [ber.utf8(piece, "AssertionValue") for piece in plain]
    octets = [bytes.fromhex(digits) for digits in escaped]
    return b"".join(part for pair in zip(encoded, [*octets, b""], strict=True) for part in pair)


def format_filter(tree: Filter) -> str:
    """
    Write a filter as text; `parse_filter` gives it back where its attribute descriptions are RFC 4512's.

    Raises:
        LdapError: It is nested too deep.
    """
    return fold(tree, _format_leaf, lambda kind, parts: f"({_SIGN_OF_BRANCH[kind]}{''.join(parts)})")


def _escape(value: bytes) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0][0]:02x}".encode(), value).decode("ascii")


def _format_leaf(part: Leaf) -> str:
    match part:
        case Comparison():
            return f"({part.attribute}{_SIGN_OF[part.match]}{_escape(part.value)})"
        case Present():
            return f"({part.attribute}=*)"
        case Substrings():
            pieces = (part.initial or b"", *part.middle, part.final or b"")
            return f"({part.attribute}={'*'.join(map(_escape, pieces))})"
        case _:
            below = ":dn" if part.dn_attributes else ""
            rule = "" if part.rule is None else f":{part.rule}"
            return f"({part.attribute or ''}{below}{rule}:={_escape(part.value)})"
