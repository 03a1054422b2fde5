"""
What is known of rows of activity without reading them: where to look, and how many there were.

None of it is written on the path of a request: upkeep derives it from the chain, and could do so again.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text

from watchword.stores.tables import INSTANT, METADATA, POSITION

ACTIVITY_TERMS: Final = Table(
    "activity_terms",
    METADATA,
    Column("place", POSITION, primary_key=True, autoincrement=False),
    Column("entries", LargeBinary, nullable=False),
)
"""In which runs of a segment a term occurs (`stores.terms`). `place` is the term's first octet and the segment."""

COUNTS: Final = Table(
    "counts",
    METADATA,
    Column("span", Text, nullable=False),
    Column("start", INSTANT, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("application_id", LargeBinary(16), nullable=False),
    Column("rule_id", LargeBinary(16), nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("span", "start", "outcome", "reason", "application_id", "rule_id"),
    sqlite_with_rowid=False,
)
"""How many requests ended how, in each hour and day. Without an application or rule their columns are empty."""

ANSWER_COUNTS: Final = Table(
    "answer_counts",
    METADATA,
    Column("span", Text, nullable=False),
    Column("start", INSTANT, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("application_id", LargeBinary(16), nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("span", "start", "milliseconds", "application_id"),
    sqlite_with_rowid=False,
)
"""How many phones answered after about so long, in each hour and day."""

MARKS: Final = Table(
    "marks",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("at", INSTANT, nullable=False),
)
"""Up to where the chain was read for what, and the instant of the last row that was."""
