"""
Search filters on the wire (RFC 4511 section 4.5.1.7).

Rules of this file: it maps `filters` to BER and back and knows nothing else. Reading keeps the open branches on a stack
of its own, so that no peer decides how deep our call stack gets; writing folds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

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

_AND: Final = ber.constructed(0)
_OR: Final = ber.constructed(1)
_NOT: Final = ber.constructed(2)
_SUBSTRINGS: Final = ber.constructed(4)
_PRESENT: Final = ber.primitive(7)
_EXTENSIBLE: Final = ber.constructed(9)

_INITIAL, _MIDDLE, _FINAL = (ber.primitive(number) for number in range(3))
_RULE, _TYPE, _VALUE, _DN_ATTRIBUTES = (ber.primitive(number) for number in range(1, 5))

_TAGS: Final[dict[type[Branch], int]] = {And: _AND, Or: _OR, Not: _NOT}
_BRANCHES: Final[dict[int | None, type[Branch]]] = {tag: kind for kind, tag in _TAGS.items()}


def write_filter(tree: Filter) -> bytes:
    """
    Write a Filter.

    Raises:
        LdapError: It is nested too deep, or a text has a surrogate.
    """
    return fold(tree, _write_leaf, lambda kind, parts: ber.element(_TAGS[kind], b"".join(parts)))


def _write_leaf(part: Leaf) -> bytes:
    match part:
        case Comparison():
            return ber.element(
                ber.constructed(part.match),
                ber.text(part.attribute, "AttributeValueAssertion.attributeDesc") + ber.octets(part.value),
            )
        case Present():
            return ber.text(part.attribute, "Filter.present", _PRESENT)
        case Substrings():
            pieces = [] if part.initial is None else [ber.octets(part.initial, _INITIAL)]
            pieces += [ber.octets(piece, _MIDDLE) for piece in part.middle]
            pieces += [] if part.final is None else [ber.octets(part.final, _FINAL)]
            return ber.element(
                _SUBSTRINGS,
                ber.text(part.attribute, "SubstringFilter.type") + ber.element(ber.SEQUENCE, b"".join(pieces)),
            )
        case _:
            rule = b"" if part.rule is None else ber.text(part.rule, "MatchingRuleAssertion.matchingRule", _RULE)
            kind = b"" if part.attribute is None else ber.text(part.attribute, "MatchingRuleAssertion.type", _TYPE)
            below = ber.boolean(value=True, tag=_DN_ATTRIBUTES) if part.dn_attributes else b""
            return ber.element(_EXTENSIBLE, rule + kind + ber.octets(part.value, _VALUE) + below)


def read_filter(reader: ber.Reader) -> Filter:
    """
    Read a Filter.

    Raises:
        LdapError: It is malformed, or nested deeper than elements may be.
    """
    open_branches: list[tuple[type[Branch], ber.Reader, list[Filter]]] = []
    while True:
        source = open_branches[-1][1] if open_branches else reader
        tag = source.peek()
        kind = _BRANCHES.get(tag)
        if kind is not None:
            if len(open_branches) == MAX_FILTER_DEPTH:
                raise LdapError(LdapReason.TOO_DEEP, "Filter")
            open_branches.append((kind, source.enter(_TAGS[kind], "Filter"), []))
        else:
            current: Filter = _read_leaf(tag, source)
            if not open_branches:
                return current
            open_branches[-1][2].append(current)
        while open_branches[-1][1].at_end:
            kind, _, operands = open_branches.pop()
            if kind is Not and len(operands) != 1:
                raise LdapError(LdapReason.BAD_VALUE, "Filter.not")
            current = rebuild(kind, operands)
            if not open_branches:
                return current
            open_branches[-1][2].append(current)


def _read_leaf(tag: int | None, reader: ber.Reader) -> Leaf:
    read = _LEAVES.get(tag)
    if read is None:
        raise LdapError(LdapReason.UNEXPECTED_TAG, "Filter")
    return read(reader)


def _comparison(match: Match) -> Callable[[ber.Reader], Comparison]:
    def read(reader: ber.Reader) -> Comparison:
        inner = reader.enter(ber.constructed(match), "AttributeValueAssertion")
        attribute = inner.text("AttributeValueAssertion.attributeDesc")
        value = inner.octets("AttributeValueAssertion.assertionValue")
        inner.ignore_trailing("AttributeValueAssertion")
        return Comparison(match=match, attribute=attribute, value=value)

    return read


def _read_present(reader: ber.Reader) -> Present:
    return Present(attribute=reader.text("Filter.present", _PRESENT))


def _read_substrings(reader: ber.Reader) -> Substrings:
    inner = reader.enter(_SUBSTRINGS, "SubstringFilter")
    attribute = inner.text("SubstringFilter.type")
    pieces = inner.enter(ber.SEQUENCE, "SubstringFilter.substrings")
    inner.ignore_trailing("SubstringFilter")
    initial = pieces.octets("SubstringFilter.initial", _INITIAL) if pieces.peek() == _INITIAL else None
    middle: list[bytes] = []
    while pieces.peek() == _MIDDLE:
        middle.append(pieces.octets("SubstringFilter.any", _MIDDLE))
    last = None if pieces.at_end else pieces.octets("SubstringFilter.final", _FINAL)
    if not pieces.at_end:
        raise LdapError(LdapReason.UNEXPECTED_TAG, "SubstringFilter.substrings")
    return Substrings(attribute=attribute, initial=initial, middle=tuple(middle), final=last)


def _read_extensible(reader: ber.Reader) -> Extensible:
    inner = reader.enter(_EXTENSIBLE, "MatchingRuleAssertion")
    rule = inner.text("MatchingRuleAssertion.matchingRule", _RULE) if inner.peek() == _RULE else None
    attribute = inner.text("MatchingRuleAssertion.type", _TYPE) if inner.peek() == _TYPE else None
    value = inner.octets("MatchingRuleAssertion.matchValue", _VALUE)
    below = inner.peek() == _DN_ATTRIBUTES and inner.boolean("MatchingRuleAssertion.dnAttributes", _DN_ATTRIBUTES)
    inner.ignore_trailing("MatchingRuleAssertion")
    return Extensible(rule=rule, attribute=attribute, value=value, dn_attributes=below)


_LEAVES: Final[dict[int | None, Callable[[ber.Reader], Leaf]]] = {
    **{ber.constructed(match): _comparison(match) for match in Match},
    _SUBSTRINGS: _read_substrings,
    _PRESENT: _read_present,
    _EXTENSIBLE: _read_extensible,
}
