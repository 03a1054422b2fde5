"""
Sentences about the audit trail, and how pages say them (`web.portal.said`).
"""

from collections.abc import Mapping
from typing import Final

from watchword.web.portal.languages import marked

TRAIL: Final[Mapping[str, str]] = {
    "DIR/generation belongs to another database": marked(
        "The file “generation” in the data folder belongs to another database."
    ),
    "the checkpoint at {row} was not written by Watchword": marked(
        "The checkpoint at row %(row)s, where the trail begins, was not written by Watchword."
    ),
    "there are rows before the checkpoint at {row}": marked(
        "There are rows before the checkpoint at row %(row)s, where the trail begins."
    ),
    "row {row} is missing: the next one is {next}": marked("Row %(row)s is missing: the next one is %(next)s."),
    "row {row} was changed, or stands in another's place": marked(
        "Row %(row)s was changed, or stands in another's place."
    ),
    "row {row} cannot be read": marked("Row %(row)s cannot be read."),
    "row {row} bears another identifier than it was written with": marked(
        "Row %(row)s bears another identifier than it was written with."
    ),
    "row {row} is not the one that was written last before the database was replaced": marked(
        "Row %(row)s is not the one that was written last before the database was replaced."
    ),
    "rows are missing at the end: the last is {last}, and {written} were written": marked(
        "Rows are missing at the end: the last is %(last)s, and %(written)s were written."
    ),
    "row {row} is not the one that was written last": marked("Row %(row)s is not the one that was written last."),
    "the head of the chain was not written by Watchword": marked(
        "The head of the chain, which names the last row, was not written by Watchword."
    ),
    "rows are missing at the end: DIR/generation knows of {known}, and there are {there}": marked(
        "Rows are missing at the end: %(known)s were written, and there are %(there)s."
    ),
    "the rows could not be read to their end": marked(
        "The rows could not be read to their end: the database may be damaged."
    ),
    "{written} is not the id of {thing}; ids look like 0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12": marked(
        "%(written)s is no id."
    ),
    "{written} is no date and time; write it like 2026-11-24T09:30:00Z or 2026-11-24": marked(
        "%(written)s is no date and time."
    ),
    "the limit must be from 1 to {most}": marked("A page has from 1 to %(most)s rows."),
}
"""What is said instead."""
