"""
Names: one person has one folded name whatever he types (V14).

Letters that merely look alike are different people (K13, N16).
"""

import pytest

from tests.unit.domain.values import ALICE
from watchword.domain.users import LONGEST_NAME, Person, User, fold, is_canonical, names_of


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("alice", "alice"),
        ("ALICE@Example.COM", "alice@example.com"),
        ("EXAMPLE\\Alice", "example\\alice"),
        ("stra\u00dfe", "strasse"),
        ("STRASSE", "strasse"),
        ("Jose\u0301", "jos\u00e9"),
        ("Jos\u00c9", "jos\u00e9"),
        ("\u1e9e", "ss"),
        ("\u03a3", "\u03c3"),
        ("\u03c2", "\u03c3"),
        ("\u212a", "k"),
        ("\u0130", "i\u0307"),
        ("anna maria", "anna maria"),
        ("\u674e\u660e@example.com", "\u674e\u660e@example.com"),
    ],
)
def test_names_are_folded(typed: str, folded: str) -> None:
    assert fold(typed) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    "lookalike",
    [
        "\uff41lice",  # Fullwidth.
        "al\u0456ce",  # Cyrillic i.
        "\u0430lice",  # Cyrillic a.
        "a1ice",
        "al\u0131ce",  # Dotless i.
        "alice\u0301",
        "\u24d0lice",  # Circled a.
        "ali\u03f2e",  # Greek lunate sigma.
        "\U0001d41alice",  # Mathematical bold a.
    ],
)
def test_k13_letters_that_look_alike_are_other_people(lookalike: str) -> None:
    assert fold(lookalike) not in (None, fold("alice"))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        " alice",
        "alice ",
        "alice\t",
        "\u00a0alice",
        "alice\u3000",
        "alice\0",
        "ali\0ce",
        "ali\nce",
        "ali\u200bce",  # Zero-width space.
        "ali\u202ece",  # Right-to-left override.
        "ali\u00adce",  # Soft hyphen.
        "ali\ufeffce",
        "ali\ue000ce",  # Private use.
        "ali\ud800ce",  # A surrogate alone.
        "ali\U000e0041ce",  # A tag.
        "ali\u0378ce",  # Unassigned.
    ],
)
def test_what_is_nobodys_name(typed: str) -> None:
    assert fold(typed) is None


def test_a_name_has_a_longest_length_in_octets() -> None:
    assert fold("x" * LONGEST_NAME) == "x" * LONGEST_NAME
    assert fold("x" * (LONGEST_NAME + 1)) is None
    assert fold("\u00e9" * (LONGEST_NAME // 2)) is not None
    assert fold("\u00e9" * (LONGEST_NAME // 2 + 1)) is None


def test_a_name_is_measured_as_it_is_folded() -> None:
    # One letter of two octets folds to two of three octets together.
    assert fold("\u0390" * (LONGEST_NAME // 2)) is not None
    assert fold("\u0149" * (LONGEST_NAME // 2)) is None


@pytest.mark.parametrize("name", ["alice@example.com", "a@b", "alice.o'neil+vpn@mail.example.com", "\u674e@example.cn"])
def test_a_canonical_name(name: str) -> None:
    assert is_canonical(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "alice",
        "@",
        "@example.com",
        "alice@",
        "alice@@example.com",
        "a@b@example.com",
        "alice@.com",
        "alice@example.",
        "alice@example..com",
        "example\\alice@example.com",
        "alice smith@example.com",
        "alice\t@example.com",
        "alice,@example.com",
        "alice;@example.com",
        'alice"@example.com',
        "<alice@example.com>",
        "alice(me)@example.com",
        "alice@[192.0.2.1]",
        "alice@example.com:1812",
    ],
)
def test_what_is_no_canonical_name(name: str) -> None:
    assert not is_canonical(name)


def test_the_names_of_a_user() -> None:
    assert names_of("alice@example.com") == ("alice@example.com", "alice", "example\\alice")
    assert names_of("bob@mail.corp.example.com") == ("bob@mail.corp.example.com", "bob", "mail\\bob")
    assert names_of("carol@local") == ("carol@local", "carol", "local\\carol")


@pytest.mark.parametrize("typed", ["Alice@EXAMPLE.com", "alice", "ALICE", "EXAMPLE\\alice", "example\\ALICE"])
def test_v14_every_alias_is_one_of_the_names(typed: str) -> None:
    assert fold(typed) in names_of("alice@example.com")


def test_a_user_starts_out_able_to_sign_in_and_with_nothing_against_him() -> None:
    alice = Person(user=User(id=ALICE, username="alice@example.com"))
    assert not alice.user.disabled
    assert alice.user.block is None
    assert alice.methods == ()
    assert alice.bypasses == ()
    assert not alice.failures.locked(0)
    assert not alice.prompts.off(0)
