from collections.abc import Iterator
from enum import Enum, EnumType, StrEnum

import pytest

from watchword.kit import enumerations


class Word(StrEnum):
    NAME = "name"
    VALUE = "value"
    OTHER = "other"


@pytest.fixture(autouse=True)
def settled() -> Iterator[None]:
    before = vars(EnumType).get("__getattr__")
    enumerations.settle()
    yield
    if before is not None:
        type.__setattr__(EnumType, "__getattr__", before)


def test_nothing_stands_in_the_way_of_a_member() -> None:
    assert "__getattr__" not in vars(EnumType)
    enumerations.settle()
    assert Word.OTHER is Word("other")


def test_members_called_as_a_property_of_members_is_are_found() -> None:
    assert (Word.NAME.value, Word.VALUE.name) == ("name", "VALUE")


def test_every_member_of_every_enumeration_is_found_by_its_name() -> None:
    kinds = [Enum]
    for kind in kinds:
        kinds += kind.__subclasses__()
        assert all(getattr(kind, name) is member for name, member in kind.__members__.items()), kind
    assert len(kinds) > 20


def test_what_is_no_member_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = Word.MISSING  # type: ignore[attr-defined]
