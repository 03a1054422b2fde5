"""
Users, the names they go by, and what of their state a decision needs.

One person has one counter, one lock and one epoch, whatever he calls himself: names are folded and resolved to a user
before anything is counted or looked up (V14). Folding is NFC and case folding, never compatibility folding: letters
that merely look alike stay different people (K13).
"""

import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple, NewType

from watchword.domain.bypass import Bypass
from watchword.domain.lockout import NO_FAILURES, NO_PROMPTS, Failures, Prompts
from watchword.domain.methods import Method

UserId = NewType("UserId", bytes)

LONGEST_NAME: Final = 253
"""Octets of a name in UTF-8: what a RADIUS attribute can carry (RFC 2865 section 5)."""

_NEVER_IN_NAMES: Final = frozenset('\\ \t,;"<>()[]:')


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Who may not sign in at all, since when (UTC microseconds) and why."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person. `epoch` counts the events that end everything older (design.md section 4)."""

    id: UserId
    username: str
    name: str = ""
    epoch: int = 0
    disabled: bool = False
    block: Block | None = None
    directory_id: bytes | None = None


class Person(NamedTuple):
    """A user with everything that a decision about him reads."""

    user: User
    methods: tuple[Method, ...] = ()
    failures: Failures = NO_FAILURES
    prompts: Prompts = NO_PROMPTS
    bypasses: tuple[Bypass, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """No user goes by the name."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one user goes by the name, so it names nobody."""


Resolution = Person | Unknown | Ambiguous
"""Whom a typed name means."""


def fold(name: str) -> str | None:
    """
    Return the form of a name under which it is stored and looked up, or None for what can be nobody's name.

    Control and format characters, unassigned code points, blanks at the ends and more than `LONGEST_NAME` octets are
    nobody's name.
    """
    if name.isascii() and name.isprintable() and len(name) <= LONGEST_NAME:
        # What nearly everybody types: ASCII is its own normal form, and folds as it is lowered.
        return name.lower() if name and name == name.strip() else None
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    if not folded or folded != folded.strip() or len(folded.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
        return None
    if any(unicodedata.category(character)[0] == "C" for character in folded):
        return None
    return folded


def is_canonical(name: str) -> bool:
    """Tell whether a folded name has the form `username@domain`."""
    local, at, domain = name.rpartition("@")
    return bool(local and at and all(domain.split("."))) and not set(name) & _NEVER_IN_NAMES and "@" not in local


def names_of(username: str) -> tuple[str, ...]:
    r"""
    Return every folded name by which the user `username@domain` is known without being given one.

    These are the canonical name, the short name, and `DOMAIN\name` with the first label of the domain, the form that
    Active Directory derives by default. A name that two users share names neither of them.
    """
    local, _, domain = username.rpartition("@")
    return username, local, f"{domain.partition('.')[0]}\\{local}"
