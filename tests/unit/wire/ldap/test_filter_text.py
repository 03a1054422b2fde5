"""
Filters as text: the examples of RFC 4515 section 4, and what its grammar does not have.
"""

from typing import Final

import pytest

from watchword.wire.ldap.errors import LdapError, LdapReason
from watchword.wire.ldap.filter_codec import write_filter
from watchword.wire.ldap.filter_text import format_filter, parse_filter
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
)

RFC_4515: Final[list[tuple[str, Filter]]] = [
    ("(cn=Babs Jensen)", equal("cn", "Babs Jensen")),
    ("(!(cn=Tim Howes))", Not(operand=equal("cn", "Tim Howes"))),
    (
        "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
        And(
            operands=(
                equal("objectClass", "Person"),
                Or(operands=(equal("sn", "Jensen"), Substrings(attribute="cn", initial=b"Babs J"))),
            )
        ),
    ),
    ("(o=univ*of*mich*)", Substrings(attribute="o", initial=b"univ", middle=(b"of", b"mich"))),
    ("(seeAlso=)", equal("seeAlso", "")),
    (
        "(cn:caseExactMatch:=Fred Flintstone)",
        Extensible(attribute="cn", rule="caseExactMatch", value=b"Fred Flintstone"),
    ),
    ("(cn:=Betty Rubble)", Extensible(attribute="cn", value=b"Betty Rubble")),
    (
        "(sn:dn:2.4.6.8.10:=Barney Rubble)",
        Extensible(attribute="sn", rule="2.4.6.8.10", value=b"Barney Rubble", dn_attributes=True),
    ),
    ("(o:dn:=Ace Industry)", Extensible(attribute="o", value=b"Ace Industry", dn_attributes=True)),
    ("(:1.2.3:=Wilma Flintstone)", Extensible(rule="1.2.3", value=b"Wilma Flintstone")),
    ("(:DN:2.4.6.8.10:=Dino)", Extensible(rule="2.4.6.8.10", value=b"Dino", dn_attributes=True)),
    (
        r"(o=Parens R Us \28for all your parenthetical needs\29)",
        equal("o", "Parens R Us (for all your parenthetical needs)"),
    ),
    (r"(cn=*\2A*)", Substrings(attribute="cn", middle=(b"*",))),
    (r"(filename=C:\5cMyFile)", equal("filename", "C:\\MyFile")),
    (r"(bin=\00\00\00\04)", equal("bin", b"\0\0\0\4")),
    (r"(sn=Lu\c4\8di\c4\87)", equal("sn", "Lučić")),
    (r"(1.3.6.1.4.1.1466.0=\04\02\48\69)", equal("1.3.6.1.4.1.1466.0", b"\4\2Hi")),
]

MORE: Final[list[tuple[str, Filter]]] = [
    ("(sn=Lučić)", equal("sn", "Lučić")),
    ("(cn=*)", Present(attribute="cn")),
    ("(cn=*a)", Substrings(attribute="cn", final=b"a")),
    ("(cn=*a*)", Substrings(attribute="cn", middle=(b"a",))),
    ("(cn~=a)", Comparison(match=Match.APPROXIMATE, attribute="cn", value=b"a")),
    ("(cn>=a)", Comparison(match=Match.GREATER_OR_EQUAL, attribute="cn", value=b"a")),
    ("(cn<=a)", Comparison(match=Match.LESS_OR_EQUAL, attribute="cn", value=b"a")),
    ("(cn;lang-de;x-1=a=b)", equal("cn;lang-de;x-1", "a=b")),
    ("(cn= a )", equal("cn", " a ")),
    ("(&)", And(operands=())),
    ("(|)", Or(operands=())),
    (
        "(memberOf:1.2.840.113556.1.4.1941:=cn=vpn,dc=a)",
        Extensible(attribute="memberOf", rule="1.2.840.113556.1.4.1941", value=b"cn=vpn,dc=a"),
    ),
]


@pytest.mark.parametrize(("text", "tree"), [*RFC_4515, *MORE])
def test_text_is_read(text: str, tree: Filter) -> None:
    assert parse_filter(text) == tree


@pytest.mark.parametrize("tree", [tree for _, tree in [*RFC_4515, *MORE]])
def test_what_is_written_is_read_again(tree: Filter) -> None:
    assert parse_filter(format_filter(tree)) == tree


def test_what_means_something_is_written_escaped() -> None:
    assert format_filter(equal("cn", "a*(b)\\\0ü")) == r"(cn=a\2a\28b\29\5c\00\c3\bc)"


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 1),
        ("cn=a", 1),
        (" (cn=a)", 1),
        ("(cn=a) ", 7),
        ("(cn=a)(sn=b)", 7),
        ("(cn=a", 6),
        ("(&(cn=a)", 9),
        ("(&(cn=a)x)", 9),
        ("(& (cn=a))", 3),
        ("()", 2),
        ("((cn=a))", 2),
        ("(!)", 3),
        ("(!(cn=a)(cn=b))", 15),
        ("(cn)", 2),
        ("(=a)", 2),
        ("(c_n=a)", 2),
        ("(-cn=a)", 2),
        ("(1=a)", 2),
        ("(1.02=a)", 2),
        ("(cn;=a)", 2),
        ("(cn =a)", 2),
        ("(cn=a(b)", 5),
        ("(cn=a\0b)", 5),
        (r"(cn=\)", 5),
        (r"(cn=\2)", 5),
        (r"(cn=\2g)", 5),
        ("(cn>=a*)", 6),
        ("(cn=a**b)", 5),
        ("(cn=**)", 5),
        ("(:=a)", 2),
        ("(:dn:=a)", 2),
        ("(cn:=a*)", 6),
        ("(cn:x y:=a)", 2),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(text: str, position: int) -> None:
    with pytest.raises(LdapError) as refusal:
        parse_filter(text)

    assert (refusal.value.reason, refusal.value.where) == (LdapReason.BAD_FILTER, f"character {position}")


def test_a_surrogate_is_refused() -> None:
    with pytest.raises(LdapError) as refusal:
        parse_filter("(cn=\ud800)")

    assert refusal.value.reason is LdapReason.BAD_VALUE


def test_the_deepest_text_can_be_sent_and_a_deeper_one_is_refused() -> None:
    deepest = "(!" * MAX_FILTER_DEPTH + "(cn=a)" + ")" * MAX_FILTER_DEPTH

    assert format_filter(parse_filter(deepest)) == deepest
    write_filter(parse_filter(deepest))
    for text in (f"(!{deepest})", "(!" * 100_000):
        with pytest.raises(LdapError) as refusal:
            parse_filter(text)
        assert refusal.value.reason is LdapReason.TOO_DEEP
