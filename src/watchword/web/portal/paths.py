"""
Where somebody goes next: a path of ours, and never a place elsewhere.
"""

from typing import Final
from urllib.parse import quote, urlsplit

HOME: Final = "/"
LONGEST: Final = 2_000


def local(path: str) -> str:
    """Return `path` if it is one of this portal's, else the first page; no browser may read it any other way."""
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST:
        return HOME
    if "\\" in path or not path.isascii() or not path.isprintable() or " " in path:
        return HOME
    parts = urlsplit(path)
    return HOME if parts.scheme or parts.netloc else path


def with_next(page: str, path: str) -> str:
    """Return the path of a page that goes on to `path` when it is done."""
    return f"{page}?next={quote(local(path), safe='/')}"
