"""
Trying a login at the portal: a request as the application would send it, and what came back in words.
"""

import html
import re
from collections.abc import Callable

import pytest

from tests.fakes.office import ALICE, SECRET, VPN, Office
from tests.unit.web.portal.rooms import Room, room_of
from watchword.app.manage.application_rows import ApplicationNamed
from watchword.app.manage.applications import ApplicationAdd
from watchword.ports.live import Listening
from watchword.wire.radius import replies
from watchword.wire.radius.attributes import AttributeType
from watchword.wire.radius.packet import Packet, decode
from watchword.wire.radius.shared_secret import SharedSecret

PASSWORD = "correct horse battery"
STATE = b"a state"


SHARED = SharedSecret(SECRET.octets)


def answering(make: Callable[[Packet], bytes]) -> Callable[[bytes], bytes]:
    """Return what answers requests."""
    return lambda datagram: make(decode(datagram))


@pytest.fixture
async def staffed(office: Office) -> Office:
    await office.user(ALICE, password=PASSWORD)
    await office.do("application.add", ApplicationAdd(name=VPN, clients=("127.0.0.1",), secret=SECRET, challenge=True))
    office.seen.sockets = [Listening(protocol="radius", host="127.0.0.1", port=1_812)]
    return office


@pytest.fixture
async def at(staffed: Office) -> Room:
    return room_of(staffed)


@pytest.fixture
async def path(staffed: Office) -> str:
    return f"/applications/{(await staffed.do('application.show', ApplicationNamed(name=VPN))).id}/try"


@pytest.mark.parametrize(
    ("make", "words"),
    [(replies.accept, "Access-Accept: they are let in"), (replies.reject, "Access-Reject")],
)
async def test_what_came_back_is_said_and_the_password_never_is(
    at: Room, staffed: Office, path: str, make: Callable[..., bytes], words: str
) -> None:
    staffed.network.answer = answering(lambda packet: make(packet, SHARED, message="Good <morning>"))

    answer = await at.post(path, user=ALICE, password=PASSWORD, code="123456", station="203.0.113.7")

    shown = answer.body.decode()
    assert answer.status == 200
    assert words in shown
    assert "Good &lt;morning&gt;" in shown
    assert f'value="{ALICE}"' in shown
    assert PASSWORD not in shown
    assert "123456" not in shown
    (sent,) = staffed.network.sent
    assert (sent.host, sent.port) == ("127.0.0.1", 1_812)


async def test_a_challenge_is_answered_with_its_state(at: Room, staffed: Office, path: str) -> None:
    staffed.network.answer = answering(lambda packet: replies.challenge(packet, SHARED, state=STATE, message="Code?"))
    challenged = html.unescape((await at.post(path, user=ALICE, password=PASSWORD)).body.decode())
    state = re.search(r'name="state" value="([^"]+)"', challenged)
    assert state is not None
    assert "Answer the challenge" in challenged

    mistyped = await at.post(path, user=ALICE, state=state[1], code="12")
    assert mistyped.status == 422
    assert f'name="state" value="{state[1]}"' in mistyped.body.decode(), "it can be answered again"
    assert 'value="12"' not in mistyped.body.decode()

    staffed.network.answer = answering(lambda packet: replies.accept(packet, SHARED))
    answer = await at.post(path, user=ALICE, state=state[1], code="123456")

    assert "Access-Accept" in answer.body.decode()
    packet = decode(staffed.network.sent[-1].datagram)
    assert packet.value(AttributeType.STATE) == STATE


async def test_silence_leads_to_what_was_dropped(at: Room, path: str) -> None:
    shown = (await at.post(path, user=ALICE, password=PASSWORD)).body.decode()

    assert "Nothing came back" in shown
    assert "what was dropped, and why" in html.unescape(shown)


async def test_a_machine_that_is_no_client_is_told_how_to_become_one(at: Room, staffed: Office, path: str) -> None:
    assert "/networks/add?client=127.0.0.1" not in (await at.get(path)).body.decode()
    staffed.network.own = "192.0.2.200"

    answer = await at.post(path, user=ALICE, password=PASSWORD)

    assert answer.status == 422
    assert "This machine asks from 192.0.2.200" in html.unescape(answer.body.decode())
    assert PASSWORD not in answer.body.decode()
    home = path.removesuffix("/try")
    await at.post(f"{home}/networks/add", client="198.51.100.1", message_authenticator="on")
    await at.post(f"{home}/networks/remove", client="127.0.0.1")
    assert f"{home}/networks/add?client=127.0.0.1" in (await at.get(path)).body.decode()


async def test_nobody_sends_it_elsewhere(at: Room, staffed: Office, path: str) -> None:
    await at.post(path, user=ALICE, password=PASSWORD, via="203.0.113.1:1812")

    assert [sent.host for sent in staffed.network.sent] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"user": ""}, "user", "This is needed."),
        ({"user": ALICE, "code": "12"}, None, "A code has 6 or 8 digits"),
        ({"user": ALICE, "station": "\x07"}, None, "as Calling-Station-Id."),
    ],
)
async def test_what_is_wrong_is_said(at: Room, path: str, sent: dict[str, str], field: str | None, words: str) -> None:
    answer = await at.post(path, **{"password": PASSWORD, **sent})

    assert answer.status == 422
    assert words in html.unescape(answer.body.decode())
    assert field is None or f'id="f-{field}-error"' in answer.body.decode()
    assert PASSWORD not in answer.body.decode()
