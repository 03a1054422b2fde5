"""
What pages say: every message that templates and modules of the portal mark for translation, and the catalogues.

`python -m tests.rigs.messages` (`make messages`) brings every catalogue to what is said: what is new is added without
a translation, what is said no more is dropped. `tests/unit/web/portal/test_translations.py` then names what is to be
translated.
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from watchword.web.portal.languages import FOLDER

WEB: Final = FOLDER.parent
METHODS: Final = [("templates/**.html", "jinja2"), ("**.py", "python")]
KEYWORDS: Final = {"_": None, "gettext": None, "marked": None, "ngettext": (1, 2)}
OPTIONS: Final = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}

Id = str | tuple[str, ...]


def said() -> dict[Id, list[tuple[str, int]]]:
    """Return every message, with the files and lines where it is said."""
    found: dict[Id, list[tuple[str, int]]] = {}
    for file, line, message, _comments, _context in extract_from_dir(
        str(WEB), method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        found.setdefault(tuple(message) if isinstance(message, tuple | list) else message, []).append((file, line))
    return found


def catalogue(file: Path) -> Catalog:
    """Read a catalogue."""
    return read_po(BytesIO(file.read_bytes()), locale=file.stem, abort_invalid=True)


def translated(message: Message) -> bool:
    """Tell whether a message has every form that its language needs."""
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def update(file: Path) -> None:
    """Bring a catalogue to what is said."""
    old = catalogue(file) if file.exists() else Catalog(locale=file.stem)
    new = Catalog(locale=file.stem, charset="utf-8", fuzzy=False)
    for message in sorted(said(), key=str):
        known = old.get(message if isinstance(message, str) else message[0])
        new.add(message, known.string if known is not None else "")
    with file.open("wb") as opened:
        write_po(opened, new, omit_header=True, no_location=True, sort_output=True, width=120)
    octets = file.read_bytes()
    file.write_bytes(HEADER.format(tag=file.stem, plural=new.plural_forms).encode() + octets)


HEADER: Final = """\
msgid ""
msgstr ""
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


if __name__ == "__main__":
    for known in sorted(FOLDER.glob("*.po")):
        update(known)
