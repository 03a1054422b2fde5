"""
Secrets of applications that are made here, for whoever brings none.
"""

import base64
from typing import Final

from watchword.domain.secrets import Secret
from watchword.kit.randomness import Randomness

OCTETS: Final = 20
"""Of randomness: 160 bits, which base32 writes without a rest in 32 characters (R4 advises 24 or more)."""


def made_or_given(randomness: Randomness, given: Secret | None) -> tuple[Secret, str | None]:
    """
    Return the secret that counts, and its text where it was made here, to be shown once.

    It is of 32 small letters and digits: whatever is typed or pasted into a configuration stays what it is there.
    """
    if given is not None:
        return given, None
    text = base64.b32encode(randomness.octets(OCTETS)).decode("ascii").lower()
    return Secret(text.encode("ascii")), text
