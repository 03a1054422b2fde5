"""
What is not as it should be, and what to do about it.

Everything is looked at that can be looked at without disturbing anybody; every finding says what it is about, how bad
it is, and what helps.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from watchword.app.administration import Actor, Administration, Refusal
from watchword.app.diagnose import checks
from watchword.app.diagnose.checks import Finding, Level
from watchword.app.diagnose.observed import observed
from watchword.app.diagnose.server_findings import servers
from watchword.app.servers.listing import ServerRow, heard_by, rows_of
from watchword.domain.configuration import Configuration
from watchword.ports.records import Reader

_ORDER: Final = {Level.ERROR: 0, Level.WARNING: 1, Level.ADVICE: 2, Level.OK: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Look at everything."""


async def doctor(context: Administration, _actor: Actor, _arguments: Doctor) -> list[Finding] | Refusal:
    """Look at everything, and tell the worst first."""
    heard = heard_by(context)

    def read(records: Reader) -> tuple[Configuration, list[str], list[ServerRow]]:
        unequipped = records.users_without_method(limit=checks.MOST_NAMED + 1)
        return records.configuration(), unequipped, rows_of(records, heard)

    configuration, unequipped, rows = await context.records.read(read)
    findings = [
        *checks.clock(context.clock.wall(), context.clock.now()),
        *checks.disk(context.free_octets()),
        *checks.database(await context.upkeep.faults()),
        *checks.keys(context.upkeep.keys(), context.clock.now()),
        *checks.clients(configuration),
        *checks.directories(configuration),
        *checks.users(unequipped),
        *servers(rows),
        *observed(configuration, context.observations),
    ]
    return ordered(findings)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings, the worst first."""
    return sorted(findings, key=lambda finding: _ORDER[finding.level])
