"""
Examples of the operations about those who administer, and of what they hand to machines.
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

_FILE: Final = "watchword-server-0.1.0-py311-linux-x86_64.pyz"
_SHA256: Final = "0a2b9a9b09d8c646749f4b5437bf2219eab91b40709540ae51f009efcecfe851"

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
    "server.download": (
        {
            "state": "ready",
            "percent": 100,
            "why": None,
            "download": {
                "file": _FILE,
                "version": "0.1.0",
                "size": 43_913_873,
                "sha256": _SHA256,
                "platform": "linux-x86_64",
                "python": "3.11",
                "glibc": "2.34",
                "path": f"/download/{_SHA256}/{_FILE}",
                "url": f"https://mfa.example.org/download/{_SHA256}/{_FILE}",
                "signed": f"watchword download 1\n{_FILE}\n{_SHA256}\n",
                "signature": "uB7GkVn2kq0q8m1u4yJ3WQf6cZ5tH9sLx2oEvT1aPzD8rYbNiKcMgXeUdRjSwFhQ0lVtOyAp7Ck3Bn5Gm9Z4Dw==",
                "key": "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n",
                "key_sha256": "5f0c2d1b7a9e4c3f8d6b5a4e3c2d1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e",
                "commands": [f"curl --fail --output {_FILE} https://mfa.example.org/download/{_SHA256}/{_FILE}"],
            },
        },
        {"wait": 20},
    ),
}
"""What is answered and what is asked, by operation."""
