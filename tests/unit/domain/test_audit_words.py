"""
The audit trail in words.
"""

import pytest

from watchword.domain.audit_words import SENTENCES, sentence
from watchword.domain.events import AuditEvent


@pytest.mark.parametrize(
    ("event", "words", "said"),
    [
        ("user.blocked", {"username": "alice", "reason": "lost {actor}"}, "olga blocked alice: lost {actor}"),
        ("user.blocked", {"username": "alice", "reason": ""}, "olga blocked alice"),
        ("user.added", {}, "olga added the user ?"),
        ("bypass.used", {"source": ""}, "a bypass was used"),
        (
            "application.changed",
            {"name": "VPN", "client_added": "192.0.2.0/24"},
            "olga changed the application VPN: client 192.0.2.0/24 added",
        ),
        ("server.set-aside", {"name": "x", "why": ""}, "olga: server set aside (name x)"),
        ("moon.landed", {}, "olga: moon landed"),
    ],
)
def test_what_happened_is_one_sentence(event: str, words: dict[str, str], said: str) -> None:
    assert sentence(event, "olga", words) == said


def test_every_sentence_is_of_an_event_and_can_be_said_of_a_bare_row() -> None:
    for event in SENTENCES:
        assert AuditEvent(event) is event
        assert "[" not in sentence(event, "olga", {})
        assert "{" not in sentence(event, "olga", {})
