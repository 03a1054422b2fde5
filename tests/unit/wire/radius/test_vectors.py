"""
Packets that others have made: the examples of the RFCs, and captures of FreeRADIUS.

`tests/vectors/PROVENANCE.md` says how they came here.
"""

import hashlib
import json
from pathlib import Path
from typing import TypedDict

import pytest

from watchword.wire.radius.access import AccessRequest, Credentials, read_access_request
from watchword.wire.radius.accounting import AccountingRequest, AcctStatusType
from watchword.wire.radius.attributes import AttributeType, encode_attributes
from watchword.wire.radius.authenticators import verify_request
from watchword.wire.radius.carrying import carriable
from watchword.wire.radius.client import access_request, read_reply
from watchword.wire.radius.errors import RadiusError, Reason
from watchword.wire.radius.packet import Code, Packet, decode
from watchword.wire.radius.replies import accounting_response
from watchword.wire.radius.shared_secret import SharedSecret

FOLDER = Path(__file__).parents[3] / "vectors/radius"
CAPTURED_PASSWORD = b"correct horse battery staple"


class Vector(TypedDict):
    """One request and its reply, in hexadecimal."""

    name: str
    secret: str
    request: str
    reply: str


def vectors(file: str) -> dict[str, Vector]:
    return {vector["name"]: vector for vector in json.loads((FOLDER / file).read_text())}


RFC = vectors("rfc.json")
FREERADIUS = vectors("freeradius.json")
#: The one example that is printed with a wrong Length of State.
MISPRINT = "2865-7.3-second"
#: What the RFCs' examples and unpatched servers answer without Message-Authenticator.
UNSIGNED_REPLIES = {*RFC, "pap-reject", "pap-challenge", "ms-chap-reject", "eap-reject", "status", "status-accounting"}


def mended(vector: Vector) -> Vector:
    """Give State its right Length: no authenticator covers it, in the request or in the reply."""
    return {**vector, "request": vector["request"].replace("1810", "180a")}


SOUND = [mended(vector) if name == MISPRINT else vector for name, vector in (RFC | FREERADIUS).items()]


def parts(vector: Vector) -> tuple[SharedSecret, bytes, bytes]:
    return SharedSecret(vector["secret"].encode()), bytes.fromhex(vector["request"]), bytes.fromhex(vector["reply"])


def verified(vector: Vector) -> Packet:
    secret, octets, _ = parts(vector)
    packet = decode(octets)
    assert verify_request(packet, [secret], require_message_authenticator=False) is secret
    return packet


def read(vector: Vector) -> AccessRequest:
    return read_access_request(verified(vector), parts(vector)[0])


@pytest.mark.parametrize("vector", SOUND, ids=lambda vector: vector["name"])
def test_every_request_and_reply_verifies_and_is_written_as_it_was_read(vector: Vector) -> None:
    secret, octets, answer = parts(vector)
    request = verified(vector)
    reply = read_reply(answer, octets, secret, require_message_authenticator=vector["name"] not in UNSIGNED_REPLIES)

    for packet, sent in ((request, octets), (reply, answer)):
        assert packet.octets[20:] == encode_attributes(packet.attributes) == sent[20:]


@pytest.mark.parametrize("vector", SOUND, ids=lambda vector: vector["name"])
def test_no_request_or_reply_verifies_with_another_secret(vector: Vector) -> None:
    _, octets, answer = parts(vector)
    request, other = decode(octets), SharedSecret(b"another")

    if request.message_authenticator_at or request.code is Code.ACCOUNTING_REQUEST:
        with pytest.raises(RadiusError):
            verify_request(request, [other])
    with pytest.raises(RadiusError):
        read_reply(answer, octets, other, require_message_authenticator=False)


@pytest.mark.parametrize(
    ("vector", "user_name", "password"),
    [
        (RFC["2865-7.1"], "nemo", b"arctangent"),
        (RFC["2865-7.3-first"], "mopsy", b"challenge"),
        (FREERADIUS["pap-accept"], "alice@example.org", CAPTURED_PASSWORD),
        (FREERADIUS["pap-reject"], "alice@example.org", b"wrong"),
        (FREERADIUS["pap-challenge"], "challenged", b"x"),
        (FREERADIUS["pap-unsigned"], "alice@example.org", CAPTURED_PASSWORD),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_passwords_are_revealed_and_hidden_as_others_do_it(vector: Vector, user_name: str, password: bytes) -> None:
    secret = parts(vector)[0]
    request = read(vector)

    assert request.user_name == user_name
    assert request.credentials is Credentials.PAP
    assert request.password == password
    assert secret.hide(password, request.packet.authenticator) == request.packet.value(AttributeType.USER_PASSWORD)


def test_the_misprinted_example_is_malformed_as_printed_and_right_when_mended() -> None:
    vector = RFC[MISPRINT]
    with pytest.raises(RadiusError) as raised:
        decode(bytes.fromhex(vector["request"]))
    assert raised.value.reason is Reason.BAD_ATTRIBUTE

    request = read_access_request(decode(bytes.fromhex(mended(vector)["request"])), parts(vector)[0])
    assert request.state == b"32769430"
    assert request.password == b"99101462"


def test_the_example_of_chap_is_told_as_chap() -> None:
    request = read(RFC["2865-7.2"])
    value = request.packet.value(AttributeType.CHAP_PASSWORD)

    assert request.credentials is Credentials.CHAP
    assert value is not None
    challenge = request.packet.authenticator
    assert hashlib.md5(value[:1] + b"arctangent" + challenge, usedforsecurity=False).digest() == value[1:]


def test_the_example_of_a_challenge_is_read() -> None:
    secret, octets, answer = parts(RFC["2865-7.3-first"])
    reply = read_reply(answer, octets, secret, require_message_authenticator=False)

    assert reply.code is Code.ACCESS_CHALLENGE
    assert reply.value(AttributeType.STATE) == b"32769430"
    assert reply.name(AttributeType.REPLY_MESSAGE) == "Challenge 32769430.  Enter response at prompt."


@pytest.mark.parametrize(
    ("name", "expected"),
    [("chap-accept", Credentials.CHAP), ("ms-chap-reject", Credentials.MS_CHAP), ("eap-reject", Credentials.EAP)],
)
def test_what_is_no_pap_is_told_apart(name: str, expected: Credentials) -> None:
    assert read(FREERADIUS[name]).credentials is expected


def test_a_captured_request_is_read() -> None:
    request = read(FREERADIUS["pap-accept"])

    assert request.nas_identifier == "vpn-1"
    assert request.calling_station_id == "203.0.113.77"
    assert request.proxy_states == (b"a", b"bb")


def test_of_a_captured_accept_what_the_server_grants_is_carried() -> None:
    secret, octets, answer = parts(FREERADIUS["pap-accept"])
    reply = read_reply(answer, octets, secret)

    assert [kind for kind, _ in reply.attributes] == [33, 33, 25, 27, 11, 69, 26, 26, 80]
    assert carriable(reply.attributes) == (
        (25, b"\x01\x02\x03\x04\x05"),
        (27, bytes([0, 0, 14, 16])),
        (11, b"staff"),
        (26, b"\x00\x00\x00\x09\x01\x13shell:priv-lvl=15"),
    )


def test_a_captured_accounting_request_is_read_and_acknowledged_octet_by_octet() -> None:
    secret, _, answer = parts(FREERADIUS["accounting"])
    packet = verified(FREERADIUS["accounting"])
    request = AccountingRequest(packet)

    assert request.status is AcctStatusType.START
    assert request.session_id == "2a"
    assert str(request.framed_address) == "10.8.0.42"
    assert accounting_response(packet, secret) == answer


def test_accounting_may_be_signed_too() -> None:
    assert verified(FREERADIUS["accounting-signed"]).message_authenticator_at


def test_a_request_of_ours_holds_what_a_captured_one_holds() -> None:
    secret = parts(FREERADIUS["pap-accept"])[0]
    captured = verified(FREERADIUS["pap-accept"])
    left = [pair for pair in captured.attributes if pair[0] not in {1, 2, 80}]
    ours = decode(
        access_request(
            secret,
            identifier=captured.identifier,
            authenticator=captured.authenticator,
            user_name="alice@example.org",
            password=CAPTURED_PASSWORD,
            attributes=left,
        )
    )

    assert ours.authenticator == captured.authenticator
    assert sorted(pair for pair in ours.attributes if pair[0] != 80) == sorted(
        pair for pair in captured.attributes if pair[0] != 80
    )
