"""
Plans: nothing on the path of a request, and no page of a list, looks through a whole table.
"""

import importlib
import pkgutil
import re
from typing import Final

import pytest

from tests.contract.folder import Folder
from watchword import stores
from watchword.stores.statements import Statement

#: Statements that look through a table, each because it is meant to.
WHOLE: Final = {
    "administrators._ALL": "there are few",
    "administrators._OTHERS": "there are few",
    "entrances._ALL_SESSIONS": "there are as many as administrators have browsers",
    "api_keys._KEYS": "there are few",
    "entrances._OLD_DRAFTS": "there are few",
    "entrances._OLD_LINK_DRAFTS": "there are few",
    "restoring._MOVE_ADMINISTRATORS": "everybody, after a restore",
    "alterations._API_SECRETS": "the configuration is read whole, after a rotation of keys",
    "alterations._CLIENT_SECRETS": "the configuration is read whole, after a rotation of keys",
    "alterations._COUNT": "one row",
    "alterations._DIRECTORY_SECRETS": "the configuration is read whole, after a rotation of keys",
    "alterations._REMOVE_CHALLENGES": "challenges live for minutes; an application is removed seldom",
    "configuration._API_CLIENTS": "the configuration is read whole",
    "configuration._APPLICATIONS": "the configuration is read whole",
    "configuration._CLIENTS": "the configuration is read whole",
    "configuration._DIRECTORIES": "the configuration is read whole",
    "configuration._GROUPS": "the configuration is read whole",
    "configuration._PLACES": "the configuration is read whole",
    "configuration._RULES": "the configuration is read whole",
    "configuration._SETTINGS": "the configuration is read whole",
    "configuration._VERSION": "one row",
    "finding._COMMON": "counts what the inner search by a key has found",
    "indexing._OLDEST": "the first row",
    "methods._OTHERS": "stops at the first few, after a rotation of keys",
    "reader._BARE": "goes along those without a method and stops at the first few",
    "restoring._BUMP_ALL": "everybody, after a restore",
    "restoring._MOVE_HOTP": "everybody, after a restore",
    "restoring._MOVE_TOTP": "everybody, after a restore",
    "bypasses._ACTIVE_FOR": "the active bypasses, which are few",
    "bypasses._CANCEL_ALL": "the active bypasses, after a restore",
    "credentials._LISTED": "those of a day, which are few",
    "credentials._WITHDRAW_ALL": "those of a day, after a restore",
    "schema._FORGET": "as many rows as keys",
    "trail._NEWEST": "the last row",
    "schema._VERSIONS": "as many rows as keys",
    "servers._FORGET_LINKS": "as many rows as servers, after a restore",
    "servers._RESEAL_SEED": "one row",
    "servers._SEED": "one row",
    "servers._SERVERS": "as many rows as servers",
    "blocks._LAST": "the first row of the index, from its end",
}


def statements() -> dict[str, Statement]:
    found = {}
    for module in pkgutil.iter_modules(stores.__path__):
        for name, value in vars(importlib.import_module(f"watchword.stores.{module.name}")).items():
            if isinstance(value, Statement):
                found[f"{module.name}.{name}"] = value
    return found


STATEMENTS: Final = statements()


def plan(folder: Folder, statement: Statement) -> list[str]:
    values = [1] * len(statement.names)
    return [row[3] for row in folder.sql(f"EXPLAIN QUERY PLAN {statement.sql}", *values)]


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_goes_by_a_key_or_says_why_not(folder: Folder, name: str) -> None:
    steps = plan(folder, STATEMENTS[name])

    scans = [step for step in steps if re.match(r"SCAN (?!CONSTANT ROW|\d+ CONSTANT)", step)]
    assert bool(scans) == (name in WHOLE), steps
    assert not [step for step in steps if "USE TEMP B-TREE" in step and name not in SORTED], steps


#: Statements that sort what they found, which is little.
SORTED: Final = frozenset(
    {
        "administrators._PASSKEYS",
        "entrances._SESSIONS",
        "configuration._PLACES",
        "history._TOTALS",
        "methods._OF_USER",
    }
)


def test_what_is_excused_is_there() -> None:
    assert WHOLE.keys() | SORTED <= STATEMENTS.keys()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("persons._NAMED", "PRIMARY KEY (name=?)"),
        ("persons._PERSON", "PRIMARY KEY (id=?)"),
        ("persons._OWNER", "ix_users_directory_id (directory_id=?)"),
        ("persons._BYPASSES", "ix_bypasses_active_user (user_id=?)"),
        ("methods._OF_USER", "ix_methods_user_id (user_id=?)"),
        ("people._CHALLENGE", "PRIMARY KEY (digest=?)"),
        ("history._HOLDING", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("history._HOLDING_UP", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("history._FIRST", "INTEGER PRIMARY KEY (rowid>?)"),
        ("history._LAST", "INTEGER PRIMARY KEY (rowid<?)"),
        ("history._SINCE", "sqlite_autoindex_activity_1 (id>?)"),
        ("history._COUNTS", "PRIMARY KEY (span=? AND start>? AND start<?)"),
        ("history._COUNTS_OF", "PRIMARY KEY (span=? AND start>? AND start<?)"),
        ("history._TOTALS", "PRIMARY KEY (span=? AND start>? AND start<?)"),
        ("history._ANSWERS", "PRIMARY KEY (span=? AND start>? AND start<?)"),
        ("counting._ROWS", "INTEGER PRIMARY KEY (rowid>?)"),
        ("indexing._ROWS", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("terms._ENTRIES", "INTEGER PRIMARY KEY (rowid=?)"),
        ("reader._ROW", "sqlite_autoindex_activity_1 (id=?)"),
        ("reader._USERS", "ix_users_username (username>?)"),
        ("finding._NAMED_LIKE", "PRIMARY KEY (name>? AND name<?)"),
        ("finding._WORDED", "PRIMARY KEY (word>? AND word<?)"),
        ("finding._COMMON", "PRIMARY KEY (word>? AND word<?)"),
        ("finding._BLOCKED", "ix_users_blocked (username>?)"),
        ("finding._DISABLED", "ix_users_disabled (username>?)"),
        ("finding._LOCKED", "ix_users_locked (username>?)"),
        ("finding._BARE", "PRIMARY KEY (username>?)"),
        ("blocks._HOLDING", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("bypasses._LISTED", "sqlite_autoindex_bypasses_1 (id>? AND id<?)"),
        ("bypasses._LISTED_USED", "sqlite_autoindex_bypasses_1 (id>? AND id<?)"),
        ("bypasses._LISTED_ACTIVE", "ix_bypasses_active (id>? AND id<?)"),
        ("bypasses._LISTED_EXPIRED", "ix_bypasses_expired (id>? AND id<?)"),
        ("bypasses._LISTED_CANCELLED", "ix_bypasses_cancelled (id>? AND id<?)"),
        ("bypasses._LISTED_SUPERSEDED", "ix_bypasses_superseded (id>? AND id<?)"),
        ("bypasses._LISTED_OF", "ix_bypasses_user (user_id=? AND id>? AND id<?)"),
        ("bypasses._LISTED_BY", "ix_bypasses_creator (created_by=? AND id>? AND id<?)"),
        ("bypasses._MADE_BY", "ix_bypasses_creator (created_by=? AND id>?)"),
        ("bypasses._MADE_FOR", "ix_bypasses_user (user_id=? AND id>?)"),
        ("trail._ROWS", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("trail._WITH_TERM", "PRIMARY KEY (term=? AND position>? AND position<?)"),
        ("trail._UNREAD", "INTEGER PRIMARY KEY (rowid>?)"),
        ("trail._STRETCH", "INTEGER PRIMARY KEY (rowid>?)"),
        ("bypasses._RUN_OUT", "ix_bypasses_active_expiry (expires_at<?)"),
        ("upkeep._LATE_CHALLENGES", "ix_challenges_expires_at (expires_at<?)"),
        ("upkeep._LATE_PAIRINGS", "ix_pairings_expires_at (expires_at<?)"),
        ("verifying._AFTER", "INTEGER PRIMARY KEY (rowid>?)"),
    ],
)
def test_the_key_is_the_one_that_is_meant(folder: Folder, name: str, index: str) -> None:
    assert any(step.endswith(index) for step in plan(folder, STATEMENTS[name])), plan(folder, STATEMENTS[name])
