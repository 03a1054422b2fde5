"""
What may stand in a log line, and what stands there instead of what may not.

- A field whose name is a secret's is written as `[redacted]`, and so are the forms of secrets that are known by their
  looks, in whatever field they stand.
- Values are text, numbers, addresses and lists of these. Of octets only their number is told, of any other object only
  its type: what an object would say of itself nobody has checked.
- What clients supply stays on its line: control and format characters are escaped (N27), long text is cut.
- An exception is its types and places. Its words are left out, because libraries put values into them; only those of
  the operating system are kept.
"""

import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import Final

REDACTED: Final = "[redacted]"

LONGEST_TEXT: Final = 500
"""Characters of a value; a user name in a RADIUS packet has at most 253."""

_DEEPEST: Final = 4
_MOST_ITEMS: Final = 50

_SECRET_WORDS: Final = frozenset(
    {
        "authorization",
        "code",
        "codes",
        "cookie",
        "credential",
        "credentials",
        "nonce",
        "otp",
        "passphrase",
        "password",
        "pin",
        "proof",
        "proofs",
        "secret",
        "secrets",
        "seed",
        "seeds",
        "signature",
        "token",
        "tokens",
        "typed",
    }
)
"""Words that make a field's name a secret's, wherever in it they stand."""
_SECRET_ENDINGS: Final = frozenset({"authenticator", "key", "keys", "state", "uri", "url"})
"""Words that do so at the end: `pairing_url` holds a token, `key_version` holds none."""

_SECRET_LOOKS: Final = re.compile(
    r"otpauth(?:-migration)?://\S+"
    r"|SCRV1:\S*"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    r"|(?i:\b(?:bearer|basic)\s+)\S+"
    r"|(?i:[?&#](?:token|code|key|secret|password|state)=)[^\s&#]+"
    r"|(?<=://)[^\s/@:]*:[^\s/@]*(?=@)",
    re.DOTALL,
)

Field = str | int | float | bool | None | list["Field"] | dict[str, "Field"]
"""What a line is made of."""


def presentable(line: Mapping[str, object]) -> dict[str, Field]:
    """Return a line's fields as they may be written."""
    shown: dict[str, Field] = {}
    for key, value in line.items():
        if key == "exc_info":
            shown.update(_raised(sys.exception() if value is True else value))
        else:
            shown[key] = _shown(key, value, 0)
    return shown


def _shown(key: str, value: object, depth: int) -> Field:
    if value is None or isinstance(value, bool):
        return value
    if _names_a_secret(key):
        return REDACTED
    match value:
        case str():
            return text(value)
        case int() | float():
            return value
        case bytes() | bytearray() | memoryview():
            return f"[{len(value)} octets]"
        case IPv4Address() | IPv6Address() | PurePath():
            return text(str(value))
        case Mapping() if depth < _DEEPEST:
            items = list(value.items())[:_MOST_ITEMS]
            return {text(str(name)): _shown(str(name), one, depth + 1) for name, one in items}
        case Sequence() | frozenset() | set() if depth < _DEEPEST:
            return [_shown(key, one, depth + 1) for one in list(value)[:_MOST_ITEMS]]
        case _:
            return f"[{type(value).__name__}]"


def _names_a_secret(key: str) -> bool:
    words = key.lower().replace("-", "_").split("_")
    return words[-1] in _SECRET_ENDINGS or not _SECRET_WORDS.isdisjoint(words)


def text(written: str) -> str:
    """Return text as it may stand in a line: on that line, not too long, and without what looks like a secret."""
    cut = written if len(written) <= LONGEST_TEXT else written[:LONGEST_TEXT] + "…"
    kept = _SECRET_LOOKS.sub(REDACTED, cut)
    return kept if kept.isprintable() else "".join(map(_escaped, kept))


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


def _raised(raised: object) -> dict[str, Field]:
    """Return what is told of an exception: its type, where it came from, and the operating system's words."""
    types: list[Field] = []
    places: list[Field] = []
    words = ""
    while isinstance(raised, BaseException) and len(types) < _DEEPEST:
        types.append(type(raised).__name__)
        frames = traceback.extract_tb(raised.__traceback__)
        places.extend(f"{'/'.join(PurePath(one.filename).parts[-3:])}:{one.lineno} {one.name}" for one in frames)
        if isinstance(raised, OSError) and isinstance(raised.strerror, str):
            words = words or raised.strerror
        raised = raised.__cause__ or raised.__context__
    told: dict[str, Field] = {"exception": types, "places": places[-_MOST_ITEMS:]}
    return {**told, "words": text(words)} if words else told
