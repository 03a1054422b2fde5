"""
What the events of the audit trail are in words.

A sentence is a template whose places are the words of the row (`actor` is who did it); a place that a row has nothing
for is left out with its brackets. Events of other rooms that have no sentence here read as their name.
"""

import re
from collections.abc import Mapping
from typing import Final

from watchword.domain.events import AuditEvent

_Event = AuditEvent

SENTENCES: Final[Mapping[str, str]] = {
    _Event.USER_ADDED: "{actor} added the user {username}",
    _Event.USER_REMOVED: "{actor} removed the user {username}",
    _Event.USER_BLOCKED: "{actor} blocked {username}[: {reason}]",
    _Event.USER_UNBLOCKED: "{actor} ended the block of {username}[: {reason}]",
    _Event.USER_LOCKED: "[{username} ]was locked after wrong second steps",
    _Event.USER_UNLOCKED: "{actor} unlocked {username}",
    _Event.USER_FRAUD: "[{username} ]said that a prompt was not his",
    _Event.USER_DISABLED: "{actor} disabled {username}[: {reason}]",
    _Event.USER_ENABLED: "{actor} enabled {username}[: {reason}]",
    _Event.USER_RENAMED: "{actor} changed the display name of {username}[ from {was}][ to {name}]",
    _Event.ALIAS_ADDED: "{actor} let {username} go by {alias} too",
    _Event.ALIAS_REMOVED: "{actor} let {username} go by {alias} no more",
    _Event.PASSWORD_SET: "{actor} set the password of {username}",
    _Event.METHOD_ADDED: "{actor} gave {username} a method[: {kind}]",
    _Event.METHOD_PAIRED: "a device was paired[ for {username}]",
    _Event.METHOD_REMOVED: "{actor} removed a method[ of {username}][: {kind}][ because {because}]",
    _Event.METHOD_USED_UP: "the last printed code was used",
    _Event.CODE_USED_TWICE: (
        "a code[ of {username}] was accepted twice: by {server} while it reached no portal[, and {before}]"
    ),
    _Event.PUSH_TURNED_OFF: "prompts were turned off for a while after several that were not approved",
    _Event.APPLICATION_ADDED: "{actor} added the application {name}[ for {clients}]",
    _Event.APPLICATION_CHANGED: (
        "{actor} changed the application {name}[: {changes}][: client {client_added} added]"
        "[: client {client_removed} removed][: secret {secret}][ of {clients}]"
    ),
    _Event.APPLICATION_REMOVED: "{actor} removed the application {name}",
    _Event.DIRECTORY_ADDED: "{actor} added the directory {name}[ at {url}]",
    _Event.DIRECTORY_REMOVED: "{actor} removed the directory {name}",
    _Event.BYPASS_CREATED: (
        "{actor} made a bypass for {username}[, {seconds} seconds][, at {application} only][: {reason}]"
    ),
    _Event.BYPASS_USED: "a bypass was used[ from {source}]",
    _Event.BYPASS_CANCELLED: "{actor} cancelled a bypass[ of {username}][: {reason}][ because {because}]",
    _Event.BYPASS_EXPIRED: "a bypass ran out unused",
    _Event.BYPASS_SUPERSEDED: "{actor} replaced a bypass[ of {username}] by another",
    _Event.RULE_ADDED: (
        "{actor} added a caching rule[ of type {type}][, {seconds} seconds][, {authentication_type}]"
        "[, at {application}]"
    ),
    _Event.RULE_CHANGED: "{actor} changed a caching rule[ of type {type}][: {changes}]",
    _Event.RULE_REMOVED: "{actor} removed a caching rule",
    _Event.CACHE_PURGED: "{actor} made remembered logins forgotten",
    _Event.GROUP_ADDED: "{actor} added the replication group {name}",
    _Event.SETTING_CHANGED: "{actor} changed {name}[ from {before}][ to {after}]",
    _Event.KEY_ROTATED: "{actor} made a new key to seal secrets under",
    _Event.RECORDS_RETIRED: "{rows} old rows were removed, as the organisation keeps them no longer",
    _Event.DATABASE_RESTORED: "the database was an older copy of itself; everything that was good once is void",
    _Event.PROCESS_STARTED: "the process started",
    _Event.PROCESS_STOPPED: "the process stopped",
}
"""A sentence for each event."""

_OPTIONAL: Final = re.compile(r"\[([^\]]*)\]")
_PLACE: Final = re.compile(r"\{(\w+)\}")


def sentence(event: str, actor: str, words: Mapping[str, str]) -> str:
    """Return what happened, in one sentence."""
    known = {name.replace("-", "_"): word for name, word in words.items()} | {"actor": actor}
    template = SENTENCES.get(event)
    if template is None:
        noun, _, verb = event.partition(".")
        said = ", ".join(f"{name} {word}" for name, word in words.items() if word)
        return f"{actor}: {noun.replace('-', ' ')} {verb.replace('-', ' ')}" + (f" ({said})" if said else "")

    def part(found: re.Match[str]) -> str:
        inside = found[1]
        return inside if all(known.get(place) for place in _PLACE.findall(inside)) else ""

    return _PLACE.sub(lambda found: known.get(found[1]) or "?", _OPTIONAL.sub(part, template))
