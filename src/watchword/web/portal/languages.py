"""
Languages that pages speak: English as it stands in the source, and each catalogue of `translations`.

Catalogues are read from their text form (.po) when the portal starts; there is nothing to compile and nothing that can
be older than its source.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from gettext import c2py
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parents[1] / "translations"

SOURCE: Final = "en"
"""The language of what stands in templates and modules."""

_MOST_WISHES: Final = 20
"""Languages of an Accept-Language header that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """
    A language.

    Attributes:
        tag: as browsers write it (BCP 47).
        name: as its own readers call it.
        messages: translations by what stands in the source; those that count have one for each plural.
    """

    tag: str
    name: str
    locale: Locale
    messages: Mapping[str, str] = field(repr=False)
    plurals: Mapping[str, tuple[str, ...]] = field(repr=False)
    plural: Callable[[int], int] = field(repr=False)

    def gettext(self, message: str) -> str:
        """Return a message in this language."""
        return self.messages.get(message, message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return a message that counts, in this language."""
        forms = self.plurals.get(one)
        if forms is None:
            return one if count == 1 else many
        return forms[self.plural(count)]


def marked(message: str) -> str:
    """Return a message as it is, marked for translation: what shows it translates it."""
    return message


def catalogue(octets: bytes, tag: str) -> Language:
    """Read a language from the text of its catalogue."""
    locale = Locale.parse(tag)
    read = read_po(BytesIO(octets), locale=tag, abort_invalid=True)
    messages: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in read:
        if isinstance(message.id, str):
            if message.id and message.string:
                messages[message.id] = str(message.string)
        else:
            plurals[message.id[0]] = tuple(map(str, message.string or ()))
    return Language(
        tag=tag,
        name=str(locale.get_display_name(tag)).capitalize(),
        locale=locale,
        messages=messages,
        plurals=plurals,
        plural=c2py(read.plural_expr),
    )


class Languages:
    """Every language that there is, the source's first."""

    def __init__(self, catalogues: Mapping[str, bytes]) -> None:
        """
        Read them.

        Args:
            catalogues: the text of each catalogue by its tag.
        """
        self.all: tuple[Language, ...] = (
            catalogue(b"", SOURCE),
            *(catalogue(octets, tag) for tag, octets in sorted(catalogues.items())),
        )
        self._by_tag = {language.tag: language for language in self.all}

    def named(self, tag: str) -> Language:
        """Return the language with this tag, the source's where there is none."""
        return self._by_tag.get(tag, self._by_tag[SOURCE])

    def wished(self, header: str) -> Language:
        """Return the language that an Accept-Language header likes best of those that there are (RFC 9110, 12.5.4)."""
        for tag in _by_weight(header):
            found = self._by_tag.get(tag) or self._by_tag.get(tag.partition("-")[0])
            if found is not None:
                return found
        return self._by_tag[SOURCE]


def read_languages(folder: Path = FOLDER) -> Languages:
    """Read every catalogue of a folder."""
    return Languages({file.stem: file.read_bytes() for file in folder.glob("*.po")})


def _by_weight(header: str) -> Sequence[str]:
    wishes: list[tuple[float, int, str]] = []
    for place, wish in enumerate(header.split(",")[:_MOST_WISHES]):
        tag, _, weight = wish.strip().lower().partition(";")
        try:
            weighs = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if weighs > 0:
            wishes.append((-weighs, place, tag.strip()))
    return [tag for _, _, tag in sorted(wishes)]
