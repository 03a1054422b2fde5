"""
Search filters as values (RFC 4511 section 4.5.1.7).

Rules of this file: a filter is a value from the moment it exists, so a name that a user typed is only ever the bytes of
an assertion, never a part of a text that is parsed afterwards (rule L15). Trees are walked with a stack of our own, not
by recursion, and how deep they may be is one number for reading, writing and RFC 4515 text. A set without members is
legal (RFC 4526). What an attribute description may look like is the server's business and not checked here;
`filter_text` checks what a person wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, TypeAlias, TypeVar, final

from watchword.wire.ldap import ber
from watchword.wire.ldap.errors import LdapError, LdapReason

MAX_FILTER_DEPTH: Final = ber.MAX_DEPTH - 4
"""
Branches inside one another. The message and the search are around them, and a substring filter needs two elements of
its own, so that whatever may be built can be sent and whatever can be received may be built.
"""


@final
class Match(IntEnum):
    """How a `Comparison` compares; the number is the filter choice's tag number."""

    EQUALITY = 3
    GREATER_OR_EQUAL = 5
    LESS_OR_EQUAL = 6
    APPROXIMATE = 8


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An AttributeValueAssertion."""

    match: Match
    attribute: str
    value: bytes


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Whether an entry has the attribute at all."""

    attribute: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Substrings:
    """Pieces that a value must have in this order; at least one, and none of them empty (RFC 4517 section 3.3.30)."""

    attribute: str
    initial: bytes | None = None
    middle: tuple[bytes, ...] = ()
    final: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse a filter that would match everything."""
        pieces = [piece for piece in (self.initial, *self.middle, self.final) if piece is not None]
        if not pieces or not all(pieces):
            raise LdapError(LdapReason.BAD_VALUE, "SubstringFilter.substrings")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Extensible:
    """A MatchingRuleAssertion; it names a rule, an attribute, or both (RFC 4511 section 4.5.1.7.7)."""

    rule: str | None = None
    attribute: str | None = None
    value: bytes
    dn_attributes: bool = False

    def __post_init__(self) -> None:
        """Refuse an assertion about nothing."""
        if self.rule is None and self.attribute is None:
            raise LdapError(LdapReason.BAD_VALUE, "MatchingRuleAssertion")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """All of them; true where there is none (RFC 4526)."""

    operands: tuple[Filter, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """One of them; false where there is none (RFC 4526)."""

    operands: tuple[Filter, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The contrary."""

    operand: Filter


Leaf: TypeAlias = Comparison | Present | Substrings | Extensible
Branch: TypeAlias = And | Or | Not
Filter: TypeAlias = Leaf | Branch

T = TypeVar("T")


def equal(attribute: str, value: str | bytes) -> Comparison:
    """
    Make the filter "*attribute* is *value*"; no character of *value* means anything special.

    Raises:
        LdapError: The text has a surrogate.
    """
    data = ber.utf8(value, "AssertionValue") if isinstance(value, str) else value
    return Comparison(match=Match.EQUALITY, attribute=attribute, value=data)


def fold(tree: Filter, leaf: Callable[[Leaf], T], branch: Callable[[type[Branch], list[T]], T]) -> T:
    """
    Work out a value for a filter from the values of its parts, innermost first.

    Raises:
        LdapError: The filter is nested deeper than `MAX_FILTER_DEPTH`.
    """
    open_branches: list[tuple[type[Branch], Iterator[Filter], list[T]]] = []
    current = tree
    while True:
        if isinstance(current, And | Or | Not):
            operands = (current.operand,) if isinstance(current, Not) else current.operands
            open_branches.append((type(current), iter(operands), []))
            if len(open_branches) > MAX_FILTER_DEPTH:
                raise LdapError(LdapReason.TOO_DEEP, "Filter")
        else:
            value = leaf(current)
            if not open_branches:
                return value
            open_branches[-1][2].append(value)
        while (following := next(open_branches[-1][1], None)) is None:
            kind, _, values = open_branches.pop()
            value = branch(kind, values)
            if not open_branches:
                return value
            open_branches[-1][2].append(value)
        current = following


def fill(template: Filter, placeholder: bytes, value: bytes) -> Filter:
    """
    Put *value* wherever *placeholder* stands in an assertion of *template*.

    The template is a tree already, so nothing in *value* can end an assertion or begin another one.

    Raises:
        LdapError: Nothing in the template asks for the value, so that it would select the same entries for everybody;
            or it is nested too deep.
    """
    found = 0

    def put(piece: bytes) -> bytes:
        nonlocal found
        found += piece.count(placeholder)
        return piece.replace(placeholder, value)

    def leaf(part: Leaf) -> Filter:
        match part:
            case Present():
                return part
            case Substrings():
                return replace(
                    part,
                    initial=None if part.initial is None else put(part.initial),
                    middle=tuple(put(piece) for piece in part.middle),
                    final=None if part.final is None else put(part.final),
                )
            case _:
                return replace(part, value=put(part.value))

    filled = fold(template, leaf, rebuild)
    if not found:
        raise LdapError(LdapReason.BAD_FILTER, "placeholder")
    return filled


def rebuild(kind: type[Branch], operands: list[Filter]) -> Filter:
    """Make a branch again from its kind and its operands; of a `Not` there is one."""
    if kind is Not:
        return Not(operand=operands[0])
    return And(operands=tuple(operands)) if kind is And else Or(operands=tuple(operands))
