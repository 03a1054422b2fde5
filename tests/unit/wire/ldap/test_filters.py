"""
Filters as values: on the wire, filled in, and how deep they may be.
"""

from typing import Final

import pytest

from tests.unit.wire.ldap.notation import ber
from watchword.wire.ldap.ber import Reader
from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filter_codec import read_filter, write_filter
from watchword.wire.ldap.filters import (
    MAX_FILTER_DEPTH,
    And,
    Comparison,
    Extensible,
    Filter,
    Match,
    Not,
    Or,
    Present,
    Substrings,
    equal,
    fill,
)

LEAF: Final = Present(attribute="cn")
DEEPEST_LEAF: Final = Substrings(attribute="cn", initial=b"a")

ON_THE_WIRE: Final[list[tuple[str, Filter]]] = [
    ("a3{ 04{ 63 6e } 04{ 61 } }", equal("cn", "a")),
    ("a5{ 04{ 63 6e } 04{ } }", Comparison(match=Match.GREATER_OR_EQUAL, attribute="cn", value=b"")),
    ("a6{ 04{ 63 6e } 04{ 61 } }", Comparison(match=Match.LESS_OR_EQUAL, attribute="cn", value=b"a")),
    ("a8{ 04{ 63 6e } 04{ 61 } }", Comparison(match=Match.APPROXIMATE, attribute="cn", value=b"a")),
    ("87{ 63 6e }", LEAF),
    ("a4{ 04{ 63 6e } 30{ 80{ 61 } } }", DEEPEST_LEAF),
    ("a4{ 04{ 63 6e } 30{ 82{ 61 } } }", Substrings(attribute="cn", final=b"a")),
    (
        "a4{ 04{ 63 6e } 30{ 80{ 61 } 81{ 62 } 81{ 63 } 82{ 64 } } }",
        Substrings(attribute="cn", initial=b"a", middle=(b"b", b"c"), final=b"d"),
    ),
    ("a9{ 81{ 31 2e 32 } 83{ 61 } }", Extensible(rule="1.2", value=b"a")),
    ("a9{ 82{ 63 6e } 83{ 61 } 84{ ff } }", Extensible(attribute="cn", value=b"a", dn_attributes=True)),
    ("a9{ 81{ 31 2e 32 } 82{ 63 6e } 83{ } }", Extensible(rule="1.2", attribute="cn", value=b"")),
    ("a0{ }", And(operands=())),
    ("a1{ }", Or(operands=())),
    ("a2{ 87{ 63 6e } }", Not(operand=LEAF)),
    (
        "a0{ a1{ 87{ 63 6e } a2{ a0{ } } } 87{ 73 6e } }",
        And(operands=(Or(operands=(LEAF, Not(operand=And(operands=())))), Present(attribute="sn"))),
    ),
]


def nested(depth: int, leaf: Filter = LEAF) -> Filter:
    tree = leaf
    for _ in range(depth):
        tree = Not(operand=tree)
    return tree


def nested_octets(depth: int) -> bytes:
    octets = bytes.fromhex("87 02 63 6e")
    for _ in range(depth):
        length = len(octets)
        octets = b"\xa2" + (bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2)) + octets
    return octets


@pytest.mark.parametrize(("octets", "tree"), ON_THE_WIRE)
def test_octets_and_value_are_the_same_filter(octets: str, tree: Filter) -> None:
    assert read_filter(Reader(ber(octets))) == tree
    assert write_filter(tree) == ber(octets)


@pytest.mark.parametrize(
    ("octets", "tree"),
    [
        ("a3{ 04{ 63 6e } 04{ 61 } 8f{ } }", equal("cn", "a")),
        ("a4{ 04{ 63 6e } 30{ 80{ 61 } } 8f{ } }", DEEPEST_LEAF),
        ("a9{ 81{ 31 2e 32 } 83{ 61 } 84{ 00 } 8f{ } }", Extensible(rule="1.2", value=b"a")),
    ],
)
def test_components_of_a_later_version_are_passed_over(octets: str, tree: Filter) -> None:
    assert read_filter(Reader(ber(octets))) == tree


def test_only_one_filter_is_read() -> None:
    reader = Reader(ber("a2{ 87{ 63 6e } } 87{ 73 6e }"))

    assert read_filter(reader) == Not(operand=LEAF)
    assert read_filter(reader) == Present(attribute="sn")


def test_the_deepest_filter_goes_both_ways() -> None:
    tree = nested(MAX_FILTER_DEPTH, DEEPEST_LEAF)

    assert read_filter(Reader(write_filter(tree), depth=2)) == tree


@pytest.mark.parametrize("depth", [MAX_FILTER_DEPTH + 1, 500])
def test_deeper_filters_are_refused_in_both_directions(depth: int) -> None:
    """500 nested NOTs, which end a recursive reader with RecursionError, are an LdapError like everything else."""
    with pytest.raises(LdapError) as refused_reading:
        read_filter(Reader(nested_octets(depth)))
    with pytest.raises(LdapError) as refused_writing:
        write_filter(nested(depth))

    assert refused_reading.value.reason is LdapReason.TOO_DEEP
    assert refused_writing.value.reason is LdapReason.TOO_DEEP


def test_a_name_is_bytes_in_an_assertion_and_nothing_else() -> None:
    name = "*)(objectClass=*"

    assert equal("uid", name) == Comparison(match=Match.EQUALITY, attribute="uid", value=name.encode())
    assert equal("uid", b"\0\xff").value == b"\0\xff"


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(LdapError) as refusal:
        equal("uid", "\udc80")

    assert refusal.value.reason is LdapReason.BAD_VALUE


def test_a_template_is_filled_wherever_it_asks() -> None:
    template = And(
        operands=(
            Present(attribute="%s"),
            Or(operands=(equal("uid", "%s"), equal("mail", "%s@example.test"), Not(operand=equal("cn", "x")))),
            Substrings(attribute="cn", initial=b"%s-", middle=(b"-%s-",), final=b"-%s"),
            Substrings(attribute="cn", middle=(b"%s",)),
            Extensible(rule="1.2", value=b"%s"),
        )
    )

    assert fill(template, b"%s", b"*)(%s") == And(
        operands=(
            Present(attribute="%s"),
            Or(
                operands=(equal("uid", "*)(%s"), equal("mail", "*)(%s@example.test"), Not(operand=equal("cn", "x"))),
            ),
            Substrings(attribute="cn", initial=b"*)(%s-", middle=(b"-*)(%s-",), final=b"-*)(%s"),
            Substrings(attribute="cn", middle=(b"*)(%s",)),
            Extensible(rule="1.2", value=b"*)(%s"),
        )
    )


def test_a_part_that_does_not_ask_may_come_last() -> None:
    template = And(operands=(equal("uid", "%s"), equal("objectClass", "person")))

    assert fill(template, b"%s", b"a") == And(operands=(equal("uid", "a"), equal("objectClass", "person")))


def test_a_template_that_asks_for_nothing_would_find_the_same_for_everybody() -> None:
    with pytest.raises(LdapError) as refusal:
        fill(equal("objectClass", "person"), b"%s", b"alice")

    assert refusal.value.reason is LdapReason.BAD_FILTER


def test_filling_with_nothing_does_not_widen_a_substring_filter() -> None:
    with pytest.raises(LdapError) as refusal:
        fill(Substrings(attribute="cn", initial=b"%s"), b"%s", b"")

    assert refusal.value.reason is LdapReason.BAD_VALUE


@pytest.mark.parametrize(
    ("initial", "middle", "final"),
    [(None, (), None), (b"", (), None), (None, (b"a", b""), None), (None, (), b"")],
)
def test_a_substring_filter_has_pieces(initial: bytes | None, middle: tuple[bytes, ...], final: bytes | None) -> None:
    with pytest.raises(LdapError) as refusal:
        Substrings(attribute="cn", initial=initial, middle=middle, final=final)

    assert (refusal.value.reason, refusal.value.where) == (LdapReason.BAD_VALUE, "SubstringFilter.substrings")


def test_an_extensible_filter_is_about_something() -> None:
    with pytest.raises(LdapError) as refusal:
        Extensible(value=b"a")

    assert (refusal.value.reason, refusal.value.where) == (LdapReason.BAD_VALUE, "MatchingRuleAssertion")
