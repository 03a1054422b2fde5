"""
Names: folding is settled, and sees the differences that people mean and no others (V14, N16, K13).
"""

import unicodedata
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from watchword.domain.users import LONGEST_NAME, fold, is_canonical, names_of

labels: Final = st.text(alphabet="abcxyz019-", min_size=1, max_size=8)
canonical_names: Final = st.builds(
    lambda local, domain: f"{local}@{'.'.join(domain)}",
    st.text(alphabet="abcxyz019.-_+'", min_size=1, max_size=8),
    st.lists(labels, min_size=1, max_size=3),
)


@given(st.text())
def test_folding_is_total_and_settled(name: str) -> None:
    folded = fold(name)
    if folded is not None:
        assert fold(folded) == folded


@given(st.text())
def test_v14_case_and_composition_make_no_difference(name: str) -> None:
    folded = fold(name)
    assume(folded is not None)
    assert fold(name.casefold()) == folded
    assert fold(unicodedata.normalize("NFC", name)) == folded
    assert fold(unicodedata.normalize("NFD", name)) == folded


@given(st.text())
def test_what_is_somebodys_name_can_be_shown_and_carried(name: str) -> None:
    folded = fold(name)
    if folded is not None:
        assert 0 < len(folded.encode()) <= LONGEST_NAME
        assert folded == folded.strip()
        assert not any(unicodedata.category(character).startswith("C") for character in folded)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789.@\\-", min_size=1, max_size=20))
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert fold(name) == name
    assert fold(name.upper()) == name


@given(st.characters(min_codepoint=0x80, exclude_categories=["C"]))
def test_k13_compatibility_makes_nobody_the_same(character: str) -> None:
    # Fullwidth, circled, mathematical and the like become plain letters under NFKC, and must not here.
    plain = unicodedata.normalize("NFKC", character).casefold()
    if plain.isascii() and unicodedata.normalize("NFC", character).casefold() != plain:
        assert fold(f"x{character}y") != fold(f"x{plain}y")


@given(canonical_names)
def test_a_user_goes_by_three_names_and_each_is_folded(username: str) -> None:
    assert is_canonical(username)
    assert fold(username) == username
    canonical, short, down_level = names_of(username)
    assert canonical == username
    assert username.startswith(f"{short}@")
    assert down_level.endswith(f"\\{short}")
    assert all(fold(name) == name for name in names_of(username))


@given(canonical_names, st.text(max_size=6))
def test_only_one_at_sign_and_no_blank_make_a_canonical_name(username: str, more: str) -> None:
    name = username + more
    if is_canonical(name):
        assert name.count("@") == 1
        assert "" not in name.split("@")[1].split(".")
        assert not set(name) & set(' \t\\,;<>()[]:"')
