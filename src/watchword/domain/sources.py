"""
Where a user is, as the application says: one form for each place, so that equal places compare equal.

Joining and caching compare what comes out of here (design.md section 5). Unequal texts may mean the same place, and
then the user is asked once more; equal texts must never mean two.
"""

import re
from typing import Final

from watchword.domain.clients import parse_address

_MAC: Final = re.compile(r"[0-9a-f]{2}(?:([-:])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}")
"""Six octets with dashes or colons, or three groups with points. Twelve digits without any are a telephone number."""


def place_of(written: str) -> tuple[str | None, str | None]:
    """
    Bring what an application says of a user's place into its one form.

    Returns:
        The source, and again where it is an IP address. An IPv4-mapped address is IPv4; a MAC address is written with
        colons in lower case; other text stands as it is, without space around it; None where nothing is left.
    """
    text = written.strip()
    if not text:
        return None, None
    address = parse_address(text)
    if address is not None:
        return str(address), str(address)
    if _MAC.fullmatch(text.lower()):
        digits = re.sub(r"[-:.]", "", text.lower())
        return ":".join(digits[start : start + 2] for start in range(0, 12, 2)), None
    return text, None
