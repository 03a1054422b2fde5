"""
An independent client and server, pyrad, takes what we make, and we take what it makes.
"""

import io
from typing import Any, Final

import pyrad.dictionary
import pyrad.packet
import pytest

from tests.unit.wire.radius.forging import AUTHENTICATOR, SECRET, SHARED
from watchword.wire.radius.access import Credentials, read_access_request
from watchword.wire.radius.authenticators import verify_request
from watchword.wire.radius.client import access_request, accounting_request, read_reply, status_server
from watchword.wire.radius.packet import Code, decode
from watchword.wire.radius.replies import accept, accounting_response, challenge, reject, status

DICTIONARY: Final = pyrad.dictionary.Dictionary(
    io.StringIO(
        """
ATTRIBUTE User-Name 1 string
ATTRIBUTE User-Password 2 string encrypt=1
ATTRIBUTE Reply-Message 18 string
ATTRIBUTE State 24 octets
ATTRIBUTE Class 25 octets
ATTRIBUTE Session-Timeout 27 integer
ATTRIBUTE Proxy-State 33 octets
ATTRIBUTE Acct-Status-Type 40 integer
ATTRIBUTE Acct-Session-Id 44 string
ATTRIBUTE Message-Authenticator 80 octets
"""
    )
)
PASSWORDS: Final = ["x", "exactly16octets!", "correct horse battery staple", "x" * 128, "pa\u00df\u20ac"]


def pyrad_request(password: str = "password", *, state: bytes | None = None) -> Any:
    packet = pyrad.packet.AuthPacket(
        secret=SECRET, id=7, dict=DICTIONARY, authenticator=AUTHENTICATOR, User_Name="alice", message_authenticator=True
    )
    packet["User-Password"] = packet.PwCrypt(password)
    packet["Proxy-State"] = [b"b", b"a"]
    if state:
        packet["State"] = [state]
    return packet


def taken_by_pyrad(asked: Any, octets: bytes) -> Any:
    """Give pyrad's view of our answer, after it has checked both authenticators."""
    assert asked.VerifyReply(asked.CreateReply(packet=octets), octets)
    answer = asked.CreateReply(packet=octets)
    assert answer.verify_message_authenticator(original_authenticator=asked.authenticator)
    return answer


@pytest.mark.parametrize("password", PASSWORDS)
def test_we_read_its_request(password: str) -> None:
    packet = decode(pyrad_request(password, state=b"state").RequestPacket())
    request = read_access_request(packet, SHARED)

    assert verify_request(packet, [SHARED]) is SHARED
    assert request.user_name == "alice"
    assert request.credentials is Credentials.PAP
    assert request.password == password.encode()
    assert request.state == b"state"
    assert request.proxy_states == (b"b", b"a")


@pytest.mark.parametrize("password", PASSWORDS)
def test_it_reads_our_request(password: str) -> None:
    octets = access_request(
        SHARED, identifier=7, authenticator=AUTHENTICATOR, user_name="alice", password=password.encode()
    )
    packet = pyrad.packet.AuthPacket(secret=SECRET, dict=DICTIONARY, packet=octets)

    assert packet.code == Code.ACCESS_REQUEST
    assert packet.verify_message_authenticator()
    assert packet["User-Name"] == ["alice"]
    assert packet.PwDecrypt(packet["User-Password"][0]) == password


def test_it_takes_our_accept() -> None:
    asked = pyrad_request()
    answer = taken_by_pyrad(asked, accept(decode(asked.RequestPacket()), SHARED, attributes=[(25, b"class")]))

    assert answer.code == Code.ACCESS_ACCEPT
    assert answer["Class"] == [b"class"]
    assert answer["Proxy-State"] == [b"b", b"a"]


def test_it_takes_our_reject() -> None:
    asked = pyrad_request()
    answer = taken_by_pyrad(asked, reject(decode(asked.RequestPacket()), SHARED, message="n\u00f3"))

    assert answer.code == Code.ACCESS_REJECT
    assert answer["Reply-Message"] == ["n\u00f3"]


def test_it_takes_our_challenge() -> None:
    asked = pyrad_request()
    octets = challenge(decode(asked.RequestPacket()), SHARED, state=b"state", message="Code", seconds=60)
    answer = taken_by_pyrad(asked, octets)

    assert answer.code == Code.ACCESS_CHALLENGE
    assert answer["State"] == [b"state"]
    assert answer["Session-Timeout"] == [60]


def test_it_takes_our_answer_to_status_server() -> None:
    asked = status_server(SHARED, identifier=7, authenticator=AUTHENTICATOR)
    packet = pyrad.packet.Packet(secret=SECRET, dict=DICTIONARY, packet=asked)

    assert packet.verify_message_authenticator()
    assert taken_by_pyrad(packet, status(decode(asked), SHARED)).code == Code.ACCESS_ACCEPT


@pytest.mark.parametrize("code", [Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE])
def test_we_take_its_answer(code: Code) -> None:
    octets = access_request(SHARED, identifier=7, authenticator=AUTHENTICATOR, user_name="alice", password=b"x")
    asked = pyrad.packet.AuthPacket(secret=SECRET, dict=DICTIONARY, packet=octets)
    answer = asked.CreateReply(Reply_Message="hello")
    answer.code = code
    answer.add_message_authenticator()

    assert read_reply(answer.ReplyPacket(), octets, SHARED).code is code


def test_accounting_goes_both_ways() -> None:
    asked = pyrad.packet.AcctPacket(secret=SECRET, id=7, dict=DICTIONARY, Acct_Status_Type=1, Acct_Session_Id="2a")
    packet = decode(asked.RequestPacket())
    assert verify_request(packet, [SHARED]) is SHARED
    octets = accounting_response(packet, SHARED)
    assert asked.VerifyReply(asked.CreateReply(packet=octets), octets)

    ours = accounting_request(SHARED, identifier=7, attributes=[(40, bytes([0, 0, 0, 1])), (44, b"2a")])
    theirs = pyrad.packet.AcctPacket(secret=SECRET, dict=DICTIONARY, packet=ours)
    assert theirs.VerifyAcctRequest()
    answer = theirs.CreateReply()
    assert read_reply(answer.ReplyPacket(), ours, SHARED).code is Code.ACCOUNTING_RESPONSE
