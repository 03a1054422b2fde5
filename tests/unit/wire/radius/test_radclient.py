"""
FreeRADIUS's client takes what we answer: it checks both authenticators, and drops what does not fit.
"""

import socket
import subprocess
from collections.abc import Callable
from typing import Final

import pytest

from tests.unit.wire.radius.forging import SECRET, SHARED
from watchword.wire.radius.authenticators import NO_AUTHENTICATOR, SIGNATURE_SIZE, signed, verify_request
from watchword.wire.radius.packet import Code, Packet, decode, header
from watchword.wire.radius.replies import accept, accounting_response, challenge, reject, status

PAP: Final = (
    "User-Name = alice, User-Password = secret, Proxy-State = 0x62, Proxy-State = 0x61, Message-Authenticator = 0"
)
ACCOUNTING: Final = "Acct-Session-Id = 2a, Acct-Status-Type = Start, Proxy-State = 0x61"

pytestmark = pytest.mark.needs("radclient")


def told(kind: str, attributes: str, answer: Callable[[Packet], bytes]) -> str:
    """Let radclient ask us once, and give what it prints of the answer; that is empty where it drops it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        command = [
            "radclient",
            "-x",
            "-r",
            "1",
            "-t",
            "1",
            f"127.0.0.1:{server.getsockname()[1]}",
            kind,
            SECRET.decode(),
        ]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as client:
            assert client.stdin is not None
            client.stdin.write(attributes.encode())
            client.stdin.close()
            octets, sender = server.recvfrom(4096)
            packet = decode(octets)
            assert verify_request(packet, [SHARED]) is SHARED
            server.sendto(answer(packet), sender)
            assert client.stdout is not None
            return client.stdout.read().decode().partition("\nReceived ")[2]


def test_it_takes_an_accept() -> None:
    output = told("auth", PAP, lambda packet: accept(packet, SHARED, attributes=[(25, b"\x01\x02")]))

    assert output.startswith("Access-Accept")
    assert output.index("Message-Authenticator") < output.index("Class = 0x0102")
    assert output.index("Proxy-State = 0x62") < output.index("Proxy-State = 0x61")


def test_it_takes_a_reject() -> None:
    output = told("auth", PAP, lambda packet: reject(packet, SHARED, message="Access denied"))

    assert output.startswith("Access-Reject")
    assert 'Reply-Message = "Access denied"' in output


def test_it_takes_a_challenge() -> None:
    output = told("auth", PAP, lambda packet: challenge(packet, SHARED, state=b"\x01\x02", message="Code", seconds=60))

    assert output.startswith("Access-Challenge")
    assert "State = 0x0102" in output
    assert 'Reply-Message = "Code"' in output
    assert "Session-Timeout = 60" in output


def test_it_takes_the_answer_to_status_server() -> None:
    output = told("status", "Message-Authenticator = 0", lambda packet: status(packet, SHARED))

    assert output.startswith("Access-Accept")


def test_it_takes_the_acknowledgement_of_accounting() -> None:
    output = told("acct", ACCOUNTING, lambda packet: accounting_response(packet, SHARED))

    assert output.startswith("Accounting-Response")
    assert "Proxy-State = 0x61" in output


def test_it_would_drop_an_acknowledgement_that_is_signed_as_other_answers_are() -> None:
    """Which is why ours is not signed."""

    def over(authenticator: Callable[[Packet], bytes]) -> Callable[[Packet], bytes]:
        def answer(packet: Packet) -> bytes:
            head = header(Code.ACCOUNTING_RESPONSE, packet.identifier, SIGNATURE_SIZE)
            body = signed(head + authenticator(packet), b"", SHARED)
            return head + SHARED.digest(head + packet.authenticator + body) + body

        return answer

    assert told("acct", ACCOUNTING, over(lambda packet: packet.authenticator)) == ""
    assert told("acct", ACCOUNTING, over(lambda _: NO_AUTHENTICATOR)).startswith("Accounting-Response")


def test_it_drops_an_answer_whose_signature_was_changed() -> None:
    def changed(packet: Packet) -> bytes:
        octets = accept(packet, SHARED)
        octets = octets[:22] + bytes([octets[22] ^ 1]) + octets[23:]
        return octets[:4] + SHARED.digest(octets[:4] + packet.authenticator + octets[20:]) + octets[20:]

    assert told("auth", PAP, changed) == ""
