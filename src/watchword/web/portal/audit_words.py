"""
The audit trail as pages call it, marked for translation: what befell what, and what else was written down.

A test sees that every event and every word that rows are written with is here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from watchword.app.manage.audit import AuditRow
from watchword.domain.applications import AuthenticationType
from watchword.domain.caching import CacheType
from watchword.domain.events import AuditEvent
from watchword.domain.methods import MethodKind
from watchword.domain.roles import Role
from watchword.domain.verification import Reason
from watchword.kit.identifiers import text
from watchword.web.portal.languages import marked
from watchword.web.portal.login_words import LABELS_OF
from watchword.web.portal.reading import Reading
from watchword.web.portal.words import LABELS

_Event = AuditEvent

EVENTS: Final[Mapping[str, str]] = {
    _Event.USER_ADDED: marked("User added"),
    _Event.USER_REMOVED: marked("User removed"),
    _Event.USER_BLOCKED: marked("User blocked"),
    _Event.USER_UNBLOCKED: marked("Block of a user ended"),
    _Event.USER_LOCKED: marked("User locked after wrong second steps"),
    _Event.USER_UNLOCKED: marked("User unlocked"),
    _Event.USER_FRAUD: marked("Fraud reported by the user"),
    _Event.USER_DISABLED: marked("User disabled"),
    _Event.USER_ENABLED: marked("User enabled"),
    _Event.USER_RENAMED: marked("Display name changed"),
    _Event.ALIAS_ADDED: marked("Further name added"),
    _Event.ALIAS_REMOVED: marked("Further name removed"),
    _Event.PASSWORD_SET: marked("Password set"),
    _Event.METHOD_ADDED: marked("Second step added"),
    _Event.METHOD_PAIRED: marked("Phone paired"),
    _Event.METHOD_REMOVED: marked("Second step removed"),
    _Event.METHOD_USED_UP: marked("Last backup code used"),
    _Event.CODE_USED_TWICE: marked("Code used at two places"),
    _Event.PUSH_TURNED_OFF: marked("Prompts turned off for a while"),
    _Event.APPLICATION_ADDED: marked("Application added"),
    _Event.APPLICATION_CHANGED: marked("Application changed"),
    _Event.APPLICATION_REMOVED: marked("Application removed"),
    _Event.DIRECTORY_ADDED: marked("Directory added"),
    _Event.DIRECTORY_REMOVED: marked("Directory removed"),
    _Event.BYPASS_CREATED: marked("Bypass made"),
    _Event.BYPASS_USED: marked("Bypass used"),
    _Event.BYPASS_CANCELLED: marked("Bypass cancelled"),
    _Event.BYPASS_EXPIRED: marked("Bypass ran out unused"),
    _Event.BYPASS_SUPERSEDED: marked("Bypass replaced by another"),
    _Event.RULE_ADDED: marked("Caching rule added"),
    _Event.RULE_CHANGED: marked("Caching rule changed"),
    _Event.RULE_REMOVED: marked("Caching rule removed"),
    _Event.CACHE_PURGED: marked("Remembered logins forgotten"),
    _Event.GROUP_ADDED: marked("Replication group added"),
    _Event.GROUP_RENAMED: marked("Replication group renamed"),
    _Event.GROUP_REMOVED: marked("Replication group removed"),
    _Event.PORTAL_IDENTITY_MADE: marked("Identity key of the portal made"),
    _Event.CREDENTIALS_MADE: marked("Activation credentials made"),
    _Event.CREDENTIALS_WITHDRAWN: marked("Activation credentials withdrawn"),
    _Event.CREDENTIALS_VOIDED: marked("Activation credentials made void after wrong passwords"),
    _Event.CREDENTIALS_MISUSED: marked("Wrong password for activation credentials"),
    _Event.SERVER_ACTIVATED: marked("MFA server activated"),
    _Event.SERVER_RENEWED: marked("Key of an MFA server renewed"),
    _Event.SERVER_RENEWAL_WANTED: marked("MFA server told to renew its key"),
    _Event.SERVER_MOVED: marked("MFA server moved to another group"),
    _Event.SERVER_RENAMED: marked("MFA server renamed"),
    _Event.SERVER_REVOKED: marked("MFA server revoked"),
    _Event.SERVER_REMOVED: marked("MFA server removed"),
    _Event.SERVER_ALARMED: marked("One MFA server seen at two places"),
    _Event.SETTING_CHANGED: marked("Setting changed"),
    _Event.KEY_ROTATED: marked("New sealing key made"),
    _Event.SETUP_LINK_MADE: marked("Set-up link made"),
    _Event.ADMINISTRATOR_ADDED: marked("Administrator invited"),
    _Event.ADMINISTRATOR_SET_UP: marked("Administrator set up"),
    _Event.ADMINISTRATOR_CHANGED: marked("Administrator changed"),
    _Event.ADMINISTRATOR_DISABLED: marked("Administrator disabled"),
    _Event.ADMINISTRATOR_ENABLED: marked("Administrator enabled"),
    _Event.ADMINISTRATOR_LOCKED: marked("Administrator locked after wrong codes"),
    _Event.ADMINISTRATOR_UNLOCKED: marked("Administrator unlocked"),
    _Event.ADMINISTRATOR_REMOVED: marked("Administrator removed"),
    _Event.SIGN_IN_FAILED: marked("Sign-in at the portal failed"),
    _Event.SESSION_STARTED: marked("Signed in at the portal"),
    _Event.SESSION_CONFIRMED: marked("Second step shown anew at the portal"),
    _Event.SESSION_ENDED: marked("Session at the portal ended"),
    _Event.PASSKEY_ADDED: marked("Passkey added"),
    _Event.PASSKEY_REMOVED: marked("Passkey removed"),
    _Event.PASSKEY_REGRESSED: marked("Passkey perhaps copied: its counter went back"),
    _Event.TOTP_SET: marked("Authenticator app set up"),
    _Event.TOTP_REMOVED: marked("Authenticator app removed"),
    _Event.API_KEY_ADDED: marked("API key made"),
    _Event.API_KEY_REVOKED: marked("API key revoked"),
    _Event.RECORDS_RETIRED: marked("Old rows removed"),
    _Event.DATABASE_RESTORED: marked("Database put back: what was good once is void"),
    _Event.PROCESS_STARTED: marked("Watchword started"),
    _Event.PROCESS_STOPPED: marked("Watchword stopped"),
}
"""What each event is called."""

WORDS: Final[Mapping[str, str]] = {
    "activity": marked("Login"),
    "address": marked("Address"),
    "administrator": marked("Administrator"),
    "after": marked("Now"),
    "alias": marked("Name"),
    "application": marked("Application"),
    "authentication_type": marked("Authentication type"),
    "backup-codes": marked("Backup codes"),
    "because": marked("Because"),
    "before": marked("Before"),
    "by": marked("By"),
    "bypasses": marked("Bypasses"),
    "challenges": marked("Waiting logins"),
    "changes": marked("What"),
    "client_added": marked("System added"),
    "client_removed": marked("System removed"),
    "clients": marked("Systems that ask"),
    "display": marked("Display name"),
    "email": marked("E-mail"),
    "entrances": marked("Set-up links and sessions"),
    "expires": marked("Good until"),
    "found": marked("Found"),
    "group": marked("Replication group"),
    "kind": marked("Kind"),
    "known": marked("Known"),
    "label": marked("Name"),
    "name": marked("Name"),
    "pairings": marked("Pairings"),
    "primary": marked("Passwords are checked by"),
    "reason": marked("Reason"),
    "role": marked("Role"),
    "rows": marked("Rows"),
    "second_step": marked("Second step"),
    "seconds": marked("Seconds"),
    "secret": marked("Shared secret"),
    "server": marked("MFA server"),
    "sessions": marked("Sessions"),
    "sha256": marked("Fingerprint"),
    "source": marked("From where"),
    "to": marked("Now"),
    "type": marked("Type"),
    "url": marked("Address"),
    "user": marked("User"),
    "username": marked("User"),
    "voided": marked("Earlier links made void"),
    "was": marked("Before"),
    "was_locked": marked("Was locked"),
}
"""What the words of rows are called, by the names that they are written with."""

VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "because": {
        **EVENTS,
        "ended": marked("ended by somebody"),
        "no device was paired in time": marked("no phone was paired in time"),
        "signed out": marked("signed out"),
        "used-code": LABELS_OF[Reason][Reason.USED_CODE],
        "wrong-code": LABELS_OF[Reason][Reason.WRONG_CODE],
        "wrong-password": LABELS_OF[Reason][Reason.WRONG_PASSWORD],
    },
    "authentication_type": {kind.value: LABELS[kind] for kind in AuthenticationType},
    "by": {
        "code": marked("code"),
        "passkey": marked("passkey"),
        "password and code": marked("password and code"),
        "password and passkey": marked("password and passkey"),
    },
    "bypasses": {"yes": marked("yes")},
    "expires": {"never": marked("until it is revoked")},
    "group": {"all": marked("all of them")},
    "kind": {kind.value: LABELS_OF[MethodKind][kind] for kind in MethodKind},
    "primary": {"asserted": marked("the application"), "local": marked("this portal")},
    "role": {role.value: LABELS[role] for role in Role},
    "second_step": {"totp": LABELS_OF[MethodKind][MethodKind.TOTP], "passkey": marked("passkey")},
    "type": {kind.value: LABELS[kind] for kind in (*CacheType, *AuthenticationType)},
}
"""What closed values of these words are called."""

ACTORS: Final[Mapping[str, str]] = {"host": marked("this machine"), "system": marked("Watchword itself")}
"""Who acts that is no administrator and no key."""

_ELSEWHERE: Final = frozenset({"username", "activity"})
"""Words that stand in columns of their own."""

_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    A row of the trail as a page shows it.

    Attributes:
        title: what befell what.
        who: who did it.
        user: whom it befell, None for nobody.
        details: what else was written down, with what each is called.
        activity: the login that it was about, None for none.
    """

    id: str
    at: str
    title: str
    who: str
    user: str | None
    details: tuple[tuple[str, str], ...]
    activity: str | None


def line_of(row: AuditRow, reading: Reading) -> Line:
    """Return a row as somebody reads it; what this version does not know is said as it is written."""
    known = EVENTS.get(row.event)
    words = {name: value for name, value in row.words.items() if value and name not in _ELSEWHERE}
    return Line(
        id=row.id,
        at=row.at,
        title=row.event if known is None else reading.gettext(known),
        who=reading.gettext(ACTORS.get(row.actor, row.actor)),
        user=row.words.get("username") or row.user,
        details=tuple((_called(WORDS, name, reading), _value(name, value, reading)) for name, value in words.items()),
        activity=_identifier(row.words.get("activity", "")),
    )


def _called(table: Mapping[str, str], written: str, reading: Reading) -> str:
    found = table.get(written)
    return written if found is None else reading.gettext(found)


def _value(name: str, written: str, reading: Reading) -> str:
    return _called(VALUES.get(name, {}), written, reading)


def _identifier(hexadecimal: str) -> str | None:
    """Return the identifier of the login that a row names, None where it names none."""
    octets = bytes.fromhex(hexadecimal) if _HEXADECIMAL.fullmatch(hexadecimal) else b""
    return text(octets) if octets else None
