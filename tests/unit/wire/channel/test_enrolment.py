"""
Messages between a server that is not known yet and a portal: capped, total, and read back as they were written.
"""

import json

import pytest

from watchword.wire.channel.enrolment import (
    LONGEST_MESSAGE,
    LONGEST_TEXT,
    Asked,
    Boxed,
    Known,
    PortalShown,
    Renewed,
    Renewing,
    decode,
    encode,
)

KEY = bytes(range(32))
ASKED = Asked(
    portal=KEY,
    email="server-a@activation.invalid",
    key=KEY,
    link=KEY,
    at=1_700_000_000_000_000,
    proof=KEY + KEY,
    password="abcde-fghjk",
    group="berlin",
    version="1.0",
    host_name="berlin-1",
    address="10.0.0.7",
)
MESSAGES = (
    PortalShown(key=KEY, box_key=KEY, at=5, signature=KEY),
    Boxed(box=b"box"),
    ASKED,
    Known(server=KEY, key=KEY, name="berlin-1", group=KEY, group_name="berlin", signature=KEY),
    Renewing(portal=KEY, server=KEY, key=KEY, at=5, proof=KEY, new_proof=KEY),
    Renewed(server=KEY, key=KEY, signature=KEY),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_read_as_it_was_written(message: PortalShown) -> None:
    assert decode(encode(message), type(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_fields_that_are_not_known_are_ignored_and_none_may_be_missing(message: PortalShown) -> None:
    document = json.loads(encode(message))
    assert decode(json.dumps({**document, "later": [1]}).encode(), type(message)) == message
    first = next(iter(document))
    assert decode(json.dumps({**document, first: None}).encode(), type(message)) is None
    del document[first]
    assert decode(json.dumps(document).encode(), type(message)) is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"box": "!"}',
        b'{"box": 7}',
        b"\xff",
        b"[" * 10_000,
        b'{"box": "AAAA"}' + b" " * LONGEST_MESSAGE,
    ],
)
def test_what_is_no_message_is_none(octets: bytes) -> None:
    assert decode(octets, Boxed) is None


def test_a_text_has_an_end_and_a_number_fits_into_what_is_signed() -> None:
    document = json.loads(encode(ASKED))
    for change in ({"email": "x" * (LONGEST_TEXT + 1)}, {"at": 1 << 63}, {"at": -(1 << 63)}):
        assert decode(json.dumps({**document, **change}).encode(), Asked) is None
    assert decode(json.dumps({**document, "email": "x" * LONGEST_TEXT, "at": -5}).encode(), Asked) is not None


def test_no_repr_shows_a_password() -> None:
    assert ASKED.password not in repr(ASKED)
