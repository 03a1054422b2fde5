"""
Whether a page of ours asks, or one of somebody else's (OWASP, Cross-Site Request Forgery Prevention).

Every form carries a token of its session besides; this is the second lock on the same door.
"""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

_OURS: Final = ("same-origin", "none")
"""Values of `Sec-Fetch-Site`: a page of this very origin, or nobody's page but the person himself."""

_HIDDEN: Final = "null"
"""What `Origin` says where the referrer policy hides it."""


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers write it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_ours(request: Request, origin: str) -> bool:
    """
    Tell whether a request can come from a page of ours.

    Args:
        request: what came.
        origin: the origin under which browsers reach the portal. The one that the request names as its own host is
            taken besides: a page that a browser loaded from there is ours.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in _OURS:
        return False
    named = request.headers.get("origin")
    if named is None or (named == _HIDDEN and site is not None):
        return True
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return named.lower() in (origin, own.lower())
