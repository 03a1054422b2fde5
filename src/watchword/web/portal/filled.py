"""
A form as somebody has filled it in: from texts to an operation's arguments, and back to him with words beside fields.

Nothing that was typed is lost but secrets, which are never sent back.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, Final, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from watchword.app.administration import Refusal
from watchword.domain.secrets import Secret
from watchword.web.portal.languages import marked
from watchword.web.portal.reading import Reading

Arguments = TypeVar("Arguments")

LONGEST_NUMBER: Final = 12
"""Characters of a number: Python reads longer ones slowly."""

_NEEDED: Final = marked("This is needed.")
_NUMBER: Final = marked("Write a whole number, such as 300.")
_CHOICE: Final = marked("Choose one of these.")
_YES: Final = ("on", "true", "1", "yes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """
    A form as its page shows it.

    Attributes:
        values: what stands in each field.
        errors: what is wrong with a field, by its name.
        refusal: what is wrong with the whole.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None

    def value(self, name: str) -> str:
        """Return what stands in a field, nothing where it is empty."""
        return self.values.get(name, "")

    def error(self, name: str) -> str | None:
        """Return what is wrong with a field."""
        return self.errors.get(name)

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.errors) or self.refusal is not None

    @property
    def first_wrong(self) -> str | None:
        """The first field that has something wrong with it: the focus goes there."""
        return next(iter(self.errors), None)

    def having(self, **values: str) -> "Form":
        """Return the form with other values in some fields."""
        return replace(self, values={**self.values, **values})

    def refused(self, refusal: Refusal, known: Sequence[str] = ()) -> "Form":
        """
        Return the form with an operation's refusal, beside the field that it is about.

        Args:
            refusal: why the operation was not done.
            known: the fields that a form can have; a refusal about another is about the whole. All, where none is
                named.
        """
        named = (refusal.field or "").removeprefix("/")
        if not named or (known and named not in known):
            return replace(self, refusal=refusal.sentence)
        return replace(self, errors={**self.errors, named: refusal.sentence})


def form_of(sent: Mapping[str, Any], *, hidden: Sequence[str] = ()) -> Form:
    """Return a form as it was sent, without the fields that are not to be sent back: secrets."""
    return Form(values={name: value for name, value in sent.items() if isinstance(value, str) and name not in hidden})


def arguments_of(
    sent: Mapping[str, Any], kind: type[Arguments], reading: Reading, **given: Any
) -> Arguments | dict[str, str]:
    """
    Read an operation's arguments from what a form has sent.

    Texts lose the blanks around them; one that is empty is no value at all, for which the default stands. `int` fields
    take whole numbers, enums their values, `bool` a check box (one that was not sent is off, or None where None may
    be), tuples of texts a value on each line, `Secret` octets as they were typed.

    Args:
        sent: fields by their names.
        kind: the type of the arguments, a dataclass.
        reading: whoever reads what is wrong.
        given: arguments that no field holds, such as an identifier of the path.

    Returns:
        The arguments, or what is wrong with each field, in words.
    """
    values: dict[str, Any] = dict(given)
    wrong: dict[str, str] = {}
    hints = _hints(cast("Hashable", kind))
    for one in fields(kind):  # type: ignore[arg-type]
        if one.name in given:
            continue
        plain, optional = _plain(hints[one.name])
        written = sent.get(one.name)
        has_default = one.default is not MISSING or one.default_factory is not MISSING
        if plain is bool and (written is not None or not optional):
            values[one.name] = isinstance(written, str) and written in _YES
            continue
        if not isinstance(written, str) or not written.strip():
            if not has_default and not optional:
                wrong[one.name] = reading.gettext(_NEEDED)
            elif not has_default:
                values[one.name] = None
            continue
        try:
            values[one.name] = _read(written, plain)
        except ValueError:
            wrong[one.name] = reading.gettext(_NUMBER if plain in (int, float) else _CHOICE)
    return wrong or kind(**values)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    """Return the types of a dataclass's fields: finding them anew for each form would be slow."""
    return get_type_hints(kind)


def _plain(hint: Any) -> tuple[Any, bool]:
    """Return a type without its None, and whether it had one."""
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        parts = [part for part in get_args(hint) if part is not NoneType]
        return parts[0], len(parts) < len(get_args(hint))
    return hint, False


def _read(written: str, plain: Any) -> object:
    """Return a text as a value of a type. Raises `ValueError`."""
    if plain is Secret:
        return Secret(written.encode())
    text = written.strip()
    if plain in (int, float):
        if len(text) > LONGEST_NUMBER or not text.isascii():
            raise ValueError("no number is that long")
        return plain(text)
    if get_origin(plain) is tuple:
        item = get_args(plain)[0]
        return tuple(_read(line, item) for line in text.splitlines() if line.strip())
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return plain(text)
    return text
