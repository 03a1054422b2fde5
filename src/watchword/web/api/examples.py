"""
An example of every operation: what is asked and what is answered, as the OpenAPI document shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from watchword.web.api.examples_of_administering import ADMINISTERING
from watchword.web.api.examples_of_reading import READING, ROW

_ID: Final = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"
_OTHER: Final = "0190b2f4-9a01-7d44-b2c3-5e6f708192a3"
_AT: Final = "2026-11-24T09:30:00.000000Z"
_UNTIL: Final = "2026-11-24T09:35:00.000000Z"
_ALONE: dict[str, Any] = {"superseded": [], "pending": [], "let_through": None, "notes": []}
_ALICE: Final = "alice@example.org"
_MADE: Final = "qv5x2kfn7uo3mze4ra6twj5bhc2dlypg"
_SECRET: Final = "hY0vT3kq8n1ZpW7cRb5uXw=="  # noqa: S105 - an example
_USER: Final = {"id": _ID, "username": _ALICE, "notes": [], "not_reached": []}
_VPN: Final = {"id": _OTHER, "name": "vpn"}
_CLIENT: Final = {"id": _ID, "network": "10.0.0.7/32", "message_authenticator": True, "secrets": 1, "secret_octets": 24}
_APPLICATION: Final = {
    **_VPN,
    "version": 3,
    "authentication_type": "radius",
    "enabled": True,
    "primary": "local",
    "clients": [_CLIENT],
    "challenge": False,
    "deadline": 50,
    "user_match": True,
    "portal_away": "deny",
}
_SETTING: Final = {
    "name": "lock.failures",
    "value": 5.0,
    "default": 5.0,
    "least": 2.0,
    "most": 20.0,
    "words": "wrong second steps that lock a user",
    "safe_least": 2.0,
    "safe_most": 10.0,
}
_STEP: Final = {
    "question": "What came of the second step?",
    "answer": "approved",
    "decided": True,
    "asked": "answer",
    "answered": "approved",
    "detail": "",
}
_BYPASS: Final = {
    "id": _OTHER,
    "user": _ALICE,
    "group": "default",
    "application": None,
    "reason": "phone at home",
    "seconds": 300,
    "created_by": "host",
    "created_at": _AT,
    "expires_at": _UNTIL,
    "state": "active",
    "ended_at": None,
    "ended_by": None,
    "used_at_application": None,
    "used_from": None,
}
_RULE: Final = {
    "id": _ID,
    "type": "ip",
    "seconds": 28_800,
    "authentication_type": "radius",
    "application": "vpn",
    "enabled": True,
    "hits": 1_204,
    "entries": 37,
}
_KEY: Final = {
    "id": _OTHER,
    "name": "ticket system",
    "role": "help-desk",
    "state": "good",
    "created_by": "olga@example.org",
    "created_at": _AT,
    "expires_at": "2027-11-24T09:30:00.000000Z",
    "revoked_at": None,
    "used_at": None,
    "bypasses": True,
}
_SERVER_DONE: Final = {"id": _ID, "name": "gate-1", "not_reached": [], "notes": []}
_SERVER: Final = {
    "id": _ID,
    "name": "gate-1",
    "group": "branch",
    "version": "0.1.0",
    "status": "online",
    "ip": "192.0.2.20",
    "last_communication": _AT,
    "host_name": "gate-1.example.org",
    "reported_ip": "192.0.2.20",
    "clock_skew": 0.012,
    "configuration": 17,
    "listeners": ["radius 192.0.2.20:1812"],
    "load": 3,
    "last_synthetic_login": _AT,
    "activated_at": _AT,
    "revoked_at": None,
    "alarm": None,
    "key_since": _AT,
    "renewal_wanted": False,
    "acts_until": None,
    "troubles": [],
}
_METHOD: Final = {
    "id": _OTHER,
    "kind": "totp",
    "algorithm": "sha1",
    "digits": 6,
    "period": 30,
    "paired": None,
    "codes_left": None,
    "used": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """
    An example.

    Attributes:
        asked: arguments of the operation, wherever they stand in a request.
        shown: the answer, the rows of it where it is a list.
    """

    asked: Mapping[str, Any] = field(default_factory=dict)
    shown: Any

    def row(self, name: str) -> str:
        """Return a value of the first row of a list."""
        return str(self.shown[0][name])


def _of(shown: Any, **asked: Any) -> Example:
    return Example(asked=asked, shown=shown)


EXAMPLES: Final[Mapping[str, Example]] = {
    "user.add": _of(_USER, username=_ALICE, name="Alice Example", aliases=["EXAMPLE\\alice"]),
    "user.list": _of([{"id": _ID, "username": _ALICE, "name": "Alice Example", "blocked": None, "disabled": False}]),
    "user.show": _of(
        {
            "id": _ID,
            "username": _ALICE,
            "name": "Alice Example",
            "aliases": ["example\\alice"],
            "password": True,
            "directory_id": None,
            "blocked": None,
            "disabled": False,
            "locked_until": None,
            "wrong_second_steps": 0,
            "push_off_until": None,
            "methods": [_METHOD],
            "bypasses": [],
        },
        user=_ALICE,
    ),
    "user.block": _of(_USER, user=_ALICE, reason="laptop stolen"),
    "user.unblock": _of(_USER, user=_ALICE, reason="laptop found"),
    "user.unlock": _of(_USER, user=_ALICE),
    "user.search": _of(
        {
            "users": [
                {
                    "id": _ID,
                    "username": _ALICE,
                    "name": "Alice Example",
                    "blocked": None,
                    "disabled": False,
                    "matched": "alice@example.org",
                    "exact": False,
                }
            ],
            "more": False,
        },
        wanted="ali",
        limit=20,
    ),
    "user.disable": _of(_USER, user=_ALICE, reason="on leave"),
    "user.enable": _of(_USER, user=_ALICE, reason="is back"),
    "user.rename": _of(_USER, user=_ALICE, name="Alice Sample"),
    "user.alias-add": _of(_USER, user=_ALICE, alias="EXAMPLE\\asample"),
    "user.alias-remove": _of(_USER, user=_ALICE, alias="EXAMPLE\\asample"),
    "user.password": _of(_USER, user=_ALICE, password="correct horse battery"),  # noqa: S106 - an example
    "user.remove": _of(_USER, user=_ALICE),
    "method.add": _of(
        {
            "id": _OTHER,
            "uri": "otpauth://totp/Watchword:alice%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Watchword",
            "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        },
        user=_ALICE,
        type="totp",
    ),
    "method.list": _of([_METHOD], user=_ALICE),
    "method.remove": _of(_USER, user=_ALICE, id=_OTHER),
    "application.add": _of({**_VPN, "notes": [], "secret": _MADE}, name="vpn", clients=["192.0.2.7"]),
    "application.show": _of(_APPLICATION, name="vpn"),
    "application.list": _of([_APPLICATION]),
    "application.change": _of({**_VPN, "notes": []}, name="vpn", deadline=55),
    "application.remove": _of({**_VPN, "notes": []}, name="vpn"),
    "application.client-add": _of(
        {**_VPN, "client": "198.51.100.9/32", "secret": _MADE}, name="vpn", client="198.51.100.9"
    ),
    "application.client-remove": _of({**_VPN, "client": "198.51.100.9/32"}, name="vpn", client="198.51.100.9"),
    "application.secret-replace": _of({**_VPN, "clients": ["192.0.2.7/32"], "secret": _MADE}, name="vpn"),
    "application.secret-finish": _of({**_VPN, "clients": ["192.0.2.7/32"]}, name="vpn"),
    "directory.add": _of(
        {"id": _ID, "name": "ad", "notes": []},
        name="ad",
        type="ldap",
        url="ldaps://dc.example.org",
        base="dc=example,dc=org",
        bind_dn="cn=watchword,dc=example,dc=org",
        bind_password=_SECRET,
    ),
    "directory.list": _of(
        [
            {
                "id": _ID,
                "name": "ad",
                "type": "ldap",
                "url": "ldaps://dc.example.org",
                "base": "dc=example,dc=org",
                "bind_dn": "cn=watchword,dc=example,dc=org",
                "user_filter": "(sAMAccountName=%u)",
                "start_tls": False,
                "own_ca": False,
                "timeout": 3.0,
                "tries": None,
                "applications": ["vpn"],
            }
        ]
    ),
    "directory.test": _of(
        {
            "name": "ad",
            "user": _ALICE,
            "verdict": "accepted",
            "sentence": "the password is right",
            "detail": "",
            "directory_id": "6fe1c2d3",
            "seconds": 0.012,
        },
        name="ad",
        user=_ALICE,
        password="correct horse battery",  # noqa: S106 - an example
    ),
    "directory.remove": _of({"id": _ID, "name": "ad"}, name="ad"),
    "bypass.add": _of(
        {"id": _OTHER, "user": _ALICE, "seconds": 300, "expires_at": _UNTIL, **_ALONE},
        user=_ALICE,
        seconds=300,
        reason="phone at home",
    ),
    "bypass.choices": _of({"default": 300, "longest": 3_600, "groups": ["default"], "applications": ["vpn"]}),
    "bypass.list": _of([_BYPASS], all=True),
    "bypass.cancel": _of({"id": _OTHER, "user": _ALICE}, id=_OTHER, reason="phone found"),
    "rule.add": _of({"id": _ID}, type="ip", seconds=28_800, authentication_type="radius", application="vpn"),
    "rule.list": _of([_RULE]),
    "rule.entries": _of(
        [
            {
                "rule": _ID,
                "user": _ALICE,
                "application": "vpn",
                "source": "198.51.100.7",
                "created_at": _AT,
                "expires_at": "2026-11-24T17:30:00.000000Z",
                "hits": 3,
            }
        ],
        user=_ALICE,
    ),
    "rule.purge": _of({"purged": 1}, user=_ALICE),
    "rule.remove": _of({"id": _ID}, id=_ID),
    "group.add": _of({"id": _ID, "name": "branch"}, name="branch"),
    "group.list": _of([{"id": "00000000-0000-0000-0000-000000000000", "name": "default"}]),
    "group.remove": _of({"id": _ID, "name": "branch"}, group="branch"),
    "group.rename": _of({"id": _ID, "name": "north"}, group="branch", name="north"),
    "server.list": _of([_SERVER]),
    "server.show": _of({"server": _SERVER, "key_sha256": "5b6c..."}, server="gate-1"),
    "server.remove": _of(_SERVER_DONE, server="gate-1"),
    "server.rename": _of({**_SERVER_DONE, "name": "gate-2"}, server="gate-1", name="gate-2"),
    "server.move": _of(_SERVER_DONE, server="gate-1", group="branch"),
    "server.renew": _of(_SERVER_DONE, server="gate-1"),
    "server.revoke": _of(_SERVER_DONE, server="gate-1", reason="machine stolen"),
    "server.credentials": _of(
        {
            "id": _OTHER,
            "email": "srv-7c3a8f10@watchword.invalid",
            "password": "shown once",
            "url": "https://mfa.example.org/#sha256=...",
            "expires_at": "2026-11-24T09:40:00.000000Z",
            "notes": [],
        },
        group="branch",
    ),
    "server.credentials-list": _of(
        [
            {
                "id": _OTHER,
                "email": "srv-7c3a8f10@watchword.invalid",
                "group": "branch",
                "address": None,
                "server": None,
                "created_by": "olga@example.org",
                "created_at": _AT,
                "expires_at": "2026-11-24T09:40:00.000000Z",
                "state": "active",
                "ended_at": None,
                "used_by": None,
            }
        ]
    ),
    "server.credentials-withdraw": _of({"id": _OTHER, "email": "srv-7c3a8f10@watchword.invalid"}, credentials=_OTHER),
    "setting.list": _of([_SETTING]),
    "setting.set": _of({**_SETTING, "value": 3.0}, name="lock.failures", value=3.0),
    "why": _of(
        {"id": _OTHER, "outcome": "allowed", "reason": "push", "steps": [_STEP], "activity": ROW},
        id=_OTHER,
    ),
    "what-if": _of(
        {
            "outcome": "challenged",
            "reason": "challenge",
            "steps": [_STEP],
            "assumed": ["the password is right"],
            "user": _ALICE,
            "rule": None,
            "bypass": None,
            "group": "default",
        },
        user=_ALICE,
        application="vpn",
        source="198.51.100.7",
    ),
    "pending": _of(
        [
            {
                "id": _OTHER,
                "user": _ALICE,
                "application": "vpn",
                "source": "198.51.100.7",
                "since": _AT,
                "contended": False,
            }
        ],
        user=_ALICE,
    ),
    "try": _of(
        {"answer": "accept", "message": "", "state": None, "seconds": 0.013},
        application="vpn",
        user=_ALICE,
        password="correct horse battery",  # noqa: S106 - an example
        code="123456",
    ),
    "key.list": _of([_KEY]),
    "key.add": _of(
        {
            "id": _OTHER,
            "name": "ticket system",
            "role": "help-desk",
            "key": "wwk_...",
            "expires_at": "2027-11-24T09:30:00.000000Z",
            "bypasses": True,
        },
        role="help-desk",
        expires_in=31_536_000,
        name="ticket system",
        bypasses=True,
    ),
    "key.revoke": _of({"id": _OTHER, "name": "ticket system"}, id=_OTHER),
    "key.rotate": _of({"version": 2, "created_at": _AT, "resealed": 118, "finished": True}),
    **{name: _of(shown, **asked) for name, (shown, asked) in (*ADMINISTERING.items(), *READING.items())},
    "doctor": _of([{"check": "chain", "level": "ok", "sentence": "the chain is whole", "advice": ""}]),
}
"""By operation."""
