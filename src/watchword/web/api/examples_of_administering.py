"""
Examples of the operations about those who administer.
"""

from collections.abc import Mapping
from typing import Any, Final

_ID: Final = "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12"
_AT: Final = "2026-11-24T09:30:00.000000Z"
_DONE: Final = {"id": _ID, "name": "dora", "role": "help-desk", "notes": []}
_LINK: Final = {
    "id": _ID,
    "name": "dora",
    "role": "help-desk",
    "url": "https://mfa.example.org/setup/...",
    "expires_at": "2026-11-25T09:30:00.000000Z",
}
_ROW: Final = {
    "id": _ID,
    "name": "dora",
    "display": "Dora Desk",
    "role": "help-desk",
    "state": "active",
    "user": "dora@example.org",
    "password": True,
    "totp": True,
    "passkeys": 1,
    "created_at": _AT,
    "locked_until": None,
    "last_seen_at": _AT,
}
_SESSION: Final = {
    "id": _ID,
    "administrator": "dora",
    "source": "198.51.100.7",
    "agent": "Mozilla/5.0",
    "created_at": _AT,
    "seen_at": _AT,
    "expires_at": "2026-11-24T21:30:00.000000Z",
    "current": False,
}

ADMINISTERING: Final[Mapping[str, tuple[Any, Mapping[str, Any]]]] = {
    "admin.list": ([_ROW], {}),
    "admin.invite": (
        _LINK,
        {"name": "dora", "role": "help-desk", "display": "Dora Desk", "user": "dora@example.org"},
    ),
    "admin.link": (_LINK, {"name": "dora"}),
    "admin.change": ({**_DONE, "role": "auditor"}, {"name": "dora", "role": "auditor"}),
    "admin.disable": (_DONE, {"name": "dora"}),
    "admin.enable": (_DONE, {"name": "dora"}),
    "admin.unlock": (_DONE, {"name": "dora"}),
    "admin.remove": (_DONE, {"name": "dora"}),
    "session.list": ([_SESSION], {"administrator": "dora"}),
    "session.end": ({"ended": 1}, {"id": _ID}),
    "session.end-all": ({"ended": 2}, {"administrator": "dora"}),
}
"""What is answered and what is asked, by operation."""
