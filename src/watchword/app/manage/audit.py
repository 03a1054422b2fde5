"""
The audit trail: whether the chain of everything that was written down is whole.
"""

from dataclasses import dataclass

from watchword.app.administration import Actor, Administration, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerify:
    """The whole chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerified:
    """Whether the chain is whole, how many rows it has, and the first thing that is wrong where it is not."""

    whole: bool
    rows: int
    fault: str


async def verify(context: Administration, _actor: Actor, _arguments: AuditVerify) -> AuditVerified | Refusal:
    """Walk the chain."""
    verdict = await context.upkeep.verify_chain()
    return AuditVerified(whole=verdict.whole, rows=verdict.rows, fault=verdict.fault)
