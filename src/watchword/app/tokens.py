"""
Tokens: random texts that open something, known to us by their digest alone.

They have 256 bit, so that a plain SHA-256 of one can be kept and looked up by: nobody can try them all, and where in an
index a guess of a digest ends tells nothing about a token.
"""

import base64
import hashlib
from typing import Final

from watchword.domain.secrets import Secret
from watchword.kit.randomness import Randomness

TOKEN_OCTETS: Final = 32
"""Octets of a token; 16 are demanded (ASVS 7.2.3)."""


def new_token(randomness: Randomness) -> Secret:
    """Return a new token: 43 characters that can stand in a cookie, a header or a path."""
    return Secret(base64.urlsafe_b64encode(randomness.octets(TOKEN_OCTETS)).rstrip(b"="))


def token_digest(token: Secret) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.octets).digest()
