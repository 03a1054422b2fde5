"""
The checks of `doctor` on what is stored and on the machine: pure functions from values to findings.

Each returns at least one finding, so that whoever reads the list sees what was looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from watchword.app.manage.applications import NO_AUTHENTICATOR
from watchword.app.manage.directories import in_clear
from watchword.app.manage.texts import instant
from watchword.domain.applications import SHORT_SECRET, WIDEST_PREFIX, ApplicationId
from watchword.domain.clients import Client
from watchword.domain.configuration import Configuration
from watchword.domain.secrets import Secret
from watchword.kit.clock import MICROSECONDS
from watchword.kit.signatures import digest
from watchword.ports.upkeep import SealingKey

MOST_NAMED: Final = 20
"""Users that are named in one finding."""

MOST_CLOCK_STEP: Final = 5
"""Seconds by which the machine's clock may lie behind the latest instant written down (O8)."""

LOW_DISK: Final = 1 << 30
FULL_DISK: Final = 100 << 20
"""Octets left on the disk below which there is a warning, and an error: without room no login is accepted."""

OLD_KEY_DAYS: Final = 365
"""Days after which a sealing key is worth rotating (SP 800-57 part 1 section 5.3.6: at most two years)."""


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    ADVICE = "advice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: what it is about, how bad it is, what was found and what helps."""

    check: str
    level: Level
    sentence: str
    advice: str = ""


def clock(wall: int, now: int) -> list[Finding]:
    """
    Compare the clock with the latest instant that was written down.

    Args:
        wall: the machine's clock.
        now: what decides, which never goes back. Both in UTC microseconds.
    """
    behind = (now - wall) // MICROSECONDS
    if behind <= MOST_CLOCK_STEP:
        return [Finding(check="clock", level=Level.OK, sentence=f"the clock shows {instant(wall)}")]
    return [
        Finding(
            check="clock",
            level=Level.ERROR,
            sentence=f"the clock lies {behind} seconds behind the latest instant that was written down",
            advice="codes of tokens are judged by the clock; let a time service (NTP) set it, then run this again",
        )
    ]


def disk(free: int) -> list[Finding]:
    """Look whether there is room for what happens."""
    level = Level.ERROR if free < FULL_DISK else Level.WARNING if free < LOW_DISK else Level.OK
    advice = "" if level is Level.OK else "make room: a login whose row cannot be written is denied"
    sentence = f"{free // (1 << 20):,} MiB are free on the disk of the data folder"
    return [Finding(check="disk", level=level, sentence=sentence, advice=advice)]


def database(faults: Sequence[str]) -> list[Finding]:
    """Tell what the database says of itself."""
    if not faults:
        return [Finding(check="database", level=Level.OK, sentence="the database file is sound")]
    return [
        Finding(
            check="database",
            level=Level.ERROR,
            sentence=f"the database file is damaged: {fault}",
            advice="stop Watchword, keep a copy of the data folder, and restore the last backup",
        )
        for fault in faults
    ]


def keys(ring: Sequence[SealingKey], now: int) -> list[Finding]:
    """Look how old the key is under which secrets are sealed."""
    if not ring:
        advice = "restore the key file: without it no secret can be read"
        return [Finding(check="keys", level=Level.ERROR, sentence="there is no sealing key", advice=advice)]
    days = (now - ring[0].created_at) // (86_400 * MICROSECONDS)
    old = days > OLD_KEY_DAYS
    return [
        Finding(
            check="keys",
            level=Level.ADVICE if old else Level.OK,
            sentence=f"the sealing key (version {ring[0].version}) is {max(0, days)} days old",
            advice="`watchword key rotate` makes a new one and seals everything under it" if old else "",
        )
    ]


def clients(configuration: Configuration) -> list[Finding]:
    """Look at the networks and secrets of applications."""
    names = {application.id: application.name for application in configuration.applications.values()}
    findings = []
    for client in configuration.clients:
        findings += _client(client, f"{names.get(client.application, '?')} ({client.network})")
    for api_client in configuration.api_clients.values():
        findings += _secrets(api_client.secrets, names.get(api_client.application, "?"))
    findings += _shared_secrets(configuration, names)
    asking = {client.application for client in configuration.clients}
    findings += [
        Finding(
            check="clients",
            level=Level.WARNING,
            sentence=f"{application.name} has no network that it asks from, so it is never heard",
            advice=f"`watchword application client-add {application.name!r} ADDRESS --secret-stdin`",
        )
        for application in configuration.applications.values()
        if application.id not in asking and application.id not in configuration.api_clients
    ]
    return findings or [
        Finding(check="clients", level=Level.OK, sentence="nothing to remark on networks and secrets of applications")
    ]


def _secrets(secrets: Sequence[Secret], name: str) -> list[Finding]:
    findings = []
    shortest = min(len(secret.octets) for secret in secrets)
    if shortest < SHORT_SECRET:
        findings.append(
            Finding(
                check="secrets",
                level=Level.WARNING,
                sentence=f"the secret of {name} has {shortest} octets; {SHORT_SECRET} random ones are advised",
                advice="`openssl rand -base64 32` makes one; `watchword application secret-replace` puts it in place",
            )
        )
    if len(secrets) > 1:
        findings.append(
            Finding(
                check="secrets",
                level=Level.ADVICE,
                sentence=f"the secret of {name} is being replaced, and both count",
                advice="`watchword application secret-finish` ends the older one once the application has the newer",
            )
        )
    return findings


def _client(client: Client, name: str) -> list[Finding]:
    findings = _secrets(client.secrets, name)
    if not client.require_message_authenticator:
        findings.append(
            Finding(
                check="message-authenticator",
                level=Level.WARNING,
                sentence=f"{name}: {NO_AUTHENTICATOR}",
                advice="let it send Message-Authenticator, then `watchword application change --message-authenticator`",
            )
        )
    if client.network.prefixlen < WIDEST_PREFIX[client.network.version]:
        findings.append(
            Finding(
                check="networks",
                level=Level.WARNING,
                sentence=f"{name} takes requests from a very wide network",
                advice="name the addresses that really ask",
            )
        )
    return findings


def _shared_secrets(configuration: Configuration, names: dict[ApplicationId, str]) -> list[Finding]:
    """Find secrets that more than one application has: each could speak for the other (R3)."""
    holders: dict[bytes, set[str]] = {}
    known = [(client.application, client.secrets) for client in configuration.clients]
    known += [(client.application, client.secrets) for client in configuration.api_clients.values()]
    for application, secrets in known:
        for secret in secrets:
            holders.setdefault(digest(secret.octets), set()).add(names.get(application, "?"))
    return [
        Finding(
            check="secrets",
            level=Level.WARNING,
            sentence=f"{', '.join(sorted(shared))} have the same secret, so each could speak for the other",
            advice="`watchword application secret-replace` gives one of them another",
        )
        for shared in holders.values()
        if len(shared) > 1
    ]


def directories(configuration: Configuration) -> list[Finding]:
    """Look how passwords travel to directories."""
    findings = [
        Finding(
            check="directories",
            level=Level.WARNING,
            sentence=f"passwords go to {directory.name} in clear text",
            advice="add it anew with ldaps:// or --start-tls",
        )
        for directory in configuration.directories.values()
        if in_clear(directory)
    ]
    sentence = "no password goes to a directory in clear text"
    return findings or [Finding(check="directories", level=Level.OK, sentence=sentence)]


def users(unequipped: Sequence[str]) -> list[Finding]:
    """Name users who cannot pass because they have no second step; at most `MOST_NAMED` of them."""
    if not unequipped:
        return [Finding(check="users", level=Level.OK, sentence="every user has a second step")]
    more = " and more" if len(unequipped) > MOST_NAMED else ""
    return [
        Finding(
            check="users",
            level=Level.ADVICE,
            sentence=f"without a second step, and so denied: {', '.join(unequipped[:MOST_NAMED])}{more}",
            advice="`watchword method add USER totp` gives one",
        )
    ]
