"""
Examples of what is read of the past, and of rules that are told by it.
"""

from collections.abc import Mapping
from typing import Any, Final

_ID: Final = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"
_OTHER: Final = "0190b2f4-9a01-7d44-b2c3-5e6f708192a3"
_AT: Final = "2026-11-24T09:30:00.000000Z"
_ALICE: Final = "alice@example.org"
ROW: Final = {
    "id": _OTHER,
    "at": _AT,
    "kind": "login",
    "user": _ALICE,
    "application": "vpn",
    "authentication_type": "radius",
    "client": "192.0.2.7",
    "source": "198.51.100.7",
    "server": "local",
    "outcome": "allowed",
    "reason": "push",
    "rule": None,
    "bypass": None,
    "origin": None,
    "count": 1,
    "detail": "",
}

_WALK: Final = {"state": "goes-on", "begun_at": _AT, "by": "auditor@example.org", "rows": 0, "of": 4_711, "fault": ""}


def _of(shown: Any, **asked: Any) -> tuple[Any, dict[str, Any]]:
    return shown, asked


READING: Final[Mapping[str, tuple[Any, dict[str, Any]]]] = {
    "application.observed": _of(
        [
            {
                "id": _ID,
                "name": "vpn",
                "last_request": "2026-11-24T09:29:41.203145Z",
                "clients": [
                    {
                        "network": "192.0.2.7/32",
                        "address": "192.0.2.7",
                        "at": "2026-11-24T09:29:41.203145Z",
                        "newer_secret": None,
                        "without_authenticator": 12,
                        "unsigned_proxy_state": 0,
                        "bad_authenticator": 0,
                        "repeated_authenticators": 0,
                        "retries": 3,
                        "dropped": 0,
                    }
                ],
            }
        ],
        name="vpn",
    ),
    "application.presets": _of(
        [
            {
                "id": "fortigate",
                "name": "FortiGate",
                "deadline": 50,
                "waits": 60,
                "tries": 1,
                "usual": "5 s for everything, and then the secondary server",
                "challenge": True,
                "message_authenticator": True,
                "asserted": False,
                "source": "Calling-Station-Id",
                "passwords": "PAP",
                "advice": ["One long wait is better than many short ones."],
                "configuration": ["config user radius", "    ...", "end"],
            }
        ],
        server="192.0.2.1",
        port=1812,
    ),
    "rule.change": _of({"id": _ID, "seconds": 3_600, "enabled": True}, id=_ID, seconds=3_600, enabled=True),
    "rule.foresee": _of(
        {
            "since": "2026-11-17T09:30:00.000000Z",
            "complete": True,
            "logins": 4_120,
            "prompts": 2_870,
            "saved": 1_204,
            "users": 312,
            "risks": ["whoever shares the address of a user, behind the same router for one, needs only his password"],
        },
        type="ip",
        seconds=28_800,
        application="vpn",
    ),
    "activity.list": _of([ROW], user=_ALICE),
    "activity.search": _of({"rows": [ROW], "before": _OTHER, "after": _ID}, user=_ALICE, reason="push"),
    "activity.statistics": _of(
        {
            "span": "day",
            "since": "2026-10-25T00:00:00.000000Z",
            "until": "2026-11-24T09:30:00.000000Z",
            "counted_until": "2026-11-24T09:29:57.310442Z",
            "logins": [
                {"start": "2026-11-23T00:00:00.000000Z", "outcome": "allowed", "reason": "push", "count": 412},
            ],
            "saved": [{"start": "2026-11-23T00:00:00.000000Z", "by_rules": 380, "by_joining": 25}],
            "answers": [{"start": "2026-11-23T00:00:00.000000Z", "count": 412, "p50": 6.6, "p90": 15.2, "p99": 26.7}],
            "applications": [{"application": "vpn", "allowed": 817, "denied": 9, "saved": 405}],
        },
        span="day",
        application="vpn",
    ),
    "audit.list": _of(
        [
            {
                "id": _OTHER,
                "at": _AT,
                "event": "user.blocked",
                "sentence": "olga@example.org blocked alice@example.org: laptop stolen",
                "actor": "olga@example.org",
                "user": _ALICE,
                "subject": None,
                "words": {"username": _ALICE, "reason": "laptop stolen"},
            }
        ],
        user=_ALICE,
        event="user",
    ),
    "audit.verify": _of({"whole": True, "rows": 4_711, "fault": ""}),
    "audit.verify-begin": _of(_WALK),
    "audit.verify-state": _of(_WALK | {"state": "whole", "rows": 4_711}),
}
"""By operation: what is answered, and what was asked."""
