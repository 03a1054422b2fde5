"""
Messages between a device and the portal: each comes back as it was written, and whatever else is refused by its field.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watchword.wire.authenticator import (
    LONGEST_MESSAGE,
    LONGEST_WAIT,
    AnswerReply,
    AnswerRequest,
    AuthenticatorError,
    FetchReply,
    FetchRequest,
    Message,
    PairReply,
    PairRequest,
    Prompt,
    decode_answer_reply,
    decode_answer_request,
    decode_fetch_reply,
    decode_fetch_request,
    decode_pair_reply,
    decode_pair_request,
    encode,
)

DECODERS: Final[dict[type, Callable[[bytes], Message]]] = {
    PairRequest: decode_pair_request,
    PairReply: decode_pair_reply,
    FetchRequest: decode_fetch_request,
    FetchReply: decode_fetch_reply,
    AnswerRequest: decode_answer_request,
    AnswerReply: decode_answer_reply,
}

text = st.text(st.characters(codec="utf-8"), max_size=60)
octets = st.binary(max_size=100)
identifier = st.binary(min_size=16, max_size=16)
instant = st.integers(0, 2**63 - 1)
prompts = st.builds(
    Prompt,
    verification=identifier,
    application=identifier,
    application_name=text,
    source=st.none() | text,
    asked_at=instant,
    number_needed=st.booleans(),
    contended=st.booleans(),
    nonce=octets,
    issued_at=instant,
    expires_at=instant,
)
messages = st.one_of(
    st.builds(PairRequest, token=text, public_key=octets, proof=octets),
    st.builds(PairReply, device=identifier, user=identifier, username=text, issuer=text),
    st.builds(FetchRequest, device=identifier, issued_at=instant, signature=octets, wait=st.integers(0, LONGEST_WAIT)),
    st.builds(FetchReply, prompt=st.none() | prompts),
    st.builds(
        AnswerRequest,
        device=identifier,
        verification=identifier,
        decision=text,
        number=st.none() | st.text("0123456789", max_size=6),
        displayed=octets,
        signature=octets,
    ),
    st.builds(AnswerReply, result=text),
)

FETCH: Final = {
    "device": "0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12",
    "issued_at": 1_700_000_000_000_000,
    "signature": "AQID-_8",
    "wait": 25,
}


def written(document: object) -> bytes:
    return json.dumps(document).encode()


def changed(**fields: Any) -> bytes:
    return written(FETCH | fields)


@given(messages)
def test_a_message_comes_back_as_it_was_written(message: Message) -> None:
    assert DECODERS[type(message)](encode(message)) == message


def test_the_octets_of_a_message_are_these() -> None:
    read = decode_fetch_request(written(FETCH))

    assert read.device.hex() == "0190b2f45d6e7c3a8f102b4c6d8e0f12"
    assert read.signature == b"\x01\x02\x03\xfb\xff"
    assert json.loads(encode(read)) == FETCH


def test_nothing_secret_is_in_a_messages_looks() -> None:
    assert "T0KEN" not in repr(PairRequest(token="T0KEN", public_key=b"", proof=b""))
    answer = AnswerRequest(
        device=bytes(16), verification=bytes(16), decision="approve", number="4711", displayed=b"", signature=b""
    )
    assert "4711" not in repr(answer)


def test_a_field_that_is_not_known_says_nothing() -> None:
    assert decode_fetch_request(changed(later="version")) == decode_fetch_request(written(FETCH))


@given(st.binary(max_size=200) | messages.map(encode))
@example(b"\xff\xfe{\x00}\x00")
def test_garbage_gives_the_one_error_and_nothing_else(garbage: bytes) -> None:
    for decode in DECODERS.values():
        with suppress(AuthenticatorError):
            assert type(decode(garbage)) in DECODERS


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"[" * LONGEST_MESSAGE,
        b'{"a":' * 1_600,
        b'{"device":1,"device":2}',
        b'{"wait":NaN}',
        b'{"wait":Infinity}',
        "\ufeff{}".encode(),
        "{}".encode("utf-16"),
    ],
)
def test_what_is_no_object_is_no_message(octets: bytes) -> None:
    with pytest.raises(AuthenticatorError, match=r"JSON object"):
        decode_fetch_request(octets)


def test_a_message_is_bounded() -> None:
    padded = written(FETCH)[:-1] + b" " * LONGEST_MESSAGE + b"}"

    with pytest.raises(AuthenticatorError, match="at most 8192 octets"):
        decode_fetch_request(padded)


def test_a_message_of_the_longest_size_is_read() -> None:
    short = written(FETCH)

    assert decode_fetch_request(short[:-1] + b" " * (LONGEST_MESSAGE - len(short)) + b"}").wait == 25


@pytest.mark.parametrize("name", sorted(FETCH))
def test_each_field_is_needed(name: str) -> None:
    document = {key: value for key, value in FETCH.items() if key != name}

    with pytest.raises(AuthenticatorError, match=f"^{name} is missing$"):
        decode_fetch_request(written(document))


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (changed(device=None), "device must be text"),
        (changed(device=7), "device must be text"),
        (changed(device="7"), "device must be a UUID"),
        (changed(device="{0190b2f4-5d6e-7c3a-8f10-2b4c6d8e0f12}"), "in lower case, with its hyphens"),
        (changed(device="0190B2F4-5D6E-7C3A-8F10-2B4C6D8E0F12"), "in lower case, with its hyphens"),
        (changed(device="\ud800"), "device must be text"),
        (changed(issued_at=-1), "issued_at must be a whole number"),
        (changed(issued_at=2**63), "issued_at must be a whole number"),
        (changed(issued_at=1.5), "issued_at must be a whole number"),
        (changed(issued_at=True), "issued_at must be a whole number"),
        (changed(issued_at="1"), "issued_at must be a whole number"),
        (changed(wait=LONGEST_WAIT + 1), "wait must be a whole number from 0 to 60"),
        (changed(signature="A"), "signature must be base64url"),
        (changed(signature="AA=="), "signature must be base64url"),
        (changed(signature="A+/A"), "signature must be base64url"),
        (changed(signature="AAAA\n"), "signature must be base64url"),
        (changed(signature="A" * 1_025), "signature must be text of at most 1024 characters"),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_not_shown(octets: bytes, words: str) -> None:
    with pytest.raises(AuthenticatorError, match=words):
        decode_fetch_request(octets)


def test_a_token_and_a_number_are_short() -> None:
    with pytest.raises(AuthenticatorError, match="token must be text of at most 128"):
        decode_pair_request(written({"token": "t" * 129, "public_key": "", "proof": ""}))
    with pytest.raises(AuthenticatorError, match="number must be text of at most 16"):
        decode_answer_request(
            written(
                {
                    "device": FETCH["device"],
                    "verification": FETCH["device"],
                    "decision": "approve",
                    "number": "1" * 17,
                    "displayed": "",
                    "signature": "",
                }
            )
        )


@pytest.mark.parametrize("prompt", [[], "text", 7, {}])
def test_a_prompt_that_is_none_is_null_and_nothing_else(prompt: object) -> None:
    with pytest.raises(AuthenticatorError):
        decode_fetch_reply(written({"prompt": prompt}))


def test_a_truth_is_no_number() -> None:
    octets = encode(
        FetchReply(
            prompt=Prompt(
                verification=bytes(16),
                application=bytes(16),
                application_name="vpn",
                source=None,
                asked_at=0,
                number_needed=True,
                contended=False,
                nonce=bytes(16),
                issued_at=0,
                expires_at=0,
            )
        )
    )

    with pytest.raises(AuthenticatorError, match="number_needed must be true or false"):
        decode_fetch_reply(octets.replace(b'"number_needed":true', b'"number_needed":1'))
