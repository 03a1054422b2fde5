"""
What operations say, for somebody who reads a page.

Their sentences are made for the command line too: `name; watchword user list shows who is there`. What only helps at a
terminal is left out here. A sentence that has no translation is said in English, and marked as that, so that a screen
reader does not read it in another language's voice.
"""

import re
from typing import Final

from markupsafe import Markup, escape

from watchword.domain.methods import MethodKind
from watchword.web.portal.languages import SOURCE
from watchword.web.portal.login_words import LABELS_OF
from watchword.web.portal.reading import Reading
from watchword.web.portal.said import PATTERNS

_AT_A_TERMINAL: Final = re.compile(r"[;,]? (?:\(--\w+\)|\(?`watchword [^`]*`[^;.]*)|; with `--[^`]*`[^;.]*")
_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")

_CODE: Final = re.compile(r"`([^`]*)`")


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(pattern)), re.DOTALL)


_CLOSED: Final = {
    "method": {kind.value: LABELS_OF[MethodKind][kind] for kind in MethodKind},
}
"""Values that are closed, by what sentences call them."""

_KNOWN: Final = tuple((_compiled(pattern), said) for pattern, said in PATTERNS.items())


def _called(name: str, value: str, reading: Reading) -> str:
    """Return a value of a sentence, a closed one as pages call it."""
    return reading.gettext(_CLOSED.get(name, {}).get(value, value))


def said_plainly(sentence: str, reading: Reading) -> tuple[str, bool]:
    """Return a sentence of an operation as text, and whether it is in the reader's language."""
    for pattern, message in _KNOWN:
        found = pattern.fullmatch(sentence)
        if found is not None:
            values = {name: _called(name, value, reading) for name, value in found.groupdict().items()}
            return reading.gettext(message, **values), True
    plain = _AT_A_TERMINAL.sub("", sentence)
    whole = plain[:1].upper() + plain[1:] + ("" if plain.endswith((".", "!", "?")) else ".")
    return whole, reading.language.tag == SOURCE


def said(sentence: str, reading: Reading) -> Markup:
    """Return a sentence of an operation as a page shows it."""
    whole, own = said_plainly(sentence, reading)
    # Markup escapes what is put into it.
    marked_up = Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(_CODE.split(whole))
    )
    return marked_up if own else Markup('<span lang="{}">{}</span>').format(SOURCE, marked_up)
